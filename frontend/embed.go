// Package frontend carries the page, as `make build` leaves it in dist, inside the program.
package frontend

import (
	"embed"
	"io/fs"
)

// dist is empty but for .gitkeep until the page has been built: then the program has no page, and says so.
//
//go:embed all:dist
var dist embed.FS

// Pages returns the built page: index.html at its root.
func Pages() fs.FS {
	pages, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	return pages
}
