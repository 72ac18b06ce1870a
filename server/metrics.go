package server

import "net/http"

// serveMetrics answers Prometheus, unless nobody asked for that.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if s.metrics == nil {
		s.notFound(w, r)
		return
	}
	s.metrics.ServeHTTP(w, r)
}
