package signal

const (
	// MaxFile is the size of a file that is sent, in bytes: 1 GiB, a recorded meeting or a disk image's worth, which takes some
	// minutes at a room's rate. What is larger wants a file server.
	MaxFile = 1 << 30
	// MaxFileName is the length of its name in bytes of UTF-8, what file systems take.
	MaxFileName = 255
	// FileSum is the length of the SHA-256 that follows a file's bytes.
	FileSum = 32
)

// FileState is where a file is on its way to one person.
type FileState string

// The states of a delivery. The last four are its end.
const (
	FileOffered   FileState = "offered"   // nobody has answered yet
	FileTaken     FileState = "taken"     // wanted; it waits for its turn, or is under way
	FileDeclined  FileState = "declined"  // not wanted, or not any more
	FileDone      FileState = "done"      // it is there, and whole
	FileFailed    FileState = "failed"    // it broke off, or was not what it should have been
	FileWithdrawn FileState = "withdrawn" // the sender took it back, or left
)

// Ended reports that nothing more comes.
func (s FileState) Ended() bool { return s != FileOffered && s != FileTaken }

// Messages about files, of a participant to the host.
type (
	// Share offers a file to one person, or to everybody who is inside. The answer is a Shared, or an Error with the same Ask.
	Share struct {
		Ask  uint64 `json:"ask"`
		ID   string `json:"id"` // random, the sender's choice
		Name string `json:"name"`
		Size int64  `json:"size"`         // bytes
		To   string `json:"to,omitempty"` // participant id; "" is everybody
	}
	// Unshare takes it back.
	Unshare struct {
		ID string `json:"id"`
	}
	// Fetch is what somebody to whom a file was offered says of it: FileTaken, FileDeclined, FileDone or FileFailed.
	Fetch struct {
		ID string    `json:"id"`
		Do FileState `json:"do"`
	}
)

// Messages about files, of the host to a participant.
type (
	// Shared says that somebody offers a file: to those it is for, and to the sender.
	Shared struct {
		Ask  uint64   `json:"ask,omitempty"` // of the sender's Share
		ID   string   `json:"id"`
		At   int64    `json:"at"`   // ms since 1970 on the host's clock
		From string   `json:"from"` // participant id
		By   string   `json:"by"`   // and name
		Name string   `json:"name"`
		Size int64    `json:"size"`
		To   []string `json:"to"` // participant ids
	}
	// Delivery says how a file fares on its way to one person: to that person and to the sender.
	Delivery struct {
		ID    string    `json:"id"`
		Who   string    `json:"who"` // participant id
		State FileState `json:"state"`
		// Key is secret: the sender's is for one PUT, the receiver's for one GET of /v1/files/KEY. "" while it waits for its turn.
		Key string `json:"key,omitempty"`
	}
)

func checkFile(id string, size int64, name *string) error {
	if id == "" || len(id) > 64 {
		return Problemf(CodeBadMessage, "file without an id")
	}
	if size < 0 || size > MaxFile {
		return Problemf(CodeFileTooLarge, "%d bytes, limit %d", size, MaxFile)
	}
	if *name = cleanText(*name); *name == "" || len(*name) > MaxFileName {
		return Problemf(CodeBadFileName, "%d bytes, limit %d", len(*name), MaxFileName)
	}
	return nil
}

func (m *Share) validate() error {
	if len(m.To) > 64 {
		return Problemf(CodeBadMessage, "a file for nobody")
	}
	return checkFile(m.ID, m.Size, &m.Name)
}

func (m *Unshare) validate() error { return checkFile(m.ID, 0, new("-")) }

func (m *Fetch) validate() error {
	switch m.Do {
	case FileTaken, FileDeclined, FileDone, FileFailed:
		return checkFile(m.ID, 0, new("-"))
	default:
		return Problemf(CodeBadMessage, "do %.16q", m.Do)
	}
}

func (m *Shared) validate() (err error) {
	if m.By, err = CleanName(m.By); err != nil {
		return err
	}
	if m.From == "" || len(m.From) > 64 || len(m.To) > maxFileReceivers {
		return Problemf(CodeBadMessage, "file of nobody, or for too many")
	}
	return checkFile(m.ID, m.Size, &m.Name)
}

// maxFileReceivers bounds the ids in one message: 12 bytes each.
const maxFileReceivers = 4096

func (m *Delivery) validate() error {
	if m.Who == "" || len(m.Who) > 64 || len(m.Key) > maxToken {
		return Problemf(CodeBadMessage, "delivery to nobody")
	}
	switch m.State {
	case FileOffered, FileTaken, FileDeclined, FileDone, FileFailed, FileWithdrawn:
		return checkFile(m.ID, 0, new("-"))
	default:
		return Problemf(CodeBadMessage, "delivery %.16q", m.State)
	}
}
