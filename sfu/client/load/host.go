package load

import (
	"errors"
	"time"
)

// ErrNoHost says that the room's process is not to be seen from here.
var ErrNoHost = errors.New("the host's process is not on this machine, or not visible to this user")

// usage is what a process has used so far.
type usage struct {
	cpu    time.Duration // of all its threads, user and system
	memory int64         // resident, in bytes
}
