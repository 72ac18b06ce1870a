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
	"github.com/gregaria/gregaria/engine/stats"
)

// A Form starts a run or changes it. Its parts below Fields are folded, and say in a
// line what they hold.
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
	Picks    Picks   // of what scenarios
	Params   Section
	Checks   CheckRows
	Advanced Section
	Locked   string // why it cannot be sent; "" means that it can
}

// A Section is a part of a form that can be folded.
type Section struct {
	Fields  []Field
	Summary string
	Open    bool
	Fixed   string // why none of the fields can be changed
}

// A Field is one input of a form.
type Field struct {
	Name, Label, Hint, Value, Error string
	Placeholder, Standard           string   // what is shown, and what counts, without a value
	Type, Mode, Complete, Step      string   // attributes type, inputmode, autocomplete, step
	Options                         []Option // makes it a select
	Offers                          []Option // values that are suggested
	Offering                        bool     // a script suggests more
	Switch                          bool     // it is on or off
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
	FieldStart       = "start"        // says that a run is to begin, and none is to be changed
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
	maps.Copy(v, checkValues(c))
	v[FieldTasksOff] = append([]string{""}, c.Off...)
	v[FieldWeights] = weightValues(c.Weights)
	for _, o := range site.Offer.scenarios {
		if len(c.Scenarios) == 0 || slices.Contains(c.Scenarios, o.name) {
			v.Add(FieldScenarios, o.name)
		}
	}
	setParams(v, c, site.Offer)
	return v
}

// setParams words the parameters of c, but for secrets.
func setParams(v url.Values, c engine.Config, offer Offer) {
	for _, p := range offer.params {
		if p.secret {
			continue
		}
		value, ok := c.Params[p.name]
		if !ok {
			value = p.standard
		}
		v.Set(p.name, value)
	}
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

// changeValues words what can be changed of a run with configuration c.
func changeValues(c engine.Config, site Site) url.Values {
	v := loadValues(c, site.Default)
	maps.Copy(v, checkValues(c))
	v.Set(FieldRunTime, engine.FormatRunTime(c.RunTime))
	setParams(v, c, site.Offer)
	weights := map[string]int{}
	for _, o := range site.Offer.scenarios {
		if len(c.Scenarios) > 0 && !slices.Contains(c.Scenarios, o.name) {
			continue
		}
		v.Add(FieldScenarios, o.name)
		if o.count == 0 {
			weights[o.name] = cmp.Or(c.Weights[o.name], o.weight)
		}
	}
	v[FieldWeights] = weightValues(weights)
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

// newStartForm is the form that starts a run, filled with v. Endpoints are those that
// checks may be about.
func newStartForm(v url.Values, offer Offer, endpoints []stats.Line) Form {
	f := Form{ID: "start", Title: "Start a load test", Submit: "Start swarming", Load: newLoad(v, offer)}
	f.Load.choose(v)
	f.Fields = []Field{hostField(v, offer)}
	f.Picks = newPicks(v, offer)
	for _, p := range offer.params {
		f.Params.Fields = append(f.Params.Fields, paramField(p, v))
	}
	f.Params.Summary = paramsText(f.Params.Fields)
	f.Checks = newCheckRows(v, endpoints)
	f.Advanced.Fields = []Field{{
		Name: FieldIterations, Label: "Iterations", Hint: "tasks of all users, then stop", Value: v.Get(FieldIterations),
		Placeholder: "no limit", Mode: "numeric", Complete: "off", Half: true,
	}, {
		Name: FieldSeed, Label: "Seed", Hint: "of all random choices", Value: v.Get(FieldSeed),
		Placeholder: "a new one", Mode: "numeric", Complete: "off", Half: true,
	}, {
		Name: FieldTags, Label: "Tags", Hint: "run only these", Value: v.Get(FieldTags), Complete: "off", Half: true,
	}, {
		Name: FieldExcludeTags, Label: "Exclude tags", Hint: "leave these out", Value: v.Get(FieldExcludeTags), Complete: "off", Half: true,
	}}
	f.Advanced.Summary = advancedText(f.Advanced.Fields)
	return f
}

// advancedText words which fields are filled in, or what fields there are.
func advancedText(fields []Field) string {
	var labels, filled []string
	for _, f := range fields {
		label := strings.ToLower(f.Label)
		labels = append(labels, label)
		if f.Value != "" {
			filled = append(filled, label+" "+f.Value)
		}
	}
	if filled == nil {
		return strings.Join(labels, ", ")
	}
	return clip(line(strings.Join(filled, ", ")), 80)
}

// newEditForm is the form that changes a run, whose scenarios v names.
func newEditForm(v url.Values, offer Offer, endpoints []stats.Line) Form {
	f := Form{ID: "edit", Title: "Edit the running load test", Submit: "Update", Load: newLoad(v, offer),
		Note: "Stages and shapes count from now on, the run time from the start. All else stays as it is until a new run."}
	f.Load.Fixed = modelOf(v)
	for _, p := range offer.params {
		f.Params.Fields = append(f.Params.Fields, paramField(p, v))
	}
	f.Params.Summary = paramsText(f.Params.Fields)
	f.Params.Fixed = "Users read them as they start, so they stay as they are until a new run."
	f.Picks = newWeights(v, offer)
	f.Checks = newCheckRows(v, endpoints)
	return f
}

// hostField says where requests go when it is left empty. It may not be left
// empty when a picked scenario has no host of its own.
func hostField(v url.Values, offer Offer) Field {
	f := Field{Name: FieldHost, Label: "Host", Hint: "where requests are sent", Value: v.Get(FieldHost),
		Type: "url", Mode: "url", Complete: "url", Placeholder: "http://127.0.0.1:8020", Offering: true}
	var hosts []string
	for _, o := range offer.scenarios {
		if o.host == "" {
			f.Required = f.Required || !o.noHost && slices.Contains(v[FieldScenarios], o.name)
		} else if host := engine.WithoutUser(o.host); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	for _, host := range hosts {
		f.Offers = append(f.Offers, Option{Value: host})
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

// blame puts each error beside its field, and unfolds where there are any; what belongs
// to no field is said at the top.
func (f *Form) blame(problem string, errors map[string]string) {
	placed := map[string]bool{}
	place := func(name string, to *string) bool {
		e, ok := errors[name]
		if ok {
			*to, placed[name] = e, true
		}
		return ok
	}
	fields := func(list []*Field) (any bool) {
		for _, field := range list {
			any = place(field.Name, &field.Error) || any
		}
		return any
	}
	fields(f.Load.fields())
	f.Load.Open = fields(f.Load.planned()) || f.Load.Open
	f.Load.Preview.Error = cmp.Or(errors[FieldStages], f.Load.Preview.Error)
	fields(pointers(f.Fields))
	p := &f.Picks
	for name, to := range map[string]*string{FieldScenarios: &p.Error, FieldWeights: &p.WeightsError, FieldTasksOff: &p.TasksError} {
		p.Open = place(name, to) || p.Open
	}
	f.Params.Open = fields(pointers(f.Params.Fields))
	f.Checks.Open = place(FieldChecks, &f.Checks.Error)
	f.Checks.Open = fields(pointers(f.Checks.Limits)) || f.Checks.Open
	f.Advanced.Open = fields(pointers(f.Advanced.Fields))
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
