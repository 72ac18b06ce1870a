package server

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/leaks"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/web"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// An instantTarget answers every request at once, without a network, or when its gate
// is opened.
type instantTarget struct{ gate *gate }

// A gate holds requests back.
type gate struct {
	arrived chan struct{} // holds a token once a request is held back
	open    chan struct{} // closed to let all go
}

func newGate() *gate { return &gate{make(chan struct{}, 1), make(chan struct{})} }

func (g *instantTarget) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	if g.gate != nil {
		select {
		case g.gate.arrived <- struct{}{}:
		default:
		}
		select {
		case <-g.gate.open:
		case <-ctx.Done():
			return &load.TransportError{Class: load.Cut, Err: ctx.Err()}
		}
	}
	ans.Status, ans.Took, ans.Bytes = 200, time.Microsecond, 12
	if strings.HasPrefix(req.Target, "/missing") {
		ans.Status = 404
	}
	return nil
}
func (g *instantTarget) Header(string) string                 { return "" }
func (g *instantTarget) Body() ([]byte, error)                { return []byte(`{"a":1}`), nil }
func (g *instantTarget) Rest()                                {}
func (g *instantTarget) Fields(func(name, value string) bool) {}
func (g *instantTarget) Sent(func(name, value string) bool)   {}
func (g *instantTarget) Close()                               {}

type nothing struct{}

const hostile = `</script><img src=x onerror=alert(1)>`

// password is a parameter whose value nobody may see.
var password = load.Param[string]{Name: "password", Default: "the-standard-one", Secret: true, Check: func(text string) error {
	if len(text) < 8 {
		return errors.New("is too short — at least 8 characters")
	}
	return nil
}}

func testSuite() load.Suite {
	pages := load.Param[int]{Name: "pages", Default: 3, Help: "pages to read"}
	size := load.Param[string]{Name: "size", Default: "small", Choices: []string{"small", "large"}}
	run := func(f func(u *load.User) error) func(*nothing, *load.User) error {
		return func(_ *nothing, u *load.User) error { return f(u) }
	}
	return load.Suite{Scenarios: []load.Planner{
		load.Scenario[nothing]{
			Name: "shop", Host: "http://shop.test", Wait: load.Constant(20 * time.Millisecond), Params: []load.Parameter{pages, size, password},
			Tasks: []load.Task[nothing]{
				{Name: "front", Weight: 3, Tags: []string{"read"}, Run: run(func(u *load.User) error { return u.Get("/").Err() })},
				{Name: "odd", Run: run(func(u *load.User) error { u.Get(hostile); return u.Get("/missing").Err() })},
			},
		},
		load.Scenario[nothing]{
			Name: "bare", Wait: load.Constant(20 * time.Millisecond),
			Tasks: []load.Task[nothing]{{Name: "bare", Run: run(func(u *load.User) error { return fmt.Errorf("=cmd %d", u.Number()) })}},
		},
	}, Shapes: map[string]load.Shape{
		"waves": load.ShapeFunc(func(time.Duration) (float64, bool) { return 2, true }),
	}}
}

// newServer returns a server whose users reach no network. The gate, if not nil, holds
// their requests back.
func newServer(t testing.TB, gate *gate) (*Server, *engine.Engine) {
	t.Helper()
	return serverOf(t, testSuite(), gate, slog.New(slog.DiscardHandler), engine.Config{Users: 1, SpawnRate: 1, Scenarios: []string{"shop"}})
}

func serverOf(t testing.TB, suite load.Suite, gate *gate, log *slog.Logger, defaults engine.Config) (*Server, *engine.Engine) {
	t.Helper()
	e, err := engine.New(suite, engine.Options{
		Logger: log,
		Transports: func(engine.Config) func(load.Protocol) load.Transport {
			return func(load.Protocol) load.Transport { return &instantTarget{gate} }
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Engine: e, Defaults: defaults, Logger: log, Logs: func() []web.LogLine {
		return []web.LogLine{{Number: 1, At: time.Date(2026, 1, 2, 15, 4, 5, 6e6, time.UTC), Level: "INFO", Text: "a line"}}
	}})
	t.Cleanup(func() { e.Close(); s.Close() })
	return s, e
}

// A call is one request to the server and what must come of it.
type call struct {
	name    string
	method  string
	path    string
	form    url.Values
	header  map[string]string
	status  int
	contain []string
	absent  []string
}

func (c call) do(t *testing.T, s *Server) *httptest.ResponseRecorder {
	t.Helper()
	var body io.Reader
	if c.form != nil {
		body = strings.NewReader(c.form.Encode())
	}
	r := httptest.NewRequest(c.method, "http://localhost:8089"+c.path, body)
	if c.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range c.header {
		if k == "Host" {
			r.Host = v
			continue
		}
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != c.status {
		t.Errorf("%s: %s %s = %d, want %d; body: %.300s", c.name, c.method, c.path, w.Code, c.status, w.Body)
	}
	for _, want := range c.contain {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s %s lacks %q in %.600s", c.name, c.method, c.path, want, w.Body)
		}
	}
	for _, not := range c.absent {
		if strings.Contains(w.Body.String(), not) {
			t.Errorf("%s: %s %s has %q", c.name, c.method, c.path, not)
		}
	}
	return w
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func waitFor(t *testing.T, e *engine.Engine, what string, ok func(*engine.Status) bool) {
	t.Helper()
	news, end := e.Watch()
	defer end()
	deadline := time.After(patience)
	for !ok(e.Status()) {
		select {
		case <-news:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestRoutesBeforeTheFirstRun(t *testing.T) {
	s, _ := newServer(t, nil)
	for _, c := range []call{
		{name: "page", method: "GET", path: "/", status: 200, absent: []string{"the-standard-one"}, contain: []string{"Start swarming", `value="arrivals"`, `name="stages"`, `<option value="waves">`, `<option value="small" selected>`, `name="password" value=""`, `name="user_count"`, `name="spawn_rate"`, `name="host"`, `name="run_time"`, `name="pages"`, "shop", "bare"}},
		{name: "unknown tab", method: "GET", path: "/?tab=nonsense&sort=-nothing", status: 200},
		{name: "health", method: "GET", path: "/healthz", status: 200, contain: []string{"ok"}},
		{name: "numbers", method: "GET", path: "/stats/requests", status: 200, contain: []string{`"state":"ready"`, `"name":"Aggregated"`, `"response_time_percentile_0.5":null`, `"errors":[]`}},
		{name: "workers", method: "GET", path: "/worker-count", status: 200, contain: []string{`{"worker_count":0}`}},
		{name: "phases CSV", method: "GET", path: "/stats/phases/csv", status: 200, contain: []string{"Phase,Name,Count,"}},
		{name: "service CSV", method: "GET", path: "/stats/service/csv", status: 200, contain: []string{"Type,Name,Request Count,"}},
		{name: "health CSV", method: "GET", path: "/stats/health/csv", status: 200, contain: []string{"Timestamp,"}},
		{name: "arrivals CSV", method: "GET", path: "/stats/arrivals/csv", status: 200, contain: []string{"Timestamp,"}},
		{name: "exceptions", method: "GET", path: "/exceptions", status: 200, contain: []string{`{"exceptions":[]}`}},
		{name: "tasks", method: "GET", path: "/tasks", status: 200, contain: []string{`"front":{"ratio":0.75}`}},
		{name: "only the head", method: "HEAD", path: "/", status: 200},
		{name: "logs", method: "GET", path: "/logs", status: 200, contain: []string{`{"master":["2026-01-02 15:04:05.006 INFO a line"],"workers":{}}`}},
		{name: "requests CSV", method: "GET", path: "/stats/requests/csv", status: 200, contain: []string{"Type,Name,Request Count,Failure Count,", ",Aggregated,0,0,"}},
		{name: "history CSV", method: "GET", path: "/stats/requests_full_history/csv", status: 200, contain: []string{"Timestamp,User Count,Type,Name,"}},
		{name: "failures CSV", method: "GET", path: "/stats/failures/csv", status: 200, contain: []string{"Method,Name,Error,Occurrences,First Seen,Last Seen\n"}},
		{name: "exceptions CSV", method: "GET", path: "/exceptions/csv", status: 200, contain: []string{"Count,Message,Traceback,Nodes\n"}},
		{name: "stop without a run", method: "POST", path: "/stop", status: 200, contain: []string{`"success":true`}},
		{name: "reset without a run", method: "POST", path: "/stats/reset", status: 200, contain: []string{"ok"}},
		{name: "report", method: "GET", path: "/stats/report", status: 200, contain: []string{"<style>", "Gregaria report", "Aggregated"}, absent: []string{"<script"}},
		{name: "script", method: "GET", path: "/static/app.js", status: 200},
		{name: "no such script", method: "GET", path: "/static/none.js", status: 404},
		{name: "directory", method: "GET", path: "/static/vendor", status: 404},
		{name: "way out of the directory", method: "GET", path: "/static/../server.go", status: 404},
		{name: "nowhere", method: "GET", path: "/nowhere", status: 404, contain: []string{`"success":false`}},
		{name: "pause without a run", method: "POST", path: "/pause", status: 409, contain: []string{"no run is on"}},
		{name: "resume without a run", method: "POST", path: "/resume", status: 409, contain: []string{"no run is on"}},
		{name: "pause by GET", method: "GET", path: "/pause", status: 405},
		{name: "resume by GET", method: "GET", path: "/resume", status: 405},
		{name: "plan by POST", method: "POST", path: "/plan", form: form(), status: 405},
		{name: "wrong method", method: "DELETE", path: "/swarm", status: 405},
	} {
		c.do(t, s)
	}
}

func TestSwarmRefusesEachMistakeBesideItsFieldAndStartsNothing(t *testing.T) {
	s, e := newServer(t, nil)
	for _, tt := range []struct {
		name   string
		form   url.Values
		fields map[string]string // field: part of its message
	}{
		{"users 0", form("user_count", "0", "spawn_rate", "1"), map[string]string{"user_count": "at least 1"}},
		{"users -1", form("user_count", "-1", "spawn_rate", "1"), map[string]string{"user_count": "at least 1"}},
		{"users 1e9", form("user_count", "1000000000", "spawn_rate", "1"), map[string]string{"user_count": "at most 1000000"}},
		{"users abc", form("user_count", "abc", "spawn_rate", "1"), map[string]string{"user_count": "for example 20"}},
		{"rate 0", form("user_count", "1", "spawn_rate", "0"), map[string]string{"spawn_rate": "more than 0"}},
		{"rate NaN", form("user_count", "1", "spawn_rate", "NaN"), map[string]string{"spawn_rate": "more than 0"}},
		{"run time in words", form("user_count", "1", "spawn_rate", "1", "run_time", "5 minutes"), map[string]string{"run_time": "1h20m"}},
		{"no host", form("user_count", "1", "spawn_rate", "1", "host", "", "user_classes", "bare"), map[string]string{"host": "bare has no host"}},
		{"the article's host", form("user_count", "1", "spawn_rate", "1", "host", "http:127.0.0.1"), map[string]string{"host": "http://127.0.0.1"}},
		{"ftp", form("user_count", "1", "spawn_rate", "1", "host", "ftp://x"), map[string]string{"host": "http://x"}},
		{"misspelt scenario", form("user_count", "1", "spawn_rate", "1", "user_classes", "shpo"), map[string]string{"user_classes": "did you mean shop?"}},
		{"unknown tag", form("user_count", "1", "spawn_rate", "1", "tags", "write, more"), map[string]string{"tags": "read"}},
		{"parameter", form("user_count", "1", "spawn_rate", "1", "pages", "many"), map[string]string{"pages": "whole number"}},
		{"unknown model", form("model", "open"), map[string]string{"model": "arrivals"}},
		{"arrivals without a rate", form("model", "arrivals"), map[string]string{"arrival_rate": "more than 0"}},
		{"arrivals in words", form("arrival_rate", "fast"), map[string]string{"arrival_rate": "for example 200"}},
		{"user cap", form("arrival_rate", "1", "user_cap", "-3"), map[string]string{"user_cap": "from 1 to"}},
		{"stages", form("stages", "2m:many"), map[string]string{"stages": "character 4"}},
		{"stages of the other model", form("model", "arrivals", "stages", "2m:many", "arrival_rate", "x"), map[string]string{"stages": "character 4"}},
		{"no such shape", form("shape", "wavy"), map[string]string{"shape": "waves"}},
		{"iterations", form("user_count", "1", "iterations", "-1"), map[string]string{"iterations": "at least 1"}},
		{"seed", form("user_count", "1", "seed", "luck"), map[string]string{"seed": "whole number"}},
		{"choice", form("user_count", "1", "size", "huge"), map[string]string{"size": "small or large"}},
		{"secret", form("user_count", "1", "password", "hunter"), map[string]string{"password": "at least 8 characters"}},
		{"host that is not UTF-8", form("user_count", "1", "spawn_rate", "1", "host", "http://\xff\xfe"), map[string]string{"host": "not UTF-8"}},
		{"parameter that is not UTF-8", form("user_count", "1", "spawn_rate", "1", "size", "\xff"), map[string]string{"size": "not UTF-8"}},
		{"two numbers of users", url.Values{"user_count": {"5", "7"}, "spawn_rate": {"1"}}, map[string]string{"user_count": "send it once"}},
		{"all at once", form("user_count", "abc", "spawn_rate", "-1", "host", "ftp://x", "run_time", "soon", "pages", "x"),
			map[string]string{"user_count": "", "spawn_rate": "", "host": "", "run_time": "", "pages": ""}},
	} {
		w := call{name: tt.name, method: "POST", path: "/swarm", form: tt.form, status: 422, contain: []string{`"success":false`}}.do(t, s)
		var answer struct {
			Message string
			Errors  map[string]string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v in %s", tt.name, err, w.Body)
		}
		if len(answer.Errors) != len(tt.fields) || answer.Message == "" {
			t.Errorf("%s: errors = %q, want %d", tt.name, answer.Errors, len(tt.fields))
		}
		for field, part := range tt.fields {
			if !strings.Contains(answer.Errors[field], part) || answer.Errors[field] == "" {
				t.Errorf("%s: error of %s = %q, want %q in it", tt.name, field, answer.Errors[field], part)
			}
		}
		// Without a script the form comes back with what was typed.
		call{name: tt.name + " as a page", method: "POST", path: "/swarm", form: tt.form, status: 422,
			header:  map[string]string{"Accept": "text/html"},
			contain: []string{"Start swarming", "bad", `value="` + strings.ReplaceAll(tt.form.Get("user_count"), `"`, "") + `"`}}.do(t, s)
		if got := e.Status(); got.Run != 0 {
			t.Fatalf("%s: a run was started", tt.name)
		}
	}
	call{name: "not a form", method: "POST", path: "/swarm", status: 400,
		header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"}}.do(t, s)
	call{name: "JSON", method: "POST", path: "/swarm", status: 400, contain: []string{"x-www-form-urlencoded"},
		header: map[string]string{"Content-Type": "application/json"}}.do(t, s)
	call{name: "nothing that a start needs", method: "POST", path: "/swarm?user_count=7", form: form("user_cont", "1"), status: 422,
		contain: []string{`"user_count":"is missing`, `"spawn_rate":"is missing`}}.do(t, s)
	if e.Status().Run != 0 {
		t.Error("a run was started by what is no form")
	}
	big := call{name: "ten megabytes", method: "POST", path: "/swarm", form: form("user_count", strings.Repeat("1", 10<<20)), status: 413}
	big.do(t, s)
}

func TestSwarmStartsChangesAndStops(t *testing.T) {
	s, e := newServer(t, nil)
	call{name: "start", method: "POST", path: "/swarm", status: 200,
		form:    form("user_count", "3", "spawn_rate", "1000", "host", "http://other.test", "run_time", "1h20m", "user_classes", "shop", "user_classes", "bare"),
		contain: []string{`"success":true`, `"message":"Swarming started"`, `"host":"http://other.test"`, `"run_time":4800`, `"user_classes":["shop","bare"]`}}.do(t, s)
	waitFor(t, e, "numbers", func(s *engine.Status) bool {
		return len(s.Stats.Failures) > 0 && len(s.Stats.Exceptions) > 0 && len(s.Stats.Rows) == 3
	})
	for _, c := range []call{
		{name: "statistics", method: "GET", path: "/", status: 200, contain: []string{"Aggregated", "/missing", "&lt;img src=x"}, absent: []string{"<img src=x"}},
		{name: "percentiles", method: "GET", path: "/?tab=percentiles", status: 200, contain: []string{"99.99"}, absent: []string{"<img src=x"}},
		{name: "charts", method: "GET", path: "/?tab=charts", status: 200},
		{name: "failures", method: "GET", path: "/?tab=failures", status: 200, contain: []string{"status 404"}},
		{name: "exceptions", method: "GET", path: "/?tab=exceptions", status: 200, contain: []string{"=cmd"}},
		{name: "download", method: "GET", path: "/?tab=download", status: 200, contain: []string{`href="stats/requests/csv"`}},
		{name: "report", method: "GET", path: "/stats/report?download=1", status: 200, contain: []string{"status 404", "=cmd", "http://other.test", "&lt;img src=x"}, absent: []string{"<img src=x"}},
		{name: "numbers", method: "GET", path: "/stats/requests", status: 200, contain: []string{`"state":"running"`, `"user_count":3`, `"error":"status 404"`}},
		{name: "tasks", method: "GET", path: "/tasks", status: 200, contain: []string{`"front":{"ratio":0.75}`, `"bare":{"ratio":1}`}},
		{name: "exceptions", method: "GET", path: "/exceptions", status: 200, contain: []string{`"msg":"=cmd `, `"nodes":"local"`}},
		{name: "formula in CSV", method: "GET", path: "/exceptions/csv", status: 200, contain: []string{",'=cmd "}},
		{name: "change", method: "POST", path: "/swarm", form: form("user_count", "5", "spawn_rate", "500"), status: 200, contain: []string{"Load changed"}},
		{name: "bad change", method: "POST", path: "/swarm", form: form("user_count", "0", "spawn_rate", "x"), status: 422, contain: []string{`"user_count"`, `"spawn_rate"`}, absent: []string{`"host"`}},
		{name: "parameter change", method: "POST", path: "/swarm", form: form("user_count", "5", "spawn_rate", "500", "pages", "9"), status: 422, contain: []string{`"pages"`, "stop it and start"}},
		{name: "host change", method: "POST", path: "/swarm", form: form("user_count", "5", "spawn_rate", "500", "host", "http://third.test"), status: 422, contain: []string{"stop it and start"}},
	} {
		c.do(t, s)
	}
	waitFor(t, e, "5 users", func(s *engine.Status) bool { return s.Users == 5 && s.State == engine.Running })
	call{name: "stop by a form", method: "POST", path: "/stop", form: form(), header: map[string]string{"Accept": "text/html"}, status: 303}.do(t, s)
	if got := e.Status().State; got != engine.Stopped {
		t.Errorf("state once POST /stop has answered = %s, want stopped", got)
	}
	call{name: "start by a form", method: "POST", path: "/swarm", form: form("user_count", "1", "spawn_rate", "1"), header: map[string]string{"Accept": "text/html"}, status: 303}.do(t, s)
	if got := e.Status(); got.Run != 2 || !slices.Equal(got.Config.Scenarios, []string{"shop"}) {
		t.Errorf("run %d of scenarios %q, want run 2 of the default, shop", got.Run, got.Config.Scenarios)
	}
	call{name: "reset by a form", method: "POST", path: "/stats/reset", form: form(), header: map[string]string{"Accept": "text/html"}, status: 303}.do(t, s)
}

func TestStartWhileStoppingIsAConflict(t *testing.T) {
	gate := newGate()
	s, e := newServer(t, gate)
	s.defaults.StopTimeout = time.Minute
	start := call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "1", "spawn_rate", "1"), status: 200}
	start.do(t, s)
	<-gate.arrived
	done := make(chan struct{})
	go func() { defer close(done); e.Stop("stop") }()
	waitFor(t, e, "stopping", func(s *engine.Status) bool { return s.State == engine.Stopping })
	start.status, start.contain = 409, []string{"still stopping"}
	start.do(t, s)
	close(gate.open)
	<-done
	start.status, start.contain = 200, nil
	start.do(t, s)
}

func TestTwoStartsAtOnceMakeOneRun(t *testing.T) {
	s, e := newServer(t, nil)
	var wg sync.WaitGroup
	var began atomic.Int64
	for range 50 {
		wg.Go(func() {
			w := call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "2", "spawn_rate", "100"), status: 200}.do(t, s)
			if strings.Contains(w.Body.String(), "Swarming started") {
				began.Add(1)
			}
		})
	}
	wg.Wait()
	if began.Load() != 1 || e.Status().Run != 1 {
		t.Errorf("50 starts at once: %d say they began a run, and there is run %d, want 1 and 1", began.Load(), e.Status().Run)
	}
}

func TestBrowsersCannotChangeAnythingByGET(t *testing.T) {
	s, e := newServer(t, nil)
	call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "1", "spawn_rate", "1"), status: 200}.do(t, s)
	for _, path := range []string{"/stop", "/stats/reset"} {
		for _, field := range []string{"Origin", "Referer", "Sec-Fetch-Site"} {
			call{name: field, method: "GET", path: path, header: map[string]string{field: "same-origin"}, status: 405, contain: []string{"use POST"}}.do(t, s)
		}
	}
	// To an address that is neither TLS nor loopback browsers send none of those, if the
	// page asks them to keep the referrer to themselves.
	for _, method := range []string{"GET", "HEAD"} {
		for name, header := range map[string]map[string]string{
			"Chromium":          {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"},
			"one in disguise":   {"User-Agent": "curl/8.5.0", "Accept-Language": "en-US,en;q=0.9"},
			"one with a cookie": {"User-Agent": "curl/8.5.0", "Cookie": "theme=dark"},
		} {
			for _, path := range []string{"/stop", "/stats/reset"} {
				call{name: name, method: method, path: path, header: header, status: 405}.do(t, s)
			}
		}
	}
	call{name: "script", method: "GET", path: "/stats/reset", status: 200, contain: []string{"ok"}}.do(t, s)
	if !e.Status().State.Active() {
		t.Error("a browser stopped the run by GET")
	}
	call{name: "script", method: "GET", path: "/stop", status: 200, contain: []string{`{"message":"Test stopped","success":true}`}}.do(t, s)
}

func TestOtherSitesCanDoNothing(t *testing.T) {
	s, e := newServer(t, nil)
	start := form("user_count", "1", "spawn_rate", "1")
	for _, c := range []call{
		{name: "form of another site", header: map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}, status: 403},
		{name: "form of another port", header: map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"}, status: 403},
		{name: "old browser", header: map[string]string{"Origin": "https://evil.test"}, status: 403},
		{name: "sandboxed frame", header: map[string]string{"Origin": "null"}, status: 403},
		{name: "rebound name", header: map[string]string{"Host": "evil.test:8089"}, status: 421},
		{name: "rebound name that looks right", header: map[string]string{"Host": "localhost.evil.test:8089"}, status: 421},
		{name: "address in a name", header: map[string]string{"Host": "127.0.0.1.nip.io"}, status: 421},
		{name: "trailing dot", header: map[string]string{"Host": "localhost."}, status: 421},
		{name: "other address", header: map[string]string{"Host": "192.0.2.1:8089"}, status: 421},
		{name: "empty", header: map[string]string{"Host": ""}, status: 421},
	} {
		for _, path := range []string{"/swarm", "/stop", "/pause", "/resume", "/stats/reset"} {
			c.method, c.path, c.form = "POST", path, start
			c.do(t, s)
		}
	}
	for _, path := range []string{"/", "/live", "/stats/requests", "/static/app.js", "/stats/requests/csv", "/healthz"} {
		call{name: "reading under a rebound name", method: "GET", path: path, header: map[string]string{"Host": "evil.test"}, status: 421}.do(t, s)
	}
	if e.Status().Run != 0 {
		t.Error("another site started a run")
	}
	for _, host := range []string{"localhost", "LOCALHOST:8089", "127.0.0.1:8089", "[::1]:8089", "127.0.0.1:9000", "[::1]"} {
		call{name: "own name", method: "GET", path: "/healthz", header: map[string]string{"Host": host}, status: 200}.do(t, s)
	}
	if !answersTo("build.local:80", []string{"Build.local"}) || answersTo("192.0.2.1", []string{"build.local"}) || !answersTo("192.0.2.1", []string{"*"}) || answersTo("evil.test", []string{"*"}) {
		t.Error("answersTo does not keep to the names allowed")
	}
}

func TestEveryRouteForbidsWhatAPageCouldAbuse(t *testing.T) {
	s, _ := newServer(t, nil)
	routes := 0
	err := chi.Walk(s.routes().(chi.Router), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes++
		path := strings.ReplaceAll(route, "*", "app.js")
		r := httptest.NewRequest(method, "http://localhost:8089"+path, nil)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		h := w.Header()
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s %s lacks security headers: %v", method, path, h)
		}
		for name := range h {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s %s sends %s", method, path, name)
			}
		}
		return nil
	})
	if err != nil || routes < 20 {
		t.Errorf("walked %d routes, %v, want at least 20", routes, err)
	}
}

func TestPageCSVAndJSONAgree(t *testing.T) {
	s, e := newServer(t, nil)
	call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "4", "spawn_rate", "1000"), status: 200}.do(t, s)
	waitFor(t, e, "numbers", func(s *engine.Status) bool { return s.Stats.Total.Requests() > 100 })
	e.Stop("enough")
	total := e.Status().Stats.Total
	w := call{name: "json", method: "GET", path: "/stats/requests", status: 200}.do(t, s)
	var answer requestsAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	last := answer.Stats[len(answer.Stats)-1]
	if last.Name != "Aggregated" || last.Requests != total.Requests() || last.Failures != total.Failures() {
		t.Errorf("JSON says %+v, the table %d requests and %d failures", last, total.Requests(), total.Failures())
	}
	w = call{name: "csv", method: "GET", path: "/stats/requests/csv", status: 200}.do(t, s)
	lines, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := lines[len(lines)-1]; got[1] != "Aggregated" || got[2] != strconv.FormatInt(total.Requests(), 10) || got[3] != strconv.FormatInt(total.Failures(), 10) {
		t.Errorf("CSV says %q, the table %d requests and %d failures", got, total.Requests(), total.Failures())
	}
	if name := w.Header().Get("Content-Disposition"); !strings.HasPrefix(name, "attachment; filename=gregaria_") || !strings.HasSuffix(name, "_shop_requests.csv") {
		t.Errorf("download is named %q", name)
	}
	for path, want := range map[string]string{"/stats/requests": "", "/stats/requests?download=1": "_shop_requests.json"} {
		name := call{name: "json", method: "GET", path: path, status: 200, contain: []string{`"name":"Aggregated"`}}.do(t, s).Header().Get("Content-Disposition")
		if (want == "") != (name == "") || !strings.HasSuffix(name, want) {
			t.Errorf("GET %s is named %q, want …%q", path, name, want)
		}
	}
}

func TestNoScenarioPickedMeansAll(t *testing.T) {
	s, e := newServer(t, nil) // whose default is one of two
	call{name: "start", method: "POST", path: "/swarm", status: 200,
		form: form("user_count", "1", "spawn_rate", "1", "host", "http://h.test", "user_classes", "")}.do(t, s)
	if got := len(e.Status().Scenarios); got != 2 {
		t.Errorf("with no box ticked %d scenarios run, want both", got)
	}
}

func TestPasswordOfTheHostIsUsedAndNotShown(t *testing.T) {
	s, e := newServer(t, nil)
	s.defaults.Host = "http://ann:secret@shop.test"
	call{name: "page", method: "GET", path: "/", status: 200, contain: []string{`value="http://shop.test"`}, absent: []string{"secret"}}.do(t, s)
	// The form sends back what it shows.
	call{name: "start", method: "POST", path: "/swarm", status: 200, absent: []string{"secret"}, contain: []string{`"host":"http://shop.test"`},
		form: form("user_count", "1", "spawn_rate", "1", "host", "http://shop.test")}.do(t, s)
	if got := e.Status().Config.Host; got != s.defaults.Host {
		t.Errorf("the run's host = %q, want the one with the password", got)
	}
	for _, path := range []string{"/", "/stats/requests", "/stats/report", "/tasks"} {
		call{name: "anywhere", method: "GET", path: path, status: 200, absent: []string{"secret"}}.do(t, s)
	}
}

func TestAChangeAfterTheEndBeginsNothing(t *testing.T) {
	s, e := newServer(t, nil)
	if w := s.engine.Change(engine.Config{Users: 1, SpawnRate: 1}); statusOf(w) != http.StatusConflict || e.Status().Run != 0 {
		t.Errorf("a change without a run = %v, status %d, want a conflict", w, statusOf(w))
	}
}
