package signal

import (
	"net/netip"
	"strings"
	"unicode"
)

// The short text of an invite: "EAR", then digits of 5 bits each in groups of four. docs/PROTOCOL.md has the layout and test
// vectors.
const (
	codePrefix = "EAR"
	// codeDigits are Crockford's: no I, L, O, which are read as 1, 1 and 0, and no U.
	codeDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	// base64URLDigits are those of a fingerprint, 6 bits each.
	base64URLDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	// defaultPort is the one that a short text leaves out.
	defaultPort = 7788
	// withPort is added to the first digit when a port follows the address.
	withPort = 16
	// checkDigits hold the checksum, 15 bits.
	checkDigits = 3
	// maxCodeGap is how many characters that are neither letter nor digit may stand between two digits: a line break,
	// the mark of a quoted line, and spaces.
	maxCodeGap = 16
)

// codeKinds are the kinds of address that the first digit of a short text tells: how many of the address' bits follow, and
// what the others are. A kind that is not listed is of a later version.
var codeKinds = []struct { //nolint:gochecknoglobals // a constant in all but type
	network netip.Prefix
	bits    int
}{
	{netip.MustParsePrefix("10.0.0.0/8"), 24},
	{netip.MustParsePrefix("172.16.0.0/12"), 20},
	{netip.MustParsePrefix("192.168.0.0/16"), 16},
	{netip.MustParsePrefix("0.0.0.0/0"), 32},
	{netip.MustParsePrefix("::/0"), 128},
}

// Code returns the invite as a short text that can be read aloud: one address, IPv4 if there is one, and the first 84 bits of
// the fingerprint. It is "" where that cannot be: without a fingerprint, or when the only address is a name or link-local.
func (i Invite) Code() string {
	if len(i.Fingerprint) < prefixLength || !isBase64URL(i.Fingerprint) {
		return ""
	}
	var best netip.AddrPort
	for _, a := range i.Addresses() {
		ap, err := netip.ParseAddrPort(a)
		if err != nil || ap.Addr().IsLinkLocalUnicast() || ap.Addr().Zone() != "" || ap.Port() == 0 {
			continue
		}
		ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
		if !best.IsValid() || ap.Addr().Is4() && best.Addr().Is6() {
			best = ap
		}
	}
	if !best.IsValid() {
		return ""
	}
	var bits codeBits
	for kind, k := range codeKinds {
		if !k.network.Contains(best.Addr()) {
			continue
		}
		head := kind
		if best.Port() != defaultPort {
			head |= withPort
		}
		bits.put(uint(head), 5)
		address := best.Addr().AsSlice()
		for n := best.Addr().BitLen() - k.bits; n < best.Addr().BitLen(); n++ {
			bits = append(bits, address[n/8]>>(7-n%8)&1)
		}
		break
	}
	if best.Port() != defaultPort {
		bits.put(uint(best.Port()), 16)
	}
	for _, c := range []byte(i.Fingerprint[:prefixLength]) {
		bits.put(uint(strings.IndexByte(base64URLDigits, c)), 6)
	}
	for len(bits)%5 != 0 {
		bits = append(bits, 0)
	}
	bits.put(uint(bits.checksum()), 5*checkDigits)

	var b strings.Builder
	b.WriteString(codePrefix)
	for n := 0; n < len(bits); n += 5 {
		if n%20 == 0 {
			b.WriteByte('-')
		}
		at := n
		b.WriteByte(codeDigits[bits.take(&at, 5)])
	}
	return b.String()
}

// codeBits is a row of bits, one a byte.
type codeBits []byte

// put appends the lowest n bits of v, the highest first.
func (b *codeBits) put(v uint, n int) {
	for n--; n >= 0; n-- {
		*b = append(*b, byte(v>>n&1))
	}
}

// take returns the n bits from *at on, and moves *at behind them.
func (b codeBits) take(at *int, n int) (v uint) {
	for _, bit := range b[*at : *at+n] {
		v = v<<1 | uint(bit)
	}
	*at += n
	return v
}

// checksum is the CRC-15 of CAN (polynomial 0x4599, begun with all ones). It misses no change of up to five bits in the first
// 127, no wrong digit (5 bits in a row), and no exchange of two digits: that would need a distance of 127.
func (b codeBits) checksum() uint16 {
	const all, polynomial = 0x7fff, 0x4599
	crc := uint16(all)
	for _, bit := range b {
		top := byte(crc >> 14 & 1)
		crc = crc << 1 & all
		if top != bit {
			crc ^= polynomial
		}
	}
	return crc
}

// findCode looks for a short text in a message; without its "EAR" only when there is nothing else.
func findCode(text string) (Invite, bool) {
	runes := []rune(text)
	for n := range runes {
		if n > 0 && isAlphanumeric(runes[n-1]) {
			continue
		}
		if after, ok := skipPrefix(runes, n); ok {
			if i, _, ok := readCode(runes, after); ok {
				return i, true
			}
		}
	}
	i, end, ok := readCode(runes, 0)
	for ; ok && end < len(runes); end++ {
		ok = !isAlphanumeric(runes[end])
	}
	return i, ok
}

// looksLikeCode reports whether s is nothing but "EAR" and about as many digits as a short text has.
func looksLikeCode(s string) bool {
	if len(s) > maxInviteText {
		return false
	}
	runes := []rune(readable(s))
	n, ok := skipPrefix(runes, 0)
	if !ok {
		return false
	}
	digits, decimal := 0, 0 // of 24 digits hardly ever fewer than two are decimal; names have none
	for _, r := range runes[n:] {
		switch {
		case codeDigit(r) >= 0:
			digits++
			if unicode.IsDigit(r) {
				decimal++
			}
		case isAlphanumeric(r):
			return false
		}
	}
	const shortest, longest = 24, 50
	return decimal >= 2 && digits >= shortest-4 && digits <= longest+4
}

// skipPrefix returns where the digits begin after "EAR" at n, whose letters may stand apart.
func skipPrefix(runes []rune, n int) (int, bool) {
	for _, want := range codePrefix {
		at, ok := nextAlphanumeric(runes, n)
		if !ok || runes[at]&^0x20 != want {
			return 0, false
		}
		n = at + 1
	}
	return n, true
}

// nextAlphanumeric returns the place of the next letter or digit from n on, unless there is a long gap.
func nextAlphanumeric(runes []rune, n int) (int, bool) {
	for end := min(len(runes), n+maxCodeGap); n < end; n++ {
		if isAlphanumeric(runes[n]) {
			return n, true
		}
	}
	return 0, false
}

// readCode reads the digits from n on, as many as the first says, and returns where they end.
func readCode(runes []rune, n int) (i Invite, end int, ok bool) {
	var bits codeBits
	want := 1
	for digits := 0; digits < want; digits++ {
		at, ok := nextAlphanumeric(runes, n)
		if !ok {
			return Invite{}, 0, false
		}
		value := codeDigit(runes[at])
		if value < 0 {
			return Invite{}, 0, false
		}
		bits.put(uint(value), 5)
		n = at + 1
		if digits == 0 {
			if want, ok = codeLength(value); !ok {
				return Invite{}, 0, false
			}
		}
	}
	i, ok = bits.invite()
	return i, n, ok
}

// codeDigit returns the value of a digit as people type it, or -1.
func codeDigit(r rune) int {
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	switch r {
	case 'O':
		return 0
	case 'I', 'L':
		return 1
	}
	if r > 'Z' {
		return -1
	}
	return strings.IndexRune(codeDigits, r)
}

// codeLength returns how many digits a short text has that begins with this one.
func codeLength(head int) (int, bool) {
	kind := head &^ withPort
	if kind >= len(codeKinds) {
		return 0, false
	}
	bits := 5 + codeKinds[kind].bits + 6*prefixLength
	if head&withPort != 0 {
		bits += 16
	}
	return (bits+4)/5 + checkDigits, true
}

// invite reads all the bits of a short text.
func (b codeBits) invite() (Invite, bool) {
	body := b[:len(b)-5*checkDigits]
	at := len(body)
	if b.take(&at, 5*checkDigits) != uint(body.checksum()) {
		return Invite{}, false
	}
	at = 0
	head := int(b.take(&at, 5)) //nolint:gosec // 5 bits
	kind := codeKinds[head&^withPort]
	address := kind.network.Addr().AsSlice()
	for n := 8*len(address) - kind.bits; n < 8*len(address); n++ {
		address[n/8] |= byte(b.take(&at, 1)) << (7 - n%8)
	}
	port := uint16(defaultPort)
	if head&withPort != 0 {
		port = uint16(b.take(&at, 16)) //nolint:gosec // 16 bits
	}
	fingerprint := make([]byte, prefixLength)
	for n := range fingerprint {
		fingerprint[n] = base64URLDigits[b.take(&at, 6)]
	}
	for at < len(body) {
		if b.take(&at, 1) != 0 {
			return Invite{}, false
		}
	}
	ip, _ := netip.AddrFromSlice(address)
	if port == 0 || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() || ip.Is4In6() {
		return Invite{}, false
	}
	return Invite{Address: netip.AddrPortFrom(ip, port).String(), Fingerprint: string(fingerprint)}, true
}
