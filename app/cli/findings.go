package cli

import "github.com/earshot/earshot/app/doctor"

// sentences say of a finding what it is, why it matters, and the one thing to do. A command may follow.
type sentences struct{ what, why, todo string }

// sentencesOf returns the sentences for a finding.
func sentencesOf(f doctor.Finding) sentences {
	p := func(name string) string { return f.Params[name] }
	do := func(otherwise string) string {
		if p("command") != "" {
			return "Run this as administrator:"
		}
		return otherwise
	}
	const allow = "Allow Earshot in this computer's firewall, for private networks."
	switch f.Code {
	case doctor.AllWell:
		return sentences{what: "Nothing stands in the way on this computer."}
	case doctor.NoNetwork:
		return sentences{
			"This computer is not connected to a network.",
			"Rooms live on the network of the office.",
			"Plug in the cable or join the Wi-Fi; rooms appear by themselves.",
		}
	case doctor.OnlyVirtual:
		return sentences{
			"Only a VPN or a virtual network is connected: " + p("interfaces") + ".",
			"Rooms are on the office's own network, which is not connected.",
			"Plug in the cable or join the Wi-Fi.",
		}
	case doctor.VPNUp:
		if f.Level == doctor.Note {
			return sentences{"A VPN is connected (" + p("interface") + ").", "It lets this network through.", ""}
		}
		return sentences{
			"A VPN is connected (" + p("interface") + ").",
			"Some VPNs take all traffic, also what is meant for the office's own network.",
			"Disconnect it for a moment and look again; or allow local network access in its settings.",
		}
	case doctor.MulticastBlocked:
		return sentences{
			"What this computer sends on " + p("interface") + " to find rooms does not even come back to itself.",
			"A firewall or a missing permission on this computer keeps multicast (UDP port 5353) out, so no room can be found there.",
			allow,
		}
	case doctor.MulticastNotPossible:
		return sentences{
			"The system does not let Earshot send on " + p("interface") + " to find rooms.",
			"A firewall or a missing permission on this computer blocks multicast (UDP port 5353), so no room can be found there.",
			"Allow Earshot in this computer's firewall or, on macOS, in Privacy & Security, Local Network.",
		}
	case doctor.NobodyHeard:
		return sentences{
			"No other Earshot is heard on " + p("interface") + ".",
			"Either nobody else has it open, or others are on another network, or the Wi-Fi keeps its computers apart (guest Wi-Fi, client isolation).",
			"Ask a colleague to open Earshot on the same network; if that does not help, join by their address or invite.",
		}
	case doctor.AppsWithoutRooms:
		return sentences{
			"Others have Earshot open (" + p("count") + "), and nobody has started a room.",
			"", "Start one: earshot host",
		}
	case doctor.RoomSilent:
		return sentences{
			"A room is advertised at " + p("address") + ", port " + p("port") + ", and does not answer.",
			"The firewall of its computer most likely keeps everybody out.",
			"Run \"earshot doctor\" on that computer, or allow Earshot in its firewall.",
		}
	case doctor.Unheard:
		return sentences{
			p("name") + "'s app can hear this computer, but this computer cannot hear it.",
			"The firewall of this computer keeps multicast (UDP port 5353) out, so rooms cannot be found.",
			allow,
		}
	case doctor.NotHeardByOthers:
		return sentences{
			p("name") + "'s app answers, but does not hear what this computer sends to everybody.",
			"The network between keeps multicast from it (or that computer's firewall does), so rooms do not show by themselves.",
			"Join by address or invite, or ask whoever runs the network to let multicast through.",
		}
	case doctor.TCPBlocked:
		return sentences{
			p("by") + " cannot open a connection to TCP port " + p("port") + " of this computer.",
			"Nobody could enter a room that you start: this computer's firewall, or the network, keeps them out.",
			"Allow Earshot, or TCP and UDP port " + p("port") + ", in this computer's firewall.",
		}
	case doctor.UDPBlocked:
		return sentences{
			"What " + p("by") + " sends to UDP port " + p("port") + " of this computer does not arrive.",
			"Voices in a room that you start would take TCP: they arrive, but every lost packet delays those behind it.",
			"Allow Earshot, or UDP port " + p("port") + ", in this computer's firewall.",
		}
	case doctor.Reachable:
		return sentences{what: "Others get through to this computer: " + p("by") + " dialled port " + p("port") + "."}
	case doctor.NobodyToAsk:
		return sentences{
			"Whether others get through to this computer was not checked.",
			"It takes another Earshot on the network, which dials back.",
			"Open Earshot on a second computer and look again.",
		}
	case doctor.PortTaken:
		return sentences{
			"Port " + p("port") + " is used by another program.",
			"A room that you start takes another port, which a firewall rule for " + p("port") + " does not cover.",
			"Nothing, unless others cannot enter your room.",
		}
	case doctor.Crowded:
		return sentences{
			"More rooms are advertised than Earshot looks at.",
			"Some may be missing from the list; somebody may be flooding the network.",
			"Join by address or invite.",
		}
	case doctor.FirewallBlocks:
		return sentences{
			"The firewall of this computer, " + p("product") + ", keeps Earshot's traffic out.",
			"It hides rooms from you, or your rooms from others.",
			do("Allow Earshot in it, for private networks."),
		}
	case doctor.FirewallOn:
		return sentences{
			"A firewall is on, " + p("product") + ", and could not be asked whether it lets Earshot in.",
			"If it does not, others cannot enter rooms that you start.",
			do("Allow Earshot in it, for private networks."),
		}
	case doctor.PublicNetwork:
		return sentences{
			"Windows takes the network on " + p("interface") + " for a public one.",
			"It lets no other computer in there, so rooms are neither found nor entered.",
			"In Settings, Network & internet, set this network to \"Private\".",
		}
	case doctor.LocalNetworkDenied:
		return sentences{
			"macOS does not let Earshot onto the local network.",
			"Rooms are on the local network.",
			"In System Settings, Privacy & Security, Local Network, switch Earshot on.",
		}
	case doctor.NoMicrophone:
		return sentences{"There is no microphone.", "You can listen, but nobody will hear you.", "Plug one in."}
	case doctor.NoSpeaker:
		return sentences{"There is no speaker.", "You will not hear anybody.", "Plug in headphones or a speaker."}
	case doctor.MicrophoneDenied:
		return sentences{
			"The system does not let Earshot use the microphone.",
			"You can listen, but nobody will hear you.",
			"Allow the microphone for Earshot in the system's privacy settings.",
		}
	}
	return sentences{what: string(f.Code)} // of a later version
}
