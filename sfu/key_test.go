package sfu_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

func newIdentity(t *testing.T) tls.Certificate {
	t.Helper()
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestKey_IsInTheRosterAndMayBeThereTwice(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	jun := newIdentity(t)
	asJun := func(c *client.Config) { c.Identity = jun }
	window, second, guest := enter(t, s, "Jun", asJun), enter(t, s, "Jun's other window", asJun), enter(t, s, "Guest", nil)
	room := guest.Snapshot()
	for _, c := range []struct {
		who  *person
		want string
	}{{window, identity.FingerprintOf(jun)}, {second, identity.FingerprintOf(jun)}, {guest, ""}} {
		if p, ok := room.Participant(c.who.You()); !ok || p.Key != c.want {
			t.Errorf("%+v, want the key %q", p, c.want)
		}
	}
}

func TestKey_OfAnotherResumesNothing(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	jun := newIdentity(t)
	mouth, offer := newOffer(t, s.Facts().Seats)
	defer mouth.pc.Close()
	ws, _, err := rawSignalAs(t, s, nil, jun)
	if err != nil {
		t.Fatal(err)
	}
	welcome, ok := answer(t, ws, websocket.MessageText, joinFrame(t, "Jun", offer)).(*signal.Welcome)
	if !ok {
		t.Fatal("not welcome")
	}
	resume := `{"type":"join","v":1,"resume":"` + welcome.Resume + `"}`
	for what, shown := range map[string][]tls.Certificate{"another key": {newIdentity(t)}, "no key": nil} {
		thief, _, err := rawSignalAs(t, s, nil, shown...)
		if err != nil {
			t.Fatal(err)
		}
		if got := codeOf(answer(t, thief, websocket.MessageText, resume)); got != signal.CodeExpired {
			t.Errorf("a stolen token with %s: %s", what, got)
		}
	}
	again, _, err := rawSignalAs(t, s, nil, jun)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := answer(t, again, websocket.MessageText, resume).(*signal.Welcome); !ok || m.You != welcome.You {
		t.Errorf("the token with its own key: %v", m)
	}
}

func TestKey_OfAnotherKindIsRefused(t *testing.T) {
	noLeaks(t)
	s := startRoom(t, nil)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	two := newIdentity(t)
	two.Certificate = append(two.Certificate, newIdentity(t).Certificate...)
	notOurs := newIdentity(t)
	notOurs.PrivateKey = newIdentity(t).PrivateKey
	for what, shown := range map[string]tls.Certificate{
		"P-384":              selfSigned(t, p384, 0),
		"RSA":                selfSigned(t, rsaKey, 0),
		"Ed25519":            selfSigned(t, edwards, 0),
		"2 KiB and one more": selfSigned(t, p256, 2<<10),
		"two certificates":   two,
		"somebody else's":    notOurs,
	} {
		if _, status, err := rawSignalAs(t, s, nil, shown); err == nil || status != 0 {
			t.Errorf("%s: HTTP %d, %v", what, status, err)
		}
	}
	if _, _, err := rawSignalAs(t, s, nil, selfSigned(t, p256, 1500)); err != nil {
		t.Errorf("1.5 kB of P-256: %v", err)
	}
}

// selfSigned returns a certificate with at least that many bytes of name in it.
func selfSigned(t *testing.T, key crypto.Signer, size int) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	if size > 0 {
		template.DNSNames = []string{strings.Repeat("x", size)}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Whoever only looks at a room stays unknown to its host, and so does whoever is led to another host than the pinned one.
func TestClient_ShowsItsKeyToTheHostOfItsRoomAlone(t *testing.T) {
	noLeaks(t)
	var asked, shown atomic.Int64
	host := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		shown.Add(int64(len(r.TLS.PeerCertificates)))
		http.NotFound(w, r)
	}))
	id := newIdentity(t)
	host.TLS = &tls.Config{Certificates: []tls.Certificate{id}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13}
	host.StartTLS()
	defer host.Close()
	address, fingerprint := host.Listener.Addr().String(), identity.FingerprintOf(id)

	_, _ = client.FetchFacts(t.Context(), address, fingerprint)
	_, _ = client.FetchRecord(t.Context(), address, fingerprint, "q7xk2m4fzd")
	_, _, _ = client.FindFacts(t.Context(), []string{address}, fingerprint, "q7xk2m4fzd")
	if a, n := asked.Load(), shown.Load(); a != 3 || n != 0 {
		t.Errorf("%d requests of discovery showed %d certificates", a, n)
	}
	cfg := client.Config{Address: address, Fingerprint: identity.FingerprintOf(newIdentity(t)), Name: "Jun", Offer: "v=0", Identity: newIdentity(t)}
	_, _ = client.Join(t.Context(), cfg)
	if a, n := asked.Load(), shown.Load(); a != 3 || n != 0 {
		t.Errorf("after a join of another host: %d requests showed %d certificates", a, n)
	}
	cfg.Fingerprint = fingerprint
	_, _ = client.Join(t.Context(), cfg)
	if n := shown.Load(); n != 1 {
		t.Errorf("a join showed %d certificates", n)
	}
}
