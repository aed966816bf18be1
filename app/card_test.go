package app_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/earshot/earshot/app"
	"github.com/earshot/earshot/app/voice"
)

// The sound card is for the window alone, whether somebody is in a room or not; without a sound server it says so.
func TestSoundCard_IsTheWindowsAlone(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(t.TempDir(), "none"))
	_, m := startVoice(t, t.TempDir(), app.VoiceCard)
	card := m.GetSoundCard()
	if len(card.Devices.Microphones) > 0 || len(card.Devices.Speakers) > 0 {
		t.Errorf("devices without a sound server: %+v", card.Devices)
	}
	for name, wrong := range map[string]struct{ url, origin string }{
		"another site":  {card.URL, "http://example.com"},
		"another token": {card.URL[:len(card.URL)-1] + "x", voice.WindowOrigin},
		"no token":      {card.URL[:strings.Index(card.URL, "?")], voice.WindowOrigin},
	} {
		if conn, err := dialVoice(t, wrong.url, wrong.origin); err == nil {
			t.Errorf("%s got in", name)
			_ = conn.CloseNow()
		}
	}
	conn, err := dialVoice(t, card.URL, voice.WindowOrigin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, b, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Sound      bool   `json:"sound"`
		Microphone string `json:"microphone"`
	}
	if err := json.Unmarshal(b, &state); err != nil || state.Sound || state.Microphone != "missing" {
		t.Errorf("without a sound server: %s %v", b, err)
	}
}

func TestSoundCard_IsNoneWhereThePagePlays(t *testing.T) {
	_, m := talking(t)
	if card := m.GetSoundCard(); card.URL != "" {
		t.Errorf("a page that plays itself is told of %q", card.URL)
	}
}
