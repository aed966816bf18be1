package siege

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// rtcpPacket is an RTCP packet (RFC 3550 §6.1) that claims a length of that many words after the first.
func rtcpPacket(kind, count byte, words int, body ...uint32) []byte {
	b := []byte{0x80 | count, kind, byte(words >> 8), byte(words)}
	for _, w := range body {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// ssrcs returns those that an SDP names.
func ssrcs(sdp string) (all []uint32) {
	for line := range strings.Lines(sdp) {
		if rest, ok := strings.CutPrefix(line, "a=ssrc:"); ok {
			word, _, _ := strings.Cut(rest, " ")
			if n, err := strconv.ParseUint(word, 10, 32); err == nil {
				all = append(all, uint32(n))
			}
		}
	}
	return all
}

func TestBadInput_23_RTCPOfAnyKind(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	seats := ssrcs(i.Answer())
	if len(seats) == 0 {
		t.Fatal("the answer names no SSRC")
	}
	own := i.mic.bound.Load().ssrc
	others := append(ssrcs(talk.A.Answer()), ssrcs(talk.B.Answer())...)
	const sr, rr, sdes, bye, app, rtpfb, psfb, xr = 200, 201, 202, 203, 204, 205, 206, 207
	var packets [][]byte
	add := func(b ...[]byte) { packets = append(packets, b...) }
	for _, ssrc := range append(append([]uint32{own, 0, ^uint32(0)}, seats...), others...) {
		add(
			rtcpPacket(bye, 1, 1, ssrc), // for somebody else as well
			rtcpPacket(bye, 31, 31, ssrc),
			rtcpPacket(bye, 0, 0, ssrc),
			rtcpPacket(sr, 0, 6, ssrc, ^uint32(0), ^uint32(0), 0, 0, 0),        // a clock from 2036
			rtcpPacket(sr, 31, 6, ssrc, 0, 0, 0, 0, 0),                         // reports that are not there
			rtcpPacket(rr, 1, 7, ssrc, seats[0], ^uint32(0), 0, 0, 0, 0),       // everything is lost
			rtcpPacket(rr, 1, 0, ssrc),                                         // shorter than it is
			rtcpPacket(rr, 0, 0xffff, ssrc),                                    // longer than it is
			rtcpPacket(sdes, 31, 1, ssrc),                                      // without items
			rtcpPacket(sdes, 1, 2, ssrc, 0x01ff0000),                           // an item beyond the end
			rtcpPacket(app, 0, 2, ssrc, 0),                                     // of no application
			rtcpPacket(rtpfb, 1, 3, ssrc, seats[0], 0),                         // NACK
			rtcpPacket(rtpfb, 1, 2, ssrc, seats[0]),                            // of nothing
			rtcpPacket(rtpfb, 15, 5, ssrc, seats[0], rand.Uint32(), 0, 0),      // transport-wide feedback cut off
			rtcpPacket(psfb, 1, 2, ssrc, seats[0]),                             // PLI
			rtcpPacket(psfb, 4, 4, ssrc, seats[0], 0, 0),                       // FIR
			rtcpPacket(psfb, 15, 5, ssrc, 0, 0x52454d42, 0x01000000, seats[0]), // REMB 0
			rtcpPacket(psfb, 15, 4, ssrc, 0, 0x52454d42, 0xff000000),           // REMB of 255 SSRCs that are not there
			rtcpPacket(xr, 0, 3, ssrc, 0x0400ffff, 0),                          // an extended report beyond the end
			rtcpPacket(192+byte(rand.IntN(32)), byte(rand.IntN(32)), rand.IntN(4), ssrc, rand.Uint32()),
			append(rtcpPacket(rr, 0, 1, ssrc), 0, 0, 0, 0),                       // a packet of version 0 behind it
			append(rtcpPacket(rr, 0, 1, ssrc), rtcpPacket(bye, 1, 200, ssrc)...), // a compound cut off
			append(rtcpPacket(0xa0, 0, 1, ssrc), 0xff),                           // not in words
		)
	}
	add(rtcpPacket(rr, 0, 0, 0), rtcpPacket(rr, 0, 0, 0)[:8])
	for range 300 {
		b := make([]byte, 8+rand.IntN(200))
		fill(b)
		b[0], b[1] = 0x80|b[0]&0x3f, 200+b[1]%8
		add(b)
	}
	err := during(2*time.Second, func() error {
		for _, b := range packets {
			if err := i.report(b); err != nil {
				return err
			}
			_ = i.wire.inject(b) // and without a key
		}
		time.Sleep(time.Millisecond)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = i.wire.inject(nil)
	for n := range 16 {
		_ = i.wire.inject([]byte{0x80, 201, 0, 0}[:n%5])
	}
	talk.Undisturbed(t)
}

// Retransmissions are bounded for each subscriber, and nobody else's are fewer for them.
func TestBadInput_23_NACKAndPLIStorm(t *testing.T) {
	t.Parallel()
	talk := startTalk(t, nil)
	i := talk.intrude(t, "Mallory", nil).connected(t)
	var down atomic.Int64
	i.wire.tap(nil, func(b []byte) [][]byte {
		if isSRTP(b) {
			down.Add(1)
		}
		return [][]byte{b}
	})
	seats := ssrcs(i.Answer())
	eventually(t, "the intruder is sent something", func() bool { return down.Load() > 20 })
	down.Store(0)
	began, asked := time.Now(), 0
	err := during(3*time.Second, func() error {
		for _, ssrc := range seats {
			nack := &rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: ssrc}
			for first := 0; first < 1<<16; first += 17 * 16 {
				nack.Nacks = append(nack.Nacks[:0], rtcp.NackPair{PacketID: uint16(first + rand.IntN(17*16)), LostPackets: 0xffff}) //nolint:gosec // fits
				for range 15 {
					nack.Nacks = append(nack.Nacks, rtcp.NackPair{PacketID: nack.Nacks[len(nack.Nacks)-1].PacketID + 17, LostPackets: 0xffff})
				}
				asked += 17 * 16
				if err := i.pc.WriteRTCP([]rtcp.Packet{nack, &rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
					return err
				}
			}
			time.Sleep(time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	got := int(down.Load())
	t.Logf("asked for %d packets in %v, was sent %d", asked, took.Round(time.Millisecond), got)
	// Two voices of 50 packets a second, and for each of them about as many again: 60 a second after a burst of 60.
	if limit := 2 * (50 + 60) * (2 + int(took.Seconds())); got > limit {
		t.Errorf("%d packets were sent in %v, want at most %d", got, took, limit)
	}
	talk.Undisturbed(t)
}
