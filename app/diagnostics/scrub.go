package diagnostics

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Scrubber takes out of a text what is nobody else's business: links and keys, addresses, and the words that it was given. One of a
// kind becomes the same every time (<address 1>, <address 2>), so that what belongs together can still be seen.
type Scrubber struct {
	words  []word
	seen   map[string]string
	counts map[string]int
}

type word struct{ text, kind string }

// shortestWord is how long a name must be to be looked for in a log: a shorter one ("Al") would be found inside of words everywhere
// and leave nothing to read. Logs carry no names; this is the second lock on that door.
const shortestWord = 3

// NewScrubber returns a Scrubber of no words.
func NewScrubber() *Scrubber {
	return &Scrubber{seen: make(map[string]string), counts: make(map[string]int)}
}

// Hide has the texts taken out, each as one of kind.
func (s *Scrubber) Hide(kind string, texts ...string) {
	for _, text := range texts {
		if text = strings.TrimSpace(text); len(text) >= shortestWord {
			s.words = append(s.words, word{text, kind})
		}
	}
	slices.SortStableFunc(s.words, func(a, b word) int { return cmp.Compare(len(b.text), len(a.text)) }) // the longest first: one may be in another
}

var (
	// A link of ours, and what follows a ticket or a token in a page's address.
	links = regexp.MustCompile(`(?i)earshot://[^\s"'<>]+|[#?&](?:token|ticket)=[^\s"'<>]+`)
	// A key's fingerprint (43 characters of base64url), or anything as long without a break that could be a secret: a resume token, a key in hex.
	keys = regexp.MustCompile(`[A-Za-z0-9_+-]{32,}={0,2}`)
	macs = regexp.MustCompile(`(?i)\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b`)
	// What may be an address; netip says whether it is one.
	addresses = regexp.MustCompile(`(?i)(?:^|[^\w.:])((?:[0-9a-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4})(?:%[\w.-]+)?|\d{1,3}(?:\.\d{1,3}){3})`)
	hosts     = regexp.MustCompile(`(?i)\b[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.(?:local|lan|home|internal|corp|intranet)\b\.?`)
	mails     = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)
)

// Text returns a text without what is to be hidden.
func (s *Scrubber) Text(text string) string {
	text = links.ReplaceAllStringFunc(text, func(m string) string { return s.as("link", m) })
	text = mails.ReplaceAllStringFunc(text, func(m string) string { return s.as("mail", m) })
	text = macs.ReplaceAllStringFunc(text, func(m string) string { return s.as("address", m) })
	text = s.withoutAddresses(text)
	text = hosts.ReplaceAllStringFunc(text, func(m string) string { return s.as("computer", strings.TrimSuffix(m, ".")) })
	for _, w := range s.words {
		text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(w.text)).ReplaceAllStringFunc(text, func(m string) string { return s.as(w.kind, strings.ToLower(m)) })
	}
	return keys.ReplaceAllStringFunc(text, func(m string) string { return s.as("key", m) })
}

// withoutAddresses hides the addresses in a text; what is before each stays.
func (s *Scrubber) withoutAddresses(text string) string {
	var b strings.Builder
	end := 0
	for _, at := range addresses.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(text[end:at[2]])
		b.WriteString(s.address(text[at[2]:at[3]]))
		end = at[3]
	}
	return b.String() + text[end:]
}

// address hides an address unless it is that of no computer in particular.
func (s *Scrubber) address(text string) string {
	bare, _, _ := strings.Cut(text, "%")
	a, err := netip.ParseAddr(bare)
	if err != nil || a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() {
		return text
	}
	return s.as("address", a.Unmap().String())
}

func (s *Scrubber) as(kind, text string) string {
	if _, ok := s.seen[text]; !ok {
		s.counts[kind]++
		s.seen[text] = "<" + kind + " " + strconv.Itoa(s.counts[kind]) + ">"
	}
	return s.seen[text]
}
