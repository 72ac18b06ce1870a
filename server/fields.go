package server

import (
	"fmt"
	"maps"
	"net/url"
	"slices"

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

// single are the fields of which there can be only one.
var single = []engine.Field{
	engine.FieldModel, engine.FieldUsers, engine.FieldSpawnRate, engine.FieldRate, engine.FieldUserCap, engine.FieldStages, engine.FieldShape,
	engine.FieldIterations, engine.FieldSeed, engine.FieldHost, engine.FieldRunTime, engine.FieldCheckStop, engine.FieldCheckWarmup,
}

// doubled says which of them a form has several of that differ: whoever sends them means
// one, and nobody knows which.
func doubled(form url.Values) (errs []error) {
	for _, field := range single {
		if values := form[formFields[field]]; len(slices.Compact(slices.Clone(values))) > 1 {
			errs = append(errs, &engine.FieldError{Field: field, Message: fmt.Sprintf("is there %d times, and differs — send it once", len(values))})
		}
	}
	return errs
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
