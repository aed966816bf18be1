package siege

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	ofNumbers = regexp.MustCompile(`(?m)^func TestBadInput_((?:\d\d_)+)[A-Z]\w*\(`)
	besides   = regexp.MustCompile(`\.(Undisturbed|GoOn)\(t`) // what package talking is asked
	row       = regexp.MustCompile(`(?m)^\| (\d+) \| [^|]+ \| ([^|]+) \|$`)
	quoted    = regexp.MustCompile("`([^`]+)`")
)

// Each of the forty has a line in docs/RELIABILITY.md, whose tests exist, and one that runs beside a talk; each test with a number has
// its line.
func TestTable_OfBadInputAgreesWithTheTests(t *testing.T) {
	tests, beside := make(map[int]int), make(map[int]int) // how many have a number, and how many of them run beside a talk
	for _, dir := range []string{"app", "sfu", "internal", "test"} {
		err := filepath.WalkDir(filepath.Join("../..", dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, found := range ofNumbers.FindAllSubmatchIndex(b, -1) {
				body, _, _ := strings.Cut(string(b[found[0]:]), "\n}\n")
				for number := range strings.SplitSeq(strings.Trim(string(b[found[2]:found[3]]), "_"), "_") {
					n, _ := strconv.Atoi(number)
					tests[n]++
					if besides.MatchString(body) {
						beside[n]++
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	doc, err := os.ReadFile("../../docs/RELIABILITY.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []int
	for _, line := range row.FindAllStringSubmatch(string(doc), -1) {
		n, _ := strconv.Atoi(line[1])
		listed = append(listed, n)
		names := quoted.FindAllStringSubmatch(line[2], -1)
		if len(names) == 0 && !strings.Contains(line[2], "not yet") {
			t.Errorf("%d names no test", n)
		}
		for _, name := range names {
			switch name := name[1]; {
			case strings.HasPrefix(name, "TestBadInput_"):
				if want := "TestBadInput_" + line[1] + "_*"; name != want && name != strings.Replace(want, "_", "_0", 1) {
					t.Errorf("%d names %s", n, name)
				}
				if tests[n] == 0 {
					t.Errorf("%d names %s, and there is none", n, name)
				}
			case strings.HasPrefix(name, "test/"):
				b, err := os.ReadFile("../../" + name)
				if err != nil || !regexp.MustCompile(`\((?:\d+, )*`+line[1]+`(?:, \d+)*\)`).Match(b) {
					t.Errorf("%d names %s, which has no (%d) in a title: %v", n, name, n, err)
				}
			}
		}
	}
	for n := range 40 {
		if beside[n+1] == 0 {
			t.Errorf("no test of %d runs beside a talk", n+1)
		}
		if !slices.Contains(listed, n+1) {
			t.Errorf("%d has no line in the table", n+1)
		}
	}
	for n := range tests {
		if !slices.Contains(listed, n) {
			t.Errorf("there is a TestBadInput_%02d_, and no line for it", n)
		}
	}
	if !slices.IsSorted(listed) {
		t.Error("the lines are not in order")
	}
}
