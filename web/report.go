package web

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// A Report is a run as a file of its own: everything the page says in tables, to
// be kept, printed and sent.
type Report struct {
	Title       string
	State       string
	Health      Health
	Parameters  []Parameter
	Numbers     []Number
	Counts      []Count
	Plan        *Plan // nil when it is no more than a number
	Statistics  *Table
	Percentiles *Table
	Phases      *Phases
	Feeds       []Feed
	Failures    *Failures
	Exceptions  *Exceptions
	Notices     []string
	Style       string // a style sheet; it becomes part of the file
}

// A Parameter is something the run was asked for, or what came of it.
type Parameter struct{ Label, Value string }

// NewReport returns the report of s. The style sheet is the page's.
func NewReport(s *engine.Status, style string) Report {
	target, host := targets(s)
	r := Report{
		Title: "Gregaria report", State: string(s.State), Style: style,
		Health:      newHealth(s.Stats.Health, stats.Health{}),
		Numbers:     numbers(s, Query{}, s.Stats),
		Counts:      counts(s, Query{}, s.Stats),
		Plan:        newPlan(s),
		Statistics:  newStatistics(s.Stats, Query{}).still(),
		Percentiles: newPercentiles(s.Stats, Query{}).still(),
		Phases:      newPhases(s.Stats.Phases),
		Feeds:       newFeeds(s.Feeds),
		Failures:    reportedFailures(s.Stats, s.Started),
		Exceptions:  newExceptions(s.Stats, s.Started),
	}
	for _, n := range s.Notices {
		r.Notices = append(r.Notices, line(n))
	}
	if s.Run == 0 {
		return r
	}
	const day = "2006-01-02 15:04:05 MST"
	r.Title += " " + s.Started.Format("2006-01-02 15:04")
	end := "still " + string(s.State)
	if !s.Ended.IsZero() {
		end = s.Ended.Format(day)
	}
	r.Parameters = append([]Parameter{{"Scenarios", target}, {"Host", host}}, loadParameters(s.Config)...)
	r.Parameters = append(r.Parameters,
		Parameter{"Start", s.Started.Format(day)}, Parameter{"End", end}, Parameter{"Duration", clock(s.Elapsed())})
	if s.Paused > 0 {
		r.Parameters = append(r.Parameters, Parameter{"Paused for", clock(s.Paused)})
	}
	if s.Reason != "" {
		r.Parameters = append(r.Parameters, Parameter{"Ended because", line(s.Reason)})
	}
	return r
}

// loadParameters word the load that a run was asked for.
func loadParameters(c engine.Config) []Parameter {
	list := []Parameter{{"Model", "users"}}
	if c.Model == engine.Open {
		list[0].Value = "arrivals, evenly"
		if c.Poisson {
			list[0].Value = "arrivals, at random (Poisson)"
		}
	}
	switch {
	case c.Shape != "":
		list = append(list, Parameter{"Shape", line(c.Shape)})
	case len(c.Stages) > 0:
		list = append(list, Parameter{"Stages", c.Stages.String()})
	case c.Model == engine.Open:
		list = append(list, Parameter{"Arrivals", loadText(c.Rate) + "/s"})
	default:
		list = append(list, Parameter{"Users", count(int64(c.Users))}, Parameter{"Spawn rate", number(c.SpawnRate) + "/s"})
	}
	if c.Model == engine.Open {
		list = append(list, Parameter{"User cap", count(int64(c.Cap()))})
	}
	if c.Iterations > 0 {
		list = append(list, Parameter{"Iterations", count(c.Iterations)})
	}
	return append(list, Parameter{"Seed", strconv.FormatUint(c.Seed, 10)})
}

// ReportPolicy is what a report may do: show itself in its own style.
const ReportPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

// styleSheet is the style element of a report. The sheet is ours, so it is written
// as it is.
func styleSheet(css string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<style>"+strings.ReplaceAll(css, "</", `<\/`)+"</style>")
		return err
	})
}
