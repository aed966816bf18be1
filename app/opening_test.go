package app_test

import (
	"strings"
	"testing"

	"github.com/earshot/earshot/app"
)

func TestApp_HandsAnInviteToThePageOnce(t *testing.T) {
	a, methods := start(t, t.TempDir())
	if ref := methods.TakeInvite(); ref != "" {
		t.Errorf("nobody asked for %q", ref)
	}
	a.OpenInvite("") // started without one
	told := 0
	defer a.Subscribe(func(event string, payload any) {
		if event == app.EventInvite {
			told++
			if payload != nil {
				t.Errorf("the event says %v", payload)
			}
		}
	})()
	a.OpenInvite("earshot://10.0.0.1:7788/first")
	a.OpenInvite("earshot://10.0.0.2:7788/second")
	if told != 2 {
		t.Errorf("told %d times", told)
	}
	if ref := methods.TakeInvite(); ref != "earshot://10.0.0.2:7788/second" {
		t.Errorf("took %q", ref)
	}
	if ref := methods.TakeInvite(); ref != "" {
		t.Errorf("took %q again", ref)
	}
	a.OpenInvite(strings.Repeat("\xff회", 1_000_000))
	if ref := methods.TakeInvite(); len(ref) > 2048 || strings.ToValidUTF8(ref, "") != ref {
		t.Errorf("took %d bytes", len(ref))
	}
}
