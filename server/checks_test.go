package server

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// answered returns the errors by field of a refused form.
func answered(t *testing.T, s *Server, c call) map[string]string {
	t.Helper()
	var answer struct{ Errors map[string]string }
	if err := json.Unmarshal(c.do(t, s).Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Errors
}

func TestCheckSaysWhatSwarmWouldAndChangesNothing(t *testing.T) {
	s, e := newServer(t, nil)
	forms := []struct {
		name   string
		form   url.Values
		fields []string
	}{
		{"a start", form("user_count", "2", "spawn_rate", "1000"), nil},
		{"with checks", form("user_count", "2", "spawn_rate", "1000", "checks", "GET / p95 < 1s", "checks", "", "checks", "fails < 1", "check_stop", "10s", "check_warmup", ""), nil},
		{"with weights", form("user_count", "2", "spawn_rate", "1000", "weights", "shop=3", "weights", "bare="), nil},
		{"users", form("user_count", "none", "spawn_rate", "0"), []string{"spawn_rate", "user_count"}},
		{"checks", form("user_count", "2", "checks", "p95 < 1s", "checks", "p95"), []string{"checks"}},
		{"check times", form("user_count", "2", "check_stop", "soon", "check_warmup", "later"), []string{"check_stop", "check_warmup"}},
		{"weights", form("user_count", "2", "weights", "shop=0"), []string{"weights"}},
		{"no scenario", form("user_count", "2", "weights", "shpo=2"), []string{"weights"}},
	}
	for _, tt := range append(forms, struct {
		name   string
		form   url.Values
		fields []string
	}{"tasks", form("user_count", "2", "tasks_off", "shop/fornt", "tasks_off", ""), []string{"tasks_off"}}) {
		for _, path := range []string{"/check", "/swarm"} {
			if path == "/swarm" && tt.fields == nil {
				continue
			}
			status := 200
			if tt.fields != nil && path == "/swarm" {
				status = 422 // to check a form with mistakes is no mistake
			}
			errs := answered(t, s, call{name: tt.name, method: "POST", path: path, form: tt.form, status: status})
			var fields []string
			for f := range errs {
				fields = append(fields, f)
			}
			if slices.Sort(fields); !slices.Equal(fields, tt.fields) {
				t.Errorf("%s: POST %s blames %v, want %v", tt.name, path, errs, tt.fields)
			}
		}
	}
	if e.Status().Run != 0 {
		t.Error("POST /check started a run")
	}
	call{name: "no form", method: "POST", path: "/check", status: 400}.do(t, s)
	call{name: "as a page", method: "POST", path: "/check", form: form("user_count", "0"), header: map[string]string{"Accept": "text/html"}, status: 200, contain: []string{`"errors":{`}}.do(t, s)
	call{name: "by GET", method: "GET", path: "/check", status: 405}.do(t, s)

	call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "2", "spawn_rate", "1000"), status: 200}.do(t, s)
	for _, tt := range forms {
		success := fmt.Sprintf(`"success":%v`, tt.fields == nil)
		call{name: "change: " + tt.name, method: "POST", path: "/check", form: tt.form, status: 200, contain: []string{success}}.do(t, s)
	}
	if errs := answered(t, s, call{name: "change of the host", method: "POST", path: "/check", form: form("user_count", "2", "host", "http://third.test", "checks", "p95"), status: 200}); errs["host"] == "" || errs["checks"] == "" {
		t.Errorf("a change of the host with a check that cannot be read blames %v, want both", errs)
	}
	if c := e.Status().Config; c.Checks != nil || c.Weights != nil {
		t.Errorf("POST /check changed the run to %+v", c)
	}
}

func TestChecksWeightsAndTasksAreStartedChangedAndTold(t *testing.T) {
	s, e := newServer(t, nil)
	call{name: "numbers before", method: "GET", path: "/stats/requests", status: 200, contain: []string{`"checks":[]`, `"events":[]`}}.do(t, s)
	call{name: "start", method: "POST", path: "/swarm", status: 200, form: form("user_count", "4", "spawn_rate", "1000", "user_classes", "shop", "user_classes", "bare", "host", "http://other.test",
		"checks", "GET / p95 < 1s\nGET /none avg < 1", "checks", "fails < 1", "check_stop", "1h", "check_warmup", "100ms", "weights", "shop=3", "weights", "bare=", "tasks_off", "", "tasks_off", "shop/front")}.do(t, s)
	c := e.Status().Config
	if len(c.Checks) != 3 || c.CheckStop.Hours() != 1 || c.CheckWarmup.Milliseconds() != 100 || c.Weights["shop"] != 3 || len(c.Weights) != 1 || !slices.Equal(c.Off, []string{"shop/front"}) {
		t.Errorf("the run is asked for %+v", c)
	}
	waitFor(t, e, "a breach", func(s *engine.Status) bool { return len(s.Checks) == 3 && s.Checks[2].Breaches > 0 })
	w := call{name: "numbers", method: "GET", path: "/stats/requests", status: 200, contain: []string{
		`"check":"GET / p95 \u003c 1s","bound":1000,"now":{"known":false,"ok":null,"value":null,"margin":null}`, `"check":"fails \u003c 1"`, `"kind":"start","text":"run 1 started: 4 users"`, `"kind":"breach","text":"fails \u003c 1 broken`,
	}}.do(t, s)
	var answer requestsAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if f := answer.Checks[2]; !f.Now.Known || *f.Now.OK || *f.Now.Value < 1 || *f.Now.Margin > 0 || f.FirstBreach == "" || f.Breaches != 1 || f.InBreach <= 0 {
		t.Errorf("a check that is broken is told as %+v", f)
	}
	for _, c := range []call{
		{name: "other checks alone", form: form("checks", "rps > 0"), status: 200, contain: []string{"Load changed"}},
		{name: "other weights alone", form: form("weights", "shop=1"), status: 200},
		{name: "a stop alone", form: form("check_stop", "2h"), status: 200},
		{name: "other tasks", form: form("user_count", "4", "tasks_off", "shop/odd"), status: 422, contain: []string{"stop it and start"}},
		{name: "the load alone", form: form("user_count", "5", "spawn_rate", "1000"), status: 200},
	} {
		c.method, c.path = "POST", "/swarm"
		c.do(t, s)
	}
	c = e.Status().Config
	if c.Users != 5 || len(c.Checks) != 1 || c.CheckStop.Hours() != 2 || c.CheckWarmup.Milliseconds() != 100 || c.Weights["shop"] != 1 || !slices.Equal(c.Off, []string{"shop/front"}) {
		t.Errorf("after the changes the run is asked for %+v", c)
	}
	call{name: "no checks", method: "POST", path: "/swarm", form: form("checks", ""), status: 200}.do(t, s)
	if c := e.Status(); len(c.Checks) != 0 {
		t.Errorf("an empty field of checks leaves %v", c.Checks)
	}
	if n := e.Status().Stats.Rows; slices.ContainsFunc(n, func(l stats.Line) bool { return l.Name == "/" }) {
		t.Error("a task that is off was done")
	}
}

// Whoever fills in the start form while somebody else starts is told so, and changes
// nothing by mistake.
func TestAStartIsNoEdit(t *testing.T) {
	s, e := newServer(t, nil)
	start := form("start", "1", "user_count", "2", "spawn_rate", "1000")
	call{name: "check before", method: "POST", path: "/check", form: start, status: 200, contain: []string{`"success":true`}}.do(t, s)
	call{name: "first", method: "POST", path: "/swarm", form: start, status: 200}.do(t, s)
	start.Set("user_count", "7")
	call{name: "second", method: "POST", path: "/swarm", form: start, status: 409, contain: []string{"a run is on already"}}.do(t, s)
	call{name: "check after", method: "POST", path: "/check", form: start, status: 200, contain: []string{`"success":false`, "a run is on already"}}.do(t, s)
	if c := e.Status().Config; c.Users != 2 {
		t.Errorf("a second start left %d users, want 2 as asked first", c.Users)
	}
	start.Del("start")
	call{name: "as Locust's scripts do", method: "POST", path: "/swarm", form: start, status: 200}.do(t, s)
	if c := e.Status().Config; c.Users != 7 {
		t.Errorf("without saying start there are %d users asked for, want 7", c.Users)
	}
}
