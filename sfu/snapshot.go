package sfu

import "time"

// Stats is what a room has done so far, for the person who runs it. It holds no names and no addresses.
type Stats struct {
	Room         string // id
	Capacity     int
	Seats        int
	SeatsTaken   int
	SeatSwitches uint64 // seats that got another holder
	Total        Media  // of everybody who is or was inside
	Participants []ParticipantStats
}

// ParticipantStats is the part of one participant who is inside now.
type ParticipantStats struct {
	ID string // random, new with every join
	Media
	Jitter           time.Duration // of the microphone's packets (RFC 3550 §6.4.1)
	RTT              time.Duration // 0 is unknown
	UpLoss, DownLoss float64       // share that the network lost lately, before repair: 0 to 1
	Concealed        float64       // of what the participant hears, the share that was made up: 0 to 1
}

// Media counts packets, and bytes of Opus, since the join. Counters only grow, but for Lost: a packet that has not come may
// come yet.
type Media struct {
	Received, Bytes, Lost, Repaired, Duplicates, Refused uint64 // of microphones
	Sent, Resent                                         uint64 // to participants
}

func (m *Media) add(o Media) {
	m.Received += o.Received
	m.Bytes += o.Bytes
	m.Lost += o.Lost
	m.Repaired += o.Repaired
	m.Duplicates += o.Duplicates
	m.Refused += o.Refused
	m.Sent += o.Sent
	m.Resent += o.Resent
}

func (s mediaStats) media() Media {
	return Media{
		Received: s.Received, Bytes: s.Bytes, Lost: s.Lost, Repaired: s.Repaired, Duplicates: s.Duplicates, Refused: s.Refused,
		Sent: s.Sent, Resent: s.Resent,
	}
}

// Stats returns a snapshot of the room. It costs microseconds for each participant. Of a closed room it has no
// participants.
func (s *Server) Stats() Stats {
	out := Stats{Room: s.room.id, Capacity: s.cfg.Capacity, Seats: s.cfg.Seats}
	s.room.do(func() {
		r := s.room
		out.Total, out.SeatSwitches = r.departed, r.switches
		for _, id := range r.stage.seats {
			if id != "" {
				out.SeatsTaken++
			}
		}
		for _, p := range r.roster {
			counted := p.peer.stats()
			out.Participants = append(out.Participants, ParticipantStats{
				ID: p.entry.ID, Media: counted.media(), Jitter: counted.Jitter, RTT: counted.RTT,
				UpLoss: counted.UpLoss, DownLoss: counted.DownLoss, Concealed: p.meter.link.Concealed,
			})
			out.Total.add(counted.media())
		}
	})
	return out
}
