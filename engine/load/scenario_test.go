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

func TestPlanSaysEveryMistakeAtOnce(t *testing.T) {
	_, err := load.Scenario[plain]{
		Name:     "a,b",
		Host:     "ftp://x",
		Weight:   -1,
		Count:    -2,
		Wait:     load.Constant(-1),
		Protocol: 9,
		Params: []load.Parameter{
			nil, load.Param[int]{Name: "No Good"}, load.Param[int]{Name: "-n"}, load.Param[int]{},
			load.Param[int]{Name: "n"}, load.Param[string]{Name: "n"},
		},
		Tasks: []load.Task[plain]{
			{},
			{Name: "both", Run: (*plain).add, Steps: []load.Task[plain]{{Run: (*plain).add}}},
			{Steps: []load.Task[plain]{{Run: (*plain).add, Weight: 2}, {Run: (*plain).add, Tags: []string{"x"}}, {}}},
			{Run: (*plain).add, Weight: -3, Tags: []string{"", "a b", "a,b"}},
		},
	}.Plan()
	if err == nil {
		t.Fatal("Plan: no error")
	}
	got := strings.Split(err.Error(), "\n")
	for i, line := range got {
		var ok bool
		if got[i], ok = strings.CutPrefix(line, "scenario a,b: "); !ok {
			t.Errorf("%q does not say which scenario", line)
		}
	}
	want := []string{
		`Name "a,b": want no comma, no control character, no space around it and no dash in front`,
		`Host: "ftp://x": scheme ftp is not supported — write http://x or https://x`,
		`Weight -1: want 0 to 2147483647`,
		`Count -2: want 0 or more`,
		`Wait: Constant(-1ns): want 0 or more`,
		`Protocol 9 is not known`,
		`Params[0] is nil`,
		`Params[1]: name "No Good": want lower case letters, digits and dashes`,
		`Params[2]: name "-n": want lower case letters, digits and dashes`,
		`Params[3]: name "": want lower case letters, digits and dashes`,
		`Params[5]: two parameters are named n`,
		`Tasks[0]: has neither Run nor Steps`,
		`Tasks[1] both: has both Run and Steps`,
		`Tasks[2]: a task with Steps needs a Name`,
		`Tasks[2].Steps[0]: a step has a Weight, but steps run in order`,
		`Tasks[2].Steps[1]: a step has Tags: put them on its task, which runs as a whole or not at all`,
		`Tasks[2].Steps[2]: has neither Run nor Steps`,
		`Tasks[3]: Weight -3: want 0 to 2147483647`,
		`Tasks[3]: tag "": want a word without spaces and commas`,
		`Tasks[3]: tag "a b": want a word without spaces and commas`,
		`Tasks[3]: tag "a,b": want a word without spaces and commas`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("Plan says\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
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
		OnStart: (*plain).add, OnStop: func(*plain, *load.User) error { return stop },
		Tasks: []load.Task[plain]{
			{Run: (*plain).add, Tags: []string{"x"}},
			{Run: give[plain], Weight: 5},
			{Name: "named", Run: (*plain).add},
			{Name: "steps", Steps: []load.Task[plain]{{Run: (*plain).add}, {Name: "deep", Steps: []load.Task[plain]{{Run: give[plain]}}}}},
		},
	}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "all" || got.Help != "of it" || got.Host != "http://h" || got.Weight != 3 || got.Count != 4 ||
		got.Wait.String() != "constant 1s" || got.Protocol != load.HTTP2 || len(got.Params) != 1 {
		t.Errorf("Plan: %+v", got)
	}
	if text, want := outline(got.Tasks), "add*1[x] give*5[] named*1[] steps*1[](add*1[] deep*1[](give*1[]))"; text != want {
		t.Errorf("tasks %s, want %s", text, want)
	}

	one, two := got.New(), got.New()
	if one == two {
		t.Error("New: two users share their state")
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
}

func TestPlanHasDefaults(t *testing.T) {
	got, err := load.Scenario[plain]{Name: "a", Tasks: []load.Task[plain]{{Run: (*plain).add}}}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if got.Weight != 1 || got.Tasks[0].Weight != 1 || got.OnStart != nil || got.OnStop != nil || got.Host != "" {
		t.Errorf("Plan: %+v, want weights of 1 and no functions", got)
	}
}

// outline returns tasks as name*weight[tags](steps).
func outline(tasks []load.PlannedTask) string {
	var all []string
	for _, p := range tasks {
		text := fmt.Sprintf("%s*%d%v", p.Name, p.Weight, p.Tags)
		if len(p.Steps) > 0 {
			text += "(" + outline(p.Steps) + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestSuite(t *testing.T) {
	named := func(name string, params ...load.Parameter) load.Planner {
		return load.Scenario[plain]{Name: name, Params: params, Tasks: []load.Task[plain]{{Run: (*plain).add}}}
	}
	for _, tt := range []struct {
		suite []load.Planner
		want  []string // lines of the error
	}{
		{[]load.Planner{named("a"), named("b")}, nil},
		{nil, []string{"suite: there is no scenario"}},
		{[]load.Planner{named("a"), nil, named("a"), named("")}, []string{
			"suite: scenario 1 is nil", "suite: two scenarios are named a", "scenario without a name: Name is empty"}},
		{[]load.Planner{named("a", load.Param[int]{Name: "n"}), named("b", load.Param[int]{Name: "n", Default: 2})}, nil},
		{[]load.Planner{named("a", load.Param[int]{Name: "n"}), named("b", load.Param[string]{Name: "n"})}, []string{
			"suite: parameter n is of kind int in one scenario and string in b"}},
	} {
		plans, err := load.Suite{Scenarios: tt.suite}.Plans()
		if tt.want == nil {
			if err != nil || len(plans) != len(tt.suite) {
				t.Errorf("Plans: %d, %v; want %d", len(plans), err, len(tt.suite))
			}
			continue
		}
		if err == nil || plans != nil || err.Error() != strings.Join(tt.want, "\n") {
			t.Errorf("Plans: %v, %v; want the error %q", plans, err, tt.want)
		}
	}
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
