package load_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

type plain struct{ n int }

func (p *plain) add(*load.User) error { p.n++; return nil }

func give[T any](*T, *load.User) error { return nil }

// wrongs returns what Plan says is wrong with a scenario named bad.
func wrongs(t *testing.T, s load.Planner) []string {
	t.Helper()
	_, err := s.Plan()
	if err == nil {
		t.Fatal("Plan: no error")
	}
	got := strings.Split(err.Error(), "\n")
	for i, line := range got {
		var ok bool
		if got[i], ok = strings.CutPrefix(line, "scenario bad: "); !ok {
			t.Errorf("%q does not say which scenario", line)
		}
	}
	return got
}

// says checks a list of mistakes.
func says(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("Plan says\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestPlanSaysEveryMistakeAtOnce(t *testing.T) {
	add, never := (*plain).add, load.Constant(-1)
	says(t, wrongs(t, load.Scenario[plain]{
		Name: "bad", Host: "ftp://x", Weight: -1, Count: -2, Wait: never, Iterations: -3, Protocol: 9,
		Params: []load.Parameter{
			nil, load.Param[int]{Name: "No Good"}, load.Param[int]{Name: "-n"}, load.Param[int]{},
			load.Param[int]{Name: "n"}, load.Param[string]{Name: "n"},
			load.Param[int]{Name: "few", Choices: []int{1, 2, 3}},
			load.Param[int]{Name: "odd", Default: 2, Check: func(n int) error { return fmt.Errorf("%d is even", n) }},
			load.Param[int]{Name: "pin", Secret: true},
			load.Param[string]{Name: "word", Secret: true, Choices: []string{"", "open sesame"}},
		},
		Feeds: []load.Feeder{
			nil, &load.Feed[int]{Name: "a"}, load.Feed[int]{Name: "a", Source: load.Listed(1)},
			load.Feed[int]{Name: "a", Source: load.Listed(2)}, load.Feed[int]{Source: load.Listed(3), Policy: 9},
		},
		Tasks: []load.Task[plain]{
			{},
			{Name: "both", Run: add, Steps: []load.Task[plain]{{Run: add}}},
			{Steps: []load.Task[plain]{
				{Run: add, Weight: 2}, {Run: add, Tags: []string{"x"}}, {}, {Name: "n", Run: add, Next: map[string]int{"n": 1}},
				{Name: "set", Tasks: []load.Task[plain]{{Run: add, Tags: []string{"x"}}}},
			}},
			{Run: add, Weight: -3, Tags: []string{"", "a b", "a,b"}, Wait: never, OnStart: add, OnStop: add},
			{Run: add},
			{Name: "set", OnStart: add, OnStop: add, Tasks: []load.Task[plain]{
				{Name: "set", Tasks: []load.Task[plain]{{Run: add}, {Run: add}, {Wait: never, Tasks: []load.Task[plain]{{Run: add}}}}},
			}},
		},
	}),
		`Host: "ftp://x": scheme ftp is not supported — write http://x or https://x`,
		`Weight -1: want 0 to 2147483647`,
		`Count -2: want 0 or more`,
		`Wait: Constant(-1ns): want 0 or more`,
		`Iterations -3: want 0 or more`,
		`Protocol 9 is not known`,
		`Params[0] is nil`,
		`Params[1]: name "No Good": want lower case letters, digits and dashes`,
		`Params[2]: name "-n": want lower case letters, digits and dashes`,
		`Params[3]: name "": want lower case letters, digits and dashes`,
		`Params[5]: two parameters are named n`,
		`Params[6] few: Default: "0" is not 1, 2 or 3`,
		`Params[7] odd: Default: 2 is even`,
		`Params[8] pin: Secret is for strings without Choices`,
		`Params[9] word: Secret is for strings without Choices`,
		`Feeds[0] is nil`,
		`Feeds[1] is a pointer to a feed: list the feed itself`,
		`Feeds[3]: two feeds are named a`,
		`Feeds[4]: feed without a name: Name "": want a name without control characters and without space around it`,
		`Feeds[4]: feed without a name: Policy 9 is not known`,
		`Tasks[0]: has neither Run nor Steps nor Tasks`,
		`Tasks[1] both: has more than one of Run, Steps and Tasks`,
		`Tasks[2]: a task with Steps or Tasks needs a Name`,
		`Tasks[2].Steps[0]: a step has a Weight, but steps run in order`,
		`Tasks[2].Steps[1]: has Tags, but Tasks[2] runs as a whole or not at all`,
		`Tasks[2].Steps[2]: has neither Run nor Steps nor Tasks`,
		`Tasks[2].Steps[3] n: a step has Next, but steps run in order`,
		`Tasks[2].Steps[4] set.Tasks[0]: has Tags, but Tasks[2] runs as a whole or not at all`,
		`Tasks[3]: Weight -3: want 0 to 2147483647`,
		`Tasks[3]: tag "": want a word without spaces and commas`,
		`Tasks[3]: tag "a b": want a word without spaces and commas`,
		`Tasks[3]: tag "a,b": want a word without spaces and commas`,
		`Tasks[3]: Wait: Constant(-1ns): want 0 or more`,
		`Tasks[3]: has OnStart, but no Tasks to begin`,
		`Tasks[3]: has OnStop, but no Tasks to end`,
		`Tasks[4]: two tasks of a set are named add: give one another Name`,
		`Tasks[5] set.Tasks[0] set.Tasks[1]: two tasks of a set are named add: give one another Name`,
		`Tasks[5] set.Tasks[0] set.Tasks[2]: Wait: Constant(-1ns): want 0 or more`,
		`Tasks[5] set.Tasks[0] set.Tasks[2]: a task with Steps or Tasks needs a Name`,
	)
}

func TestPlanRefusesHTTPWithoutHTTP(t *testing.T) {
	s := load.Scenario[plain]{Name: "bad", Protocol: load.NoHTTP, Tasks: []load.Task[plain]{{Run: (*plain).add}}}
	if _, err := s.Plan(); err != nil {
		t.Errorf("Plan: %v, want nil", err)
	}
	s.Host = "http://h"
	s.Before = func(*plain, *load.User, *load.Request) error { return nil }
	s.After = func(*plain, *load.User, *load.Response) {}
	says(t, wrongs(t, s),
		"Host is given, but with NoHTTP there are no requests",
		"Before is given, but with NoHTTP there are no requests",
		"After is given, but with NoHTTP there are no requests",
	)
}

func TestScenarioNames(t *testing.T) {
	for name, good := range map[string]bool{
		"": false, "a": true, "two words": true, "Ü/ö": true, " a": false, "a ": false, "-a": false, "a\nb": false, "a\x1bb": false,
	} {
		s := load.Scenario[plain]{Name: name, Tasks: []load.Task[plain]{{Run: (*plain).add}}}
		if _, err := s.Plan(); err == nil != good {
			t.Errorf("Plan of %q: %v, want good: %t", name, err, good)
		}
	}
	_, err := load.Scenario[plain]{}.Plan()
	if err == nil || !strings.Contains(err.Error(), "scenario without a name: Name is empty") || !strings.Contains(err.Error(), "Tasks is empty") {
		t.Errorf("Plan of the zero Scenario: %v, want a name and tasks to be missing", err)
	}
}

func TestPlanIsTheScenario(t *testing.T) {
	pace := load.Param[int]{Name: "pace-2"}
	stop := errors.New("stop")
	got, err := load.Scenario[plain]{
		Name: "all", Help: "of it", Host: "http://h", Weight: 3, Count: 4, Wait: load.Constant(time.Second),
		Protocol: load.HTTP2, Params: []load.Parameter{pace},
		Iterations: 9, Feeds: []load.Feeder{load.Feed[int]{Name: "f", Source: load.Listed(1)}},
		Setup: (*plain).add, Teardown: (*plain).add,
		OnStart: (*plain).add, OnStop: func(*plain, *load.User) error { return stop },
		Before: func(p *plain, _ *load.User, r *load.Request) error { p.n += len(r.Body); return stop },
		After:  func(p *plain, _ *load.User, _ *load.Response) { p.n += 100 },
		Tasks: []load.Task[plain]{
			{Run: (*plain).add, Tags: []string{"x"}},
			{Run: give[plain], Weight: 5, Wait: load.Pacing(time.Minute)},
			{Name: "named", Run: (*plain).add, Wait: load.Constant(0)},
			{Name: "steps", Steps: []load.Task[plain]{
				{Run: (*plain).add}, {Run: (*plain).add}, {Name: "deep", Wait: load.Constant(2), Steps: []load.Task[plain]{{Run: give[plain]}}},
			}},
			{Name: "set", Wait: load.Constant(3), OnStart: give[plain], OnStop: (*plain).add, Tasks: []load.Task[plain]{
				{Run: (*plain).add, Weight: 2, Tags: []string{"y"}},
				{Name: "inner", Tasks: []load.Task[plain]{{Run: give[plain]}, {Run: (*plain).add, Wait: load.Constant(4)}}},
			}},
		},
	}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "all" || got.Help != "of it" || got.Host != "http://h" || got.Weight != 3 || got.Count != 4 ||
		got.Wait.String() != "constant 1s" || got.Protocol != load.HTTP2 || len(got.Params) != 1 || got.Iterations != 9 || len(got.Feeds) != 1 {
		t.Errorf("Plan: %+v", got)
	}
	want := "add*1[x](constant 1s) give*5[](pacing 1m0s) named*1[](constant 0s) " +
		"steps*1[](constant 1s)<add*1[](constant 1s) add*1[](constant 1s) deep*1[](constant 2ns)<give*1[](constant 2ns)>> " +
		"set*1[](constant 3ns){+ add*2[y](constant 3ns) inner*1[](constant 3ns){give*1[](constant 3ns) add*1[](constant 4ns)} -}"
	if text := outline(got.Tasks); text != want {
		t.Errorf("tasks %s\nwant  %s", text, want)
	}

	one, two := got.New(nil), got.New(nil)
	if one == two {
		t.Error("New: two users share their state")
	}
	if three := got.New(&plain{n: 7}).(*plain); three.n != 7 {
		t.Errorf("New from a state of 7: %d", three.n)
	}
	for range 2 {
		if err := got.OnStart(one, nil); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := one.(*plain).n, two.(*plain).n; a != 2 || b != 0 {
		t.Errorf("states %d and %d, want 2 and 0", a, b)
	}
	if err := got.OnStop(one, nil); err != stop {
		t.Errorf("OnStop: %v, want %v", err, stop)
	}
	err = got.Before(two, nil, &load.Request{Body: make([]byte, 10)})
	got.After(two, nil, nil)
	got.Setup(two, nil)
	got.Teardown(two, nil)
	if n := two.(*plain).n; err != stop || n != 112 {
		t.Errorf("Before: %v; with After, Setup and Teardown the state is %d; want %v and 112", err, n, stop)
	}
}

func TestPlanHasDefaults(t *testing.T) {
	got, err := load.Scenario[plain]{Name: "a", Tasks: []load.Task[plain]{{Run: (*plain).add}}}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if got.Weight != 1 || got.Tasks[0].Weight != 1 || got.Host != "" || got.Tasks[0].Next != nil ||
		got.Setup != nil || got.Teardown != nil || got.OnStart != nil || got.OnStop != nil || got.Before != nil || got.After != nil {
		t.Errorf("Plan: %+v, want weights of 1 and no functions", got)
	}
}

// outline returns tasks as name*weight[tags](wait), with <steps> and {sets}. A set has
// + and - where it has OnStart and OnStop.
func outline(tasks []load.PlannedTask) string {
	var all []string
	for _, p := range tasks {
		text := fmt.Sprintf("%s*%d%v(%s)", p.Name, p.Weight, p.Tags, p.Wait)
		if len(p.Steps) > 0 {
			text += "<" + outline(p.Steps) + ">"
		}
		if len(p.Tasks) > 0 {
			text += "{"
			if p.OnStart != nil {
				text += "+ "
			}
			text += outline(p.Tasks)
			if p.OnStop != nil {
				text += " -"
			}
			text += "}"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestPlanWantsANameForAFunctionLiteral(t *testing.T) {
	_, err := load.Scenario[plain]{Name: "a", Tasks: []load.Task[plain]{
		{Run: func(*plain, *load.User) error { return nil }},
		{Name: "named", Run: func(*plain, *load.User) error { return nil }},
	}}.Plan()
	if want := "Tasks[0]: runs a function literal"; err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Tasks[1]") {
		t.Errorf("Plan = %v, want an error of %q alone", err, want)
	}
}
