package sfu

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/earshot/earshot/sfu/identity"
)

// maxKeyCertificate bounds the certificate that a participant shows, in bytes. That of package identity has 390; what comes
// is read into memory before anybody has joined.
const maxKeyCertificate = 2 << 10

// askForKey makes a room's port ask whoever connects for the certificate of its installation. It may be refused: those who
// only look at the room show none, and neither do participants who cannot be told again.
func askForKey(c *tls.Config) {
	c.ClientAuth = tls.RequestClientCert
	c.VerifyConnection = checkKey
}

// checkKey accepts exactly one self-made certificate with a key of P-256, or none. That the other end has the key TLS has
// checked (RFC 8446 §4.4.3); names, dates and signatures in the certificate mean nothing here.
func checkKey(cs tls.ConnectionState) error {
	switch certs := cs.PeerCertificates; {
	case len(certs) == 0:
		return nil
	case len(certs) > 1:
		return fmt.Errorf("participant showed %d certificates, want one", len(certs))
	case len(certs[0].Raw) > maxKeyCertificate:
		return fmt.Errorf("participant's certificate has %d bytes, limit %d", len(certs[0].Raw), maxKeyCertificate)
	default:
		if key, ok := certs[0].PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
			return errors.New("participant's key is not of P-256")
		}
	}
	return nil
}

// keyOf returns the fingerprint of the key that the other end has proved to have, "" when it showed none.
func keyOf(cs *tls.ConnectionState) string {
	if len(cs.PeerCertificates) == 0 {
		return ""
	}
	return identity.Fingerprint(cs.PeerCertificates[0])
}
