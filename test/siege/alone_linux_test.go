package siege

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// insideNetwork is set in the environment of a test that runs in a network of its own.
const insideNetwork = "EARSHOT_SIEGE_NETWORK"

// inOwnNetwork runs the test once more, in a network of its own after setting it up with a shell script, and reports false; there it
// reports true.
func inOwnNetwork(t *testing.T, setup string) bool {
	t.Helper()
	if os.Getenv(insideNetwork) != "" {
		return true
	}
	if out, err := exec.CommandContext(t.Context(), "unshare", "--net", "--mount", "true").CombinedOutput(); err != nil {
		t.Skipf("skipped: needs root with network namespaces: %s", out)
	}
	c := exec.CommandContext(t.Context(), "unshare", "--net", "--mount", "sh", "-ec", "ip link set lo up\n"+setup+"\nexec \"$0\" \"$@\"", //nolint:gosec // this binary
		os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=120s")
	c.Env = append(os.Environ(), insideNetwork+"=1")
	out, err := c.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "_test.go") || strings.Contains(line, "--- ") || err != nil {
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("in its own network: %v", err)
	}
	return false
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}
