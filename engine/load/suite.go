package load

import (
	"errors"
	"fmt"
)

// A Suite is the list of scenarios a program is built with.
type Suite struct {
	Scenarios []Planner
}

// Plans checks all scenarios and reports every mistake at once.
func (s Suite) Plans() ([]*Plan, error) {
	var plans []*Plan
	var errs []error
	if len(s.Scenarios) == 0 {
		errs = append(errs, errors.New("suite: there is no scenario"))
	}
	seen := map[string]bool{}
	kinds := map[string]string{} // of parameters; a run has one value for each name
	for i, planner := range s.Scenarios {
		if planner == nil {
			errs = append(errs, fmt.Errorf("suite: scenario %d is nil", i))
			continue
		}
		plan, err := planner.Plan()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if seen[plan.Name] {
			errs = append(errs, fmt.Errorf("suite: two scenarios are named %s", plan.Name))
		}
		seen[plan.Name] = true
		for _, p := range plan.Params {
			spec := p.Spec()
			if kind, ok := kinds[spec.Name]; ok && kind != spec.Kind {
				errs = append(errs, fmt.Errorf("suite: parameter %s is of kind %s in one scenario and %s in %s", spec.Name, kind, spec.Kind, plan.Name))
			}
			kinds[spec.Name] = spec.Kind
		}
		plans = append(plans, plan)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return plans, nil
}
