package loadtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
)

// A judge is a test that only takes notes.
type judge struct {
	testing.TB
	errors []string
	fatal  string
}

// errFatal ends what runs under a judge.
var errFatal = errors.New("fatal")

func (*judge) Helper()             {}
func (j *judge) Error(args ...any) { j.errors = append(j.errors, fmt.Sprint(args...)) }
func (j *judge) Fatal(args ...any) { j.fatal = fmt.Sprint(args...); panic(errFatal) }

// trial calls Run under a judge, and returns what was judged.
func trial(s load.Planner, h http.Handler, o loadtest.Options) *judge {
	j := &judge{}
	defer func() {
		if v := recover(); v != nil && v != errFatal {
			panic(v)
		}
	}()
	loadtest.Run(j, s, h, o)
	return j
}

// A diary is the state of a user that writes down what it does.
type diary struct{ page string }

// A script is a scenario of tasks by name. What a task does is in acts; it writes
// its name down in any case.
type script struct {
	mu    sync.Mutex // guards lines
	lines []string
	acts  map[string]func(*load.User) error
}

func (s *script) task(name string) func(*diary, *load.User) error {
	return func(d *diary, u *load.User) error {
		d.page += name + " "
		s.mu.Lock()
		s.lines = append(s.lines, fmt.Sprintf("%d:%s", u.Number(), d.page))
		s.mu.Unlock()
		if act := s.acts[name]; act != nil {
			return act(u)
		}
		return nil
	}
}

func (s *script) scenario() load.Scenario[diary] {
	return load.Scenario[diary]{
		Name: "script", Wait: load.Constant(time.Hour), OnStart: s.task("start"), OnStop: s.task("stop"),
		Tasks: []load.Task[diary]{
			{Name: "a", Run: s.task("a")},
			{Name: "bc", Steps: []load.Task[diary]{
				{Name: "b", Run: s.task("b")},
				{Name: "deep", Steps: []load.Task[diary]{{Name: "c", Run: s.task("c")}}},
				{Name: "d", Run: s.task("d")},
			}},
			{Name: "e", Run: s.task("e"), Weight: 100},
		},
	}
}

// last returns the longest page of each user's diary.
func (s *script) last() []string {
	longest := map[string]string{}
	for _, line := range s.lines {
		user, page, _ := strings.Cut(line, ":")
		longest[user] = strings.TrimSpace(page)
	}
	var all []string
	for user, page := range longest {
		all = append(all, user+": "+page)
	}
	slices.Sort(all)
	return all
}

func TestUsersDoEverythingInOrder(t *testing.T) {
	fail := func(u *load.User) error { return u.Get("/").Failf("no") }
	wrong := func(*load.User) error { return errors.New("wrong") }
	for _, tt := range []struct {
		name    string
		options loadtest.Options
		acts    map[string]func(*load.User) error
		want    []string
	}{
		{"once", loadtest.Options{}, nil, []string{"1: start a b c d e stop"}},
		{"two users, two rounds", loadtest.Options{Users: 2, Rounds: 2}, nil,
			[]string{"1: start a b c d e a b c d e stop", "2: start a b c d e a b c d e stop"}},
		{"a failure ends the task", loadtest.Options{}, map[string]func(*load.User) error{"a": fail, "b": fail}, []string{"1: start a b e stop"}},
		{"a failure in a nested step", loadtest.Options{}, map[string]func(*load.User) error{"c": fail}, []string{"1: start a b c e stop"}},
		{"an exception ends the task", loadtest.Options{}, map[string]func(*load.User) error{"b": wrong}, []string{"1: start a b e stop"}},
		{"a panic ends the task", loadtest.Options{}, map[string]func(*load.User) error{"b": func(*load.User) error { panic("boom") }}, []string{"1: start a b e stop"}},
		{"no start, no tasks", loadtest.Options{Rounds: 3}, map[string]func(*load.User) error{"start": fail}, []string{"1: start stop"}},
		{"StopUser", loadtest.Options{Rounds: 3}, map[string]func(*load.User) error{"b": func(*load.User) error { return load.StopUser }}, []string{"1: start a b stop"}},
		{"StopUser for one", loadtest.Options{Users: 2}, map[string]func(*load.User) error{"start": func(u *load.User) error {
			if u.Number() == 1 {
				return load.StopUser
			}
			return nil
		}}, []string{"1: start stop", "2: start a b c d e stop"}},
		{"StopRun", loadtest.Options{Rounds: 3}, map[string]func(*load.User) error{"a": func(*load.User) error { return load.StopRun("enough") }}, []string{"1: start a stop"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{acts: tt.acts}
			loadtest.Try(t, s.scenario(), http.NotFoundHandler(), tt.options)
			if got := s.last(); !slices.Equal(got, tt.want) {
				t.Errorf("users did %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAStopOfTheRunReachesEveryUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{acts: map[string]func(*load.User) error{
			"a": func(u *load.User) error {
				if u.Number() == 3 {
					return load.StopRun("enough")
				}
				return u.Pause(time.Hour)
			},
			"stop": func(u *load.User) error { return u.Pause(time.Second) },
		}}
		began := time.Now()
		got := loadtest.Try(t, s.scenario(), http.NotFoundHandler(), loadtest.Options{Users: 3})
		if got.Stopped != "enough" {
			t.Errorf("Stopped: %q, want enough", got.Stopped)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %s, want 1s: pauses end, except in OnStop", took)
		}
		if want := []string{"1: start a stop", "2: start a stop", "3: start a stop"}; !slices.Equal(s.last(), want) {
			t.Errorf("users did %q, want %q", s.last(), want)
		}
	})
}

func TestUsersLiveAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) })
		s := load.Scenario[diary]{Name: "slow", Tasks: []load.Task[diary]{{Name: "get", Run: func(_ *diary, u *load.User) error { return u.Get("/").Err() }}}}
		began := time.Now()
		got := loadtest.Run(t, s, h, loadtest.Options{Users: 50, Rounds: 2})
		row := got.Row("GET", "/")
		if took := time.Since(began); row.Requests() != 100 || took != 2*time.Second || row.OK.Min() != time.Second {
			t.Errorf("%d requests in %s, the quickest %s; want 100 in 2s, 1s each", row.Requests(), took, row.OK.Min())
		}
	})
}

func TestRunFailsTheTest(t *testing.T) {
	s := &script{acts: map[string]func(*load.User) error{
		"a": func(u *load.User) error { u.Get("/gone"); return u.Get("/gone").Failf("city %d is gone", 7) },
		"b": func(*load.User) error { return fmt.Errorf("no such %s", "thing") },
		"e": func(*load.User) error { panic("boom") },
	}}
	j := trial(s.scenario(), http.NotFoundHandler(), loadtest.Options{Rounds: 2})
	want := []string{
		"GET /gone: 2 of 4 failed: city 7 is gone",
		"GET /gone: 2 of 4 failed: status 404: 404 page not found",
		"exception, 2 times: panic: boom\n",
		"exception, 2 times: no such thing\nscript/bc/b",
	}
	if len(j.errors) != len(want) {
		t.Fatalf("Run says\n%s\nwant %d kinds", strings.Join(j.errors, "\n"), len(want))
	}
	for i := range want {
		if !strings.HasPrefix(j.errors[i], want[i]) {
			t.Errorf("Run says %q, want %q", j.errors[i], want[i])
		}
	}
	if !strings.Contains(j.errors[2], "loadtest_test.go") {
		t.Errorf("Run says %q, want the stack", j.errors[2])
	}

	s = &script{acts: map[string]func(*load.User) error{"a": func(*load.User) error { return load.StopRun(" ") }}}
	if j := trial(s.scenario(), http.NotFoundHandler(), loadtest.Options{}); !slices.Equal(j.errors, []string{"the run was stopped: no reason given"}) {
		t.Errorf("Run says %q, want that it was stopped", j.errors)
	}
}

func TestRunPassesWhatIsRight(t *testing.T) {
	s := &script{acts: map[string]func(*load.User) error{"a": func(u *load.User) error { return u.Get("/").Expect(404).Err() }}}
	if j := trial(s.scenario(), http.NotFoundHandler(), loadtest.Options{}); len(j.errors) > 0 || j.fatal != "" {
		t.Errorf("Run says %q, %q; want nothing", j.errors, j.fatal)
	}
}

func TestMistakesEndTheTest(t *testing.T) {
	s := (&script{}).scenario()
	s.Params = []load.Parameter{load.Param[int]{Name: "n"}}
	ok := http.NotFoundHandler()
	for _, tt := range []struct {
		scenario load.Planner
		handler  http.Handler
		options  loadtest.Options
		want     string
	}{
		{load.Scenario[diary]{Name: "empty"}, ok, loadtest.Options{}, "scenario empty: Tasks is empty: a user needs something to do"},
		{s, nil, loadtest.Options{Users: -1, Host: "h:80"}, "loadtest: the handler is nil\n" +
			"loadtest: Users -1, Rounds 0: want 0 or more\n" +
			`loadtest: Host: "h:80" has no scheme — write http://h:80`},
		{s, ok, loadtest.Options{Params: map[string]string{"m": "1"}}, `loadtest: scenario script has no parameter "m"`},
		{s, ok, loadtest.Options{Params: map[string]string{"n": "x"}}, `loadtest: parameter n: "x" is not a whole number such as 10`},
	} {
		j := &judge{}
		func() {
			defer func() { recover() }()
			loadtest.Try(j, tt.scenario, tt.handler, tt.options)
		}()
		if j.fatal != tt.want {
			t.Errorf("Try ends with %q, want %q", j.fatal, tt.want)
		}
	}
}

func TestHosts(t *testing.T) {
	for _, tt := range []struct{ scenario, option, want string }{
		{"", "", "http://target.test/x"},
		{"http://own:1/v1", "", "http://own:1/v1/x"},
		{"http://own:1/v1", "https://other", "https://other/x"},
	} {
		s := &script{acts: map[string]func(*load.User) error{"a": func(u *load.User) error { return u.Get("/x").Err() }}}
		plan := s.scenario()
		plan.Host = tt.scenario
		var got string
		loadtest.Run(t, plan, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = "http://" + r.Host + r.URL.Path
			if r.TLS != nil {
				got = "https://" + r.Host + r.URL.Path
			}
		}), loadtest.Options{Host: tt.option})
		if got != tt.want {
			t.Errorf("scenario's host %q, option %q: asked %s, want %s", tt.scenario, tt.option, got, tt.want)
		}
	}
}

func TestChanceIsTheSameEachTime(t *testing.T) {
	numbers := func() (all []uint64) {
		s := &script{acts: map[string]func(*load.User) error{"a": func(u *load.User) error { all = append(all, u.Rand.Uint64()); return nil }}}
		loadtest.Run(t, s.scenario(), http.NotFoundHandler(), loadtest.Options{Rounds: 3})
		return all
	}
	if a, b := numbers(), numbers(); !slices.Equal(a, b) || a[0] == a[1] {
		t.Errorf("two runs drew %v and %v, want the same three", a, b)
	}
}

func TestAWaitThatPanicsIsNoticed(t *testing.T) {
	s := (&script{}).scenario()
	s.Wait = load.WaitFunc("odd", func(*load.User, time.Duration) time.Duration { panic("boom") })
	if got := loadtest.Try(t, s, http.NotFoundHandler(), loadtest.Options{}); len(got.Exceptions) != 1 || got.Exceptions[0].Message != "panic: boom" {
		t.Errorf("exceptions %+v, want the panic of the wait", got.Exceptions)
	}
}

func TestRowThatIsNotThere(t *testing.T) {
	got := loadtest.Try(t, (&script{}).scenario(), http.NotFoundHandler(), loadtest.Options{})
	if row := got.Row("GET", "/"); row.Requests() != 0 || row.Method != "GET" || row.Name != "/" {
		t.Errorf("Row: %+v, want an empty one of GET /", row)
	}
}

// A test of a scenario, as one writes it.
func ExampleRun() {
	t := &judge{} // in a test, its t

	type reader struct{}
	reading := load.Scenario[reader]{Name: "reading", Tasks: []load.Task[reader]{{Name: "front", Run: func(_ *reader, u *load.User) error {
		return u.Get("/").Expect(http.StatusOK).Err()
	}}}}
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "Welcome") })

	got := loadtest.Run(t, reading, site, loadtest.Options{Users: 3, Rounds: 2})
	fmt.Println(got.Row("GET", "/").Requests(), "requests")
	// Output:
	// 6 requests
}
