// Package webpage serves the built page to browsers: to the user's own (app/bridge) and to guests' (sfu).
package webpage

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"time"
)

// Headers sets what every answer carries. The page loads nothing from anywhere else, talks to nobody but connect, a list of
// sources as Content-Security-Policy has them, and nobody may frame it or open it with a handle to it.
func Headers(h http.Header, connect string) {
	// WebAssembly of our own files is the noise suppressor; a string is still no script.
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "+
		"font-src 'self'; media-src 'self' blob:; connect-src "+connect+"; worker-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=()")
}

// HasIndex says whether there is a page to serve: the frontend was built before the program.
func HasIndex(pages fs.FS) bool {
	if pages == nil {
		return false
	}
	info, err := fs.Stat(pages, "index.html")
	return err == nil && info.Mode().IsRegular()
}

// contentType returns the type of a file of a frontend build, "" for one that has no business there. The table of package
// mime is not used because it follows the registry on Windows, where .js is often text/plain, and nosniff makes that fatal.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".json", ".webmanifest":
		return "application/json"
	case ".wasm":
		return "application/wasm"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".mp3":
		return "audio/mpeg"
	case ".ogg":
		return "audio/ogg"
	case ".wav":
		return "audio/wav"
	default:
		return ""
	}
}

// hashed matches the names that a frontend build gives to files whose content never changes: assets/index-B2xk93Qw.js.
var hashed = regexp.MustCompile(`^assets/.*-[A-Za-z0-9_-]{8}\.[a-z0-9]+$`)

// Serve answers with one file of a frontend build, or 404.
func Serve(w http.ResponseWriter, r *http.Request, pages fs.FS, name string) {
	kind := contentType(name)
	if kind == "" || pages == nil {
		http.NotFound(w, r)
		return
	}
	file, err := pages.Open(name) // an invalid name is an error too
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()                  //nolint:errcheck // read side
	content, ok := file.(io.ReadSeeker) // embedded files are: no copy for each who asks
	if !ok {
		b, err := io.ReadAll(file)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		content = bytes.NewReader(b)
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	switch {
	case hashed.MatchString(name):
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	case name == "index.html":
		h.Set("Cache-Control", "no-store")
	default:
		h.Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, name, time.Time{}, content)
}
