package server

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
)

// Every format has a route and a link, before a run and after it.
func TestFormatsAreServed(t *testing.T) {
	s, e := newServer(t, nil)
	for i, want := range []map[string]string{
		{".json": `"outcome": "untested"`, ".md": "there was no run", ".xml": "<testsuites name=\"gregaria\"", ".hlog": "#[Histogram log format version 1.3]"},
		{".json": `"name": "shop"`, ".md": "| **Aggregated** |", ".xml": `classname="gregaria.requests"`, ".hlog": "HISTFAAA"},
	} {
		for _, f := range report.Formats {
			w := call{name: f.Ending, method: "GET", path: "/stats/report" + f.Ending, status: 200, contain: []string{want[f.Ending]}}.do(t, s)
			if kind := w.Header().Get("Content-Type"); kind != f.Kind+"; charset=utf-8" {
				t.Errorf("%s is of type %q, want %q", f.Ending, kind, f.Kind)
			}
			if name := w.Header().Get("Content-Disposition"); !strings.HasPrefix(name, "attachment; filename=gregaria_") || !strings.HasSuffix(name, "report"+f.Ending) {
				t.Errorf("%s is named %q", f.Ending, name)
			}
			if f.Ending == ".json" && !json.Valid(w.Body.Bytes()) {
				t.Errorf("no JSON:\n%s", w.Body)
			}
		}
		if i > 0 {
			break
		}
		call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "4", "spawn_rate", "1000"), status: 200}.do(t, s)
		waitFor(t, e, "numbers", func(s *engine.Status) bool { return s.Stats.Total.Requests() > 100 })
		e.Stop("enough")
		for _, f := range report.Formats {
			call{name: "link to " + f.Ending, method: "GET", path: "/?tab=download", status: 200, contain: []string{`href="stats/report` + f.Ending}}.do(t, s)
		}
	}
}

// What the program fails to do is said on the page, in red, and is news of its own.
func TestAlarmsAreShown(t *testing.T) {
	_, e := newServer(t, nil)
	var alarms []string
	s := New(Options{Engine: e, Logger: slog.New(slog.DiscardHandler), Alarms: func() []string { return alarms }})
	t.Cleanup(s.Close)
	if _, err := e.Start(engine.Config{Users: 1, SpawnRate: 1, Scenarios: []string{"shop"}}); err != nil {
		t.Fatal(err)
	}
	e.Stop("enough")
	page := func() string {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "localhost"
		s.ServeHTTP(w, r)
		return w.Body.String()
	}
	if strings.Contains(page(), `notice alarm`) {
		t.Error("the page has an alarm without one")
	}
	before, err := s.frames.latest(look{})
	if err != nil {
		t.Fatal(err)
	}
	alarms = []string{"CSV files cannot be written: <no> space\x1b"}
	if !s.frames.alarmed() {
		t.Error("the alarm is no news")
	}
	if want := `<p class="notice alarm" role="alert">CSV files cannot be written: &lt;no&gt; space`; !strings.Contains(page(), want) {
		t.Errorf("the page lacks %s:\n%s", want, page())
	}
	if after, err := s.frames.latest(look{}); err != nil || after == before {
		t.Errorf("the frame is the same as before the alarm (%v)", err)
	}
	if s.frames.alarmed() {
		t.Error("the alarm is still news")
	}
}
