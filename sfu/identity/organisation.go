package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"
)

// maxOrganisation bounds the certificate's file and the key's, in bytes; a chain of three with RSA keys has 8 kB.
const maxOrganisation = 256 << 10

// LoadOrganisation reads the certificate that an organisation has issued for this computer, with its chain, and the key, both as PEM. It
// says what is wrong with them, and returns nil where both names are "".
func LoadOrganisation(certFile, keyFile string) (*tls.Certificate, error) {
	switch {
	case certFile == "" && keyFile == "":
		return nil, nil //nolint:nilnil // there is none
	case keyFile == "":
		return nil, errors.New("the certificate has no key: give it with --tls-key")
	case certFile == "":
		return nil, errors.New("the key has no certificate: give it with --tls-cert")
	}
	certPEM, err := readSmall(certFile)
	if err != nil {
		return nil, fmt.Errorf("read --tls-cert: %w", err)
	}
	keyPEM, err := readSmall(keyFile)
	if err != nil {
		return nil, fmt.Errorf("read --tls-key: %w", err)
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("use %s with %s: %w", certFile, keyFile, err)
	}
	if cert.Leaf == nil {
		if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return nil, fmt.Errorf("use %s: %w", certFile, err)
		}
	}
	switch now := time.Now(); {
	case now.After(cert.Leaf.NotAfter):
		return nil, fmt.Errorf("the certificate in %s expired on %s", certFile, cert.Leaf.NotAfter.Format(time.DateOnly))
	case now.Before(cert.Leaf.NotBefore):
		return nil, fmt.Errorf("the certificate in %s is not valid before %s; is the clock right?", certFile, cert.Leaf.NotBefore.Format(time.DateOnly))
	case len(cert.Leaf.DNSNames) == 0 && len(cert.Leaf.IPAddresses) == 0:
		return nil, fmt.Errorf("the certificate in %s has no name that browsers accept: it needs a subjectAltName", certFile)
	}
	return &cert, nil
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no file", path)
	case info.Size() > maxOrganisation:
		return nil, fmt.Errorf("%s has %d bytes, more than any certificate or key", path, info.Size())
	}
	return os.ReadFile(path)
}
