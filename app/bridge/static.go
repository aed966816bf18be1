package bridge

import (
	"bytes"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

const notBuilt = "Earshot's page is not in this program: it was built without its frontend. Run \"make build\", then start it again."

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

// servePages answers one file of the frontend build.
func (s *Server) servePages(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	if name == "index.html" && !s.HasPage() {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, notBuilt, http.StatusServiceUnavailable)
		return
	}
	kind := contentType(name)
	if kind == "" || s.cfg.Pages == nil {
		http.NotFound(w, r)
		return
	}
	content, err := fs.ReadFile(s.cfg.Pages, name) // an invalid name is an error too
	if err != nil {
		http.NotFound(w, r)
		return
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
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// HasPage says whether there is a page to serve: the frontend was built before the program.
func (s *Server) HasPage() bool {
	if s.cfg.Pages == nil {
		return false
	}
	info, err := fs.Stat(s.cfg.Pages, "index.html")
	return err == nil && info.Mode().IsRegular()
}
