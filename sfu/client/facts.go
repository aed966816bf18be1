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

// FindFacts asks all these addresses (at most 16) at once and returns the first answer, and which address gave it. The
// answer is of a host with the pinned key, unless fingerprint is "", and of the room roomID, unless that is "". The error is that of
// the first address: those of Facts, or CodeNotFound for another room.
func FindFacts(ctx context.Context, addresses []string, fingerprint, roomID string) (Facts, string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	addresses = target{addresses: func() []string { return addresses }}.now()
	type answer struct {
		from  int
		facts Facts
		err   error
	}
	answers := make(chan answer)
	for n, address := range addresses {
		go func() {
			f, err := FetchFacts(ctx, address, fingerprint)
			if err == nil && roomID != "" && f.ID != roomID {
				err = signal.Problemf(signal.CodeNotFound, "another room is at %s now", address)
			}
			answers <- answer{n, f, err}
		}()
	}
	var best *answer
	problem := error(signal.Problemf(signal.CodeUnreachable, "no address"))
	for range addresses {
		switch a := <-answers; {
		case a.err == nil && best == nil:
			best = &a
			cancel() // the others
		case a.err != nil && a.from == 0:
			problem = a.err
		}
	}
	if best == nil {
		return Facts{}, "", problem
	}
	return best.facts, addresses[best.from], nil
}

// FetchFacts asks once.
func FetchFacts(ctx context.Context, address, fingerprint string) (Facts, error) {
	p := NewProber(address, fingerprint)
	defer p.Close()
	return p.Facts(ctx)
}
