package signal

// LinkWord is a link's quality in one word.
type LinkWord string

// The words, best first. What is measured and where the borders lie is documented where the host decides (sfu/links.go).
const (
	LinkGood LinkWord = "good"
	LinkFair LinkWord = "fair" // a listener who pays attention notices
	LinkPoor LinkWord = "poor" // talking is an effort
	LinkLost LinkWord = "lost" // nothing gets through at the moment
)

// Link is how well one participant is connected to the host.
type Link struct {
	Word         LinkWord `json:"word"`
	RTTMillis    float64  `json:"rttMillis"`    // to the host and back; 0 is not measured yet
	UpLoss       float64  `json:"upLoss"`       // share of the packets to the host that were lost on the way, before repair: 0 to 1
	DownLoss     float64  `json:"downLoss"`     // the same from the host
	JitterMillis float64  `json:"jitterMillis"` // the worse of both directions (RFC 3550 §6.4.1)
	Concealed    float64  `json:"concealed"`    // of what the participant hears, the share that was made up: 0 to 1
}

// Bounds of what a participant may report of two seconds: 50 seats of 10 ms packets are 10,000 packets, a page that
// slept reports an hour at once.
const (
	maxReported     = 50 * 100 * 3600
	maxBufferMillis = 60_000
)

func (m *Report) validate() error {
	switch {
	case m.Received < 0, m.Received > maxReported, m.Lost < 0, m.Lost > maxReported:
		return Problemf(CodeBadMessage, "report of %d packets and %d lost", m.Received, m.Lost)
	case m.Concealed < 0, m.Concealed > 1:
		return Problemf(CodeBadMessage, "concealed %g, want 0 to 1", m.Concealed)
	case m.BufferMillis < 0, m.BufferMillis > maxBufferMillis:
		return Problemf(CodeBadMessage, "jitter buffer of %g ms, want 0 to %d", m.BufferMillis, maxBufferMillis)
	}
	return nil
}

func (m *Links) validate() error {
	for id, l := range m.Links {
		if id == "" || len(id) > 64 {
			return Problemf(CodeBadMessage, "link of nobody")
		}
		for _, share := range []float64{l.UpLoss, l.DownLoss, l.Concealed} {
			if share < 0 || share > 1 {
				return Problemf(CodeBadMessage, "share of %g, want 0 to 1", share)
			}
		}
		if l.RTTMillis < 0 || l.JitterMillis < 0 {
			return Problemf(CodeBadMessage, "time before zero")
		}
	}
	return nil
}
