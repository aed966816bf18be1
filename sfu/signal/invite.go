package signal

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// InviteScheme is the URL scheme of an invite.
	InviteScheme = "earshot"
	// MaxInviteOthers is how many addresses an invite carries beside the first: a laptop on cable, Wi-Fi and VPN has three
	// in all, and each makes the QR code larger.
	MaxInviteOthers = 3
	// fingerprintLength is that of a whole fingerprint in characters of base64url, prefixLength that of the part which a
	// short text has room for: 84 bits.
	fingerprintLength = 43
	prefixLength      = 14
)

// Invite names one room well enough to join it without discovery. It is written as a link (String) or, for chat and for
// reading aloud, as a short text (Code).
type Invite struct {
	Address     string   // host:port, IPv6 in brackets; a host name where somebody typed one
	Others      []string // more host:port of the same host, at most MaxInviteOthers; to be tried beside Address
	RoomID      string   // "" when only an address is known
	Fingerprint string   // of the host's key: whole, its first 14 characters (from a short text), or "": trust on first use
}

// IsInviteURL reports whether s has the scheme of an invite, well formed or not.
func IsInviteURL(s string) bool {
	return len(s) > len(InviteScheme) && s[len(InviteScheme)] == ':' && strings.EqualFold(s[:len(InviteScheme)], InviteScheme)
}

// LooksLikeInvite reports whether s was meant to be an invite: it is one, it has the scheme of one, or it is a short text with
// something wrong in it.
func LooksLikeInvite(s string) bool {
	if IsInviteURL(s) || looksLikeCode(s) {
		return true
	}
	_, err := ParseInvite(s)
	return err == nil
}

// InviteTo returns an invite for a room that has these addresses, the likeliest first. Link-local addresses mean nothing on
// another computer and loopback leads back to it, so they are left out unless there is nothing else.
func InviteTo(addresses []string, roomID, fingerprint string) Invite {
	i := Invite{RoomID: roomID, Fingerprint: fingerprint}
	for _, a := range addresses {
		switch {
		case !travels(a):
		case i.Address == "":
			i.Address = a
		default:
			i.addOther(a)
		}
	}
	if i.Address == "" && len(addresses) > 0 {
		i.Address = addresses[0]
	}
	return i
}

// With returns the invite with more addresses of the same host, as many as it may carry.
func (i Invite) With(addresses ...string) Invite {
	i.Others = slices.Clone(i.Others)
	for _, a := range addresses {
		i.addOther(a)
	}
	return i
}

// addOther adds an address unless there are enough, and reports whether it is one that an invite may carry.
func (i *Invite) addOther(address string) bool {
	if !travels(address) {
		return false
	}
	if address != i.Address && len(i.Others) < MaxInviteOthers && !slices.Contains(i.Others, address) {
		i.Others = append(i.Others, address)
	}
	return true
}

// travels reports whether host:port means the same room on another computer.
func travels(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return true // a name
	}
	ip = ip.Unmap()
	return !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && !ip.IsUnspecified() && !ip.IsMulticast()
}

// Addresses returns all addresses, the first first.
func (i Invite) Addresses() []string { return append([]string{i.Address}, i.Others...) }

// Pins reports whether the invite names a key and a whole fingerprint is that key's.
func (i Invite) Pins(fingerprint string) bool {
	return i.Fingerprint != "" && strings.HasPrefix(fingerprint, i.Fingerprint)
}

// String returns the invite as a link: earshot://HOST:PORT/ROOM?fp=FINGERPRINT&or=HOST:PORT. The fingerprint comes before the
// other addresses: a link that is cut off at its end, or at "&", keeps the pin.
func (i Invite) String() string {
	var b strings.Builder
	b.WriteString(InviteScheme + "://" + escapeAddress(i.Address) + "/" + url.PathEscape(i.RoomID))
	separator := "?"
	add := func(key, value string) {
		b.WriteString(separator + key + "=" + value)
		separator = "&"
	}
	if i.Fingerprint != "" {
		add("fp", i.Fingerprint)
	}
	for _, o := range i.Others {
		add("or", escapeAddress(o))
	}
	return b.String()
}

// parseLink reads what follows "earshot://". clean is false when a part that an invite can do without made no sense and
// was left out. Quoted-printable mail turns "=" into "=3D".
func parseLink(s string) (i Invite, clean bool, err error) {
	if strings.Contains(s, "=3D") {
		if i, clean, err = parseLinkAsIs(strings.ReplaceAll(s, "=3D", "=")); err == nil && ValidFingerprint(i.Fingerprint) {
			return i, clean, nil
		}
	}
	return parseLinkAsIs(s)
}

func parseLinkAsIs(s string) (i Invite, clean bool, err error) {
	authority, path, query := s, "", ""
	if n := strings.IndexAny(s, "/?"); n >= 0 {
		authority = s[:n]
		path, query, _ = strings.Cut(strings.TrimPrefix(s[n:], "/"), "?")
	}
	if i.Address, err = unescapeAddress(strings.TrimRight(authority, ".;:")); err != nil {
		return Invite{}, false, err
	}
	i.RoomID, err = url.PathUnescape(strings.TrimRight(path, "/.;:"))
	if err != nil || len(i.RoomID) > 64 || strings.ContainsFunc(i.RoomID, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' }) {
		return Invite{}, false, Problemf(CodeBadAddress, "malformed room id")
	}
	clean = true
	for part := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' || r == '?' }) {
		key, value, _ := strings.Cut(part, "=")
		value = strings.TrimLeft(value, "=") // a soft line break of quoted-printable mail was there
		switch key {
		case "fp":
			if i.Fingerprint, err = cutFingerprint(value); err != nil {
				return Invite{}, false, err
			}
		case "or":
			other, err := unescapeAddress(strings.TrimRight(value, ".:/_-"))
			if err != nil || !i.addOther(other) {
				clean = false
			}
		}
	}
	return i, clean, nil
}

// cutFingerprint returns the fingerprint at the start of what stands behind "fp=": marks of emphasis may follow it.
func cutFingerprint(s string) (string, error) {
	s = strings.TrimRight(s, "./:")
	if len(s) > fingerprintLength && strings.Trim(s[fingerprintLength:], "_-") == "" {
		s = s[:fingerprintLength]
	}
	if ValidFingerprint(s) || len(s) == prefixLength && isBase64URL(s) {
		return s, nil
	}
	return "", Problemf(CodeBadAddress, "malformed fingerprint")
}

// escapeAddress writes an address as it stands in a link: with the "%" of a zone (RFC 6874) and the letters of a host name that
// would end the link, because text may follow one without a space, in percent-encoding.
func escapeAddress(address string) string {
	var b strings.Builder
	for _, c := range []byte(address) {
		if c == '%' || c > '~' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescapeAddress reads an address of a link. Some programs leave the "%" of a zone as it is.
func unescapeAddress(s string) (string, error) {
	if plain, err := url.PathUnescape(s); err == nil {
		if address, err := checkAddress(plain); err == nil {
			return address, nil
		}
	}
	return checkAddress(strings.ReplaceAll(s, "%25", "%"))
}

// checkAddress returns host:port if it is that.
func checkAddress(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil || !validHost(host) {
		return "", Problemf(CodeBadAddress, "want host:port")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n < 1 {
		return "", Problemf(CodeBadAddress, "port %.8q", port)
	}
	return s, nil
}

// validHost reports whether host is an IP address, with a zone or not, or may be a host name (RFC 1123 §2.1, and the letters
// of all languages, which names in .local may have).
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	const maxHost = 253 // RFC 1035 §2.3.4, as text
	return host != "" && len(host) <= maxHost && !strings.ContainsFunc(host, func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && !isAlphanumeric(r)
	})
}

// ValidFingerprint reports whether fp has the form of a fingerprint: 43 characters of unpadded base64url, 32 bytes.
func ValidFingerprint(fp string) bool { return len(fp) == fingerprintLength && isBase64URL(fp) }

func isBase64URL(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}
