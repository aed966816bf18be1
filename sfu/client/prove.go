package client

import (
	"context"
	"time"

	"github.com/earshot/earshot/sfu/internal/cpace"
	"github.com/earshot/earshot/sfu/signal"
)

// prove proves the room's PIN to the host and has the host prove it first; it returns what the join has to carry. Errors
// are *signal.Problem: CodeWrongPIN when the host's PIN is another, which includes a host that only poses as the room's;
// CodeBadPIN, CodeNoPIN, CodePINLater.
func (l *link) prove(ctx context.Context, pin string, within time.Duration) ([]byte, error) {
	pin, err := signal.CleanPIN(pin)
	if err != nil {
		return nil, err
	}
	if l.tls == nil {
		return nil, signal.Problemf(signal.CodeInternal, "connection without TLS")
	}
	session, err := l.tls.ExportKeyingMaterial(signal.PINExporter, nil, signal.PINExporterSize)
	if err != nil {
		return nil, signal.Problemf(signal.CodeInternal, "%v", err)
	}
	run := cpace.Start([]byte(pin), cpace.Binding{Channel: []byte(signal.PINChannel + l.fingerprint), Session: session}, false)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answer, err := ask[*signal.Proof](ctx, l, &signal.Prove{V: signal.Version, Share: run.Share()})
	if err != nil {
		return nil, err
	}
	mine, theirs, err := run.Finish(answer.Share)
	if err != nil {
		return nil, signal.Problemf(signal.CodeBadMessage, "%v", err)
	}
	if !cpace.Equal(answer.Proof, theirs) {
		return nil, signal.Problemf(signal.CodeWrongPIN, "")
	}
	return mine, nil
}
