package siege

import (
	"encoding/binary"
	"math/rand/v2"
)

// STUNBinding is a binding request (RFC 8489 §5) with the given attributes as they are.
func STUNBinding(attributes ...[]byte) []byte {
	b := []byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}
	b = binary.BigEndian.AppendUint64(b, rand.Uint64())
	b = binary.BigEndian.AppendUint32(b, rand.Uint32())
	for _, a := range attributes {
		b = append(b, a...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)-20)) //nolint:gosec // fits
	return b
}

// STUNAttribute is one attribute, padded; it claims the given length.
func STUNAttribute(kind uint16, claim int, value []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(claim)) //nolint:gosec // fits
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// Attributes of STUN (RFC 8489 §14).
const (
	STUNUsername  = 0x0006
	STUNIntegrity = 0x0008
	STUNSoftware  = 0x8022
)

// DTLSFragment is a DTLS 1.2 record (RFC 6347 §4.3.1) with one fragment of a handshake message: of that length in all, from
// offset on, as long as it claims.
func DTLSFragment(record uint64, kind byte, message uint16, length, offset, claim int, body []byte) []byte {
	payload := []byte{kind, byte(length >> 16), byte(length >> 8), byte(length), byte(message >> 8), byte(message)}
	payload = append(payload, byte(offset>>16), byte(offset>>8), byte(offset), byte(claim>>16), byte(claim>>8), byte(claim))
	payload = append(payload, body...)
	b := []byte{22, 0xfe, 0xfd}
	b = binary.BigEndian.AppendUint64(b, record&(1<<48-1))
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload))) //nolint:gosec // fits
	return append(b, payload...)
}
