package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// addParams adds a flag per parameter of the scenarios. Scenarios may share one.
func (f *flags) addParams() error {
	var errs []error
	own := f.names()
	readers := map[string][]string{}
	for _, plan := range f.plans {
		for _, param := range plan.Params {
			spec := param.Spec()
			if slices.Contains(own, spec.Name) {
				errs = append(errs, fmt.Errorf("scenario %s: parameter %s: the program has a flag of that name — choose another", plan.Name, spec.Name))
				continue
			}
			if readers[spec.Name] == nil {
				f.specs = append(f.specs, spec)
			}
			if !slices.Contains(readers[spec.Name], plan.Name) {
				readers[spec.Name] = append(readers[spec.Name], plan.Name)
			}
		}
	}
	if len(f.specs) > 0 {
		f.group("Parameters of scenarios (--some-name, or GREGARIA_SOME_NAME in the environment)")
	}
	for _, spec := range f.specs {
		f.value(spec.Name, "", kind(spec), spec.Default, fmt.Sprintf("(%s) %s", strings.Join(readers[spec.Name], ", "), purpose(spec)))
	}
	return errors.Join(errs...)
}

// kind is what the help calls the values of a parameter.
func kind(spec load.ParamSpec) string {
	if spec.Choices != nil {
		return "CHOICE"
	}
	return map[string]string{"string": "TEXT", "int": "N", "float64": "X", "bool": "bool", "duration": "TIME"}[spec.Kind]
}

// purpose says what a parameter is for and what it may be.
func purpose(spec load.ParamSpec) string {
	text := spec.Help
	if spec.Choices != nil {
		text += ": " + series(spec.Choices)
	}
	if spec.Secret {
		text += "; better set as " + spec.Env + ", for others may see command lines"
	}
	return text
}

// series words a choice: "a, b or c".
func series(words []string) string {
	if last := len(words) - 1; last > 0 {
		return strings.Join(words[:last], ", ") + " or " + words[last]
	}
	return strings.Join(words, "")
}

// params returns the parameters that were given.
func (f *flags) params() map[string]string {
	f.texts = map[string]string{}
	for _, spec := range f.specs {
		if len(f.given[spec.Name].texts) > 0 {
			f.texts[spec.Name] = f.last(spec.Name)
		}
	}
	return f.texts
}

// nearChoice returns the choice of a parameter that its wrong value is most like, ""
// without one.
func (f *flags) nearChoice(name string) string {
	for _, spec := range f.specs {
		if spec.Name == name && !slices.Contains(spec.Choices, f.texts[name]) {
			return engine.Nearest(f.texts[name], spec.Choices)
		}
	}
	return ""
}
