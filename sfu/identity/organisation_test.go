package identity_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/earshot/earshot/sfu/identity"
)

// issued writes a certificate and its key to files.
func issued(t *testing.T, dir, name string, template x509.Certificate) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func TestOrganisation_SaysWhatIsWrongWithItsFiles(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	good := x509.Certificate{DNSNames: []string{"mina.example"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	cert, key := issued(t, dir, "good", good)
	_, other := issued(t, dir, "other", good)
	old, early, nameless := good, good, good
	old.NotAfter = now.Add(-time.Minute)
	early.NotBefore = now.Add(time.Minute)
	nameless.DNSNames = nil
	oldCert, oldKey := issued(t, dir, "old", old)
	earlyCert, earlyKey := issued(t, dir, "early", early)
	namelessCert, namelessKey := issued(t, dir, "nameless", nameless)
	huge := filepath.Join(dir, "huge")
	if err := os.WriteFile(huge, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ cert, key, want string }{
		{cert, "", "--tls-key"},
		{"", key, "--tls-cert"},
		{filepath.Join(dir, "none"), key, "read --tls-cert"},
		{cert, filepath.Join(dir, "none"), "read --tls-key"},
		{dir, key, "no file"},
		{huge, key, "more than any certificate"},
		{cert, other, "private key does not match"},
		{key, cert, "PEM"},
		{oldCert, oldKey, "expired on"},
		{earlyCert, earlyKey, "not valid before"},
		{namelessCert, namelessKey, "subjectAltName"},
	} {
		if _, err := identity.LoadOrganisation(c.cert, c.key); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v, want %q", filepath.Base(c.cert), filepath.Base(c.key), err, c.want)
		}
	}
	got, err := identity.LoadOrganisation(cert, key)
	if err != nil || got.Leaf.DNSNames[0] != "mina.example" {
		t.Errorf("a good one: %v, %v", got, err)
	}
	if none, err := identity.LoadOrganisation("", ""); none != nil || err != nil {
		t.Errorf("none: %v, %v", none, err)
	}
}
