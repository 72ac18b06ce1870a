package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A diary is what users did, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(line string) {
	d.mu.Lock()
	d.lines = append(d.lines, line)
	d.mu.Unlock()
}

// does returns a task that writes its name and then returns err.
func (d *diary) does(name string, err error) load.Task[nothing] {
	return load.Task[nothing]{Name: name, Run: func(*nothing, *load.User) error { d.write(name); return err }}
}

func (d *diary) notes(name string) func(*nothing, *load.User) error {
	return func(*nothing, *load.User) error { d.write(name); return nil }
}

func TestASetIsLivedInUntilATaskLeavesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		inner := d.does("read", nil)
		leave := d.does("leave", load.Leave)
		s := load.Scenario[nothing]{
			Name: "a", Host: "http://target.test", Wait: load.Constant(time.Second), Iterations: 2,
			Tasks: []load.Task[nothing]{{
				Name: "forum", OnStart: d.notes("enter"), OnStop: d.notes("exit"),
				Tasks: []load.Task[nothing]{{Name: "visit", Steps: []load.Task[nothing]{inner, d.does("fail", errors.New("no")), leave}}, {
					Name: "out", Run: func(*nothing, *load.User) error { d.write("out"); return load.Leave },
				}},
			}},
		}
		got := played(t, &target{}, Config{Users: 1, SpawnRate: 1, Seed: 3}, s)
		text := strings.Join(d.lines, " ")
		if n := strings.Count(text, "enter"); n != 2 || strings.Count(text, "exit") != 2 || strings.Count(text, "out exit") != 2 || strings.Contains(text, "leave") {
			t.Errorf("a user in a set did %q, want two visits, each from enter to out and exit, and no step after one that failed", text)
		}
		if len(got.Stats.Exceptions) != 1 {
			t.Errorf("exceptions %+v, want the failed step", got.Stats.Exceptions)
		}
	})
}

func TestAChainGoesOnlyWhereItsTransitionsLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		task := func(name string, next map[string]int) load.Task[nothing] {
			task := d.does(name, nil)
			task.Next = next
			return task
		}
		s := load.Scenario[nothing]{
			Name: "a", Host: "http://target.test", Iterations: 10_000,
			Tasks: []load.Task[nothing]{
				task("home", map[string]int{"list": 1}),
				task("list", map[string]int{"item": 3, "home": 1}),
				task("item", map[string]int{"list": 1, "home": 1}),
			},
		}
		played(t, &target{}, Config{Users: 1, SpawnRate: 1, Seed: 5}, s)
		count := map[string]int{}
		for i := range d.lines[1:] {
			count[d.lines[i]+" "+d.lines[i+1]]++
		}
		if d.lines[0] != "home" {
			t.Errorf("the chain began with %s, want the first task", d.lines[0])
		}
		list := count["list item"] + count["list home"]
		if len(count) != 5 || !within(float64(count["list item"])/float64(list), 0.75, 0.03) {
			t.Errorf("transitions %v, want five kinds, list to item three times in four", count)
		}
	})
}

func TestAQueuedTaskComesNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s := load.Scenario[nothing]{
			Name: "a", Host: "http://target.test", Iterations: 300, Wait: load.Constant(time.Second),
			Tasks: []load.Task[nothing]{
				{Name: "browse", Weight: 5, Run: func(_ *nothing, u *load.User) error {
					d.write("browse")
					if len(d.lines)%10 == 1 {
						return errors.Join(u.Queue("pay"), u.Queue("thank"))
					}
					return nil
				}},
				d.does("pay", nil), d.does("thank", nil),
				{Name: "lost", Run: func(_ *nothing, u *load.User) error { d.write("lost"); return u.Queue("nowhere") }},
			},
		}
		got := played(t, &target{}, Config{Users: 1, SpawnRate: 1, Seed: 1}, s)
		queued := 0
		for i, line := range d.lines {
			if line == "browse" && (i+1)%10 == 1 && i+2 < len(d.lines) {
				queued++
				if d.lines[i+1] != "pay" || d.lines[i+2] != "thank" {
					t.Errorf("after %d queued pay and thank came %q", i, d.lines[i+1:i+3])
				}
			}
		}
		if queued < 10 {
			t.Fatalf("only %d times something was queued", queued)
		}
		if e := got.Stats.Exceptions; len(e) != 1 || !strings.Contains(e[0].Message, "nowhere") {
			t.Errorf("exceptions %+v, want one about the unknown task", e)
		}
	})
}

// A shared is a state that Setup prepares.
type shared struct{ keys []string }

func TestUsersBeginWithWhatSetupLeftAndTeardownComesLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s := load.Scenario[shared]{
			Name: "a", Host: "http://target.test", Iterations: 1,
			Setup: func(s *shared, u *load.User) error {
				d.write("setup")
				s.keys = []string{"k"}
				return errors.Join(u.Pause(5*time.Second), u.Get("/prepare").Err())
			},
			OnStop: func(*shared, *load.User) error { d.write("stop"); return nil },
			Teardown: func(s *shared, u *load.User) error {
				d.write("teardown " + s.keys[0])
				return u.Delete("/prepare").Err()
			},
			Tasks: []load.Task[shared]{{Name: "do", Run: func(s *shared, u *load.User) error {
				d.write("do " + s.keys[0])
				s.keys = []string{"mine"}
				return nil
			}}},
		}
		g := &target{}
		got := played(t, g, Config{Users: 2, SpawnRate: 1000, RunTime: time.Minute}, s)
		if want := []string{"setup", "do k", "do k", "stop", "stop", "teardown k"}; !sameLines(d.lines, want) || d.lines[0] != "setup" || d.lines[len(d.lines)-1] != "teardown k" {
			t.Errorf("a run did %q, want %q", d.lines, want)
		}
		if g.count("/prepare") != 2 || got.Stats.Total.Requests() != 2 {
			t.Errorf("%d requests at the target, %d counted, want those of Setup and Teardown", g.count("/prepare"), got.Stats.Total.Requests())
		}
		if wait := got.Begun.Sub(got.Started); wait != 5*time.Second {
			t.Errorf("users started %s after the run, want the 5s of Setup", wait)
		}
	})
}

func sameLines(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

func TestAFailingSetupEndsTheRunBeforeAnyUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := once()
		s.Setup = func(*nothing, *load.User) error { return fmt.Errorf("the database is empty") }
		s.Teardown = func(*nothing, *load.User) error { t.Error("Teardown ran after a Setup that failed"); return nil }
		g := &target{}
		got := played(t, g, Config{Users: 2, SpawnRate: 1}, s)
		if got.Reason != "scenario a: Setup failed: the database is empty" || g.total() != 0 || len(got.Stats.Exceptions) != 1 {
			t.Errorf("the run ended because %q, with %d requests and exceptions %+v", got.Reason, g.total(), got.Stats.Exceptions)
		}
	})
}

func TestAStopReachesSetupAndTeardown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(_ *nothing, u *load.User) error { <-u.Context().Done(); return load.ErrStopped }
		s := once()
		s.Setup = hang
		e := newEngine(t, &target{}, s)
		mustStart(t, e, Config{Users: 2, SpawnRate: 1})
		time.Sleep(time.Second)
		began := time.Now()
		e.Stop("now")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("a stop during Setup took %s", took)
		}
		s = once()
		s.Teardown = hang
		e = newEngine(t, &target{delay: func(string) time.Duration { return time.Second }}, s)
		mustStart(t, e, Config{Users: 2, SpawnRate: 1})
		time.Sleep(time.Second)
		began = time.Now()
		e.Stop("now")
		if took := time.Since(began); took > tearDownTime+2*time.Second {
			t.Errorf("a stop with a Teardown that hangs took %s", took)
		}
		if notices := strings.Join(e.Status().Notices, "\n"); !strings.Contains(notices, "Teardown") {
			t.Errorf("notices %q say nothing of the Teardown that was cut", notices)
		}
	})
}

func TestARunEndsAfterItsIterations(t *testing.T) {
	for _, cfg := range []Config{{Users: 7, SpawnRate: 100}, {Model: Open, Rate: 50}} {
		synctest.Test(t, func(t *testing.T) {
			g := &target{delay: func(string) time.Duration { return 30 * time.Millisecond }}
			cfg.Iterations = 100
			s := played(t, g, cfg, always("a", load.Constant(10*time.Millisecond), get("/")))
			if g.total() != 100 || s.Stats.Total.Requests() != 100 || s.Reason != "all 100 iterations are done" {
				t.Errorf("%+v: %d requests, %d counted, ended because %q, want 100 and the iterations", cfg, g.total(), s.Stats.Total.Requests(), s.Reason)
			}
		})
	}
}

func TestTheSameSeedMakesTheSameChoices(t *testing.T) {
	run := func(seed uint64) (lines []string, used uint64) {
		synctest.Test(t, func(t *testing.T) {
			var d diary
			s := load.Scenario[nothing]{
				Name: "a", Host: "http://target.test", Iterations: 50, Wait: load.Between(time.Second, 3*time.Second),
				Tasks: []load.Task[nothing]{d.does("x", nil), d.does("y", nil), d.does("z", nil)},
			}
			got := played(t, &target{}, Config{Users: 1, SpawnRate: 1, Seed: seed}, s)
			lines, used = append(d.lines, got.Elapsed().String()), got.Config.Seed
		})
		return lines, used
	}
	first, seed := run(0)
	if seed == 0 {
		t.Fatal("the status does not tell the seed")
	}
	if again, _ := run(seed); !slices.Equal(first, again) {
		t.Errorf("with the same seed users did %q and %q", first, again)
	}
	if other, _ := run(seed + 1); slices.Equal(first, other) {
		t.Error("another seed made the same choices")
	}
}

// Weights are shares of executions: a slow task is picked as often as a quick one.
func TestMixesHoldWhenOneTaskIsTenTimesSlower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(path string) time.Duration {
			if path == "/slow" {
				return 100 * time.Millisecond
			}
			return 10 * time.Millisecond
		}}
		s := load.Scenario[nothing]{
			Name: "a", Host: "http://target.test",
			Tasks: []load.Task[nothing]{
				{Name: "slow", Weight: 5, Run: get2("/slow")}, {Name: "b", Weight: 3, Run: get2("/b")}, {Name: "c", Weight: 2, Run: get2("/c")},
			},
		}
		played(t, g, Config{Users: 50, SpawnRate: 1000, Iterations: 50_000, Seed: 11}, s)
		n := float64(g.total())
		chi := 0.0
		for path, share := range map[string]float64{"/slow": 0.5, "/b": 0.3, "/c": 0.2} {
			d := float64(g.count(path)) - n*share
			chi += d * d / (n * share)
		}
		if chi > 9.21 { // 99 % of samples with 2 degrees of freedom are below
			t.Errorf("%v requests with weights 5:3:2: χ² = %.2f, want at most 9.21", g.seen, chi)
		}
	})
}

func TestTagsReachIntoSets(t *testing.T) {
	s := load.Scenario[nothing]{
		Name: "a", Host: "http://target.test",
		Tasks: []load.Task[nothing]{
			{Name: "set", Tasks: []load.Task[nothing]{{Name: "x", Tags: []string{"read"}, Run: get2("/")}, {Name: "y", Tags: []string{"write"}, Run: get2("/")}}},
			{Name: "whole", Tags: []string{"read"}, Tasks: []load.Task[nothing]{{Name: "z", Run: get2("/")}, {Name: "w", Tags: []string{"write"}, Run: get2("/")}}},
			{Name: "plain", Run: get2("/")},
		},
	}
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	var names func(tasks []load.PlannedTask) string
	names = func(tasks []load.PlannedTask) string {
		var list []string
		for _, task := range tasks {
			if len(task.Tasks) > 0 {
				task.Name += "(" + names(task.Tasks) + ")"
			}
			list = append(list, task.Name)
		}
		return strings.Join(list, " ")
	}
	for _, tt := range []struct{ tags, exclude, want string }{
		{"", "", "set(x y) whole(z w) plain"},
		{"read", "", "set(x) whole(z w)"},
		{"write", "", "set(y) whole(w)"},
		{"", "write", "set(x) whole(z) plain"},
		{"read", "write", "set(x) whole(z)"},
		{"none", "", ""},
	} {
		got := names(withTags(plan.Tasks, strings.Fields(tt.tags), strings.Fields(tt.exclude)))
		if got != tt.want {
			t.Errorf("withTags(%q, %q) = %q, want %q", tt.tags, tt.exclude, got, tt.want)
		}
	}
}

// The users of the run's shape are cut in their tasks, which count as done, or nobody
// would ever do the last ones.
func TestIterationsThatAreCutCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(string) time.Duration { return time.Second }}
		s := played(t, g, Config{Stages: stages(t, "1500ms:10:step,100h:2:step"), Iterations: 30}, once())
		if s.Elapsed() > time.Minute || g.total() != 22 {
			t.Errorf("a run of 30 iterations, 8 of them cut, took %s and made %d requests, want some seconds and 22", s.Elapsed(), g.total())
		}
	})
}

func TestNobodyStartsForIterationsNobodyMayDo(t *testing.T) {
	slow := &target{delay: func(path string) time.Duration {
		if path == "/" {
			return 10 * time.Second
		}
		return time.Millisecond
	}}
	for _, cfg := range []Config{{Model: Open, Rate: 100}, {Users: 1000, SpawnRate: 100}} {
		synctest.Test(t, func(t *testing.T) {
			cfg.Iterations = 50
			slow.seen = nil
			s := once()
			s.OnStart = get2("/login")
			got := played(t, slow, cfg, s)
			if n := slow.count("/login"); n > 60 || slow.count("/") != 50 || cfg.Model == Open && got.Stats.Arrivals.Started != 50 {
				t.Errorf("%+v: %d users logged in, %d requests, arrivals %+v, want about 50 of each", cfg, n, slow.count("/"), got.Stats.Arrivals)
			}
		})
	}
}

func TestAPauseDoesNotUndoTheLimitOfIterations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(path string) time.Duration {
			if path == "/" {
				return time.Minute
			}
			return 0
		}}
		s := once()
		s.OnStart = get2("/login")
		e := newEngine(t, g, s)
		mustStart(t, e, Config{Model: Open, Rate: 100, Iterations: 50})
		time.Sleep(5 * time.Second)
		_ = e.Pause()
		_ = e.Resume()
		_ = e.Wait(t.Context())
		if n := g.count("/login"); n > 60 || g.count("/") != 50 {
			t.Errorf("%d users logged in for %d iterations, want about 50 for 50", n, g.count("/"))
		}
		e.Close()
	})
}

func TestASetIsLeftProperlyWhenTheStopComesAsItIsEntered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		g := &target{delay: func(string) time.Duration { return time.Second }}
		s := load.Scenario[nothing]{Name: "a", Host: "http://target.test", Tasks: []load.Task[nothing]{{
			Name: "set", OnStart: get2("/enter"), OnStop: d.notes("exit"), Tasks: []load.Task[nothing]{d.does("x", nil)},
		}}}
		e := newEngine(t, g, s)
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, StopTimeout: 5 * time.Second})
		time.Sleep(500 * time.Millisecond)
		e.Stop("now")
		if !slices.Equal(d.lines, []string{"exit"}) {
			t.Errorf("a user stopped while it entered a set did %q, want exit", d.lines)
		}
	})
}

func TestAStuckUserThatEndsDuringTeardownIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always("a", load.Wait{}, func(*load.User) error { time.Sleep(4 * time.Second); return nil })
		s.Teardown = func(_ *nothing, u *load.User) error { return u.Pause(4 * time.Second) }
		e := newEngine(t, &target{}, s)
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		time.Sleep(time.Second)
		e.Stop("now")
		if got := e.Status().Abandoned; got != 1 {
			t.Fatalf("%d users abandoned, want 1", got)
		}
		time.Sleep(time.Minute)
		mustStart(t, e, Config{Users: 1, SpawnRate: 1})
		e.Close()
		time.Sleep(time.Minute)
	})
}

func TestSlotsOfThoseWhoLeftAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := always("a", load.Constant(time.Second), get("/"))
		s.Iterations = 1
		e := newEngine(t, &target{}, s)
		e.shapes = map[string]load.Shape{"wave": load.ShapeFunc(func(at time.Duration) (float64, bool) {
			return float64(at / time.Second % 2 * 100), at < 5*time.Minute
		})}
		mustStart(t, e, Config{Shape: "wave"})
		time.Sleep(4 * time.Minute)
		held := 0
		_ = e.run.ask(func() error { held = len(e.run.slots[0]); return nil })
		if held > 500 {
			t.Errorf("%d users are held for at most 100 slots", held)
		}
		e.Close()
	})
}
