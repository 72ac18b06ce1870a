package engine

import (
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// once is a scenario of one request.
func once() load.Scenario[nothing] { return always("a", load.Wait{}, get("/")) }

// played runs cfg to its end in virtual time.
func played(t *testing.T, g *target, cfg Config, scenarios ...load.Planner) *Status {
	t.Helper()
	e := newEngine(t, g, scenarios...)
	mustStart(t, e, cfg)
	if err := e.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.Close()
	return e.Status()
}

// within reports whether got is as near to want as a share of it.
func within(got, want, share float64) bool { return math.Abs(got-want) <= share*want }

func TestArrivalsKeepTheirRateWhenTheTargetSlowsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		g := &target{delay: func(string) time.Duration {
			if time.Since(began) < 10*time.Second {
				return 10 * time.Millisecond
			}
			return 2 * time.Second
		}}
		s := played(t, g, Config{Model: Open, Rate: 500, RunTime: 20 * time.Second, StopTimeout: 3 * time.Second}, once())
		a := s.Stats.Arrivals
		if !within(float64(a.Started), 500*20, 0.01) || a.Dropped != 0 || a.Late != 0 || a.Completed != a.Started {
			t.Errorf("20s at 500/s, half of it against a target that takes 2s: %+v, want 10,000 started and completed, none late or dropped", a)
		}
		if n := s.Stats.Total.Requests(); n != a.Started || int64(g.total()) != n {
			t.Errorf("%d requests, %d of them at the target, for %d arrivals", n, g.total(), a.Started)
		}
		busiest := 0
		for p := range s.History.Points() {
			busiest = max(busiest, p.Users)
		}
		if busiest < 1000 || busiest > 1200 { // 500/s × 2 s, and a few to spare
			t.Errorf("at most %d users at a time, want 1,000 and a few to spare", busiest)
		}
	})
}

func TestArrivalsBeyondTheCapAreDroppedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(string) time.Duration { return time.Second }}
		s := played(t, g, Config{Model: Open, Rate: 100, UserCap: 10, RunTime: 10505 * time.Millisecond, StopTimeout: 2 * time.Second}, once())
		a := s.Stats.Arrivals
		if a.Due != 1051 || a.Started < 100 || a.Started > 110 || a.Due != a.Started+a.Dropped {
			t.Errorf("10.5s at 100/s with 10 users and a target that takes 1s: %+v, want 1,051 due, of which about 105 start and all others are dropped", a)
		}
		if !strings.Contains(strings.Join(s.Notices, "\n"), "dropped") {
			t.Errorf("notices %q do not tell that arrivals were dropped", s.Notices)
		}
	})
}

// frozen is a target that takes 1 ms, except that what comes while it is frozen is
// answered when it thaws.
func frozen(began time.Time, from, until time.Duration) *target {
	return &target{delay: func(string) time.Duration {
		at := time.Since(began)
		if at >= from && at < until {
			return until - at
		}
		return time.Millisecond
	}}
}

// The theory: of 100,000 arrivals a tenth waits, evenly between 0 and 10 s.
func TestAFreezeShowsInFullInTheResponseTimesOfArrivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := frozen(time.Now(), 40*time.Second, 50*time.Second)
		s := played(t, g, Config{Model: Open, Rate: 1000, RunTime: 100*time.Second - time.Millisecond/2, StopTimeout: time.Second}, once())
		all := s.Stats.Total.All().Response()
		for _, want := range []struct {
			p  float64
			at time.Duration
		}{{95, 5 * time.Second}, {99, 9 * time.Second}, {100, 10 * time.Second}} {
			if got := all.Percentile(want.p); !within(got.Seconds(), want.at.Seconds(), 0.05) {
				t.Errorf("p%v of the response times = %s, want %s ± 5 %%", want.p, got, want.at)
			}
		}
		if a := s.Stats.Arrivals; a.Started != 100_000 || a.Dropped != 0 {
			t.Errorf("100s at 1,000/s: %+v, want 100,000 started, none dropped", a)
		}
	})
}

// With few users a freeze takes part in ten samples, so the percentiles hide it and the
// run must say so.
func TestAFreezeIsAnnouncedInTheClosedModel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := frozen(time.Now(), 8*time.Second, 18*time.Second)
		s := played(t, g, Config{Users: 10, SpawnRate: 1000, RunTime: 25 * time.Second, StopTimeout: time.Second}, once())
		if got := s.Stats.Total.All().Percentile(99); got > 2*time.Millisecond {
			t.Errorf("p99 = %s, want about 1ms: ten samples are slow", got)
		}
		if notices := strings.Join(s.Notices, "\n"); !strings.Contains(notices, "closed model") {
			t.Errorf("notices %q say nothing of the closed model", notices)
		}
	})
}

func TestPacedUsersShowAFreezeInTheirResponseTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := frozen(time.Now(), 10*time.Second, 20*time.Second)
		s := played(t, g, Config{Users: 1, SpawnRate: 1, RunTime: 30 * time.Second, StopTimeout: time.Second},
			always("a", load.Pacing(100*time.Millisecond), get("/")))
		all := s.Stats.Total.All()
		if service, response := all.Percentile(99), all.Response().Max(); service > 20*time.Millisecond || response < 9900*time.Millisecond {
			t.Errorf("service time p99 %s, longest response time %s, want about 1ms and 10s", service, response)
		}
		// The task after the frozen one is late by what that took too long, the one
		// after that is not: what was not sent is not made up.
		late := 0
		for from, n := range all.Response().Buckets {
			if from > 20*time.Millisecond {
				late += int(n)
			}
		}
		if late != 2 {
			t.Errorf("%d late requests, want 2: the frozen one and the one due meanwhile", late)
		}
	})
}

func TestTimerLatenessIsNotMadeUpForByPacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := played(t, &target{}, Config{Users: 1, SpawnRate: 1, RunTime: 10*time.Second + time.Millisecond},
			always("a", load.Pacing(10*time.Millisecond), get("/")))
		if n := s.Stats.Total.Requests(); n != 1001 {
			t.Errorf("10s of a task every 10ms: %d requests, want 1,001", n)
		}
	})
}

func TestUsersWhoAreNotNeededLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := frozen(time.Now(), 5*time.Second, 10*time.Second)
		e := newEngine(t, g, once())
		mustStart(t, e, Config{Model: Open, Rate: 100})
		time.Sleep(9900 * time.Millisecond)
		synctest.Wait()
		if got := e.Status().Users; got < 400 {
			t.Errorf("users while the target is frozen = %d, want more than 400", got)
		}
		time.Sleep(60 * time.Second)
		synctest.Wait()
		if s := e.Status(); s.Users > 20 || s.Idle >= s.Users+1 {
			t.Errorf("a minute later there are %d users, %d of them idle, want a few", s.Users, s.Idle)
		}
		e.Close()
	})
}

func TestArrivalsAreSharedByWeight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := always("a", load.Wait{}, get("/a")), always("b", load.Wait{}, get("/b"))
		a.Weight = 3
		g := &target{}
		played(t, g, Config{Model: Open, Rate: 400, RunTime: 10*time.Second - time.Millisecond, StopTimeout: time.Second}, a, b)
		if g.count("/a") != 3000 || g.count("/b") != 1000 {
			t.Errorf("of 4,000 arrivals %d went to a and %d to b, want 3:1", g.count("/a"), g.count("/b"))
		}
	})
}

func TestArrivalsWaitForUsersWhoLogIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := once()
		s.OnStart = func(_ *nothing, u *load.User) error { return u.Pause(2 * time.Second) }
		got := played(t, &target{}, Config{Model: Open, Rate: 10, RunTime: 10*time.Second + 50*time.Millisecond, StopTimeout: 5 * time.Second}, s)
		a := got.Stats.Arrivals
		if a.Due != 101 || a.Started != 101 || a.Late == 0 {
			t.Errorf("10s at 10/s with a login of 2s: %+v, want 101 due and started, the first ones late", a)
		}
		if longest := got.Stats.Total.All().Response().Max(); longest < 2*time.Second || longest > 2100*time.Millisecond {
			t.Errorf("longest response time %s, want the 2s of the first login", longest)
		}
	})
}

func TestAnIterationLimitOfOneMakesEachArrivalANewUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := once()
		s.Iterations = 1
		s.OnStart = get2("/login")
		g := &target{}
		played(t, g, Config{Model: Open, Rate: 10, RunTime: 10*time.Second + 50*time.Millisecond, StopTimeout: time.Second}, s)
		if g.count("/") != 101 || g.count("/login") < 101 || g.count("/login") > 110 {
			t.Errorf("%d arrivals logged in %d times, want 101 and a few more for those to spare", g.count("/"), g.count("/login"))
		}
	})
}

func get2(path string) func(*nothing, *load.User) error {
	return func(_ *nothing, u *load.User) error { return u.Get(path).Err() }
}

func TestPoissonArrivalsHaveTheSameRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := played(t, &target{}, Config{Model: Open, Rate: 1000, Poisson: true, Seed: 7, RunTime: 100 * time.Second, StopTimeout: time.Second}, once())
		// 100,000 arrivals are within 1,000 (three standard deviations) of that.
		if a := s.Stats.Arrivals; !within(float64(a.Started), 100_000, 0.01) {
			t.Errorf("100s at 1,000/s: %+v, want 100,000 started ± 1 %%", a)
		}
	})
}

func TestSecondsAddUpToTheTotals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := played(t, &target{}, Config{Model: Open, Rate: 100, RunTime: 30 * time.Second, StopTimeout: time.Second}, once())
		var sum stats.Arrivals
		var requests int64
		for p := range s.History.Points() {
			sum, requests = sum.Plus(p.Arrivals), requests+p.Requests
		}
		if sum != s.Stats.Arrivals || requests != s.Stats.Total.Requests() {
			t.Errorf("the seconds add up to %+v and %d requests, the totals are %+v and %d", sum, requests, s.Stats.Arrivals, s.Stats.Total.Requests())
		}
	})
}

// What the target is slow at is no fault of the load generator.
func TestASlowTargetIsNotTheGeneratorsLag(t *testing.T) {
	set := load.Scenario[nothing]{Name: "a", Host: "http://target.test", Tasks: []load.Task[nothing]{{
		Name: "set", OnStart: get2("/enter"), Tasks: []load.Task[nothing]{{Name: "x", Run: func(_ *nothing, u *load.User) error { u.Get("/x"); return load.Leave }}},
	}}}
	login := once()
	login.OnStart = get2("/login")
	for name, tt := range map[string]struct {
		cfg Config
		s   load.Planner
	}{
		"slow login":                {Config{Model: Open, Rate: 10}, login},
		"paced too fast":            {Config{Users: 5, SpawnRate: 10}, always("a", load.Pacing(time.Second), get("/"))},
		"a set that takes entering": {Config{Model: Open, Rate: 10}, set},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &target{delay: func(string) time.Duration { return 2 * time.Second }}
				tt.cfg.RunTime, tt.cfg.StopTimeout = 10*time.Second, 5*time.Second
				s := played(t, g, tt.cfg, tt.s)
				if lag := s.Stats.Health.Worst.Lag; lag > time.Millisecond {
					t.Errorf("the generator is %s late, on a clock on which it cannot be", lag)
				}
				if longest := s.Stats.Total.All().Response().Max(); longest < 2500*time.Millisecond && name != "a set that takes entering" {
					t.Errorf("longest response time %s, want that of a request that came late too", longest)
				}
			})
		})
	}
}

func TestArrivalsForWhomNobodyComesAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := once()
		s.OnStart = func(*nothing, *load.User) error { return load.StopUser }
		got := played(t, &target{}, Config{Model: Open, Rate: 100, RunTime: 10 * time.Second}, s)
		if a := got.Stats.Arrivals; a.Dropped < a.Due-2 || a.Started != 0 {
			t.Errorf("users who leave before they begin: %+v, want all dropped", a)
		}
	})
}
