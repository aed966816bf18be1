package bridge_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// The page as it is built has nothing that the policy would have to make a hole for: no inline script or style, no handler in
// an attribute, no other origin.
func TestBadInput_36_TheBuiltPageNeedsNoHoleInThePolicy(t *testing.T) {
	dist := os.DirFS("../../frontend/dist")
	built, err := fs.ReadFile(dist, "index.html")
	if err != nil {
		t.Skip("skipped: the page is not built: scripts/build page")
	}
	page := string(built)
	for what, re := range map[string]string{
		"an inline script":    `(?is)<script[^>]*>\s*[^<\s]`,
		"an inline style":     `(?i)<style|\sstyle=`,
		"a handler":           `(?i)\son[a-z]+=`,
		"another origin":      `(?i)(src|href|action)=["']?(https?:)?//`,
		"a policy of its own": `(?i)http-equiv`,
	} {
		if found := regexp.MustCompile(re).FindString(page); found != "" {
			t.Errorf("the page has %s: %q", what, found)
		}
	}
	for _, script := range regexp.MustCompile(`(?i)<script[^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(script, ` src="./`) {
			t.Errorf("the page has a script that is no file of it: %s", script)
		}
	}
	// Scripts and styles load nothing from elsewhere either; namespaces of XML are names and are not loaded.
	loads := regexp.MustCompile(`(?:url\(|import\(?|fetch\(|new WebSocket\(|importScripts\()\s*["'\x60]?(?:https?|wss?):[^"'\x60)]*`)
	err = fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".js" && path.Ext(name) != ".css" {
			return err
		}
		b, err := fs.ReadFile(dist, name)
		if found := loads.Find(b); found != nil {
			t.Errorf("%s loads %q", name, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
