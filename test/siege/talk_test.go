package siege

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/test/siege/talking"
)

const patience = 10 * time.Second

// All tests but the few that measure memory or time run beside each other, so leaks are looked for once.
func TestMain(m *testing.M) {
	if kind := os.Getenv(floodKind); kind != "" {
		os.Exit(floodFrom(kind, os.Getenv(floodRoom)))
	}
	goleak.VerifyTestMain(m)
}

// talk is what each attack goes beside.
type talk struct{ *talking.Talk }

func startTalk(t *testing.T, adjust func(*sfu.Config)) *talk {
	t.Helper()
	return &talk{talking.Start(t, adjust)}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// during runs the attack again and again for d, while both talk: up to 30,000 times a second, so that on a slow machine
// the attacker does not take the processor from the room, which a stranger on the network cannot do.
func during(d time.Duration, attack func() error) error {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Millisecond) {
		for n := 0; n < 30 && time.Now().Before(end); n++ {
			if err := attack(); err != nil {
				return err
			}
		}
	}
	return nil
}
