package signal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
)

const (
	// MaxRecordAddresses is how many addresses a record holds.
	MaxRecordAddresses = 8
	// MaxRecord is the length of a record as text: 64 characters of id and 8 IPv6 addresses make 440.
	MaxRecord = 480

	recordVersion = 1
	// recordDomain keeps the signature of a record from being one of anything else that the key may sign.
	recordDomain    = "earshot room record 1\x00"
	recordKey       = 33 // a point of P-256, compressed (SEC 1 §2.3.3)
	recordSignature = 64 // r and s (RFC 7518 §3.4)
)

// Record is where a room is, in its host's own words: signed, so that others can pass it on without being able to make one up
// or to change one. docs/PROTOCOL.md has its layout. Of two records of a room the one with the higher epoch, then the higher
// serial holds; serials of different hosts say nothing about each other.
type Record struct {
	RoomID      string // 1 to 64 visible ASCII characters
	Fingerprint string // of the key that signed it
	Epoch       int
	Serial      uint64           // grows with each record of a room
	Addresses   []netip.AddrPort // 1 to MaxRecordAddresses, the likeliest first
}

// Older reports whether another record of the same room holds instead of r.
func (r Record) Older(than Record) bool {
	if r.Epoch != than.Epoch {
		return r.Epoch < than.Epoch
	}
	return r.Serial < than.Serial
}

// Sign returns the record as text, under a host's key, which must be of P-256. Fingerprint is not looked at.
func (r Record) Sign(key *ecdsa.PrivateKey) (string, error) {
	if err := r.check(); err != nil {
		return "", fmt.Errorf("sign room record: %w", err)
	}
	if key.Curve != elliptic.P256() {
		return "", errors.New("sign room record: the key is not of P-256")
	}
	point, err := key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		return "", fmt.Errorf("sign room record: %w", err)
	}
	b := append([]byte{recordVersion, byte(len(r.RoomID))}, r.RoomID...)
	b = append(append(b, 2+point[64]&1), point[1:33]...)  // compressed: 2 or 3, x
	b = binary.BigEndian.AppendUint32(b, uint32(r.Epoch)) //nolint:gosec // checked
	b = binary.BigEndian.AppendUint64(b, r.Serial)
	b = append(b, byte(len(r.Addresses)))
	for _, a := range r.Addresses {
		ip := a.Addr().AsSlice()
		b = append(append(b, byte(len(ip))), ip...)
		b = binary.BigEndian.AppendUint16(b, a.Port())
	}
	one, two, err := ecdsa.Sign(rand.Reader, key, recordHash(b))
	if err != nil {
		return "", fmt.Errorf("sign room record: %w", err)
	}
	b = append(b, make([]byte, recordSignature)...)
	one.FillBytes(b[len(b)-64 : len(b)-32])
	two.FillBytes(b[len(b)-32:])
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func (r Record) check() error {
	switch {
	case r.RoomID == "" || len(r.RoomID) > 64 || strings.ContainsFunc(r.RoomID, func(c rune) bool { return c <= ' ' || c > '~' }):
		return Problemf(CodeBadMessage, "malformed room id")
	case r.Epoch < 0 || r.Epoch > 1<<30:
		return Problemf(CodeBadMessage, "epoch %d", r.Epoch)
	case len(r.Addresses) == 0 || len(r.Addresses) > MaxRecordAddresses:
		return Problemf(CodeBadMessage, "%d addresses", len(r.Addresses))
	}
	for _, a := range r.Addresses {
		ip := a.Addr()
		if a.Port() == 0 || !ip.IsValid() || ip.Is4In6() || ip.Zone() != "" || !ip.IsGlobalUnicast() {
			return Problemf(CodeBadMessage, "address %s", a)
		}
	}
	return nil
}

func recordHash(b []byte) []byte {
	sum := sha256.Sum256(append([]byte(recordDomain), b...))
	return sum[:]
}

// ReadRecord reads a record and checks its signature, which takes some 60 us. Whether the key is the right one is for the
// caller to say. Errors are CodeBadMessage.
func ReadRecord(text string) (Record, error) {
	bad := func(why string) (Record, error) { return Record{}, Problemf(CodeBadMessage, "room record: %s", why) }
	if len(text) > MaxRecord {
		return bad("too long")
	}
	all, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(all) < 2+recordKey+recordSignature {
		return bad("malformed")
	}
	signed, signature := all[:len(all)-recordSignature], all[len(all)-recordSignature:]
	if signed[0] != recordVersion {
		return bad("of another version")
	}
	rest := signed[1:]
	short := false
	take := func(n int) []byte {
		if short = short || len(rest) < n; short {
			return make([]byte, n)
		}
		var b []byte
		b, rest = rest[:n], rest[n:]
		return b
	}
	r := Record{RoomID: string(take(int(take(1)[0])))}
	point := take(recordKey)
	r.Epoch = int(binary.BigEndian.Uint32(take(4)))
	r.Serial = binary.BigEndian.Uint64(take(8))
	for range min(take(1)[0], MaxRecordAddresses+1) {
		ip, _ := netip.AddrFromSlice(take(int(take(1)[0])))
		r.Addresses = append(r.Addresses, netip.AddrPortFrom(ip, binary.BigEndian.Uint16(take(2))))
	}
	if short || len(rest) > 0 {
		return bad("malformed")
	}
	if err := r.check(); err != nil {
		return Record{}, err
	}
	x, y := elliptic.UnmarshalCompressed(elliptic.P256(), point)
	if x == nil {
		return bad("no key")
	}
	whole := make([]byte, 65)
	whole[0] = 4
	x.FillBytes(whole[1:33])
	y.FillBytes(whole[33:])
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), whole)
	if err != nil {
		return bad("no key")
	}
	if !ecdsa.Verify(key, recordHash(signed), new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return bad("not signed by its key")
	}
	spki, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return bad("no key")
	}
	sum := sha256.Sum256(spki)
	r.Fingerprint = base64.RawURLEncoding.EncodeToString(sum[:])
	return r, nil
}

// SignedRecord is the answer of GET /v1/record.
type SignedRecord struct {
	Record string `json:"record"` // as Record.Sign writes it
}
