package engine

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

// Whoever looks into a failure finds the trace of that very request.
func TestTheTraceOfAFailureIsShown(t *testing.T) {
	for _, protocol := range []load.Protocol{load.HTTP1, load.HTTP2} {
		var mu sync.Mutex
		seen := map[string]bool{}
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			seen[r.Header.Get("traceparent")] = true
			mu.Unlock()
			w.WriteHeader(http.StatusTeapot)
		}))
		s := always("a", load.Wait{}, get("/"))
		s.Host, s.Protocol = srv.URL, protocol
		e, err := New(load.Suite{Scenarios: []load.Planner{s}}, Options{Logger: slog.New(slog.DiscardHandler), Traced: 1})
		if err != nil {
			t.Fatal(err)
		}
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, Iterations: 3})
		e.Wait(context.Background())
		e.Close()
		srv.Close()
		shown := 0
		for _, f := range e.Status().Stats.Failures {
			for _, sample := range f.Samples {
				for _, field := range sample.Request.Fields {
					if http.CanonicalHeaderKey(field.Name) == "Traceparent" {
						if shown++; !seen[field.Value] {
							t.Errorf("protocol %v: shown %q, which the target did not see: %v", protocol, field.Value, seen)
						}
					}
				}
			}
		}
		if shown != 3 {
			t.Errorf("protocol %v: %d traces shown, want 3", protocol, shown)
		}
	}
}
