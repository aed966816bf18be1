package discovery

import (
	"context"
	"slices"
	"sync"

	"github.com/earshot/earshot/internal/lan"
)

// Relay passes on rooms between networks, as a Browser does, for a program that shows none. It looks for rooms only while
// this computer stands in several networks that lead out: else it sends nothing and listens to nobody.
type Relay struct {
	cancel context.CancelFunc
	all    sync.WaitGroup
}

// StartRelay begins. The caller must Close.
func StartRelay(cfg Config) *Relay {
	cfg = cfg.withDefaults()
	cfg.PassOn = func() bool { return true }
	ctx, cancel := context.WithCancel(context.Background())
	r := &Relay{cancel: cancel}
	r.all.Go(func() {
		var browser *Browser
		watch(ctx, cfg.PollEvery, cfg.interfaces, cfg.Logger, func(now network) {
			switch between := standsBetween(now.ifaces); {
			case between && browser == nil:
				browser = Browse(cfg)
			case !between && browser != nil:
				browser.Close()
				browser = nil
			}
		})
		if browser != nil {
			browser.Close()
		}
	})
	return r
}

// Close ends it and waits. It is idempotent.
func (r *Relay) Close() {
	r.cancel()
	r.all.Wait()
}

// standsBetween reports whether two of the interfaces lead out into different networks.
func standsBetween(ifaces []iface) bool {
	var out []iface
	for _, i := range ifaces {
		if !lan.KindOf(i.Interface).LeadsOut() {
			continue
		}
		if slices.ContainsFunc(out, func(o iface) bool { return !sameNetwork(o, i) }) {
			return true
		}
		out = append(out, i)
	}
	return false
}
