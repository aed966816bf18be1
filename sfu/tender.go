package sfu

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	// tendEvery is how often reports go out and losses are looked at.
	tendEvery = time.Second
	// A talker is sent a receiver report for every reportAfter packets, so every second at 20 ms; whoever is nearly
	// silent (DTX) one in reportWithin, which is also how often sender reports go out: Chromium's own pace for audio.
	reportAfter  = 50
	reportWithin = 5
	// enoughPackets is how many packets make a share of lost ones worth believing.
	enoughPackets = 10
	// lossMemory weighs one second's loss against those before.
	lossMemory = 0.3
	// RED goes on when more than redAbove of the packets are lost, which two thirds of a second of speech then conceal
	// each minute even where nine in ten come again in time, and off when for redCalm seconds fewer than redBelow were.
	redAbove = 0.02
	redBelow = 0.005
	redCalm  = 10
)

// tended is what the tender remembers of one participant from one round to the next. It belongs to its goroutine.
type tended struct {
	inside   bool // in this round
	rounds   int
	received uint64 // at the latest receiver report
	expected uint64
	reported int // round of it

	gaps, wanted uint64 // of the uplink at the latest look
	up           lossMeter
	asked, sent  uint64 // of all seats
	down         lossMeter
	sentBefore   []uint64 // of each seat, at the latest sender report
}

// lossMeter smooths a share of lost packets and decides on redundancy by it.
type lossMeter struct {
	loss float64
	red  bool
	calm int // rounds below redBelow
}

// look takes in one round: lost of total packets, and what the other end itself reports. It returns true when the wish
// for redundancy changed.
func (m *lossMeter) look(lost, total uint64, reported float64) bool {
	if total < enoughPackets {
		return false
	}
	now := min(1, max(float64(lost)/float64(total), reported))
	m.loss += lossMemory * (now - m.loss)
	switch {
	case m.loss > redAbove:
		m.calm = 0
		if !m.red {
			m.red = true
			return true
		}
	case m.loss >= redBelow:
		m.calm = 0
	default:
		if m.calm++; m.red && m.calm >= redCalm {
			m.red = false
			return true
		}
	}
	return false
}

// tend sends reports for all participants and turns redundancy on and off, until ctx ends. One goroutine does it for the
// whole room: a participant that neither sends nor is sent anything costs a few loads a second.
func (r *room) tend(ctx context.Context) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	memory := make(map[*peer]*tended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r.tendAll(memory, time.Since(r.epoch))
	}
}

func (r *room) tendAll(memory map[*peer]*tended, now time.Duration) {
	inside := *r.peers.Load()
	redundant := false
	for _, p := range inside {
		m := memory[p]
		if m == nil {
			m = new(tended)
			memory[p] = m
		}
		m.rounds++
		m.inside = true
		r.tendUplink(p, m, now)
		p.tendSeats(m, now)
		redundant = redundant || m.down.red
	}
	for _, s := range r.seats {
		s.redundant.Store(redundant)
	}
	maps.DeleteFunc(memory, func(_ *peer, m *tended) bool {
		left := !m.inside
		m.inside = false
		return left
	})
}

// tendUplink reports on a microphone and asks its sender for redundancy when it is lossy.
func (r *room) tendUplink(p *peer, m *tended, now time.Duration) {
	c := &p.uplink.counted
	received, expected := c.received.Load(), c.expected.Load()
	gaps := c.gaps.Load()
	if m.up.look(gaps-m.gaps, expected-m.wanted, 0) {
		r.do(func() {
			if i := slices.IndexFunc(r.roster, func(o *participant) bool { return o.peer == p }); i >= 0 {
				r.protect(r.roster[i], m.up.red)
			}
		})
	}
	p.upLoss.Store(m.up.loss)
	m.gaps, m.wanted = gaps, expected

	if received == m.received || received-m.received < reportAfter && m.rounds-m.reported < reportWithin {
		return
	}
	interval := expected - m.expected
	lost := uint64(0)
	if got := received - m.received; interval > got {
		lost = interval - got
	}
	m.received, m.expected, m.reported = received, expected, m.rounds
	report := rtcp.ReceptionReport{
		SSRC: c.source.Load(), LastSequenceNumber: c.high.Load(), Jitter: c.jitter.Load(),
		FractionLost: uint8(min(255, lost*256/max(1, interval))),             //nolint:gosec // bounded
		TotalLost:    uint32(min(1<<23-1, expected-min(expected, received))), //nolint:gosec // bounded
	}
	if at := c.reportAt.Load(); at != 0 {
		report.LastSenderReport = c.reportNTP.Load()
		report.Delay = uint32((now - time.Duration(at)).Seconds() * 65536) //nolint:gosec // 18 hours at most matter
	}
	p.sendRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: ownSSRC, Reports: []rtcp.ReceptionReport{report}}})
}

// ownSSRC stands for the SFU where it reports without a stream of its own.
const ownSSRC = 1

// tendSeats reports on the seats that a participant hears and turns their redundancy on and off.
func (p *peer) tendSeats(m *tended, now time.Duration) {
	var asked, sent uint64
	var reported, jitter uint64
	for _, d := range p.seats {
		asked += d.asked.Load()
		sent += d.sent.Load()
		if w := d.reported.Swap(0); w != 0 {
			reported, jitter = max(reported, w>>32&0xff), max(jitter, w&0xffffffff)
			p.downJitter.Store(jitter)
		}
	}
	if asked > 0 { // NACKs say which packets the way to the participant lost; its reports count the talker's way as well
		reported = 0
	}
	if m.down.look(asked-m.asked, sent-m.sent, float64(reported)/256) {
		p.redundant.Store(m.down.red)
		for _, d := range p.seats {
			d.wantRED.Store(m.down.red)
		}
	}
	p.downLoss.Store(m.down.loss)
	m.asked = asked
	if m.sent = sent; m.rounds%reportWithin != 0 {
		return
	}
	p.reportSeats(m, now)
}

func (p *peer) reportSeats(m *tended, now time.Duration) {
	if m.sentBefore == nil {
		m.sentBefore = make([]uint64, len(p.seats))
	}
	var reports []rtcp.Packet
	for i, d := range p.seats {
		b, sent := d.bound.Load(), d.sent.Load()
		ts, ok := d.seat.timestampAt(now)
		if sent == m.sentBefore[i] || b == nil || !ok {
			continue
		}
		m.sentBefore[i] = sent
		reports = append(reports, &rtcp.SenderReport{
			SSRC: b.ssrc, NTPTime: ntp(time.Now()), RTPTime: ts,
			PacketCount: uint32(sent), OctetCount: uint32(d.octets.Load()), //nolint:gosec // wrap as RFC 3550 §6.4.1 says
		})
	}
	// A report has 28 bytes: 40 of them fit into one packet.
	for len(reports) > 0 {
		n := min(40, len(reports))
		p.sendRTCP(reports[:n])
		reports = reports[n:]
	}
}

// ntp returns a time as 32.32 bits of seconds since 1900 (RFC 3550 §4).
func ntp(t time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second) //nolint:gosec // both positive
}
