package server

import (
	"encoding/json"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/web"
)

func TestAFormSaysItsLoadInOneWay(t *testing.T) {
	stages := load.Stages{{Duration: time.Minute, Target: 5}}
	given := engine.Config{Model: engine.Closed, Users: 3, SpawnRate: 2}
	staged := engine.Config{Model: engine.Closed, Stages: stages}
	open := engine.Config{Model: engine.Open, Rate: 7, UserCap: 50, Poisson: true}
	for _, tt := range []struct {
		name  string
		given engine.Config
		form  url.Values
		want  engine.Config
	}{
		{"Locust's", given, form("user_count", "9", "spawn_rate", "4"), engine.Config{Model: engine.Closed, Users: 9, SpawnRate: 4}},
		{"one number", given, form("user_count", "9"), engine.Config{Model: engine.Closed, Users: 9, SpawnRate: 2}},
		{"Locust's where stages are given", staged, form("user_count", "9", "spawn_rate", "4"), engine.Config{Model: engine.Closed, Users: 9, SpawnRate: 4}},
		{"Locust's where arrivals are given", open, form("user_count", "9", "spawn_rate", "4"), engine.Config{Model: engine.Closed, Users: 9, SpawnRate: 4}},
		{"stages alone", given, form("stages", "1m:5"), staged},
		{"stages beside numbers", given, form("stages", "1m:5", "user_count", "?"), staged},
		{"no stages any more", staged, form("stages", "", "user_count", "9", "spawn_rate", "1"), engine.Config{Model: engine.Closed, Users: 9, SpawnRate: 1}},
		{"a shape", given, form("shape", "waves", "stages", "", "user_count", "9"), engine.Config{Model: engine.Closed, Shape: "waves"}},
		{"nothing of it", staged, form("host", "http://x"), staged},
		{"arrivals", given, form("arrival_rate", "8"), engine.Config{Model: engine.Open, Rate: 8}},
		{"arrivals by default", open, form("model", "arrivals"), open},
		{"evenly", open, form("model", "arrivals", "arrival_rate", "8", "user_cap", "", "arrivals", "even"), engine.Config{Model: engine.Open, Rate: 8}},
		{"at random", given, form("model", "arrivals", "arrival_rate", "8", "arrivals", "even", "arrivals", "poisson"), engine.Config{Model: engine.Open, Rate: 8, Poisson: true}},
		{"all the page sends, users", open, form("model", "users", "user_count", "9", "spawn_rate", "1", "arrival_rate", "", "user_cap", "", "arrivals", "even", "stages", "", "shape", ""),
			engine.Config{Model: engine.Closed, Users: 9, SpawnRate: 1}},
		{"all the page sends, arrivals", given, form("model", "arrivals", "user_count", "1", "spawn_rate", "1", "arrival_rate", "8", "user_cap", "10", "arrivals", "even", "stages", "", "shape", ""),
			engine.Config{Model: engine.Open, Rate: 8, UserCap: 10}},
		{"stages of arrivals", given, form("model", "arrivals", "stages", "1m:5", "arrival_rate", ""), engine.Config{Model: engine.Open, Stages: stages}},
	} {
		got := tt.given
		for _, err := range readLoad(&got, tt.form) {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: readLoad(%v) = %+v, want %+v", tt.name, tt.form, got, tt.want)
		}
	}
}

func TestPlanIsDrawnWhileItIsTyped(t *testing.T) {
	s, e := newServer(t, nil)
	get := func(pairs ...string) string { return "/plan?" + form(pairs...).Encode() }
	for _, c := range []call{
		{name: "users", path: get("user_count", "20", "spawn_rate", "2"), contain: []string{"<path", "20 users after 9.5s, until stopped"}},
		{name: "stages", path: get("stages", "2m:100,5m:100,30s:0", "user_count", "?"), contain: []string{"100 users at the peak, over after 7m30s", `data-error="stages"></p>`}},
		{name: "arrivals", path: get("model", "arrivals", "arrival_rate", "10", "run_time", "1m"), contain: []string{"10 arrivals/s, over after 1m; about 600 arrivals in all"}},
		{name: "the run's time", path: get("stages", "2m:100,5m:100", "run_time", "3m"), contain: []string{"over after 3m"}},
		{name: "a mistake has its place", path: get("stages", "2m:100,many:1"), contain: []string{"character 8", "many"}, absent: []string{"<path"}},
		{name: "half a number is no mistake", path: get("user_count", "", "spawn_rate", "2"), contain: []string{"as soon as it can be read", `data-error="stages"></p>`}},
		{name: "a shape", path: get("shape", "waves"), contain: []string{"not known beforehand"}},
		{name: "nothing", path: "/plan", contain: []string{"Say how much"}},
		{name: "the edit form", path: get("form", "edit"), contain: []string{`id="edit-stages-note"`}},
		{name: "markup", path: get("stages", hostile, "form", hostile), contain: []string{"&lt;img", `id="start-stages-note"`}, absent: []string{"<img"}},
		{name: "a shape of markup", path: get("shape", hostile), absent: []string{"<img"}},
		{name: "ten years", path: get("stages", "87600h:1000000"), contain: []string{"<path"}},
		{name: "no time at all", path: get("stages", "0s:5,1ms:5"), contain: []string{"<path"}, absent: []string{"NaN", "Inf"}},
	} {
		c.method, c.status = "GET", 200
		c.do(t, s)
	}
	call{name: "too long", method: "GET", path: get("stages", strings.Repeat("1s:1,", 2000)), status: 414, contain: []string{"too long"}}.do(t, s)
	if e.Status().Run != 0 {
		t.Error("a preview started a run")
	}
}

func TestPauseHoldsAndResumeGoesOn(t *testing.T) {
	s, e := newServer(t, nil)
	call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "2", "spawn_rate", "1000"), status: 200}.do(t, s)
	for _, field := range []string{"Origin", "Referer", "Sec-Fetch-Site"} {
		call{name: "pause by a link", method: "GET", path: "/pause", header: map[string]string{field: "same-origin"}, status: 405}.do(t, s)
	}
	call{name: "pause", method: "POST", path: "/pause", status: 200, contain: []string{`"message":"Test paused","success":true`}}.do(t, s)
	if got := e.Status().State; got != engine.Paused {
		t.Errorf("state once POST /pause has answered = %s, want paused", got)
	}
	call{name: "numbers", method: "GET", path: "/stats/requests", status: 200, contain: []string{`"state":"paused"`}}.do(t, s)
	call{name: "page", method: "GET", path: "/", status: 200, contain: []string{`data-state="paused"`, `action="resume"`}}.do(t, s)
	call{name: "change", method: "POST", path: "/swarm", form: form("user_count", "3", "spawn_rate", "1000"), status: 200, contain: []string{"Load changed"}}.do(t, s)
	call{name: "resume by a form", method: "POST", path: "/resume", form: form(), header: map[string]string{"Accept": "text/html"}, status: 303}.do(t, s)
	waitFor(t, e, "three users at work", func(s *engine.Status) bool { return s.State == engine.Running && s.Users == 3 })
}

func TestArrivalsAreStartedChangedAndCounted(t *testing.T) {
	s, e := newServer(t, nil)
	call{name: "start", method: "POST", path: "/swarm", status: 200,
		form: form("model", "arrivals", "arrival_rate", "50", "user_cap", "9", "arrivals", "poisson", "iterations", "100000", "seed", "42", "user_count", "", "stages", "")}.do(t, s)
	got := e.Status().Config
	want := engine.Config{Model: engine.Open, Rate: 50, UserCap: 9, Poisson: true, Iterations: 100000, Seed: 42}
	if got.Model != want.Model || got.Rate != want.Rate || got.UserCap != want.UserCap || !got.Poisson || got.Iterations != want.Iterations || got.Seed != want.Seed || got.Users != 0 {
		t.Errorf("the run's config = %+v, want %+v in it", got, want)
	}
	waitFor(t, e, "arrivals and health", func(s *engine.Status) bool { return s.Stats.Arrivals.Started > 10 && len(s.Stats.Rows) > 1 })
	w := call{name: "numbers", method: "GET", path: "/stats/requests", status: 200,
		contain: []string{`"model":"arrivals"`, `"target":50`, `"phases":[`, `"reasons":[`, `"seed":"42"`}}.do(t, s)
	var answer requestsAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if a := answer.Arrivals; a.Due < a.Started || a.Started < a.Completed || a.Started == 0 {
		t.Errorf("arrivals = %+v, want some, and no more completed than started than due", a)
	}
	if last := answer.Stats[len(answer.Stats)-1]; last.Service == nil || last.Service.Median > last.Median {
		t.Errorf("service times of all = %+v, want no more than the response times' median %v", last.Service, last.Median)
	}
	call{name: "page", method: "GET", path: "/", status: 200, contain: []string{"Arrivals/s", "Dropped", "of 9", "Response time runs from"}}.do(t, s)
	call{name: "stages", method: "POST", path: "/swarm", form: form("model", "arrivals", "stages", "1h:200"), status: 200, contain: []string{"Load changed"}}.do(t, s)
	call{name: "another model", method: "POST", path: "/swarm", form: form("model", "users", "user_count", "3", "spawn_rate", "1"), status: 422, contain: []string{`"model"`, "stop it and start"}}.do(t, s)
	call{name: "edit", method: "GET", path: "/?form=edit", status: 200, contain: []string{`name="stages" value="1h:200"`}}.do(t, s)
	e.Stop("enough")
	call{name: "report", method: "GET", path: "/stats/report", status: 200,
		contain: []string{"arrivals, at random (Poisson)", "How far the numbers can be trusted", "<dd>42</dd>", "1h:200", "Service median"}, absent: []string{"<script src"}}.do(t, s)
}

// logged is a log that is looked at afterwards.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestSecretsAreUsedAndShownNowhere(t *testing.T) {
	const given, typed, wrong = "given-at-start", "typed-by-reader", "2short"
	seen := make(chan string, 1)
	suite := load.Suite{Scenarios: []load.Planner{load.Scenario[nothing]{
		Name: "vault", Host: "http://vault.test", Params: []load.Parameter{password}, Wait: load.Constant(time.Hour),
		Tasks: []load.Task[nothing]{{Name: "open", Run: func(_ *nothing, u *load.User) error {
			seen <- password.Of(u)
			return u.Get("/").Err()
		}}},
	}}}
	var log logged
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, e := serverOf(t, suite, nil, logger, engine.Config{Users: 1, SpawnRate: 1, Params: map[string]string{"password": given}})
	s.logs = func() (lines []web.LogLine) {
		for text := range strings.Lines(log.String()) {
			lines = append(lines, web.LogLine{Text: text})
		}
		return lines
	}
	nowhere := []string{given, typed, wrong, "the-standard-one"}
	look := func(when string) {
		for _, path := range []string{"/", "/?form=new", "/?form=edit", "/?tab=charts", "/?tab=failures", "/?tab=exceptions", "/?tab=download",
			"/stats/requests", "/stats/report", "/stats/requests/csv", "/stats/requests_full_history/csv", "/tasks", "/logs", "/exceptions", "/plan?password=" + typed} {
			call{name: when, method: "GET", path: path, status: 200, absent: nowhere}.do(t, s)
		}
		if text := log.String(); strings.Contains(text, given) || strings.Contains(text, typed) || strings.Contains(text, wrong) {
			t.Errorf("%s the log has a secret:\n%s", when, text)
		}
	}
	look("before the first run")
	for _, accept := range []string{"text/html", "application/json"} {
		call{name: "too short", method: "POST", path: "/swarm", header: map[string]string{"Accept": accept}, status: 422, absent: nowhere,
			form: form("user_count", "1", "spawn_rate", "1", "password", wrong)}.do(t, s)
		call{name: "beside a mistake", method: "POST", path: "/swarm", header: map[string]string{"Accept": accept}, status: 422, absent: nowhere,
			form: form("user_count", "0", "spawn_rate", "1", "password", typed)}.do(t, s)
	}
	for _, tt := range []struct{ sent, want string }{{typed, typed}, {"", given}} {
		w := call{name: "start", method: "POST", path: "/swarm", status: 200, absent: nowhere, form: form("user_count", "1", "spawn_rate", "1", "password", tt.sent)}.do(t, s)
		if w.Code != 200 {
			continue // nobody will see it
		}
		if got := <-seen; got != tt.want {
			t.Errorf("with %q sent the user reads %q, want %q", tt.sent, got, tt.want)
		}
		look("while it runs")
		e.Stop("enough")
		look("after the run")
	}
}

func TestUsersWhoNeverEndedAreInTheWayUntilForced(t *testing.T) {
	gate := newGate()
	deaf := load.Suite{Scenarios: []load.Planner{load.Scenario[nothing]{
		Name: "deaf", Host: "http://deaf.test",
		Tasks: []load.Task[nothing]{{Name: "wait", Run: func(*nothing, *load.User) error {
			select {
			case gate.arrived <- struct{}{}:
			default:
			}
			<-gate.open // whatever the context says
			return load.StopUser
		}}},
	}}}
	s, e := serverOf(t, deaf, nil, slog.New(slog.DiscardHandler), engine.Config{})
	start := form("user_count", "1", "spawn_rate", "100")
	call{name: "start", method: "POST", path: "/swarm", form: start, status: 200}.do(t, s)
	<-gate.arrived
	e.Stop("enough")
	call{name: "again", method: "POST", path: "/swarm", form: start, status: 409, contain: []string{`"force":true`, "never ended"}}.do(t, s)
	call{name: "again as a page", method: "POST", path: "/swarm", form: start, header: map[string]string{"Accept": "text/html"}, status: 409,
		contain: []string{"never ended", `data-force><input type="checkbox" name="force" value="1"`}}.do(t, s)
	start.Set(web.FieldForce, "1")
	call{name: "forced", method: "POST", path: "/swarm", form: start, status: 200, contain: []string{"Swarming started"}}.do(t, s)
	close(gate.open)
	waitFor(t, e, "the end of all", func(s *engine.Status) bool { return s.State == engine.Stopped })
}
