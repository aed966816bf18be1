package identity_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/earshot/earshot/internal/examples"
	"github.com/earshot/earshot/sfu/identity"
)

func TestCodeOf_IsThatOfTheProtocol(t *testing.T) {
	vectors, err := examples.Read("../../docs/PROTOCOL.md", "code")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		var want struct {
			Fingerprint string
			Symbols     identity.Code
			Emoji       string
		}
		if err := json.Unmarshal([]byte(v.JSON), &want); err != nil {
			t.Fatal(err)
		}
		got, err := identity.CodeOf(want.Fingerprint)
		if err != nil || !reflect.DeepEqual(got, want.Symbols) {
			t.Errorf("%s: %v, %v; want %v", want.Fingerprint, got, err, want.Symbols)
		}
		var emoji strings.Builder
		for _, n := range got {
			emoji.WriteString(identity.Symbols[n].Emoji)
		}
		if emoji.String() != want.Emoji {
			t.Errorf("%s: %s, want %s", want.Fingerprint, emoji.String(), want.Emoji)
		}
	}
	for _, wrong := range []string{"", "short", strings.Repeat("!", 43)} {
		if code, err := identity.CodeOf(wrong); err == nil {
			t.Errorf("%q has the code %v", wrong, code)
		}
	}
}

func TestSymbols_AreDistinctAndOneCharacterEach(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range identity.Symbols {
		if utf8.RuneCountInString(s.Emoji) != 1 || s.Name == "" || seen[s.Emoji] || seen[s.Name] {
			t.Errorf("%+v", s)
		}
		seen[s.Emoji], seen[s.Name] = true, true
	}
}
