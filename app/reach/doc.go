// Package reach finds out whether other computers get through to the port of a room on this one, by asking another Earshot
// to dial it, and dials others that ask. docs/PROTOCOL.md section 6 is its specification.
//
// Two ways lead to somebody who can dial: the host of a room is asked by HTTPS on its room's port; and any Earshot on the
// link that is open is asked by multicast, with a query for rooms that carries the request. Whoever answers dials TCP and
// UDP, and tells the result by multicast, so that an asker whose port is shut still learns of it.
//
// A request must not turn an app into a port scanner or a reflector: only the asker's own address is dialled, where the
// request came from; only ports above 1023; each request once, few a minute, and never more packets than a person's
// double click would cause.
package reach
