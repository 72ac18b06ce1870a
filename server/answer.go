package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/static"
	"github.com/gregaria/gregaria/web"
)

// statusOf is the one table from errors to status codes.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case len(engine.FieldErrors(err)) > 0:
		return http.StatusUnprocessableEntity
	case errors.Is(err, engine.ErrStopping), errors.Is(err, engine.ErrOver), errors.Is(err, engine.ErrStuck), errors.Is(err, errOn):
		return http.StatusConflict
	case errors.Is(err, engine.ErrClosed):
		return http.StatusServiceUnavailable
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errForm), errors.Is(err, errUser):
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// wantsPage reports whether the request comes from a form without a script's help,
// which shows its reader whatever comes back.
func wantsPage(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "text/html") && !strings.Contains(accept, "application/json")
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "encode answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

func writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte(text))
}

// writeProblem says what is wrong, in JSON to programs and by a page to people.
func writeProblem(w http.ResponseWriter, r *http.Request, status int, message string) {
	problem(w, r, toRoot(r), status, message)
}

// problem is writeProblem for a path from which root leads to the site.
func problem(w http.ResponseWriter, r *http.Request, root string, status int, message string) {
	if wantsPage(r) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		web.Problem(root, static.Path, status, message).Render(r.Context(), w)
		return
	}
	writeJSON(w, status, map[string]any{"success": false, "message": message})
}

// writeHTML renders into memory first, so that an error can still become a 500.
func (s *Server) writeHTML(ctx context.Context, w http.ResponseWriter, status int, c templ.Component) {
	var page bytes.Buffer
	if err := c.Render(ctx, &page); err != nil {
		s.log.Error("render page", "err", err)
		http.Error(w, "the page could not be rendered: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, http.StatusNotFound, "there is nothing at "+r.URL.Path)
}

func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, r, http.StatusMethodNotAllowed, r.Method+" is not allowed for "+r.URL.Path)
}

// serveStatic serves the embedded files. A URL with the version of its content may
// be kept for ever.
func serveStatic(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/static/")
	info, err := fs.Stat(static.FS, name)
	if err != nil || info.IsDir() {
		http.NotFound(w, r)
		return
	}
	if r.URL.RequestURI() == "/"+static.Path(name) {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeFileFS(w, r, static.FS, name)
}
