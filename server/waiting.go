package server

import (
	"hash/fnv"
	"net/http"
	"strconv"

	"github.com/gregaria/gregaria/static"
	"github.com/gregaria/gregaria/web"
)

// waitingField is the header field of what Waiting answers. It changes with what there is
// to say.
const waitingField = "Gregaria-Waiting"

// Waiting answers, in place of a server whose program does not run, with what there is to
// say of that. Its page makes way for the server's by itself. Base and hosts are as in
// Options.
func Waiting(latest func() web.Rebuild, base string, hosts []string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/", serveStatic)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		say := latest()
		h := fnv.New32a()
		h.Write([]byte(say.Title + "\n" + say.Text))
		news := strconv.FormatUint(uint64(h.Sum32()), 36)
		w.Header().Set(waitingField, news)
		w.Header().Set("Retry-After", "1")
		switch {
		case r.URL.Path == healthzPath: // the page asks there, and an error would be one on its console
			writeText(w, "waiting\n")
		case wantsPage(r):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusServiceUnavailable)
			web.Waiting(toRoot(r), static.Path, say, news).Render(r.Context(), w)
		default:
			writeJSON(w, http.StatusServiceUnavailable, map[string]any{"success": false, "message": say.Title})
		}
	})
	return guard(under(base, mux), hosts)
}
