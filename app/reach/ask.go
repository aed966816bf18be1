package reach

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/sfu"
	"github.com/earshot/earshot/sfu/client"
	"github.com/earshot/earshot/sfu/identity"
)

const (
	// maxHosts is how many hosts one check asks.
	maxHosts = 4
	// headStart is how long the request by multicast goes ahead of the ones to hosts, so that they can say whether they
	// heard it.
	headStart = 250 * time.Millisecond
	// askAgain is when the request is repeated by multicast: it may have been lost.
	askAgain = 700 * time.Millisecond
	// echoFor is how long after the first word of somebody its multicast is waited for.
	echoFor = 700 * time.Millisecond
	// maxReplies is how many apps' replies are kept; maxSources how many that were heard by multicast.
	maxReplies = 8
	maxSources = 64
	lookEvery  = 50 * time.Millisecond
	// isRoomWithin bounds the question to a program of this computer.
	isRoomWithin = 300 * time.Millisecond
)

// Host is somebody who hosts a room, or did, and can be asked to dial.
type Host struct {
	Address     string // IP:PORT
	Fingerprint string // of its key
}

// Question says what is to be checked.
type Question struct {
	Hosted int // the port of the room that this app hosts; 0: one is opened for the check
	// Hosts returns who can be asked beside those that hear us; it is called more than once, and the first maxHosts are
	// asked. nil: nobody.
	Hosts func() []Host
}

// inquiry is our own check while it is under way. The service's lock guards it.
type inquiry struct {
	token   string
	replies map[string]*reply // by the id of who dialled; at most maxReplies
	foreign bool              // anything at all was heard by multicast from another computer
	// elsewhere: the port is that of a room that another program of this computer hosts. What comes there we do not see.
	elsewhere bool
	sources   map[string][]netip.Addr
}

// reply is what one app that was asked does and says.
type reply struct {
	by        string
	first     time.Time // its first word
	tcp, udp  bool      // arrived
	sent      bool      // it says that it sent datagrams
	told      *report   // what it says at the end; nil until then
	heard     Answer    // whether it heard us by multicast
	multicast bool      // its report came by multicast
}

// replyOf returns the reply of an app, or nil when there are too many.
func (q *inquiry) replyOf(id string) *reply {
	r := q.replies[id]
	if r == nil && len(q.replies) < maxReplies {
		r = &reply{first: time.Now(), heard: Unknown}
		q.replies[id] = r
	}
	return r
}

// report takes in what somebody says, in whatever way it came.
func (q *inquiry) report(told report, final bool) *reply {
	if told.Token != q.token {
		return nil
	}
	r := q.replyOf(told.ID)
	if r == nil {
		return nil
	}
	r.by, r.sent = told.By, r.sent || told.UDP == Yes
	if told.Heard != Unknown {
		r.heard = told.Heard
	}
	if final {
		r.told = &told
	}
	return r
}

// multicast takes in whatever was heard.
func (q *inquiry) multicast(d discovery.Datagram, told *report) {
	q.foreign = q.foreign || d.OnLink
	if told == nil || told.Token != q.token {
		return
	}
	if r := q.report(*told, true); r != nil {
		r.multicast = true
	}
	if list := q.sources[d.Interface]; len(list) < maxSources && !slices.Contains(list, d.Source) {
		q.sources[d.Interface] = append(list, d.Source)
	}
}

// serveReport is POST /v1/reached: somebody got through by TCP.
func (s *Service) serveReport(w http.ResponseWriter, r *http.Request) {
	var told report
	if readBody(r.Body, &told) != nil || !told.valid() {
		http.Error(w, "not a report", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inquiry == nil || s.inquiry.token != told.Token {
		http.NotFound(w, r)
		return
	}
	if from := s.inquiry.report(told, false); from != nil {
		from.tcp = true
	}
	w.WriteHeader(http.StatusNoContent)
}

// datagram takes what came by UDP.
func (s *Service) datagram(b []byte, _ netip.AddrPort) {
	token, id, ok := parseDatagram(b)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inquiry == nil || s.inquiry.token != token {
		return
	}
	if r := s.inquiry.replyOf(id); r != nil {
		r.udp = true
	}
}

// Ask checks whether others get through to the port of a room here. It takes up to Config.AskFor, and less when somebody has
// answered everything.
func (s *Service) Ask(ctx context.Context, question Question) Result {
	s.asking.Lock()
	defer s.asking.Unlock()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.AskFor)
	defer cancel()
	stop := context.AfterFunc(s.ctx, cancel)
	defer stop()

	q := &inquiry{token: rand.Text(), replies: make(map[string]*reply), sources: make(map[string][]netip.Addr)}
	result := Result{Port: question.Hosted}
	s.mu.Lock()
	s.inquiry = q
	s.mu.Unlock()
	if result.Port == 0 {
		port, err := sfu.ListenReach(s.cfg.Listen, s.Port(), s.cfg.Logger)
		if err == nil {
			result.Port = port.Port()
			defer port.Close() //nolint:errcheck // nothing is lost with it
		} else {
			s.cfg.Logger.WarnContext(ctx, "port_not_opened", "error", err)
		}
	}
	if _, wished, err := net.SplitHostPort(s.cfg.Listen); err == nil && wished != "0" && wished != strconv.Itoa(result.Port) {
		result.Taken, _ = strconv.Atoi(wished)
	}
	if question.Hosted == 0 && result.Taken != 0 && isRoom(ctx, result.Taken) {
		result.Port, result.Taken = result.Taken, 0
		s.mu.Lock()
		q.elsewhere = true
		s.mu.Unlock()
	}
	r := request{Version: version, Token: q.token, Port: result.Port}
	if r.valid() {
		result.Unsent = s.ask(ctx, r, question, q)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inquiry = nil
	result.judge(q, time.Now(), s.cfg.DialWithin+datagrams*datagramsApart)
	return result
}

// isRoom reports whether another Earshot of this computer hosts a room at a port.
func isRoom(ctx context.Context, port int) bool {
	ctx, cancel := context.WithTimeout(ctx, isRoomWithin)
	defer cancel()
	_, err := client.FetchFacts(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), "")
	return err == nil
}

// ask asks everybody and waits until somebody has answered all, or the time is over. It returns on which interfaces the
// system refused to send.
func (s *Service) ask(ctx context.Context, r request, question Question, q *inquiry) map[string]error {
	packet, err := r.multicast()
	if err != nil {
		return nil
	}
	body, err := json.Marshal(r)
	if err != nil {
		return nil
	}
	unsent := s.group.Send("", packet)
	var asking sync.WaitGroup
	defer asking.Wait()
	again, lead := time.After(askAgain), time.NewTimer(headStart)
	defer lead.Stop()
	hosts := make(map[string]bool) // asked
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before waiting for the hosts
	for {
		select {
		case <-ctx.Done():
			return unsent
		case <-lead.C:
			lead.Reset(askAgain) // more may have been found by then
			for _, h := range question.hosts(s.group.Own) {
				if !hosts[h.Address] && len(hosts) < maxHosts {
					hosts[h.Address] = true
					asking.Go(func() { s.askHost(ctx, h, body, q) })
				}
			}
		case <-again:
			s.mu.Lock()
			silent := len(q.replies) == 0
			s.mu.Unlock()
			if silent {
				s.group.Send("", packet)
			}
		case <-look.C:
			s.mu.Lock()
			done := q.done(time.Now())
			s.mu.Unlock()
			if done {
				return unsent
			}
		}
	}
}

// hosts are those to ask. This computer's own are none: its firewall does not stand between them and us.
func (q Question) hosts(own func(netip.Addr) bool) []Host {
	if q.Hosts == nil {
		return nil
	}
	return slices.DeleteFunc(q.Hosts(), func(h Host) bool {
		a, err := netip.ParseAddrPort(h.Address)
		return err != nil || a.Addr().IsLoopback() || own(a.Addr())
	})
}

// askHost asks one host by HTTPS.
func (s *Service) askHost(ctx context.Context, h Host, body []byte, q *inquiry) {
	var told report
	status, err := post(ctx, h.Address, h.Fingerprint, "/v1/reach", body, &told)
	if status != http.StatusOK || err != nil || !told.valid() {
		s.cfg.Logger.DebugContext(ctx, "host_did_not_dial", "address", h.Address, "status", status, "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q.report(told, true)
}

// done reports whether somebody has said all that can be said.
func (q *inquiry) done(now time.Time) bool {
	for _, r := range q.replies {
		if (r.tcp && r.udp || q.elsewhere && r.told != nil) && (r.multicast || now.Sub(r.first) > echoFor) {
			return true
		}
	}
	return false
}

// judge draws the conclusions. A dial takes up to `within`.
func (r *Result) judge(q *inquiry, now time.Time, within time.Duration) {
	r.TCP, r.UDP, r.Heard = Unknown, Unknown, q.sources
	best, heard := -1, false
	for _, one := range q.replies {
		// Both are tried at once. Who says nothing at the end may be one whose words do not reach us.
		tried := one.told != nil && one.told.TCP != Unknown || one.told == nil && now.Sub(one.first) > within
		r.TCP = better(r.TCP, one.tcp || one.told != nil && one.told.TCP == Yes, tried)
		r.UDP = better(r.UDP, one.udp, one.sent && !q.elsewhere)
		score := 0
		for _, got := range []bool{one.tcp, one.udp, one.told != nil} {
			if got {
				score++
			}
		}
		if one.by != "" && score > best {
			best, r.By = score, one.by
		}
		switch {
		case one.heard == Yes:
			heard = true
			if !q.foreign {
				r.Unheard = one.by
			}
		case one.heard == No && r.NotHearing == "":
			r.NotHearing = one.by
		}
	}
	if heard {
		r.NotHearing = ""
	}
}

// better combines what one app found with what others did: whoever gets through proves that it can be done.
func better(a Answer, arrived, tried bool) Answer {
	switch {
	case arrived:
		return Yes
	case tried && a == Unknown:
		return No
	}
	return a
}

func checkKey(cs tls.ConnectionState, fingerprint string) error {
	if len(cs.PeerCertificates) == 0 || identity.Fingerprint(cs.PeerCertificates[0]) != fingerprint {
		return errors.New("another key than the pinned one")
	}
	return nil
}
