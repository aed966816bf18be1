package doctor

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/earshot/earshot/sfu/signal"
)

// Act does what a finding offers. It takes no text from outside: each action is one fixed command of the system, and the only thing
// put into one is the path of this program. Errors: CodeUnsupported where the system has none, or the page does it itself; or what the system says.
func Act(action Action) error {
	command := commandFor(runtime.GOOS, action)
	if len(command) == 0 {
		return signal.Problemf(signal.CodeUnsupported, "%.32q", action)
	}
	return start(command)
}

// commandFor returns the command for an action on a system, nil where there is none.
func commandFor(system string, action Action) []string {
	switch system {
	case "linux":
		return linuxCommand(action)
	case "darwin":
		return macCommand(action)
	case "windows":
		if program, err := os.Executable(); err == nil {
			return windowsCommand(action, program)
		}
	}
	return nil
}

// actWithin is how long a command may take to fail. Those that stay, like a settings window, are left to themselves.
const actWithin = time.Second

// start starts a program that outlives us and does not wait for it, but for an early failure.
func start(command []string) error {
	path, err := findTool(command[0])
	if err != nil {
		return signal.Problemf(signal.CodeUnsupported, "%v", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(context.Background()), path, command[1:]...)
	quietly(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open %s: %w", command[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the program
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("open %s: %w", command[0], err)
		}
	case <-time.After(actWithin):
	}
	return nil
}

// actions returns what a system has a way for, of what is not the page's to do.
func actions(system string) map[Action]bool {
	can := make(map[Action]bool)
	for _, a := range []Action{
		ActionOpenFirewall, ActionAllowInFirewall, ActionOpenNetwork, ActionOpenLocalNetwork, ActionOpenMicrophone, ActionOpenSound,
	} {
		can[a] = commandFor(system, a) != nil
	}
	return can
}

// macCommand opens a pane of the System Settings.
func macCommand(action Action) []string {
	pane := map[Action]string{
		ActionOpenFirewall:     "com.apple.preference.security?Firewall",
		ActionOpenNetwork:      "com.apple.preference.network",
		ActionOpenLocalNetwork: "com.apple.preference.security?Privacy_LocalNetwork",
		ActionOpenMicrophone:   "com.apple.preference.security?Privacy_Microphone",
		ActionOpenSound:        "com.apple.preference.sound",
	}[action]
	if pane == "" {
		return nil
	}
	return []string{"/usr/bin/open", "x-apple.systempreferences:" + pane}
}

// windowsCommand opens a page of the Settings, or lets this program in at the firewall, for which Windows asks for an administrator.
func windowsCommand(action Action, program string) []string {
	if action == ActionAllowInFirewall {
		return append([]string{"powershell.exe"}, powerShellArgs(elevated(allowScript(program)))...)
	}
	page := map[Action]string{
		ActionOpenFirewall:   "windowsdefender://network/",
		ActionOpenNetwork:    "ms-settings:network-status",
		ActionOpenMicrophone: "ms-settings:privacy-microphone",
		ActionOpenSound:      "ms-settings:sound",
	}[action]
	if page == "" {
		return nil
	}
	return []string{"rundll32.exe", "url.dll,FileProtocolHandler", page}
}

// allowScript lets a program in on private and domain networks. A rule that keeps it out, which Windows makes when somebody closes its question, would
// win over that: it goes.
func allowScript(program string) string {
	p := "'" + strings.NewReplacer("'", "''", "‘", "‘‘", "’", "’’", "‚", "‚‚", "‛", "‛‛").Replace(program) + "'" // all of them are quotes to PowerShell
	return "$p = " + p + "\n" +
		"Get-NetFirewallApplicationFilter -Program $p -ErrorAction SilentlyContinue | Get-NetFirewallRule | " +
		"Where-Object { $_.Direction -eq 'Inbound' -and $_.Action -eq 'Block' } | Remove-NetFirewallRule\n" +
		"New-NetFirewallRule -DisplayName 'Earshot' -Direction Inbound -Action Allow -Profile Private,Domain -Program $p\n"
}

// elevated runs a script as administrator.
func elevated(script string) string {
	args := strings.Join(powerShellArgs(script), "','")
	return "Start-Process -Verb RunAs -WindowStyle Hidden -FilePath powershell.exe -ArgumentList '" + args + "'"
}

// powerShellArgs are the arguments that run a script: in base64, which needs no quotes.
func powerShellArgs(script string) []string {
	b := make([]byte, 0, 2*len(script))
	for _, u := range utf16.Encode([]rune(script)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return []string{"-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-EncodedCommand", base64.StdEncoding.EncodeToString(b)}
}

// linuxPanels are the settings of the desktops that have any to open.
func linuxPanels(action Action) [][]string {
	var gnome, kde string
	switch action {
	case ActionOpenNetwork:
		gnome, kde = "network", "kcm_networkmanagement"
	case ActionOpenSound, ActionOpenMicrophone:
		gnome, kde = "sound", "kcm_pulseaudio"
	case ActionOpenFirewall:
		return [][]string{{"gufw"}, {"firewall-config"}}
	default:
		return nil
	}
	return [][]string{{"gnome-control-center", gnome}, {"systemsettings", kde}, {"systemsettings5", kde}}
}

// linuxCommand is the first of them that is installed.
func linuxCommand(action Action) []string {
	for _, command := range linuxPanels(action) {
		if _, err := findTool(command[0]); err == nil {
			return command
		}
	}
	return nil
}
