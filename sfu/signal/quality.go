package signal

// Bit rates of a microphone, in bit/s.
const (
	// DefaultBitrate is the usual voice: RFC 7587 §3.1.1 recommends 28 to 40 kbit/s for fullband speech.
	DefaultBitrate = 32_000
	// MinBitrate is where wideband speech begins to suffer (RFC 7587 §3.1.1: 16 to 20 kbit/s).
	MinBitrate = 16_000
	// MaxBitrate of a voice: mono gains nothing from more.
	MaxBitrate = 96_000
	// MusicBitrate is fullband stereo music's (RFC 7587 §3.1.1: 64 to 128 kbit/s).
	MusicBitrate = 128_000
)

// Quality is what a participant's encoder is to send.
type Quality struct {
	Bitrate  int  `json:"bitrate,omitempty"`  // bit/s, MinBitrate to MaxBitrate; 0 is DefaultBitrate. Ignored for music
	Music    bool `json:"music,omitempty"`    // stereo at MusicBitrate, sent also while it is quiet
	LowDelay bool `json:"lowDelay,omitempty"` // packets of 10 ms instead of 20
}

// BitsPerSecond is the bit rate that the encoder is asked for.
func (q Quality) BitsPerSecond() int {
	switch {
	case q.Music:
		return MusicBitrate
	case q.Bitrate == 0:
		return DefaultBitrate
	}
	return q.Bitrate
}

// Validate returns CodeBadQuality for a bit rate outside the bounds.
func (q Quality) Validate() error {
	if q.Bitrate != 0 && (q.Bitrate < MinBitrate || q.Bitrate > MaxBitrate) {
		return Problemf(CodeBadQuality, "%d bit/s, want %d to %d", q.Bitrate, MinBitrate, MaxBitrate)
	}
	return nil
}

func (q *Quality) validate() error {
	if q == nil {
		return nil
	}
	return q.Validate()
}
