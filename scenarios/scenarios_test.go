package scenarios

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
	"github.com/gregaria/gregaria/engine/stats"
	"github.com/gregaria/gregaria/scenarios/demo"
)

func TestSuiteHasNoMistakes(t *testing.T) {
	plans, err := Suite.Plans()
	if err != nil {
		t.Fatalf("Suite.Plans: %v", err)
	}
	var names []string
	for _, p := range plans {
		names = append(names, p.Name)
		if p.Help == "" {
			t.Errorf("scenario %s has no Help", p.Name)
		}
	}
	if want := []string{"cities", "get", "tour"}; !slices.Equal(names, want) {
		t.Errorf("Suite.Plans: %v, want %v", names, want)
	}
}

func TestCitiesPassesAgainstAnAPIWithoutTheBug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := loadtest.Run(t, cities, demo.New(demo.Options{}), loadtest.Options{Users: 20, Rounds: 20})
		for _, want := range []struct {
			method, name string
			requests     int64
		}{
			{"POST", "/api/v1/auth/register", 20},
			{"POST", "/api/v1/auth/token", 20},
			{"POST", "/api/v1/cities", 400},
			{"GET", "/api/v1/cities/{id}", 400},
		} {
			if n := got.Row(want.method, want.name).Requests(); n != want.requests {
				t.Errorf("%s %s: %d requests, want %d", want.method, want.name, n, want.requests)
			}
		}
		if len(got.Rows) != 4 {
			t.Errorf("%d rows, want 4: %v", len(got.Rows), got.Rows)
		}
	})
}

func TestCitiesPassesAloneInSpiteOfTheBug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		loadtest.Run(t, cities, demo.New(demo.Options{Bug: true}), loadtest.Options{Rounds: 200})
	})
}

func TestCitiesFindsTheBugInACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := loadtest.Try(t, cities, demo.New(demo.Options{Bug: true}), loadtest.Options{Users: 20, Rounds: 20})
		if len(got.Failures) != 1 || len(got.Exceptions) != 0 {
			t.Fatalf("20 users: %d kinds of failure and %d of exceptions, want 1 and 0:\n%s",
				len(got.Failures), len(got.Exceptions), strings.Join(got.Problems(), "\n"))
		}
		want := stats.FailureKey{Method: "GET", Name: "/api/v1/cities/{id}", Format: "status 404, expected 200"}
		if f := got.Failures[0]; f.FailureKey != want || f.Count == 0 {
			t.Errorf("failure: %+v, %d times; want %+v", f.FailureKey, f.Count, want)
		}
	})
}

// A target is a small API with the routes of cities. Its fields are the bodies it
// answers with; empty ones are right.
type target struct {
	token, made, read string
}

func (a target) handler() http.Handler {
	names := map[string]string{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/auth/register", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
	})
	mux.HandleFunc("POST /api/v1/auth/token", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, or(a.token, `{"access_token": "t"}`))
	})
	mux.HandleFunc("POST /api/v1/cities", func(w http.ResponseWriter, r *http.Request) {
		var c city
		json.NewDecoder(r.Body).Decode(&c)
		id := fmt.Sprint("id ", len(names), "/?#")
		names[id] = c.Name
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, or(a.made, fmt.Sprintf(`{"data": {"id": %q}}`, id)))
	})
	mux.HandleFunc("GET /api/v1/cities/{id}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, or(a.read, fmt.Sprintf(`{"data": {"name": %q}}`, names[r.PathValue("id")])))
	})
	return mux
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func TestCitiesNoticesWhatIsWrongWithAnswers(t *testing.T) {
	for _, tt := range []struct {
		name         string
		target       target
		method, path string
		format       string // "" when nothing is wrong
	}{
		{name: "ids of any kind", target: target{}},
		{"no token", target{token: `{}`}, "POST", "/api/v1/auth/token", "answer has no access_token"},
		{"no data", target{made: `{}`}, "POST", "/api/v1/cities", "answer has no data.id"},
		{"data is null", target{made: `{"data": null}`}, "POST", "/api/v1/cities", "answer has no data.id"},
		{"no id", target{made: `{"data": {"name": "x"}}`}, "POST", "/api/v1/cities", "answer has no data.id"},
		{"empty id", target{made: `{"data": {"id": ""}}`}, "POST", "/api/v1/cities", "answer has no data.id"},
		{"id is a number", target{made: `{"data": {"id": 7}}`}, "POST", "/api/v1/cities", "body is not the JSON expected"},
		{"not JSON", target{made: `<html>`}, "POST", "/api/v1/cities", "body is not the JSON expected"},
		{"no data read back", target{read: `{"ok": true}`}, "GET", "/api/v1/cities/{id}", "answer has no data"},
		{"no name read back", target{read: `{"data": {}}`}, "GET", "/api/v1/cities/{id}", "city is named %q, want %q"},
		{"another name read back", target{read: `{"data": {"name": "Rome"}}`}, "GET", "/api/v1/cities/{id}", "city is named %q, want %q"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := loadtest.Try(t, cities, tt.target.handler(), loadtest.Options{})
			if len(got.Exceptions) > 0 {
				t.Errorf("exceptions: %v", got.Problems())
			}
			var want []stats.FailureKey
			if tt.format != "" {
				want = append(want, stats.FailureKey{Method: tt.method, Name: tt.path, Format: tt.format})
			}
			var keys []stats.FailureKey
			for _, f := range got.Failures {
				keys = append(keys, f.FailureKey)
			}
			if !slices.Equal(keys, want) {
				t.Errorf("failures %+v, want %+v", keys, want)
			}
		})
	}
}

// What comes from the target is data, whatever it looks like.
func TestHostileNamesPassThrough(t *testing.T) {
	const hostile = `</script><img src=x onerror=alert(1)>`
	got := loadtest.Try(t, cities, target{read: `{"data": {"name": "` + hostile + `"}}`}.handler(), loadtest.Options{})
	if len(got.Failures) != 1 || !strings.Contains(got.Failures[0].Example, hostile) {
		t.Errorf("failures %v, want one with %s in its message", got.Problems(), hostile)
	}

	const path = "/?q=" + hostile
	var asked string
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked = r.FormValue("q") })
	seen := loadtest.Run(t, get, echo, loadtest.Options{Params: map[string]string{"path": strings.ReplaceAll(path, " ", "%20")}})
	if asked != hostile {
		t.Errorf("target was asked for %q, want %q", asked, hostile)
	}
	if name := seen.Rows[0].Name; !strings.Contains(name, "<img") {
		t.Errorf("row is named %q, want the path as given", name)
	}
}

func TestGetFetchesThePathOfTheRun(t *testing.T) {
	for _, tt := range []struct{ param, want string }{{"", "/"}, {"/health?deep=1", "/health?deep=1"}} {
		var asked []string
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = append(asked, r.URL.RequestURI()) })
		params := map[string]string{}
		if tt.param != "" {
			params["path"] = tt.param
		}
		got := loadtest.Run(t, get, h, loadtest.Options{Rounds: 2, Params: params})
		if want := []string{tt.want, tt.want}; !slices.Equal(asked, want) {
			t.Errorf("path %q: asked for %v, want %v", tt.param, asked, want)
		}
		if n := got.Row("GET", tt.want).Requests(); n != 2 {
			t.Errorf("path %q: row has %d requests, want 2", tt.param, n)
		}
	}
}

func TestGetWaitsForItsPace(t *testing.T) {
	plan, err := get.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ wait, took, want time.Duration }{
		{0, 0, 0},
		{0, time.Second, 0},
		{time.Second, 300 * time.Millisecond, 700 * time.Millisecond},
		{time.Second, 2 * time.Second, 0},
	} {
		u, _ := load.NewUser(t.Context(), load.Seat{Params: map[string]any{"wait": tt.wait}})
		if got := plan.Wait.After(u, tt.took); got != tt.want {
			t.Errorf("wait %s after %s: %s, want %s", tt.wait, tt.took, got, tt.want)
		}
	}
}

// The tour connects to the target by itself, so it gets one that listens. Each of its
// users begins without a city, so its first list puts "add a city" next.
func TestTourPasses(t *testing.T) {
	const users, rounds = 3, 2
	api := demo.New(demo.Options{})
	server := httptest.NewServer(api)
	defer server.Close()
	got := loadtest.Run(t, tour, api, loadtest.Options{Users: users, Rounds: rounds, Host: server.URL})
	want := map[string]int64{
		"GET / (opening)":                 1,
		"GET / (closing)":                 1,
		"POST /api/v1/auth/register":      users,
		"POST /api/v1/auth/token":         users,
		"GROUP sign in":                   users,
		"GET /":                           users * rounds * 2, // in the lobby too
		"GET /api/v1/cities (none yet)":   users,
		"GET /api/v1/cities":              users * (rounds - 1),
		"POST /api/v1/cities":             users * (rounds + 1),
		"GET /api/v1/cities/{id}":         users * (rounds + 1 + rounds), // and a page of the album
		"GET /api/v1/news":                users * rounds,
		"POST /api/v1/cities (cut short)": users * rounds,
		"TCP connect":                     users * rounds,
		"GET / (goodbye)":                 users,
	}
	rows := map[string]int64{}
	for _, line := range got.Rows {
		rows[line.Method+" "+line.Name] = line.Requests()
	}
	if !maps.Equal(rows, want) {
		t.Errorf("requests by row:\n got %v\nwant %v", rows, want)
	}
}

func TestTourPassesOnTheEngine(t *testing.T) {
	server, err := demo.Listen("127.0.0.1:0", demo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s := tour
	s.Wait = load.Wait{}
	e, err := engine.New(load.Suite{Scenarios: []load.Planner{s}}, engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := e.Start(engine.Config{
		Users: 20, SpawnRate: 1000, Iterations: 150, Seed: 1, StopTimeout: time.Minute, Host: "http://" + server.Addr(),
	}); err != nil {
		t.Fatal(err)
	}
	if err := e.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	got := e.Status().Stats
	for _, f := range got.Failures {
		t.Errorf("%s %s: %d failed: %s", f.Method, f.Name, f.Count, f.Example)
	}
	for _, m := range got.Exceptions {
		t.Errorf("exception, %d times: %s\n%s", m.Count, m.Message, m.Stack)
	}
	if len(got.Rows) < 10 {
		t.Errorf("%d rows, want those of most tasks: %v", len(got.Rows), got.Rows)
	}
}

func TestTourSignsWhatItSends(t *testing.T) {
	api := demo.New(demo.Options{})
	var mu sync.Mutex
	ids := map[string]int{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		ids[r.Header.Get("X-Request-Id")]++
		mu.Unlock()
		api.ServeHTTP(w, r)
	})
	got := loadtest.Try(t, withoutPing(), h, loadtest.Options{Users: 3})
	if sent := got.Total.Requests(); int64(len(ids)) != sent || ids[""] > 0 {
		t.Errorf("%d requests had %d ids, %d had none; want one each", sent, len(ids), ids[""])
	}
}

func TestTourFailsWhatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := demo.New(demo.Options{})
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "GET" && r.URL.Path == "/api/v1/cities" {
				time.Sleep(2 * time.Second)
			}
			api.ServeHTTP(w, r)
		})
		for _, tt := range []struct {
			patience string
			failures int64
		}{{"3s", 0}, {"1s", 2}} {
			got := loadtest.Try(t, withoutPing(), h, loadtest.Options{Rounds: 2, Params: map[string]string{"tour-patience": tt.patience}})
			var failed int64
			for _, f := range got.Failures {
				if f.Name == "/api/v1/cities" && f.Format == "took more than %s" {
					failed += f.Count
				}
			}
			if total := got.Total.Failures(); failed != tt.failures || total != tt.failures {
				t.Errorf("with a patience of %s: %d lists took too long and %d requests failed, want %d", tt.patience, failed, total, tt.failures)
			}
		}
	})
}

func TestTourRefusesAnotherTarget(t *testing.T) {
	got := loadtest.Try(t, tour, target{}.handler(), loadtest.Options{})
	if got.Stopped == "" || got.Total.Requests() != 1 {
		t.Errorf("the run was stopped: %q after %d requests, want it stopped after one", got.Stopped, got.Total.Requests())
	}
}

// withoutPing is the tour without the task that needs a target that listens.
func withoutPing() load.Scenario[visitor] {
	s := tour
	s.Tasks = slices.DeleteFunc(slices.Clone(s.Tasks), func(t load.Task[visitor]) bool { return slices.Contains(t.Tags, "tcp") })
	return s
}

func TestTourStopsUsersWithoutAnAccount(t *testing.T) {
	api := demo.New(demo.Options{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" && r.URL.Path == "/api/v1/cities" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		api.ServeHTTP(w, r)
	})
	got := loadtest.Try(t, tour, h, loadtest.Options{Rounds: 5})
	if n := got.Row("GET", "/api/v1/cities").Requests(); n != 1 {
		t.Errorf("%d lists were asked for, want 1", n)
	}
	if n := got.Row("GET", "/ (goodbye)").Requests(); n != 1 {
		t.Errorf("%d goodbyes, want 1: OnStop follows StopUser", n)
	}
}

func TestShapesAreWhatTheySay(t *testing.T) {
	for _, tt := range []struct {
		shape string
		at    time.Duration
		want  float64
		on    bool
	}{
		{"wave", 0, 10, true},
		{"wave", 15 * time.Second, 30, true},
		{"wave", 30 * time.Second, 50, true},
		{"wave", 9 * time.Minute, 10, true},
		{"wave", 10 * time.Minute, 10, false},
		{"spike", 15 * time.Second, 5, true},
		{"spike", 85 * time.Second, 10, true},
		{"spike", 95 * time.Second, 100, true},
		{"spike", 125 * time.Second, 10, true},
		{"spike", 181 * time.Second, 0, false},
	} {
		got, on := Suite.Shapes[tt.shape].Level(tt.at)
		if math.Abs(got-tt.want) > 1e-9 || on != tt.on {
			t.Errorf("%s at %s: %v, %v; want %v, %v", tt.shape, tt.at, got, on, tt.want, tt.on)
		}
	}
}
