package loadtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
)

// acts is what a script's tasks do, by name.
type acts = map[string]func(*load.User) error

// forum is a script with a set in a set, and a set among steps.
func (s *script) forum() load.Scenario[diary] {
	return load.Scenario[diary]{
		Name: "script", OnStart: s.task("start"), OnStop: s.task("stop"),
		Tasks: []load.Task[diary]{
			{Name: "a", Run: s.task("a")},
			{Name: "forum", OnStart: s.task("enter"), OnStop: s.task("exit"), Tasks: []load.Task[diary]{
				{Name: "b", Run: s.task("b")},
				{Name: "thread", Weight: 9, Tasks: []load.Task[diary]{{Name: "c", Run: s.task("c")}, {Name: "d", Run: s.task("d")}}},
				{Name: "e", Run: s.task("e")},
			}},
			{Name: "steps", Steps: []load.Task[diary]{
				{Name: "f", Run: s.task("f")},
				{Name: "desk", Tasks: []load.Task[diary]{{Name: "g", Run: s.task("g")}, {Name: "h", Run: s.task("h")}}},
				{Name: "i", Run: s.task("i")},
			}},
		},
	}
}

// queue returns an act that queues tasks.
func queue(names ...string) func(*load.User) error {
	return func(u *load.User) error {
		for _, name := range names {
			if err := u.Queue(name); err != nil {
				return err
			}
		}
		return nil
	}
}

// once returns an act that is done only the first time.
func once(act func(*load.User) error) func(*load.User) error {
	done := false
	return func(u *load.User) error {
		if done {
			return nil
		}
		done = true
		return act(u)
	}
}

func returns(err error) func(*load.User) error { return func(*load.User) error { return err } }

func TestSetsAreDoneWhole(t *testing.T) {
	fail := func(u *load.User) error { return u.Get("/").Failf("no") }
	for _, tt := range []struct {
		name string
		acts acts
		want string
	}{
		{"everything once", nil, "start a enter b c d e exit f g h i stop"},
		{"an error ends its task alone", acts{"b": fail, "c": returns(errors.New("odd"))}, "start a enter b c d e exit f g h i stop"},
		{"Leave ends its set", acts{"c": returns(load.Leave)}, "start a enter b c e exit f g h i stop"},
		{"Leave of the outer set", acts{"b": returns(load.Leave)}, "start a enter b exit f g h i stop"},
		{"Leave of a set among steps", acts{"g": returns(load.Leave)}, "start a enter b c d e exit f g i stop"},
		{"Leave of no set", acts{"a": returns(load.Leave)}, "start a enter b c d e exit f g h i stop"},
		{"Leave ends steps", acts{"f": returns(load.Leave)}, "start a enter b c d e exit f stop"},
		{"an OnStart that fails", acts{"enter": fail}, "start a enter f g h i stop"},
		{"StopUser", acts{"d": returns(load.StopUser)}, "start a enter b c d exit stop"},
		{"StopUser of OnStart", acts{"enter": returns(load.StopUser)}, "start a enter stop"},
		{"StopUser of OnStop", acts{"exit": returns(load.StopUser)}, "start a enter b c d e exit stop"},
		{"StopRun", acts{"c": returns(load.StopRun("enough"))}, "start a enter b c exit stop"},
		{"StopRun of a step", acts{"f": returns(load.StopRun("enough"))}, "start a enter b c d e exit f stop"},

		{"Queue", acts{"a": once(queue("steps", "a"))}, "start a f g h i a enter b c d e exit f g h i stop"},
		{"Queue of the set around", acts{"b": once(queue("e", "b"))}, "start a enter b e b c d e exit f g h i stop"},
		{"Queue of the inner set", acts{"c": once(queue("c"))}, "start a enter b c c d e exit f g h i stop"},
		{"Queue of OnStart", acts{"start": queue("steps"), "enter": queue("e")}, "start f g h i a enter e b c d e exit f g h i stop"},
	} {
		s := &script{acts: tt.acts}
		loadtest.Try(t, s.forum(), http.NotFoundHandler(), loadtest.Options{})
		if got := s.last(); len(got) != 1 || got[0] != "1: "+tt.want {
			t.Errorf("%s: the user did %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestQueueingWithoutEndIsNoticed(t *testing.T) {
	s := &script{acts: acts{"a": queue("a"), "b": queue("nowhere")}}
	got := loadtest.Try(t, s.forum(), http.NotFoundHandler(), loadtest.Options{})
	want := []string{
		`exception, 1 times: Queue("a"): more than 1000 tasks have been queued: is there an end to it?`,
		`exception, 1 times: Queue("nowhere"): there is no such task in this set`,
	}
	for i, text := range got.Problems() {
		if i >= len(want) || !strings.HasPrefix(text, want[i]) {
			t.Errorf("problem %d is %q, want %q", i, text, want)
		}
	}
}

func TestChainsAreWalkedUntilEverythingIsDone(t *testing.T) {
	type ways = map[string]int
	for _, tt := range []struct {
		name    string
		next    []ways // of a, b, c, …
		options loadtest.Options
		acts    acts
		want    string
	}{
		{"the likeliest first", []ways{{"b": 1, "c": 5}, {"a": 1}, {"a": 1}}, loadtest.Options{}, nil, "a c a b"},
		{"the nearest before the likeliest", []ways{{"b": 1, "a": 9}, {"a": 9, "c": 1}, {"a": 1}}, loadtest.Options{}, nil, "a b c"},
		{"no way back", []ways{{"b": 2, "c": 1}, {"d": 1}, {"d": 1}, {"b": 1, "d": 1}}, loadtest.Options{}, nil, "a b d"},
		{"two rounds", []ways{{"b": 1}, {"a": 1}}, loadtest.Options{Rounds: 2}, nil, "a b a b"},
		{"a queued task", []ways{{"b": 1}, {"c": 1}, {"d": 1}, {"a": 1}}, loadtest.Options{}, acts{"a": once(queue("c"))}, "a c d a b"},
		{"Leave", []ways{{"b": 1}, {"a": 1}}, loadtest.Options{Rounds: 2}, acts{"a": once(returns(load.Leave))}, "a b a b"},
	} {
		for _, nested := range []bool{false, true} {
			if nested && tt.acts != nil {
				continue // they are done once
			}
			s := &script{acts: tt.acts}
			var tasks []load.Task[diary]
			for i, next := range tt.next {
				name := string(rune('a' + i))
				tasks = append(tasks, load.Task[diary]{Name: name, Run: s.task(name), Next: next})
			}
			if nested {
				tasks = []load.Task[diary]{{Name: "set", Tasks: tasks}}
			}
			loadtest.Try(t, load.Scenario[diary]{Name: "script", Tasks: tasks}, http.NotFoundHandler(), tt.options)
			if got := s.last(); len(got) != 1 || got[0] != "1: "+tt.want {
				t.Errorf("%s, nested %t: the user did %q, want %q", tt.name, nested, got, tt.want)
			}
		}
	}
}

func TestIterationsAreSharedOutAmongUsers(t *testing.T) {
	for _, tt := range []struct {
		iterations int
		options    loadtest.Options
		acts       acts
		want       []string
	}{
		{1, loadtest.Options{}, nil, []string{"1: start a stop", "2: start b c d stop", "3: start e stop"}},
		{2, loadtest.Options{}, nil, []string{"1: start a b c d stop", "2: start e stop"}},
		{3, loadtest.Options{}, nil, []string{"1: start a b c d e stop"}},
		{4, loadtest.Options{Rounds: 2}, nil, []string{"1: start a b c d e a stop", "2: start b c d e stop"}},
		{2, loadtest.Options{Users: 2}, nil, []string{"1: start a b c d stop", "2: start a b c d stop", "3: start e stop", "4: start e stop"}},
		{1, loadtest.Options{}, acts{"a": returns(load.StopUser)}, []string{"1: start a stop"}},
		{1, loadtest.Options{}, acts{"a": queue("e", "e")}, []string{"1: start a stop", "2: start b c d stop", "3: start e stop"}},
	} {
		s := &script{acts: tt.acts}
		plan := s.scenario()
		plan.Iterations = tt.iterations
		loadtest.Try(t, plan, http.NotFoundHandler(), tt.options)
		if got := s.last(); !slices.Equal(got, tt.want) {
			t.Errorf("Iterations %d, %+v: users did %q, want %q", tt.iterations, tt.options, got, tt.want)
		}
	}
}

func TestIterationsEndAChain(t *testing.T) {
	s := &script{}
	loadtest.Try(t, load.Scenario[diary]{Name: "script", Iterations: 2, Tasks: []load.Task[diary]{
		{Name: "a", Run: s.task("a"), Next: map[string]int{"b": 1}},
		{Name: "b", Run: s.task("b"), Next: map[string]int{"c": 1}},
		{Name: "c", Run: s.task("c"), Next: map[string]int{"a": 1}},
	}}, http.NotFoundHandler(), loadtest.Options{Rounds: 3})
	if got := s.last(); !slices.Equal(got, []string{"1: a b"}) {
		t.Errorf("users did %q, want a b", got)
	}
}

func TestSetupAndTeardownAreAroundAllUsers(t *testing.T) {
	var lines []string
	note := func(name string) func(*diary, *load.User) error {
		return func(d *diary, u *load.User) error {
			lines = append(lines, fmt.Sprintf("%d %s %q %t", u.Number(), name, d.page, u.Header.Get("Token") == "t"))
			d.page += name
			u.Header.Set("Token", "t")
			return nil
		}
	}
	s := load.Scenario[diary]{Name: "s", Iterations: 1, Setup: note("setup"), Teardown: note("teardown"), Tasks: []load.Task[diary]{
		{Name: "a", Run: note("a")}, {Name: "b", Run: note("b")},
	}}
	loadtest.Run(t, s, http.NotFoundHandler(), loadtest.Options{})
	want := []string{`0 setup "" false`, `1 a "setup" false`, `2 b "setup" false`, `0 teardown "setup" true`}
	if !slices.Equal(lines, want) {
		t.Errorf("it went %q, want %q", lines, want)
	}
	lines, s.Setup = nil, nil
	loadtest.Run(t, s, http.NotFoundHandler(), loadtest.Options{})
	if want := []string{`1 a "" false`, `2 b "" false`, `0 teardown "" false`}; !slices.Equal(lines, want) {
		t.Errorf("without Setup it went %q, want %q", lines, want)
	}
}

func TestNobodyStartsAfterASetupThatFailed(t *testing.T) {
	for _, tt := range []struct {
		setup func(*load.User) error
		want  []string // beginnings of the problems
	}{
		{func(u *load.User) error { return u.Get("/").Err() }, []string{"GET /: 1 of 1 failed: status 404", "the run was stopped: Setup: GET /: status 404"}},
		{returns(errors.New("odd")), []string{"exception, 1 times: odd\ns/Setup", "the run was stopped: Setup: odd"}},
		{func(*load.User) error { panic("boom") }, []string{"exception, 1 times: panic: boom", "the run was stopped: Setup: panic: boom"}},
		{returns(load.StopRun("no target")), []string{"the run was stopped: no target"}},
		{returns(load.StopUser), []string{"the run was stopped: Setup: stop this user"}},
	} {
		s := load.Scenario[diary]{
			Name:     "s",
			Setup:    func(_ *diary, u *load.User) error { return tt.setup(u) },
			Teardown: func(*diary, *load.User) error { t.Error("Teardown is called"); return nil },
			Tasks:    []load.Task[diary]{{Name: "a", Run: func(*diary, *load.User) error { t.Error("a task is called"); return nil }}},
		}
		got := loadtest.Try(t, s, http.NotFoundHandler(), loadtest.Options{}).Problems()
		for i, text := range got {
			if len(got) != len(tt.want) || !strings.HasPrefix(text, tt.want[i]) {
				t.Errorf("problems %q, want %q", got, tt.want)
				break
			}
		}
	}
}

func TestTeardownHasTimeAfterAStop(t *testing.T) {
	paused := errors.New("not called")
	s := load.Scenario[diary]{
		Name:     "s",
		Tasks:    []load.Task[diary]{{Name: "a", Run: func(*diary, *load.User) error { return load.StopRun("enough") }}},
		Teardown: func(_ *diary, u *load.User) error { paused = u.Pause(0); return u.Get("/").Expect(404).Err() },
	}
	got := loadtest.Try(t, s, http.NotFoundHandler(), loadtest.Options{}).Problems()
	if want := []string{"the run was stopped: enough"}; paused != nil || !slices.Equal(got, want) {
		t.Errorf("Pause in Teardown: %v, problems %q; want nil and %q", paused, got, want)
	}
}

func TestHooksSeeTheStateOfTheirUser(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Page", r.Header.Get("X-Page")) })
	get := func(d *diary, u *load.User) error { return u.Get("/").Err() }
	var seen []string
	s := load.Scenario[diary]{
		Name:    "s",
		Setup:   get,
		OnStart: func(d *diary, u *load.User) error { d.page = fmt.Sprint("of user ", u.Number()); return get(d, u) },
		Before:  func(d *diary, _ *load.User, r *load.Request) error { r.SetHeader("X-Page", d.page); return nil },
		After: func(d *diary, u *load.User, r *load.Response) {
			seen = append(seen, r.Header("X-Page"))
			if u.Number() == 1 {
				r.Failf("told by %s", "After")
			}
		},
		Tasks: []load.Task[diary]{{Name: "get", Run: get}},
	}
	got := loadtest.Try(t, s, h, loadtest.Options{})
	if want := []string{"", "of user 1"}; !slices.Equal(seen, want) { // its OnStart fails, so it has no task
		t.Errorf("requests carried %q, want %q", seen, want)
	}
	if problems := got.Problems(); !slices.Equal(problems, []string{"GET /: 1 of 2 failed: told by After"}) {
		t.Errorf("problems %q, want that After failed one", problems)
	}
}

func TestFeedsHaveRowsForAllUsers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names.csv")
	if err := os.WriteFile(path, []byte("name\nann\nbob\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type person struct {
		Name string `csv:"name"`
	}
	people := load.Feed[person]{Name: "people", Source: load.CSVFile(path)}
	numbers := load.Feed[int]{Name: "numbers", Source: load.Made(func(i int) int { return i }), Policy: load.UniquePerIteration}
	var mu sync.Mutex // guards asked
	asked := map[string]int{}
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		mu.Unlock()
	})
	s := load.Scenario[diary]{Name: "s", Feeds: []load.Feeder{people, numbers}, Tasks: []load.Task[diary]{{Name: "get", Run: func(_ *diary, u *load.User) error {
		p, err := people.Of(u)
		if err != nil {
			return err
		}
		for range 2 {
			n, _ := numbers.Of(u)
			u.Get(fmt.Sprint("/", n), load.Name("/"+p.Name))
		}
		return nil
	}}}}
	got := loadtest.Run(t, s, h, loadtest.Options{Users: 2, Rounds: 3})
	if a, b := got.Row("GET", "/ann").Requests(), got.Row("GET", "/bob").Requests(); a != 6 || b != 6 {
		t.Errorf("%d requests of ann and %d of bob, want 6 of each", a, b)
	}
	if len(asked) != 6 || asked["/0"] != 2 || asked["/5"] != 2 {
		t.Errorf("asked for %v, want each number twice, within one iteration", asked)
	}
	dry := loadtest.Try(t, s, h, loadtest.Options{Users: 3})
	if want := "feed people: all 2 rows are taken"; dry.Stopped != want {
		t.Errorf("three users of two rows: stopped %q, want %q", dry.Stopped, want)
	}

	people.Source = load.CSVFile(path + ".gone")
	s.Feeds = []load.Feeder{people}
	j := &judge{}
	func() {
		defer func() { recover() }()
		loadtest.Try(j, s, h, loadtest.Options{})
	}()
	if !strings.HasPrefix(j.fatal, "loadtest: feed people: ") {
		t.Errorf("Try ends with %q, want what is wrong with the feed", j.fatal)
	}
}

func TestAScenarioWithoutHTTPNeedsNoHandler(t *testing.T) {
	s := load.Scenario[diary]{Name: "s", Protocol: load.NoHTTP, Tasks: []load.Task[diary]{{Name: "ping", Run: func(_ *diary, u *load.User) error {
		return u.Measure("UDP", "ping", func(context.Context) (int64, error) { return 1, nil })
	}}}}
	if n := loadtest.Run(t, s, nil, loadtest.Options{}).Row("UDP", "ping").Requests(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestGroupsHaveRowsButAreNoRequests(t *testing.T) {
	s := load.Scenario[diary]{Name: "s", Tasks: []load.Task[diary]{{Name: "buy", Run: func(_ *diary, u *load.User) error {
		return u.Group("checkout", func() error { u.Get("/cart"); return u.Get("/pay").Err() })
	}}}}
	got := loadtest.Try(t, s, http.NotFoundHandler(), loadtest.Options{})
	if row := got.Row("GROUP", "checkout"); row.Failures() != 1 || got.Total.Requests() != 2 {
		t.Errorf("group %d of %d failed, %d requests in total; want 1 of 1 and 2", row.Failures(), row.Requests(), got.Total.Requests())
	}
}
