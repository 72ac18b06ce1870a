package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gregaria/gregaria/engine"
)

// A Form starts a run or changes it.
type Form struct {
	ID       string // start or edit
	Title    string
	Submit   string
	Open     bool // at first paint
	Inline   bool // part of the page rather than in front of it
	Problem  string
	Fields   []Field // what everyone fills in
	Advanced []Field // what few do
	Picks    []Pick  // the scenarios
	PickNote string  // error at the scenarios
	Unfolded bool    // whether Advanced is
}

// A Field is one input of a form.
type Field struct {
	Name, Label, Hint, Value, Error string
	Placeholder                     string
	Type, Mode, Complete            string // attributes type, inputmode, autocomplete
	Required, Focus                 bool
	Half                            bool // two of these share a line
}

// id of the input, and of what describes it, within form.
func (f Field) id(form string) string   { return form + "-" + f.Name }
func (f Field) note(form string) string { return form + "-" + f.Name + "-note" }

// A Pick is a scenario to take or leave.
type Pick struct {
	Name, Help, Share, Host string
	Picked                  bool
}

// Names of the form's fields, which are Locust's. A parameter's field has the
// parameter's name.
const (
	FieldUsers       = "user_count"
	FieldSpawnRate   = "spawn_rate"
	FieldHost        = "host"
	FieldRunTime     = "run_time"
	FieldScenarios   = "user_classes"
	FieldTags        = "tags"
	FieldExcludeTags = "exclude_tags"
)

// values words a configuration as the form's fields hold them.
func values(c engine.Config, offer Offer) url.Values {
	v := url.Values{
		FieldUsers:       {strconv.Itoa(c.Users)},
		FieldSpawnRate:   {number(c.SpawnRate)},
		FieldHost:        {engine.WithoutUser(c.Host)},
		FieldRunTime:     {engine.FormatRunTime(c.RunTime)},
		FieldTags:        {strings.Join(c.Tags, " ")},
		FieldExcludeTags: {strings.Join(c.ExcludeTags, " ")},
	}
	for _, o := range offer.scenarios {
		if len(c.Scenarios) == 0 || slices.Contains(c.Scenarios, o.name) {
			v.Add(FieldScenarios, o.name)
		}
	}
	for _, p := range offer.params {
		value, ok := c.Params[p.name]
		if !ok {
			value = p.standard
		}
		v.Set(p.name, value)
	}
	return v
}

// newStartForm is the form that starts a run, filled with v.
func newStartForm(v url.Values, offer Offer) Form {
	f := Form{ID: "start", Title: "Start a load test", Submit: "Start swarming"}
	f.Fields = []Field{usersField(v), rateField(v), hostField(v, offer)}
	f.Advanced = []Field{{
		Name: FieldRunTime, Label: "Run time", Hint: "20, 20s, 3m, 1h20m; empty runs until stopped",
		Value: v.Get(FieldRunTime), Placeholder: "until stopped", Complete: "off",
	}}
	for _, o := range offer.scenarios {
		host := engine.WithoutUser(o.host)
		p := Pick{Name: o.name, Help: line(o.help), Host: host, Picked: slices.Contains(v[FieldScenarios], o.name)}
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
		f.Advanced = append(f.Advanced, Field{
			Name: p.name, Label: p.name, Hint: paramHint(p), Value: v.Get(p.name), Placeholder: p.standard,
			Mode: map[string]string{"int": "numeric", "float64": "decimal"}[p.kind], Complete: "off",
		})
	}
	return f
}

// newEditForm is the form that changes a run.
func newEditForm(v url.Values) Form {
	return Form{ID: "edit", Title: "Edit the running load test", Submit: "Update",
		Fields: []Field{usersField(v), rateField(v)}}
}

func usersField(v url.Values) Field {
	return Field{Name: FieldUsers, Label: "Number of users", Hint: "peak concurrency", Value: v.Get(FieldUsers),
		Mode: "numeric", Complete: "off", Required: true, Focus: true, Half: true}
}

func rateField(v url.Values) Field {
	return Field{Name: FieldSpawnRate, Label: "Spawn rate", Hint: "users started per second", Value: v.Get(FieldSpawnRate),
		Mode: "decimal", Complete: "off", Required: true, Half: true}
}

// hostField says where requests go when it is left empty. It may not be left
// empty when a picked scenario has no host of its own.
func hostField(v url.Values, offer Offer) Field {
	f := Field{Name: FieldHost, Label: "Host", Hint: "where requests are sent", Value: v.Get(FieldHost),
		Type: "url", Mode: "url", Complete: "url", Placeholder: "http://127.0.0.1:8020"}
	var hosts []string
	for _, o := range offer.scenarios {
		if o.host == "" {
			f.Required = f.Required || slices.Contains(v[FieldScenarios], o.name)
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

func paramHint(p offeredParam) string {
	hint := line(p.help)
	if p.standard != "" {
		if hint != "" {
			hint += "; "
		}
		hint += "default " + p.standard
	}
	return hint
}

// blame puts each error beside its field; what belongs to none is said at the top.
func (f *Form) blame(problem string, errors map[string]string) {
	placed := map[string]bool{}
	for _, fields := range [][]Field{f.Fields, f.Advanced} {
		for i := range fields {
			if e, ok := errors[fields[i].Name]; ok {
				fields[i].Error, placed[fields[i].Name] = e, true
			}
		}
	}
	if e, ok := errors[FieldScenarios]; ok && len(f.Picks) > 0 {
		f.PickNote, placed[FieldScenarios] = e, true
	}
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
