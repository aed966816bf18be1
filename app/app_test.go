package app_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/app/doctor"
	"github.com/earshot/earshot/internal/examples"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
)

const patience = 10 * time.Second

func TestMain(m *testing.M) {
	// zeroconf's announcing goroutine knows no end but its own last sleep of at most 2 s.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/grandcat/zeroconf.(*Server).probe"))
}

func start(t *testing.T, dir string) (*app.App, *app.Methods) {
	t.Helper()
	return startVoice(t, dir, "")
}

func startVoice(t *testing.T, dir string, way app.VoiceWay) (*app.App, *app.Methods) {
	t.Helper()
	a, err := app.New(app.Config{
		Voice:     way,
		ConfigDir: dir, Listen: "127.0.0.1:0",
		Pages: fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}},
		Open:  func(url string) (string, error) { return "Chromium", checkURL(url) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a, app.NewMethods(a)
}

func checkURL(url string) error {
	if !strings.HasPrefix(url, "http://127.0.0.1:") || !strings.Contains(url, "/#ticket=") || !strings.Contains(url, "join=earshot") {
		return errors.New(url)
	}
	return nil
}

// offer returns the offer of a real peer connection, as a page's.
func offer(t *testing.T, seats int) string {
	t.Helper()
	p, err := media.NewPeer(media.PeerConfig{Seats: seats})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	text, err := p.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func join(t *testing.T, m *app.Methods, room, page string) app.JoinReply {
	t.Helper()
	reply, err := m.Join(app.JoinRequest{Room: room, Page: page, Offer: offer(t, 10)})
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// change changes fields of a section of the settings.
func change(m *app.Methods, section string, fields any) error {
	b, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	return m.ChangeSettings(section, b)
}

func TestApp_TwoAppsMeetInARoom(t *testing.T) {
	_, mina := start(t, t.TempDir())
	_, jun := start(t, t.TempDir())
	if err := change(mina, "profile", app.Profile{Name: "Mina"}); err != nil {
		t.Fatal(err)
	}
	if err := change(jun, "profile", app.Profile{Name: "Jun", Language: "ko", Theme: "dark"}); err != nil {
		t.Fatal(err)
	}
	listing, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := mina.StartRoom("Another", "")
	if err != nil || again.Room.ID != listing.Room.ID {
		t.Errorf("a second Start room: %+v, %v; want the same room", again, err)
	}
	reply := join(t, mina, listing.Ref, "page-mina")
	if p := reply.Session.Participants; len(p) != 1 || !p[0].Host || p[0].Name != "Mina" {
		t.Errorf("participants %+v, want the host alone", p)
	}

	seen, err := jun.Look(listing.Address) // by bare address: trust on first use
	if err != nil || seen.Room.Name != "Kitchen" || seen.Fingerprint != listing.Fingerprint || seen.Mine {
		t.Fatalf("look: %+v, %v", seen, err)
	}
	join(t, jun, seen.Ref, "page-jun")
	eventually(t, "Mina sees Jun", func() bool { return len(mina.GetState().Session.Participants) == 2 })
	if p := jun.GetState().Session.Participants; p[1].Host {
		t.Error("Jun is marked as the host")
	}
	if err := jun.SetVoice(app.Voice{Muted: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Mina sees Jun muted", func() bool { return mina.GetState().Session.Participants[1].Muted })

	if err := mina.Say("coffee?", "tag-1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Jun can read it", func() bool {
		chat, err := jun.GetChat()
		return err == nil && chat.Room == listing.Room.ID && len(chat.Messages) == 1 && chat.Messages[0].Text == "coffee?"
	})

	if err := mina.EndRoom(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Jun is told that the room ended", func() bool {
		s := jun.GetState()
		return s.Session == nil && len(s.Notices) == 1 && s.Notices[0].Code == signal.CodeRoomEnded && s.Notices[0].Room == "Kitchen"
	})
	if s := mina.GetState(); s.Hosting != nil || len(s.Notices) != 0 {
		t.Errorf("Mina, who ended it, is told %+v", s.Notices)
	}
	if err := jun.Dismiss(jun.GetState().Notices[0].ID); err != nil || len(jun.GetState().Notices) != 0 {
		t.Errorf("the notice stays: %v", err)
	}
}

func TestApp_StateEventsAreNumberedAndEndWithTheTruth(t *testing.T) {
	a, m := start(t, t.TempDir())
	events := make(chan app.State, 1000)
	cancel := a.Subscribe(func(event string, payload any) {
		if event == app.EventState {
			events <- payload.(app.State)
		}
	})
	listing, err := m.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, m, listing.Ref, "p")
	for _, muted := range []bool{true, false, true} {
		if err := m.SetVoice(app.Voice{Muted: muted}); err != nil {
			t.Fatal(err)
		}
	}
	defer cancel()
	var last app.State
	eventually(t, "the last event is the state", func() bool {
		for len(events) > 0 {
			s := <-events
			if s.Revision <= last.Revision {
				t.Fatalf("revision %d after %d", s.Revision, last.Revision)
			}
			last = s
		}
		return last.Session != nil && last.Session.Participants[0].Muted && reflect.DeepEqual(last, m.GetState())
	})
}

func TestApp_TakesAwayTheVoiceWhenItsPageDoesNotComeBack(t *testing.T) {
	a, m := start(t, t.TempDir())
	listing, err := m.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, m, listing.Ref, "p")
	a.PageGone("another page")
	a.PageGone("p")
	a.PageHere("p") // a reload
	if err := m.SetVoice(app.Voice{}); err != nil {
		t.Errorf("the room was left over a reload: %v", err)
	}
	a.PageGone("p")
	eventually(t, "the room is left", func() bool { return m.GetState().Session == nil })
	if m.GetState().Hosting == nil {
		t.Error("the hosted room ended with its host's page")
	}
}

func TestApp_JoiningAgainMovesTheVoiceToTheNewPage(t *testing.T) {
	_, m := start(t, t.TempDir())
	listing, err := m.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, m, listing.Ref, "first")
	reply := join(t, m, listing.Ref, "second")
	if s := m.GetState().Session; s.Page != "second" || len(s.Participants) != 1 || s.You != reply.Session.You {
		t.Errorf("session %+v", s)
	}
}

func TestApp_ErrorsHaveCodes(t *testing.T) {
	_, m := start(t, t.TempDir())
	for what, c := range map[string]struct {
		err  func() error
		want signal.Code
	}{
		"voice outside":     {func() error { return m.SetVoice(app.Voice{}) }, signal.CodeNotInRoom},
		"candidate outside": {func() error { return m.AddCandidate(app.Candidate{}) }, signal.CodeNotInRoom},
		"restart outside":   {func() error { _, err := m.Restart("v=0"); return err }, signal.CodeNotInRoom},
		"bad address":       {func() error { _, err := m.Look("nowhere"); return err }, signal.CodeBadAddress},
		"nobody there":      {func() error { _, err := m.Look("127.0.0.1:1"); return err }, signal.CodeUnreachable},
		"join nobody":       {func() error { _, err := m.Join(app.JoinRequest{Room: "127.0.0.1:1"}); return err }, signal.CodeUnreachable},
		"empty name":        {func() error { return change(m, "profile", app.Profile{Name: " "}) }, signal.CodeBadName},
		"odd language":      {func() error { return change(m, "profile", app.Profile{Name: "A", Language: "xx"}) }, signal.CodeBadMessage},
		"report outside":    {func() error { return m.Report(app.Report{}) }, signal.CodeNotInRoom},
		"no bit rate":       {func() error { return change(m, "quality", app.Quality{Music: true}) }, signal.CodeBadQuality},
		"high bit rate":     {func() error { return change(m, "quality", app.Quality{Bitrate: 96001}) }, signal.CodeBadQuality},
		"empty room name":   {func() error { _, err := m.StartRoom("", ""); return err }, signal.CodeBadName},
	} {
		if p := signal.AsProblem(c.err()); p == nil || p.Code != c.want {
			t.Errorf("%s: %v, want %s", what, p, c.want)
		}
	}
}

func TestApp_AsksForTheQualityOfNow(t *testing.T) {
	_, m := start(t, t.TempDir())
	if err := change(m, "quality", app.Quality{Bitrate: 24000}); err != nil {
		t.Fatal(err)
	}
	listing, err := m.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	ours := offer(t, 10)
	reply, err := m.Join(app.JoinRequest{Room: listing.Ref, Page: "page", Offer: ours})
	if err != nil || !strings.Contains(reply.Answer, "maxaveragebitrate=24000") {
		t.Fatalf("%v, the answer to the join:\n%s", err, reply.Answer)
	}
	if err := change(m, "quality", app.Quality{Bitrate: 24000, Music: true, LowDelay: true}); err != nil {
		t.Fatal(err)
	}
	answer, err := m.Restart(ours)
	if err != nil || !strings.Contains(answer, "sprop-stereo=1;maxaveragebitrate=128000\r\na=ptime:10\r\n") {
		t.Errorf("%v, the answer to the restart:\n%s", err, answer)
	}
}

func TestApp_OpensTheRoomInABrowser(t *testing.T) {
	_, m := start(t, t.TempDir())
	listing, err := m.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := m.OpenInBrowser(listing.Ref)
	if err != nil || opened.Browser != "Chromium" {
		t.Errorf("%+v, %v", opened, err)
	}
}

func TestApp_KeepsSettingsAndIdentity(t *testing.T) {
	dir := t.TempDir()
	a, m := start(t, dir)
	if err := change(m, "profile", app.Profile{Name: "Mina", Language: "ko", Theme: "light"}); err != nil {
		t.Fatal(err)
	}
	if q := m.GetState().Quality; q != (app.Quality{Bitrate: signal.DefaultBitrate}) {
		t.Errorf("a new installation has %+v", q)
	}
	if err := change(m, "quality", app.Quality{Bitrate: 64000, LowDelay: true}); err != nil {
		t.Fatal(err)
	}
	room, err := m.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	for _, file := range []string{"settings.json", "identity.pem"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	_, again := start(t, dir)
	if p := again.GetState().Profile; p != (app.Profile{Name: "Mina", Language: "ko", Theme: "light"}) {
		t.Errorf("profile %+v", p)
	}
	if q := again.GetState().Quality; q != (app.Quality{Bitrate: 64000, LowDelay: true}) {
		t.Errorf("quality %+v", q)
	}
	second, err := again.StartRoom("Kitchen", "")
	if err != nil || second.Fingerprint != room.Fingerprint {
		t.Errorf("another fingerprint after a restart: %v", err)
	}
}

func TestApp_PassesOnRoomsUnlessSwitchedOff(t *testing.T) {
	dir := t.TempDir()
	first, m := start(t, dir)
	if !m.GetState().Network.PassOn {
		t.Error("not at first")
	}
	if err := change(m, "network", app.Network{PassOn: false}); err != nil || m.GetState().Network.PassOn {
		t.Errorf("%+v, %v", m.GetState().Network, err)
	}
	first.Close()
	if _, m := start(t, dir); m.GetState().Network.PassOn {
		t.Error("it was forgotten")
	}
}

func TestApp_KeepsABrokenSettingsFileAsideAndSaysSoOnce(t *testing.T) {
	for what, content := range map[string]string{
		"truncated": `{"version":1,"profile":{"name":"Mi`, "of a newer version": `{"version":99,"profile":{"name":"Mina"}}`,
		"binary": "\x00\xff\x13",
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "settings.json"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			a, m := start(t, dir)
			s := m.GetState()
			if len(s.Notices) != 1 || s.Notices[0].Code != app.NoticeSettingsBroken || s.Profile.Name == "" {
				t.Errorf("state %+v", s)
			}
			kept, _ := filepath.Glob(filepath.Join(dir, "settings.json.broken-*"))
			if len(kept) != 1 {
				t.Fatalf("kept aside: %v", kept)
			}
			if b, _ := os.ReadFile(kept[0]); string(b) != content {
				t.Errorf("kept %q", b)
			}
			a.Close()
			if _, m := start(t, dir); len(m.GetState().Notices) != 0 {
				t.Error("said a second time")
			}
		})
	}
}

func TestApp_RefusesABrokenIdentityInsteadOfReplacingIt(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "identity.pem")
	if err := os.WriteFile(path, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err := app.New(app.Config{ConfigDir: dir}); err == nil {
		a.Close()
		t.Fatal("started with a broken identity")
	}
	if b, _ := os.ReadFile(path); string(b) != "garbage" {
		t.Errorf("the file now holds %q", b)
	}
}

func TestProtocol_PageExamplesMatchTheTypes(t *testing.T) {
	all, err := examples.Read("../docs/PROTOCOL.md", "app/")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]any{
		"State": &app.State{}, "RoomList": &app.RoomList{}, "Levels": &app.Levels{}, "JoinRequest": &app.JoinRequest{},
		"JoinReply": &app.JoinReply{}, "CheckRequest": &app.CheckRequest{}, "CheckReply": &app.CheckReply{},
		"Candidate": &app.Candidate{}, "Voice": &app.Voice{}, "Moderation": &app.Moderation{}, "Links": &app.Links{}, "Protect": &app.Protect{}, "Chat": &app.Chat{}, "Report": &app.Report{}, "Quality": &app.Quality{}, "Sound": &app.Sound{}, "Opened": &app.Opened{}, "InviteCard": &app.InviteCard{}, "Network": &app.Network{}, "Folders": &app.Folders{}, "Files": &app.Files{}, "Keys": &app.Keys{}, "People": &app.People{}, "Hotkey": &app.Hotkey{}, "Examination": &doctor.Report{},
		"SoundCard": &app.SoundCard{}, "SoundDevices": &app.SoundDevices{}, "HostCode": &app.HostCode{}, "KnownHost": &app.KnownHost{},
	}
	for _, e := range all {
		value, ok := types[e.Name]
		if !ok {
			t.Errorf("example of unknown type %s", e.Name)
			continue
		}
		delete(types, e.Name)
		d := json.NewDecoder(strings.NewReader(e.JSON))
		d.DisallowUnknownFields()
		if err := d.Decode(value); err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		again, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal([]byte(e.JSON), &want), json.Unmarshal(again, &got)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s became %s", e.JSON, again)
		}
	}
	for name := range types {
		t.Errorf("no example of %s", name)
	}
}
