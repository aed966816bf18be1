package metrics_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/app/metrics"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/test/siege/talking"
)

func TestAddresses_AreOfThisComputerAlone(t *testing.T) {
	for listen, want := range map[string][]string{
		":9090":           {"127.0.0.1:9090", "[::1]:9090"},
		"localhost:0":     {"127.0.0.1:0", "[::1]:0"},
		"127.0.0.1:9090":  {"127.0.0.1:9090"},
		"127.55.0.1:9090": {"127.55.0.1:9090"},
		"[::1]:9090":      {"[::1]:9090"},
	} {
		if got, err := metrics.Addresses(listen); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", listen, got, err)
		}
	}
	for _, listen := range []string{"9090", "0.0.0.0:9090", "[::]:9090", "192.168.0.7:9090", "example.com:80", ":http", ":70000", ""} {
		if got, err := metrics.Addresses(listen); err == nil {
			t.Errorf("%q: %v", listen, got)
		}
	}
}

// sample is a line of the exposition format: a name, maybe labels, a value.
var sample = regexp.MustCompile(`(?m)^(\w+)(?:\{(.*)\})? (\S+)$`)

// scrape returns the samples by name and labels.
func scrape(t *testing.T, url string) map[string]float64 {
	t.Helper()
	body, status := get(t, url, "")
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	found := make(map[string]float64)
	for _, m := range sample.FindAllStringSubmatch(body, -1) {
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Fatalf("%s: %v", m[0], err)
		}
		found[m[1]+"{"+m[2]+"}"] = value
	}
	return found
}

func get(t *testing.T, url, host string) (string, int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), res.StatusCode
}

func startRoom(t *testing.T) (*sfu.Server, string) {
	t.Helper()
	room := talking.Room(t, func(c *sfu.Config) { c.Name, c.HostName, c.Capacity = "Tea", "Ann", 3 })
	served, err := metrics.Serve([]string{"127.0.0.1:0"}, room.Stats)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := served.Close(); err != nil {
			t.Error(err)
		}
	})
	return room, served.URL()
}

// enter joins a whole participant; the returned function leaves.
func enter(t *testing.T, room *sfu.Server, name string) (*client.Session, *media.Peer, func()) {
	t.Helper()
	peer, err := media.NewPeer(media.PeerConfig{
		Seats: room.Facts().Seats, Loopback: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	offer, err := peer.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := client.Join(t.Context(), client.Config{
		Address: talking.AddressOf(room), Fingerprint: room.Fingerprint(), Name: name, Offer: offer,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := peer.Accept(s.Answer()); err != nil {
		t.Fatal(err)
	}
	return s, peer, func() {
		s.Leave()
		_ = peer.Close()
	}
}

func TestServe_ShowsARoomWithTwoInIt(t *testing.T) {
	room, url := startRoom(t)
	a, voice, leave := enter(t, room, "Secret A")
	defer leave()
	b, _, leaveB := enter(t, room, "Secret B")
	defer leaveB()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go speak(ctx, voice)

	one := func(name, id string) string {
		return "earshot_participant_" + name + `{participant="` + id + `",room="` + room.Facts().ID + `"}`
	}
	whole := func(name string) string { return "earshot_room_" + name + `{room="` + room.Facts().ID + `"}` }
	deadline := time.Now().Add(10 * time.Second)
	var got map[string]float64
	for {
		got = scrape(t, url)
		if got[one("received_packets_total", a.You())] > 20 && got[one("sent_packets_total", b.You())] > 20 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody is heard: %v", got)
		}
		time.Sleep(50 * time.Millisecond)
	}
	for name, want := range map[string]float64{
		whole("participants"): 2, whole("capacity"): 3, whole("seats"): 10, whole("seats_taken"): 2,
		one("sent_packets_total", a.You()): 0, one("received_packets_total", b.You()): 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %g (%v), want %g", name, value, ok, want)
		}
	}
	if got[whole("received_packets_total")] <= 20 || got["go_goroutines{}"] < 1 || got["process_resident_memory_bytes{}"] < 1e6 {
		t.Errorf("the whole: %v", got)
	}
	if body, _ := get(t, url, ""); strings.Contains(body, "Secret") || strings.Contains(body, "127.0.0.1") {
		t.Error("a name or an address is shown")
	}
}

func speak(ctx context.Context, voice *media.Peer) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := uint16(0); ; i++ {
		_ = voice.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: i, Timestamp: uint32(i) * 480},
			Payload: []byte("as large as a packet of speech is"),
		})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func TestServe_LabelsAreBoundedByWhoIsInside(t *testing.T) {
	room, url := startRoom(t)
	a, _, leave := enter(t, room, "A")
	defer leave()
	before := len(scrape(t, url))
	for range 50 {
		_, _, leave := enter(t, room, "B")
		leave()
	}
	after := scrape(t, url)
	if len(after) != before {
		t.Errorf("%d series before, %d after 50 came and went", before, len(after))
	}
	for name := range after {
		if strings.Contains(name, "participant=") && !strings.Contains(name, a.You()) {
			t.Errorf("%s is of somebody who left: %v", name, slices.Sorted(maps.Keys(after)))
		}
	}
}

func TestServe_ShowsProfilesAndRefusesOtherHosts(t *testing.T) {
	_, url := startRoom(t)
	profile := strings.TrimSuffix(url, "/metrics") + "/debug/pprof/goroutine?debug=1"
	if body, status := get(t, profile, ""); status != http.StatusOK || !strings.Contains(body, "goroutine profile") {
		t.Errorf("status %d: %.100s", status, body)
	}
	for _, host := range []string{"evil.example", "evil.example:9090", "192.168.0.7:9090"} {
		if body, status := get(t, url, host); status != http.StatusForbidden {
			t.Errorf("asked as %s: status %d: %.100s", host, status, body)
		}
	}
	for _, host := range []string{"localhost:9090", "[::1]:9090"} {
		if _, status := get(t, url, host); status != http.StatusOK {
			t.Errorf("asked as %s: status %d", host, status)
		}
	}
}

func TestServe_NeedsOneAddressOnly(t *testing.T) {
	served, err := metrics.Serve([]string{"127.0.0.1:0", "[::1]:0"}, func() sfu.Stats { return sfu.Stats{Room: "r"} })
	if err != nil {
		t.Fatal(err)
	}
	if got := scrape(t, served.URL()); got[`earshot_room_participants{room="r"}`] != 0 || len(got) < 10 {
		t.Errorf("%v", got)
	}
	taken := strings.TrimSuffix(strings.TrimPrefix(served.URL(), "http://"), "/metrics")
	if again, err := metrics.Serve([]string{taken}, func() sfu.Stats { return sfu.Stats{} }); err == nil {
		t.Errorf("served twice on %s", taken)
		_ = again.Close()
	}
	if err := served.Close(); err != nil {
		t.Error(err)
	}
}
