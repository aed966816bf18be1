//go:build race

package siege

// racing says whether the race detector is in.
const racing = true
