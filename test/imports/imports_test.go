// Package imports_test keeps the direction of imports that docs/ARCHITECTURE.md draws:
//
//	main -> {app, app/cli} -> {app/discovery, app/bridge, sfu, sfu/client} -> sfu/signal
//
// It asks the go command, so it sees what the compiler sees, and it sees it for a build with a window and for one without.
package imports_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/earshot/earshot"

// forbidden maps a package of ours and all below it to what it must not import, and why.
var forbidden = []struct{ from, to, why string }{
	{"sfu", "app", "the SFU runs wherever it is put, it knows no app"},
	{"sfu", "github.com/wailsapp", "the SFU runs without a window"},
	{"sfu/signal", "sfu/client", "the language knows none of its speakers"},
	{"sfu/signal", "github.com/pion", "the language of a room carries media descriptions as text"},
	{"sfu/identity", "sfu/client", "a key knows nobody who uses it"},
	{"app/discovery", "app/bridge", "finding rooms has nothing to do with pages"},
	{"app/discovery", "app/cli", "parts do not know the modes that use them"},
	{"app/discovery", "github.com/wailsapp", "rooms are found without a window too"},
	{"app/bridge", "app/discovery", "the bridge carries calls, it does not know what they do"},
	{"app/bridge", "app/cli", "parts do not know the modes that use them"},
	{"app/bridge", "sfu/client", "the bridge carries calls, it does not know what they do"},
	{"app/bridge", "github.com/wailsapp", "the bridge is there for pages that are not in a window"},
	{"app/cli", "github.com/wailsapp", "the modes without a window must build without one"},
}

// The packages that only main may import, and those that only their own side may.
func TestImports_FollowTheMap(t *testing.T) {
	for _, tags := range []string{"", "headless"} {
		packages := list(t, tags, "./...")
		if len(packages) < 5 {
			t.Fatalf("tags %q: only %d packages were listed; the rules would pass on nothing", tags, len(packages))
		}
		for _, pkg := range packages {
			for _, imported := range pkg.Imports {
				for _, rule := range forbidden {
					if below(pkg.ImportPath, module+"/"+rule.from) && below(imported, ours(rule.to)) {
						t.Errorf("tags %q: %s imports %s: %s", tags, pkg.ImportPath, imported, rule.why)
					}
				}
				if below(imported, module) && !below(pkg.ImportPath, module+"/app") && pkg.ImportPath != module &&
					below(imported, module+"/app") {
					t.Errorf("tags %q: %s imports %s: only main and app know the app", tags, pkg.ImportPath, imported)
				}
			}
		}
	}
}

// The server and the client meet in sfu/signal only. (The server's tests use the client.)
func TestImports_ServerAndClientDoNotKnowEachOther(t *testing.T) {
	for _, pkg := range list(t, "", "./sfu/...") {
		client := below(pkg.ImportPath, module+"/sfu/client")
		for _, imported := range pkg.Imports {
			if client && imported == module+"/sfu" {
				t.Errorf("%s imports %s: a client runs without a server", pkg.ImportPath, imported)
			}
			if !client && below(imported, module+"/sfu/client") {
				t.Errorf("%s imports %s: a server knows no client", pkg.ImportPath, imported)
			}
		}
	}
}

func TestImports_HeadlessBuildHasNoWindow(t *testing.T) {
	args := []string{"-deps"}
	for _, pkg := range list(t, "headless", append(args, ".")...) {
		if below(pkg.ImportPath, "github.com/wailsapp") {
			t.Errorf("the headless build contains %s", pkg.ImportPath)
		}
	}
	// The rule can fail: the build with a window does contain it.
	windowed := list(t, "", append(args, ".")...)
	if !slices.ContainsFunc(windowed, func(pkg listed) bool { return below(pkg.ImportPath, "github.com/wailsapp/wails") }) {
		t.Error("the build with a window contains no Wails either")
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

// list asks the go command about the packages at the module's root, with the given build tags.
func list(t *testing.T, tags string, patterns ...string) []listed {
	t.Helper()
	args := append([]string{"list", "-json=ImportPath,Imports", "-tags", tags}, patterns...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg listed
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("decode go list: %v", err)
		}
		packages = append(packages, pkg)
	}
}

// below reports whether path is root or a package under it.
func below(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// ours completes a path inside the module; others are complete.
func ours(path string) string {
	if strings.Contains(path, ".") {
		return path
	}
	return module + "/" + path
}
