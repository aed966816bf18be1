// Package examples reads the test vectors out of docs/PROTOCOL.md: JSON blocks marked <!-- example: NAME -->.
// Only tests import it.
package examples

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Example is one marked JSON block.
type Example struct{ Name, JSON string }

// Read returns the examples of the document whose name starts with prefix, in order, the prefix cut off. A document
// without any is an error.
func Read(path, prefix string) ([]Example, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read examples: %w", err)
	}
	marked := regexp.MustCompile("(?s)<!-- example: (\\S+) -->\n```json\n(.*?)```")
	var found []Example
	for _, m := range marked.FindAllStringSubmatch(string(b), -1) {
		if name, ok := strings.CutPrefix(m[1], prefix); ok {
			found = append(found, Example{name, m[2]})
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("read examples: none named %s* in %s", prefix, path)
	}
	return found, nil
}
