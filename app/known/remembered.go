package known

import (
	"log/slog"

	"github.com/earshot/earshot/app/discovery"
)

// Remembered returns the hosts as discovery asks them, without the one that has this key; "" is none. What is wrong with the file
// is logged: rooms are found without it.
func (h *Hosts) Remembered(log *slog.Logger, own string) []discovery.Known {
	hosts, err := h.List()
	if err != nil {
		log.Warn("known_hosts_not_used", "error", err)
	}
	out := make([]discovery.Known, 0, len(hosts))
	for _, host := range hosts {
		if host.Fingerprint != own {
			out = append(out, discovery.Known{Fingerprint: host.Fingerprint, Addresses: host.Addresses})
		}
	}
	return out
}
