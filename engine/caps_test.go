package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/wire"
)

func capped(t testing.TB, g *target, caps Caps, suite load.Suite) *Engine {
	t.Helper()
	e, err := New(suite, Options{Logger: slog.New(slog.DiscardHandler), Transports: g.transports, Caps: caps})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNobodyAsksForMoreThanTheCaps(t *testing.T) {
	caps := Caps{Users: 100, Rate: 50, RunTime: time.Hour}
	e := capped(t, &target{}, caps, load.Suite{
		Scenarios: []load.Planner{always("a", load.Constant(time.Hour), get("/"))},
		Shapes:    map[string]load.Shape{"huge": steady(1e9)},
	})
	defer e.Close()
	stages := func(target float64) load.Stages { return load.Stages{{Duration: time.Minute, Target: target}} }
	tests := []struct {
		cfg  Config
		want string // "" for none
	}{
		{Config{Users: 100, SpawnRate: 1}, ""},
		{Config{Users: 101, SpawnRate: 1}, "users: 101 is more than the 100 this program was started with (--max-users)"},
		{Config{Stages: stages(100)}, ""},
		{Config{Stages: stages(500)}, "stages: 500 is more than the 100 this program was started with (--max-users)"},
		{Config{Model: Open, Stages: stages(50)}, ""},
		{Config{Model: Open, Stages: stages(51)}, "stages: 51 a second is more than the 50 this program was started with (--max-rate)"},
		{Config{Model: Open, Rate: 50}, ""},
		{Config{Model: Open, Rate: 50.5}, "arrivals per second: 50.5 a second is more than the 50 this program was started with (--max-rate)"},
		{Config{Model: Open, Rate: 1, UserCap: 101}, "user cap: 101 is more than the 100 this program was started with (--max-users)"},
		{Config{Users: 1, SpawnRate: 1, RunTime: time.Hour}, ""},
		{Config{Users: 1, SpawnRate: 1, RunTime: 2 * time.Hour}, "run time: 2h is more than the 1h this program was started with (--max-run-time)"},
		{Config{Shape: "huge"}, ""}, // held down as it goes
	}
	for _, tt := range tests {
		got := ""
		if err := e.Check(tt.cfg); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("Check(%+v): %q, want %q", tt.cfg, got, tt.want)
		}
	}

	mustStart(t, e, Config{Users: 1, SpawnRate: 1})
	for _, cfg := range []Config{{Users: 101, SpawnRate: 1}, {Stages: stages(101)}, {Users: 1, SpawnRate: 1, RunTime: 2 * time.Hour}} {
		if err := e.Change(cfg); len(FieldErrors(err)) != 1 || !strings.Contains(err.Error(), "this program was started with") {
			t.Errorf("Change(%+v): %v, want one mistake that names the cap", cfg, err)
		}
	}
}

func TestARunWithoutARunTimeEndsAtTheCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := capped(t, &target{}, Caps{RunTime: time.Minute}, load.Suite{Scenarios: []load.Planner{always("a", load.Constant(time.Second), get("/"))}})
		begin := time.Now()
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		if got := e.Status().Config.RunTime; got != time.Minute {
			t.Errorf("run time = %v, want the cap", got)
		}
		e.Wait(context.Background())
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("the run ended after %v, want %v", took, time.Minute)
		}
		e.Close()
	})
}

func TestAShapeIsHeldDownToTheCaps(t *testing.T) {
	for _, tt := range []struct {
		cfg    Config
		notice string
	}{
		{Config{Shape: "huge"}, "more than the 7 users"},
		{Config{Shape: "huge", Model: Open, UserCap: 5}, "more than the 3 arrivals a second"},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := &target{}
			e := capped(t, g, Caps{Users: 7, Rate: 3}, load.Suite{
				Scenarios: []load.Planner{always("a", load.Constant(time.Hour), get("/"))},
				Shapes:    map[string]load.Shape{"huge": steady(1e9)},
			})
			mustStart(t, e, tt.cfg)
			time.Sleep(10*time.Second + time.Millisecond)
			synctest.Wait()
			s := e.Status()
			if n := len(s.Scenarios); s.Users > 7 || s.Target > 7 || n != 1 || s.Scenarios[0].AtMost > 7 {
				t.Errorf("%s: %d users, target %v, want at most 7", tt.cfg.Model, s.Users, s.Target)
			}
			if tt.cfg.Model == Open && (s.Target != 3 || g.total() > 31) {
				t.Errorf("%d requests in 10 s, target %v a second, want at most 31, 3", g.total(), s.Target)
			}
			if !slices.ContainsFunc(s.Notices, func(n string) bool { return strings.Contains(n, tt.notice) }) {
				t.Errorf("notices %q, want one with %q", s.Notices, tt.notice)
			}
			e.Close()
		})
	}
}

func TestTheOpenModelTakesNoMoreUsersThanTheCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(string) time.Duration { return time.Hour }}
		e := capped(t, g, Caps{Users: 5}, load.Suite{Scenarios: []load.Planner{always("a", load.Wait{}, get("/"))}})
		mustStart(t, e, Config{Model: Open, Rate: 100})
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if s := e.Status(); s.Users != 5 || s.Config.UserCap != 5 {
			t.Errorf("%d users, user cap %d, want 5, 5", s.Users, s.Config.UserCap)
		}
		e.Close()
	})
}

// Users who were told to stop and finish what they do are users still.
func TestEditsDoNotLeadBeyondTheCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var alive, most atomic.Int64
		s := always("a", load.Wait{}, func(u *load.User) error {
			u.Measure("X", "long", func(context.Context) (int64, error) {
				most.Store(max(most.Load(), alive.Add(1)))
				time.Sleep(20 * time.Second)
				alive.Add(-1)
				return 0, nil
			})
			return nil
		})
		e := capped(t, &target{}, Caps{Users: 10}, load.Suite{Scenarios: []load.Planner{s}})
		mustStart(t, e, Config{Users: 10, SpawnRate: 1000, StopTimeout: time.Minute})
		for range 20 {
			for _, n := range []int{1, 10} {
				if _, err := e.Start(Config{Users: n, SpawnRate: 1000}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := e.Status().Users; most.Load() > 10 || got != 10 {
			t.Errorf("at most %d users at once, in the end %d, want 10, 10", most.Load(), got)
		}
		e.Close()
	})
}

// The target itself counts. However late a request comes there, it was let go before,
// so up to each moment there must not have been more than the cap allows.
func TestTheTargetNeverSeesMoreThanTheRateCap(t *testing.T) {
	const perSecond, burst = 200, 2
	for _, tt := range []struct {
		name string
		cfg  Config
		http load.Protocol
	}{
		{"closed", Config{Users: 20, SpawnRate: 1000}, load.HTTP1},
		{"open", Config{Model: Open, Rate: perSecond, UserCap: 50}, load.HTTP1},
		{"closed, net/http", Config{Users: 20, SpawnRate: 1000}, load.HTTP2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var mu sync.Mutex
			var seen []time.Time
			enough := make(chan struct{})
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				seen = append(seen, time.Now())
				if len(seen) == 300 {
					close(enough)
				}
				mu.Unlock()
				if r.URL.Path == "/" { // each request is two
					http.Redirect(w, r, "/there", http.StatusFound)
					return
				}
				io.WriteString(w, "ok")
			}))
			defer srv.Close()
			s := always("a", load.Wait{}, get("/"))
			s.Host, s.Protocol = srv.URL, tt.http
			e, err := New(load.Suite{Scenarios: []load.Planner{s}}, Options{Logger: slog.New(slog.DiscardHandler), Caps: Caps{Rate: perSecond}})
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			mustStart(t, e, tt.cfg)
			<-enough
			e.Close()
			mu.Lock()
			defer mu.Unlock()
			for i, at := range seen {
				if may := at.Sub(begin).Seconds()*perSecond + burst; float64(i) > may {
					t.Fatalf("request %d came after %v, want at most %v until then", i+1, at.Sub(begin), may)
				}
			}
			status := e.Status()
			if !slices.ContainsFunc(status.Notices, func(n string) bool { return strings.Contains(n, "--max-rate") }) {
				t.Errorf("notices %q, want one that requests were held back", status.Notices)
			}
			if n := len(status.Stats.Failures); n != 0 {
				t.Errorf("failures: %+v", status.Stats.Failures)
			}
		})
	}
}

func TestClientsOfAScenariosOwnAreHeldToTheRateCapToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		s := always("a", load.Wait{}, func(u *load.User) error {
			return u.Measure("X", "own", func(context.Context) (int64, error) { n.Add(1); time.Sleep(time.Millisecond); return 0, nil })
		})
		e := capped(t, &target{}, Caps{Rate: 10}, load.Suite{Scenarios: []load.Planner{s}})
		mustStart(t, e, Config{Users: 100, SpawnRate: 1000})
		time.Sleep(10*time.Second + 50*time.Millisecond)
		synctest.Wait()
		if got := n.Load(); got != 101 {
			t.Errorf("%d measured in 10 s, want 101", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := e.Status().Stats.Total.All().Max(); got != time.Millisecond {
			t.Errorf("the longest took %v, want 1 ms: waiting is no part of it", got)
		}
		e.Close()
	})
}

// A task that is paced is late by its own doing only.
func TestWaitingForATurnIsNotBeingLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always("a", load.Pacing(100*time.Millisecond), func(u *load.User) error {
			return u.Measure("X", "own", func(context.Context) (int64, error) { time.Sleep(time.Millisecond); return 0, nil })
		})
		e := capped(t, &target{}, Caps{Rate: 1}, load.Suite{Scenarios: []load.Planner{s}})
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		row := e.Status().Stats.Total.All().Response()
		if got := row.Max(); got > time.Millisecond+time.Second {
			t.Errorf("the longest response time is %v, want none of the waiting in it", got)
		}
		e.Close()
	})
}

func TestAForbiddenHostIsAMistakeInTheForm(t *testing.T) {
	policy, err := wire.ParsePolicy([]string{"shop.test", "other.test:8080"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := always("a", load.Wait{}, get("/")), always("b", load.Wait{}, get("/"))
	a.Host, b.Host = "http://shop.test", "http://shop.test:81"
	e, err := New(load.Suite{Scenarios: []load.Planner{a, b}}, Options{Wire: wire.Options{Policy: policy}})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for host, want := range map[string]bool{
		"": true, "http://other.test:8080": true, "http://other.test": false, "http://169.254.169.254": false, "https://10.0.0.7": false,
	} {
		err := e.Check(Config{Users: 1, SpawnRate: 1, Host: host})
		switch {
		case want && err != nil:
			t.Errorf("Check of host %q: %v, want no mistake", host, err)
		case !want && (!slices.Equal(fields(err), []Field{FieldHost}) || !strings.Contains(err.Error(), "refused by policy") || !strings.Contains(err.Error(), "--allow-target")):
			t.Errorf("Check of host %q: %v, want one mistake in the host that names the flag", host, err)
		}
	}
}

func TestARefusalIsAFailureOfItsOwn(t *testing.T) {
	s := always("a", load.Wait{}, get("http://169.254.169.254/latest/meta-data/"))
	e, err := New(load.Suite{Scenarios: []load.Planner{s}}, Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	mustStart(t, e, Config{Users: 1, SpawnRate: 1, Iterations: 3})
	if err := e.Wait(context.Background()); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	f := e.Status().Stats.Failures
	if len(f) != 1 || f[0].Format != string(load.Forbidden) || f[0].Count != 3 || !strings.Contains(f[0].Example, "169.254.169.254:80") {
		t.Errorf("failures: %+v, want 3 of %q with the address", f, load.Forbidden)
	}
	e.Close()
}
