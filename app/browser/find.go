package browser

import (
	"path/filepath"
	"strings"
)

// browser is one program that can show the page.
type browser struct {
	name      string   // for users to read; "" for the default browser
	program   string   // what to run
	appWindow bool     // it understands --app
	profile   string   // where the profile must be, "" where we like
	before    []string // arguments before the page, of one that is no app window
}

const (
	chromium = "Chromium"
	chrome   = "Google Chrome"
	edge     = "Microsoft Edge"
)

// candidates returns what to try, the best first: app windows, then the default browser; only the user's own choice if
// there is one.
func (o *Opener) candidates() []browser {
	if o.cfg.Override != "" {
		return []browser{chosen(o.cfg.Override)}
	}
	var found []browser
	switch o.system.os {
	case "windows":
		found = o.onWindows()
	case "darwin":
		found = o.onMac()
	default:
		found = o.onLinux()
	}
	return append(found, o.standard()...)
}

// chosen is the program of the user's own choice. Only browsers built on Chromium know --app.
func chosen(program string) browser {
	base := strings.ToLower(filepath.Base(program))
	base = strings.TrimSuffix(base, ".exe")
	switch {
	case strings.Contains(base, "chromium"):
		return browser{name: chromium, program: program, appWindow: true}
	case strings.Contains(base, "chrome"):
		return browser{name: chrome, program: program, appWindow: true}
	case strings.Contains(base, "edge"):
		return browser{name: edge, program: program, appWindow: true}
	default:
		return browser{name: filepath.Base(program), program: program}
	}
}

// standard is the way to the default browser.
func (o *Opener) standard() []browser {
	switch o.system.os {
	case "windows":
		// Not cmd /c start: it would read & and % of the address as its own.
		return []browser{{
			program: filepath.Join(o.system.getenv("SystemRoot"), "System32", "rundll32.exe"),
			before:  []string{"url.dll,FileProtocolHandler"},
		}}
	case "darwin":
		return []browser{{program: "/usr/bin/open"}}
	default:
		if program, err := o.system.lookPath("xdg-open"); err == nil {
			return []browser{{program: program}}
		}
		return nil
	}
}

func (o *Opener) onLinux() []browser {
	const snap = "/snap/bin/chromium"
	home := o.system.getenv("HOME")
	// A snap may not write to hidden directories of the home directory but its own, a flatpak to none but its own.
	snapProfile := filepath.Join(home, "snap", "chromium", "common", "earshot")

	var found []browser
	for _, b := range []browser{
		{name: chromium, program: "chromium"},
		{name: chrome, program: "google-chrome"},
		{name: chrome, program: "google-chrome-stable"},
		{name: edge, program: "microsoft-edge"},
		{name: edge, program: "microsoft-edge-stable"},
		{name: chromium, program: "chromium-browser"},
	} {
		path, err := o.system.lookPath(b.program)
		if err != nil {
			continue
		}
		b.program, b.appWindow = path, true
		// Ubuntu's chromium-browser is a script that runs the snap.
		if path == snap || strings.HasSuffix(path, "/chromium-browser") && o.system.isFile(snap) {
			b.profile = snapProfile
		}
		found = append(found, b)
	}
	if len(found) == 0 && o.system.isFile(snap) { // /snap/bin is not on every PATH
		found = append(found, browser{name: chromium, program: snap, appWindow: true, profile: snapProfile})
	}
	for _, flatpak := range []struct{ id, name string }{
		{"org.chromium.Chromium", chromium}, {"com.google.Chrome", chrome}, {"com.microsoft.Edge", edge},
	} {
		for _, dir := range []string{"/var/lib/flatpak/exports/bin", filepath.Join(home, ".local/share/flatpak/exports/bin")} {
			if path := filepath.Join(dir, flatpak.id); o.system.isFile(path) {
				found = append(found, browser{
					name: flatpak.name, program: path, appWindow: true,
					profile: filepath.Join(home, ".var/app", flatpak.id, "config", "earshot"),
				})
			}
		}
	}
	return found
}

func (o *Opener) onWindows() []browser {
	var found []browser
	for _, place := range []struct{ root, path, name string }{
		{"ProgramFiles(x86)", `Microsoft\Edge\Application\msedge.exe`, edge}, // part of Windows, so it comes first
		{"ProgramFiles", `Microsoft\Edge\Application\msedge.exe`, edge},
		{"ProgramFiles", `Google\Chrome\Application\chrome.exe`, chrome},
		{"ProgramFiles(x86)", `Google\Chrome\Application\chrome.exe`, chrome},
		{"LocalAppData", `Google\Chrome\Application\chrome.exe`, chrome},
		{"LocalAppData", `Chromium\Application\chrome.exe`, chromium},
	} {
		root := o.system.getenv(place.root)
		if root == "" {
			continue
		}
		if path := root + `\` + place.path; o.system.isFile(path) {
			found = append(found, browser{name: place.name, program: path, appWindow: true})
		}
	}
	return found
}

func (o *Opener) onMac() []browser {
	var found []browser
	for _, name := range []string{chrome, edge, chromium} {
		for _, root := range []string{"/Applications", filepath.Join(o.system.getenv("HOME"), "Applications")} {
			if path := filepath.Join(root, name+".app", "Contents", "MacOS", name); o.system.isFile(path) {
				found = append(found, browser{name: name, program: path, appWindow: true})
			}
		}
	}
	return found
}
