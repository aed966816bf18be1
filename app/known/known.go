// Package known remembers the hosts of rooms that were joined, so that their rooms are found again where multicast does not
// reach: whom to ask (the key) and where (addresses). It is a file in the configuration directory. Losing it costs a
// convenience, so nothing about it ever stops the app.
package known

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/earshot/earshot/internal/keptfile"
	"github.com/earshot/earshot/sfu/signal"
)

const (
	fileName = "known.json"
	// version is the form of the file. One of another version is kept aside like a broken one.
	version = 1
	// MaxHosts is how many hosts are remembered: more than a person's colleagues. The one joined longest ago goes first.
	MaxHosts = 32
	// MaxAddresses is how many addresses are remembered of a host: those it has now, and as many of before.
	MaxAddresses = 6
	// maxFile bounds the file in bytes; a full one has 20 kB.
	maxFile = 256 << 10
)

// Host is one remembered host and the room of it that was joined last.
type Host struct {
	Fingerprint string    `json:"fingerprint"` // of its key
	HostName    string    `json:"hostName"`    // of the person
	RoomName    string    `json:"roomName"`
	RoomID      string    `json:"roomId"`
	Addresses   []string  `json:"addresses"` // host:port; the one that worked last comes first
	Joined      time.Time `json:"joined"`    // last time
}

// file is the file's content.
type file struct {
	Version int    `json:"version"`
	Hosts   []Host `json:"hosts"` // the last joined first
}

// Hosts are the remembered hosts of one configuration directory, which other programs of the user's may change too. It is safe for
// concurrent use.
type Hosts struct {
	path string
	mu   sync.Mutex // one change at a time
}

// In returns the hosts that are remembered in a configuration directory.
func In(dir string) *Hosts { return &Hosts{path: filepath.Join(dir, fileName)} }

// List returns the hosts, the last joined first. A file that cannot be used is put aside and told as an error, once; the
// list is empty then.
func (h *Hosts) List() ([]Host, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.listLocked()
}

func (h *Hosts) listLocked() ([]Host, error) {
	hosts, err := read(h.path)
	if err == nil || errors.Is(err, fs.ErrPermission) {
		return hosts, err
	}
	aside, asideErr := keptfile.Aside(h.path)
	if asideErr != nil {
		return nil, fmt.Errorf("read known hosts: %w", errors.Join(err, asideErr))
	}
	return nil, fmt.Errorf("known hosts kept aside as %s: %w", aside, err)
}

func read(path string) ([]Host, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("%d bytes", info.Size())
	}
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, err
	}
	if f.Version != version {
		return nil, fmt.Errorf("version %d, this app writes %d", f.Version, version)
	}
	return tidy(f.Hosts), nil
}

// tidy returns what of the hosts makes sense, within the bounds, the last joined first.
func tidy(hosts []Host) []Host {
	slices.SortStableFunc(hosts, func(a, b Host) int { return b.Joined.Compare(a.Joined) })
	var out []Host
	for _, h := range hosts {
		h.Addresses = usable(h.Addresses)
		known := slices.ContainsFunc(out, func(o Host) bool { return o.Fingerprint == h.Fingerprint })
		if len(out) < MaxHosts && !known && signal.ValidFingerprint(h.Fingerprint) && len(h.Addresses) > 0 {
			out = append(out, h)
		}
	}
	return out
}

// usable returns the addresses that lead to the host from anywhere, within the bound, each once.
func usable(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		host, port, err := net.SplitHostPort(a)
		if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || n == 0 || host == "" {
			continue
		}
		if ip, err := netip.ParseAddr(host); err == nil && (ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast()) {
			continue
		}
		if len(out) < MaxAddresses && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// Note remembers a host, or that it has other addresses now: those of before are kept behind them, as many as there is room for.
// Nothing is written when nothing but the time would change, and that by less than a minute.
func (h *Hosts) Note(host Host) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	hosts, problem := h.listLocked()
	if errors.Is(problem, fs.ErrPermission) {
		return fmt.Errorf("note known host: %w", problem)
	}
	host.Joined = host.Joined.UTC().Round(time.Second)
	if n := slices.IndexFunc(hosts, func(o Host) bool { return o.Fingerprint == host.Fingerprint }); n >= 0 {
		before := hosts[n]
		host.Addresses = append(slices.Clone(host.Addresses), before.Addresses...)
		if host.Joined.Before(before.Joined) {
			host.Joined = before.Joined
		}
		same := before.RoomID == host.RoomID && before.RoomName == host.RoomName && before.HostName == host.HostName &&
			slices.Equal(before.Addresses, usable(host.Addresses))
		if same && host.Joined.Sub(before.Joined) < time.Minute {
			return problem
		}
		hosts = slices.Delete(hosts, n, n+1)
	}
	b, err := json.MarshalIndent(file{Version: version, Hosts: tidy(append(hosts, host))}, "", "  ")
	if err != nil {
		return fmt.Errorf("note known host: %w", err)
	}
	return errors.Join(problem, keptfile.Write(h.path, append(b, '\n')))
}
