// Package identity is the long-lived key of one installation: a self-signed ECDSA P-256 certificate whose fingerprint
// is what others pin. Names are for people; this key is who a host is.
package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// fileName holds the certificate and the key as PEM, mode 0600.
const fileName = "identity.pem"

// Load returns the identity kept in dir, which it creates on first use. A file that cannot be read as an identity is an
// error and stays untouched: silently making a new key would make every colleague's app warn of a changed host.
func Load(dir string) (tls.Certificate, error) {
	path := filepath.Join(dir, fileName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(dir, path)
	}
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read identity: %w", err)
	}
	cert, err := tls.X509KeyPair(b, b)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read identity %s: %w", path, err)
	}
	return cert, nil
}

func create(dir, path string) (tls.Certificate, error) {
	certPEM, keyPEM, err := generate()
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return tls.Certificate{}, fmt.Errorf("create identity: %w", err)
	}
	tmp, err := os.CreateTemp(dir, fileName+".*") // mode 0600
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("create identity: %w", err)
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone after the link on success
	_, err = tmp.Write(append(certPEM, keyPEM...))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return tls.Certificate{}, fmt.Errorf("write identity: %w", err)
	}
	// Link, not Rename: of two copies of the app started at once, the first one's key stands and both use it.
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err = os.Rename(tmp.Name(), path); err != nil { // a file system without hard links
			return tls.Certificate{}, fmt.Errorf("write identity: %w", err)
		}
	}
	return Load(dir)
}

// New returns an identity that is kept nowhere.
func New() (tls.Certificate, error) {
	certPEM, keyPEM, err := generate()
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

func generate() (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generate identity: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, fmt.Errorf("generate identity: %w", err)
	}
	// The certificate names nobody: it crosses the network before anything is encrypted for sure. Its dates are wide
	// because trust rests on the pinned key, and because office clocks are wrong.
	template := x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "earshot"},
		DNSNames:     []string{"earshot"},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("generate identity: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("generate identity: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}

// Fingerprint returns what is pinned of a certificate: the base64url SHA-256 of its public key (SPKI), 43 characters.
// It survives a renewed certificate of the same key.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// FingerprintOf returns the fingerprint of an identity made by this package.
func FingerprintOf(id tls.Certificate) string { return Fingerprint(id.Leaf) }
