package sfu

import (
	"bytes"
	"net"
	"slices"
	"testing"
)

func TestOutbox_KeepsTheOrderAndTheLatestOfWhatGoesStale(t *testing.T) {
	o := newOutbox(Config{}.withDefaults().Limits)
	say := func(s string, stale bool) {
		if !o.put(outgoing{data: []byte(s), stale: stale}) {
			t.Fatalf("%s was refused", s)
		}
	}
	said := func(batch []outgoing) (all []string) {
		for _, m := range batch {
			all = append(all, string(m.data))
		}
		return all
	}
	say("joined", false)
	say("levels 1", true)
	say("left", false)
	say("levels 2", true)
	<-o.more
	batch := o.take(nil)
	if got := said(batch); !slices.Equal(got, []string{"joined", "levels 2", "left"}) {
		t.Error(got)
	}
	say("levels 3", true)
	say("seats", false)
	<-o.more
	if got := said(o.take(batch)); !slices.Equal(got, []string{"levels 3", "seats"}) {
		t.Error(got)
	}
	if rest := o.take(nil); len(rest) > 0 {
		t.Error(said(rest))
	}
}

// Never a newer level.
func TestLimits_MaxWaiting(t *testing.T) {
	o := newOutbox(Config{}.withDefaults().Limits)
	o.put(outgoing{stale: true})
	for i := 1; i < o.most; i++ {
		if !o.put(outgoing{}) {
			t.Fatalf("message %d was refused", i)
		}
	}
	if o.put(outgoing{}) {
		t.Error("one too many was taken")
	}
	if !o.put(outgoing{stale: true}) {
		t.Error("a newer level was refused")
	}
}

func TestLimits_MaxWaitingBytes(t *testing.T) {
	o := newOutbox(Limits{MaxWaiting: 100, MaxWaitingBytes: 10})
	if !o.put(outgoing{data: make([]byte, 4), stale: true}) || !o.put(outgoing{data: make([]byte, 6)}) {
		t.Fatal("what fits was refused")
	}
	if o.put(outgoing{data: make([]byte, 1)}) {
		t.Error("one byte too many was taken")
	}
	o.put(outgoing{data: make([]byte, 3), stale: true})
	if !o.put(outgoing{data: make([]byte, 1)}) {
		t.Error("a byte that was given back is still counted")
	}
	o.take(nil)
	if !o.put(outgoing{data: make([]byte, 10)}) {
		t.Error("what was taken is still counted")
	}
}

// writes counts what leaves.
type writes struct {
	net.Conn
	all [][]byte
}

func (w *writes) Write(b []byte) (int, error) {
	w.all = append(w.all, bytes.Clone(b))
	return len(b), nil
}

func TestCork_LetsAllLeaveInOnePiece(t *testing.T) {
	var under writes
	c := &cork{Conn: &under}
	write := func(s string) {
		if n, err := c.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	write("a")
	c.in()
	write("b")
	write("c")
	if err := c.out(); err != nil {
		t.Fatal(err)
	}
	c.in()
	if err := c.out(); err != nil {
		t.Fatal(err)
	}
	write("d")
	if got := string(bytes.Join(under.all, []byte("|"))); got != "a|bc|d" {
		t.Error(got)
	}
}
