package engine

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// objectives reads checks that are right.
func objectives(t testing.TB, lines ...string) []checks.Check {
	t.Helper()
	list, err := ParseChecks(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// checkNamed returns the status of a check as it is written.
func checkNamed(t testing.TB, s *Status, text string) CheckStatus {
	t.Helper()
	for _, c := range s.Checks {
		if c.String() == text {
			return c
		}
	}
	t.Fatalf("there is no check %q among %v", text, s.Checks)
	return CheckStatus{}
}

// told returns the kinds of a run's events, in their order.
func told(s *Status) (kinds []EventKind) {
	for _, e := range s.Events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// slowFrom answers at once but for the time between two moments of the run.
func slowFrom(from, to, delay time.Duration) *target {
	began := time.Now()
	return &target{delay: func(string) time.Duration {
		if at := time.Since(began); at >= from && at < to {
			return delay
		}
		return time.Millisecond
	}}
}

func tenASecond() load.Scenario[nothing] {
	return always("a", load.Constant(99*time.Millisecond), get("/"))
}

func TestAChecksBreachAndRecoveryAreNoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, slowFrom(20*time.Second, 25*time.Second, 500*time.Millisecond), tenASecond())
		mustStart(t, e, Config{Users: 2, SpawnRate: 100, RunTime: time.Minute, Checks: objectives(t, "GET / max < 300ms", "GET / rps > 1", "GET /none p95 < 1s", "requests >= 500", "fails < 1")})
		time.Sleep(15 * time.Second)
		s := e.Status()
		if c := checkNamed(t, s, "GET / max < 300ms"); !c.Now.Known || !c.Now.OK || !c.Run.OK || c.InBreach != 0 || c.Breaches != 0 || !c.FirstBreach.IsZero() {
			t.Errorf("before the target is slow: %+v, want one that holds", c)
		}
		if c := checkNamed(t, s, "GET /none p95 < 1s"); c.Now.Known || c.Run.Known {
			t.Errorf("a check of requests that never came: %+v, want nothing known", c)
		}
		if c := checkNamed(t, s, "requests >= 500"); !c.Pending || c.InBreach != 0 || c.Breaches != 0 {
			t.Errorf("a count that is growing: %+v, want it pending and no breach", c)
		}
		time.Sleep(10 * time.Second)
		c := checkNamed(t, e.Status(), "GET / max < 300ms")
		if c.Now.OK || c.Run.OK || c.Now.Value < 500 || c.Now.Margin > -0.6 || c.Breaches != 1 || !within(c.InBreach.Seconds(), 4, 0.3) {
			t.Errorf("while the target is slow: %+v, want a breach of 4 s", c)
		}
		if at := c.FirstBreach.Sub(s.Started); !within(at.Seconds(), 21, 0.05) {
			t.Errorf("the first breach is at %s, want 21s", at)
		}
		_ = e.Wait(t.Context())
		s = e.Status()
		c = checkNamed(t, s, "GET / max < 300ms")
		if !c.Now.OK || c.Run.OK || c.InBreach != 0 || c.Breaches != 1 || c.Broken < 13*time.Second || c.Broken > 17*time.Second {
			t.Errorf("after the run: %+v, want one breach of 5 s and 10 more in which it was current", c)
		}
		if c := checkNamed(t, s, "requests >= 500"); c.Pending || !c.Run.OK {
			t.Errorf("a count that has grown: %+v, want it to hold", c)
		}
		if !slices.ContainsFunc(s.Notices, func(n string) bool { return strings.Contains(n, "GET /none p95 < 1s says nothing") }) {
			t.Errorf("notices = %q, want one of the check whose requests never came", s.Notices)
		}
		if got, want := told(s), []EventKind{EventStart, EventSpawned, EventBreach, EventRecovery, EventStop}; !slices.Equal(got, want) {
			t.Errorf("events = %v, want %v", s.Events, want)
		} else if s.Events[0].Text != "run 1 started: 2 users" || s.Events[1].Text != "all users have started: 2" || !strings.Contains(s.Events[2].Text, "GET / max < 300ms broken: 500ms") {
			t.Errorf("events say %+v", s.Events)
		}
		e.Close()
	})
}

func TestACheckThatIsBrokenForTooLongStopsTheRun(t *testing.T) {
	for _, tt := range []struct {
		warmup, want time.Duration
	}{{0, 25 * time.Second}, {30 * time.Second, 41 * time.Second}, {20500 * time.Millisecond, 26 * time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			s := played(t, slowFrom(20*time.Second, time.Hour, 500*time.Millisecond), Config{Users: 2, SpawnRate: 100, RunTime: time.Minute,
				Checks: objectives(t, "p50 < 3600s", "GET / max < 300ms"), CheckStop: 5 * time.Second, CheckWarmup: tt.warmup}, tenASecond())
			if tt.warmup > 21*time.Second {
				tt.want = tt.warmup + 5*time.Second
			}
			if d := s.Elapsed() - tt.want; d < -500*time.Millisecond || d > 2*time.Second {
				t.Errorf("with a warm-up of %s the run ended after %s, want %s", tt.warmup, s.Elapsed(), tt.want)
			}
			if want := "check GET / max < 300ms was broken for 5s: 500ms in the last 10 s, 500ms in the whole run"; s.Reason != want {
				t.Errorf("the run ended because %q, want %q", s.Reason, want)
			}
			if got := s.Events[len(s.Events)-1]; got.Kind != EventStop || got.Text != s.Reason {
				t.Errorf("the last event is %+v, want the stop", got)
			}
		})
	}
}

func TestACheckThatHoldsStopsNoRunHoweverShortItsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := played(t, slowFrom(time.Hour, time.Hour, 0), Config{Users: 2, SpawnRate: 100, RunTime: 10 * time.Second,
			Checks: objectives(t, "GET / max < 300ms"), CheckStop: 100 * time.Millisecond}, tenASecond())
		if s.Checks[0].Ended || s.Elapsed() < 9*time.Second {
			t.Errorf("the run ended after %s: %s, want all of its 10 s", s.Elapsed(), s.Reason)
		}
	})
}

func TestAPauseIsNoBreach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, slowFrom(0, 0, 0), tenASecond())
		mustStart(t, e, Config{Users: 2, SpawnRate: 100, Checks: objectives(t, "rps > 15"), CheckStop: 3 * time.Second})
		time.Sleep(15 * time.Second)
		_ = e.Pause()
		time.Sleep(time.Minute)
		_ = e.Resume()
		time.Sleep(20 * time.Second)
		s := e.Status()
		if c := s.Checks[0]; s.State != Running || c.Breaches != 0 || !c.Now.OK || c.Run.OK {
			t.Errorf("after a pause the run is %s (%s) and %+v, want no breach though the whole run's rate is low", s.State, s.Reason, c)
		}
		if got, want := told(s), []EventKind{EventStart, EventSpawned, EventPause, EventResume}; !slices.Equal(got, want) {
			t.Errorf("events = %v, want %v", s.Events, want)
		}
		e.Close()
	})
}

func TestChecksChangeWhileARunIsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, slowFrom(0, 0, 0), tenASecond())
		mustStart(t, e, Config{Stages: stages(t, "10s:10,1h:10"), Checks: objectives(t, "max < 1us", "avg < 3600s")})
		time.Sleep(30 * time.Second)
		before := checkNamed(t, e.Status(), "max < 1us")
		if before.Breaches != 1 || before.InBreach < 25*time.Second {
			t.Fatalf("before the change: %+v, want it broken", before)
		}
		plan := e.Status().Plan
		if err := e.Change(Config{Checks: objectives(t, "max < 1us", "p95 < 5ms"), CheckStop: time.Hour}); err != nil {
			t.Fatal(err)
		}
		s := e.Status()
		if len(s.Checks) != 2 || checkNamed(t, s, "max < 1us").InBreach < 25*time.Second || s.Config.CheckStop != time.Hour {
			t.Errorf("after the change: %+v, want the one that stays with what is known of it", s.Checks)
		}
		if !slices.Equal(s.Plan, plan) || s.Users != 10 {
			t.Errorf("a change of checks changed the plan to %v with %d users", s.Plan, s.Users)
		}
		if got, want := s.Events[len(s.Events)-1].Text, "check p95 < 5ms, no check avg < 3600s, stop when a check is broken for never → 1h0m0s"; got != want {
			t.Errorf("the edit is told as %q", got)
		}
		if err := e.Change(Config{Stages: stages(t, "1h:20")}); err != nil || len(e.Status().Checks) != 2 {
			t.Errorf("a change of load = %v and leaves %v, want both checks", err, e.Status().Checks)
		}
		e.Reset()
		s = e.Status()
		if c := checkNamed(t, s, "max < 1us"); c.Breaches != 0 || c.InBreach != 0 || c.Run.Known || !c.FirstBreach.IsZero() {
			t.Errorf("after a reset: %+v, want nothing known", c)
		}
		if got := s.Events[len(s.Events)-1]; got.Kind != EventReset || s.Events[0].Kind != EventStart {
			t.Errorf("events after a reset: %v, want all there were, and the reset", s.Events)
		}
		if err := e.Change(Config{Checks: []checks.Check{}}); err != nil || len(e.Status().Checks) != 0 {
			t.Errorf("a change to no checks = %v and leaves %v", err, e.Status().Checks)
		}
		e.Close()
	})
}

func TestStartRefusesChecksThatAreNone(t *testing.T) {
	e := newEngine(t, &target{}, once())
	many := make([]checks.Check, mostChecks+1)
	for i := range many {
		many[i] = checks.Check{Metric: checks.RPS, Op: checks.Greater, Bound: float64(i)}
	}
	for _, tt := range []struct {
		cfg  Config
		want Field
	}{
		{Config{Users: 1, SpawnRate: 1, Checks: many}, FieldChecks},
		{Config{Users: 1, SpawnRate: 1, Checks: []checks.Check{{Metric: "p95", Op: "~", Bound: 1}}}, FieldChecks},
		{Config{Users: 1, SpawnRate: 1, CheckStop: -1}, FieldCheckStop},
		{Config{Users: 1, SpawnRate: 1, CheckWarmup: -1}, FieldCheckWarmup},
	} {
		if err := e.Check(tt.cfg); !slices.Equal(fields(err), []Field{tt.want}) {
			t.Errorf("Check(%+v) = %v, want an error of %s", tt.cfg, err, tt.want)
		}
	}
	if err := e.CheckChange(Config{Users: 1, SpawnRate: 1}); !errors.Is(err, ErrOver) {
		t.Errorf("CheckChange without a run = %v, want ErrOver", err)
	}
	_, err := ParseChecks("p95 < 3\np95 <")
	check(t, "ParseChecks", "two lines", err, "line 2: character 6", FieldChecks)
	if d, err := ParseCheckStop("1m"); d != time.Minute || err != nil {
		t.Errorf("ParseCheckStop(1m) = %s, %v", d, err)
	}
	_, err = ParseCheckWarmup("soon")
	check(t, "ParseCheckWarmup", "soon", err, "not a time", FieldCheckWarmup)
}

func TestEventsTellEveryEditAndKeepTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, resting())
		mustStart(t, e, Config{Users: 20, SpawnRate: 100})
		time.Sleep(time.Second)
		for _, tt := range []struct {
			cfg  Config
			want string
		}{
			{Config{Users: 50, SpawnRate: 100}, "users 20 → 50"},
			{Config{Users: 10, SpawnRate: 2.5, RunTime: time.Hour}, "users 50 → 10, spawn rate 100 → 2.5, run time never → 1h0m0s"},
			{Config{Stages: stages(t, "2m:100,1h:0")}, "stages 2m:100,1h:0"},
			{Config{Users: 10, SpawnRate: 100}, "10 users"},
		} {
			if err := e.Change(tt.cfg); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
			synctest.Wait()
			edits := slices.DeleteFunc(slices.Clone(e.Status().Events), func(e Event) bool { return e.Kind != EventEdit })
			if got := edits[len(edits)-1]; got.Text != tt.want {
				t.Errorf("Change(%+v) is told as %q, want %q", tt.cfg, got.Text, tt.want)
			}
		}
		early := e.Status().Events
		saved := slices.Clone(early)
		for i := range 2 * mostEvents {
			_ = e.Change(Config{Users: 10 + i%2, SpawnRate: 100})
		}
		list := e.Status().Events
		if len(list) > mostEvents+1 || list[0].Kind != EventStart || list[len(list)-1].Kind != EventEdit {
			t.Errorf("after %d edits there are %d events, the first %v, the last %v", 2*mostEvents, len(list), list[0], list[len(list)-1])
		}
		if !slices.Equal(early, saved) {
			t.Error("events that were published have changed")
		}
		e.Close()
	})
}

func TestATargetThatNeverAnswersBreaksACheckOfTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := played(t, slowFrom(0, time.Hour, time.Hour), Config{Users: 2, SpawnRate: 100, RunTime: time.Minute,
			Checks: objectives(t, "rps > 15", "fails/s < 1", "requests > 5"), CheckStop: 5 * time.Second, CheckWarmup: 10 * time.Second}, tenASecond())
		if want := "check rps > 15 was broken for 5s: 0 in the last 10 s, 0 in the whole run"; s.Reason != want || !within(s.Elapsed().Seconds(), 15, 0.1) {
			t.Errorf("the run ended after %s because %q, want 15s, %q", s.Elapsed(), s.Reason, want)
		}
		if c := checkNamed(t, s, "fails/s < 1"); c.Now.Known || c.Run.Known {
			t.Errorf("failures of requests that never came: %+v, want nothing known", c)
		}
		if c := checkNamed(t, s, "requests > 5"); !c.Run.Known || c.Run.OK || c.Pending {
			t.Errorf("after the run: %+v, want it not to hold", c)
		}
	})
}

func TestABreachOutlastsATargetThatStopsAnswering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		slow := &target{delay: func(string) time.Duration {
			if time.Since(began) < 3*time.Second {
				return 500 * time.Millisecond
			}
			return time.Hour
		}}
		s := played(t, slow, Config{Users: 2, SpawnRate: 100, RunTime: time.Minute, Checks: objectives(t, "max < 300ms"), CheckStop: 20 * time.Second}, tenASecond())
		if want := "check max < 300ms was broken for 20s: no such request in the last 10 s, 500ms in the whole run"; s.Reason != want {
			t.Errorf("the run ended because %q, want %q", s.Reason, want)
		}
		if c := s.Checks[0]; c.Breaches != 1 || slices.Contains(told(s), EventRecovery) {
			t.Errorf("%+v, events %v, want one breach and no recovery", c, s.Events)
		}
	})
}

func TestChecksOfTheSameRequestsShareTheWork(t *testing.T) {
	e := newEngine(t, &target{}, resting())
	mustStart(t, e, Config{Users: 1, SpawnRate: 1})
	defer e.Close()
	r, now := e.run, time.Now()
	recorder := stats.NewRecorder(now)
	for i := range 200 {
		recorder.Shard(i).Record(stats.Sample{Method: "GET", Name: strconv.Itoa(i), Took: time.Duration(i) * time.Millisecond})
	}
	d := recorder.Drain(now.Add(time.Second), stats.Gauges{})
	allocs := func(checks ...string) (n float64) {
		_ = r.ask(func() error {
			r.table = stats.Table{}
			r.table.Add(d)
			r.keepTo(objectives(t, checks...))
			n = testing.AllocsPerRun(10, func() { r.judge(d) })
			if now := r.checks[0].Now; !now.Known || !now.OK {
				t.Errorf("%s of 200 rows says %+v, want it to hold", checks[0], now)
			}
			return nil
		})
		return n
	}
	one := allocs("GET p95 < 1s")
	if many := allocs("GET p95 < 1s", "GET p50 < 1s", "GET p99 < 1s", "GET avg < 1s", "GET max < 1s", "GET min < 1s"); many > 2*one {
		t.Errorf("judging six checks of the same requests takes %v allocations and judging one %v, want at most twice as many", many, one)
	}
}

func TestTheSameLoadAgainIsNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, resting())
		mustStart(t, e, Config{Users: 4, SpawnRate: 100})
		time.Sleep(time.Second)
		_ = e.Change(Config{Users: 4, SpawnRate: 100})
		time.Sleep(time.Second)
		if got, want := told(e.Status()), []EventKind{EventStart, EventSpawned}; !slices.Equal(got, want) {
			t.Errorf("events = %v, want %v", e.Status().Events, want)
		}
		e.Close()
	})
}
