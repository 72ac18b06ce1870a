package web

import (
	"net/url"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// A Load is the part of a form that says how much load there shall be.
type Load struct {
	Models []Option // to choose from, or
	Fixed  string   // the one there is
	Users  []Field  // of the closed model
	Rate   []Field  // of the open model
	Arrive Field    // of the open model: its value is how arrivals come

	// The plan over time, which is folded unless Open.
	Stages  Field
	RunTime Field
	Shape   *Field // nil when there is no shape
	Preview Plan
	Open    bool
}

func newLoad(v url.Values, offer Offer) Load {
	staged, model := v.Get(FieldStages) != "", modelOf(v)
	l := Load{
		Open: true,
		Users: []Field{{
			Name: FieldUsers, Label: "Number of users", Hint: "peak concurrency", Value: v.Get(FieldUsers),
			Mode: "numeric", Complete: "off", Required: true, Focus: !staged && model == string(engine.Closed), Half: true,
		}, {
			Name: FieldSpawnRate, Label: "Spawn rate", Hint: "users per second", Value: v.Get(FieldSpawnRate),
			Mode: "decimal", Complete: "off", Required: true, Half: true,
		}},
		Rate: []Field{{
			Name: FieldRate, Label: "Arrivals per second", Hint: "tasks begun", Value: v.Get(FieldRate), Placeholder: "200",
			Mode: "decimal", Complete: "off", Required: true, Focus: !staged && model == string(engine.Open), Half: true,
		}, {
			Name: FieldUserCap, Label: "User cap", Hint: "at once, at most", Value: v.Get(FieldUserCap),
			Placeholder: count(engine.DefaultUserCap), Mode: "numeric", Complete: "off", Half: true,
		}},
		Arrive: Field{Name: FieldArrivals, Value: last(v[FieldArrivals])},
		Stages: Field{
			Name: FieldStages, Label: "Stages", Hint: "instead of numbers: time:load", Focus: staged,
			Value: v.Get(FieldStages), Placeholder: "2m:100,5m:100,30s:0", Complete: "off",
		},
		RunTime: Field{
			Name: FieldRunTime, Label: "Run time", Hint: "20s, 3m, 1h20m", Value: v.Get(FieldRunTime),
			Placeholder: "until stopped", Complete: "off",
		},
	}
	for _, p := range load.Presets {
		l.Stages.Offers = append(l.Stages.Offers, Option{Value: p.Name + "(100)", Label: p.Help})
	}
	if len(offer.shapes) > 0 {
		l.Shape = &Field{Name: FieldShape, Label: "Shape", Hint: "or one of these", Value: v.Get(FieldShape)}
		l.Shape.Options = []Option{{Label: "none", Picked: l.Shape.Value == ""}}
		for _, name := range offer.shapes {
			l.Shape.Options = append(l.Shape.Options, Option{Value: name, Label: line(name), Picked: l.Shape.Value == name})
		}
	}
	return l
}

// choose lets the reader choose the model.
func (l *Load) choose(v url.Values) {
	model := modelOf(v)
	for _, o := range []Option{
		{Value: string(engine.Closed), Label: "Users", Hint: "closed: each waits for answers"},
		{Value: string(engine.Open), Label: "Arrivals", Hint: "open: whatever the target does"},
	} {
		o.Picked = o.Value == model
		l.Models = append(l.Models, o)
	}
}

// fields returns the inputs for numbers.
func (l *Load) fields() []*Field { return append(pointers(l.Users), pointers(l.Rate)...) }

// planned returns the inputs of the plan.
func (l *Load) planned() []*Field {
	list := []*Field{&l.Stages, &l.RunTime}
	if l.Shape != nil {
		list = append(list, l.Shape)
	}
	return list
}

// modelOf returns the model that v asks for; the first one when it asks for none.
func modelOf(v url.Values) string {
	m, _ := engine.ParseModel(v.Get(FieldModel))
	return string(m)
}

// last returns what counts of a box to tick: the box comes after a hidden input that
// stands for its being empty.
func last(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[len(values)-1]
}
