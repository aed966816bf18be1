package signal_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/earshot/earshot/internal/examples"
	"github.com/earshot/earshot/sfu/signal"
)

func recordKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func aRecord() signal.Record {
	return signal.Record{RoomID: "q7xk2m4fzd", Epoch: 3, Serial: 1 << 41, Addresses: []netip.AddrPort{
		netip.MustParseAddrPort("192.168.0.7:7788"), netip.MustParseAddrPort("[fd00::7]:7788"),
	}}
}

func TestRecord_IsReadBackUnderItsKey(t *testing.T) {
	key := recordKey(t)
	want := aRecord()
	text, err := want.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := signal.ReadRecord(text)
	if err != nil || !signal.ValidFingerprint(got.Fingerprint) {
		t.Fatalf("%+v, %v", got, err)
	}
	want.Fingerprint = got.Fingerprint
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	// The largest fits into its bound, and so into four strings of TXT.
	large := signal.Record{RoomID: strings.Repeat("r", 64), Epoch: 1 << 30, Serial: 1<<64 - 1}
	for range signal.MaxRecordAddresses {
		large.Addresses = append(large.Addresses, netip.MustParseAddrPort("[2001:db8::1:2:3:4]:65535"))
	}
	if text, err = large.Sign(key); err != nil || len(text) > signal.MaxRecord {
		t.Fatalf("%d characters, %v", len(text), err)
	}
	if _, err = signal.ReadRecord(text); err != nil {
		t.Error(err)
	}
}

func TestRecord_CannotBeChanged(t *testing.T) {
	text, err := aRecord().Sign(recordKey(t))
	if err != nil {
		t.Fatal(err)
	}
	original, err := signal.ReadRecord(text)
	if err != nil {
		t.Fatal(err)
	}
	for n := range text {
		for _, c := range []byte{'A', 'B', 'z', '_', '=', ' ', '\n'} {
			if c == text[n] {
				continue
			}
			wrong := text[:n] + string(c) + text[n+1:]
			if got, err := signal.ReadRecord(wrong); err == nil {
				t.Errorf("%d: %c was read as %+v, the original is %+v", n, c, got, original)
			} else if signal.AsProblem(err).Code != signal.CodeBadMessage {
				t.Errorf("%d: %v", n, err)
			}
		}
		if _, err := signal.ReadRecord(text[:n]); err == nil {
			t.Errorf("cut off after %d", n)
		}
	}
	for _, bad := range []string{text + "A", text + "AA", text + text, strings.Repeat("A", 1<<16)} {
		if _, err := signal.ReadRecord(bad); err == nil {
			t.Errorf("%.60s…", bad)
		}
	}
}

func TestRecord_SaysNothingThatLeadsNowhere(t *testing.T) {
	key := recordKey(t)
	for name, change := range map[string]func(r *signal.Record){
		"no room":           func(r *signal.Record) { r.RoomID = "" },
		"a room of spaces":  func(r *signal.Record) { r.RoomID = "a b" },
		"a long room":       func(r *signal.Record) { r.RoomID = strings.Repeat("r", 65) },
		"no address":        func(r *signal.Record) { r.Addresses = nil },
		"nine addresses":    func(r *signal.Record) { r.Addresses = make([]netip.AddrPort, 9) },
		"loopback":          func(r *signal.Record) { r.Addresses[0] = netip.MustParseAddrPort("127.0.0.1:7788") },
		"link-local":        func(r *signal.Record) { r.Addresses[0] = netip.MustParseAddrPort("[fe80::1]:7788") },
		"a zone":            func(r *signal.Record) { r.Addresses[0] = netip.MustParseAddrPort("[fd00::1%eth0]:7788") },
		"multicast":         func(r *signal.Record) { r.Addresses[0] = netip.MustParseAddrPort("224.0.0.251:5353") },
		"unspecified":       func(r *signal.Record) { r.Addresses[0] = netip.MustParseAddrPort("0.0.0.0:7788") },
		"port 0":            func(r *signal.Record) { r.Addresses[0] = netip.MustParseAddrPort("10.0.0.1:0") },
		"IPv4 in IPv6":      func(r *signal.Record) { r.Addresses[0] = netip.MustParseAddrPort("[::ffff:10.0.0.1]:7788") },
		"an epoch before 0": func(r *signal.Record) { r.Epoch = -1 },
	} {
		r := aRecord()
		change(&r)
		if text, err := r.Sign(key); err == nil {
			t.Errorf("%s: %s", name, text)
		}
	}
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aRecord().Sign(other); err == nil {
		t.Error("a key of another curve signed")
	}
}

func TestRecord_TheHighestEpochThenSerialHolds(t *testing.T) {
	first, later, next := signal.Record{Epoch: 1, Serial: 5}, signal.Record{Epoch: 1, Serial: 6}, signal.Record{Epoch: 2, Serial: 1}
	for _, c := range []struct {
		r, than signal.Record
		want    bool
	}{{first, later, true}, {later, first, false}, {later, next, true}, {next, later, false}, {first, first, false}} {
		if got := c.r.Older(c.than); got != c.want {
			t.Errorf("%+v older than %+v: %v", c.r, c.than, got)
		}
	}
}

// The test vectors of docs/PROTOCOL.md.
func TestRecord_IsReadAsTheProtocolSays(t *testing.T) {
	all, err := examples.Read("../../docs/PROTOCOL.md", "record")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		var v struct {
			Record            string
			Room, Fingerprint string
			Epoch             int
			Serial            uint64
			Addresses         []string
		}
		if err := json.Unmarshal([]byte(e.JSON), &v); err != nil {
			t.Fatal(err)
		}
		r, err := signal.ReadRecord(v.Record)
		var addresses []string
		for _, a := range r.Addresses {
			addresses = append(addresses, a.String())
		}
		if err != nil || r.RoomID != v.Room || r.Fingerprint != v.Fingerprint || r.Epoch != v.Epoch || r.Serial != v.Serial ||
			!reflect.DeepEqual(addresses, v.Addresses) {
			t.Errorf("%s\nwas read as %+v, %v", e.JSON, r, err)
		}
	}
}

func FuzzReadRecord(f *testing.F) {
	key := recordKey(f)
	text, err := aRecord().Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{text, text[:60], "", "AQ", "AQpxN3hrMm00Znpk", strings.Repeat("_", 480)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := signal.ReadRecord(text)
		if err != nil {
			return
		}
		if _, err := r.Sign(key); err != nil {
			t.Fatalf("%+v cannot be written again: %v", r, err)
		}
	})
}
