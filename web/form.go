package web

import (
	"cmp"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// A Form starts a run or changes it.
type Form struct {
	ID       string // start or edit
	Title    string
	Submit   string
	Note     string // said below the title
	Open     bool   // at first paint
	Inline   bool   // part of the page rather than in front of it
	Problem  string
	Stuck    bool    // offers to start although users of an earlier run have never ended
	Load     Load    // how much
	Fields   []Field // what else everyone fills in
	Advanced []Field // what few do
	Picks    []Pick  // the scenarios
	PickNote string  // error at the scenarios
	Unfolded bool    // whether Advanced is
}

// A Field is one input of a form.
type Field struct {
	Name, Label, Hint, Value, Error string
	Placeholder                     string
	Type, Mode, Complete            string   // attributes type, inputmode, autocomplete
	Options                         []Option // makes it a select
	Offers                          []Option // values that are suggested
	Required, Focus                 bool
	Half                            bool // two of these share a line
	Planned                         bool // part of what the plan is drawn from
}

// An Option is one of several values of a field.
type Option struct {
	Value, Label, Hint string
	Picked             bool
}

// id of the input, and of what describes it, within form.
func (f Field) id(form string) string   { return form + "-" + f.Name }
func (f Field) note(form string) string { return form + "-" + f.Name + "-note" }
func (f Field) list(form string) string { return form + "-" + f.Name + "-list" }

// A Pick is a scenario to take or leave.
type Pick struct {
	Name, Help, Share, Host string
	Picked                  bool
	Hostless                bool // needs a host and has none
}

// Names of the form's fields. Where Locust has such a field, they are Locust's. A
// parameter's field has the parameter's name.
const (
	FieldModel       = "model"
	FieldUsers       = "user_count"
	FieldSpawnRate   = "spawn_rate"
	FieldRate        = "arrival_rate"
	FieldUserCap     = "user_cap"
	FieldArrivals    = "arrivals" // how they come: ArriveEvenly or ArrivePoisson
	FieldStages      = "stages"
	FieldShape       = "shape"
	FieldHost        = "host"
	FieldRunTime     = "run_time"
	FieldIterations  = "iterations"
	FieldSeed        = "seed"
	FieldScenarios   = "user_classes"
	FieldTags        = "tags"
	FieldExcludeTags = "exclude_tags"
	FieldForce       = "force"
	FieldChecks      = "checks"       // each on a line, or several fields
	FieldCheckStop   = "check_stop"   // seconds, or a time span
	FieldCheckWarmup = "check_warmup" // the same
	FieldWeights     = "weights"      // several, each of one scenario: name=3
	FieldTasksOff    = "tasks_off"    // several, each the path of one task: scenario/set/task
)

// How arrivals come.
const (
	ArriveEvenly  = "even"
	ArrivePoisson = "poisson"
)

// values words a configuration as the start form's fields hold them. What it leaves
// open is as the site's default has it. Secrets are left out, and so is the seed: the
// next run is to be another one.
func values(c engine.Config, site Site) url.Values {
	v := url.Values{
		FieldHost:        {engine.WithoutUser(c.Host)},
		FieldRunTime:     {engine.FormatRunTime(c.RunTime)},
		FieldIterations:  {unlessNone(c.Iterations)},
		FieldSeed:        {""},
		FieldTags:        {strings.Join(c.Tags, " ")},
		FieldExcludeTags: {strings.Join(c.ExcludeTags, " ")},
	}
	maps.Copy(v, loadValues(c, site.Default))
	for _, o := range site.Offer.scenarios {
		if len(c.Scenarios) == 0 || slices.Contains(c.Scenarios, o.name) {
			v.Add(FieldScenarios, o.name)
		}
	}
	for _, p := range site.Offer.params {
		if p.secret {
			continue
		}
		value, ok := c.Params[p.name]
		if !ok {
			value = p.standard
		}
		v.Set(p.name, value)
	}
	return v
}

// loadValues words how much load c asks for.
func loadValues(c, standard engine.Config) url.Values {
	v := url.Values{}
	v.Set(FieldModel, string(cmp.Or(c.Model, engine.Closed)))
	v.Set(FieldUsers, strconv.Itoa(cmp.Or(c.Users, standard.Users, 1)))
	v.Set(FieldSpawnRate, number(cmp.Or(c.SpawnRate, standard.SpawnRate, 1)))
	v.Set(FieldRate, unlessZeroNumber(cmp.Or(c.Rate, standard.Rate)))
	v.Set(FieldUserCap, unlessNone(int64(cmp.Or(c.UserCap, standard.UserCap))))
	v.Set(FieldArrivals, ArriveEvenly)
	if c.Poisson {
		v.Set(FieldArrivals, ArrivePoisson)
	}
	v.Set(FieldStages, stagesText(c))
	v.Set(FieldShape, c.Shape)
	return v
}

// remaining returns the load that is on, to be changed: of stages what is left of
// them, and the numbers as they are at this moment.
func remaining(s *engine.Status) engine.Config {
	c := s.Config
	if len(c.Stages) > 0 || c.Shape != "" {
		c.Rate, c.Users = s.Target, int(math.Round(s.Target))
	}
	if len(c.Stages) > 0 && len(s.Plan) > 0 {
		begin := s.Plan[len(s.Plan)-1].At - c.Stages.Length() // later than 0 when they came by a change
		c.Stages = c.Stages.After(max(0, planClock(s)-begin))
		for i, precision := 0, time.Second; i < len(c.Stages); i, precision = i+1, 10*time.Millisecond {
			c.Stages[i].Duration = c.Stages[i].Duration.Round(precision) // After returns a copy
		}
	}
	return c
}

// planClock returns how far the run is in its plan, whose clock stands still while the
// run is paused.
func planClock(s *engine.Status) time.Duration {
	if s.Begun.IsZero() {
		return 0
	}
	return max(0, s.At.Sub(s.Begun)-s.Paused)
}

func stagesText(c engine.Config) string {
	if len(c.Stages) == 0 {
		return ""
	}
	return c.Stages.String()
}

func unlessNone(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func unlessZeroNumber(x float64) string {
	if x == 0 {
		return ""
	}
	return number(x)
}

// newStartForm is the form that starts a run, filled with v.
func newStartForm(v url.Values, offer Offer) Form {
	f := Form{ID: "start", Title: "Start a load test", Submit: "Start swarming", Load: newLoad(v, offer)}
	f.Load.choose(v)
	f.Fields = []Field{hostField(v, offer)}
	f.Advanced = []Field{{
		Name: FieldRunTime, Label: "Run time", Hint: "20, 20s, 3m, 1h20m; empty runs until stopped", Planned: true,
		Value: v.Get(FieldRunTime), Placeholder: "until stopped", Complete: "off",
	}, {
		Name: FieldIterations, Label: "Iterations", Hint: "tasks of all users, then stop", Value: v.Get(FieldIterations),
		Placeholder: "no limit", Mode: "numeric", Complete: "off", Half: true,
	}, {
		Name: FieldSeed, Label: "Seed", Hint: "of all random choices", Value: v.Get(FieldSeed),
		Placeholder: "a new one", Mode: "numeric", Complete: "off", Half: true,
	}}
	for _, o := range offer.scenarios {
		host := engine.WithoutUser(o.host)
		p := Pick{Name: o.name, Help: line(o.help), Host: host, Picked: slices.Contains(v[FieldScenarios], o.name)}
		p.Hostless = host == "" && !o.noHost
		switch {
		case o.count > 0:
			p.Share = "exactly " + plural(int64(o.count), "user", "users")
		case len(offer.scenarios) > 1:
			p.Share = "weight " + strconv.Itoa(o.weight)
		}
		f.Picks = append(f.Picks, p)
	}
	f.Advanced = append(f.Advanced,
		Field{Name: FieldTags, Label: "Tags", Hint: "run only these", Value: v.Get(FieldTags), Complete: "off", Half: true},
		Field{Name: FieldExcludeTags, Label: "Exclude tags", Hint: "leave these out",
			Value: v.Get(FieldExcludeTags), Complete: "off", Half: true})
	for _, p := range offer.params {
		f.Advanced = append(f.Advanced, paramField(p, v))
	}
	return f
}

// newEditForm is the form that changes a run.
func newEditForm(v url.Values, offer Offer) Form {
	f := Form{ID: "edit", Title: "Edit the running load test", Submit: "Update", Load: newLoad(v, offer),
		Note: "Stages and shapes count from now on."}
	f.Load.Fixed = modelOf(v)
	return f
}

// hostField says where requests go when it is left empty. It may not be left
// empty when a picked scenario has no host of its own.
func hostField(v url.Values, offer Offer) Field {
	f := Field{Name: FieldHost, Label: "Host", Hint: "where requests are sent", Value: v.Get(FieldHost),
		Type: "url", Mode: "url", Complete: "url", Placeholder: "http://127.0.0.1:8020"}
	var hosts []string
	for _, o := range offer.scenarios {
		if o.host == "" {
			f.Required = f.Required || !o.noHost && slices.Contains(v[FieldScenarios], o.name)
		} else if host := engine.WithoutUser(o.host); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	switch {
	case len(hosts) == 1 && !f.Required:
		f.Hint, f.Placeholder = "empty: the scenario's own", hosts[0]
	case len(hosts) > 0 && !f.Required:
		f.Hint, f.Placeholder = "empty: the scenarios' own", strings.Join(hosts, ", ")
	case len(hosts) > 0:
		f.Hint = "overrides the scenarios' own"
	}
	return f
}

// paramField asks for a parameter. A secret is never filled in: what is left empty
// stays as it was given.
func paramField(p offeredParam, v url.Values) Field {
	f := Field{
		Name: p.name, Label: p.name, Hint: paramHint(p), Value: v.Get(p.name), Placeholder: p.standard,
		Mode: map[string]string{"int": "numeric", "float64": "decimal"}[p.kind], Complete: "off",
	}
	choices := p.choices
	if p.kind == "bool" {
		choices = []string{"true", "false"}
	}
	switch {
	case p.secret:
		f.Type, f.Value, f.Complete = "password", "", "new-password"
		f.Placeholder = "unchanged"
	case len(choices) > 0:
		for _, c := range choices {
			f.Options = append(f.Options, Option{Value: c, Label: c, Picked: c == cmp.Or(f.Value, p.standard)})
		}
	}
	return f
}

func paramHint(p offeredParam) string {
	hint := line(p.help)
	more := "default " + p.standard
	switch {
	case p.secret:
		more = "never shown"
	case p.standard == "":
		return hint
	}
	if hint != "" {
		hint += "; "
	}
	return hint + more
}

// blame puts each error beside its field; what belongs to none is said at the top.
func (f *Form) blame(problem string, errors map[string]string) {
	placed := map[string]bool{}
	for _, field := range slices.Concat(f.Load.fields(), pointers(f.Fields), pointers(f.Advanced)) {
		if e, ok := errors[field.Name]; ok {
			field.Error, placed[field.Name] = e, true
		}
	}
	if e, ok := errors[FieldScenarios]; ok && len(f.Picks) > 0 {
		f.PickNote, placed[FieldScenarios] = e, true
	}
	f.Load.Preview.Error = cmp.Or(errors[FieldStages], f.Load.Preview.Error)
	for _, field := range f.Advanced {
		f.Unfolded = f.Unfolded || field.Error != ""
	}
	f.Unfolded = f.Unfolded || f.PickNote != ""
	f.Problem = problem
	for _, name := range sortedKeys(errors) {
		if !placed[name] {
			f.Problem = strings.TrimSpace(f.Problem + " " + errors[name])
		}
	}
}

func pointers(fields []Field) []*Field {
	list := make([]*Field, len(fields))
	for i := range fields {
		list[i] = &fields[i]
	}
	return list
}
