package web

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// TestAReportIsSmallHoweverLongTheRun: two hours, as many rows and failures as a run can
// have, every text as long as it may be.
func TestAReportIsSmallHoweverLongTheRun(t *testing.T) {
	s := status(engine.Stopped, 7200, func(second int, shard *stats.Shard, at time.Time, r *rand.Rand) {
		for range 3 {
			shard.Record(stats.Sample{Method: "GET", Name: "/", Took: time.Duration(r.IntN(1e9))})
		}
	})
	s.Stats = status(engine.Stopped, 3, func(_ int, shard *stats.Shard, at time.Time, r *rand.Rand) {
		for i := range stats.MaxRows {
			text := fmt.Sprintf("%04d %s", i, strings.Repeat("<&\"long text'>", 400))
			shard.Record(stats.Sample{Method: "GET", Name: "/" + text, Took: time.Duration(r.IntN(1e9)), Bytes: 10,
				Problem: &stats.Problem{Format: text, Message: text + text, At: at}})
			shard.Note(stats.Mishap{Group: text, Message: text, Stack: text + text, At: at})
		}
	}).Stats
	css, err := os.ReadFile("../static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	uplot, err := os.ReadFile("../static/vendor/uPlot.iife.min.js")
	if err != nil {
		t.Fatal(err)
	}
	file, _, err := ReportFile(t.Context(), s, Query{}, ReportParts{Style: string(css), Scripts: []string{string(uplot)}})
	if err != nil {
		t.Fatal(err)
	}
	html := string(file)
	if len(html) >= 2_000_000 || !strings.HasSuffix(html, "</html>") {
		t.Errorf("the report has %d bytes, want less than 2,000,000 and its end", len(html))
	}
	for _, want := range []string{"Of 1\u202f000 endpoints the", "Of 1\u202f000 kinds of failure the", "Of 1\u202f000 kinds of exception the", count(s.Stats.Total.Requests())} {
		if !strings.Contains(html, want) {
			t.Errorf("the report of what is too much lacks %q", want)
		}
	}
}

// TestCondensedPointsAreSums: counts are added up, and percentiles are those of all
// requests of the time, not something between the percentiles.
func TestCondensedPointsAreSums(t *testing.T) {
	s := openStatus(engine.Stopped, 1000)
	points := condense(s.History, 60)
	if n := len(points); n > 60 || n < 55 {
		t.Fatalf("%d points, want about 60 and no more", n)
	}
	i, requests := 0, int64(0)
	for _, p := range points {
		sum := s.History.Delta(i)
		for i++; i < s.History.Len() && !s.History.Point(i).To.After(p.To); i++ {
			sum = sum.Plus(s.History.Delta(i))
		}
		total := sum.Total()
		want := total.All().Response().Percentiles(50, 95, 99)
		if !p.From.Equal(sum.From) || !p.To.Equal(sum.To) || p.P50 != want[0] || p.P95 != want[1] || p.P99 != want[2] ||
			p.Requests != total.Requests() || p.Failures != total.Failures() || p.Arrivals != sum.Arrivals ||
			p.Users != sum.Users || p.Target != sum.Target || p.Health.Verdict() != sum.Health.Verdict() {
			t.Fatalf("point from %s to %s = %+v, want the sum of its deltas: %v", p.From, p.To, p, want)
		}
		requests += p.Requests
	}
	if i != s.History.Len() || requests != s.Stats.Total.Requests() {
		t.Errorf("the points are of %d entries and %d requests, want all %d and %d", i, requests, s.History.Len(), s.Stats.Total.Requests())
	}
	if got := condense(s.History, 5000); len(got) != s.History.Len() {
		t.Errorf("%d points where there is room for all, want %d", len(got), s.History.Len())
	}
}

// TestAReportsScriptsAreThoseOfItsPolicy: what a target sends can be no script of it.
func TestAReportsScriptsAreThoseOfItsPolicy(t *testing.T) {
	s := status(engine.Stopped, 3, malice)
	s.Events = []engine.Event{{At: began.Add(time.Second), Text: hostile[0]}}
	r := NewReport(s, Query{}, ReportParts{Scripts: []string{"one()", `"</script>"`}}, 10, 10)
	html := render(t, Document(r))
	// printf 'one()' | openssl dgst -sha256 -binary | base64
	if want := "'sha256-HR7iaask9daLMRRskMI++QeJtjWDOjyPA6lGzYGzKW4='"; !strings.Contains(r.Policy, want) || strings.Count(r.Policy, "sha256-") != 2 {
		t.Errorf("policy = %s, want %s and one more", r.Policy, want)
	}
	if n := strings.Count(html, "<script"); n != 3 || strings.Count(html, "</script>") != 3 {
		t.Errorf("the report has %d script elements, want the data and two scripts", n)
	}
	_, data, _ := strings.Cut(html, `id="series">`)
	data, _, _ = strings.Cut(data, "</script>")
	if !json.Valid([]byte(data)) {
		t.Errorf("the charts' data is no JSON: %s", data)
	}
}

// TestAReportOfNothingSaysSo: a run that was over at once has no charts but words.
// TestAReportOfAWindowNamesItsTime: nothing in it is of the last seconds, or seen first in
// the run.
func TestAReportOfAWindowNamesItsTime(t *testing.T) {
	s, q := status(engine.Running, 134, crowd), windowQuery(t, TabStatistics, 30, 75)
	html := render(t, Document(NewReport(InWindow(s, q, site(t)), q, ReportParts{}, maxShown, openInReport)))
	for _, wrong := range []string{"Current", "Last\u00a0minute", "Last minute", lastSeconds, "last 10 s", "First\u00a0seen", "First seen"} {
		if strings.Contains(html, wrong) {
			t.Errorf("the report of 30 s to 75 s of a run that goes on says %q", wrong)
		}
	}
	if !strings.Contains(html, "First in window") {
		t.Error("the report does not say that failures were first seen in the window")
	}
}

func TestAReportOfNothingSaysSo(t *testing.T) {
	for name, tt := range map[string]struct {
		status *engine.Status
		charts int
		want   string
	}{
		"no run":     {readyStatus(), 0, "nothing to draw"},
		"no second":  {status(engine.Stopped, 0, none), 0, "nothing to draw"},
		"one second": {status(engine.Stopped, 1, crowd), 3, "Requests per second"},
		"no request": {status(engine.Stopped, 30, none), 3, "No requests"},
	} {
		html := render(t, Document(NewReport(tt.status, Query{}, ReportParts{Scripts: []string{"x"}}, 10, 10)))
		if n := strings.Count(html, "data-chart="); n != tt.charts || !strings.Contains(html, tt.want) {
			t.Errorf("report of %s: %d charts, want %d and the words %q", name, n, tt.charts, tt.want)
		}
	}
}
