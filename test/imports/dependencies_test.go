package imports_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestDependencies_AreAllJustified asks that docs/DEPENDENCIES.md names each direct dependency, of Go and of npm, and names none that is gone.
func TestDependencies_AreAllJustified(t *testing.T) {
	b, err := os.ReadFile("../../docs/DEPENDENCIES.md")
	if err != nil {
		t.Fatal(err)
	}
	// Only the first column: "| github.com/pion/ice/v4, dtls/v3 |" names two modules of one owner.
	named := make(map[string]bool)
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(string(b), -1) {
		owner := ""
		for i, name := range strings.Split(row[1], ", ") {
			if i == 0 && strings.Count(name, "/") >= 2 {
				owner = name[:strings.Index(name, "/")+1+strings.Index(name[strings.Index(name, "/")+1:], "/")+1]
			}
			if i > 0 && owner != "" {
				named[owner+name], named["github.com/"+name] = true, true
			}
			named[name] = true
		}
	}
	var direct []string
	for _, mod := range []string{"../../go.mod", "../../tools/lint/go.mod", "../../tools/wails/go.mod", "../../tools/sbom/go.mod"} {
		out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", mod).Output()
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Require []struct {
				Path     string
				Indirect bool
			}
			Tool []struct{ Path string }
		}
		if err := json.Unmarshal(out, &m); err != nil {
			t.Fatal(err)
		}
		for _, r := range m.Require {
			if !r.Indirect && !strings.Contains(mod, "tools/") {
				direct = append(direct, r.Path)
			}
		}
		for _, tool := range m.Tool {
			direct = append(direct, strings.TrimSuffix(tool.Path, "/cmd/golangci-lint"))
		}
	}
	for _, manifest := range []string{"../../frontend/package.json", "../package.json", "../../tools/sbom/package.json"} {
		b, err := os.ReadFile(manifest)
		if err != nil {
			t.Fatal(err)
		}
		var m struct{ Dependencies, DevDependencies map[string]string }
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		for _, all := range []map[string]string{m.Dependencies, m.DevDependencies} {
			for name, version := range all {
				direct = append(direct, name)
				if strings.ContainsAny(version, "^~*x<> ") {
					t.Errorf("%s: %s %s is no pinned version", manifest, name, version)
				}
			}
		}
	}
	for _, name := range direct {
		if !named[name] {
			t.Errorf("docs/DEPENDENCIES.md says nothing of %s", name)
		}
	}
	if len(direct) < 30 {
		t.Errorf("only %d direct dependencies were found", len(direct))
	}
}
