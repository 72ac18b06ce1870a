package load_test

import (
	"fmt"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

// next is short for what may follow a task.
type next map[string]int

// chain returns a scenario of a chain whose tasks are named a, b, c and so on.
func chain(follow ...next) load.Scenario[plain] {
	s := load.Scenario[plain]{Name: "bad"}
	for i, n := range follow {
		s.Tasks = append(s.Tasks, load.Task[plain]{Name: string(rune('a' + i)), Run: (*plain).add, Next: n})
	}
	return s
}

func TestChainsAreResolved(t *testing.T) {
	s := chain(next{"c": 3, "b": 1, "a": 2}, next{"a": 5}, next{"b": 1})
	s.Tasks[2].Name, s.Tasks[1].Next = "", next{"add": 5} // named by its function
	s.Tasks[0].Next = next{"add": 3, "b": 1, "a": 2}
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"[{0 2} {1 1} {2 3}]", "[{2 5}]", "[{1 1}]"} {
		if got := fmt.Sprint(plan.Tasks[i].Next); got != want {
			t.Errorf("transitions of task %d: %s, want %s", i, got, want)
		}
	}
}

func TestChainsMayBeNested(t *testing.T) {
	s := chain(next{"b": 1}, next{"a": 1})
	s.Tasks = []load.Task[plain]{{Name: "set", Weight: 3, Tags: []string{"x"}, Tasks: s.Tasks}, {Run: give[plain]}}
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if set := plan.Tasks[0]; set.Next != nil || fmt.Sprint(set.Tasks[0].Next, set.Tasks[1].Next) != "[{1 1}] [{0 1}]" {
		t.Errorf("transitions %v, within %v, %v; want none, [{1 1}] and [{0 1}]", set.Next, set.Tasks[0].Next, set.Tasks[1].Next)
	}
}

func TestPlanSaysWhatIsWrongWithChains(t *testing.T) {
	whole := chain(next{"b": 1}, next{"a": 1})
	whole.Tasks[0].Weight, whole.Tasks[1].Tags = 2, []string{"x"}
	within := chain(next{"b": 1}, next{"a": 1})
	within.Tasks[0].Run, within.Tasks[0].Tasks = nil, []load.Task[plain]{{Run: (*plain).add, Tags: []string{"x"}}}
	for _, tt := range []struct {
		name string
		s    load.Scenario[plain]
		want []string
	}{
		{"task without Next", chain(next{"b": 1}, nil, next{}), []string{
			"Tasks[1] b: has no Next, but is part of a chain: name what may follow it",
			"Tasks[2] c: has no Next, but is part of a chain: name what may follow it"}},
		{"no such task", chain(next{"b": 1, "B": 1, "x": 1}, next{"a": 1}), []string{
			`Tasks[0] a: Next: there is no task "B" in this set: it has a and b`,
			`Tasks[0] a: Next: there is no task "x" in this set: it has a and b`}},
		{"weights", chain(next{"b": 0, "a": -1}, next{"a": 1 << 31}), []string{
			"Tasks[0] a: Next: weight -1 of a: want 1 to 2147483647",
			"Tasks[0] a: Next: weight 0 of b: want 1 to 2147483647",
			"Tasks[1] b: Next: weight 2147483648 of a: want 1 to 2147483647"}},
		{"no way out", chain(next{"a": 1, "b": 1}, next{"b": 7}), []string{
			"Tasks[1] b: Next leads nowhere but to itself: a user would never leave it"}},
		{"no way in", chain(next{"b": 1}, next{"a": 1}, next{"a": 1, "d": 1}, next{"c": 1}), []string{
			"Tasks[2] c: no way leads here from Tasks[0] a, where the chain begins",
			"Tasks[3] d: no way leads here from Tasks[0] a, where the chain begins"}},
		{"weight and tags of its tasks", whole, []string{
			"Tasks[0] a: has a Weight, but in a chain Next says what follows",
			"Tasks[1] b: has Tags, but the chain Tasks runs as a whole or not at all"}},
		{"tags within its tasks", within, []string{
			"Tasks[0] a.Tasks[0]: has Tags, but the chain Tasks runs as a whole or not at all"}},
	} {
		t.Run(tt.name, func(t *testing.T) { says(t, wrongs(t, tt.s), tt.want...) })
	}
}
