package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/earshot/earshot/sfu/signal"
)

// maxFacts bounds the answer of GET /v1/room in bytes; a whole one is under 2 kB.
const maxFacts = 16 << 10

// Facts is a room's public facts and the key that vouched for them.
type Facts struct {
	signal.RoomFacts
	Fingerprint string
}

// A Prober asks one address for its room's facts again and again over one kept connection. It is safe for concurrent
// use. Close drops the connection.
type Prober struct {
	client    *http.Client
	transport *http.Transport
}

// NewProber returns a Prober of host:port, pinned to a fingerprint unless that is empty.
func NewProber(address, fingerprint string) *Prober {
	c, t := httpClient(address, fingerprint, nil)
	return &Prober{client: c, transport: t}
}

// Close drops the idle connection.
func (p *Prober) Close() { p.transport.CloseIdleConnections() }

// Facts returns the room's facts, validated. Errors are *signal.Problem: CodeUnreachable, CodeFingerprintMismatch,
// CodeUnsupportedVersion, CodeBadMessage.
func (p *Prober) Facts(ctx context.Context) (Facts, error) { return fetchFacts(ctx, p.client) }

func fetchFacts(ctx context.Context, client *http.Client) (Facts, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://earshot/v1/room", nil)
	if err != nil {
		return Facts{}, fmt.Errorf("ask for room: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return Facts{}, dialProblem(err)
	}
	defer res.Body.Close() //nolint:errcheck // read side
	body, err := io.ReadAll(io.LimitReader(res.Body, maxFacts))
	if err != nil {
		return Facts{}, dialProblem(err)
	}
	if res.StatusCode != http.StatusOK {
		return Facts{}, signal.Problemf(signal.CodeNotFound, "no room here: HTTP %d", res.StatusCode)
	}
	var f Facts
	if err := json.Unmarshal(body, &f.RoomFacts); err != nil {
		return Facts{}, signal.Problemf(signal.CodeBadMessage, "room facts: %v", err)
	}
	if err := f.Validate(); err != nil {
		return Facts{}, err
	}
	if f.Fingerprint, err = peerFingerprint(res.TLS.PeerCertificates); err != nil {
		return Facts{}, err
	}
	return f, nil
}

// FetchFacts asks once.
func FetchFacts(ctx context.Context, address, fingerprint string) (Facts, error) {
	p := NewProber(address, fingerprint)
	defer p.Close()
	return p.Facts(ctx)
}
