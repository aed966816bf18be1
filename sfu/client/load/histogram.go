package load

import (
	"math/bits"
	"time"
)

// subBuckets is how finely a histogram divides each power of two: 64 keep quantiles within 1.6 %.
const subBuckets = 64

// histogram counts durations of 1 ns and more in buckets that grow with them. The zero value is empty.
type histogram struct {
	buckets [64 * subBuckets]uint32
	count   uint64
}

func (h *histogram) add(d time.Duration) {
	n := uint64(max(d, 1))
	h.buckets[bucketOf(n)]++
	h.count++
}

// quantile returns the duration that a share q of all are at or below; 0 when there is none.
func (h *histogram) quantile(q float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	rank := uint64(q * float64(h.count-1))
	for i, n := range h.buckets {
		if rank < uint64(n) {
			return time.Duration(middleOf(i)) //nolint:gosec // it was one
		}
		rank -= uint64(n)
	}
	return 0
}

func bucketOf(n uint64) int {
	shift := max(0, bits.Len64(n)-7) // n>>shift has seven bits: 64 to 127
	return shift*subBuckets + int(n>>shift)
}

func middleOf(bucket int) uint64 {
	if bucket < 2*subBuckets {
		return uint64(bucket) //nolint:gosec // not negative
	}
	shift := bucket/subBuckets - 1
	low := uint64(bucket-shift*subBuckets) << shift //nolint:gosec // not negative
	return low + 1<<shift/2
}
