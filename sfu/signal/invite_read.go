package signal

import (
	"iter"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxInviteText bounds the text that an invite is looked for in, in bytes: a long chat message.
	maxInviteText = 4096
	// maxLinks is how many links of a message are looked at, and maxWraps how many line breaks one of them may have been
	// given: mail is wrapped at 76 characters, and the longest link of ours has 250.
	maxLinks, maxWraps = 4, 8
)

// ParseInvite reads a link, a short text, host:port, or any message that holds one of the first two, as chat clients,
// mail programs and people leave them: wrapped, quoted, escaped, with punctuation or zero-width characters, in full-width
// letters. It returns CodeBadAddress for anything else.
func ParseInvite(s string) (Invite, error) {
	if len(s) > maxInviteText {
		return Invite{}, Problemf(CodeBadAddress, "too long")
	}
	text := readable(s)
	invite, found, err := findLink(text)
	if err == nil && found {
		return invite, nil
	}
	if i, ok := findCode(text); ok {
		return i, nil
	}
	if found {
		return Invite{}, err
	}
	address, err := checkAddress(strings.Trim(strings.TrimLeft(strings.TrimSpace(text), "("), "<>\"'`“”‘’«»「」).,;!? "))
	if err != nil {
		return Invite{}, err
	}
	return Invite{Address: address}, nil
}

// readable undoes what changes a text's bytes and not its look (full-width letters, zero-width characters, soft hyphens, marks of
// direction), and the escapes of HTML and JSON.
func readable(s string) string {
	s = norm.NFKC.String(strings.ToValidUTF8(s, " "))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	for range 2 { // twice where two programs did it
		s = strings.ReplaceAll(s, "&amp;", "&")
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", `\/`, "/", `\u0026`, "&", "&lt;", "<", "&gt;", ">", "&#38;", "&",
		"&quot;", `"`).Replace(s)
}

// findLink looks for links and returns the first that can be read. found says whether there was one at all.
func findLink(text string) (i Invite, found bool, err error) {
	for range maxLinks {
		_, rest, ok := cutScheme(text)
		if !ok {
			break
		}
		text = rest
		if best, problem := bestReading(rest); problem == nil {
			return best, true, nil
		} else if !found {
			found, err = true, problem
		}
	}
	return Invite{}, found, err
}

// cutScheme cuts text around the first "earshot://", whose punctuation may be percent-encoded.
func cutScheme(text string) (before, after string, found bool) {
	lower := strings.Map(func(r rune) rune { // keeps the length, unlike strings.ToLower
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
	at, length := -1, 0
	for _, mark := range []string{InviteScheme + "://", InviteScheme + "%3a%2f%2f", InviteScheme + "%253a%252f%252f"} {
		if n := strings.Index(lower, mark); n >= 0 && (at < 0 || n < at) {
			at, length = n, len(mark)
		}
	}
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+length:], true
}

// bestReading reads a link whose end, line breaks and escapes are not certain. Of the readings that make sense the best is one
// with a whole fingerprint, then one with a part of one, then one in which every part makes sense, then one with more
// addresses. Among equals the shortest counts, but where addresses follow the fingerprint the longest: the break may be
// in the last of them.
func bestReading(rest string) (best Invite, err error) {
	most := -1
	for reading := range readings(rest) {
		i, clean, problem := parseLink(reading)
		if problem != nil {
			if err == nil {
				err = problem
			}
			continue
		}
		points := len(i.Others) + 2*len(i.Fingerprint)
		if clean {
			points += 10
		}
		if points > most || points == most && i.Fingerprint != "" && len(i.Others) > 0 {
			best, most = i, points
		}
	}
	if most < 0 {
		return Invite{}, err
	}
	return best, nil
}

// readings are the ways to read a link: a long dash as one hyphen or two, percent-encoded not at all, once or twice, and ever more
// line breaks taken out.
func readings(rest string) iter.Seq[string] {
	return func(yield func(string) bool) {
		rest = strings.Map(asDash, rest)
		dashes := []string{"-", "--"}
		if !strings.ContainsRune(rest, longDash) {
			dashes = dashes[:1]
		}
		for _, dash := range dashes {
			text, before := strings.ReplaceAll(rest, string(longDash), dash), ""
			for level := 0; level < 3 && (level == 0 || text != before); level++ {
				for wraps := range maxWraps + 1 {
					joined, ok := unwrap(text, wraps)
					if !ok {
						break
					}
					if !yield(cutLink(joined)) {
						return
					}
				}
				text, before = unescapePercent(text), text
			}
		}
	}
}

// longDash stands for a dash that may have been one hyphen or two.
const longDash = '\u2014'

func asDash(r rune) rune {
	switch r {
	case '\u2010', '\u2011', '\u2212': // hyphens that do not break, and the minus
		return '-'
	case '\u2012', '\u2013', '\u2014', '\u2015':
		return longDash
	}
	return r
}

// unwrap takes out the first n line breaks, with the marks of quoted mail that follow them and the "=" that
// quoted-printable puts before. It reports false when the link has fewer, or ends before.
func unwrap(s string, n int) (string, bool) {
	for range n {
		end := len(cutLink(s))
		before, after := s[:end], s[end:]
		trimmed := strings.TrimLeft(after, " \t")
		if !strings.HasPrefix(trimmed, "\n") {
			return "", false
		}
		next := strings.TrimLeft(trimmed[1:], " \t>|")
		if strings.HasPrefix(next, "\n") { // a blank line ends every link
			return "", false
		}
		if strings.HasSuffix(before, "=") && !strings.HasSuffix(before, "fp=") && !strings.HasSuffix(before, "or=") {
			before = before[:end-1]
		}
		s = before + next
	}
	return s, true
}

// cutLink cuts s after the last character that a link of ours may have.
func cutLink(s string) string {
	n := strings.IndexFunc(s, func(r rune) bool {
		return r > '~' || !isAlphanumeric(r) && !strings.ContainsRune("-._~:/?&;=%[]", r)
	})
	if n < 0 {
		return s
	}
	return s[:n]
}

// unescapePercent decodes what stands for a visible ASCII character.
func unescapePercent(s string) string {
	var b strings.Builder
	for n := 0; n < len(s); n++ {
		if s[n] == '%' && n+2 < len(s) {
			high, low := strings.IndexByte(hexDigits, s[n+1]|0x20), strings.IndexByte(hexDigits, s[n+2]|0x20)
			if c := byte(high<<4 | low); high >= 0 && low >= 0 && c > ' ' && c <= '~' { //nolint:gosec // two digits
				b.WriteByte(c)
				n += 2
				continue
			}
		}
		b.WriteByte(s[n])
	}
	return b.String()
}

const hexDigits = "0123456789abcdef"

func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
