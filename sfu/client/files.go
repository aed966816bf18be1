package client

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"

	"github.com/earshot/earshot/sfu/signal"
)

// Share offers a file to the room, or to one person in it; its Ask is set here. When it returns nil, those it is for have been told, and
// Config.OnDelivery says how it goes on. Errors: CodeFileTooLarge, CodeBadFileName, CodeFilesFull, CodeNobody, CodeRateLimited, CodeUnsupported (an
// older host), CodeLost.
func (s *Session) Share(ctx context.Context, m signal.Share) error {
	return s.askAbout(ctx, "share", func(ask uint64) signal.Message {
		m.Ask = ask
		return &m
	})
}

// Unshare takes a file back.
func (s *Session) Unshare(ctx context.Context, id string) error {
	return s.tell(ctx, &signal.Unshare{ID: id})
}

// Fetch says what we do with a file that was offered to us.
func (s *Session) Fetch(ctx context.Context, id string, do signal.FileState) error {
	return s.tell(ctx, &signal.Fetch{ID: id, Do: do})
}

func (s *Session) tell(ctx context.Context, m signal.Message) error {
	l, err := s.current()
	if err != nil {
		return err
	}
	return l.send(ctx, m)
}

// PutFile sends a file by the key of a Delivery to us as its sender: size bytes, which are followed by their SHA-256. It returns when the
// receiver has been sent all of it. Errors: CodeLost.
func (s *Session) PutFile(ctx context.Context, key string, size int64, content io.Reader) error {
	res, done, err := s.file(ctx, http.MethodPut, key, size+signal.FileSum, content) //nolint:bodyclose // done does
	if err != nil {
		return err
	}
	defer done()
	if res.StatusCode != http.StatusNoContent {
		return signal.Problemf(signal.CodeLost, "the host took no file: HTTP %d", res.StatusCode)
	}
	return nil
}

// GetFile fetches a file by the key of a Delivery to us: the size bytes that were offered, and 32 of SHA-256. Close it. Errors: CodeLost.
func (s *Session) GetFile(ctx context.Context, key string, size int64) (io.ReadCloser, error) {
	res, done, err := s.file(ctx, http.MethodGet, key, 0, nil) //nolint:bodyclose // done does
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK || res.ContentLength != size+signal.FileSum {
		done()
		return nil, signal.Problemf(signal.CodeLost, "the host has no such file: HTTP %d, %d bytes", res.StatusCode, res.ContentLength)
	}
	return fetched{res.Body, done}, nil
}

type fetched struct {
	io.Reader
	done func()
}

// Close implements io.Closer.
func (f fetched) Close() error {
	f.done()
	return nil
}

// file makes one request about a file, with our key, over a connection of its own. done ends it.
func (s *Session) file(ctx context.Context, method, key string, size int64, content io.Reader) (*http.Response, func(), error) {
	client, transport := httpClient(s.Address(), s.fingerprint, nil)
	if len(s.cfg.Identity.Certificate) > 0 {
		transport.TLSClientConfig.Certificates = []tls.Certificate{s.cfg.Identity}
	}
	if content != nil {
		content = io.NopCloser(content) // it may be read from the start again
	}
	req, err := http.NewRequestWithContext(ctx, method, "https://earshot/v1/files/"+key, content)
	if err != nil {
		return nil, nil, signal.Problemf(signal.CodeInternal, "%v", err)
	}
	req.ContentLength = size
	res, err := client.Do(req)
	if err != nil {
		transport.CloseIdleConnections()
		if problem, ok := errors.AsType[*signal.Problem](err); ok {
			return nil, nil, problem
		}
		return nil, nil, signal.Problemf(signal.CodeLost, "%v", err)
	}
	return res, func() {
		_ = res.Body.Close()
		transport.CloseIdleConnections()
	}, nil
}
