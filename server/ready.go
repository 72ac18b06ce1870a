package server

import "net/http"

// Where orchestrators ask whether the program lives, and whether to send it requests.
const (
	healthzPath = "/healthz"
	readyzPath  = "/readyz"
)

func healthz(w http.ResponseWriter, _ *http.Request) { writeText(w, "ok\n") }

// readyz says whether it makes sense to ask for a run: no longer once the program is on
// its way out, though it still answers while users finish what they are at.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if s.closing.Err() != nil || s.ending.Err() != nil {
		http.Error(w, "closing", http.StatusServiceUnavailable)
		return
	}
	writeText(w, "ok\n")
}
