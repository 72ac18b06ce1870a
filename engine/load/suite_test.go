package load_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestSuite(t *testing.T) {
	named := func(name string, params ...load.Parameter) load.Planner {
		return load.Scenario[plain]{Name: name, Params: params, Tasks: []load.Task[plain]{{Run: (*plain).add}}}
	}
	steady := load.ShapeFunc(func(time.Duration) (float64, bool) { return 1, true })
	for _, tt := range []struct {
		name  string
		suite load.Suite
		want  []string // lines of the error
	}{
		{"good", load.Suite{Scenarios: []load.Planner{named("a"), named("b")}, Shapes: map[string]load.Shape{"flat": steady}}, nil},
		{"empty", load.Suite{}, []string{"suite: there is no scenario"}},
		{"scenarios", load.Suite{Scenarios: []load.Planner{named("a"), nil, named("a"), named("")}}, []string{
			"suite: scenario 1 is nil", "suite: two scenarios are named a", "scenario without a name: Name is empty"}},
		{"another default", load.Suite{Scenarios: []load.Planner{
			named("a", load.Param[int]{Name: "n"}), named("b", load.Param[int]{Name: "n", Default: 2})}}, nil},
		{"another kind", load.Suite{Scenarios: []load.Planner{
			named("a", load.Param[int]{Name: "n"}), named("b", load.Param[string]{Name: "n"})}},
			[]string{"suite: parameter n is of kind int in scenario a and string in b"}},
		{"other choices", load.Suite{Scenarios: []load.Planner{
			named("a", load.Param[int]{Name: "n", Choices: []int{0, 1}}), named("b", load.Param[int]{Name: "n"})}},
			[]string{"suite: parameter n has the choices [0 1] in scenario a and [] in b"}},
		{"a secret elsewhere", load.Suite{Scenarios: []load.Planner{
			named("a", load.Param[string]{Name: "n", Secret: true}), named("b", load.Param[string]{Name: "n"})}},
			[]string{"suite: parameter n has Secret true in scenario a and false in b"}},
		{"shapes", load.Suite{Scenarios: []load.Planner{named("a")}, Shapes: map[string]load.Shape{
			"": steady, "a,b": steady, "no func": load.ShapeFunc(nil), "none": nil,
			"stages": load.Stages{{Duration: time.Second, Target: math.NaN()}},
		}}, []string{
			`suite: shape "": want a name without commas, control characters and space around it`,
			`suite: shape "a,b": want a name without commas, control characters and space around it`,
			`suite: shape "no func" is nil`,
			`suite: shape "none" is nil`,
			`suite: shape "stages": `,
		}},
	} {
		plans, err := tt.suite.Plans()
		if tt.want == nil {
			if err != nil || len(plans) != len(tt.suite.Scenarios) {
				t.Errorf("%s: Plans: %d, %v; want %d", tt.name, len(plans), err, len(tt.suite.Scenarios))
			}
			continue
		}
		if err == nil || plans != nil {
			t.Errorf("%s: Plans: %v, %v; want an error", tt.name, plans, err)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		for i, line := range lines {
			if len(lines) != len(tt.want) || !strings.HasPrefix(line, tt.want[i]) {
				t.Errorf("%s: Plans says\n\t%s\nwant\n\t%s", tt.name, strings.Join(lines, "\n\t"), strings.Join(tt.want, "\n\t"))
				break
			}
		}
	}
}
