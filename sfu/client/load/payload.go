package load

import "encoding/binary"

const (
	// voiceBytes is a 20 ms packet of Opus at 32 kbit/s, the room's voice bit rate.
	voiceBytes = 80
	// noiseBytes is a 20 ms packet of a quiet room: comfort noise encodes in 20 to 40 bytes.
	noiseBytes = 30
	// voiceTOC says: hybrid mode, full band, one mono frame of 20 ms (RFC 6716 §3.1, configuration 15).
	voiceTOC = 15 << 3
	// stampBytes is how much of a packet the stamp takes, with the TOC byte.
	stampBytes = 24
)

// stamp is what a talker's packet says instead of sound.
type stamp struct {
	run    uint32 // of the load, so that two of them in one room do not take each other's packets for theirs
	talker uint32 // number of the participant
	seq    uint32 // counts the talker's stamped packets
	sent   int64  // wall clock in ns since 1970
}

// put writes the stamp into an Opus packet of at least stampBytes.
func (s stamp) put(packet []byte) {
	packet[0] = voiceTOC
	copy(packet[1:4], "ear")
	binary.BigEndian.PutUint32(packet[4:], s.run)
	binary.BigEndian.PutUint32(packet[8:], s.talker)
	binary.BigEndian.PutUint32(packet[12:], s.seq)
	binary.BigEndian.PutUint64(packet[16:], uint64(s.sent)) //nolint:gosec // after 1970
}

// readStamp reports false for a packet that carries none: DTX, or somebody's real voice.
func readStamp(packet []byte) (stamp, bool) {
	if len(packet) < stampBytes || packet[0] != voiceTOC || string(packet[1:4]) != "ear" {
		return stamp{}, false
	}
	return stamp{
		run:    binary.BigEndian.Uint32(packet[4:]),
		talker: binary.BigEndian.Uint32(packet[8:]),
		seq:    binary.BigEndian.Uint32(packet[12:]),
		sent:   int64(binary.BigEndian.Uint64(packet[16:])), //nolint:gosec // as it was put
	}, true
}
