package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/earshot/earshot/sfu/signal"
)

// maxFacts bounds an answer in bytes; the facts of a room are under 2 kB.
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
	var f Facts
	var err error
	if f.Fingerprint, err = get(ctx, client, "room", &f.RoomFacts); err != nil {
		return Facts{}, err
	}
	if err := f.Validate(); err != nil {
		return Facts{}, err
	}
	return f, nil
}

// get asks for /v1/what, reads the JSON answer into into and returns the fingerprint of who answered.
func get(ctx context.Context, client *http.Client, what string, into any) (fingerprint string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://earshot/v1/"+what, nil)
	if err != nil {
		return "", fmt.Errorf("ask for %s: %w", what, err)
	}
	res, err := client.Do(req)
	if err != nil {
		return "", dialProblem(err)
	}
	defer res.Body.Close() //nolint:errcheck // read side
	body, err := io.ReadAll(io.LimitReader(res.Body, maxFacts))
	if err != nil {
		return "", dialProblem(err)
	}
	if res.StatusCode != http.StatusOK {
		return "", signal.Problemf(signal.CodeNotFound, "no %s here: HTTP %d", what, res.StatusCode)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return "", signal.Problemf(signal.CodeBadMessage, "%s: %v", what, err)
	}
	return peerFingerprint(res.TLS.PeerCertificates)
}

// FetchRecord returns the signed record of the room at host:port, as text, to be passed on. It is of the room roomID and of the key
// with that fingerprint. Errors: those of FetchFacts, and CodeNotFound when the host has none.
func FetchRecord(ctx context.Context, address, fingerprint, roomID string) (string, error) {
	c, transport := httpClient(address, fingerprint, nil)
	defer transport.CloseIdleConnections()
	var answer signal.SignedRecord
	if _, err := get(ctx, c, "record", &answer); err != nil {
		return "", err
	}
	r, err := signal.ReadRecord(answer.Record)
	if err != nil {
		return "", err
	}
	if r.RoomID != roomID || r.Fingerprint != fingerprint {
		return "", signal.Problemf(signal.CodeBadMessage, "record of another room")
	}
	return answer.Record, nil
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
