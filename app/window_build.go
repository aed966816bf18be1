//go:build !headless

package app

// buildKind is what the Wails CLI builds the program for. The constant build, in a file for each, is its choice by tag.
type buildKind int

const (
	shipping   buildKind = iota // to be used
	generating                  // to be run once by `wails build`, for the list of bound methods
	developing                  // `wails dev`
)
