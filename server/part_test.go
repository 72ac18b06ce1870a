package server

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/web"
)

// A file of a time window has the requests of that time and no others, and says so; a
// window that is none is refused, not taken for the whole run.
func TestFilesFollowTheTimeWindow(t *testing.T) {
	start := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	whole := newPast(start, 1).on(50)
	whole.Started = start
	window := fmt.Sprintf("?from=%d&to=%d", start.Add(10*time.Second).UnixMilli(), start.Add(30*time.Second).UnixMilli())
	q := web.Query{From: start.Add(10 * time.Second).UnixMilli(), To: start.Add(30 * time.Second).UnixMilli()}

	part := web.InWindow(whole, q, web.Site{})
	if got := part.Stats.Total.Requests(); got != 20 || part.History.Len() != 20 {
		t.Errorf("20 s of one request each have %d requests and %d steps, want 20 and 20", got, part.History.Len())
	}
	if got := whole.Stats.Total.Requests(); got != 50 || whole.History.Len() != 50 {
		t.Errorf("the whole run has %d requests and %d steps after that, want 50 and 50", got, whole.History.Len())
	}
	report, _, err := reportFile(t.Context(), part, q)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Window 14:00:10–14:00:30 UTC of the run."; !strings.Contains(string(report), want) {
		t.Errorf("the report of a window does not say %q", want)
	}
	if report, _, err = reportFile(t.Context(), whole, web.Query{}); err != nil || strings.Contains(string(report), "Window 1") {
		t.Errorf("the report of the whole run speaks of a window, or: %v", err)
	}

	s, _ := newServer(t, nil)
	for _, path := range []string{"/stats/report", "/stats/requests/csv", "/stats/requests_full_history/csv", "/stats/failures/csv",
		"/exceptions/csv", "/stats/service/csv", "/stats/phases/csv", "/stats/health/csv", "/stats/arrivals/csv"} {
		for _, tt := range []struct {
			query  string
			status int
		}{
			{"", 200}, {window, 200}, {"?from=5", 422}, {"?from=9&to=5", 422}, {"?to=x", 422}, {"?from=-1&to=5", 422},
		} {
			w := call{name: path, method: http.MethodGet, path: path + tt.query, status: tt.status}.do(t, s)
			if name := w.Header().Get("Content-Disposition"); path != "/stats/report" && tt.query == window && !strings.Contains(name, start.Add(10*time.Second).Local().Format("15-04-05")) {
				t.Errorf("GET %s%s is called %q, want the window in it", path, tt.query, name)
			}
		}
	}
}
