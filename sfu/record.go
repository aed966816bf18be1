package sfu

import (
	"crypto/ecdsa"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/earshot/earshot/sfu/signal"
)

// record is the room's signed record, kept until the machine's addresses change.
type record struct {
	mu   sync.Mutex
	last signal.Record
	text string
}

// Record returns where the room is now, signed by the host's key, for others to pass on; "" when the machine has no address
// that anybody else could use.
func (s *Server) Record() (string, error) {
	key, ok := s.cfg.Identity.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return "", signal.Problemf(signal.CodeInternal, "the host's key cannot sign")
	}
	var now []netip.AddrPort
	for _, ip := range shareableAddresses() {
		if len(now) < signal.MaxRecordAddresses {
			now = append(now, netip.AddrPortFrom(ip.WithZone(""), uint16(s.port))) //nolint:gosec // a port
		}
	}
	facts := s.Facts()
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.text != "" && r.last.Epoch == facts.Epoch && slices.Equal(r.last.Addresses, now) || len(now) == 0 {
		return r.text, nil
	}
	// The time makes serials grow; nobody compares them with a clock.
	next := signal.Record{
		RoomID: facts.ID, Epoch: facts.Epoch, Addresses: now, Serial: max(r.last.Serial+1, uint64(time.Now().UnixMilli())), //nolint:gosec // after 1970
	}
	text, err := next.Sign(key)
	if err != nil {
		return "", err
	}
	r.last, r.text = next, text
	return text, nil
}

func (s *Server) serveRecord(w http.ResponseWriter, _ *http.Request) {
	text, err := s.Record()
	if err != nil || text == "" {
		http.Error(w, "no record", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(signal.SignedRecord{Record: text}) // the other end is gone: nobody to tell
}
