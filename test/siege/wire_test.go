package siege

import (
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/earshot/earshot/test/siege/talking"
)

// What comes from somebody who has no key: STUN, DTLS and SRTP that nothing vouches for.

// valueOf returns the first value of an SDP attribute.
func valueOf(sdp, attribute string) string {
	_, rest, _ := strings.Cut(sdp, "a="+attribute+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

func stranger(t *testing.T, talk *talk) *net.UDPConn {
	t.Helper()
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: talk.Room.Port()}
	// Another computer's address where loopback has more than one: who shares an address with a flood shares its allowance.
	conn, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, to)
	if err != nil {
		conn, err = net.DialUDP("udp4", nil, to)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// write sends and forgets: a full buffer or an ICMP error is no end of an attack.
func write(conn net.Conn, b []byte) { _, _ = conn.Write(b) }

func TestBadInput_16_STUNThatNothingVouchesFor(t *testing.T) {
	talk := startTalk(t, nil)
	ufragOfA := valueOf(talk.A.Answer(), "ice-ufrag")
	user := func(name string) []byte { return STUNAttribute(STUNUsername, len(name), []byte(name)) }
	floods := map[string]func() []byte{
		"an unknown ufrag": func() []byte {
			return STUNBinding(user("nobody:atall"), STUNAttribute(STUNIntegrity, 20, make([]byte, 20)))
		},
		"bad integrity": func() []byte {
			return STUNBinding(user(ufragOfA+":abcd"), STUNAttribute(STUNIntegrity, 20, make([]byte, 20)))
		},
		"no integrity": func() []byte { return STUNBinding(user(ufragOfA + ":abcd")) },
		"huge attributes": func() []byte {
			return STUNBinding(user(ufragOfA+":"+strings.Repeat("x", 1000)), STUNAttribute(STUNSoftware, 300, make([]byte, 300)))
		},
		"an attribute longer than the packet": func() []byte { return STUNBinding(user(ufragOfA+":abcd"), STUNAttribute(STUNSoftware, 65535, nil)) },
		"a header alone":                      func() []byte { return STUNBinding()[:19] },
		"a success nobody asked for":          func() []byte { b := STUNBinding(user(ufragOfA + ":abcd")); b[0] = 1; return b },
	}
	for name, packet := range floods {
		conn := stranger(t, talk)
		sent := 0
		_ = during(400*time.Millisecond, func() error { write(conn, packet()); sent++; return nil })
		t.Logf("%s: %d sent", name, sent)
	}
	talk.Undisturbed(t)
}

// Everything in a participant's life happens while strangers start DTLS with the room.
func TestBadInput_17_ClientHelloRace(t *testing.T) {
	talk := startTalk(t, nil)
	hello := clientHello(t, talk)
	var flood sync.WaitGroup
	until := make(chan struct{})
	sent := 0
	flood.Go(func() {
		var conns []*net.UDPConn
		for range 8 {
			conns = append(conns, stranger(t, talk))
		}
		for {
			select {
			case <-until:
				return
			default:
			}
			write(conns[sent%len(conns)], hello)
			if sent++; sent%50 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	})
	for range 3 {
		p := talk.Enter(t, "Guest", nil)
		eventually(t, "a guest hears A", func() bool { return len(p.From(talk.A.You())) > 0 })
		eventually(t, "A hears the guest", func() bool { return len(talk.A.From(p.You())) > 0 })
		p.Hush()
		p.Leave()
	}
	close(until)
	flood.Wait()
	t.Logf("%d ClientHellos", sent)
	talk.Undisturbed(t)
}

// clientHello is one that the room itself sent to a participant.
func clientHello(t *testing.T, talk *talk) []byte {
	t.Helper()
	i := talk.intrude(t, "Victim", nil)
	hellos := make(chan []byte, 1)
	i.wire.tap(nil, func(b []byte) [][]byte {
		if isDTLS(b) && len(b) > 13 && b[0] == 22 && b[13] == 1 {
			select {
			case hellos <- append([]byte(nil), b...):
			default:
			}
		}
		return [][]byte{b}
	})
	select {
	case b := <-hellos:
		return b
	case <-time.After(patience):
		t.Fatal("no ClientHello")
	}
	return nil
}

func TestBadInput_18_DTLSFragmentsThatNeverMakeAMessage(t *testing.T) {
	for role, alter := range map[string]func(string) string{
		"the room begins":     nil,
		"the intruder begins": func(sdp string) string { return strings.ReplaceAll(sdp, "a=setup:actpass", "a=setup:active") },
	} {
		t.Run(role, func(t *testing.T) {
			talk := startTalk(t, nil)
			i := talk.intrude(t, "Mallory", alter)
			i.wire.tap(func(b []byte) [][]byte { // ICE passes, DTLS is the intruder's own
				if isDTLS(b) {
					return nil
				}
				return [][]byte{b}
			}, nil)
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var record uint64
			sent := 0
			err := during(2*time.Second, func() error {
				record++
				kind := byte(1 + record%2) // ClientHello, ServerHello
				for _, b := range [][]byte{
					DTLSFragment(record, kind, 0, 1000, 0, 0, nil),
					DTLSFragment(record, kind, uint16(record), 60000, int(record)%60000, 1000, make([]byte, 1000)), //nolint:gosec // small
					DTLSFragment(record, kind, 0, 1000, int(record)%900, 100, make([]byte, 100)),                   //nolint:gosec // small
					DTLSFragment(record, kind, 0, 0, 0, 0, nil),
					DTLSFragment(record, kind, 0, 100, 1<<24-1, 100, make([]byte, 100)),
					DTLSFragment(record, kind, 0, 1<<24-1, 0, 1200, make([]byte, 1200)),
					DTLSFragment(record, kind, 0, 100, 0, 1<<24-1, make([]byte, 10)),
					DTLSFragment(record, 99, 0, 10, 0, 10, make([]byte, 10)),
				} {
					sent++
					if err := i.wire.inject(b); err != nil {
						return err
					}
				}
				time.Sleep(500 * time.Microsecond)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			grown := int64(after.HeapAlloc) - int64(before.HeapAlloc) //nolint:gosec // fits
			t.Logf("%d fragments, heap %+d kB", sent, grown>>10)
			if grown > 16<<20 {
				t.Errorf("the heap grew by %d MB", grown>>20)
			}
			talk.Undisturbed(t)
		})
	}
}

func TestBadInput_19_ACertificateThatIsNotTheOffers(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", func(sdp string) string {
		real := valueOf(sdp, "fingerprint")
		digits := []byte(real)
		last := &digits[len(digits)-1]
		if *last = '0'; real[len(real)-1] == '0' {
			*last = '1'
		}
		return strings.ReplaceAll(sdp, real, string(digits))
	})
	said := 0
	err := during(3*time.Second, func() error {
		if i.mic.bound.Load() != nil && i.pc.ConnectionState() == webrtc.PeerConnectionStateConnected {
			said++
			if err := i.send(rtp.Header{Version: 2, SequenceNumber: uint16(said), Timestamp: uint32(said) * 960}, talking.Word("Mallory", said)); err != nil { //nolint:gosec // small
				t.Logf("send: %v", err)
			}
		}
		time.Sleep(10 * time.Millisecond)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the intruder ends as %v; it thought it was connected for %d packets", i.pc.ConnectionState(), said)
	talk.HeardNothingLike(t, "Mallory")
	talk.Undisturbed(t)
}
