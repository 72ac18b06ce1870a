package load

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// A Suite is the list of scenarios a program is built with.
type Suite struct {
	Scenarios []Planner
	Shapes    map[string]Shape // by the name a run asks for; see also Stages
	Checks    []string         // what a run is held to unless it asks for other checks: "GET /cart p95 < 300ms", "fail% < 1"
}

// Plans checks everything and reports every mistake at once.
func (s Suite) Plans() ([]*Plan, error) {
	var plans []*Plan
	var wrong mistakes
	if len(s.Scenarios) == 0 {
		wrong.add("suite: there is no scenario")
	}
	seen := map[string]bool{}
	for i, planner := range s.Scenarios {
		if planner == nil {
			wrong.add("suite: scenario %d is nil", i)
			continue
		}
		plan, err := planner.Plan()
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if seen[plan.Name] {
			wrong.add("suite: two scenarios are named %s", plan.Name)
		}
		seen[plan.Name] = true
		plans = append(plans, plan)
	}
	checkShared(plans, &wrong)
	checkShapes(s.Shapes, &wrong)
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return plans, nil
}

// checkShared notes which parameters of one name differ: a run has one value for all
// scenarios that list it.
func checkShared(plans []*Plan, wrong *mistakes) {
	type listing struct {
		spec ParamSpec
		plan string
	}
	first := map[string]listing{}
	for _, plan := range plans {
		for _, p := range plan.Params {
			spec := p.Spec()
			known, ok := first[spec.Name]
			if !ok {
				first[spec.Name] = listing{spec, plan.Name}
				continue
			}
			differ := func(what string, a, b any) {
				wrong.add("suite: parameter %s %s %v in scenario %s and %v in %s", spec.Name, what, a, known.plan, b, plan.Name)
			}
			if known.spec.Kind != spec.Kind {
				differ("is of kind", known.spec.Kind, spec.Kind)
			} else if !slices.Equal(known.spec.Choices, spec.Choices) {
				differ("has the choices", known.spec.Choices, spec.Choices)
			}
			if known.spec.Secret != spec.Secret {
				differ("has Secret", known.spec.Secret, spec.Secret)
			}
		}
	}
}

// checkShapes notes what is wrong with the shapes.
func checkShapes(shapes map[string]Shape, wrong *mistakes) {
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		shape := shapes[name]
		if name == "" || strings.Contains(name, ",") || strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name {
			wrong.add("suite: shape %q: want a name without commas, control characters and space around it", name)
		}
		if f, ok := shape.(ShapeFunc); shape == nil || ok && f == nil {
			wrong.add("suite: shape %q is nil", name)
			continue
		}
		if stages, ok := shape.(Stages); ok {
			if err := stages.Check(); err != nil {
				wrong.add("suite: shape %q: %w", name, err)
			}
		}
	}
}
