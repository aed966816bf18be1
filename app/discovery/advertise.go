package discovery

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/grandcat/zeroconf"

	"github.com/earshot/earshot/sfu/signal"
)

// Ad is what a room says of itself by multicast. Everything but ID, Fingerprint and Port is for people with other tools.
type Ad struct {
	ID          string // 1 to 64 visible ASCII characters
	Name        string // display name; what does not fit into 250 bytes is cut
	Fingerprint string // of the host's key, as package identity writes it
	Port        int    // TCP, where GET /v1/room answers
	Epoch       int
	PIN         bool // a PIN is needed
}

func (a Ad) validate() error {
	switch {
	case !validID(a.ID):
		return errors.New("room id is not 1 to 64 visible ASCII characters")
	case !signal.ValidFingerprint(a.Fingerprint):
		return errors.New("malformed fingerprint")
	case a.Port < 1 || a.Port > 65535:
		return fmt.Errorf("port %d", a.Port)
	case a.Epoch < 0:
		return fmt.Errorf("epoch %d", a.Epoch)
	}
	return nil
}

// label returns the room's own DNS label, which names both the instance and the host (24 bytes, limit 63). It is made of the
// id and the key, because the library detects no conflicts: two rooms of one instance name would hide each other, and two hosts
// of one host name would mix their addresses. The display name has no place in it; it is in TXT.
func (a Ad) label() string {
	sum := sha256.Sum256([]byte(a.ID + "\x00" + a.Fingerprint))
	return "earshot-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

// An Advertiser makes one room findable for as long as it is open, on every network that comes and goes meanwhile.
type Advertiser struct {
	ad     Ad
	cfg    Config
	cancel context.CancelFunc
	all    sync.WaitGroup // every goroutine, all ended by Close
}

// Advertise starts advertising a room. An error says that the Ad is malformed; no network is none: the room is advertised
// when one comes up. The caller must Close.
func Advertise(ad Ad, cfg Config) (*Advertiser, error) {
	if err := ad.validate(); err != nil {
		return nil, fmt.Errorf("advertise room: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &Advertiser{ad: ad, cfg: cfg.withDefaults(), cancel: cancel}
	networks := make(chan network)
	a.all.Go(func() {
		watch(ctx, a.cfg.PollEvery, a.cfg.interfaces, a.cfg.Logger, func(now network) {
			select {
			case networks <- now:
			case <-ctx.Done():
			}
		})
	})
	a.all.Go(func() { a.run(ctx, networks) })
	return a, nil
}

// Close says goodbye and waits until it is sent and every goroutine has ended. It is idempotent. The library's own
// announcer may sleep on for up to 3.5 s after Advertise; it has no socket left then and sends nothing.
func (a *Advertiser) Close() error {
	a.cancel()
	a.all.Wait()
	return nil
}

// run keeps what is advertised equal to what the network is.
func (a *Advertiser) run(ctx context.Context, networks <-chan network) {
	var s station
	defer func() { s.close() }()
	var ifaces []iface
	retry := time.NewTicker(a.cfg.PollEvery)
	defer retry.Stop()
	again := time.NewTimer(0)
	defer again.Stop()
	for announced := announcements; ; {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			if s.server == nil || s.replies != nil || announced == announcements {
				continue
			}
			a.announce(ctx, ifaces)
			announced++
			again.Reset(announceEvery << announced)
			continue
		case now := <-networks:
			ifaces = now.ifaces
			// The goodbye of the old registration reaches those who stay before the new announcement does: within the
			// second for which RFC 6762 §10.1 keeps a record after its goodbye. Browsers of ours ask the room itself.
			s.close()
		case <-retry.C:
			if s.on() || len(ifaces) == 0 {
				continue
			}
		}
		var err error
		if s, err = a.start(ifaces); err != nil {
			a.cfg.Logger.WarnContext(ctx, "room not advertised", "room", a.ad.ID, "interfaces", names(ifaces), "error", err)
		} else {
			a.cfg.Logger.InfoContext(ctx, "advertising", "room", a.ad.ID, "interfaces", names(ifaces))
			announced = byLibrary
			again.Reset(announceEvery << byLibrary)
		}
	}
}

// announce sends one more announcement than the library does, on each interface.
func (a *Advertiser) announce(ctx context.Context, ifaces []iface) {
	for _, i := range ifaces {
		l, err := a.cfg.open(i, func(packet) {})
		if err == nil {
			err = l.announce(a.ad, false)
			l.Close()
		}
		if err != nil {
			a.cfg.Logger.DebugContext(ctx, "announcement not sent", "room", a.ad.ID, "interface", i.Name, "error", err)
		}
	}
}

// station is one registration on one set of interfaces. The zero value is none.
type station struct {
	server  *zeroconf.Server
	since   time.Time
	replies *responder
}

func (s station) on() bool { return s.server != nil || s.replies != nil }

// settle is how long a registration lives at least. The library adds to the WaitGroup that its Shutdown waits for from
// the goroutines it starts; a Shutdown before they have run could panic.
const settle = 50 * time.Millisecond

func (s *station) close() {
	if s.server != nil {
		<-time.After(time.Until(s.since.Add(settle)))
		s.server.Shutdown()
	}
	if s.replies != nil {
		s.replies.close()
	}
	*s = station{}
}

// start registers the room on these interfaces.
//
// One server for all interfaces, and no addresses: the library then answers on each interface with that interface's
// own addresses, read at that moment. One server an interface would not do: on Linux each would hear, and answer, the queries of
// all of them. Where the library cannot tell interfaces apart (Windows) it gets all addresses, and a responder of ours
// serves each interface with its own. The loopback interface's addresses have to be given, the library skips them.
func (a *Advertiser) start(ifaces []iface) (station, error) {
	if len(ifaces) == 0 {
		return station{}, nil
	}
	var s station
	var errs []error
	var ips []string
	if !perPacketInterface || isLoopback(ifaces[0]) {
		for _, i := range ifaces {
			for _, p := range i.prefixes {
				ips = append(ips, p.Addr().String())
			}
		}
	}
	label := a.ad.label()
	server, err := zeroconf.RegisterProxy(label, service, domain, a.ad.Port, label, ips, a.ad.txt(), netInterfaces(ifaces))
	if err == nil {
		s.server, s.since = server, time.Now()
	}
	errs = append(errs, err)
	if a.cfg.selfSend {
		s.replies, err = newResponder(a.ad, ifaces, a.cfg)
		errs = append(errs, err)
	}
	if s.on() {
		return s, nil
	}
	return s, fmt.Errorf("register service: %w", errors.Join(errs...))
}
