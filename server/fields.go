package server

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"unicode/utf8"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

// Fields of Locust's form that have another name here, or no meaning.
const (
	locustShape   = "shape_class"
	locustProfile = "profile"
)

// translate puts what Locust calls otherwise under its name here.
func translate(form url.Values) {
	if shape := form.Get(locustShape); shape != "" && shape != "Default" && !form.Has(web.FieldShape) { // Default means none
		form.Set(web.FieldShape, shape)
	}
	form.Del(locustShape)
	form.Del(locustProfile)
}

// lists are the fields that may be given more than once.
var lists = []string{web.FieldScenarios, web.FieldChecks, web.FieldWeights, web.FieldTasksOff}

// unclear refuses what could be read in more than one way: text that is not UTF-8, and
// different values of a field that has but one. (A parameter that is a switch has two, by
// the way in which browsers send a box that is ticked; the last one counts.)
func unclear(form url.Values) error {
	var errs []error
	blame := func(name, message string) {
		errs = append(errs, &engine.FieldError{Field: engine.Field(name), Message: message})
	}
	single := slices.Collect(maps.Values(formFields))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := form[name]
		switch broken := slices.IndexFunc(values, func(v string) bool { return !utf8.ValidString(v) }); {
		case !utf8.ValidString(name):
			return fmt.Errorf("%w: the field %q is not UTF-8 — send it so", errForm, name)
		case broken >= 0:
			blame(name, fmt.Sprintf("%q is not UTF-8 — send it so", values[broken]))
		case slices.Contains(single, name) && !slices.Contains(lists, name) && len(slices.Compact(slices.Clone(values))) > 1:
			blame(name, fmt.Sprintf("is there %d times, as %q — send it once", len(values), values))
		}
	}
	return errors.Join(errs...)
}

// unknown says which fields of a form mean nothing. They are no mistakes, as by Locust: a
// script may send what only the scenarios of another day know.
func (s *Server) unknown(form url.Values) (warnings []string) {
	known := append(slices.Collect(maps.Values(formFields)), web.FieldArrivals, web.FieldForce, web.FieldStart)
	for _, plan := range s.engine.Plans() {
		for _, p := range plan.Params {
			known = append(known, p.Spec().Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if slices.Contains(known, name) {
			continue
		}
		warning := "there is no field " + name + ", which was ignored"
		if near := engine.Nearest(name, known); near != "" {
			warning += " — did you mean " + near + "?"
		}
		if warnings = append(warnings, warning); len(warnings) == maxWarnings {
			break
		}
	}
	return warnings
}

// maxWarnings bounds what an answer says of a form.
const maxWarnings = 20
