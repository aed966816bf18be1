// Package licences holds the licences of everything that is part of the program: Go modules, what of npm is bundled into the page,
// and data. The text is made by `go run ./internal/licences/collect` (scripts/licences), which refuses licences that are not on its list.
package licences

import _ "embed"

// Text is for people: each licence after the names of what is under it.
//
//go:embed licences.txt
var Text string
