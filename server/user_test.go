package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// postUser posts a body to /user and returns the answer, which must have a status.
func postUser(t *testing.T, s *Server, body string, status int) string {
	t.Helper()
	r := httptest.NewRequest("POST", "http://localhost:8089/user", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != status {
		t.Errorf("POST /user %.200s = %d, want %d: %s", body, w.Code, status, w.Body)
	}
	return w.Body.String()
}

func TestUserSaysWhatCannotBeAndChangesNothing(t *testing.T) {
	s, _ := newServer(t, nil)
	for body, want := range map[string]string{
		`{"user_class_name": "shpo", "weight": 2}`: "did you mean shop?",
		`{"weight": 2}`: "there are shop, bare",
		`{"user_class_name": "shop", "weight": 0}`:                          `"weight":"0 of shop is too small`,
		`{"user_class_name": "shop", "weight": 2000000}`:                    "too large",
		`{"user_class_name": "shop", "fixed_count": 3}`:                     "change Count in its code",
		`{"user_class_name": "shop", "host": "http://other.test"}`:          "POST /swarm with host=http://other.test",
		`{"user_class_name": "shop", "tasks": ["frnt"]}`:                    "did you mean front?",
		`{"user_class_name": "shop", "tasks": []}`:                          "leave the scenario out",
		`{"user_class_name": "shop", "weight": 2, "tasks": ["x", "front"]}`: "front, odd",
	} {
		if got := postUser(t, s, body, 422); !strings.Contains(got, want) || !strings.Contains(got, `"success":false`) {
			t.Errorf("POST /user %s says %s, want %q", body, got, want)
		}
	}
	for _, body := range []string{``, `[]`, `null]`, `{"user_class_name": 3}`, `{"user_class_name": "shop"} {}`, `{"user_class_name": "shop", "wait_time": 1}`, `{"user_class_name": "shop", "weight": 1.5}`} {
		if got := postUser(t, s, body, 400); !strings.Contains(got, "send for example") {
			t.Errorf("POST /user %q says %s, want an example", body, got)
		}
	}
	call{name: "a form", method: "POST", path: "/user", form: form("user_class_name", "shop"), status: 400, contain: []string{"send application/json"}}.do(t, s)
	if got := s.standard(); got.Weights != nil || got.Off != nil {
		t.Errorf("after refusals a start asks for weights %v without %q, want nothing of it", got.Weights, got.Off)
	}
}

func TestUserCountsForStartsThatSayNothingOfIt(t *testing.T) {
	s, e := newServer(t, nil)
	s.defaults.Scenarios, s.defaults.Host, s.defaults.Weights = nil, "http://h.test", map[string]int{"bare": 4}
	asked := func(pairs ...string) engine.Config {
		t.Helper()
		cfg, _, err := s.asked(form(append(pairs, "user_count", "1", "spawn_rate", "1")...))
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	postUser(t, s, `{"user_class_name": "shop", "host": "http://shop.test", "weight": 3, "fixed_count": 0, "tasks": ["front"]}`, 201)
	if got := asked(); !maps.Equal(got.Weights, map[string]int{"shop": 3, "bare": 4}) || !slices.Equal(got.Off, []string{"shop/odd"}) {
		t.Errorf("a start asks for weights %v without %q, want shop=3, bare=4, without shop/odd", got.Weights, got.Off)
	}
	if got := asked("weights", "shop=7", "tasks_off", ""); !maps.Equal(got.Weights, map[string]int{"shop": 7}) || len(got.Off) != 0 {
		t.Errorf("a start that says so itself asks for weights %v without %q, want shop=7 and all tasks", got.Weights, got.Off)
	}
	call{name: "page", method: "GET", path: "/", status: 200, contain: []string{`name="weight:shop" value="3"`}}.do(t, s)
	postUser(t, s, `{"user_class_name": "shop", "weight": 1, "tasks": ["odd", "front"]}`, 201)
	if got := asked(); !maps.Equal(got.Weights, map[string]int{"bare": 4}) || len(got.Off) != 0 {
		t.Errorf("a start asks for weights %v without %q, want them as they were", got.Weights, got.Off)
	}
	if !maps.Equal(s.defaults.Weights, map[string]int{"bare": 4}) || e.Status().Run != 0 {
		t.Error("a request changed what the command line said, or began a run")
	}
}

func TestUserChangesTheWeightsOfTheRunThatIsOn(t *testing.T) {
	for _, start := range [][]string{{"user_count", "8", "spawn_rate", "1000"}, {"model", "arrivals", "arrival_rate", "10"}} {
		s, e := newServer(t, nil)
		call{name: "start", method: "POST", path: "/swarm", status: 200, form: form(append(start, "host", "http://h.test", "user_classes", "")...)}.do(t, s)
		postUser(t, s, `{"user_class_name": "shop", "weight": 3, "tasks": ["front", "odd"]}`, 201)
		if got := e.Status().Config.Weights; got["shop"] != 3 {
			t.Errorf("%q: the run's weights are %v, want shop=3", start, got)
		}
		if got := postUser(t, s, `{"user_class_name": "shop", "weight": 5, "tasks": ["front"]}`, 422); !strings.Contains(got, "stop it first") {
			t.Errorf("%q: other tasks during a run: %s, want the way out", start, got)
		}
		if got := e.Status().Config.Weights; got["shop"] != 3 {
			t.Errorf("%q: after a refusal the run's weights are %v, want shop=3 still", start, got)
		}
		e.Stop("enough")
		postUser(t, s, `{"user_class_name": "shop", "tasks": ["front"]}`, 201)
		call{name: "start", method: "POST", path: "/swarm", status: 200, form: form(append(start, "host", "http://h.test", "user_classes", "shop")...)}.do(t, s)
		if got := e.Status().Config; got.Weights["shop"] != 3 || !slices.Equal(got.Off, []string{"shop/odd"}) {
			t.Errorf("%q: the next run has weights %v without %q, want shop=3 without shop/odd", start, got.Weights, got.Off)
		}
	}
}

// Locust ignores what it does not know. So do we, and say so.
func TestSwarmTellsWhichFieldsItIgnored(t *testing.T) {
	s, _ := newServer(t, nil)
	warnings := func(path string, status int, form url.Values) (list []string) {
		t.Helper()
		w := call{name: "form", method: "POST", path: path, status: status, form: form}.do(t, s)
		var answer struct{ Warnings []string }
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		return answer.Warnings
	}
	got := warnings("/swarm", 422, form("user_cout", "3"))
	if want := []string{"there is no field user_cout, which was ignored — did you mean user_count?"}; !slices.Equal(got, want) {
		t.Errorf("warnings = %q, want %q", got, want)
	}
	many := form("user_count", "1", "spawn_rate", "1", "shape_class", "Default", "profile", "smoke", "pages", "2")
	for i := range 100 {
		many.Set(fmt.Sprintf("zz%d%s", i, hostile), "x")
	}
	if got := warnings("/swarm", 200, many); len(got) != maxWarnings {
		t.Errorf("%d warnings, want %d", len(got), maxWarnings)
	}
	call{name: "stop", method: "POST", path: "/stop", status: 200}.do(t, s)

	// The page's own forms say nothing unknown.
	w := call{name: "page", method: "GET", path: "/?form=new", status: 200}.do(t, s)
	sent := form("user_count", "1", "spawn_rate", "1", "host", "http://h.test")
	for _, name := range regexp.MustCompile(` name="([^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		if !sent.Has(name[1]) && !slices.Contains([]string{"viewport", "color-scheme", "htmx-config", "q", "p", "cols", "from", "to"}, name[1]) {
			sent.Set(name[1], "")
		}
	}
	if len(sent) < 15 {
		t.Errorf("the page has the fields %v only", sent)
	}
	if got := warnings("/check", 200, sent); got != nil {
		t.Errorf("a form of the page is warned of %q", got)
	}
	if got := s.unknown(sent); len(slices.DeleteFunc(got, func(w string) bool { return strings.Contains(w, "task:") || strings.Contains(w, "weight:") })) > 0 {
		t.Errorf("a form of the page is warned of %q", got)
	}
}

// A script written for Locust names a shape as Locust does.
func TestSwarmTakesTheShapeAsLocustDoes(t *testing.T) {
	s, e := newServer(t, nil)
	call{name: "shape", method: "POST", path: "/swarm", status: 200, form: form("user_count", "1", "spawn_rate", "1", "shape_class", "waves"),
		contain: []string{`"message":"Swarming started using shape class 'waves'"`}, absent: []string{"warnings"}}.do(t, s)
	if got := e.Status().Config.Shape; got != "waves" {
		t.Errorf("the run's shape is %q, want waves", got)
	}
}

func TestReadyUntilTheEndBegins(t *testing.T) {
	gate := newGate()
	plain, e := newServer(t, gate)
	ctx, end := context.WithCancel(t.Context())
	s := New(Options{Engine: e, Defaults: plain.defaults, Logger: plain.log, Ending: ctx})
	t.Cleanup(s.Close)
	ready := call{name: "ready", method: "GET", path: "/readyz", status: 200, contain: []string{"ok\n"}}
	ready.do(t, s)
	s.defaults.StopTimeout = time.Minute
	call{name: "start", method: "POST", path: "/swarm", status: 200, form: form("user_count", "1", "spawn_rate", "1")}.do(t, s)
	<-gate.arrived
	ready.do(t, s)
	end()
	ready.status, ready.contain = 503, []string{"closing"}
	ready.do(t, s) // while the run is still on, and seen
	call{name: "alive", method: "GET", path: "/healthz", status: 200}.do(t, s)
	call{name: "numbers", method: "GET", path: "/stats/requests", status: 200, contain: []string{`"user_count":1`}}.do(t, s)
	close(gate.open)
}

// No body makes a start impossible that was possible before.
func FuzzUser(f *testing.F) {
	for _, body := range []string{`{"user_class_name": "shop", "weight": 3, "tasks": ["front"]}`, `{"user_class_name": "bare", "weight": 1e3}`, `[]`, `{"user_class_name": "shop", "tasks": null}`} {
		f.Add(body)
	}
	e, err := engine.New(testSuite(), engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	defaults := engine.Config{Users: 1, SpawnRate: 1, Host: "http://h.test"}
	s := New(Options{Engine: e, Defaults: defaults, Logger: slog.New(slog.DiscardHandler)})
	f.Cleanup(func() { e.Close(); s.Close() })
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "http://localhost:8089/user", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 201 && w.Code != 400 && w.Code != 422 || !json.Valid(w.Body.Bytes()) {
			t.Errorf("POST /user %q = %d %q", body, w.Code, w.Body)
		}
		if err := e.Check(s.standard()); err != nil {
			t.Errorf("after POST /user %q no start is possible: %v", body, err)
		}
	})
}
