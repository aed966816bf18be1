package siege

import (
	"testing"
	"time"

	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/signal"
	"github.com/earshot/earshot/test/siege/talking"
)

// A moderator's mute holds at whoever listens within 100 ms, also where the talker has no browser and goes on sending: the window on Linux
// and `earshot join` talk by sfu/client/media, as everybody here does. The host enforces it.
func TestModerate_AMuteIsHeardWithin100Milliseconds(t *testing.T) {
	room := talking.Room(t, nil)
	talk := &talk{talking.In(t, room, nil)}
	host := talk.Enter(t, "Host", func(c *client.Config) { c.HostKey = room.HostKey() })
	eventually(t, "the host hears B", func() bool { return len(host.From(talk.B.You())) > 0 })
	var took []time.Duration
	for range 5 {
		asked := time.Now()
		if err := host.Moderate(t.Context(), signal.Moderate{Do: signal.DeedMute, ID: talk.B.You()}); err != nil {
			t.Fatal(err)
		}
		answered := time.Since(asked)
		time.Sleep(500 * time.Millisecond) // B goes on
		sent := talk.B.Sent()
		if time.Since(sent[len(sent)-1]) > 100*time.Millisecond {
			t.Error("B stopped by itself: nothing was tested")
		}
		packets := talk.A.From(talk.B.You())
		took = append(took, packets[len(packets)-1].At.Sub(asked))
		if last := took[len(took)-1]; last > answered+100*time.Millisecond {
			t.Errorf("A heard B for %v, answered after %v", last, answered)
		}
		if err := host.Moderate(t.Context(), signal.Moderate{Do: signal.DeedUnmute, ID: talk.B.You()}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "A hears B again", func() bool { return len(talk.A.From(talk.B.You())) > len(packets)+5 })
	}
	t.Logf("the last word came %v after the click", took)
}
