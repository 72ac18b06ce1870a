package load

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"unicode"
)

// A Scenario is what one kind of user does. S is the state each of its users has
// for itself: every user begins with a zero S.
type Scenario[S any] struct {
	Name     string
	Help     string                // one line for the form and the list of scenarios
	Host     string                // where paths are sent, unless the run says otherwise: http://127.0.0.1:8020
	Weight   int                   // share of the users; 0 means 1
	Count    int                   // exactly so many users, whatever the weights; 0 means by weight
	Wait     Wait                  // pause between tasks and steps
	Protocol Protocol              // how requests are sent
	Params   []Parameter           // values that whoever starts a run can set
	OnStart  func(*S, *User) error // before a user's first task; tried again when it fails
	OnStop   func(*S, *User) error // after its last
	Tasks    []Task[S]             // picked at random by weight, for ever
}

// A Task is something a user does. It runs a function or, in order, steps.
type Task[S any] struct {
	Name   string // shown to people; the name of the function when empty
	Weight int    // share of the picks; 0 means 1
	Tags   []string
	Run    func(*S, *User) error
	Steps  []Task[S] // in order; an error ends the task
}

// A Protocol is how a scenario's requests are sent.
type Protocol int

const (
	HTTP1 Protocol = iota // HTTP/1.1 on the fast path
	HTTP2                 // net/http: HTTP/2 where the target offers it, and the proxy named by the environment
)

// A Planner is any Scenario.
type Planner interface {
	// Plan checks the scenario and returns it in the form that is run.
	Plan() (*Plan, error)
}

// A Plan is a scenario checked and ready to run, without its type parameter.
type Plan struct {
	Name, Help string
	Host       string
	Weight     int // at least 1
	Count      int
	Wait       Wait
	Protocol   Protocol
	Params     []Parameter
	Tasks      []PlannedTask

	New     func() any             // makes the state of one user
	OnStart func(any, *User) error // nil when there is none
	OnStop  func(any, *User) error
}

// A PlannedTask is a task of a Plan. Exactly one of Run and Steps is set.
type PlannedTask struct {
	Name   string
	Weight int // at least 1
	Tags   []string
	Run    func(state any, u *User) error
	Steps  []PlannedTask
}

// Plan checks the scenario and reports every mistake in it at once.
func (s Scenario[S]) Plan() (*Plan, error) {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Name == "" {
		wrong("Name is empty")
	} else if strings.Contains(s.Name, ",") || strings.ContainsFunc(s.Name, unicode.IsControl) || strings.TrimSpace(s.Name) != s.Name || strings.HasPrefix(s.Name, "-") {
		wrong("Name %q: want no comma, no control character, no space around it and no dash in front", s.Name)
	}
	if _, err := ParseHost(s.Host); err != nil {
		wrong("Host: %w", err)
	}
	if s.Weight < 0 || s.Weight > maxWeight {
		wrong("Weight %d: want 0 to %d", s.Weight, maxWeight)
	}
	if s.Count < 0 {
		wrong("Count %d: want 0 or more", s.Count)
	}
	if s.Wait.err != nil {
		wrong("Wait: %w", s.Wait.err)
	}
	if s.Protocol != HTTP1 && s.Protocol != HTTP2 {
		wrong("Protocol %d is not known", s.Protocol)
	}
	params := map[string]bool{}
	for i, p := range s.Params {
		if p == nil {
			wrong("Params[%d] is nil", i)
			continue
		}
		name := p.Spec().Name
		if !paramName(name) {
			wrong("Params[%d]: name %q: want lower case letters, digits and dashes", i, name)
		}
		if params[name] {
			wrong("Params[%d]: two parameters are named %s", i, name)
		}
		params[name] = true
	}
	if len(s.Tasks) == 0 {
		wrong("Tasks is empty: a user needs something to do")
	}
	plan := &Plan{
		Name: s.Name, Help: s.Help, Host: s.Host, Weight: max(1, s.Weight), Count: s.Count,
		Wait: s.Wait, Protocol: s.Protocol, Params: s.Params,
		New:     func() any { return new(S) },
		OnStart: erase(s.OnStart),
		OnStop:  erase(s.OnStop),
	}
	plan.Tasks = planTasks(s.Tasks, "Tasks", wrong)
	if len(errs) > 0 {
		name := s.Name
		if name == "" {
			name = "without a name"
		}
		for i, err := range errs {
			errs[i] = fmt.Errorf("scenario %s: %w", name, err)
		}
		return nil, errors.Join(errs...)
	}
	return plan, nil
}

// maxWeight keeps sums of weights far from overflow.
const maxWeight = math.MaxInt32

func planTasks[S any](tasks []Task[S], path string, wrong func(string, ...any)) []PlannedTask {
	steps := path != "Tasks"
	planned := make([]PlannedTask, len(tasks))
	for i, t := range tasks {
		at := fmt.Sprintf("%s[%d]", path, i)
		if t.Name != "" {
			at += " " + t.Name
		}
		if t.Weight < 0 || t.Weight > maxWeight {
			wrong("%s: Weight %d: want 0 to %d", at, t.Weight, maxWeight)
		}
		if steps && len(t.Tags) > 0 {
			wrong("%s: a step has Tags: put them on its task, which runs as a whole or not at all", at)
		}
		if steps && t.Weight != 0 {
			wrong("%s: a step has a Weight, but steps run in order", at)
		}
		for _, tag := range t.Tags {
			if tag == "" || strings.ContainsAny(tag, " ,\t\n") {
				wrong("%s: tag %q: want a word without spaces and commas", at, tag)
			}
		}
		p := PlannedTask{Name: t.Name, Weight: max(1, t.Weight), Tags: t.Tags, Run: erase(t.Run)}
		switch {
		case t.Run == nil && len(t.Steps) == 0:
			wrong("%s: has neither Run nor Steps", at)
		case t.Run != nil && len(t.Steps) > 0:
			wrong("%s: has both Run and Steps", at)
		case t.Run != nil && p.Name == "":
			if p.Name = funcName(t.Run); unnamed.MatchString(p.Name) {
				wrong("%s: runs a function literal, which has no name to show: give the task a Name", at)
			}
		case len(t.Steps) > 0:
			if p.Name == "" {
				wrong("%s: a task with Steps needs a Name", at)
			}
			p.Steps = planTasks(t.Steps, at+".Steps", wrong)
		}
		planned[i] = p
	}
	return planned
}

// erase hides the type of the state.
func erase[S any](f func(*S, *User) error) func(any, *User) error {
	if f == nil {
		return nil
	}
	return func(state any, u *User) error { return f(state.(*S), u) }
}

// unnamed matches what the compiler calls function literals.
var unnamed = regexp.MustCompile(`^(func)?\d+$`)

// funcName returns the last part of a function's name: writeReadCheck for the
// method expression (*citizen).writeReadCheck.
func funcName(f any) string {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	name = strings.TrimSuffix(name, "[...]") // of a generic function
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.TrimSuffix(name, "-fm")
}

func paramName(s string) bool {
	if s == "" || s[0] == '-' {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
