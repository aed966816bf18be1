package siege

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/signal"
)

func candidateFrame(candidate string) string {
	return `{"type":"candidate","mid":"0","candidate":"candidate:1 1 ` + candidate + `"}`
}

// Candidates of any kind, more than a participant has, and the address of somebody else, to whom we would send STUN.
func TestBadInput_11_Candidates(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, func(c *sfu.Config) { c.MessagesPerSecond = 10_000 })
	victim, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = victim.Close() }()
	var reflected atomic.Int64
	go func() {
		b := make([]byte, 2000)
		for {
			n, _, err := victim.ReadFromUDP(b)
			if err != nil {
				return
			}
			reflected.Add(int64(n))
		}
	}()
	victimPort := victim.LocalAddr().(*net.UDPAddr).Port //nolint:forcetypeassert // what it is

	in, _ := talk.inside(t, "Mallory")
	for _, frame := range []string{ // those that no app sends
		candidateFrame("udp"), candidateFrame("udp 1 192.168.0.7 99999 typ host"), candidateFrame("udp 1 \x00 1 typ host"),
		`{"type":"candidate","candidate":"nonsense"}`, `{"type":"candidate","candidate":"a\r\nb"}`, `{"type":"candidate","candidate":7}`,
	} {
		in.refused(websocket.MessageText, frame, signal.CodeBadMessage)
	}
	other, _ := talk.inside(t, "Eve")
	accepted := []string{ // those that are left out, or tried and no more
		"udp 1 1b4f2c9e-0000-4000-8000-000000000000.local 5000 typ host", "udp 1 0.0.0.0 5000 typ host", "udp 1 224.0.0.251 5353 typ host",
		"udp 1 255.255.255.255 5000 typ host", "udp 1 192.168.0.7 0 typ host", "udp 1 fe80::1%eth0 5000 typ host", "udp 1 ff02::fb 5353 typ host",
		"tcp 1 192.168.0.7 9 typ host tcptype active", "tcp 1 127.0.0.1 22 typ host tcptype passive", "udp 1 :: 5000 typ host",
		fmt.Sprintf("udp 1 127.0.0.1 %d typ host", victimPort),
	}
	for n := len(accepted); n < 32; n++ {
		accepted = append(accepted, fmt.Sprintf("udp 1 127.0.0.1 %d typ srflx raddr 10.0.0.%d rport %d", victimPort, n, n))
	}
	for _, c := range accepted {
		if err := other.say(websocket.MessageText, candidateFrame(c)); err != nil {
			t.Fatal(err)
		}
	}
	if m := other.ask(`{"type":"sync"}`); signal.Kind(m) != "snapshot" {
		t.Errorf("32 candidates were answered with %s", codeOf(m))
	}
	for range 10_000 - 32 { // and one beyond, and the rest of ten thousand
		if err := other.say(websocket.MessageText, candidateFrame(accepted[0])); err != nil {
			break
		}
		if got := codeOf(other.hear()); got != signal.CodeRateLimited {
			t.Fatalf("a candidate too many is answered with %s", got)
		}
	}
	time.Sleep(2 * time.Second)
	if n := reflected.Load(); n > 30_000 {
		t.Errorf("%d bytes were sent to somebody who asked for nothing", n)
	} else {
		t.Logf("%d bytes of STUN to an address that a participant named", n)
	}
	talk.Undisturbed(t)
}
