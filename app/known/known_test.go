package known_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/app/known"
)

func fp(n int) string { return fmt.Sprintf("%043d", n) }

func at(minute int) time.Time { return time.Date(2026, 11, 22, 9, minute, 0, 0, time.UTC) }

func list(t *testing.T, h *known.Hosts) []known.Host {
	t.Helper()
	hosts, err := h.List()
	if err != nil {
		t.Fatal(err)
	}
	return hosts
}

func note(t *testing.T, h *known.Hosts, host known.Host) {
	t.Helper()
	if err := h.Note(host); err != nil {
		t.Fatal(err)
	}
}

func TestHosts_AreRememberedTheLastJoinedFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	h := known.In(dir)
	if got := list(t, h); len(got) != 0 {
		t.Errorf("at first: %v", got)
	}
	mina := known.Host{Fingerprint: fp(1), HostName: "Mina", RoomName: "Kitchen", RoomID: "r1", Addresses: []string{"10.0.0.1:7788"}, First: at(1), Joined: at(1)}
	note(t, h, mina)
	jun := known.Host{Fingerprint: fp(2), HostName: "Jun", RoomName: "Lab", RoomID: "r2", Addresses: []string{"jun.local:7788"}, First: at(2), Joined: at(2)}
	note(t, h, jun)
	if got := list(t, known.In(dir)); !reflect.DeepEqual(got, []known.Host{jun, mina}) {
		t.Errorf("%+v", got)
	}
	if info, err := os.Stat(filepath.Join(dir, "known.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	// Another room of the same host, at another address: one entry, the old address behind the new one.
	mina.RoomName, mina.RoomID, mina.Addresses, mina.Joined = "Attic", "r3", []string{"10.0.1.1:7789", "10.0.0.1:7788"}, at(3)
	note(t, h, known.Host{Fingerprint: fp(1), HostName: "Mina", RoomName: "Attic", RoomID: "r3", Addresses: []string{"10.0.1.1:7789"}, Joined: at(3)})
	if got := list(t, h); !reflect.DeepEqual(got, []known.Host{mina, jun}) {
		t.Errorf("%+v", got)
	}
}

func TestHosts_AreBounded(t *testing.T) {
	dir := t.TempDir()
	h := known.In(dir)
	var full []string
	for n := range known.MaxHosts {
		full = append(full, fmt.Sprintf(`{"fingerprint":%q,"addresses":["10.0.0.1:7788"],"joined":%q}`, fp(n), at(n).Format(time.RFC3339)))
	}
	if err := os.WriteFile(filepath.Join(dir, "known.json"), []byte(`{"version":1,"hosts":[`+strings.Join(full, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		note(t, h, known.Host{Fingerprint: fp(known.MaxHosts + n), Addresses: []string{"10.0.0.1:7788"}, Joined: at(known.MaxHosts + n)})
	}
	hosts := list(t, h)
	if len(hosts) != known.MaxHosts || hosts[0].Fingerprint != fp(known.MaxHosts+4) || hosts[len(hosts)-1].Fingerprint != fp(5) {
		t.Errorf("%d hosts, %s to %s", len(hosts), hosts[0].Fingerprint, hosts[len(hosts)-1].Fingerprint)
	}
	for n := range 20 {
		note(t, h, known.Host{Fingerprint: fp(7), Addresses: []string{fmt.Sprintf("10.0.0.%d:7788", n+1)}, Joined: at(1000 + n)})
	}
	want := []string{"10.0.0.20:7788", "10.0.0.19:7788", "10.0.0.18:7788", "10.0.0.17:7788", "10.0.0.16:7788", "10.0.0.15:7788"}
	if got := list(t, h)[0].Addresses; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

func TestHosts_KeepNothingThatLeadsNowhere(t *testing.T) {
	h := known.In(t.TempDir())
	note(t, h, known.Host{Fingerprint: fp(1), Joined: at(1), Addresses: []string{
		"[fe80::1%eth0]:7788", "0.0.0.0:7788", "224.0.0.251:7788", "10.0.0.1", "10.0.0.1:0", ":7788", "10.0.0.2:7788", "10.0.0.2:7788",
	}})
	note(t, h, known.Host{Fingerprint: "short", Addresses: []string{"10.0.0.1:7788"}, Joined: at(1)})
	note(t, h, known.Host{Fingerprint: fp(2), Addresses: []string{"[fe80::1%eth0]:7788"}, Joined: at(1)})
	if got := list(t, h); len(got) != 1 || !reflect.DeepEqual(got[0].Addresses, []string{"10.0.0.2:7788"}) {
		t.Errorf("%+v", got)
	}
}

func TestHosts_ABrokenFileIsKeptAsideAndSaidOnce(t *testing.T) {
	for name, content := range map[string]string{
		"cut off": `{"version":1,"hosts":[{"finger`, "newer": `{"version":2,"hosts":[]}`, "binary": "\x00\xff", "another shape": `[1,2]`,
		"huge": strings.Repeat(" ", 300<<10),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "known.json")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			h := known.In(dir)
			if hosts, err := h.List(); err == nil || len(hosts) != 0 {
				t.Errorf("%v, %v", hosts, err)
			}
			if hosts, err := h.List(); err != nil || len(hosts) != 0 {
				t.Errorf("again: %v, %v", hosts, err)
			}
			aside, err := filepath.Glob(path + ".broken-*")
			if err != nil || len(aside) != 1 {
				t.Fatalf("%v, %v", aside, err)
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || string(kept) != content {
				t.Errorf("kept %.40q, %v", kept, err)
			}
			note(t, h, known.Host{Fingerprint: fp(1), Addresses: []string{"10.0.0.1:7788"}, Joined: at(1)})
			if got := list(t, h); len(got) != 1 {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestHosts_IsNotWrittenForNothing(t *testing.T) {
	dir := t.TempDir()
	h := known.In(dir)
	host := known.Host{Fingerprint: fp(1), RoomID: "r", Addresses: []string{"10.0.0.1:7788"}, Joined: at(1)}
	note(t, h, host)
	before, err := os.Stat(filepath.Join(dir, "known.json"))
	if err != nil {
		t.Fatal(err)
	}
	host.Joined = host.Joined.Add(30 * time.Second)
	note(t, h, host)
	if after, err := os.Stat(filepath.Join(dir, "known.json")); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was written again (%v)", err)
	}
	host.Joined = at(5)
	note(t, h, host)
	if after, err := os.Stat(filepath.Join(dir, "known.json")); err != nil || os.SameFile(before, after) {
		t.Errorf("it was not written (%v)", err)
	}
}
