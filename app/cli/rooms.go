package cli

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/app/reach"
)

type roomsFlags struct {
	wait  time.Duration
	watch bool
	json  bool
}

func (r *runner) rooms() *cobra.Command {
	var f roomsFlags
	cmd := &cobra.Command{
		Use:   "rooms",
		Short: "List the rooms on the LAN",
		Args:  cobra.NoArgs,
		RunE: r.run(func(cmd *cobra.Command, _ []string) error {
			if f.wait < 0 {
				return usagef("--wait %v: want 0 or more", f.wait)
			}
			look := r.looking()
			if f.watch {
				look.PassOn = func() bool { return r.passOn }
			}
			browser := discovery.Browse(look)
			defer browser.Close()
			out := r.output(f.json)
			if !f.watch {
				return listRooms(cmd.Context(), out, browser, f.wait)
			}
			answering := reach.New(reach.Config{Name: r.userName, Logger: r.setup().Logger})
			defer answering.Close()
			var over <-chan time.Time
			if cmd.Flags().Changed("wait") {
				over = time.After(f.wait)
			}
			return watchRooms(cmd.Context(), out, browser, over)
		}),
	}
	flags := cmd.Flags()
	flags.DurationVar(&f.wait, "wait", 2*time.Second, "how `long` to look; with --watch the default is until interrupted")
	flags.BoolVar(&f.watch, "watch", false, "print rooms as they come, change and go")
	flags.BoolVar(&f.json, "json", false, "print events as JSON, one a line")
	return cmd
}

// listRooms prints what was found when the time is over. An interrupt before that prints nothing.
func listRooms(ctx context.Context, out *output, browser *discovery.Browser, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(wait):
	}
	found := browser.Rooms()
	views := make([]roomView, len(found))
	for i, room := range found {
		views[i] = foundRoom(room)
		out.event(roomEvent{Event: "room", Room: views[i]})
	}
	switch {
	case len(found) == 0:
		out.warn("%s", nothingFound(browser.Status()))
	case !out.json:
		out.say("%s", strings.TrimSuffix(roomTable(views), "\n"))
	}
	return out.failed()
}

// nothingFound says where was looked, and what to try next.
func nothingFound(s discovery.Status) string {
	switch s.Problem {
	case discovery.ProblemNoNetwork:
		return "no network to look for rooms on. Connect this computer to the LAN."
	case discovery.ProblemNoMulticast:
		return "no rooms found: multicast does not get through on " + strings.Join(s.Interfaces, ", ") +
			". Allow Earshot in this computer's firewall, or join by host:port or invite."
	}
	where := ""
	if len(s.Interfaces) > 0 {
		where = " on " + strings.Join(s.Interfaces, ", ")
	}
	return "no rooms found" + where + ". Start one with \"earshot host\", or join by host:port or invite."
}

// watchRooms prints differences until ctx is done or the time is over.
func watchRooms(ctx context.Context, out *output, browser *discovery.Browser, over <-chan time.Time) error {
	w := roomWatch{out: out, known: make(map[string]roomView)}
	for {
		w.update(browser.Rooms())
		if err := out.failed(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-over:
			return nil
		case <-out.broken:
			return out.failed()
		case <-browser.Changed():
		}
	}
}

// roomWatch turns lists of rooms into events.
type roomWatch struct {
	out   *output
	known map[string]roomView // by id and fingerprint: somebody else's room of the same id is another room
	order []string            // keys of known, in the order of the last list
}

func (w *roomWatch) update(list []discovery.Room) {
	now := make(map[string]roomView, len(list))
	order := make([]string, 0, len(list))
	for _, room := range list {
		key := room.Facts.ID + " " + room.Fingerprint
		now[key] = foundRoom(room)
		order = append(order, key)
	}
	for _, key := range w.order {
		if _, still := now[key]; !still {
			w.tell("down", w.known[key])
		}
	}
	for _, key := range order {
		switch old, known := w.known[key]; {
		case !known:
			w.tell("up", now[key])
		case !reflect.DeepEqual(old, now[key]):
			w.tell("changed", now[key])
		}
	}
	w.known, w.order = now, order
}

func (w *roomWatch) tell(event string, room roomView) {
	w.out.event(roomEvent{Event: event, Room: room})
	if w.out.json {
		return
	}
	address := ""
	if len(room.Addresses) > 0 {
		address = room.Addresses[0]
	}
	w.out.say("%-7s  %s  (%s, %d inside, %s)", event, room.Name, room.Host, room.Participants, address)
}
