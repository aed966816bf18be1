package bridge

import (
	"net/http"
	"path"
	"strings"

	"github.com/earshot/earshot/internal/webpage"
)

const notBuilt = "Earshot's page is not in this program: it was built without its frontend. Run \"make build\", then start it again."

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
	webpage.Serve(w, r, s.cfg.Pages, name)
}

// HasPage says whether there is a page to serve: the frontend was built before the program.
func (s *Server) HasPage() bool { return webpage.HasIndex(s.cfg.Pages) }
