package server

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/web"
)

// errUser is a body that does not describe a scenario.
var errUser = errors.New("the body is not what POST /user takes")

// A userRequest is what Locust's POST /user takes. What is nil stays as it is.
type userRequest struct {
	Name   string    `json:"user_class_name"`
	Host   *string   `json:"host"`
	Weight *int      `json:"weight"`
	Count  *int      `json:"fixed_count"`
	Tasks  *[]string `json:"tasks"` // those to be done
}

// An adjustment is what POST /user has said of scenarios, for starts that say nothing of
// it themselves.
type adjustment struct {
	weights map[string]int
	off     map[string][]string // paths of tasks, by scenario
}

// apply returns cfg, adjusted.
func (a adjustment) apply(cfg engine.Config) engine.Config {
	if len(a.weights) > 0 {
		weights := map[string]int{}
		maps.Copy(weights, cfg.Weights)
		maps.Copy(weights, a.weights)
		cfg.Weights = weights
	}
	for _, name := range slices.Sorted(maps.Keys(a.off)) {
		others := slices.DeleteFunc(slices.Clone(cfg.Off), func(path string) bool { return strings.HasPrefix(path, name+"/") })
		cfg.Off = append(others, a.off[name]...)
	}
	return cfg
}

// standard is what a start asks for that says nothing itself.
func (s *Server) standard() engine.Config {
	s.adjusting.Lock()
	defer s.adjusting.Unlock()
	return s.adjusted.apply(s.defaults)
}

// user gives a scenario another weight, or only some of its tasks: in further runs, and
// where that can be, in the one that is on.
func (s *Server) user(w http.ResponseWriter, r *http.Request) {
	u, err := readUser(r)
	if err == nil {
		err = s.adjust(u)
	}
	if err != nil {
		writeJSON(w, statusOf(err), newRefusal(err).answer())
		return
	}
	s.record(r, deed{event: "edit", outcome: "scenario " + u.Name})
	writeJSON(w, http.StatusCreated, struct{}{})
}

// readUser reads the body of POST /user. A field that it does not know is a mistake, since
// Locust would have set it.
func readUser(r *http.Request) (u userRequest, err error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return u, fmt.Errorf("%w: its Content-Type is %q — send application/json", errUser, kind)
	}
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	if err = body.Decode(&u); err == nil {
		if _, more := body.Token(); more != io.EOF {
			err = errors.New("there is something behind the object")
		}
	}
	if err == nil {
		return u, nil
	}
	if err = unread(err, errUser); errors.Is(err, errUser) {
		err = fmt.Errorf(`%w — send for example {"user_class_name": "shop", "weight": 3, "tasks": ["buy"]}`, err)
	}
	return u, err
}

// adjust keeps what u says, if all of it can be.
func (s *Server) adjust(u userRequest) error {
	plans := s.engine.Plans()
	i := slices.IndexFunc(plans, func(p *load.Plan) bool { return p.Name == u.Name })
	if i < 0 {
		return mistake("user_class_name", "there is no scenario %q — %s", u.Name, among(u.Name, plans, func(p *load.Plan) string { return p.Name }))
	}
	plan := plans[i]
	var errs []error
	if u.Host != nil && *u.Host != "" && *u.Host != plan.Host {
		errs = append(errs, mistake(engine.FieldHost, "one scenario alone cannot get another host — POST /swarm with host=%s sends all of them there", *u.Host))
	}
	if u.Count != nil && *u.Count != plan.Count {
		errs = append(errs, mistake("fixed_count", "%d is not %d, which %s has for ever — change Count in its code", *u.Count, plan.Count, plan.Name))
	}
	s.adjusting.Lock()
	defer s.adjusting.Unlock()
	next := adjustment{maps.Clone(s.adjusted.weights), maps.Clone(s.adjusted.off)}
	if u.Weight != nil {
		next.weights = with(next.weights, plan.Name, *u.Weight)
		if *u.Weight == plan.Weight {
			delete(next.weights, plan.Name)
		}
	}
	if u.Tasks != nil {
		off, err := tasksOff(plan, *u.Tasks)
		errs = append(errs, err)
		next.off = with(next.off, plan.Name, off)
	}
	for _, e := range engine.FieldErrors(s.engine.Check(next.apply(s.defaults))) {
		switch e.Field {
		case engine.FieldWeights:
			errs = append(errs, mistake("weight", "%s", e.Message))
		case engine.FieldOff:
			errs = append(errs, mistake("tasks", "%s", e.Message))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := s.adjustRun(plan, u); err != nil {
		return err
	}
	s.adjusted = next
	return nil
}

// adjustRun gives the run that is on what u says, if that scenario takes part in one. Its
// weight can change and its tasks cannot.
func (s *Server) adjustRun(plan *load.Plan, u userRequest) error {
	status := s.engine.Status()
	if !status.State.Active() || !slices.ContainsFunc(status.Scenarios, func(h engine.Headcount) bool { return h.Name == plan.Name }) {
		return nil
	}
	if u.Tasks != nil {
		off, err := tasksOff(plan, *u.Tasks)
		if err != nil {
			return err
		}
		now := slices.DeleteFunc(slices.Clone(status.Config.Off), func(path string) bool { return !strings.HasPrefix(path, plan.Name+"/") })
		slices.Sort(now)
		if slices.Sort(off); !slices.Equal(off, now) {
			return mistake("tasks", "those of a run that is on cannot change — stop it first")
		}
	}
	if u.Weight == nil || *u.Weight == cmp.Or(status.Config.Weights[plan.Name], plan.Weight) {
		return nil
	}
	weights := with(maps.Clone(status.Config.Weights), plan.Name, *u.Weight)
	err := s.engine.Change(engine.Config{Model: status.Config.Model, Weights: weights})
	if errors.Is(err, engine.ErrOver) { // it has ended meanwhile
		return nil
	}
	return err
}

// tasksOff returns the paths of the tasks of a scenario that are not among names.
func tasksOff(plan *load.Plan, names []string) (off []string, err error) {
	name := func(t load.PlannedTask) string { return t.Name }
	for _, n := range names {
		if !slices.ContainsFunc(plan.Tasks, func(t load.PlannedTask) bool { return t.Name == n }) {
			return nil, mistake("tasks", "%s has no task %q — %s", plan.Name, n, among(n, plan.Tasks, name))
		}
	}
	for _, t := range plan.Tasks {
		if !slices.Contains(names, t.Name) {
			off = append(off, plan.Name+"/"+t.Name)
		}
	}
	if len(off) == len(plan.Tasks) {
		return nil, mistake("tasks", "none of %s is left — leave the scenario out instead: POST /swarm with the others in %s", plan.Name, web.FieldScenarios)
	}
	return off, nil
}

// mistake is what is wrong with a field of a request.
func mistake(field engine.Field, format string, args ...any) error {
	return &engine.FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// among says which of all was meant, or which there are.
func among[T any](word string, all []T, name func(T) string) string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = name(one)
	}
	if near := engine.Nearest(word, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "there are " + strings.Join(names, ", ")
}

// with returns m with value at key, which may be its first.
func with[V any](m map[string]V, key string, value V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[key] = value
	return m
}
