// Package known remembers the hosts of rooms that were joined, by their keys: whom to ask for rooms where multicast does not reach,
// and what a host of that name or at that address showed the last time, so that another key in its place is noticed before
// anything is sent to it. It is a file in the configuration directory, made to be read and edited by hand too.
//
// Names and addresses never make anybody trusted: only a key does. They make somebody suspect.
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
	// MaxHosts is how many hosts are remembered: more than anybody's colleagues who host. The one joined longest ago goes first.
	MaxHosts = 256
	// MaxAddresses is how many addresses are remembered of a host: those it has now, and as many of before.
	MaxAddresses = 6
	// maxFile bounds the file in bytes; a full one has 180 kB.
	maxFile = 512 << 10
)

// Host is one remembered host and the room of it that was joined last.
type Host struct {
	Fingerprint string    `json:"fingerprint"` // of its key
	HostName    string    `json:"hostName"`    // of the person
	RoomName    string    `json:"roomName"`
	RoomID      string    `json:"roomId"`
	Addresses   []string  `json:"addresses"`         // host:port; the one that worked last comes first
	First       time.Time `json:"first,omitzero"`    // joined for the first time; zero in files of before
	Joined      time.Time `json:"joined"`            // last time
	Verified    time.Time `json:"verified,omitzero"` // when people compared its code; zero is never
}

// file is the file's content. Hosts are read one by one: a broken one costs itself alone.
type file struct {
	Version int               `json:"version"`
	Hosts   []json.RawMessage `json:"hosts"` // the last joined first
}

// Hosts are the remembered hosts of one configuration directory, which other programs of the user's may change too. It is safe for
// concurrent use.
type Hosts struct {
	path string
	mu   sync.Mutex // one change at a time
	last os.FileInfo
	list []Host // what the file held when it was as last says

	mirror signal.Mirror
	index  *Index // of list; nil when it has to be made
}

// In returns the hosts that are remembered in a configuration directory.
func In(dir string) *Hosts { return &Hosts{path: filepath.Join(dir, fileName)} }

// List returns the hosts, the last joined first. A file that cannot be used is put aside and told as an error, once; the
// list is empty then. One of which entries cannot be used is copied aside, and they are told and taken out, once.
func (h *Hosts) List() ([]Host, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.listLocked()
}

// Index returns the index of the hosts. What is wrong with the file is told like by List, and the index is of what can be used.
func (h *Hosts) Index() (*Index, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	hosts, err := h.listLocked()
	if h.index == nil || h.last == nil {
		h.index = NewIndex(hosts, &h.mirror)
	}
	return h.index, err
}

func (h *Hosts) listLocked() ([]Host, error) {
	info, err := os.Stat(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		h.last, h.list = nil, nil
		return nil, nil
	}
	if err == nil && h.last != nil && os.SameFile(info, h.last) && info.ModTime().Equal(h.last.ModTime()) && info.Size() == h.last.Size() {
		return slices.Clone(h.list), nil
	}
	h.last, h.list, h.index = nil, nil, nil
	var hosts []Host
	broken := 0
	if err == nil {
		hosts, broken, err = read(h.path, info.Size())
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, err
	case err != nil:
		aside, asideErr := keptfile.Aside(h.path)
		if asideErr != nil {
			return nil, fmt.Errorf("read known hosts: %w", errors.Join(err, asideErr))
		}
		return nil, fmt.Errorf("known hosts kept aside as %s: %w", aside, err)
	}
	h.last, h.list = info, hosts
	if broken > 0 {
		aside, err := keptfile.CopyAside(h.path, "broken")
		if err == nil {
			err = h.writeLocked(hosts)
		}
		return slices.Clone(hosts), errors.Join(fmt.Errorf("%d known hosts make no sense and were taken out; the file as it was is kept as %s", broken, aside), err)
	}
	return slices.Clone(hosts), nil
}

// read returns the hosts of a file and how many entries of it make no sense.
func read(path string, size int64) (hosts []Host, broken int, err error) {
	if size > maxFile {
		return nil, 0, fmt.Errorf("%d bytes", size)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, 0, err
	}
	if f.Version != version {
		return nil, 0, fmt.Errorf("version %d, this app writes %d", f.Version, version)
	}
	for _, entry := range f.Hosts {
		var host Host
		if json.Unmarshal(entry, &host) != nil || !signal.ValidFingerprint(host.Fingerprint) {
			broken++
			continue
		}
		hosts = append(hosts, host)
	}
	return tidy(hosts), broken, nil
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

// Note remembers a host, or that it has other names or addresses now: addresses of before are kept behind the new ones, as many as there is
// room for; Verified and First stay as they were. Nothing is written when nothing but the time would change, and that by less than a minute.
func (h *Hosts) Note(host Host) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	hosts, problem := h.listLocked()
	if errors.Is(problem, fs.ErrPermission) {
		return fmt.Errorf("note known host: %w", problem)
	}
	host.Joined = host.Joined.UTC().Round(time.Second)
	host.First = host.Joined
	if n := index(hosts, host.Fingerprint); n >= 0 {
		before := hosts[n]
		host.Addresses = append(slices.Clone(host.Addresses), before.Addresses...)
		if host.Joined.Before(before.Joined) {
			host.Joined = before.Joined
		}
		host.First, host.Verified = before.First, before.Verified
		if host.First.IsZero() {
			host.First = before.Joined
		}
		same := before.RoomID == host.RoomID && before.RoomName == host.RoomName && before.HostName == host.HostName &&
			slices.Equal(before.Addresses, usable(host.Addresses))
		if same && host.Joined.Sub(before.Joined) < time.Minute {
			return problem
		}
		hosts = slices.Delete(hosts, n, n+1)
	}
	return errors.Join(problem, h.writeLocked(append(hosts, host)))
}

// Verify remembers when people compared the code of a host, or with the zero time that they have not. A host that is not known stays
// so.
func (h *Hosts) Verify(fingerprint string, when time.Time) error {
	return h.change(func(hosts []Host) []Host {
		if n := index(hosts, fingerprint); n >= 0 {
			hosts[n].Verified = when.UTC().Round(time.Second)
			if when.IsZero() {
				hosts[n].Verified = time.Time{}
			}
		}
		return hosts
	})
}

// Forget forgets the host of that key, and everybody's with none given.
func (h *Hosts) Forget(fingerprint ...string) error {
	return h.change(func(hosts []Host) []Host {
		return slices.DeleteFunc(hosts, func(host Host) bool {
			return len(fingerprint) == 0 || slices.Contains(fingerprint, host.Fingerprint)
		})
	})
}

func (h *Hosts) change(alter func([]Host) []Host) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	hosts, problem := h.listLocked()
	if errors.Is(problem, fs.ErrPermission) {
		return fmt.Errorf("change known hosts: %w", problem)
	}
	return errors.Join(problem, h.writeLocked(alter(hosts)))
}

func (h *Hosts) writeLocked(hosts []Host) error {
	hosts = tidy(hosts)
	f := file{Version: version, Hosts: make([]json.RawMessage, 0, len(hosts))}
	for _, host := range hosts {
		b, err := json.Marshal(host)
		if err != nil {
			return fmt.Errorf("write known hosts: %w", err)
		}
		f.Hosts = append(f.Hosts, b)
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write known hosts: %w", err)
	}
	h.last, h.list, h.index = nil, nil, nil
	return keptfile.Write(h.path, append(b, '\n'))
}

func index(hosts []Host, fingerprint string) int {
	return slices.IndexFunc(hosts, func(o Host) bool { return o.Fingerprint == fingerprint })
}
