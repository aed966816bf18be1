package diagnostics

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/earshot/earshot/app/doctor"
)

// maxBundled is bytes of the log that a bundle has: the last few hours of trouble, and no more than somebody can look through.
const maxBundled = 128 << 10

// maxUserAgent is bytes of what a web view says of itself; a longer one is not from a web view.
const maxUserAgent = 512

// Content is what a bundle is made of.
type Content struct {
	At        time.Time
	Version   string // of the app
	UserAgent string // of the web view; "" where there is none
	Window    string // what the window is, in words for developers; "" where there is none
	Settings  any    // marshals to a JSON object; its texts are left out but for those in plainTexts
	Doctor    *doctor.Report
	Log       []byte
	LogError  error
}

// Text returns a bundle as it is shown and saved: one text, in English, without anything that scrub hides.
func (c Content) Text(scrub *Scrubber) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("Earshot diagnostics, %s", c.At.UTC().Format(time.RFC3339))
	line("Names, addresses, links and keys were taken out. Look through it before you give it away.")
	line("\n== Versions")
	line("app      %s", c.Version)
	line("system   %s", scrub.Text(systemName()))
	line("built    %s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if c.Window != "" {
		line("window   %s", c.Window)
	}
	if agent := strings.Map(printable, c.UserAgent[:min(len(c.UserAgent), maxUserAgent)]); agent != "" {
		line("web view %s", scrub.Text(agent))
	}
	for _, module := range modules() {
		line("         %s", module)
	}
	line("\n== Settings")
	line("%s", indented(withoutTexts(c.Settings)))
	line("\n== Network and devices")
	if c.Doctor == nil {
		line("not looked at")
	} else {
		line("%s", indented(examined(*c.Doctor, scrub)))
	}
	line("\n== Log")
	switch {
	case c.LogError != nil:
		line("%s", scrub.Text(c.LogError.Error()))
	case len(c.Log) == 0:
		line("empty")
	default:
		b.WriteString(scrub.Text(string(c.Log)))
	}
	return b.String()
}

// ReadLog puts the recent log of a configuration directory into the content.
func (c *Content) ReadLog(dir string) { c.Log, c.LogError = Recent(dir, maxBundled) }

// modules are those libraries whose version explains a fault most often.
func modules() []string {
	var found []string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if strings.HasPrefix(m.Path, "github.com/pion/") || strings.HasPrefix(m.Path, "github.com/wailsapp/wails") {
				found = append(found, m.Path+" "+m.Version)
			}
		}
	}
	return found
}

// plainTexts are the settings whose texts are a choice of a few, or a key on the keyboard: they tell nothing of anybody.
var plainTexts = []string{"language", "theme", "noise", "mode", "talk", "mute", "deafen", "hand", "onClose"} //nolint:gochecknoglobals // a constant in all but type

// withoutTexts returns a value as JSON has it, with its texts and its maps' keys replaced unless they are known to be of no person.
func withoutTexts(value any) any {
	b, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err.Error()
	}
	return blanked("", v)
}

const blank = "…"

func blanked(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		all := make(map[string]any, len(v))
		for k, each := range v {
			all[fieldName(k, len(all))] = blanked(k, each)
		}
		return all
	case []any:
		return fmt.Sprintf("%d entries", len(v))
	case string:
		if v != "" && !slices.Contains(plainTexts, key) {
			return blank
		}
	}
	return v
}

// fieldName returns a key as it is when it looks like a field of ours, and else its number: maps are keyed by people.
func fieldName(key string, n int) string {
	plain := len(key) <= 20 && strings.IndexFunc(key, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }) < 0
	if plain {
		return key
	}
	return fmt.Sprintf("%s %d", blank, n+1)
}

// examined returns a report with networks instead of addresses and without who dialled back.
func examined(r doctor.Report, scrub *Scrubber) doctor.Report {
	r.Reach.By = ""
	r.Interfaces = slices.Clone(r.Interfaces)
	for i, each := range r.Interfaces {
		r.Interfaces[i].Addresses = nil
		for _, address := range each.Addresses {
			r.Interfaces[i].Addresses = append(r.Interfaces[i].Addresses, networkOf(address))
		}
	}
	r.Findings = slices.Clone(r.Findings)
	for i, f := range r.Findings {
		params := make(map[string]string, len(f.Params))
		for name, value := range f.Params {
			params[name] = scrub.Text(value)
		}
		r.Findings[i].Params = params
	}
	return r
}

// networkOf returns the network of an address (IP/BITS) without the part that names the computer; of one that is known outside the
// office only that it is one.
func networkOf(address string) string {
	p, err := netip.ParsePrefix(address)
	switch {
	case err != nil:
		return blank
	case !p.Addr().IsPrivate() && !p.Addr().IsLinkLocalUnicast() && !p.Addr().IsLoopback():
		return "public"
	case p.Bits() > p.Addr().BitLen()-2: // a network of one computer, as VPNs have
		return "one computer"
	}
	return p.Masked().String()
}

func indented(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}
