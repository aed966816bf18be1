package reach

import "net/netip"

// Answer is yes, no, or not known.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Result is what a check found.
type Result struct {
	Port  int    // that was checked; 0 when none could be opened
	Taken int    // the wished port, when something else on this computer has it; else 0
	TCP   Answer // others get through to it; No only when somebody tried
	UDP   Answer
	By    string // the name of who tried, that of one who got through first; "" when nobody did

	// Unheard is the name of an app that heard our multicast and whose multicast did not reach us, "" for none.
	Unheard string
	// NotHearing is the name of an app on one of our networks that answers us and did not hear our multicast, "" for
	// none, or when another one did hear it.
	NotHearing string
	// Heard are the other computers heard by multicast during the check, by the interface's name.
	Heard map[string][]netip.Addr
	// Unsent are the interfaces on which the system refused to send multicast, by name.
	Unsent map[string]error
}
