package app

import "github.com/earshot/earshot/sfu/signal"

// Quality is what our microphone sends, and how it is taken in.
type Quality struct {
	Bitrate  int  `json:"bitrate"`  // of a voice, bit/s: 16000 to 96000
	Music    bool `json:"music"`    // stereo at 128 kbit/s, without echo cancellation, noise suppression and gain control
	LowDelay bool `json:"lowDelay"` // packets of 10 ms instead of 20
}

func (q *Quality) defaults() { *q = Quality{Bitrate: signal.DefaultBitrate} }

// check returns CodeBadQuality for what no host would take.
func (q *Quality) check() error {
	if q.Bitrate == 0 { // says nothing here: what is shown must be what is sent
		return signal.Problemf(signal.CodeBadQuality, "no bit rate")
	}
	return signal.Quality(*q).Validate()
}
