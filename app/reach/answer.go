package reach

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/earshot/earshot/app/discovery"
)

const (
	// maxAnswers is how many apps answer one request by multicast: a second opinion, no crowd. Whoever hears that many
	// answers does not dial.
	maxAnswers = 2
	// maxHeard is how many requests are remembered, for heardFor.
	maxHeard = 64
	heardFor = 10 * time.Second
	// A datagram is sent three times, over a quarter of a second: one may be lost.
	datagrams      = 3
	datagramsApart = 120 * time.Millisecond
	// tellAgain is the time between the two times that a report is told by multicast.
	tellAgain = 150 * time.Millisecond
)

// asked is a request that was heard by multicast.
type asked struct {
	request
	source  netip.Addr // of them, IPv4 if there is one: rooms are mostly entered by that
	on      string     // the interface
	at      time.Time
	answers int // reports by others that were heard
}

// considerLocked takes in a request by multicast.
func (s *Service) considerLocked(r request, d discovery.Datagram) {
	now := time.Now()
	if a := s.heard[r.Token]; a != nil {
		if d.Source.Is4() && !a.source.Is4() {
			a.source = d.Source
		}
		return
	}
	for token, a := range s.heard {
		if now.Sub(a.at) > heardFor {
			delete(s.heard, token)
		}
	}
	if len(s.heard) >= maxHeard {
		return
	}
	a := &asked{request: r, source: d.Source, on: d.Interface, at: now}
	s.heard[r.Token] = a
	wait := rand.N(s.cfg.AnswerWithin + 1) //nolint:gosec // spreads the answers, keeps no secret
	s.goLocked(func() {
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(wait):
		}
		s.mu.Lock()
		source := a.source
		may := a.answers < maxAnswers && s.limit.begin(source, time.Now())
		s.mu.Unlock()
		if may {
			s.dialBack(s.ctx, a.request, source, a.on, Yes)
		}
	})
}

// dialBack dials who asked and tells it by multicast where it is on our link. The caller has taken a place in the limit.
func (s *Service) dialBack(ctx context.Context, r request, to netip.Addr, on string, heard Answer) report {
	told := report{Version: version, Token: r.Token, ID: s.id, By: s.cfg.Name(), Heard: heard, TCP: Unknown, UDP: Unknown}
	address := netip.AddrPortFrom(to, uint16(r.Port)) //nolint:gosec // checked by request.valid
	first, datagram := make(chan bool, 1), told.datagram()
	var sending sync.WaitGroup
	sending.Go(func() { sendDatagrams(ctx, address, datagram, first) })
	told.UDP = No
	if <-first {
		told.UDP = Yes
	}
	told.TCP = s.dialTCP(ctx, address, told)
	sending.Wait()
	s.mu.Lock()
	s.limit.end()
	s.mu.Unlock()
	s.cfg.Logger.DebugContext(ctx, "dialled_back", "to", address, "tcp", told.TCP, "udp_sent", told.UDP)
	if on != "" {
		s.tell(told, on)
	}
	return told
}

// tell says a report by multicast, twice: nothing would repeat one that is lost.
func (s *Service) tell(told report, on string) {
	b, err := told.multicast()
	if err != nil {
		return // a name that does not fit a record: cleaned ones do
	}
	s.group.Send(on, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goLocked(func() {
		select {
		case <-s.ctx.Done():
		case <-time.After(tellAgain):
			s.group.Send(on, b)
		}
	})
}

// sendDatagrams says by first whether the system let the first one out.
func sendDatagrams(ctx context.Context, to netip.AddrPort, b []byte, first chan<- bool) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		first <- false
		return
	}
	defer c.Close() //nolint:errcheck // nothing is lost with it
	for n := range datagrams {
		_, err = c.Write(b)
		if n == 0 {
			first <- err == nil
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(datagramsApart):
		}
	}
}

// dialTCP opens the connection that a participant would open and says who we are. Yes means that it was answered, be it by
// another program of the asker's computer that knows of no check.
func (s *Service) dialTCP(ctx context.Context, to netip.AddrPort, told report) Answer {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.DialWithin)
	defer cancel()
	body, err := json.Marshal(told)
	if err != nil {
		return Unknown
	}
	if status, _ := post(ctx, to.String(), "", "/v1/reached", body, nil); status != 0 {
		return Yes
	}
	return No
}

// post sends one message to a room's port, pinned to a key unless fingerprint is "", and decodes the answer into v unless that is nil. Status
// 0 says that nobody answered.
func post(ctx context.Context, address, fingerprint, path string, body []byte, v any) (status int, err error) {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		},
		TLSClientConfig:   pinned(fingerprint),
		DisableKeepAlives: true,
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://earshot"+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	c := http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close() //nolint:errcheck // read side
	if v != nil && res.StatusCode == http.StatusOK {
		err = readBody(res.Body, v)
	}
	return res.StatusCode, err
}

// serveRequest is POST /v1/reach on the port of a room that we host: somebody asks to be dialled.
func (s *Service) serveRequest(w http.ResponseWriter, r *http.Request) {
	var req request
	if readBody(r.Body, &req) != nil || !req.valid() {
		http.Error(w, "not a request", http.StatusBadRequest)
		return
	}
	from, ok := remote(r)
	if !ok {
		http.Error(w, "no address", http.StatusInternalServerError)
		return
	}
	on := s.group.OnLink(from)
	s.mu.Lock()
	a := s.heard[req.Token]
	own := s.inquiry != nil && s.inquiry.token == req.Token
	may := !own && !s.closed && s.limit.begin(from, time.Now())
	if may && a != nil {
		a.answers = maxAnswers // this is the answer
	}
	s.mu.Unlock()
	if !may {
		w.Header().Set("Retry-After", strconv.Itoa(int(time.Minute.Seconds())))
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return
	}
	heard := Unknown
	switch {
	case a != nil:
		heard = Yes
	case on != "":
		heard = No
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(s.dialBack(r.Context(), req, from, on, heard)) // the other end is gone: nobody to tell
}

// pinned accepts exactly the key of that fingerprint, or any with "": a report is for whoever answers at the asker's address.
func pinned(fingerprint string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection pins the key instead of a name
		VerifyConnection: func(cs tls.ConnectionState) error {
			if fingerprint == "" {
				return nil
			}
			return checkKey(cs, fingerprint)
		},
	}
}
