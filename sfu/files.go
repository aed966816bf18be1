package sfu

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/earshot/earshot/sfu/signal"
)

// Files go through the host and are not kept there: who sends puts, who has accepted gets, and the host copies from one to the
// other as fast as both of them and the room's rate allow.

// filePiece is how many bytes of a delivery are in our memory.
const filePiece = 32 << 10

// offering is a file that somebody offers. It belongs to the room's goroutine, as its deliveries do but for their passage.
type offering struct {
	signal.Shared
	from       *participant
	deliveries []*delivery
}

// open reports that somebody may still get it.
func (s *offering) open() bool {
	return slices.ContainsFunc(s.deliveries, func(d *delivery) bool { return !d.state.Ended() })
}

// delivery is a file on its way to one person.
type delivery struct {
	share   *offering
	to      *participant
	state   signal.FileState
	passage *passage // nil until its turn
}

// passage is where the two requests of a delivery meet.
type passage struct {
	delivery *delivery
	put, get string          // keys
	size     int64           // with the checksum
	ctx      context.Context //nolint:containedctx // its own life
	end      context.CancelFunc
	body     chan io.Reader // from who puts to who gets
	over     chan error     // how it went, to who puts; of size 1

	mu      sync.Mutex
	putting bool // each key is good once
	getting bool
}

// files is the traffic of a room.
type files struct {
	rate *rate.Limiter // of all bytes

	mu       sync.Mutex
	passages map[string]*passage // by either key
}

func (f *files) find(key string) *passage {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.passages[key]
}

func (f *files) forget(p *passage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.passages, p.put)
	delete(f.passages, p.get)
}

// share offers a file. Errors: CodeRateLimited, CodeFilesFull, CodeNobody, CodeAlreadySo, CodeNotJoined, CodeRoomEnded.
func (r *room) share(p *participant, m *signal.Share) error {
	err := error(signal.Problemf(signal.CodeRoomEnded, ""))
	r.do(func() { err = r.offerFile(p, m) })
	return err
}

// offerFile is owned, like all below but what serves requests.
func (r *room) offerFile(p *participant, m *signal.Share) error {
	if !slices.Contains(r.roster, p) {
		return signal.Problemf(signal.CodeNotJoined, "not in the room any more")
	}
	r.shares = slices.DeleteFunc(r.shares, func(s *offering) bool { return !s.open() })
	ours := 0
	for _, s := range r.shares {
		if s.ID == m.ID {
			return signal.Problemf(signal.CodeAlreadySo, "")
		}
		if s.from == p {
			ours++
		}
	}
	if ours >= r.cfg.MaxShares || len(r.shares) >= r.cfg.MaxRoomShares {
		return signal.Problemf(signal.CodeFilesFull, "%d offered, %d of them by this participant", len(r.shares), ours)
	}
	s := &offering{from: p, Shared: signal.Shared{
		ID: m.ID, At: time.Now().UnixMilli(), From: p.entry.ID, By: p.entry.Name, Name: m.Name, Size: m.Size, To: []string{},
	}}
	for _, other := range r.roster {
		if other != p && !other.entry.Guest && (m.To == "" || other.entry.ID == m.To) {
			s.deliveries = append(s.deliveries, &delivery{share: s, to: other, state: signal.FileOffered})
			s.To = append(s.To, other.entry.ID)
		}
	}
	if len(s.deliveries) == 0 {
		return signal.Problemf(signal.CodeNobody, "nobody to send it to")
	}
	if !p.says.Allow() {
		return signal.Problemf(signal.CodeRateLimited, "more than one file in %v", r.cfg.ChatEvery)
	}
	r.shares = append(r.shares, s)
	for _, d := range s.deliveries {
		d.to.tell(&s.Shared)
	}
	echo := s.Shared
	echo.Ask = m.Ask
	p.tell(&echo)
	return nil
}

// unshare takes a file back.
func (r *room) unshare(p *participant, id string) {
	r.do(func() {
		for _, s := range r.shares {
			if s.ID == id && s.from == p {
				r.withdrawFile(s)
			}
		}
		r.nextFiles()
	})
}

// withdrawFile ends all that is under way of a file.
func (r *room) withdrawFile(s *offering) {
	for _, d := range s.deliveries {
		r.fileIs(d, signal.FileWithdrawn)
	}
}

// fetch takes what a receiver says. Errors: CodeNobody, when there is no such file for it any more.
func (r *room) fetch(p *participant, m *signal.Fetch) error {
	err := error(signal.Problemf(signal.CodeNobody, "no such file"))
	r.do(func() {
		for _, s := range r.shares {
			for _, d := range s.deliveries {
				if s.ID != m.ID || d.to != p || d.state.Ended() {
					continue
				}
				err = nil
				if d.state == signal.FileOffered && (m.Do == signal.FileDone || m.Do == signal.FileFailed) {
					err = signal.Problemf(signal.CodeBadMessage, "%s before it was taken", m.Do)
				} else {
					r.fileIs(d, m.Do)
				}
			}
		}
		r.nextFiles()
	})
	return err
}

// fileIs moves a delivery on and tells both ends.
func (r *room) fileIs(d *delivery, state signal.FileState) {
	if d.state.Ended() || d.state == state {
		return
	}
	d.state = state
	if state.Ended() && d.passage != nil {
		d.passage.end()
		r.files.forget(d.passage)
		d.passage = nil
		r.passing--
	}
	r.tellDelivery(d)
}

func (r *room) tellDelivery(d *delivery) {
	news := signal.Delivery{ID: d.share.ID, Who: d.to.entry.ID, State: d.state}
	up, down := news, news
	if d.passage != nil {
		up.Key, down.Key = d.passage.put, d.passage.get
	}
	d.share.from.tell(&up)
	d.to.tell(&down)
}

// nextFiles lets those begin whose turn has come, the longest offered first.
func (r *room) nextFiles() {
	for _, s := range r.shares {
		for _, d := range s.deliveries {
			if r.passing >= r.cfg.MaxTransfers {
				return
			}
			if d.state != signal.FileTaken || d.passage != nil {
				continue
			}
			p := &passage{
				delivery: d, put: rand.Text() + rand.Text(), get: rand.Text() + rand.Text(), size: s.Size + signal.FileSum,
				body: make(chan io.Reader), over: make(chan error, 1),
			}
			p.ctx, p.end = context.WithCancel(context.Background())
			d.passage = p
			r.passing++
			r.files.mu.Lock()
			r.files.passages[p.put], r.files.passages[p.get] = p, p
			r.files.mu.Unlock()
			r.tellDelivery(d)
			// Whoever does not come has failed.
			time.AfterFunc(r.cfg.FileStall, func() {
				p.mu.Lock()
				met := p.putting && p.getting
				p.mu.Unlock()
				if !met {
					r.fileFailed(p)
				}
			})
		}
	}
}

// fileFailed ends a delivery that did not come through, unless it has ended otherwise. It is not owned.
func (r *room) fileFailed(p *passage) {
	r.do(func() {
		if p.delivery.passage == p {
			r.fileIs(p.delivery, signal.FileFailed)
			r.nextFiles()
		}
	})
}

// dropFiles ends what goes from or to somebody who leaves.
func (r *room) dropFiles(p *participant) {
	for _, s := range r.shares {
		if s.from == p {
			r.withdrawFile(s)
			continue
		}
		for _, d := range s.deliveries {
			if d.to == p {
				r.fileIs(d, signal.FileFailed)
			}
		}
	}
	r.nextFiles()
}

// tellFiles tells somebody who is back what is open for them.
func (r *room) tellFiles(p *participant) {
	for _, s := range r.shares {
		for _, d := range s.deliveries {
			if d.state.Ended() || s.from != p && d.to != p {
				continue
			}
			p.tell(&s.Shared)
			news := signal.Delivery{ID: s.ID, Who: d.to.entry.ID, State: d.state}
			if d.passage != nil {
				if news.Key = d.passage.get; s.from == p {
					news.Key = d.passage.put
				}
			}
			p.tell(&news)
		}
	}
}

// serveFile is PUT and GET of /v1/files/KEY.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	p := s.room.files.find(key)
	if p == nil {
		http.NotFound(w, r)
		return
	}
	puts := r.Method == http.MethodPut
	want, who := p.get, p.delivery.to
	if puts {
		want, who = p.put, p.delivery.share.from
	}
	// The key of the installation never changes in a stay, so it may be read here.
	if subtle.ConstantTimeCompare([]byte(key), []byte(want)) != 1 || keyOf(r.TLS) != who.key || !p.claim(puts) {
		http.NotFound(w, r)
		return
	}
	if puts && r.ContentLength != p.size {
		s.room.fileFailed(p)
		http.Error(w, "another size than was offered", http.StatusBadRequest)
		return
	}
	s.work.Add(1)
	defer s.work.Done()
	var err error
	if puts {
		err = s.putFile(w, r, p)
	} else {
		err = s.getFile(w, r, p)
	}
	if err != nil {
		s.room.fileFailed(p)
	}
}

// claim takes a key, which is good once.
func (p *passage) claim(puts bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	used := &p.getting
	if puts {
		used = &p.putting
	}
	if *used {
		return false
	}
	*used = true
	return true
}

var errFileOver = errors.New("the file is not wanted any more")

// putFile hands the body over and waits until it is read.
func (s *Server) putFile(w http.ResponseWriter, r *http.Request, p *passage) error {
	control := http.NewResponseController(w)
	body := &paced{from: r.Body, allow: func(n int) error {
		// The rate is waited for before a piece is read, so that TCP holds the rest back at the sender.
		if err := s.room.files.rate.WaitN(p.ctx, n); err != nil {
			return errFileOver
		}
		return control.SetReadDeadline(time.Now().Add(s.cfg.FileStall))
	}}
	_ = control.SetWriteDeadline(time.Time{})
	defer func() {
		_ = control.SetWriteDeadline(time.Now().Add(requestWithin))
		_ = control.SetReadDeadline(time.Now().Add(requestWithin))
	}()
	stop := context.AfterFunc(p.ctx, func() { _ = control.SetReadDeadline(time.Now()) }) // wakes a read that waits
	defer stop()
	select {
	case p.body <- body:
	case <-p.ctx.Done():
		return gone(w)
	case <-s.ctx.Done():
		return gone(w)
	}
	select {
	case err := <-p.over:
		if err != nil {
			return errors.Join(err, gone(w))
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	case <-s.ctx.Done():
		return gone(w)
	}
}

func gone(w http.ResponseWriter) error {
	w.Header().Set("Connection", "close") // what is still on its way is not read
	http.Error(w, errFileOver.Error(), http.StatusGone)
	return errFileOver
}

// getFile copies what is put.
func (s *Server) getFile(w http.ResponseWriter, r *http.Request, p *passage) (err error) {
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{})
	var body io.Reader
	select {
	case body = <-p.body:
	case <-p.ctx.Done():
		return gone(w)
	case <-r.Context().Done():
		return errFileOver
	case <-s.ctx.Done():
		return gone(w)
	}
	defer func() { p.over <- err }()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(p.size, 10))
	w.Header().Set("Cache-Control", "no-store")
	stop := context.AfterFunc(p.ctx, func() { _ = control.SetWriteDeadline(time.Now()) })
	defer stop()
	piece := make([]byte, filePiece)
	for left := p.size; left > 0; {
		n, err := io.ReadFull(body, piece[:min(left, filePiece)])
		if err != nil {
			return err
		}
		if err := control.SetWriteDeadline(time.Now().Add(s.cfg.FileStall)); err != nil {
			return err
		}
		if _, err := w.Write(piece[:n]); err != nil {
			return err
		}
		left -= int64(n)
	}
	// The receiver says whether it is whole; one that says nothing has it not.
	time.AfterFunc(s.cfg.FileStall, func() { s.room.fileFailed(p) })
	return nil
}

// paced asks before each read.
type paced struct {
	from  io.Reader
	allow func(n int) error
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	b = b[:min(len(b), filePiece)]
	if err := p.allow(len(b)); err != nil {
		return 0, err
	}
	return p.from.Read(b)
}

// newFiles bounds what all files of a room take of the host's network.
func (c *Config) newFiles() *files {
	return &files{rate: rate.NewLimiter(rate.Limit(c.FileBytesPerSecond), 8*filePiece), passages: make(map[string]*passage)}
}
