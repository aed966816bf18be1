package discovery

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAdvertise_RefusesWhatNobodyCouldUse(t *testing.T) {
	good := Ad{ID: "r1", Name: "Standup", Fingerprint: fp('a'), Port: 7788}
	for what, spoil := range map[string]func(*Ad){
		"no id":                  func(a *Ad) { a.ID = "" },
		"id with a space":        func(a *Ad) { a.ID = "a b" },
		"id of 65 bytes":         func(a *Ad) { a.ID = strings.Repeat("a", 65) },
		"no fingerprint":         func(a *Ad) { a.Fingerprint = "" },
		"port 0":                 func(a *Ad) { a.Port = 0 },
		"port 65536":             func(a *Ad) { a.Port = 65536 },
		"epoch before the first": func(a *Ad) { a.Epoch = -1 },
	} {
		ad := good
		spoil(&ad)
		if a, err := Advertise(ad, Config{}); err == nil {
			_ = a.Close()
			t.Errorf("%s: accepted", what)
		}
	}
}

func TestAdvertise_WithoutANetworkWaitsForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := Advertise(Ad{ID: "r1", Fingerprint: fp('a'), Port: 7788}, Config{interfaces: func() ([]iface, error) { return nil, nil }})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		for range 2 {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAd_LabelIsTheRoomsOwn(t *testing.T) {
	a := Ad{ID: "r1", Name: "Standup", Fingerprint: fp('a')}
	renamed, otherID, otherKey := a, a, a
	renamed.Name, otherID.ID, otherKey.Fingerprint = "Retro", "r2", fp('b')
	if a.label() != renamed.label() {
		t.Error("a new name is a new room")
	}
	if a.label() == otherID.label() || a.label() == otherKey.label() {
		t.Error("two rooms share a label")
	}
	if l := a.label(); len(l) > 63 || strings.ToLower(l) != l || strings.ContainsAny(l, ". ") {
		t.Errorf("label %q", l)
	}
}
