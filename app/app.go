// Package app is the desktop app without its window: the user's profile, the rooms on the LAN, the room it hosts and the
// room it is in. Pages (the Wails window, or a browser on the bridge) call Methods and hear events; api.go is the whole
// language between the two.
//
// App's state lives under one mutex and is published as whole, numbered snapshots. What takes time (joining, leaving,
// hosting) is serialised by a second one, so that two clicks never meet half-way.
package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/earshot/earshot/app/bridge"
	"github.com/earshot/earshot/app/diagnostics"
	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/app/known"
	"github.com/earshot/earshot/app/reach"
	"github.com/earshot/earshot/app/soundcard"
	"github.com/earshot/earshot/app/voice"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// pageGrace is how long the page that carries the voice may be gone before the room is left: a reload takes under a
// second, a crashed tab that somebody reopens a few.
const pageGrace = 5 * time.Second

// Config is what an App is made of.
type Config struct {
	// ConfigDir holds the identity, the settings and the browser profile of the Linux room window. Required.
	ConfigDir string
	// Listen is where a room is hosted: ":7788" by default; another port is chosen when it is taken.
	Listen string
	// Pages is the built page, served to browsers by the bridge, and to guests by the room's port where its rules let them come.
	Pages fs.FS
	// GuestCertificate is the organisation's, for guests' browsers that ask for one of its names; nil is none.
	GuestCertificate *tls.Certificate
	// Open shows a URL in the best browser there is and returns the browser's name, "" for the default one.
	// nil: there is no browser.
	Open func(url string) (name string, err error)
	// OpenLink shows an address of the web in the default browser. nil: there is no way to.
	OpenLink func(url string) error
	// ShowFolder shows a folder in the system's file manager. nil: there is no way to.
	ShowFolder func(dir string) error
	// KeepRooms switches off that rooms are passed on between networks, whatever the settings say.
	KeepRooms bool
	// Version is the program's, for the diagnostics.
	Version string
	// Voice is how pages carry their voices without WebRTC; "" is not at all. VoiceWindow leaves the way to the system.
	Voice VoiceWay
	// Logger is nil for silence.
	Logger *slog.Logger
}

// App is one running Earshot. All methods are safe for concurrent use.
type App struct {
	cfg      Config
	log      *slog.Logger
	identity tls.Certificate
	browser  *discovery.Browser
	reach    *reach.Service
	known    *known.Hosts // whose rooms we have joined
	doctor   *doctor.Doctor
	done     chan struct{}
	work     sync.WaitGroup

	taping sync.Mutex     // serialises the beginnings of recordings
	moves  sync.Mutex     // serialises hosting, joining and leaving
	bridge *bridge.Server // guarded by moves; nil until a browser is needed
	voice  *voice.Server  // nil unless the window talks itself
	way    VoiceWay       // of our pages, for the life of the app

	checking sync.Mutex
	check    *check // guarded by checking; nil while nobody listens to themselves

	mirror  signal.Mirror  // of names in rooms and lists
	network client.Network // of this machine, watched while we are in a room

	mu          sync.Mutex
	closed      bool
	settings    Settings
	hosted      *hosted
	stay        *stay
	notices     []Notice
	lastNotice  int
	revision    uint64 // of State
	roomsRev    uint64 // of RoomList
	rooms       RoomList
	devices     SoundDevices // none unless the app's sound card is used
	subscribers []*subscriber
	desk        Desk          // nil without a window
	hotkeys     HotkeyState   // as the system takes them
	diagnostics *Diagnostics  // as they were shown last
	told        []signal.Code // notices that are given once a run
	opened      string        // the invite that the system asked to open, until a page takes it
	gone        *time.Timer   // runs while the page that carries the voice is away
	waiting     *waiting      // nil: no join waits to be let in
	recorded    string        // folder of the latest recording

	settled       chan struct{} // holds one when the settings have changed
	notifications *rate.Limiter
	recent        *diagnostics.Log

	publishing sync.Mutex // keeps events in the order of their revisions; taken before mu
}

type subscriber struct {
	emit func(event string, payload any)
}

// stay is our session in a room and the page that carries its voice.
type stay struct {
	app          *App
	tape         *tape // nil: we do not record
	files        files
	session      *client.Session
	line         *voice.Line // nil when the page has a connection of its own
	page         string
	pin          string // that let us in; kept for the way back, told to nobody
	invite       string
	chat         []signal.ChatMessage
	reconnecting bool
	quiet        bool            // its end is our own doing: nothing to tell
	addresses    []string        // the room was last seen advertised under; belongs to watchRooms
	verified     bool            // the host's code was compared
	desk         *signal.Desk    // what only the host and moderators see; nil when we are neither
	silenced     signal.Silenced // how a moderator muted us
	received     bool            // the room receives our voice
	expired      bool            // the session has ended because we were away for too long; the page enters again
}

// New loads the identity and the settings and starts looking for rooms. It does not wait for the network.
func New(cfg Config) (*App, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	id, err := identity.Load(cfg.ConfigDir)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	recent, unkept := diagnostics.Open(cfg.ConfigDir)
	if unkept != nil {
		cfg.Logger.Warn("log_not_kept", "error", unkept)
	}
	cfg.Logger = recent.Beside(cfg.Logger)
	a := &App{
		cfg: cfg, log: cfg.Logger, identity: id, done: make(chan struct{}), settled: make(chan struct{}, 1),
		notifications: rate.NewLimiter(rate.Every(notificationEvery), notificationBurst), recent: recent,
		devices: devicesOf(soundcard.Devices{}),
	}
	a.log.Info("started", "version", cfg.Version)
	if a.settings, err = loadSettings(cfg.ConfigDir); err != nil {
		a.log.Warn("settings_not_used", "error", err)
		code := NoticeSettingsBroken
		if _, ok := errors.AsType[brokenError](err); ok {
			code = NoticeSettingsMended
		}
		a.addNotice(Notice{Code: code, Detail: err.Error()})
	}
	a.known = known.In(cfg.ConfigDir)
	a.index() // whoever reads the file first hears what is wrong with it, and that has to be told
	if a.way = cfg.Voice.here(a.settings.Profile.OpenInBrowser); a.way != "" {
		if a.voice, err = voice.Serve(cfg.Logger); err != nil {
			a.log.Warn("voice_not_served", "error", err)
		}
	}
	a.browser = discovery.Browse(discovery.Config{
		Logger: cfg.Logger, PassOn: a.passOn,
		Remembered: func() []discovery.Known { return a.known.Remembered(a.log, identity.FingerprintOf(a.identity)) },
	})
	a.reach = a.newReach()
	a.doctor = a.newDoctor()
	a.refreshRooms()
	a.work.Go(a.watchRooms)
	if a.way == VoiceCard {
		a.work.Go(a.watchDevices)
	}
	a.work.Go(a.apply)
	return a, nil
}

// Close leaves the room, ends the one that is hosted, and waits for all that the app started.
func (a *App) Close() {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return
	}
	a.closed = true
	if a.gone != nil {
		a.gone.Stop()
	}
	a.mu.Unlock()

	a.doctor.Close()
	a.dropCheck(func(*check) bool { return true })
	a.lockMoves()
	a.leave()
	a.endRoom()
	pages := a.bridge
	a.moves.Unlock()
	if pages != nil {
		_ = pages.Close() // waits for calls in flight, which may be waiting for moves
	}
	close(a.done)
	a.reach.Close()
	a.browser.Close()
	a.work.Wait()
	if a.voice != nil {
		a.voice.Close()
	}
	a.log.Info("ended")
	a.recent.Close()
}

// Subscribe calls emit with every event, in order, until cancel. emit must not block and must not call the app.
func (a *App) Subscribe(emit func(event string, payload any)) (cancel func()) {
	s := &subscriber{emit}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.subscribers = append(a.subscribers, s)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.subscribers = slices.DeleteFunc(a.subscribers, func(o *subscriber) bool { return o == s })
	}
}

// PageHere notes that a page is attached.
func (a *App) PageHere(page string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stay != nil && a.stay.page == page && a.gone != nil {
		a.gone.Stop()
		a.gone = nil
	}
}

// PageGone notes that a page is gone. When it carried the voice and does not come back, the room is left.
func (a *App) PageGone(page string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	current := a.stay
	if !a.closed {
		a.work.Go(func() { a.dropCheck(func(c *check) bool { return c.page == page }) })
	}
	if a.waiting != nil && a.waiting.page == page {
		a.waiting.giveUp()
	}
	if a.closed || current == nil || current.page != page {
		return
	}
	if a.gone != nil {
		a.gone.Stop()
	}
	a.gone = time.AfterFunc(pageGrace, func() {
		a.moves.Lock()
		defer a.moves.Unlock()
		a.mu.Lock()
		same := a.stay == current
		a.mu.Unlock()
		if same {
			a.log.Info("page_gone")
			a.leave()
		}
	})
}

// ServePages starts the bridge, once, and returns it. listen is a loopback address; it is ignored when the bridge runs.
func (a *App) ServePages(listen string) (*bridge.Server, error) {
	a.lockMoves()
	defer a.moves.Unlock()
	return a.servePages(listen)
}

func (a *App) servePages(listen string) (*bridge.Server, error) {
	if a.isClosed() {
		return nil, errClosed
	}
	if a.bridge != nil {
		return a.bridge, nil
	}
	cfg := bridge.Config{
		Listen: listen, Target: NewMethods(a), Subscribe: a.Subscribe,
		PageHere: a.PageHere, PageGone: a.PageGone, Pages: a.cfg.Pages, Logger: a.log,
	}
	if a.cfg.Voice == a.way { // for pages in browsers, too
		cfg.Voice, cfg.VoiceWay = a.VoiceSource(), string(a.way)
	}
	b, err := bridge.Serve(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Voice != "" {
		a.voice.Allow("http://" + b.Addr().String())
	}
	a.bridge = b
	return b, nil
}

// VoiceSource is what a page's Content-Security-Policy must let its page connect to for its voice; "" is nothing.
func (a *App) VoiceSource() string {
	if a.voice == nil {
		return ""
	}
	return a.voice.Source()
}

// change alters the state under the lock and publishes it.
func (a *App) change(alter func()) {
	a.publishing.Lock()
	defer a.publishing.Unlock()
	a.mu.Lock()
	alter()
	a.revision++
	state, subscribers := a.stateLocked(), slices.Clone(a.subscribers)
	a.mu.Unlock()
	for _, s := range subscribers {
		s.emit(EventState, state)
	}
}

// emit publishes an event that is no state.
func (a *App) emit(event string, payload any) {
	a.publishing.Lock()
	defer a.publishing.Unlock()
	a.mu.Lock()
	subscribers := slices.Clone(a.subscribers)
	a.mu.Unlock()
	for _, s := range subscribers {
		s.emit(event, payload)
	}
}

// State returns everything but the rooms.
func (a *App) State() State {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stateLocked()
}

func (a *App) stateLocked() State {
	s := State{
		Revision: a.revision, Settings: a.settings, Notices: slices.Clone(a.notices),
	}
	s.Network, s.Folders = a.networkLocked(), a.foldersLocked()
	s.Abilities = a.abilitiesLocked()
	if s.Notices == nil {
		s.Notices = []Notice{}
	}
	if a.hosted != nil {
		s.Hosting = a.hosted.view()
	}
	if a.stay != nil {
		s.Session = a.stay.view(&a.mirror)
	}
	if a.waiting != nil {
		s.Waiting = &Waiting{Page: a.waiting.page}
	}
	return s
}

func (s *stay) view(mirror *signal.Mirror) *Session {
	room := s.session.Snapshot()
	v := &Session{
		Status: StatusJoined, Page: s.page, Invite: s.invite, You: s.session.You(),
		Room: room.Facts, Rules: room.Rules, Desk: s.desk, Participants: room.Participants, Seats: room.Seats, Path: s.session.Path(), Rejoin: s.expired,
		Fingerprint: s.session.Fingerprint(), Verified: s.verified, Looks: looks(mirror, room.Participants),
		Received: s.received,
	}
	if s.tape != nil {
		v.Recording = &Recording{Folder: s.tape.folder, Since: s.tape.since.UnixMilli()}
	}
	if s.silenced.On {
		v.Silenced = &Silenced{By: s.silenced.By, Reason: s.silenced.Reason}
	}
	if s.reconnecting {
		v.Status = StatusReconnecting
	}
	return v
}

func (a *App) addNotice(n Notice) {
	a.lastNotice++
	n.ID = a.lastNotice
	a.notices = append(a.notices, n)
}

// passOn is discovery.Config.PassOn.
func (a *App) passOn() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.networkLocked().PassOn
}

func (a *App) networkLocked() Network {
	return Network{PassOn: a.settings.Network.PassOn && !a.cfg.KeepRooms}
}

// quality is what our microphone is to send, in the words of the Signal connection.
func (a *App) quality() signal.Quality {
	a.mu.Lock()
	defer a.mu.Unlock()
	return signal.Quality(a.settings.Quality)
}

// keep alters the settings unless that returns an error. They take effect at once and are written to disk; if that fails, they
// hold until the app ends and a notice says so.
func (a *App) keep(alter func(*Settings) error) error {
	var err error
	a.change(func() {
		next := a.settings
		if err = alter(&next); err != nil {
			return
		}
		a.settings = next
		if err := next.save(a.cfg.ConfigDir); err != nil {
			a.log.Warn("settings_not_written", "error", err)
			a.addNotice(Notice{Code: NoticeSettingsUnsaved, Detail: err.Error()})
		}
	})
	select {
	case a.settled <- struct{}{}:
	default: // it looks anyhow
	}
	return err
}

func (a *App) dismiss(id int) {
	a.change(func() {
		a.notices = slices.DeleteFunc(a.notices, func(n Notice) bool { return n.ID == id })
	})
}

var errClosed = errors.New("the app is closing")

func (a *App) isClosed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

// current returns our stay, or CodeNotInRoom.
func (a *App) current() (*stay, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stay == nil {
		return nil, signal.Problemf(signal.CodeNotInRoom, "")
	}
	return a.stay, nil
}
