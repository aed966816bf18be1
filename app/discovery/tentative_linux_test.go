package discovery

import (
	"fmt"
	"testing"
)

func TestTentative_LeavesOutWhatCannotBeUsedYet(t *testing.T) {
	table := `00000000000000000000000000000001 01 80 10 80       lo
fe8000000000000042a5effffe3b0a11 02 40 20 c0     eth0
fd660000000000000000000000000001 02 40 00 80     eth0
20010db8006600000000000000000001 02 40 00 c8     eth0
20010db8006600000000000000000002 02 40 00 44     eth0
garbage
zz000000000000000000000000000001 02 40 00 40     eth0
`
	if got := fmt.Sprint(parseTentative([]byte(table))); got != "map[2001:db8:66::1:true fe80::42a5:efff:fe3b:a11:true]" {
		t.Errorf("got %s", got)
	}
}
