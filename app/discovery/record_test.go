package discovery

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, key *ecdsa.PrivateKey, id string, epoch int, serial uint64, addresses ...string) string {
	t.Helper()
	r := signal.Record{RoomID: id, Epoch: epoch, Serial: serial}
	for _, a := range addresses {
		r.Addresses = append(r.Addresses, netip.MustParseAddrPort(a))
	}
	text, err := r.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// far is a record as it comes in upstairs from a relay there.
func far(t testing.TB, text string) packet {
	t.Helper()
	b, err := farMessage(roomKey{"room", fp('k')}, text)
	if err != nil {
		t.Fatal(err)
	}
	return packet{upstairs, netip.MustParseAddr("10.2.0.77"), b}
}

func TestRecords_AreCandidatesAtTheAddressesThatTheHostSigned(t *testing.T) {
	key := newKey(t)
	text := sign(t, key, "room", 1, 5, "10.3.0.4:7788", "[fd00::4]:7788", "8.8.8.8:7788", "[2001:db8::4]:7788", "100.64.0.1:7788")
	want, err := signal.ReadRecord(text)
	if err != nil {
		t.Fatal(err)
	}
	var r records
	got := r.parse(far(t, text), time.Now())
	if len(got) != 1 || got[0].key != (roomKey{"room", want.Fingerprint}) || !got[0].passedOn || !got[0].known {
		t.Fatalf("%+v", got)
	}
	var at []string
	for _, e := range got[0].endpoints {
		at = append(at, e.String())
	}
	// Nothing of the internet, and not the relay.
	if want := []string{"10.3.0.4:7788", "[fd00::4]:7788", "100.64.0.1:7788"}; !slices.Equal(at, want) {
		t.Errorf("%q, want %q", at, want)
	}
}

func TestBadInput_25_27_33_RecordsThatProveNothing(t *testing.T) {
	key, other := newKey(t), newKey(t)
	text := sign(t, key, "room", 1, 5, "10.3.0.4:7788")
	for name, bad := range map[string]string{
		"altered":         text[:70] + flip(text[70]) + text[71:],
		"altered address": text[:len(text)-95] + flip(text[len(text)-95]) + text[len(text)-94:],
		"altered key":     text[:12] + flip(text[12]) + text[13:],
		"no signature":    text[:len(text)-86],
		"its end missing": text[:len(text)-4],
		"more at its end": text + "AAAA",
		"empty":           "", "not base64": "{}", "binary": "\x00\x01\xff\xfe", "huge": strings.Repeat("A", 900),
		"to the internet": sign(t, key, "room", 1, 6, "8.8.8.8:7788", "[2001:db8::4]:80"),
	} {
		var r records
		b, err := farMessage(roomKey{"room", fp('k')}, bad)
		if err != nil {
			continue // not even a packet
		}
		if got := r.parse(packet{upstairs, netip.MustParseAddr("10.2.0.77"), b}, time.Now()); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Somebody else's record of a room of that id is another room, of another key.
	var r records
	mine, theirs := r.parse(far(t, text), time.Now()), r.parse(far(t, sign(t, other, "room", 9, 99, "10.2.0.66:7788")), time.Now())
	if len(mine) != 1 || len(theirs) != 1 || mine[0].key == theirs[0].key {
		t.Errorf("%+v, %+v", mine, theirs)
	}
	// As an announcement a record is nothing, and an announcement is no record.
	if got := parsePacket(far(t, text)); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// flip returns another character of base64url.
func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

func TestRecords_AReplayedOneDoesNotCount(t *testing.T) {
	key := newKey(t)
	older, newer := sign(t, key, "room", 1, 5, "10.3.0.4:7788"), sign(t, key, "room", 1, 6, "10.3.0.5:7788")
	nextEpoch := sign(t, key, "room", 2, 1, "10.3.0.6:7788")
	var r records
	for _, c := range []struct {
		text string
		want int
	}{{older, 1}, {newer, 1}, {older, 0}, {newer, 1}, {nextEpoch, 1}, {newer, 0}, {nextEpoch, 1}} {
		if got := r.parse(far(t, c.text), time.Now()); len(got) != c.want {
			t.Errorf("%.20s…: %+v", c.text, got)
		}
	}
}

func TestRecords_AFloodCostsBoundedTimeAndMemory(t *testing.T) {
	key := newKey(t)
	var r records
	now := time.Now()
	read := 0
	for n := range 400 {
		text := sign(t, key, "room"+strings.Repeat("x", n%40), 1, uint64(n), "10.3.0.4:7788")
		if n >= 350 { // garbage costs a check too
			text = text[:len(text)-8] + "AAAAAAAA"
		}
		read += len(r.parse(far(t, text), now))
	}
	if read > maxChecks || r.checks != maxChecks {
		t.Errorf("%d records read and %d checked in a moment", read, r.checks)
	}
	for n := range 2 * maxRecords {
		now = now.Add(time.Second)
		r.parse(far(t, sign(t, key, "r"+strings.Repeat("y", n%60)+string(rune('a'+n/60)), 1, 1, "10.3.0.4:7788")), now)
	}
	if len(r.last) != maxRecords {
		t.Errorf("%d records remembered", len(r.last))
	}
}

func FuzzRecords(f *testing.F) {
	key := newKey(f)
	for _, text := range []string{
		sign(f, key, "room", 1, 5, "10.3.0.4:7788"), sign(f, key, strings.Repeat("r", 64), 1<<30, 1<<63, "[fd00::4]:1", "10.0.0.1:65535"), "", "AQ",
	} {
		f.Add(far(f, text).data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r records
		for _, a := range r.parse(packet{upstairs, netip.MustParseAddr("10.2.0.77"), data}, time.Now()) {
			if !a.known || !a.passedOn || len(a.endpoints) == 0 || len(a.endpoints) > signal.MaxRecordAddresses || !validID(a.key.id) {
				t.Fatalf("%+v", a)
			}
			for _, e := range a.endpoints {
				if ip := e.Addr(); ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || e.Port() == 0 {
					t.Fatalf("endpoint %s", e)
				}
			}
		}
	})
}
