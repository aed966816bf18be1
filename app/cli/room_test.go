package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu/client/media/ogg"
	"github.com/earshot/earshot/sfu/signal"
)

const tone = "../../sfu/client/media/testdata/tone440.ogg"

// keys returns the sorted keys of a JSON object.
func keys(v any) string {
	object, _ := v.(map[string]any)
	var names []string
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func field(v any, name string) any {
	object, _ := v.(map[string]any)
	return object[name]
}

const roomKeys = "addresses code epoch fingerprint host id invite name participants pin port"

// hosting starts a room on loopback and returns it with its host:port.
func hosting(t *testing.T, args ...string) (c *command, room any, address string) {
	t.Helper()
	c = start(t, options(t, nil), append([]string{"host", "--json", "--listen", "127.0.0.1:0", "--name", "Tea room", "--host-name", "Ann"}, args...)...)
	room = c.await("ready")["room"]
	return c, room, fmt.Sprintf("127.0.0.1:%v", field(room, "port"))
}

func packets(t *testing.T, path string) (all [][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := ogg.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(p))
	}
}

func TestHostAndJoin_TalkHearAndRecord(t *testing.T) {
	host, room, address := hosting(t)
	if got := keys(room); got != roomKeys {
		t.Errorf("ready has a room of %s, want %s", got, roomKeys)
	}
	if field(room, "name") != "Tea room" || field(room, "host") != "Ann" || field(room, "pin") != false || field(room, "participants") != 0.0 {
		t.Errorf("room %v", room)
	}
	invite, err := signal.ParseInvite(field(room, "invite").(string))
	if err != nil || invite.Fingerprint != field(room, "fingerprint") || invite.RoomID != field(room, "id") {
		t.Errorf("invite %+v, %v", invite, err)
	}

	dir := filepath.Join(t.TempDir(), "new", "dir")
	bob := start(t, options(t, nil), "join", address, "--json", "--name", "Bob", "--record", dir)
	joined := bob.await("joined")
	if got := keys(joined); got != "event room took_ms you" || keys(joined["you"]) != "id name" || keys(joined["room"]) != roomKeys {
		t.Errorf("joined is %v", joined)
	}
	if ms, ok := joined["took_ms"].(float64); !ok || ms <= 0 || ms > 10_000 {
		t.Errorf("took_ms is %v", joined["took_ms"])
	}
	if field(joined["room"], "id") != field(room, "id") || field(joined["you"], "name") != "Bob" {
		t.Errorf("joined %v", joined)
	}

	// By invite on the loopback address, under the fingerprint.
	invite.Address = address
	eve := start(t, options(t, nil), "join", invite.String(), "--json", "--name", "Eve", "--play", tone, "--loop")
	eveID := field(eve.await("joined")["you"], "id")
	if other := bob.await("joined"); keys(other) != "event participant" || field(other["participant"], "name") != "Eve" || field(other["participant"], "id") != eveID {
		t.Errorf("Bob was told %v", other)
	}
	hearing := bob.await("hearing")
	if keys(hearing) != "event participant took_ms" || field(hearing["participant"], "id") != eveID {
		t.Errorf("hearing is %v", hearing)
	}
	for _, name := range []string{"Bob", "Eve"} {
		if e := host.await("joined"); keys(e) != "event key participant" || keys(e["participant"]) != "id name" || field(e["participant"], "name") != name {
			t.Errorf("the host was told %v, want %s", e, name)
		}
	}
	if e := host.await("seats"); keys(e) != "event seats" || !slices.Contains(e["seats"].([]any), eveID) {
		t.Errorf("the host was told %v, want Eve in a seat", e)
	}

	file := filepath.Join(dir, fmt.Sprintf("Eve-%v.ogg", eveID))
	deadline := time.Now().Add(10 * time.Second)
	for info, err := os.Stat(file); err != nil || info.Size() < 6000; info, err = os.Stat(file) { // two pages of a second
		if time.Now().After(deadline) {
			t.Fatalf("nothing recorded: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	eve.interrupt()
	eve.exit(0)
	if e := eve.await("ended"); e["code"] != "left" {
		t.Errorf("Eve %v", e)
	}
	if e := bob.await("left"); field(e["participant"], "id") != eveID || field(e["participant"], "name") != "Eve" {
		t.Errorf("Bob was told %v", e)
	}
	if e := host.await("left"); field(e["participant"], "name") != "Eve" {
		t.Errorf("the host was told %v", e)
	}

	// The host ends the room; whoever is inside ends well.
	host.interrupt()
	host.exit(0)
	if e := bob.await("ended"); keys(e) != "code event" || e["code"] != "room_ended" {
		t.Errorf("Bob %v", e)
	}
	bob.exit(0)

	// What was recorded are the packets that were played, in their order, none missing from the first to the last.
	played, recorded := packets(t, tone), packets(t, file)
	sound := slices.IndexFunc(recorded, func(p []byte) bool { return len(p) > 3 })
	if sound < 0 {
		t.Fatal("no sound was recorded")
	}
	recorded = recorded[sound:]
	first := slices.IndexFunc(played, func(p []byte) bool { return bytes.Equal(p, recorded[0]) })
	if len(recorded) < 60 || first < 0 {
		t.Fatalf("%d packets, beginning at %d of the tone", len(recorded), first)
	}
	for i, p := range recorded {
		if !bytes.Equal(p, played[(first+i)%len(played)]) {
			t.Fatalf("packet %d of %d is not what was played", i, len(recorded))
		}
	}
}

func TestJoin_StaysAsLongAsItWasTold(t *testing.T) {
	_, _, address := hosting(t)
	c := start(t, options(t, nil), "join", address, "--for", "700ms", "--name", "Bob")
	begin := time.Now()
	c.exit(0)
	if took := time.Since(begin); took < 700*time.Millisecond || took > 5*time.Second {
		t.Errorf("stayed for %v", took)
	}
	out := c.stdout.String()
	for _, want := range []string{`Joined "Tea room" as Bob. Nobody else is here yet.`, "Left the room."} {
		if !strings.Contains(out, want) {
			t.Errorf("%q lacks %q", out, want)
		}
	}
}

func TestJoin_RefusesAnotherKeyThanTheInvites(t *testing.T) {
	host, room, address := hosting(t)
	for _, c := range []struct{ invite, code string }{
		{signal.Invite{Address: address, RoomID: field(room, "id").(string), Fingerprint: strings.Repeat("A", 43)}.String(), "fingerprint_mismatch"},
		{signal.Invite{Address: address, RoomID: "another"}.String(), "not_found"},
	} {
		join := start(t, options(t, nil), "join", c.invite, "--json")
		if e := join.await("ended"); e["code"] != c.code {
			t.Errorf("%s: %v", c.invite, e)
		}
		join.exit(1)
		if s := join.stderr.String(); !strings.HasPrefix(s, "earshot: ") {
			t.Errorf("stderr %q", s)
		}
	}
	host.interrupt()
	host.exit(0)
	for e := range host.events {
		t.Errorf("the host was told %v", e)
	}
}

func TestJoin_SaysThatTheRoomIsFull(t *testing.T) {
	_, _, address := hosting(t, "--capacity", "1")
	first := start(t, options(t, nil), "join", address, "--json")
	first.await("joined")
	second := start(t, options(t, nil), "join", address, "--json")
	if e := second.await("ended"); e["code"] != "room_full" {
		t.Errorf("ended with %v", e)
	}
	second.exit(1)
	if !strings.Contains(second.stderr.String(), "the room is full") {
		t.Errorf("stderr %q", second.stderr.String())
	}
}

func TestLoad_FillsTheRoomAndPrintsTheResult(t *testing.T) {
	_, _, address := hosting(t)
	c := start(t, options(t, nil), "load", address, "--participants", "4", "--talkers", "2", "--for", "1s", "--json")
	result := c.await("result")
	c.exit(0)
	for _, key := range []string{
		"participants", "talkers", "seconds", "sent", "received", "lost", "out_of_order", "received_per_s",
		"join_p50_ms", "join_p99_ms", "delay_p50_us", "delay_p99_us",
	} {
		if _, ok := result[key].(float64); !ok {
			t.Errorf("%s is %v, want a number", key, result[key])
		}
	}
	if result["participants"] != 4.0 || result["talkers"] != 2.0 || result["received"] == 0.0 || result["lost"] != 0.0 {
		t.Errorf("result %v", result)
	}
}

func TestLoad_IsToldWhatStandsInItsWay(t *testing.T) {
	_, _, address := hosting(t, "--capacity", "3")
	for _, c := range []struct{ args, want string }{
		{"load " + address + " --participants 4 --talkers 0", "the room is full"},
		{"load 127.0.0.1:1 --participants 1 --talkers 0", "nobody answers at that address"},
	} {
		if code, _, stderr := run(t, options(t, nil), strings.Split(c.args, " ")...); code != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: exit code %d, %q", c.args, code, stderr)
		}
	}
}

func TestLoad_EndsEarlyWithItsResult(t *testing.T) {
	_, _, address := hosting(t)
	c := start(t, options(t, nil), "load", address, "--participants", "2", "--talkers", "2", "--for", "1h", "--json")
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(c.stderr.String(), "packets/s"); {
		if time.Now().After(deadline) {
			t.Fatalf("no progress: %q", c.stderr.String())
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.interrupt()
	if result := c.await("result"); result["received"] == 0.0 {
		t.Errorf("result %v", result)
	}
	c.exit(0)
}

func TestJoin_CannotRecordIntoAFile(t *testing.T) {
	_, _, address := hosting(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(t, options(t, nil), "join", address, "--record", file); code != 1 || !strings.Contains(stderr, "record") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}

func TestHost_TakesAnotherPortAndSaysSo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()
	c := start(t, options(t, nil), "host", "--json", "--listen", address)
	room := c.await("ready")["room"]
	_, port, _ := net.SplitHostPort(address)
	if got := fmt.Sprint(field(room, "port")); got == port || got == "0" {
		t.Errorf("the room is on port %s", got)
	}
	if s := c.stderr.String(); !strings.Contains(s, "port "+port+" is taken") {
		t.Errorf("stderr %q", s)
	}
}
