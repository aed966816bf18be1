package browser

import (
	"errors"
	"slices"
	"testing"
)

// computer is a system with some files, of which those in bin are on the PATH.
func computer(os string, env map[string]string, files ...string) system {
	return system{
		os:     os,
		getenv: func(name string) string { return env[name] },
		isFile: func(path string) bool { return slices.Contains(files, path) },
		lookPath: func(name string) (string, error) {
			for _, dir := range []string{"/usr/bin/", "/snap/bin/"} {
				if slices.Contains(files, dir+name) {
					return dir + name, nil
				}
			}
			return "", errors.New("not found")
		},
	}
}

func TestCandidates_AreWhatIsInstalledBestFirst(t *testing.T) {
	linux := map[string]string{"HOME": "/home/u"}
	windows := map[string]string{
		"ProgramFiles": `C:\Program Files`, "ProgramFiles(x86)": `C:\Program Files (x86)`, "LocalAppData": `C:\Users\u\AppData\Local`,
		"SystemRoot": `C:\Windows`,
	}
	for name, c := range map[string]struct {
		system system
		want   []browser
	}{
		"Debian": {
			computer("linux", linux, "/usr/bin/chromium", "/usr/bin/xdg-open"),
			[]browser{{name: "Chromium", program: "/usr/bin/chromium", appWindow: true}, {program: "/usr/bin/xdg-open"}},
		},
		"several": {
			computer("linux", linux, "/usr/bin/microsoft-edge", "/usr/bin/google-chrome", "/usr/bin/firefox"),
			[]browser{
				{name: "Google Chrome", program: "/usr/bin/google-chrome", appWindow: true},
				{name: "Microsoft Edge", program: "/usr/bin/microsoft-edge", appWindow: true},
			},
		},
		"Ubuntu's snap by its script": {
			computer("linux", linux, "/usr/bin/chromium-browser", "/snap/bin/chromium.chromedriver", "/snap/bin/chromium"),
			[]browser{
				{name: "Chromium", program: "/snap/bin/chromium", appWindow: true, profile: "/home/u/snap/chromium/common/earshot"},
				{name: "Chromium", program: "/usr/bin/chromium-browser", appWindow: true, profile: "/home/u/snap/chromium/common/earshot"},
			},
		},
		"flatpak": {
			computer("linux", linux, "/var/lib/flatpak/exports/bin/com.google.Chrome"),
			[]browser{{
				name: "Google Chrome", program: "/var/lib/flatpak/exports/bin/com.google.Chrome", appWindow: true,
				profile: "/home/u/.var/app/com.google.Chrome/config/earshot",
			}},
		},
		"only a default browser": {computer("linux", linux, "/usr/bin/xdg-open"), []browser{{program: "/usr/bin/xdg-open"}}},
		"nothing":                {computer("linux", linux), nil},
		"macOS": {
			computer("darwin", map[string]string{"HOME": "/Users/u"},
				"/Users/u/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
			[]browser{
				{name: "Google Chrome", program: "/Users/u/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", appWindow: true},
				{program: "/usr/bin/open"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) { expect(t, c.system, "", c.want) })
	}
	t.Run("Windows", func(t *testing.T) {
		o := &Opener{system: computer("windows", windows, `C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`)}
		got := o.candidates()
		if len(got) != 2 || got[0].name != "Microsoft Edge" || !got[0].appWindow || got[1].name != "" || got[1].appWindow {
			t.Fatalf("got %+v", got)
		}
	})
}

func TestCandidates_AreOnlyTheUsersChoice(t *testing.T) {
	full := computer("linux", nil, "/usr/bin/chromium", "/usr/bin/xdg-open")
	for program, want := range map[string]browser{
		"/opt/google/chrome/google-chrome": {name: "Google Chrome", program: "/opt/google/chrome/google-chrome", appWindow: true},
		"/opt/edge/msedge.exe":             {name: "Microsoft Edge", program: "/opt/edge/msedge.exe", appWindow: true},
		"/usr/bin/firefox":                 {name: "firefox", program: "/usr/bin/firefox"},
	} {
		expect(t, full, program, []browser{want})
	}
}

func expect(t *testing.T, s system, override string, want []browser) {
	t.Helper()
	o := &Opener{cfg: Config{Override: override}, system: s}
	got := o.candidates()
	equal := slices.EqualFunc(got, want, func(a, b browser) bool {
		return a.name == b.name && a.program == b.program && a.appWindow == b.appWindow && a.profile == b.profile
	})
	if !equal {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}
