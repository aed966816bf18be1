package identity

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// A host's code is its key in seven symbols, which two people compare aloud: who sees the host's own code is talking to
// that host and to nobody in between, because only the holder of the key can be at the other end of the pinned connection.
//
// It is of the host's key alone. A code of both sides' keys would have to be agreed on in a round of commitments (as ZRTP does,
// RFC 6189 §4.3): without, whoever stands in the middle shows each side a key of their own and needs only two that give the same
// code, 2^21 tries by the birthday paradox. Against the host's key alone they need one key that gives this very code, 2^42 tries. And everybody in a
// room sees the same code, so that it is said once.
//
// Each try costs 2^17 rounds of PBKDF2-HMAC-SHA-256, 2^18 SHA-256: 2^60 of them in all. A fast graphics card of 2022 does 9·10^9
// rounds a second (hashcat, mode 10900), so that a look-alike of one given key takes it about two years. It buys nothing against another key.
const (
	// CodeSymbols is how many symbols a code has: of 6 bits each, as much as is read aloud without losing one's place.
	CodeSymbols = 7
	codeLabel   = "earshot host code 1"
	codeRounds  = 1 << 17 // 15 ms here
)

// Symbol is one sign of a code: an emoji that every system's font has had since Unicode 9 and that needs no variation selector, and what
// to call it aloud.
type Symbol struct{ Emoji, Name string }

// Symbols are the 64 signs of codes. Their order is part of the protocol.
var Symbols = [64]Symbol{ //nolint:gochecknoglobals // a constant in all but type
	{"🐶", "dog"},
	{"🐱", "cat"},
	{"🐴", "horse"},
	{"🐮", "cow"},
	{"🐷", "pig"},
	{"🐰", "rabbit"},
	{"🐻", "bear"},
	{"🐯", "tiger"},
	{"🐸", "frog"},
	{"🐵", "monkey"},
	{"🐤", "chick"},
	{"🐧", "penguin"},
	{"🐘", "elephant"},
	{"🐢", "turtle"},
	{"🐍", "snake"},
	{"🐟", "fish"},
	{"🐳", "whale"},
	{"🐙", "octopus"},
	{"🦋", "butterfly"},
	{"🐌", "snail"},
	{"🌵", "cactus"},
	{"🌲", "tree"},
	{"🍄", "mushroom"},
	{"🌻", "sunflower"},
	{"🍎", "apple"},
	{"🍌", "banana"},
	{"🍇", "grapes"},
	{"🍓", "strawberry"},
	{"🍒", "cherries"},
	{"🍉", "watermelon"},
	{"🍋", "lemon"},
	{"🌽", "corn"},
	{"🍞", "bread"},
	{"🍕", "pizza"},
	{"🎂", "cake"},
	{"🍩", "doughnut"},
	{"☕", "coffee"},
	{"🌙", "moon"},
	{"⭐", "star"},
	{"🌈", "rainbow"},
	{"🔥", "flame"},
	{"☔", "umbrella"},
	{"⛄", "snowman"},
	{"⚽", "football"},
	{"🎈", "balloon"},
	{"🎁", "gift"},
	{"🔔", "bell"},
	{"🎸", "guitar"},
	{"🎺", "trumpet"},
	{"🥁", "drum"},
	{"🚗", "car"},
	{"🚲", "bicycle"},
	{"🚂", "train"},
	{"🚀", "rocket"},
	{"⛵", "sailboat"},
	{"⚓", "anchor"},
	{"🔑", "key"},
	{"🔒", "padlock"},
	{"🔨", "hammer"},
	{"⏰", "clock"},
	{"📖", "book"},
	{"📎", "paperclip"},
	{"👓", "glasses"},
	{"🎩", "top hat"},
}

// Code is what people compare: indices of Symbols.
type Code [CodeSymbols]int

// CodeOf returns the code of the key with that fingerprint. It takes some 15 ms. An error says that it is no fingerprint.
func CodeOf(fingerprint string) (Code, error) {
	key, err := base64.RawURLEncoding.DecodeString(fingerprint)
	if err != nil || len(key) != sha256.Size {
		return Code{}, fmt.Errorf("code of %.64q: not a fingerprint", fingerprint)
	}
	const perByte, perSymbol = 8, 6
	b, err := pbkdf2.Key(sha256.New, string(key), []byte(codeLabel), codeRounds, (CodeSymbols*perSymbol+perByte-1)/perByte)
	if err != nil {
		return Code{}, fmt.Errorf("code: %w", err)
	}
	var code Code
	for n := range CodeSymbols * perSymbol { // the highest bit first
		bit := int(b[n/perByte]>>(perByte-1-n%perByte)) & 1
		code[n/perSymbol] = code[n/perSymbol]<<1 | bit
	}
	return code, nil
}

// String returns the code for a terminal: each emoji with its name.
func (c Code) String() string {
	words := make([]string, len(c))
	for i, n := range c {
		words[i] = Symbols[n].Emoji + " " + Symbols[n].Name
	}
	return strings.Join(words, "  ")
}
