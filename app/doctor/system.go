package doctor

// System is what the operating system says of itself. The zero value says nothing.
type System struct {
	Firewalls []Firewall
	// PublicNetworks are the interfaces whose network Windows takes for a public one, where it lets nobody in.
	PublicNetworks []string
	// LocalNetwork and Microphone say whether the system permits them to Earshot; "" and Unknown where it does not tell.
	LocalNetwork, Microphone Answer
	// Actions that the system has a way for.
	Actions map[Action]bool
}

// Firewall is one firewall of this computer that is on.
type Firewall struct {
	Product string // as its users call it: "ufw", "Windows Defender Firewall"
	// Multicast and Port say whether it lets mDNS in, and TCP and UDP to a room's port; Unknown where it cannot be asked.
	Multicast, Port Answer
	Command         string // lets both in; "" where none does
	Action          Action // what Act can do about it
}
