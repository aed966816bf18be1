package app_test

import (
	"strings"
	"testing"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/sfu/signal"
)

// joinCode joins with a PIN and returns the code of the refusal, or "".
func joinCode(t *testing.T, m *app.Methods, ref, page, pin string) signal.Code {
	t.Helper()
	_, err := m.Join(app.JoinRequest{Room: ref, Page: page, Offer: offer(t, 1), PIN: pin})
	if err != nil {
		return signal.AsProblem(err).Code
	}
	return ""
}

func TestApp_ARoomWithAPINLetsInWhoKnowsIt(t *testing.T) {
	_, mina := start(t, t.TempDir())
	_, jun := start(t, t.TempDir())
	if _, err := mina.StartRoom("Kitchen", "12"); signal.AsProblem(err) == nil || signal.AsProblem(err).Code != signal.CodeBadPIN {
		t.Fatalf("a PIN of two digits: %v", err)
	}
	listing, err := mina.StartRoom("Kitchen", " tea & cake")
	if err != nil {
		t.Fatal(err)
	}
	if !listing.Room.PIN || mina.GetState().Hosting.PIN != "tea & cake" {
		t.Errorf("listing %+v, hosting %+v", listing.Room, mina.GetState().Hosting)
	}
	if got := joinCode(t, mina, listing.Ref, "page-mina", ""); got != "" {
		t.Errorf("the host itself: %q", got)
	}

	seen, err := jun.Look(listing.Address)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		page, pin string
		want      signal.Code
	}{
		{"page-jun", "", signal.CodePINNeeded},
		{"page-jun", "tea & cakes", signal.CodeWrongPIN},
		{"page-jun", "tea & cake", ""},
		{"page-jun", "", ""},            // the page was reloaded
		{"another page of Jun", "", ""}, // and moved to another window
	} {
		if got := joinCode(t, jun, seen.Ref, c.page, c.pin); got != c.want {
			t.Errorf("PIN %q: got %q, want %q", c.pin, got, c.want)
		}
	}
	eventually(t, "Mina is told of the wrong PIN, once", func() bool {
		n := mina.GetState().Notices
		return len(n) == 1 && n[0].Code == app.NoticeWrongPIN && strings.HasSuffix(n[0].Detail, " ×1")
	})

	// Out of the room, the PIN is forgotten.
	if err := jun.Leave(); err != nil {
		t.Fatal(err)
	}
	if got := joinCode(t, jun, seen.Ref, "page-jun", ""); got != signal.CodePINNeeded {
		t.Errorf("after leaving: %q", got)
	}
}
