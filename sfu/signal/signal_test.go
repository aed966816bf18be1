package signal_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/earshot/earshot/internal/examples"
	"github.com/earshot/earshot/sfu/signal"
)

func TestProtocol_EveryExampleSurvivesDecodeAndEncode(t *testing.T) {
	all, err := examples.Read("../../docs/PROTOCOL.md", "signal/")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, e := range all {
		seen[e.Name] = true
		var again []byte
		if e.Name == "RoomFacts" {
			var f signal.RoomFacts
			if err := errors.Join(json.Unmarshal([]byte(e.JSON), &f), f.Validate()); err != nil {
				t.Errorf("%s: %v", e.Name, err)
			}
			again, err = json.Marshal(f)
		} else {
			m := decodeAny(t, e)
			if m == nil {
				continue
			}
			if signal.Kind(m) != e.Name {
				t.Errorf("example %s is a %s", e.Name, signal.Kind(m))
			}
			again, err = signal.Encode(m)
		}
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
		if !sameJSON(t, []byte(e.JSON), again) {
			t.Errorf("%s became %s", e.JSON, again)
		}
	}
	for _, kind := range []string{
		"join", "candidate", "restart", "update", "sync", "leave", "welcome", "restarted", "joined", "left", "updated",
		"seats", "levels", "links", "protect", "report", "snapshot", "error", "bye", "RoomFacts",
		"moderate", "moderated", "ruled", "silenced", "waiting", "desk",
	} {
		if !seen[kind] {
			t.Errorf("no example of %s", kind)
		}
	}
}

func decodeAny(t *testing.T, e examples.Example) signal.Message {
	t.Helper()
	m, err := signal.DecodeRequest([]byte(e.JSON))
	if p := signal.AsProblem(err); p != nil && p.Code == signal.CodeUnsupported {
		m, err = signal.DecodeEvent([]byte(e.JSON))
	}
	if err != nil {
		t.Errorf("%s: %v", e.Name, err)
		return nil
	}
	return m
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestSnapshot_AppliesChangesInOrderAndRefusesAGap(t *testing.T) {
	s := signal.Snapshot{Rev: 4, Seats: []string{"a", ""}, Participants: []signal.Participant{{ID: "a", Name: "A"}}}
	joined := &signal.Joined{Rev: 5, Participant: signal.Participant{ID: "b", Name: "B"}}
	for range 2 { // the second time it is known
		if !s.Apply(joined) {
			t.Fatal("a change was refused")
		}
	}
	if s.Facts.Participants != 2 || !slices.Equal(s.Facts.People, []string{"A", "B"}) {
		t.Errorf("facts %+v", s.Facts)
	}
	if s.Apply(&signal.Seats{Rev: 7, Seats: []string{"a", "b"}}) {
		t.Error("revision 7 was applied after 5")
	}
	if s.Rev != 5 || s.Seats[1] != "" {
		t.Errorf("a refused change altered the snapshot: %+v", s)
	}
	if !s.Apply(&signal.Left{Rev: 6, ID: "a"}) || s.Seats[0] != "" || len(s.Participants) != 1 {
		t.Errorf("after left: %+v", s)
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"  Mina \t Kim ":           "Mina Kim",
		"보라":                       "보라",
		"\u1107\u1169\u1105\u1161": "보라", // decomposed to NFC
		"a\u202eb\u200bc\u0007":    "abc",
		"👩‍🚀 Ada":                  "👩‍🚀 Ada",
		"<b>bold</b>":              "<b>bold</b>", // text, and shown as text
	} {
		if got, err := signal.CleanName(in); err != nil || got != want {
			t.Errorf("%q became %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", " ", "\u200b", "\u200d", "\xff", strings.Repeat("x", 65), strings.Repeat("x", 10_000)} {
		if got, err := signal.CleanName(in); err == nil {
			t.Errorf("%.20q became %q", in, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	all, err := examples.Read("../../docs/PROTOCOL.md", "signal/")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range all {
		f.Add([]byte(e.JSON))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, decode := range []func([]byte) (signal.Message, error){signal.DecodeRequest, signal.DecodeEvent} {
			m, err := decode(b)
			if err != nil {
				if p := new(signal.Problem); !errors.As(err, &p) {
					t.Fatalf("an error without a code: %v", err)
				}
				continue
			}
			again, err := signal.Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := decode(again); err != nil && len(again) <= signal.MaxMessage {
				t.Fatalf("%s does not decode again: %v", again, err)
			}
		}
	})
}
