package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestUsersStartEvenlyAtTheSpawnRate(t *testing.T) {
	for _, tt := range []struct {
		users int
		rate  float64
		want  []time.Duration // when the first users start
	}{
		{5, 100, []time.Duration{0, 10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond, 40 * time.Millisecond}},
		{3, 0.5, []time.Duration{0, 2 * time.Second, 4 * time.Second}},
		{3, 2.5, []time.Duration{0, 400 * time.Millisecond, 800 * time.Millisecond}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			var births []time.Duration
			began := time.Now()
			s := always("a", load.Constant(time.Hour), get("/"))
			s.OnStart = func(*nothing, *load.User) error {
				mu.Lock()
				births = append(births, time.Since(began))
				mu.Unlock()
				return nil
			}
			e := newEngine(t, &target{}, s)
			mustStart(t, e, Config{Users: tt.users, SpawnRate: tt.rate})
			time.Sleep(tt.want[len(tt.want)-1] + time.Millisecond)
			synctest.Wait()
			if !slices.Equal(births, tt.want) {
				t.Errorf("at %v users/s, users start after %v, want %v", tt.rate, births, tt.want)
			}
			if got := e.Status().State; got != Running {
				t.Errorf("state after the ramp = %s, want %s", got, Running)
			}
			e.Close()
		})
	}
}

func TestLoadGoesUpAndDownAtTheSpawnRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var users atomic.Int64
		s := always("a", load.Constant(time.Hour), get("/"))
		s.OnStart = func(*nothing, *load.User) error { users.Add(1); return nil }
		s.OnStop = func(*nothing, *load.User) error { users.Add(-1); return nil }
		e := newEngine(t, &target{}, s)
		mustStart(t, e, Config{Users: 10, SpawnRate: 10})
		for _, step := range []struct {
			change Config
			after  time.Duration
			users  int64
			state  State
		}{
			{Config{}, 450 * time.Millisecond, 5, Spawning},
			{Config{}, 550 * time.Millisecond, 10, Running},
			{Config{Users: 4, SpawnRate: 2}, 1100 * time.Millisecond, 8, Spawning}, // 500 ms after the last one came, then one each 500 ms
			{Config{}, 2 * time.Second, 4, Running},
			{Config{Users: 9, SpawnRate: 1}, 1500 * time.Millisecond, 5, Spawning},
			{Config{Users: 2, SpawnRate: 1}, 1100 * time.Millisecond, 4, Spawning}, // turned round, a second after the last one came
			{Config{Users: 2, SpawnRate: 1000}, 100 * time.Millisecond, 2, Running},
		} {
			if step.change.Users > 0 {
				if began, err := e.Start(step.change); began || err != nil {
					t.Fatalf("Start(%+v) while running = %v, %v, want a change", step.change, began, err)
				}
			}
			time.Sleep(step.after)
			synctest.Wait()
			if got := e.Status().State; users.Load() != step.users || got != step.state {
				t.Errorf("%s after Start(%d users at %v/s): %d users, %s, want %d, %s",
					step.after, step.change.Users, step.change.SpawnRate, users.Load(), got, step.users, step.state)
			}
		}
		e.Close()
	})
}

func TestEditingAgainAndAgainDoesNotOutrunTheSpawnRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{}
		e := newEngine(t, g, always("a", load.Constant(time.Hour), get("/")))
		mustStart(t, e, Config{Users: 100, SpawnRate: 1})
		for range 100 {
			time.Sleep(50 * time.Millisecond)
			if _, err := e.Start(Config{Users: 100, SpawnRate: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if got := g.total(); got < 5 || got > 6 { // 5 s at one a second, the first at once
			t.Errorf("users started in 5 s of edits = %d, want 5 or 6", got)
		}
		e.Close()
	})
}

func TestScenariosAreInterleavedByWeightAfterExactCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, c := always("a", load.Wait{}, nil), always("b", load.Wait{}, nil), always("c", load.Wait{}, nil)
		var mu sync.Mutex
		var order []string
		for _, s := range []*load.Scenario[nothing]{&a, &b, &c} {
			name := s.Name
			s.Tasks[0].Run = func(_ *nothing, u *load.User) error { return u.Pause(time.Hour) }
			s.OnStart = func(*nothing, *load.User) error {
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				return nil
			}
		}
		a.Weight, b.Weight, c.Count = 3, 1, 2
		e := newEngine(t, &target{}, a, b, c)
		mustStart(t, e, Config{Users: 10, SpawnRate: 100})
		time.Sleep(time.Second + time.Millisecond)
		synctest.Wait()
		if got, want := strings.Join(order, ""), "ccaabaaaba"; got != want {
			t.Errorf("users start in the order %s, want %s", got, want)
		}
		if got := e.Status().Scenarios; got[0].Users != 6 || got[1].Users != 2 || got[2].Users != 2 {
			t.Errorf("users per scenario = %v, want 6, 2 and 2", got)
		}
		e.Close()
	})
}

func TestStopEndsWaitingUsersAtOnceAndRunsOnStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stopped atomic.Int64
		s := always("a", load.Constant(time.Hour), get("/"))
		s.OnStop = func(_ *nothing, u *load.User) error {
			stopped.Add(1)
			return u.Post("/bye").Err()
		}
		g := &target{}
		e := newEngine(t, g, s)
		mustStart(t, e, Config{Users: 50, SpawnRate: 1000, StopTimeout: time.Hour})
		time.Sleep(2 * time.Second)
		began := time.Now()
		e.Stop("enough")
		if took := time.Since(began); took != 0 {
			t.Errorf("Stop with all users waiting took %s, want no time", took)
		}
		st := e.Status()
		if st.State != Stopped || st.Users != 0 || st.Reason != "enough" {
			t.Errorf("after Stop: %s with %d users because %q, want stopped with 0 because enough", st.State, st.Users, st.Reason)
		}
		if got := stopped.Load(); got != 50 {
			t.Errorf("OnStop ran %d times, want 50", got)
		}
		if got := g.count("/bye"); got != 50 {
			t.Errorf("requests sent by OnStop = %d, want 50", got)
		}
		if got := st.Stats.Total.Requests(); got != 100 {
			t.Errorf("requests in the table = %d, want 100: those of OnStop count", got)
		}
	})
}

func TestStopCutsRequestsAtTheStopTimeoutAndDoesNotCountThem(t *testing.T) {
	for _, timeout := range []time.Duration{0, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			g := &target{delay: func(string) time.Duration { return time.Hour }}
			e := newEngine(t, g, always("a", load.Wait{}, get("/")))
			mustStart(t, e, Config{Users: 10, SpawnRate: 1000, StopTimeout: timeout})
			time.Sleep(time.Second)
			began := time.Now()
			e.Stop("enough")
			if took := time.Since(began); took != timeout {
				t.Errorf("Stop with a hung target and a stop timeout of %s took %s", timeout, took)
			}
			s := e.Status().Stats
			if s.Total.Requests() != 0 || len(s.Failures) != 0 || len(s.Exceptions) != 0 {
				t.Errorf("cut requests were counted: %d requests, failures %v, exceptions %v", s.Total.Requests(), s.Failures, s.Exceptions)
			}
		})
	}
}

func TestTasksMayFinishWithinTheStopTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(string) time.Duration { return 2 * time.Second }}
		e := newEngine(t, g, always("a", load.Wait{}, get("/")))
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, StopTimeout: 10 * time.Second})
		time.Sleep(time.Second)
		began := time.Now()
		e.Stop("enough")
		if took := time.Since(began); took != time.Second {
			t.Errorf("Stop took %s, want the 1s that the request still needed", took)
		}
		if got := e.Status().Stats.Total.Requests(); got != 1 {
			t.Errorf("requests = %d, want the one that finished", got)
		}
	})
}

func TestStopEndsInTimeWhateverTheScenarioDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		stuck := always("stuck", load.Wait{}, func(*load.User) error { <-release; return nil })
		slow := always("slow", load.Constant(time.Hour), get("/"))
		slow.OnStop = func(_ *nothing, u *load.User) error { return u.Get("/hang").Err() }
		g := &target{delay: func(path string) time.Duration {
			if path == "/hang" {
				return time.Hour
			}
			return 0
		}}
		e := newEngine(t, g, stuck, slow)
		mustStart(t, e, Config{Users: 4, SpawnRate: 1000})
		waitFor(t, e, func(s *Status) bool { return s.State == Running })
		began := time.Now()
		e.Stop("enough")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("Stop took %s, want at most 2s", took)
		}
		s := e.Status()
		if s.State != Stopped || s.Abandoned != 2 || len(s.Notices) == 0 {
			t.Errorf("after Stop: %s, %d abandoned, notices %q, want stopped, 2 and a notice", s.State, s.Abandoned, s.Notices)
		}
		if x := s.Stats.Exceptions; len(x) != 1 || x[0].Count != 2 || !strings.Contains(x[0].Stack, "engine_test.go") {
			t.Errorf("exceptions %+v do not show where both users are stuck", x)
		}
		next := Config{Users: 1, SpawnRate: 1, Scenarios: []string{"slow"}}
		if _, err := e.Start(next); !errors.Is(err, ErrStuck) {
			t.Errorf("Start while users are stuck = %v, want ErrStuck", err)
		}
		next.Force = true
		mustStart(t, e, next)
		close(release) // the abandoned users end, and nothing of them is seen in the new run
		waitFor(t, e, func(s *Status) bool { return s.Stats.Total.Requests() > 0 })
		if got := e.Status().Users; got != 1 {
			t.Errorf("users of the next run = %d, want 1", got)
		}
		e.Stop("enough")
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, Scenarios: []string{"slow"}}) // nobody is stuck any more
		e.Close()
	})
}

func waitFor(t *testing.T, e *Engine, ok func(*Status) bool) {
	t.Helper()
	news, end := e.Watch()
	defer end()
	deadline := time.After(2 * time.Minute)
	for !ok(e.Status()) {
		select {
		case <-news:
		case <-deadline:
			t.Fatalf("waited in vain; status %+v", e.Status())
		}
	}
}

func TestRunTimeStopsItsRunAndNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, always("a", load.Constant(time.Second), get("/")))
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, RunTime: 5 * time.Second})
		time.Sleep(3 * time.Second)
		e.Stop("by hand")
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		time.Sleep(time.Minute) // long past the first run's time
		if s := e.Status(); s.State != Running || s.Run != 2 {
			t.Errorf("a minute into run 2: run %d is %s, want it running", s.Run, s.State)
		}
		e.Stop("by hand")
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, RunTime: 5 * time.Second})
		time.Sleep(4 * time.Second)
		if s := e.Status(); s.State != Running {
			t.Errorf("after 4s of 5s: %s, want running", s.State)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		s := e.Status()
		if s.State != Stopped || s.Elapsed() != 5*time.Second || !strings.Contains(s.Reason, "5s") {
			t.Errorf("after 5s of 5s: %s after %s because %q, want stopped", s.State, s.Elapsed(), s.Reason)
		}
	})
}

func TestResetBeginsTheNumbersAnewWhileLoadGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{status: func(path string) int { return 500 }}
		e := newEngine(t, g, always("a", load.Pacing(100*time.Millisecond), get("/")))
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		time.Sleep(10*time.Second + 50*time.Millisecond)
		before := g.total()
		e.Reset()
		s := e.Status()
		if s.State != Running || s.Stats.Total.Requests() != 0 || len(s.Stats.Failures) != 0 || s.History.Len() != 0 {
			t.Errorf("right after Reset: %s, %d requests, %d failures, %d in the history, want running and nothing",
				s.State, s.Stats.Total.Requests(), len(s.Stats.Failures), s.History.Len())
		}
		time.Sleep(5 * time.Second)
		e.Stop("enough")
		s = e.Status()
		if got, want := s.Stats.Total.Requests(), int64(g.total()-before); got != want {
			t.Errorf("requests since Reset = %d, want %d as the target counts", got, want)
		}
		if got := s.Stats.Span(); got != 5*time.Second {
			t.Errorf("span since Reset = %s, want 5s", got)
		}
		e.Reset()
		if s := e.Status(); s.State != Stopped || s.Stats.Total.Requests() != 0 {
			t.Errorf("Reset after the run: %s with %d requests, want stopped with none", s.State, s.Stats.Total.Requests())
		}
	})
}

func TestNothingOfOneRunAppearsInTheNext(t *testing.T) {
	var run atomic.Int64
	s := always("a", load.Wait{}, func(u *load.User) error { return u.Get(fmt.Sprintf("/run-%d", run.Load())).Err() })
	g := &target{delay: func(string) time.Duration { return 50 * time.Microsecond }}
	e := newEngine(t, g, s)
	for range 200 {
		n := run.Add(1)
		mustStart(t, e, Config{Users: 5, SpawnRate: 10000})
		waitFor(t, e, func(s *Status) bool { return s.State == Running })
		e.Stop("next")
		want := fmt.Sprintf("/run-%d", n)
		for _, row := range e.Status().Stats.Rows {
			if row.Name != want {
				t.Fatalf("run %d has a row %s", n, row.Name)
			}
		}
		if got, want := e.Status().Stats.Total.Requests(), int64(g.count(want)); got != want {
			t.Fatalf("run %d has %d requests, the target counts %d", n, got, want)
		}
	}
	e.Close()
}

func TestPanicIsAnExceptionOfThatUserAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := always("bad", load.Constant(time.Second), func(u *load.User) error { panic(fmt.Sprintf("user %d", u.Number())) })
		good := always("good", load.Constant(time.Second), get("/"))
		e := newEngine(t, &target{}, bad, good)
		mustStart(t, e, Config{Users: 4, SpawnRate: 1000})
		time.Sleep(10*time.Second + 500*time.Millisecond)
		e.Stop("enough")
		s := e.Status().Stats
		if len(s.Exceptions) != 1 {
			t.Fatalf("exceptions = %+v, want one row for one place", s.Exceptions)
		}
		x := s.Exceptions[0]
		if x.Count != 22 || !strings.Contains(x.Message, "panic: user ") || !strings.Contains(x.Stack, "engine_test.go") {
			t.Errorf("exception = %d × %q with stack %.200q, want 22 × panic: user N with a stack of this file", x.Count, x.Message, x.Stack)
		}
		if got := s.Total.Requests(); got != 22 {
			t.Errorf("requests of the other users = %d, want 22", got)
		}
	})
}

func TestErrorsAreExceptionsGroupedWithoutTheirIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		e := newEngine(t, &target{}, always("a", load.Constant(time.Second), func(u *load.User) error {
			n++
			return fmt.Errorf("order %d of %q is broken", n, u.Unique("x"))
		}))
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		time.Sleep(4500 * time.Millisecond)
		e.Stop("enough")
		s := e.Status().Stats
		if len(s.Exceptions) != 1 || s.Exceptions[0].Count != 5 || !strings.HasPrefix(s.Exceptions[0].Message, "order 5 of") {
			t.Errorf("exceptions = %+v, want one of five with the latest message", s.Exceptions)
		}
	})
}

func TestFailingOnStartIsRetriedWithBackoffAndVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tries []time.Duration
		began := time.Now()
		s := always("a", load.Constant(time.Second), get("/work"))
		s.OnStart = func(_ *nothing, u *load.User) error {
			tries = append(tries, time.Since(began))
			if len(tries) < 4 {
				return u.Post("/login").Expect(201).Err()
			}
			return nil
		}
		e := newEngine(t, &target{}, s)
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		time.Sleep(5 * time.Second)
		st := e.Status()
		if st.Starting != 1 || st.Users != 1 || len(st.Notices) != 1 {
			t.Errorf("while OnStart fails: %d held back of %d, notices %q, want 1 of 1 and a notice", st.Starting, st.Users, st.Notices)
		}
		if len(st.Stats.Failures) != 1 {
			t.Errorf("failures = %+v, want the failing login", st.Stats.Failures)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if want := []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second}; !slices.Equal(tries, want) {
			t.Errorf("OnStart was tried after %v, want %v", tries, want)
		}
		st = e.Status()
		if st.Starting != 0 || len(st.Notices) != 0 {
			t.Errorf("once OnStart works: %d held back, notices %q, want none", st.Starting, st.Notices)
		}
		e.Close()
	})
}

func TestStopUserEndsOneUserAndLastOneEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, always("a", load.Constant(time.Second), func(u *load.User) error {
			if u.Number() > 1 || u.Context().Err() != nil {
				return load.StopUser
			}
			u.Get("/")
			return nil
		}))
		mustStart(t, e, Config{Users: 3, SpawnRate: 10})
		time.Sleep(5500 * time.Millisecond)
		if s := e.Status(); s.Users != 1 || s.State != Running {
			t.Errorf("after two users stopped themselves: %d users, %s, want 1, running", s.Users, s.State)
		}
		e.Close()

		e = newEngine(t, &target{}, always("b", load.Wait{}, func(*load.User) error { return load.StopUser }))
		mustStart(t, e, Config{Users: 3, SpawnRate: 10})
		if err := e.Wait(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s := e.Status(); s.State != Stopped || !strings.Contains(s.Reason, "stopped itself") {
			t.Errorf("after all users stopped themselves: %s because %q, want stopped", s.State, s.Reason)
		}
	})
}

func TestStopRunEndsTheRunWithItsReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, always("a", load.Constant(time.Second), func(u *load.User) error {
			if u.Number() == 3 {
				return load.StopRun("the account is empty")
			}
			return nil
		}))
		mustStart(t, e, Config{Users: 10, SpawnRate: 1})
		if err := e.Wait(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s := e.Status(); s.Reason != "the account is empty" || s.Elapsed() != 2*time.Second {
			t.Errorf("run ended after %s because %q, want after 2s because the account is empty", s.Elapsed(), s.Reason)
		}
	})
}

func TestStepsRunInOrderUntilAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always("a", load.Constant(time.Second), nil)
		step := func(path string) load.Task[nothing] {
			return load.Task[nothing]{Name: path, Run: func(_ *nothing, u *load.User) error { return u.Get(path).Err() }}
		}
		s.Tasks = []load.Task[nothing]{{Name: "checkout", Steps: []load.Task[nothing]{step("/cart"), step("/pay"), step("/done")}}}
		g := &target{status: func(path string) int {
			if path == "/pay" {
				return 500
			}
			return 200
		}}
		e := newEngine(t, g, s)
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		time.Sleep(3500 * time.Millisecond)
		e.Stop("enough")
		if cart, pay, done := g.count("/cart"), g.count("/pay"), g.count("/done"); cart != 2 || pay != 2 || done != 0 {
			t.Errorf("steps ran %d, %d and %d times, want 2, 2 and 0", cart, pay, done)
		}
	})
}

func TestTaskWeightsAreSharesOfPicks(t *testing.T) {
	p := newPicker([]int{1, 10, 5})
	r := rand.New(rand.NewPCG(1, 2))
	var got [3]int
	const n = 160_000
	for range n {
		got[p.draw(r)]++
	}
	for i, want := range []float64{1. / 16, 10. / 16, 5. / 16} {
		expected := want * n
		if sigma := math.Sqrt(expected * (1 - want)); math.Abs(float64(got[i])-expected) > 4*sigma {
			t.Errorf("task %d was picked %d times of %d, want about %.0f", i, got[i], n, expected)
		}
	}
}

func TestTwoStartsAtOnceMakeOneRun(t *testing.T) {
	e := newEngine(t, &target{}, always("a", load.Constant(time.Hour), get("/")))
	var began atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			b, err := e.Start(Config{Users: 3, SpawnRate: 1000})
			if err != nil {
				t.Error(err)
			}
			if b {
				began.Add(1)
			}
		})
	}
	wg.Wait()
	if s := e.Status(); began.Load() != 1 || s.Run != 1 {
		t.Errorf("100 starts at once began %d runs, the engine counts %d, want 1", began.Load(), s.Run)
	}
	e.Close()
}

func TestStartWhileStoppingIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(string) time.Duration { return time.Hour }}
		e := newEngine(t, g, always("a", load.Wait{}, get("/")))
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, StopTimeout: 5 * time.Second})
		time.Sleep(time.Second)
		go e.Stop("enough")
		synctest.Wait()
		if _, err := e.Start(Config{Users: 1, SpawnRate: 1}); !errors.Is(err, ErrStopping) {
			t.Errorf("Start while stopping = %v, want ErrStopping", err)
		}
		if err := e.Wait(context.Background()); err != nil {
			t.Fatal(err)
		}
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		e.Close()
		if _, err := e.Start(Config{Users: 1, SpawnRate: 1}); !errors.Is(err, ErrClosed) {
			t.Errorf("Start after Close = %v, want ErrClosed", err)
		}
	})
}

func TestRandomSequencesOfCommandsLeaveNothingBehind(t *testing.T) {
	g := &target{delay: func(string) time.Duration { return 100 * time.Microsecond }}
	s := always("a", load.Between(0, time.Millisecond), get("/"))
	s.OnStop = func(_ *nothing, u *load.User) error { return u.Get("/bye").Err() }
	flaky := always("flaky", load.Between(0, time.Millisecond), func(u *load.User) error {
		switch u.Rand.IntN(200) {
		case 0:
			panic("now and then")
		case 1:
			return load.StopUser
		case 2:
			return errBroken
		}
		return u.Get("/flaky").Err()
	})
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for sequence := range 500 {
		e := newEngine(t, g, s, flaky)
		for range 1 + r.IntN(6) {
			switch r.IntN(8) {
			case 0, 1:
				cfg := Config{Users: 1 + r.IntN(20), SpawnRate: float64(1 + r.IntN(5000)), StopTimeout: time.Duration(r.IntN(3)) * time.Millisecond}
				switch r.IntN(4) {
				case 0:
					cfg = Config{Model: Open, Rate: float64(1 + r.IntN(5000))}
				case 1:
					cfg.Iterations = int64(1 + r.IntN(100))
				}
				if e.Status().State.Active() {
					cfg.StopTimeout, cfg.Iterations, cfg.Model = 0, 0, e.Status().Config.Model
					if cfg.Users, cfg.SpawnRate = 5, 1000; cfg.Model == Open {
						cfg.Rate = 100
					}
				}
				if _, err := e.Start(cfg); err != nil && !errors.Is(err, ErrStopping) {
					t.Fatalf("seed %d, sequence %d: Start(%+v) = %v", seed, sequence, cfg, err)
				}
			case 2:
				e.Reset()
			case 3:
				go e.Stop("at random")
			case 4:
				e.Stop("at random")
			case 5:
				go e.Pause()
			case 6:
				_ = e.Pause()
			case 7:
				_ = e.Resume()
			}
		}
		e.Close()
		if s := e.Status(); s.State != Ready && s.State != Stopped || s.Users != 0 {
			t.Fatalf("seed %d, sequence %d: after Close %s with %d users", seed, sequence, s.State, s.Users)
		}
	}
}

func TestTransitionsLeadOnlyWhereTheTableSays(t *testing.T) {
	cues := []cue{start, change, arrived, stop, ended, hold, resume}
	states := []State{Ready, Spawning, Running, Paused, Stopping, Stopped}
	allowed := 0
	for _, s := range states {
		for _, e := range cues {
			to, ok := s.next(e)
			if ok {
				allowed++
				if !slices.Contains(states, to) {
					t.Errorf("%s.next(%s) = %q, which is no state", s, e, to)
				}
			}
		}
	}
	if allowed != 15 {
		t.Errorf("the table has %d transitions, want 15", allowed)
	}
	if _, ok := Stopping.next(start); ok {
		t.Error("a run may start while another is stopping")
	}
}

func TestGoingDownGivesUpTheSlotsOfThoseWhoLeftFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, always("a", load.Constant(time.Second), func(u *load.User) error {
			if u.Number() <= 5 {
				return load.StopUser
			}
			return nil
		}))
		mustStart(t, e, Config{Users: 10, SpawnRate: 10})
		time.Sleep(3 * time.Second)
		if err := e.Change(Config{Users: 5, SpawnRate: 10}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s := e.Status(); s.Users != 5 || s.State != Running {
			t.Errorf("a minute after going down to 5, with 5 of 10 alive: %d users, %s, want those 5, running", s.Users, s.State)
		}
		e.Close()
	})
}

func TestARunWhoseLastUserLeavesDuringTheRampEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, always("a", load.Wait{}, func(u *load.User) error { return load.StopUser }))
		mustStart(t, e, Config{Users: 3, SpawnRate: 1})
		time.Sleep(1500 * time.Millisecond)
		if err := e.Change(Config{Users: 1, SpawnRate: 1}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s := e.Status(); s.State != Stopped {
			t.Errorf("a minute after the last user left: %s with %d users, want stopped", s.State, s.Users)
		}
		e.Close()
	})
}

// A loop that asks again and again is natural code, and does not look at errors.
func TestALoopThatIgnoresTheStopEndsAllTheSame(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Second} {
		g := &target{status: func(string) int { return 202 }}
		e := newEngine(t, g, always("a", load.Wait{}, func(u *load.User) error {
			for u.Get("/job").Status() != 200 {
				u.Pause(time.Second)
			}
			return nil
		}))
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, StopTimeout: timeout})
		waitFor(t, e, func(s *Status) bool { return s.Stats.Total.Requests() > 0 })
		before := g.total()
		e.Stop("enough")
		s := e.Status()
		if asked := g.total() - before; asked > 200 || s.Abandoned > 0 || len(s.Stats.Exceptions) > 0 {
			t.Errorf("stop timeout %s: %d requests after the stop, %d users abandoned, exceptions %v, want few, 0 and none",
				timeout, asked, s.Abandoned, s.Stats.Exceptions)
		}
	}
}

func TestOnStopHasWhatRemainsOfTheStopTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(path string) time.Duration {
			if path == "/bye" {
				return 3 * time.Second
			}
			return 0
		}}
		s := always("a", load.Constant(time.Hour), get("/"))
		s.OnStop = func(_ *nothing, u *load.User) error { return u.Get("/bye").Err() }
		e := newEngine(t, g, s)
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, StopTimeout: time.Minute})
		time.Sleep(time.Second)
		e.Stop("enough")
		if got := g.count("/bye"); got != 1 {
			t.Errorf("requests of an OnStop of 3s with a stop timeout of a minute = %d, want 1", got)
		}
	})
}

func TestOnStopIsForThoseWhoHaveStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{status: func(string) int { return 500 }}
		s := always("a", load.Constant(time.Hour), get("/"))
		s.OnStart = func(_ *nothing, u *load.User) error { return u.Post("/login").Err() }
		s.OnStop = func(_ *nothing, u *load.User) error { return u.Post("/logout").Err() }
		e := newEngine(t, g, s)
		mustStart(t, e, Config{Users: 3, SpawnRate: 100})
		time.Sleep(500 * time.Millisecond)
		e.Stop("enough")
		if got := g.count("/logout"); got != 0 {
			t.Errorf("%d users that never logged in log out", got)
		}
	})
}

func TestOnlyTaggedTasksRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always("a", load.Constant(time.Millisecond), nil)
		task := func(path string, tags ...string) load.Task[nothing] {
			return load.Task[nothing]{Name: path, Tags: tags, Run: func(_ *nothing, u *load.User) error { return u.Get(path).Err() }}
		}
		s.Tasks = []load.Task[nothing]{task("/read", "read"), task("/slow", "read", "slow"), task("/write", "write"), task("/bare")}
		for _, tt := range []struct {
			tags, exclude, want []string
		}{
			{nil, nil, []string{"/bare", "/read", "/slow", "/write"}},
			{[]string{"read"}, nil, []string{"/read", "/slow"}},
			{[]string{"read", "write"}, []string{"slow"}, []string{"/read", "/write"}},
			{nil, []string{"read"}, []string{"/bare", "/write"}},
		} {
			e := newEngine(t, &target{}, s)
			mustStart(t, e, Config{Users: 1, SpawnRate: 1, Tags: tt.tags, ExcludeTags: tt.exclude})
			time.Sleep(time.Second)
			e.Close()
			var got []string
			for _, row := range e.Status().Stats.Rows {
				got = append(got, row.Name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("with tags %q, without %q: %q ran, want %q", tt.tags, tt.exclude, got, tt.want)
			}
		}
	})
}

func TestPacingStartsTasksAtItsRate(t *testing.T) {
	for _, wait := range []load.Wait{load.Pacing(200 * time.Millisecond), load.Throughput(5)} {
		synctest.Test(t, func(t *testing.T) {
			g := &target{delay: func(string) time.Duration { return 120 * time.Millisecond }}
			e := newEngine(t, g, always("a", wait, get("/")))
			mustStart(t, e, Config{Users: 1, SpawnRate: 1})
			time.Sleep(10*time.Second + 150*time.Millisecond)
			if got := g.total(); got != 51 {
				t.Errorf("%s with tasks of 120ms: %d tasks in 10s, want 51", wait, got)
			}
			e.Close()
		})
	}
}

func TestDeadTargetKeepsItsUsers(t *testing.T) {
	e, err := New(load.Suite{Scenarios: []load.Planner{always("a", load.Constant(10*time.Millisecond), get("/"))}},
		Options{Logger: slog.New(slog.DiscardHandler)}) // over the real transport
	if err != nil {
		t.Fatal(err)
	}
	mustStart(t, e, Config{Users: 5, SpawnRate: 1000, Host: "http://127.0.0.1:1"})
	waitFor(t, e, func(s *Status) bool { return s.Stats.Total.Requests() > 20 })
	s := e.Status()
	if s.Users != 5 || len(s.Stats.Failures) != 1 || s.Stats.Failures[0].Format != "connection refused" {
		t.Errorf("against a dead target: %d users, failures %+v, want 5 and one kind, connection refused", s.Users, s.Stats.Failures)
	}
	e.Close()
}

func TestChangeNeverBeginsARun(t *testing.T) {
	e := newEngine(t, &target{}, always("a", load.Constant(time.Hour), get("/")))
	if err := e.Change(Config{Users: 1, SpawnRate: 1}); !errors.Is(err, ErrOver) {
		t.Errorf("Change before the first run = %v, want ErrOver", err)
	}
	for range 100 { // however close to the end it comes
		mustStart(t, e, Config{Users: 1, SpawnRate: 1000})
		run := e.Status().Run
		go e.Stop("now")
		for {
			err := e.Change(Config{Users: 2, SpawnRate: 1000})
			if errors.Is(err, ErrOver) {
				break
			}
			if err != nil && !errors.Is(err, ErrStopping) {
				t.Fatalf("Change as the run ends = %v, want nothing, ErrStopping or ErrOver", err)
			}
		}
		if got := e.Status().Run; got != run {
			t.Fatalf("Change began run %d", got)
		}
		if err := e.Wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	e.Close()
}
