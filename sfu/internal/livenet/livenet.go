// Package livenet is the machine's network as pion sees it, always as it is now.
package livenet

import (
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// Net is the machine's network as it is at each look. pion's own keeps the addresses that the machine had when a
// connection was made, and an ICE restart after a change of network would offer those.
type Net struct{ *stdnet.Net }

// New returns the machine's network. The error is the system's.
func New() (Net, error) {
	n, err := stdnet.NewNet()
	return Net{n}, err
}

// Interfaces implements transport.Net.
func (Net) Interfaces() ([]*transport.Interface, error) {
	now, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return now.Interfaces()
}
