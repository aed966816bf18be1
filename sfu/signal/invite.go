package signal

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// InviteScheme is the URL scheme of an invite.
const InviteScheme = "earshot"

// Invite names one room well enough to join it without discovery: earshot://HOST:PORT/ROOM?fp=FINGERPRINT.
type Invite struct {
	Address     string // host:port, IPv6 in brackets
	RoomID      string // "" when only an address is known
	Fingerprint string // base64url SHA-256 of the host's public key; "" is trust on first use
}

// IsInviteURL reports whether s has the scheme of an invite, well formed or not.
func IsInviteURL(s string) bool {
	return len(s) > len(InviteScheme) && s[len(InviteScheme)] == ':' && strings.EqualFold(s[:len(InviteScheme)], InviteScheme)
}

// LooksLikeInvite reports whether s was meant to be an invite: it is one, or it has the scheme of one.
func LooksLikeInvite(s string) bool {
	if IsInviteURL(s) {
		return true
	}
	_, err := ParseInvite(s)
	return err == nil
}

// String returns the invite as a URL.
func (i Invite) String() string {
	u := url.URL{Scheme: InviteScheme, Host: i.Address, Path: "/" + i.RoomID}
	if i.Fingerprint != "" {
		u.RawQuery = "fp=" + i.Fingerprint
	}
	return u.String()
}

// ParseInvite reads an invite URL, or a bare host:port. It returns CodeBadAddress for anything else.
func ParseInvite(s string) (Invite, error) {
	s = strings.TrimSpace(s)
	bad := func(why string) (Invite, error) { return Invite{}, Problemf(CodeBadAddress, "%s", why) }
	if len(s) > 512 {
		return bad("too long")
	}
	rest, isURL := strings.CutPrefix(s, InviteScheme+"://")
	if !isURL {
		if strings.Contains(s, "/") {
			return bad("not an invite")
		}
		return checkAddress(Invite{Address: s})
	}
	u, err := url.Parse(InviteScheme + "://" + rest)
	if err != nil {
		return bad("not a URL")
	}
	fp := u.Query().Get("fp")
	if fp != "" && !ValidFingerprint(fp) {
		return bad("malformed fingerprint")
	}
	id := strings.Trim(u.Path, "/")
	if len(id) > 64 || strings.Contains(id, "/") {
		return bad("malformed room id")
	}
	return checkAddress(Invite{Address: u.Host, RoomID: id, Fingerprint: fp})
}

func checkAddress(i Invite) (Invite, error) {
	host, port, err := net.SplitHostPort(i.Address)
	if err != nil || host == "" {
		return Invite{}, Problemf(CodeBadAddress, "want host:port")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return Invite{}, Problemf(CodeBadAddress, "port %.8q", port)
	}
	return i, nil
}

// ValidFingerprint reports whether fp has the form of a fingerprint: 43 characters of unpadded base64url, 32 bytes.
func ValidFingerprint(fp string) bool {
	if len(fp) != 43 {
		return false
	}
	for _, c := range fp {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
