package sfu_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/identity"
)

func postTo(t *testing.T, port int, path string) int {
	t.Helper()
	client := http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}, //nolint:gosec // its own server
	}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://127.0.0.1:"+strconv.Itoa(port)+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestReach_ARoomWithoutItKnowsNothingOfIt(t *testing.T) {
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sfu.Listen(sfu.Config{Name: "Kitchen", HostName: "Mina", Listen: "127.0.0.1:0", Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, path := range []string{"/v1/reach", "/v1/reached"} {
		if code := postTo(t, s.Port(), path); code != http.StatusNotFound {
			t.Errorf("%s: HTTP %d", path, code)
		}
	}
}

// The room's port, and the port without a room, hand on what is a check and nothing else.
func TestReach_IsHandedWhatIsMeantForIt(t *testing.T) {
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 16)
	r := sfu.Reach{
		Requests: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		Datagram: func(b []byte, _ netip.AddrPort) { got <- string(b) },
	}
	room, err := sfu.Listen(sfu.Config{Name: "Kitchen", HostName: "Mina", Listen: "127.0.0.1:0", Identity: id, Reach: r})
	if err != nil {
		t.Fatal(err)
	}
	defer room.Close()
	bare, err := sfu.ListenReach("127.0.0.1:0", r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, port := range map[string]int{"room": room.Port(), "bare port": bare.Port()} {
		if code := postTo(t, port, "/v1/reach"); code != http.StatusNoContent {
			t.Errorf("%s: HTTP %d", name, code)
		}
		c, err := net.Dial("udp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []string{"", "\x00\x01", "earshot", "\xe5", "\xe5earsho", sfu.ReachPrefix + "one"} {
			if _, err := io.Copy(c, bytes.NewReader([]byte(b))); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case b := <-got:
			if b != sfu.ReachPrefix+"one" {
				t.Errorf("%s: %q", name, b)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the datagram did not arrive", name)
		}
		_ = c.Close()
	}
	if err := bare.Close(); err != nil {
		t.Error(err)
	}
	if _, err := net.DialTimeout("tcp", "127.0.0.1:"+strconv.Itoa(bare.Port()), time.Second); err == nil {
		t.Error("the bare port stayed open")
	}
}
