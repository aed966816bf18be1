package app_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// hostAt hosts a room under a new key and returns it and the invite of it.
func hostAt(t *testing.T, listen, name, hostName string) (*sfu.Server, signal.Invite) {
	t.Helper()
	id, err := identity.New()
	if err != nil {
		t.Fatal(err)
	}
	server, err := sfu.Listen(sfu.Config{Name: name, HostName: hostName, Listen: listen, Identity: id})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	_, port, err := net.SplitHostPort(server.Addresses()[0])
	if err != nil {
		t.Fatal(err)
	}
	return server, signal.Invite{Address: "127.0.0.1:" + port, RoomID: server.Facts().ID, Fingerprint: server.Fingerprint()}
}

// remembers joins a room and waits until its host is remembered.
func remembers(t *testing.T, m *app.Methods, invite signal.Invite) {
	t.Helper()
	join(t, m, invite.String(), "page-one")
	eventually(t, "the host is remembered", func() bool {
		for _, h := range m.GetHosts() {
			if h.Fingerprint == invite.Fingerprint {
				return true
			}
		}
		return false
	})
	if err := m.Leave(); err != nil {
		t.Fatal(err)
	}
}

func TestTrust_AnotherKeyForWhatLooksLikeTheRoomIsRefusedBeforeAnythingIsSent(t *testing.T) {
	dir := t.TempDir()
	_, jun := start(t, dir)
	mina, first := hostAt(t, "127.0.0.1:0", "Kitchen", "Mina")
	remembers(t, jun, first)
	if err := mina.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		listen, room, host string
		ref                func(signal.Invite) string
		by                 string // "" is let in
	}{
		"the same names":             {"127.0.0.1:0", "Kitchen", "Mina", func(i signal.Invite) string { return i.String() }, "names"},
		"names that look the same":   {"127.0.0.1:0", "Кitchen", "Мina", func(i signal.Invite) string { return i.String() }, "names"},
		"a short text":               {"127.0.0.1:0", "Kitchen", "mina", signal.Invite.Code, "names"},
		"its address, typed":         {first.Address, "Lab", "Somebody", func(i signal.Invite) string { return i.Address }, "address"},
		"the room of another person": {"127.0.0.1:0", "Kitchen", "Jun", func(i signal.Invite) string { return i.String() }, ""},
		"another room of a namesake": {"127.0.0.1:0", "Attic", "Mina", func(i signal.Invite) string { return i.String() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, jun := start(t, copyOf(t, dir))
			server, invite := hostAt(t, c.listen, c.room, c.host)
			ref := c.ref(invite)
			if c.by == "" {
				if got := joinCode(t, jun, ref, "page-jun", ""); got != "" {
					t.Errorf("join: %q", got)
				}
				return
			}
			listing, err := jun.Look(ref)
			if err != nil || listing.Trust != app.TrustChanged || listing.Changed == nil || string(listing.Changed.By) != c.by ||
				listing.Changed.Known.Fingerprint != first.Fingerprint || listing.Changed.Known.First == "" {
				t.Errorf("look: %+v, %+v, %v", listing, listing.Changed, err)
			}
			for _, accept := range []string{"", first.Fingerprint, "true"} {
				if _, err := jun.Join(app.JoinRequest{Room: ref, Page: "page-jun", Offer: offer(t, 10), Accept: accept}); signal.AsProblem(err) == nil ||
					signal.AsProblem(err).Code != signal.CodeHostChanged {
					t.Errorf("join, %q accepted: %v", accept, err)
				}
			}
			if n := server.Facts().Participants; n != 0 {
				t.Errorf("%d inside after the refusal", n)
			}
			reply, err := jun.Join(app.JoinRequest{Room: ref, Page: "page-jun", Offer: offer(t, 10), Accept: invite.Fingerprint})
			if err != nil || reply.Session.Fingerprint != invite.Fingerprint {
				t.Fatalf("accepted: %+v, %v", reply.Session, err)
			}
			// From then on it is known, and the old one too.
			eventually(t, "both keys are remembered", func() bool { return len(jun.GetHosts()) == 2 })
			if got := joinCode(t, jun, ref, "page-jun", ""); got != "" {
				t.Errorf("the second time: %q", got)
			}
			if err := jun.Leave(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// copyOf returns a directory with another installation that remembers the same hosts.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	other := t.TempDir()
	b, err := os.ReadFile(filepath.Join(dir, "known.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(other, "known.json"), b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return other
}

func TestTrust_ACodeIsComparedOnceAndForgottenWithItsHost(t *testing.T) {
	_, jun := start(t, t.TempDir())
	_, invite := hostAt(t, "127.0.0.1:0", "Kitchen", "Mina")
	remembers(t, jun, invite)
	if reply := join(t, jun, invite.String(), "page-jun"); reply.Session.Verified {
		t.Error("verified from the beginning")
	}
	code, err := jun.HostCode(jun.GetState().Session.Fingerprint)
	if want, _ := identity.CodeOf(invite.Fingerprint); err != nil || code.Symbols != want {
		t.Errorf("code %v, %v", code, err)
	}
	if err := jun.SetVerified(invite.Fingerprint, true); err != nil {
		t.Fatal(err)
	}
	if !jun.GetState().Session.Verified {
		t.Error("the session does not say so")
	}
	if listing, err := jun.Look(invite.String()); err != nil || listing.Trust != app.TrustVerified {
		t.Errorf("look: %q, %v", listing.Trust, err)
	}
	if reply := join(t, jun, invite.String(), "page-jun"); !reply.Session.Verified {
		t.Error("forgotten by joining again")
	}
	eventually(t, "it is forgotten", func() bool { // the join that was just made remembers it once more
		if err := jun.ForgetHosts([]string{invite.Fingerprint}); err != nil {
			t.Fatal(err)
		}
		return len(jun.GetHosts()) == 0 && !jun.GetState().Session.Verified
	})
}

func TestTrust_NamesThatLookAlikeAreMarkedForEverybody(t *testing.T) {
	_, mina := start(t, t.TempDir())
	_, other := start(t, t.TempDir())
	for name, m := range map[string]*app.Methods{"Mina": mina, "Мina": other} {
		if err := change(m, "profile", app.Profile{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	listing, err := mina.StartRoom("Kitchen", "")
	if err != nil {
		t.Fatal(err)
	}
	join(t, mina, listing.Ref, "page-mina")
	if got := mina.GetState().Session.Looks; len(got) != 0 {
		t.Errorf("alone: %v", got)
	}
	join(t, other, listing.Ref, "page-other")
	for _, m := range []*app.Methods{mina, other} {
		eventually(t, "both are marked", func() bool {
			s := m.GetState().Session
			return len(s.Looks) == 2 && s.Looks[s.Participants[0].ID] != "" && s.Looks[s.Participants[1].ID] != ""
		})
	}
	if err := other.Leave(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the mark goes with them", func() bool { return len(mina.GetState().Session.Looks) == 0 })
}

func TestBadInput_35_KnownHosts(t *testing.T) {
	fp := strings.Repeat("A", 43)
	good := `{"fingerprint":"` + fp + `","hostName":"Mina","roomName":"Kitchen","addresses":["10.0.0.1:7788"],"joined":"2026-11-20T08:00:00Z"}`
	for name, c := range map[string]struct {
		content string
		hosts   int
	}{
		"truncated":           {`{"version":1,"hosts":[` + good[:60], 0},
		"of a newer version":  {`{"version":9,"hosts":[` + good + `]}`, 0},
		"one entry broken":    {`{"version":1,"hosts":[{"fingerprint":7},` + good + `,"?"]}`, 1},
		"an entry without":    {`{"version":1,"hosts":[{},` + good + `]}`, 1},
		"edited by hand well": {"{\"hosts\": [\n\n" + good + "], \"version\": 1}\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "known.json")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, m := start(t, dir)
			if got := m.GetHosts(); len(got) != c.hosts {
				t.Errorf("%+v", got)
			}
			aside, err := filepath.Glob(path + ".broken-*")
			broken := name != "edited by hand well"
			if err != nil || (len(aside) == 1) != broken {
				t.Fatalf("%v, %v", aside, err)
			}
			eventually(t, "it is said once", func() bool {
				n := m.GetState().Notices
				return len(n) == 0 && !broken || len(n) == 1 && n[0].Code == app.NoticeKnownBroken && broken
			})
			if broken {
				if kept, err := os.ReadFile(aside[0]); err != nil || string(kept) != c.content {
					t.Errorf("kept %q, %v", kept, err)
				}
				if info, err := os.Stat(aside[0]); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%v, %v", info, err)
				}
			}
			m.GetHosts()
			if aside, _ := filepath.Glob(path + ".broken-*"); len(aside) > 1 {
				t.Errorf("put aside again: %v", aside)
			}
		})
	}
}

// A file in the directory's place lets nobody write, root neither.
func TestBadInput_35_UnwritableKnownHosts(t *testing.T) {
	dir := t.TempDir()
	_, jun := start(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, invite := hostAt(t, "127.0.0.1:0", "Kitchen", "Mina")
	join(t, jun, invite.String(), "page-jun") // the room is entered all the same
	eventually(t, "it is said", func() bool { return len(jun.GetState().Notices) > 0 })
}
