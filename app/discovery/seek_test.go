package discovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/earshot/earshot/sfu/client"
)

// remembering is a search that hears nothing: whatever it lists was remembered.
func remembering(list func() []Known) Config {
	return Config{
		interfaces: func() ([]iface, error) { return []iface{office}, nil },
		open:       func(i iface, _ func(packet)) (*link, error) { return silentLink(i), nil },
		round:      noRound, Remembered: list,
	}
}

func TestBrowse_ListsARememberedHostsRoomThatNothingWasHeardOf(t *testing.T) {
	noLeaks(t)
	room := newRoom(t, "127.0.0.1:0", "room1", "Kitchen")
	known := Known{Fingerprint: room.fingerprint, Addresses: []string{"127.0.0.1:1", room.addr().String()}}
	b := Browse(remembering(func() []Known { return []Known{known} }))
	defer b.Close()
	took := eventually(t, 10*time.Second, "the room is listed", func() bool { return hasRoom(b, "Kitchen") })
	t.Logf("listed after %v", took)
	if got := b.Rooms()[0]; got.Fingerprint != room.fingerprint || got.Address != room.addr().String() {
		t.Errorf("%+v", got)
	}
	room.stop()
	took = eventually(t, 10*time.Second, "the room is gone", func() bool { return len(b.Rooms()) == 0 })
	t.Logf("gone after %v", took)
}

func TestBrowse_ListsWhateverRoomARememberedHostHasNow(t *testing.T) {
	noLeaks(t)
	room := newRoom(t, "localhost:0", "room1", "Kitchen")
	known := Known{Fingerprint: room.fingerprint, Addresses: []string{fmt.Sprintf("localhost:%d", room.addr().Port())}}
	b := Browse(remembering(func() []Known { return []Known{known} }))
	defer b.Close()
	eventually(t, 10*time.Second, "the room is listed", func() bool { return hasRoom(b, "Kitchen") })
	next := facts("room2", "Attic")
	room.facts.Store(&next)
	eventually(t, 20*time.Second, "the next room of the host is listed alone", func() bool {
		return slices.Equal(roomNames(b.Rooms()), []string{"Attic"})
	})
}

func TestBrowse_BelievesARememberedAddressOnlyUnderTheRememberedKey(t *testing.T) {
	noLeaks(t)
	room := newRoom(t, "127.0.0.1:0", "room1", "Kitchen")
	known := Known{Fingerprint: fp('x'), Addresses: []string{room.addr().String()}}
	b := Browse(remembering(func() []Known { return []Known{known} }))
	defer b.Close()
	eventually(t, 10*time.Second, "the address was asked", func() bool { return room.connections.Load() > 0 })
	time.Sleep(100 * time.Millisecond)
	if rooms := b.Rooms(); len(rooms) != 0 {
		t.Errorf("%+v", rooms)
	}
}

// nobody answers under no address, after a while, and counts who was asked.
type nobody struct {
	mu    sync.Mutex
	asked map[string][]time.Time // by address
	now   int
	most  int // at the same time
}

func (n *nobody) dial(address, _ string) prober {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[address] = append(n.asked[address], time.Now())
	n.now++
	n.most = max(n.most, n.now)
	return n
}

func (n *nobody) Facts(ctx context.Context) (client.Facts, error) {
	<-ctx.Done()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now--
	return client.Facts{}, errors.New("nobody")
}

func (n *nobody) Close() {}

func TestSeeker_AsksLessAndLessOftenUntilTheNetworkChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hosts []Known
		for n := range 2 * maxRemembered {
			k := Known{Fingerprint: fmt.Sprintf("%043d", n)}
			for m := range 2 * maxRememberedAddresses {
				k.Addresses = append(k.Addresses, fmt.Sprintf("10.0.%d.%d:7788", n, m))
			}
			hosts = append(hosts, k)
		}
		n := &nobody{asked: make(map[string][]time.Time)}
		s := &seeker{
			cfg:    Config{dial: n.dial, Remembered: func() []Known { return hosts }}.withDefaults(),
			listed: func() []Room { return nil }, found: func(announcement) { t.Error("found") }, network: make(chan struct{}, 1),
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { s.run(ctx) })
		start := time.Now()
		s.network <- struct{}{}
		time.Sleep(1900 * time.Millisecond)
		n.mu.Lock()
		if len(n.asked) != maxRemembered*maxRememberedAddresses || n.most > maxSeekers*maxRememberedAddresses {
			t.Errorf("%d addresses asked in the first 1.9 s, %d at once", len(n.asked), n.most)
		}
		n.mu.Unlock()
		time.Sleep(10*time.Minute - time.Since(start))
		n.mu.Lock()
		times := n.asked["10.0.0.0:7788"]
		n.mu.Unlock()
		// 0, 2, 6, 14, 30, 62 s and then once a minute.
		if len(times) < 13 || len(times) > 16 || times[len(times)-1].Sub(times[len(times)-2]) < seekMax {
			t.Errorf("asked at %v", times)
		}
		s.network <- struct{}{}
		synctest.Wait()
		n.mu.Lock()
		if again := n.asked["10.0.0.0:7788"]; len(again) != len(times)+1 {
			t.Errorf("a change of the network: asked at %v", again)
		}
		n.mu.Unlock()
		cancel()
		running.Wait()
	})
}
