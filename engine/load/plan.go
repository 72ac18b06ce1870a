package load

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
	Iterations int
	Protocol   Protocol
	Params     []Parameter
	Feeds      []Feeder
	Tasks      []PlannedTask

	New func(from any) any // makes the state of one user, a copy of from unless that is nil

	// Each is nil when there is none.
	Setup, Teardown, OnStart, OnStop func(state any, u *User) error
	Before                           func(state any, u *User, r *Request) error
	After                            func(state any, u *User, r *Response)
}

// A PlannedTask is a task of a Plan. Exactly one of Run, Steps and Tasks is set.
type PlannedTask struct {
	Name   string
	Weight int // at least 1
	Tags   []string
	Wait   Wait                           `json:"-"` // the one that applies: its own, or the nearest around it
	Run    func(state any, u *User) error `json:"-"`
	Steps  []PlannedTask
	Tasks  []PlannedTask

	OnStart, OnStop func(state any, u *User) error `json:"-"`
	Next            []Transition                   // by place; nil when the task is no part of a chain
}

// A Transition leads from a task of a chain to one of the same set.
type Transition struct {
	To     int // its place in the set
	Weight int // at least 1
}

// Plan checks the scenario and reports every mistake in it at once.
func (s Scenario[S]) Plan() (*Plan, error) {
	var wrong mistakes
	s.check(&wrong)
	plan := &Plan{
		Name: s.Name, Help: s.Help, Host: s.Host, Weight: max(1, s.Weight), Count: s.Count,
		Wait: s.Wait, Iterations: s.Iterations, Protocol: s.Protocol, Params: s.Params, Feeds: s.Feeds,
		Tasks: planTasks(s.Tasks, place{path: "Tasks", wait: s.Wait}, &wrong),
		New: func(from any) any {
			state := new(S)
			if from != nil {
				*state = *from.(*S)
			}
			return state
		},
		Setup: erase(s.Setup), Teardown: erase(s.Teardown),
		OnStart: erase(s.OnStart), OnStop: erase(s.OnStop),
	}
	if s.Before != nil {
		plan.Before = func(state any, u *User, r *Request) error { return s.Before(state.(*S), u, r) }
	}
	if s.After != nil {
		plan.After = func(state any, u *User, r *Response) { s.After(state.(*S), u, r) }
	}
	if err := wrong.in(s.Name); err != nil {
		return nil, err
	}
	return plan, nil
}

// erase hides the type of the state.
func erase[S any](f func(*S, *User) error) func(any, *User) error {
	if f == nil {
		return nil
	}
	return func(state any, u *User) error { return f(state.(*S), u) }
}

// Secrets returns what must not be shown of the values of p's parameters, see
// Seat.Secrets.
func (p *Plan) Secrets(values map[string]any) []string {
	var secrets []string
	for _, param := range p.Params {
		if spec := param.Spec(); spec.Secret {
			secrets = append(secrets, values[spec.Name].(string)) // as Plan has checked
		}
	}
	return known(secrets)
}

// Values returns the value of each parameter of p: what is given, as its Parse
// returned it, or its default.
func (p *Plan) Values(given map[string]any) map[string]any {
	values := make(map[string]any, len(p.Params))
	for _, param := range p.Params {
		name := param.Spec().Name
		values[name] = param.initial()
		if v, ok := given[name]; ok {
			values[name] = v
		}
	}
	return values
}
