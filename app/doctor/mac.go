package doctor

import (
	"context"
	"encoding/json"
	"path"
	"strings"
)

// This file reads what the tools of macOS print. It is compiled everywhere, so that it is tested everywhere.

// alf is macOS' application firewall.
const alf = "/usr/libexec/ApplicationFirewall/socketfilterfw"

// macFirewalls asks it. Since macOS 15 an administrator's profile may keep it from answering.
func (m machine) macFirewalls(ctx context.Context, program string) []Firewall {
	state, err := m.run(ctx, alf, "--getglobalstate")
	if err != nil {
		return nil
	}
	all, _ := m.run(ctx, alf, "--getblockall")
	apps, _ := m.run(ctx, alf, "--listapps")
	return list(parseALF(state, all, apps, program))
}

// parseALF reads the answers to --getglobalstate, --getblockall and --listapps. It returns nil when the firewall is off or
// lets the program in. A program that is not listed is asked about when it first listens, unless it is signed.
func parseALF(state, blockAll, apps []byte, program string) *Firewall {
	text := strings.ToLower(string(state))
	f := &Firewall{Product: "macOS firewall", Multicast: Unknown, Port: Unknown, Action: ActionOpenFirewall}
	switch {
	case strings.Contains(text, "state = 0"), strings.Contains(text, "disabled"):
		return nil
	case strings.Contains(text, "state = 2"), strings.Contains(strings.ToLower(string(blockAll)), "enabled"):
		f.Multicast, f.Port = No, No
		return f
	}
	switch allowed := listedALF(apps, program); allowed {
	case Yes:
		return nil
	case No:
		f.Multicast, f.Port = No, No
	case Unknown:
	}
	return f
}

// listedALF says whether --listapps has the program, or the bundle that it is in, as allowed:
//
//	1 :  /Applications/Earshot.app
//	     ( Allow incoming connections )
func listedALF(b []byte, program string) Answer {
	ours := false
	for line := range strings.Lines(string(b)) {
		if _, listed, ok := strings.Cut(line, ":"); ok && strings.Contains(line, "/") {
			listed = strings.TrimSpace(listed)
			ours = listed == program || path.Ext(listed) == ".app" && strings.HasPrefix(program, listed+"/")
			continue
		}
		if ours && strings.Contains(line, "Allow incoming") {
			return Yes
		}
		if ours && strings.Contains(line, "Block incoming") {
			return No
		}
	}
	return Unknown
}

func (m machine) macSound(ctx context.Context) Sound {
	b, err := m.run(ctx, "/usr/sbin/system_profiler", "SPAudioDataType", "-json")
	if err != nil {
		return Sound{}
	}
	return parseAudio(b)
}

// parseAudio reads `system_profiler SPAudioDataType -json`: a device that records has input channels, one that plays
// output channels. The numbers come as numbers or as text.
func parseAudio(b []byte) Sound {
	var answer struct {
		SPAudioDataType []struct {
			Items []map[string]any `json:"_items"`
		}
	}
	if json.Unmarshal(b, &answer) != nil || answer.SPAudioDataType == nil {
		return Sound{}
	}
	sound := Sound{Microphone: No, Speaker: No}
	some := func(v any) bool { return v != nil && v != "0" && v != float64(0) }
	for _, group := range answer.SPAudioDataType {
		for _, device := range group.Items {
			if some(device["coreaudio_device_input"]) {
				sound.Microphone = Yes
			}
			if some(device["coreaudio_device_output"]) {
				sound.Speaker = Yes
			}
		}
	}
	return sound
}
