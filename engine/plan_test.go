package engine

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// stages reads stages that are right.
func stages(t *testing.T, text string) load.Stages {
	t.Helper()
	s, err := ParseStages(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// usersAt returns how many users there are at some moments of the run.
func usersAt(e *Engine, moments ...time.Duration) []int {
	synctest.Wait()
	began := e.Status().Begun
	var list []int
	for _, at := range moments {
		time.Sleep(time.Until(began.Add(at)))
		synctest.Wait()
		list = append(list, e.run.usersNow())
	}
	return list
}

// usersNow asks the loop.
func (r *run) usersNow() (n int) {
	_ = r.ask(func() error { n = r.users(); return nil })
	return n
}

func resting() load.Scenario[nothing] { return always("a", load.Constant(time.Hour), get("/")) }

func TestUsersFollowStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, resting())
		mustStart(t, e, Config{Stages: stages(t, "10s:100,5s:100,0s:20,5s:20,10s:0")})
		got := usersAt(e, 5*time.Second, 10100*time.Millisecond, 14900*time.Millisecond, 15100*time.Millisecond, 25*time.Second)
		if want := []int{50, 100, 100, 20, 10}; !slices.Equal(got, want) {
			t.Errorf("users after 5, 10, 15, 15.1 and 25s = %v, want %v", got, want)
		}
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := e.Status(); s.Reason != "the stages are over" || s.Elapsed() < 30*time.Second || s.Elapsed() > 31*time.Second {
			t.Errorf("the run ended after %s because %q, want 30s and the stages", s.Elapsed(), s.Reason)
		}
		e.Close()
	})
}

func TestArrivalsFollowStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := played(t, &target{}, Config{Model: Open, Stages: stages(t, "10s:100,10s:100,10s:0"), StopTimeout: time.Second}, once())
		if a := s.Stats.Arrivals; !within(float64(a.Started), 500+1000+500, 0.005) {
			t.Errorf("stages with 2,000 arrivals: %+v", a)
		}
	})
}

func TestAnEditedPlanBeginsNowWithTheLoadThereIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, resting())
		mustStart(t, e, Config{Users: 10, SpawnRate: 10})
		usersAt(e, 20*time.Second)
		if err := e.Change(Config{Stages: stages(t, "10s:50,60s:50")}); err != nil {
			t.Fatal(err)
		}
		if got, want := usersAt(e, 20*time.Second, 25*time.Second, 31*time.Second), []int{10, 30, 50}; !slices.Equal(got, want) {
			t.Errorf("users at, 5s and 11s after the edit = %v, want %v", got, want)
		}
		if err := e.Change(Config{Users: 40, SpawnRate: 1}); err != nil {
			t.Fatal(err)
		}
		if got, want := usersAt(e, 35500*time.Millisecond, 60*time.Second), []int{45, 40}; !slices.Equal(got, want) {
			t.Errorf("users 4.5s and 29s after the edit back = %v, want %v", got, want)
		}
		line := e.Status().Plan
		if last := line[len(line)-1]; last.Load != 40 || last.At != 31*time.Second+9*time.Second {
			t.Errorf("the plan %v ends at %+v, want 40 users at 40s", line, last)
		}
		e.Close()
	})
}

func TestArrivalsCanBeEdited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, once())
		mustStart(t, e, Config{Model: Open, Rate: 10})
		time.Sleep(10*time.Second - time.Millisecond)
		if err := e.Change(Config{Model: Open, Rate: 100}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Second - time.Millisecond)
		if err := e.Change(Config{Model: Open, Stages: stages(t, "10s:0")}); err != nil {
			t.Fatal(err)
		}
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := e.Status().Stats.Arrivals; !within(float64(a.Started), 100+1000+500, 0.01) {
			t.Errorf("10s at 10/s, 10s at 100/s, 10s down to 0: %+v, want 1,600", a)
		}
		e.Close()
	})
}

func TestAShapeOfTheSuiteIsFollowedToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, resting())
		e.shapes = map[string]load.Shape{
			"plateau": load.ShapeFunc(func(at time.Duration) (float64, bool) { return 7, at < time.Minute }),
			"nan":     load.ShapeFunc(func(time.Duration) (float64, bool) { return math.NaN(), true }),
			"broken":  load.ShapeFunc(func(time.Duration) (float64, bool) { panic("no such level") }),
		}
		mustStart(t, e, Config{Shape: "plateau"})
		if got := usersAt(e, time.Second); got[0] != 7 {
			t.Errorf("users = %d, want 7", got[0])
		}
		_ = e.Wait(t.Context())
		if s := e.Status(); s.Reason != "the shape is over" || !within(s.Elapsed().Seconds(), 60, 0.01) {
			t.Errorf("the run ended after %s because %q", s.Elapsed(), s.Reason)
		}
		mustStart(t, e, Config{Model: Open, Shape: "broken"})
		_ = e.Wait(t.Context())
		if s := e.Status(); !strings.Contains(s.Reason, "the shape panicked: no such level") {
			t.Errorf("a shape that panics ends the run because %q", s.Reason)
		} else if x := s.Stats.Exceptions; len(x) != 1 || !strings.Contains(x[0].Stack, "plan_test.go") {
			t.Errorf("a shape that panics makes exceptions %+v, want one that shows where", x)
		}
		mustStart(t, e, Config{Shape: "nan"})
		_ = e.Wait(t.Context())
		if s := e.Status(); s.Reason != "the shape asks for a load of NaN at 0s" {
			t.Errorf("a shape of no number ends the run because %q", s.Reason)
		}
		_, err := e.Start(Config{Shape: "platoe"})
		if err == nil || !strings.Contains(err.Error(), "did you mean plateau?") {
			t.Errorf("Start with a shape that is not there: %v", err)
		}
		e.Close()
	})
}

func TestAPauseStopsEverythingButTheRequestsUnderWay(t *testing.T) {
	for _, cfg := range []Config{{Users: 10, SpawnRate: 2}, {Model: Open, Stages: load.Stages{{Duration: 20 * time.Second, Target: 10}}}} {
		synctest.Test(t, func(t *testing.T) {
			g := &target{delay: func(string) time.Duration { return 10 * time.Millisecond }}
			cfg.RunTime = 10 * time.Second
			e := newEngine(t, g, always("a", load.Constant(100*time.Millisecond), get("/")))
			mustStart(t, e, cfg)
			time.Sleep(2*time.Second + 50*time.Millisecond)
			if err := e.Pause(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
			synctest.Wait()
			before, users := g.total(), e.run.usersNow()
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := g.total(); got != before {
				t.Errorf("%+v: %d requests during the pause", cfg, got-before)
			}
			if s := e.Status(); s.State != Paused || s.Users != users || s.Paused < 59*time.Second {
				t.Errorf("%+v: while paused the state is %s, with %d users (%d before), paused for %s", cfg, s.State, s.Users, users, s.Paused)
			}
			if err := e.Resume(); err != nil {
				t.Fatal(err)
			}
			_ = e.Wait(t.Context())
			if s := e.Status(); !within(s.Elapsed().Seconds(), 70, 0.02) || s.Stats.Arrivals.Late > 0 {
				t.Errorf("%+v: a run of 10s with a pause of a minute took %s, %d arrivals late", cfg, s.Elapsed(), s.Stats.Arrivals.Late)
			}
			if g.total() <= before {
				t.Errorf("%+v: nothing was requested after the pause", cfg)
			}
			e.Close()
		})
	}
}

func TestAPausedRunCanBeEditedAndStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, once())
		if err := e.Pause(); !errors.Is(err, ErrOver) {
			t.Errorf("Pause without a run = %v, want ErrOver", err)
		}
		s := always("a", load.Constant(time.Second), get("/"))
		e = newEngine(t, &target{}, s)
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		time.Sleep(time.Second)
		_ = e.Pause()
		if err := e.Change(Config{Users: 5, SpawnRate: 10}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if got := e.run.usersNow(); got != 1 || e.Status().State != Paused {
			t.Errorf("%d users after an edit while %s, want 1 while paused", got, e.Status().State)
		}
		_ = e.Resume()
		time.Sleep(time.Second)
		if got := e.run.usersNow(); got != 5 {
			t.Errorf("%d users after the pause, want 5", got)
		}
		_ = e.Pause()
		e.Stop("now")
		if s := e.Status(); s.State != Stopped {
			t.Errorf("a paused run that is stopped is %s", s.State)
		}
	})
}

// slowSetup is a scenario whose users start after d.
func slowSetup(d time.Duration) load.Scenario[nothing] {
	s := always("a", load.Constant(100*time.Millisecond), get("/"))
	s.Setup = func(_ *nothing, u *load.User) error { return u.Pause(d) }
	return s
}

func TestAPauseAsTheRunStopsIsRefused(t *testing.T) {
	for _, order := range []func(*Engine) error{(*Engine).Pause, (*Engine).Resume} {
		synctest.Test(t, func(t *testing.T) {
			g := &target{delay: func(string) time.Duration { return time.Second }}
			e := newEngine(t, g, once())
			mustStart(t, e, Config{Users: 1, SpawnRate: 1, StopTimeout: 5 * time.Second})
			time.Sleep(1500 * time.Millisecond)
			hold := make(chan struct{})
			go e.run.tell(func() { <-hold }) // the loop is busy
			synctest.Wait()
			go e.Stop("now")
			synctest.Wait()
			refused := make(chan error, 1)
			go func() { refused <- order(e) }() // the status still says running
			synctest.Wait()
			close(hold)
			if err := <-refused; !errors.Is(err, ErrStopping) {
				t.Errorf("an order behind a stop = %v, want ErrStopping", err)
			}
			_ = e.Wait(t.Context())
		})
	}
}

func TestAPauseDuringSetupHoldsTheRun(t *testing.T) {
	for _, cfg := range []Config{{Users: 10, SpawnRate: 100}, {Model: Open, Rate: 100}} {
		synctest.Test(t, func(t *testing.T) {
			cfg.RunTime = 10 * time.Second
			g := &target{}
			e := newEngine(t, g, slowSetup(5*time.Second))
			mustStart(t, e, cfg)
			time.Sleep(time.Second)
			_ = e.Pause()
			time.Sleep(time.Minute)
			synctest.Wait()
			if s := e.Status(); s.State != Paused || g.total() != 0 {
				t.Errorf("%+v: a minute after a pause in Setup the run is %s, with %d requests, want paused, none", cfg, s.State, g.total())
			}
			_ = e.Resume()
			_ = e.Wait(t.Context())
			if n := g.total(); !within(float64(n), 1000, 0.02) {
				t.Errorf("%+v: %d requests in the 10s after the pause, want about 1,000", cfg, n)
			}
			e.Close()
		})
		synctest.Test(t, func(t *testing.T) {
			g := &target{}
			e := newEngine(t, g, slowSetup(5*time.Second))
			mustStart(t, e, cfg)
			time.Sleep(time.Second)
			_ = e.Pause()
			_ = e.Resume()
			_ = e.Wait(t.Context())
			if n := g.total(); !within(float64(n), 1000, 0.02) {
				t.Errorf("%+v: %d requests in 10s after a Setup with a pause in it, want about 1,000", cfg, n)
			}
			e.Close()
		})
	}
}

func TestAPausedOpenRunBeginsNothingThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{}
		s := once()
		s.OnStart = func(_ *nothing, u *load.User) error { return u.Pause(5 * time.Second) }
		e := newEngine(t, g, s)
		mustStart(t, e, Config{Model: Open, Rate: 100})
		time.Sleep(2*time.Second + time.Millisecond)
		_ = e.Pause()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := g.total(); n != 0 {
			t.Errorf("%d requests during the pause, from arrivals that had waited for a login", n)
		}
		_ = e.Resume()
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if n := g.total(); n < 201 {
			t.Errorf("%d requests right after the pause, want those of the 201 arrivals that waited", n)
		}
		e.Close()
	})
}

func TestEditingAgainAndAgainMakesNoArrivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{}
		e := newEngine(t, g, once())
		mustStart(t, e, Config{Model: Open, Rate: 1})
		for range 1000 {
			time.Sleep(100 * time.Millisecond)
			_ = e.Change(Config{Model: Open, Rate: 1})
		}
		synctest.Wait()
		if n := g.total(); n < 99 || n > 101 {
			t.Errorf("%d arrivals in 100s at 1/s with edits that change nothing, want 100 or 101", n)
		}
		e.Close()
	})
}

func TestChangeRefusesWhatItCannotDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pace := load.Param[time.Duration]{Name: "pace", Default: time.Minute}
		s := once()
		s.Params = []load.Parameter{pace}
		e := newEngine(t, &target{}, s)
		mustStart(t, e, Config{Model: Open, Rate: 1})
		err := e.Change(Config{Model: Open, Rate: 1, StopTimeout: time.Hour, Insecure: true, Seed: 1, Params: map[string]string{"pace": "2m"}})
		if got, want := fields(err), []Field{FieldStopTimeout, FieldInsecure, FieldSeed, "pace"}; !slices.Equal(got, want) {
			t.Errorf("Change refuses %v, want %v", got, want)
		}
		if err := e.Change(Config{Model: Open, Rate: 2, Poisson: true, UserCap: 7, RunTime: time.Hour, Params: map[string]string{"pace": "60s"}}); err != nil {
			t.Errorf("Change to another rate, cap, run time and to arrivals at random: %v", err)
		}
		if c := e.Status().Config; c.Rate != 2 || !c.Poisson || c.UserCap != 7 || c.RunTime != time.Hour {
			t.Errorf("after the change the run is asked for %+v", c)
		}
		e.Close()
	})
}
