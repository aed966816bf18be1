package cli

import (
	"math"
	"time"
)

// millis is a duration in milliseconds with one decimal.
type millis float64

func toMillis(d time.Duration) millis {
	return millis(math.Round(float64(d)/float64(time.Millisecond)*10) / 10)
}
