package siege

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Flood sends as much of one kind of nonsense to a room's port as it can until ctx ends, and returns how often it did. from is the
// address to send from; the zero value is the system's choice. Kinds are those of Floods.
func Flood(ctx context.Context, kind string, room netip.AddrPort, from netip.Addr) (int64, error) {
	f := &flood{room: room, from: from}
	floods := kinds()
	attacks := floods
	if kind != "all" {
		attack, ok := floods[kind]
		if !ok {
			return 0, fmt.Errorf("no flood %q: %v", kind, Floods())
		}
		attacks = map[string]func(*flood, context.Context){kind: attack}
	}
	var work sync.WaitGroup
	for _, attack := range attacks {
		work.Go(func() { attack(f, ctx) })
	}
	work.Wait()
	return f.sent.Load(), nil
}

// Floods lists the kinds.
func Floods() []string { return append(slices.Sorted(maps.Keys(kinds())), "all") }

type flood struct {
	room netip.AddrPort
	from netip.Addr
	sent atomic.Int64
}

// floodWorkers is how many connections of one kind are open at once.
const floodWorkers = 64

func kinds() map[string]func(*flood, context.Context) {
	return map[string]func(*flood, context.Context){
		"silent":      (*flood).silent,
		"half-tls":    (*flood).halfTLS,
		"tls":         (*flood).tls,
		"signal":      (*flood).signal,
		"http":        (*flood).http,
		"requests":    (*flood).requests,
		"stun":        (*flood).stun,
		"clienthello": (*flood).clientHello,
		"srtp":        (*flood).srtp,
	}
}

// at runs attack in many goroutines, again and again.
func (f *flood) at(ctx context.Context, attack func(context.Context)) {
	var work sync.WaitGroup
	for range floodWorkers {
		work.Go(func() {
			for ctx.Err() == nil {
				each, cancel := context.WithTimeout(ctx, 3*time.Second)
				attack(each)
				cancel()
				f.sent.Add(1)
			}
		})
	}
	work.Wait()
}

func (f *flood) dial(ctx context.Context) net.Conn {
	var d net.Dialer
	if f.from.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(f.from, 0))
	}
	c, err := d.DialContext(ctx, "tcp", f.room.String())
	if err != nil {
		select { // out of ports, or refused
		case <-ctx.Done():
		case <-time.After(time.Millisecond):
		}
		return nil
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // so that ports do not run out
	}
	return c
}

// wait holds a connection until the other end or ctx ends it.
func wait(ctx context.Context, c net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

func (f *flood) silent(ctx context.Context) {
	f.at(ctx, func(ctx context.Context) {
		if c := f.dial(ctx); c != nil {
			wait(ctx, c)
		}
	})
}

func (f *flood) halfTLS(ctx context.Context) {
	f.at(ctx, func(ctx context.Context) {
		if c := f.dial(ctx); c != nil {
			_, _ = c.Write([]byte{22, 3, 1, 2, 0, 1, 0, 1})
			wait(ctx, c)
		}
	})
}

// anyRoom trusts whoever answers: it is attacked.
func anyRoom() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13} //nolint:gosec // as above
}

func (f *flood) tls(ctx context.Context) {
	f.at(ctx, func(ctx context.Context) {
		if c := f.dial(ctx); c != nil {
			_ = tls.Client(c, anyRoom()).HandshakeContext(ctx)
			_ = c.Close()
		}
	})
}

func (f *flood) signal(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c := f.dial(ctx)
			if c == nil {
				return nil, net.ErrClosed
			}
			return tls.Client(c, anyRoom()), nil
		},
	}}
	f.at(ctx, func(ctx context.Context) {
		ws, _, err := websocket.Dial(ctx, "wss://"+f.room.String()+"/v1/signal", &websocket.DialOptions{HTTPClient: client}) //nolint:bodyclose // as the package says
		if err != nil {
			return
		}
		for range 1000 {
			if ws.Write(ctx, websocket.MessageText, []byte(`{"type":"join","v":1,"name":"x","offer":"`+strings.Repeat("v=0", 1000)+`"}`)) != nil {
				break
			}
		}
		_ = ws.CloseNow()
	})
}

// http sends requests that do not end.
func (f *flood) http(ctx context.Context) {
	big := strings.Repeat("X-Big: "+strings.Repeat("x", 1000)+"\r\n", 100)
	f.at(ctx, func(ctx context.Context) {
		c := f.dial(ctx)
		if c == nil {
			return
		}
		t := tls.Client(c, anyRoom())
		if t.HandshakeContext(ctx) == nil {
			if rand.IntN(2) == 0 {
				_, _ = io.WriteString(t, "GET /v1/room HTTP/1.1\r\nHost: x\r\n"+big)
			} else {
				_, _ = io.WriteString(t, "POST /v1/reach HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"+big)
			}
			wait(ctx, t)
		}
		_ = c.Close()
	})
}

// requests sends as many whole requests as one connection takes.
func (f *flood) requests(ctx context.Context) {
	f.at(ctx, func(ctx context.Context) {
		c := f.dial(ctx)
		if c == nil {
			return
		}
		defer func() { _ = c.Close() }()
		t := tls.Client(c, anyRoom())
		if t.HandshakeContext(ctx) != nil {
			return
		}
		stop := context.AfterFunc(ctx, func() { _ = c.Close() })
		defer stop()
		go func() { // pipelined
			for {
				if _, err := io.WriteString(t, strings.Repeat("GET /v1/room HTTP/1.1\r\nHost: x\r\n\r\n", 10)); err != nil {
					return
				}
			}
		}()
		r := bufio.NewReader(t)
		for {
			if _, err := r.Discard(1000); err != nil {
				return
			}
		}
	})
}

// datagrams sends packets from a few ports.
func (f *flood) datagrams(ctx context.Context, packet func(n int) []byte) {
	var from *net.UDPAddr
	if f.from.IsValid() {
		from = net.UDPAddrFromAddrPort(netip.AddrPortFrom(f.from, 0))
	}
	var conns []*net.UDPConn
	for range 8 {
		c, err := net.DialUDP("udp", from, net.UDPAddrFromAddrPort(f.room))
		if err != nil {
			continue
		}
		defer func() { _ = c.Close() }()
		conns = append(conns, c)
	}
	for n := 0; ctx.Err() == nil && len(conns) > 0; n++ {
		_, _ = conns[n%len(conns)].Write(packet(n)) // a full buffer or an ICMP error is no end of an attack
		f.sent.Add(1)
	}
}

func (f *flood) stun(ctx context.Context) {
	user := []byte("nobody:atall")
	f.datagrams(ctx, func(int) []byte {
		return STUNBinding(STUNAttribute(STUNUsername, len(user), user), STUNAttribute(STUNIntegrity, 20, make([]byte, 20)))
	})
}

func (f *flood) clientHello(ctx context.Context) {
	body := make([]byte, 200)
	f.datagrams(ctx, func(n int) []byte {
		return DTLSFragment(uint64(n), 1, 0, len(body), 0, len(body), body) //nolint:gosec // small
	})
}

func (f *flood) srtp(ctx context.Context) {
	b := make([]byte, 160)
	f.datagrams(ctx, func(n int) []byte {
		b[0], b[1] = 0x80, 111
		binary.BigEndian.PutUint16(b[2:], uint16(n)) //nolint:gosec // wraps
		binary.BigEndian.PutUint32(b[8:], rand.Uint32())
		return b
	})
}
