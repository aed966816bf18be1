// Package cpace proves to two ends of a connection that both know the same PIN, without either saying it. It is CPace,
// draft-irtf-cfrg-cpace, cipher suite CPACE-RISTR255-SHA512, in the initiator-responder setting with explicit key
// confirmation. Whoever does not know the PIN learns nothing from a run but whether the one PIN
// that it tried is right: no list of PINs can be tried offline against what was said.
package cpace

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/gtank/ristretto255"
)

// Lengths in bytes of what is sent.
const (
	ShareSize = 32 // an element of ristretto255
	ProofSize = 32 // of an HMAC-SHA-512, which is 64; half is beyond forging
)

const (
	dsi       = "CPaceRistretto255"
	blockSize = sha512.BlockSize // s_in_bytes of the draft
)

// ErrShare says that the other end's share is no element of the group, or the neutral one. The run must be ended.
var ErrShare = errors.New("malformed share")

// Binding is what a run is bound to, beside the PIN. Both ends must have the same.
type Binding struct {
	Channel []byte // CI of the draft: who talks to whom
	Session []byte // sid: unique to the connection; here from TLS's exporter, so that a run cannot be carried over to another
}

// Run is one end of one run. It is not safe for concurrent use, and good for one answer of the other end.
type Run struct {
	session   []byte
	scalar    *ristretto255.Scalar
	share     []byte
	responder bool
}

// Start begins a run. One end is the initiator, the other the responder.
func Start(pin []byte, b Binding, responder bool) *Run {
	var wide [64]byte
	_, _ = rand.Read(wide[:]) // never fails (package crypto/rand)
	return start(pin, b, responder, ristretto255.NewScalar().FromUniformBytes(wide[:]))
}

func start(pin []byte, b Binding, responder bool, scalar *ristretto255.Scalar) *Run {
	share := ristretto255.NewElement().ScalarMult(scalar, generator(pin, b))
	return &Run{session: b.Session, scalar: scalar, share: share.Encode(nil), responder: responder}
}

// Share is what the other end needs, ShareSize bytes.
func (r *Run) Share() []byte { return slices.Clone(r.share) }

// Finish takes the other end's share and returns what proves the PIN to it (mine), and what it has to prove it with
// (theirs), ProofSize bytes each. Compare theirs with Equal. The error is ErrShare.
func (r *Run) Finish(share []byte) (mine, theirs []byte, err error) {
	secret, err := r.secret(share)
	if err != nil {
		return nil, nil, err
	}
	a, b := r.share, share
	if r.responder {
		a, b = share, r.share
	}
	isk := sha512.Sum512(slices.Concat(lv([]byte(dsi+"_ISK"), r.session, secret), transcript(a, nil, b, nil)))
	key := sha512.Sum512(slices.Concat([]byte("CPaceMac"), r.session, isk[:]))
	mine, theirs = proof(key[:], r.share), proof(key[:], share)
	return mine, theirs, nil
}

// Equal compares proofs without telling by its duration where they differ.
func Equal(a, b []byte) bool { return hmac.Equal(a, b) }

// proof is the MAC with which the sender of a share confirms the key, as the draft's section on key confirmation has it (no associated data is used).
func proof(key, share []byte) []byte {
	mac := hmac.New(sha512.New, key)
	mac.Write(lv(share, nil))
	return mac.Sum(nil)[:ProofSize]
}

// secret is scalar_mult_vfy(y, X) of the draft.
func (r *Run) secret(share []byte) ([]byte, error) {
	x := ristretto255.NewElement()
	if len(share) != ShareSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrShare, len(share))
	}
	if err := x.Decode(share); err != nil {
		return nil, fmt.Errorf("%w: no element of the group", ErrShare)
	}
	k := ristretto255.NewElement().ScalarMult(r.scalar, x)
	if k.Equal(ristretto255.NewElement().Zero()) == 1 || slices.Equal(share, r.share) {
		return nil, fmt.Errorf("%w: neutral, or our own", ErrShare)
	}
	return k.Encode(nil), nil
}

// generator is calculate_generator of the draft.
func generator(pin []byte, b Binding) *ristretto255.Element {
	sum := sha512.Sum512(generatorString(pin, b))
	return ristretto255.NewElement().FromUniformBytes(sum[:])
}

// generatorString pads the PIN to a whole block of the hash, so that hashing takes as long for each short one.
func generatorString(pin []byte, b Binding) []byte {
	padding := max(0, blockSize-len(lv(pin))-len(lv([]byte(dsi)))-1)
	return lv([]byte(dsi), pin, make([]byte, padding), b.Channel, b.Session)
}

// transcript is transcript_ir of the draft: both shares with their associated data, the initiator's first.
func transcript(a, ada, b, adb []byte) []byte { return slices.Concat(lv(a, ada), lv(b, adb)) }

// lv is lv_cat of the draft: each part after its length as LEB128.
func lv(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(binary.AppendUvarint(out, uint64(len(p))), p...)
	}
	return out
}
