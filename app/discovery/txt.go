package discovery

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/earshot/earshot/sfu/signal"
)

// Limits of a TXT record. A string is at most 255 bytes by its wire format; RFC 6763 §6.2 asks for records under 1300
// bytes. Ours are about 150.
const (
	maxTXT        = 1300
	maxTXTStrings = 32
	maxTXTString  = 255
	maxID         = 64
)

// txt returns the strings of the advertisement, escaped for package dns, where a backslash starts an escape.
func (a Ad) txt() []string {
	pin := "0"
	if a.PIN {
		pin = "1"
	}
	return []string{
		"v=" + strconv.Itoa(signal.Version),
		"id=" + escape(a.ID),
		"fp=" + a.Fingerprint,
		"ep=" + strconv.Itoa(a.Epoch),
		"pin=" + pin,
		"name=" + escape(cut(a.Name, maxTXTString-len("name="))),
	}
}

// roomKey says which room it is; the same id under another key is another room. It is all that is read of a TXT record: the rest
// is for people with other tools.
type roomKey struct{ id, fingerprint string }

// parseTXT reads the strings of a TXT record as package dns gives them, and reports whether they are an advertisement
// of a room that this version of the app could join. Unknown keys are ignored, of a repeated one the first counts (RFC
// 6763 §6.4).
func parseTXT(text []string) (roomKey, bool) {
	if len(text) > maxTXTStrings {
		return roomKey{}, false
	}
	values := make(map[string]string, len(text))
	total := 0
	for _, escaped := range text {
		if len(escaped) > 4*maxTXTString { // every byte as \DDD
			return roomKey{}, false
		}
		s := unescape(escaped)
		if total += len(s) + 1; total > maxTXT {
			return roomKey{}, false
		}
		key, value, _ := strings.Cut(s, "=")
		key = strings.ToLower(key)
		if _, twice := values[key]; !twice {
			values[key] = value
		}
	}
	key := roomKey{id: values["id"], fingerprint: values["fp"]}
	ok := values["v"] == strconv.Itoa(signal.Version) && validID(key.id) && signal.ValidFingerprint(key.fingerprint)
	return key, ok
}

// validID reports whether id is 1 to 64 visible ASCII characters.
func validID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

// cut shortens s to at most n bytes without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// escape writes a backslash as package dns wants it in a TXT string; all other bytes may stand as they are.
func escape(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// unescape undoes the escapes that package dns puts into the TXT strings it reads: \DDD for a byte outside visible ASCII,
// and a backslash before a quote and a backslash.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		if i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
				out = append(out, byte(n))
				i += 3
				continue
			}
		}
		i++
		out = append(out, s[i])
	}
	return string(out)
}
