package engine

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// headcounts asks the loop how many users of each scenario there are.
func headcounts(r *run) (users []int) {
	_ = r.ask(func() error { users = slices.Clone(r.alive); return nil })
	return users
}

// three are scenarios of equal weights whose users do nothing; there is exactly one user
// of the last.
func three() []load.Planner {
	a, b, c := resting(), resting(), resting()
	a.Name, b.Name, c.Name, c.Count = "a", "b", "c", 1
	return []load.Planner{a, b, c}
}

func TestNewWeightsExchangeUsersAtTheSpawnRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, three()...)
		mustStart(t, e, Config{Users: 41, SpawnRate: 10, Weights: map[string]int{"b": 3}})
		time.Sleep(10 * time.Second)
		for _, step := range []struct {
			change Config
			after  time.Duration
			want   []int
		}{
			{Config{}, 0, []int{10, 30, 1}},
			{Config{Weights: map[string]int{"a": 3}}, 50 * time.Millisecond, []int{11, 29, 1}},
			{Config{}, time.Second, []int{21, 19, 1}},
			{Config{}, time.Second, []int{30, 10, 1}}, // the last exchange was 100 ms ago
			{Config{}, time.Minute, []int{30, 10, 1}},
			{Config{Weights: map[string]int{}}, time.Minute, []int{20, 20, 1}},
			{Config{Weights: map[string]int{"a": 9}, Users: 21, SpawnRate: 100}, time.Minute, []int{18, 2, 1}},
		} {
			if step.change.Weights != nil {
				if err := e.Change(step.change); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(step.after)
			synctest.Wait()
			if got := headcounts(e.run); !slices.Equal(got, step.want) {
				t.Errorf("%s after Change(%v): users %v, want %v", step.after, step.change.Weights, got, step.want)
			}
		}
		s := e.Status()
		if got := s.Events[len(s.Events)-2].Text; got != "users 41 → 21, spawn rate 10 → 100, weight of a 1 → 9" {
			t.Errorf("the edit is told as %q", got)
		}
		if h := s.Scenarios; h[0].Weight != 9 || h[1].Weight != 1 || h[2].Count != 1 {
			t.Errorf("the scenarios are %+v, want weights 9 and 1 and a count of 1", h)
		}
		e.Stop("enough")
		if h := e.Status().Scenarios; h[0].Users != 0 || h[0].AtMost+h[1].AtMost+h[2].AtMost < 41 || h[2].AtMost != 1 {
			t.Errorf("after the stop the scenarios are %+v, want at least the 41 users that there were", h)
		}
		e.Close()
	})
}

func TestAPlanThatGoesDownDoesNotExchangeAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := resting(), resting()
		a.Name, b.Name = "a", "b"
		e := newEngine(t, &target{}, a, b)
		mustStart(t, e, Config{Stages: stages(t, "1s:1000,10s:1000,1s:400,1m:400")})
		time.Sleep(9 * time.Second)
		if err := e.Change(Config{Weights: map[string]int{"a": 9999}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2250 * time.Millisecond) // exchanges 200 at 100 a second, and fewer a second from then on
		synctest.Wait()
		if got := headcounts(e.run); !within(float64(got[1]), 500-200-23-150, 0.05) { // 150 have left
			t.Errorf("users %v when the plan has come down to 850, want 127 of b: a tenth of the users is exchanged per second", got)
		}
		time.Sleep(time.Minute)
		if got := headcounts(e.run); !slices.Equal(got, []int{400, 0}) {
			t.Errorf("%v users in the end, want 400 and none", got)
		}
		e.Close()
	})
}

func TestEditingWeightsAgainAndAgainDoesNotOutrunTheSpawnRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, &target{}, three()...)
		mustStart(t, e, Config{Users: 41, SpawnRate: 1000})
		time.Sleep(time.Second)
		_ = e.Change(Config{Users: 41, SpawnRate: 1})
		for range 100 {
			_ = e.Change(Config{Weights: map[string]int{"a": 19}})
			time.Sleep(50 * time.Millisecond)
		}
		synctest.Wait()
		if got := headcounts(e.run)[0]; got < 25 || got > 26 { // 5 s at one a second, the first at once
			t.Errorf("%d users of a in 5s of edits, want 25 or 26 of those that 20 become", got)
		}
		_ = e.Pause()
		time.Sleep(time.Minute)
		if got := headcounts(e.run)[0]; got > 26 {
			t.Errorf("%d users of a after a pause, want no exchange in it", got)
		}
		_ = e.Resume()
		time.Sleep(time.Minute)
		if got := headcounts(e.run); !slices.Equal(got, []int{38, 2, 1}) {
			t.Errorf("%v users in the end, want 38, 2 and 1", got)
		}
		e.Close()
	})
}

func TestUsersThatEndedByThemselvesAreNotReplacedByAnExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := always("a", load.Wait{}, func(*load.User) error { return load.StopUser }), resting()
		b.Name = "b"
		e := newEngine(t, &target{}, a, b)
		mustStart(t, e, Config{Users: 20, SpawnRate: 1000})
		time.Sleep(time.Second)
		_ = e.Change(Config{Weights: map[string]int{"b": 9}})
		time.Sleep(time.Minute)
		if got := headcounts(e.run); !slices.Equal(got, []int{0, 10}) {
			t.Errorf("users = %v, want the ten of b alone: the others' places were vacant", got)
		}
		_ = e.Change(Config{Users: 2, SpawnRate: 1000})
		time.Sleep(time.Second)
		if got := e.run.usersNow(); got > 2 {
			t.Errorf("%d users after a change to 2", got)
		}
		e.Close()
	})
}

func TestNewWeightsHoldForFurtherArrivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{}
		a, b := always("a", load.Wait{}, get("/a")), always("b", load.Wait{}, get("/b"))
		b.Count = 3
		e := newEngine(t, g, a, b)
		mustStart(t, e, Config{Model: Open, Rate: 100})
		time.Sleep(10*time.Second - time.Millisecond)
		if na, nb := g.count("/a"), g.count("/b"); !within(float64(na), 500, 0.01) || !within(float64(nb), 500, 0.01) {
			t.Errorf("arrivals of equal weights: %d and %d, want 500 each", na, nb)
		}
		if err := e.Change(Config{Model: Open, Weights: map[string]int{"b": 9}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if na, nb := g.count("/a"), g.count("/b"); !within(float64(na), 600, 0.02) || !within(float64(nb), 1400, 0.02) {
			t.Errorf("arrivals after 10s more at 1 to 9: %d and %d, want 600 and 1,400", na, nb)
		}
		e.Close()
	})
}

func TestWeightsThatSayNothingAreRefused(t *testing.T) {
	e := newEngine(t, &target{}, three()...)
	for _, tt := range []struct {
		cfg  Config
		want string
	}{
		{Config{Weights: map[string]int{"aa": 1}}, "did you mean a?"},
		{Config{Weights: map[string]int{"a": 0}}, "at least 1"},
		{Config{Weights: map[string]int{"a": MaxWeight + 1}}, "at most"},
		{Config{Weights: map[string]int{"c": 2}}, "exact number of users, 1"},
		{Config{Weights: map[string]int{"b": 2}, Scenarios: []string{"a"}}, ""},
	} {
		tt.cfg.Users, tt.cfg.SpawnRate = 1, 1
		check(t, "Check", tt.want, e.Check(tt.cfg), tt.want, FieldWeights)
	}
	if w, err := ParseWeights([]string{"a=3", " b = 2 ", "c=", "", "x=y=4"}); err != nil || len(w) != 3 || w["a"] != 3 || w["b"] != 2 || w["x=y"] != 4 {
		t.Errorf("ParseWeights = %v, %v", w, err)
	}
	for _, text := range []string{"a", "a=many", "a=1.5"} {
		_, err := ParseWeights([]string{text})
		check(t, "ParseWeights", text, err, "write", FieldWeights)
	}
}

// wood is a scenario with every kind of task.
func wood() load.Scenario[nothing] {
	run := func(path string) func(*nothing, *load.User) error {
		return func(_ *nothing, u *load.User) error { return u.Get(path).Err() }
	}
	leave := func(_ *nothing, u *load.User) error { u.Get("/leave"); return load.Leave }
	return load.Scenario[nothing]{
		Name: "wood", Host: "http://target.test", Wait: load.Constant(100 * time.Millisecond),
		Tasks: []load.Task[nothing]{
			{Name: "front", Weight: 3, Run: run("/front")},
			{Name: "buy", Steps: []load.Task[nothing]{{Name: "cart", Run: run("/cart")}, {Name: "pay", Run: run("/pay")}}},
			{Name: "forum", Tasks: []load.Task[nothing]{
				{Name: "read", Weight: 2, Run: run("/read")}, {Name: "write", Run: run("/write")}, {Name: "leave", Run: leave},
			}},
			{Name: "walk", Tasks: []load.Task[nothing]{
				{Name: "in", Run: run("/in"), Next: map[string]int{"out": 1}},
				{Name: "out", Run: leave, Next: map[string]int{"in": 1, "out": 2}},
			}},
		},
	}
}

func TestTasksThatAreOffAreNeverDone(t *testing.T) {
	for _, tt := range []struct {
		off    []string
		absent []string
	}{
		{nil, nil},
		{[]string{"wood/front"}, []string{"/front"}},
		{[]string{"wood/buy", "wood/walk"}, []string{"/cart", "/pay", "/in"}},
		{[]string{"wood/forum/read"}, []string{"/read"}},
		{[]string{"wood/forum/read", "wood/forum/write"}, []string{"/read", "/write"}},
		{[]string{"wood/forum/read", "wood/forum/write", "wood/forum/leave", "wood/walk"}, []string{"/read", "/write", "/leave", "/in"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := &target{}
			s := played(t, g, Config{Users: 50, SpawnRate: 1000, RunTime: 20 * time.Second, Off: tt.off}, wood())
			for _, path := range []string{"/front", "/cart", "/pay", "/read", "/write", "/leave", "/in"} {
				if is, want := g.count(path) > 0, !slices.Contains(tt.absent, path); is != want {
					t.Errorf("with %v off, %s was asked for %d times", tt.off, path, g.count(path))
				}
			}
			if len(s.Stats.Exceptions) != 0 {
				t.Errorf("with %v off there are exceptions: %v", tt.off, s.Stats.Exceptions)
			}
		})
	}
}

func TestTasksThatCannotBeOffAreRefused(t *testing.T) {
	other := resting()
	chain := always("chain", load.Wait{}, get("/"))
	chain.Tasks = append(chain.Tasks, chain.Tasks[0])
	chain.Tasks[0].Name, chain.Tasks[0].Next = "one", map[string]int{"two": 1}
	chain.Tasks[1].Name, chain.Tasks[1].Next = "two", map[string]int{"one": 1}
	e := newEngine(t, &target{}, wood(), other, chain)
	for _, tt := range []struct {
		off  []string
		want string
	}{
		{[]string{"wood/fornt"}, "did you mean wood/front?"},
		{[]string{"would"}, "there is no task"},
		{[]string{"wood/buy/pay"}, "wood/buy/pay cannot be off alone: wood/buy runs as a whole or not at all — switch off wood/buy"},
		{[]string{"wood/walk/out"}, "the chain wood/walk runs as a whole or not at all — switch off wood/walk"},
		{[]string{"chain/one"}, "the chain chain runs as a whole or not at all — leave the scenario out"},
		{[]string{"a/do"}, "every task of a is off — leave one on"},
		{[]string{"wood/front", "wood/buy", "wood/forum", "wood/walk"}, "every task of wood is off"},
		{[]string{"wood/front", "wood/forum"}, ""},
	} {
		check(t, "Check", strings.Join(tt.off, " "), e.Check(Config{Users: 1, SpawnRate: 1, Off: tt.off}), tt.want, FieldOff)
	}
	if err := e.Check(Config{Users: 1, SpawnRate: 1, Off: []string{"a/do"}, Scenarios: []string{"wood"}}); err != nil {
		t.Errorf("a task of a scenario that is not picked is off: %v", err)
	}
	mustStart(t, e, Config{Users: 1, SpawnRate: 1, Off: []string{"wood/front"}})
	defer e.Close()
	if err := e.Change(Config{Users: 1, SpawnRate: 1, Off: []string{"wood/buy"}}); !slices.Equal(fields(err), []Field{FieldOff}) {
		t.Errorf("Change of the tasks that are off = %v, want an error of its field", err)
	}
	if err := e.Change(Config{Users: 1, SpawnRate: 1, Off: []string{"wood/front"}}); err != nil {
		t.Errorf("Change with the same tasks off = %v", err)
	}
}
