package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// The numbers are behind the same guard as everything else.
func TestMetricsAreServedWhereSomebodyAskedForThem(t *testing.T) {
	s, e := newServer(t, nil)
	ask := func(s *Server, host string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	if w := ask(s, "localhost"); w.Code != http.StatusNotFound {
		t.Errorf("GET /metrics without any = %d, want 404", w.Code)
	}
	told := New(Options{Engine: e, Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "numbers") })})
	defer told.Close()
	if w := ask(told, "localhost"); w.Code != http.StatusOK || w.Body.String() != "numbers" {
		t.Errorf("GET /metrics = %d %q, want the numbers", w.Code, w.Body)
	}
	if w := ask(told, "evil.test"); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("GET /metrics as evil.test = %d, want 421", w.Code)
	}
}
