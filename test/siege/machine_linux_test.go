package siege

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/client/media"
	"github.com/earshot/earshot/sfu/signal"
	"github.com/earshot/earshot/test/siege/talking"
)

// What happens to a computer while two people talk on it.

// A computer without any network, and one that gets networks and loses them: a room for itself goes on.
func TestBadInput_38_NetworksThatAreNotThere(t *testing.T) {
	if !inOwnNetwork(t, "") {
		return
	}
	talk := &talk{talking.In(t, talking.Room(t, nil), nil)} // with the beats that everybody has
	for range 3 {
		run(t, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far0")
		run(t, "ip", "addr", "add", "10.66.0.1/24", "dev", "eth0")
		run(t, "ip", "link", "set", "eth0", "up")
		run(t, "ip", "link", "set", "far0", "up")
		talk.GoOn(t, 10)
		run(t, "ip", "link", "del", "eth0")
		talk.GoOn(t, 10)
	}
	talk.Undisturbed(t)
}

// Somebody who records runs out of disk: the recording ends, and no word is lost to anybody, nor to whoever records.
func TestBadInput_39_ADiskThatIsFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		t.Skip("skipped: needs root to mount a small disk:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil { // fails when a file was left open
			t.Error(err)
		}
	})
	talk := startTalk(t, nil)
	var seating media.Seating
	recorder, err := media.NewRecorder(media.RecorderConfig{Dir: dir, Seating: &seating})
	if err != nil {
		t.Fatal(err)
	}
	rec := talk.EnterListening(t, "Rec", func(c *client.Config) {
		c.OnChange = func(s signal.Snapshot, _ signal.Change) { seating.Set(s) }
	}, func(seat int, p *rtp.Packet) {
		frame := *p // as large as music is, so that the disk is full soon
		frame.Payload = append([]byte{31 << 3}, make([]byte, 1000)...)
		recorder.Packet(seat, &frame)
	})
	seating.Set(rec.Snapshot())
	select {
	case <-recorder.Done():
	case <-time.After(2 * patience):
		t.Fatal("the recording went on")
	}
	if !errors.Is(recorder.Err(), syscall.ENOSPC) {
		t.Errorf("the recording ended with %v", recorder.Err())
	}
	heard := len(rec.From(talk.A.You()))
	eventually(t, "who records still hears A", func() bool { return len(rec.From(talk.A.You())) > heard+10 })
	talk.Undisturbed(t)
	if err := recorder.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("closed with %v", err)
	}
}
