package web

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"

	"github.com/gregaria/gregaria/engine"
)

// A Report is a run as a file of its own: everything the page says in tables, to
// be kept, printed and sent.
type Report struct {
	Title       string
	State       string
	Parameters  []Parameter
	Numbers     []Number
	Statistics  *Table
	Percentiles *Table
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
		Numbers:     numbers(s, s.Stats),
		Statistics:  newTable("Request statistics", statisticsColumns, s.Stats, Query{}),
		Percentiles: newTable("Response time percentiles in milliseconds", percentilesColumns, s.Stats, Query{}),
		Failures:    newFailures(s.Stats, s.Started),
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
	r.Parameters = []Parameter{
		{"Scenarios", target}, {"Host", host},
		{"Users", count(int64(s.Config.Users))}, {"Spawn rate", number(s.Config.SpawnRate) + "/s"},
		{"Start", s.Started.Format(day)}, {"End", end}, {"Duration", clock(s.Elapsed())},
	}
	if s.Reason != "" {
		r.Parameters = append(r.Parameters, Parameter{"Ended because", line(s.Reason)})
	}
	return r
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
