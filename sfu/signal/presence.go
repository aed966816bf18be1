package signal

// Received tells a participant whether the room receives its voice: the host took packets of its microphone that it
// would forward, within the last ReceivedFor. It comes when that changes, and after a resume.
type Received struct {
	On bool `json:"on"`
}

func (*Received) validate() error { return nil }
