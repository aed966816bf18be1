package doctor

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/earshot/earshot/app/discovery"
	"github.com/earshot/earshot/internal/lan"
	"github.com/earshot/earshot/sfu/signal"
)

func TestWindows(t *testing.T) {
	for _, c := range []struct {
		file, cards, firewall, public string
		microphone                    Answer // permission
		sound                         Sound
	}{
		{"windows-home.json", "Wi-Fi", "open", "", Yes, Sound{Yes, Yes}},
		{"windows-home.json", "vEthernet (WSL)", "no no", "vEthernet (WSL)", Yes, Sound{Yes, Yes}},
		{"windows-home.json", "Ethernet", "open", "", Yes, Sound{Yes, Yes}}, // not connected: nothing is known of it
		{"windows-public-korean.json", "이더넷", "no no", "이더넷", No, Sound{No, Yes}},
		{"windows-dismissed.json", "Ethernet", "no no", "", "", Sound{No, No}},
		{"windows-off.json", "Ethernet", "open", "", "", Sound{}},
		{"windows-blockall.json", "Ethernet", "no no", "", No, Sound{No, No}},
	} {
		s, sound := machine{cards: []netCard{{name: c.cards}}}.windowsSystem(captured(t, c.file))
		firewall := "open"
		if len(s.Firewalls) > 0 {
			firewall = says(&s.Firewalls[0])
		}
		if firewall != c.firewall || strings.Join(s.PublicNetworks, " ") != c.public || s.Microphone != c.microphone || sound != c.sound {
			t.Errorf("%s on %s: %s, public %v, microphone %q, %+v", c.file, c.cards, firewall, s.PublicNetworks, s.Microphone, sound)
		}
	}
	for _, bad := range []string{"", "null", "{}", "[]", "\ufeff{\"networks\":null}", "Get-NetConnectionProfile : 액세스가 거부되었습니다."} {
		s, sound := machine{cards: []netCard{{name: "Wi-Fi"}}}.windowsSystem([]byte(bad))
		if len(s.Firewalls) > 0 || len(s.PublicNetworks) > 0 || sound != (Sound{}) {
			t.Errorf("%q: %+v %+v", bad, s, sound)
		}
	}
}

func TestALF(t *testing.T) {
	const bundle, other = "/Applications/Earshot.app/Contents/MacOS/earshot", "/Users/kim/earshot"
	for _, c := range []struct{ state, all, apps, program, want string }{
		{"alf-off.txt", "alf-blockall-off-13.txt", "alf-apps-15.txt", bundle, "open"},
		{"alf-on.txt", "alf-blockall-off-13.txt", "alf-apps-13.txt", bundle, "open"},
		{"alf-on.txt", "alf-blockall-off-15.txt", "alf-apps-15.txt", bundle, "no no"},
		{"alf-on.txt", "alf-blockall-off-15.txt", "alf-apps-15.txt", other, "unknown unknown"},
		{"alf-on.txt", "alf-blockall-on-15.txt", "alf-apps-13.txt", bundle, "no no"},
		{"alf-all.txt", "alf-blockall-off-13.txt", "alf-apps-13.txt", bundle, "no no"},
		{"alf-on.txt", "alf-blockall-off-13.txt", "alf-apps-13.txt", "/Applications/Other Earshot.app/Contents/MacOS/earshot", "no no"},
	} {
		if got := says(parseALF(captured(t, c.state), captured(t, c.all), captured(t, c.apps), c.program)); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestSound(t *testing.T) {
	if s := parseAudio(captured(t, "audio-laptop.json")); s != (Sound{Yes, Yes}) {
		t.Errorf("laptop %+v", s)
	}
	if s := parseAudio(captured(t, "audio-mini.json")); s != (Sound{No, Yes}) {
		t.Errorf("mini %+v", s)
	}
	if s := parseAudio([]byte("{}")); s != (Sound{}) {
		t.Errorf("nothing %+v", s)
	}
	if !anyDevice(captured(t, "pactl-sources.txt")) || anyDevice(captured(t, "pactl-sources-none.txt")) ||
		!anyDevice(captured(t, "pactl-sinks.txt")) || anyDevice(captured(t, "pactl-sinks-none.txt")) || anyDevice(nil) {
		t.Error("pactl is misread")
	}
	pcm := "00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1\n00-03: HDMI 0 : HDMI 0 : playback 1\n"
	if s := parsePCM([]byte(pcm)); s != (Sound{Yes, Yes}) {
		t.Errorf("%+v", s)
	}
	if s := parsePCM([]byte("00-03: HDMI 0 : HDMI 0 : playback 1\n")); s != (Sound{No, Yes}) {
		t.Errorf("%+v", s)
	}
}

// tools is a computer on which these commands print these texts; others are not there.
type tools struct {
	prints map[string][]byte
	fails  map[string]error
	files  map[string][]byte
}

func (f tools) machine() machine {
	return machine{
		cards: []netCard{cardAt("192.168.0.5/24")}, port: 7788,
		run: func(_ context.Context, name string, args ...string) ([]byte, error) {
			line := strings.Join(append([]string{name}, args...), " ")
			if b, ok := f.prints[line]; ok {
				return b, f.fails[line]
			}
			if err := f.fails[line]; err != nil {
				return nil, err
			}
			return nil, exec.ErrNotFound
		},
		read: func(path string) ([]byte, error) {
			if b, ok := f.files[path]; ok {
				return b, nil
			}
			return nil, fs.ErrNotExist
		},
	}
}

// exits is the error of a command that ended with a code.
func exits(t *testing.T, code string) error {
	t.Helper()
	err := exec.CommandContext(t.Context(), "sh", "-c", "exit "+code).Run()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		t.Skipf("no shell here: %v", err)
	}
	return err
}

func TestLinuxFirewalls_AsksWhoeverIsInCharge(t *testing.T) {
	refused := exits(t, "1")
	for name, c := range map[string]struct {
		on   tools
		want string
	}{
		"nothing installed": {tools{}, ""},
		"ufw, as administrator": {
			tools{prints: map[string][]byte{"ufw status verbose": captured(t, "ufw-active.txt")}}, "ufw yes no",
		},
		"ufw, as anybody": {
			tools{
				prints: map[string][]byte{"ufw status verbose": nil}, fails: map[string]error{"ufw status verbose": refused},
				files: map[string][]byte{"/etc/ufw/ufw.conf": captured(t, "ufw.conf")},
			}, "ufw yes unknown",
		},
		"ufw is off, other rules are there": {
			tools{prints: map[string][]byte{
				"ufw status verbose": captured(t, "ufw-inactive.txt"), "nft -j list ruleset": captured(t, "nft-mdns.json"),
			}}, "nftables no yes",
		},
		"firewalld": {
			tools{prints: map[string][]byte{
				"firewall-cmd --state": []byte("running\n"), "firewall-cmd --get-active-zones": captured(t, "firewalld-zones.txt"),
				"firewall-cmd --get-default-zone": []byte("public\n"), "firewall-cmd --list-all --zone=public": captured(t, "firewalld-public.txt"),
				"nft -j list ruleset": captured(t, "firewalld-nft.json"),
			}}, "firewalld no no",
		},
		"firewalld, the interface is in no zone": {
			tools{prints: map[string][]byte{
				"firewall-cmd --state": []byte("running\n"), "firewall-cmd --get-active-zones": nil,
				"firewall-cmd --get-default-zone": []byte("home\n"), "firewall-cmd --list-all --zone=home": captured(t, "firewalld-home.txt"),
			}}, "firewalld yes no",
		},
		"firewalld refuses": {
			tools{fails: map[string]error{"firewall-cmd --state": exits(t, "253")}}, "firewalld unknown unknown",
		},
		"firewalld is not running": {
			tools{fails: map[string]error{"firewall-cmd --state": exits(t, "252")}, prints: map[string][]byte{"nft -j list ruleset": captured(t, "nft-tcp.json")}},
			"nftables yes no",
		},
		"nft may not be asked": {tools{fails: map[string]error{"nft -j list ruleset": refused, "iptables-save": refused}}, ""},
		"old iptables": {
			tools{prints: map[string][]byte{"iptables-save": []byte("*filter\n:INPUT DROP [0:0]\nCOMMIT\n")}}, "iptables no no",
		},
	} {
		var got []string
		for _, f := range c.on.machine().linuxFirewalls(t.Context()) {
			got = append(got, f.Product+" "+says(&f))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %q, want %q", name, s, c.want)
		}
	}
}

func TestNewMachine_AsksAboutInterfacesThatLeadOut(t *testing.T) {
	eth, tun := card("eth0", lan.Ethernet, "10.0.0.5/24"), card("tun0", lan.VPN, "10.8.0.2/24")
	off := card("eth1", lan.Ethernet, "10.1.0.5/24")
	off.Up = false
	six := card("wlan0", lan.WiFi, "fd00::5/64")
	m := newMachine(discovery.Inspection{Interfaces: []discovery.InterfaceSeen{eth, tun, off, six}}, 7788)
	if want := []netCard{{"eth0", netip.MustParsePrefix("10.0.0.5/24")}, {name: "wlan0"}}; !slices.Equal(m.cards, want) {
		t.Errorf("%+v", m.cards)
	}
	if a := m.cards[0].neighbour(); a.String() != "10.0.0.1" {
		t.Error(a)
	}
}

func TestAct_TakesOnlyItsOwnActions(t *testing.T) {
	for _, a := range []Action{"", "reboot", ActionCopyCommand, ActionJoinByAddress, ActionStartRoom, "ms-settings:about"} {
		for _, system := range []string{"linux", "darwin", "windows", "plan9"} {
			if c := commandFor(system, a); c != nil {
				t.Errorf("%q on %s: %q", a, system, c)
			}
		}
		if p, ok := errors.AsType[*signal.Problem](Act(a)); !ok || p.Code != signal.CodeUnsupported {
			t.Errorf("%q: no CodeUnsupported", a)
		}
	}
	for system, want := range map[string]int{"darwin": 5, "windows": 5, "plan9": 0} {
		n := 0
		for _, can := range actions(system) {
			if can {
				n++
			}
		}
		if n != want {
			t.Errorf("%d actions on %s, want %d", n, system, want)
		}
	}
}

// The path of the program is the one thing in a command that is not ours; a quote in it must end nothing.
func TestAllowScript_QuotesThePath(t *testing.T) {
	script := allowScript(`C:\Kim's ’apps’\earshot.exe`)
	if !strings.HasPrefix(script, `$p = 'C:\Kim''s ’’apps’’\earshot.exe'`+"\n") {
		t.Error(script)
	}
	command := windowsCommand(ActionAllowInFirewall, `C:\Kim's\earshot.exe`)
	outer := decodeScript(t, command[len(command)-1])
	if !strings.HasPrefix(outer, "Start-Process -Verb RunAs") || strings.Contains(outer, "Kim") {
		t.Error(outer)
	}
	_, rest, _ := strings.Cut(outer, "'-EncodedCommand','")
	if inner := decodeScript(t, strings.TrimSuffix(rest, "'")); inner != allowScript(`C:\Kim's\earshot.exe`) {
		t.Error(inner)
	}
}

func decodeScript(t *testing.T, text string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}
