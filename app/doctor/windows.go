package doctor

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// This file reads what Windows says of itself. It is compiled everywhere, so that it is tested everywhere. PowerShell's objects are
// asked, not netsh, whose words are in the user's language.

// powerShellWithin is how long the script may take: PowerShell alone starts in up to 2 s on a cold laptop.
const powerShellWithin = 5 * time.Second

// windowsScript prints one JSON object. Enumerations go as text: as numbers they differ between the versions of
// PowerShell. The value of the microphone's consent is "Allow" or "Deny"; NonPackaged is that of desktop programs.
// The audio endpoints' identifiers say whether they play ({0.0.0.…}) or record ({0.0.1.…}), in every language.
const windowsScript = `$ErrorActionPreference = 'SilentlyContinue'
$ProgressPreference = 'SilentlyContinue'
[Console]::OutputEncoding = New-Object Text.UTF8Encoding
$consent = 'Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone'
@{
  networks = @(Get-NetConnectionProfile | ForEach-Object { @{ interface = $_.InterfaceAlias; category = [string]$_.NetworkCategory } })
  profiles = @(Get-NetFirewallProfile -PolicyStore ActiveStore | ForEach-Object {
    @{ name = $_.Name; enabled = [string]$_.Enabled; inbound = [string]$_.DefaultInboundAction; rules = [string]$_.AllowInboundRules } })
  rules = @(Get-NetFirewallApplicationFilter -Program $env:EARSHOT_PROGRAM | Get-NetFirewallRule |
    Where-Object { [string]$_.Enabled -eq 'True' -and [string]$_.Direction -eq 'Inbound' } | ForEach-Object {
      $port = $_ | Get-NetFirewallPortFilter
      @{ action = [string]$_.Action; profile = [string]$_.Profile; protocol = [string]$port.Protocol; port = [string]($port.LocalPort -join ',') } })
  sound = @(Get-PnpDevice -Class AudioEndpoint -Status OK | ForEach-Object { $_.InstanceId })
  asked = [bool](Get-Command Get-PnpDevice)
  microphone = @((Get-ItemProperty "HKLM:\SOFTWARE\$consent").Value, (Get-ItemProperty "HKCU:\Software\$consent").Value,
    (Get-ItemProperty "HKCU:\Software\$consent\NonPackaged").Value)
} | ConvertTo-Json -Depth 4 -Compress`

// windows asks the system about its networks, its firewall, its permissions and its sound devices.
func (m machine) windows(ctx context.Context, program string) (System, Sound) {
	ctx, cancel := context.WithTimeout(ctx, powerShellWithin)
	defer cancel()
	// The path goes by the environment, so that no quoting can go wrong.
	b, err := runFor(ctx, []string{"EARSHOT_PROGRAM=" + program}, "powershell.exe", powerShellArgs(windowsScript)...)
	if err != nil {
		return System{}, Sound{}
	}
	return m.windowsSystem(b)
}

// windowsAnswer is what the script prints.
type windowsAnswer struct {
	Networks []struct{ Interface, Category string }
	Profiles []windowsProfile
	Rules    []windowsRule
	Sound    []string
	Asked    bool
	// Microphone holds nulls where nobody ever decided.
	Microphone []*string
}

type windowsProfile struct{ Name, Enabled, Inbound, Rules string }

type windowsRule struct{ Action, Profile, Protocol, Port string }

// windowsSystem reads it.
func (m machine) windowsSystem(b []byte) (System, Sound) {
	s, sound := System{}, Sound{}
	var w windowsAnswer
	// A byte order mark may come first.
	if json.Unmarshal([]byte(strings.TrimPrefix(strings.TrimSpace(string(b)), "\ufeff")), &w) != nil {
		return s, sound
	}
	f := Firewall{Product: "Windows Defender Firewall", Multicast: Yes, Port: Yes, Action: ActionAllowInFirewall}
	for _, n := range w.Networks {
		if !m.has(n.Interface) {
			continue
		}
		profile := n.Category
		switch profile {
		case "Public":
			s.PublicNetworks = append(s.PublicNetworks, n.Interface)
		case "DomainAuthenticated":
			profile = "Domain"
		}
		tcp, udp := w.lets(profile, "TCP"), w.lets(profile, "UDP")
		f.Multicast, f.Port = and(f.Multicast, udp), and(f.Port, and(tcp, udp))
	}
	if f.Multicast != Yes || f.Port != Yes {
		s.Firewalls = append(s.Firewalls, f)
	}
	for _, value := range w.Microphone {
		switch {
		case value == nil:
		case *value == "Deny":
			s.Microphone = No
		case s.Microphone == "":
			s.Microphone = Yes
		}
	}
	if w.Asked {
		sound = Sound{Microphone: No, Speaker: No}
		for _, id := range w.Sound {
			switch {
			case strings.Contains(id, "{0.0.1."):
				sound.Microphone = Yes
			case strings.Contains(id, "{0.0.0."):
				sound.Speaker = Yes
			}
		}
	}
	return s, sound
}

// has reports whether an interface is one that leads to the office.
func (m machine) has(name string) bool {
	for _, c := range m.cards {
		if c.name == name {
			return true
		}
	}
	return false
}

// lets says whether the firewall lets a protocol in to this program in networks of a profile. A rule that blocks wins over those that allow; without any
// the profile's default counts, which blocks unless an administrator says otherwise ("NotConfigured" is that default).
func (w windowsAnswer) lets(profile, protocol string) Answer {
	found := false
	for _, p := range w.Profiles {
		if p.Name != profile {
			continue
		}
		found = true
		switch {
		case p.Enabled == "False":
			return Yes
		case p.Rules == "False": // "Block all incoming connections"
			return No
		case p.Inbound == "Allow":
			return not(yes(w.any("Block", profile, protocol)))
		}
	}
	switch {
	case !found:
		return Unknown
	case w.any("Block", profile, protocol):
		return No
	}
	return yes(w.any("Allow", profile, protocol))
}

// any reports whether a rule of the kind is for all ports of a protocol in a profile.
func (w windowsAnswer) any(action, profile, protocol string) bool {
	for _, r := range w.Rules {
		for name := range strings.SplitSeq(r.Profile, ",") {
			name = strings.TrimSpace(name)
			if r.Action == action && (name == "Any" || name == profile) && (r.Protocol == "Any" || r.Protocol == protocol) &&
				(r.Port == "Any" || r.Port == "" || action == "Block") {
				return true
			}
		}
	}
	return false
}
