package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/earshot/earshot/sfu/identity"
	"github.com/earshot/earshot/sfu/signal"
)

// dialTimeout bounds a TCP connect plus TLS handshake. On a LAN both take milliseconds; 3 s covers one lost SYN
// (retransmitted after 1 s, RFC 6298 §2) and a busy laptop.
const dialTimeout = 3 * time.Second

// pinnedTLS returns a TLS configuration that accepts exactly the key of that fingerprint, or of one that begins so (a short text
// has 84 bits of it), whatever names and dates the certificate carries. An empty fingerprint accepts the first key that answers (trust on first use); the caller reads
// it from seen and pins it from then on.
func pinnedTLS(fingerprint string, seen func(fingerprint string)) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection pins the key instead of a name
		VerifyConnection: func(cs tls.ConnectionState) error {
			got, err := peerFingerprint(cs.PeerCertificates)
			if err != nil {
				return err
			}
			if !strings.HasPrefix(got, fingerprint) {
				return signal.Problemf(signal.CodeFingerprintMismatch, "pinned %s, got %s", fingerprint, got)
			}
			if seen != nil {
				seen(got)
			}
			return nil
		},
	}
}

func peerFingerprint(certs []*x509.Certificate) (string, error) {
	if len(certs) == 0 {
		return "", errors.New("host showed no certificate")
	}
	return identity.Fingerprint(certs[0]), nil
}

// httpClient returns a client whose every connection goes to address and is pinned. No proxy: a room is on the LAN.
func httpClient(address, fingerprint string, seen func(string)) (*http.Client, *http.Transport) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		},
		TLSClientConfig:     pinnedTLS(fingerprint, seen),
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns:        1,
		IdleConnTimeout:     10 * time.Second,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}, transport
}
