//go:build !headless

package app

// buildKind is what the program was built for. The constant build, in a file for each, is the choice by build tag.
type buildKind int

const (
	shipping   buildKind = iota // by `wails build`, to be used
	generating                  // by `wails build`, to be run once for the list of bound methods
	developing                  // by `wails dev`
	plain                       // by `go build` or `go test`, which leave out the window that Wails chooses by tag
)
