package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// A Report is a run as a file of its own: everything the page says, to be kept, printed
// and sent. It loads nothing.
type Report struct {
	Title       string
	State       string
	Window      string // the part of the run that the numbers are of; "" for all of it
	Health      Health
	Parameters  []Parameter
	Numbers     []Number
	Counts      []Count
	Checks      *Checks // nil when the run was not held to any
	Plan        *Plan   // nil when it is no more than a number
	Charts      *Charts
	Statistics  *Table
	Percentiles *Table
	Phases      *Phases
	Feeds       []Feed
	Failures    *Failures
	Exceptions  *Exceptions
	Notices     []string
	Environment []Parameter
	Style       string   // a style sheet, and
	Scripts     []string // scripts; they become part of the file
	Policy      string   // what the file may do
}

// ReportParts are what a report has of the program that makes it.
type ReportParts struct {
	Style       string   // the page's style sheets
	Scripts     []string // those of the charts, in their order
	Environment []Parameter
}

// A Parameter is something the run was asked for, or what came of it.
type Parameter struct{ Label, Value string }

// What a report holds at most, however long and varied the run was.
const (
	maxReport       = 2_000_000 // bytes
	maxReportPoints = 600       // of its charts
)

// ReportFile returns the report of s as a file, and its content policy. Of a time window, s
// has the part, see InWindow.
func ReportFile(ctx context.Context, s *engine.Status, q Query, parts ReportParts) (file []byte, policy string, err error) {
	for rows, samples := maxShown, openInReport; ; {
		r := NewReport(s, q, parts, rows, samples)
		var b bytes.Buffer
		if err := Document(r).Render(ctx, &b); err != nil {
			return nil, "", err
		}
		if b.Len() < maxReport || rows == 0 {
			return b.Bytes(), r.Policy, nil
		}
		if samples > 0 { // a few samples can be as large as hundreds of rows
			samples /= 4
			continue
		}
		rows = min(rows-1, rows*maxReport/b.Len()*9/10) // about as many as there is room for
	}
}

// NewReport returns the report of s with at most so many rows in its tables, and samples
// of at most so many kinds of failure.
func NewReport(s *engine.Status, q Query, parts ReportParts, rows, samples int) Report {
	q = Query{From: q.From, To: q.To}
	target, host := targets(s)
	snapshot, cut := foremost(s.Stats, rows)
	r := Report{
		Title: "Gregaria report", State: string(s.State), Style: parts.Style, Environment: parts.Environment,
		Health:      newHealth(s.Stats.Health, stats.Health{}),
		Numbers:     numbers(s, q, s.Stats),
		Counts:      counts(s, q, s.Stats),
		Plan:        newPlan(s),
		Charts:      newReportCharts(s),
		Statistics:  newStatistics(snapshot, q).still(),
		Percentiles: newPercentiles(snapshot, q).still(),
		Phases:      newPhases(s.Stats.Phases),
		Feeds:       newFeeds(s.Feeds),
		Failures:    reportedFailures(snapshot, s.Started, q, samples),
		Exceptions:  reportedExceptions(snapshot, s.Started, q),
		Notices:     cut,
	}
	if q.Windowed() {
		r.Window = windowText(s, q)
		r.Feeds = nil // which only tell of now
	}
	if len(s.Checks) > 0 {
		r.Checks = newChecks(s, Query{}, s.Stats)
	}
	for _, script := range parts.Scripts {
		r.Scripts = append(r.Scripts, strings.ReplaceAll(script, "</script", `<\/script`))
	}
	r.Policy = reportPolicy(r.Scripts)
	for _, n := range s.Notices {
		r.Notices = append(r.Notices, line(n))
	}
	if s.Run == 0 {
		return r
	}
	const day = "2006-01-02 15:04:05 MST"
	r.Title += " " + s.Started.UTC().Format("2006-01-02 15:04 UTC")
	end := "still " + string(s.State)
	if !s.Ended.IsZero() {
		end = s.Ended.UTC().Format(day)
	}
	r.Parameters = append([]Parameter{{"Run", "#" + strconv.Itoa(s.Run)}, {"Scenarios", target}, {"Host", host}}, loadParameters(s.Config)...)
	r.Parameters = append(r.Parameters,
		Parameter{"Start", s.Started.UTC().Format(day)}, Parameter{"End", end}, Parameter{"Duration", clock(s.Elapsed())})
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
	if c.RunTime > 0 {
		list = append(list, Parameter{"Run time", engine.FormatRunTime(c.RunTime)})
	}
	if c.Iterations > 0 {
		list = append(list, Parameter{"Iterations", count(c.Iterations)})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Weights)) {
		list = append(list, Parameter{"Weight of " + line(name), strconv.Itoa(c.Weights[name])})
	}
	for _, p := range []Parameter{
		{"Tasks off", strings.Join(c.Off, ", ")}, {"Tags", strings.Join(c.Tags, " ")}, {"Tags excluded", strings.Join(c.ExcludeTags, " ")},
	} {
		if p.Value != "" {
			list = append(list, Parameter{p.Label, clip(line(p.Value), 500)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Params)) { // no secret is among them
		list = append(list, Parameter{line(name), clip(line(c.Params[name]), 200)})
	}
	if c.CheckWarmup > 0 {
		list = append(list, Parameter{"Checks from", engine.FormatRunTime(c.CheckWarmup)})
	}
	if c.CheckStop > 0 {
		list = append(list, Parameter{"Stop after a breach of", engine.FormatRunTime(c.CheckStop)})
	}
	return append(list, Parameter{"Seed", strconv.FormatUint(c.Seed, 10)})
}

// newReportCharts returns the charts of the whole run.
func newReportCharts(s *engine.Status) *Charts {
	c := &Charts{Heading: runName(s)}
	points := condense(s.History, maxReportPoints)
	if len(points) == 0 {
		c.Empty = "The run was over before its first second was measured, so there is nothing to draw."
		return c
	}
	c.draw(s, Query{}, points, usualPercentiles)
	for i := range c.Events {
		c.Events[i].Href = "" // there is nobody to answer
	}
	return c
}

// foremost returns a snapshot with at most so many rows, those with the most requests,
// and fewer of the rest, and says what it leaves out.
func foremost(s *stats.Snapshot, rows int) (*stats.Snapshot, []string) {
	cut := *s
	var said []string
	cut.Rows = most(s.Rows, rows, "endpoints", &said, func(l stats.Line) int64 { return l.Requests() })
	cut.Failures = most(s.Failures, rows/2, "kinds of failure", &said, func(f stats.FailureLine) int64 { return f.Count })
	cut.Exceptions = most(s.Exceptions, rows/5, "kinds of exception", &said, func(e stats.Exception) int64 { return e.Count })
	return &cut, said
}

// most returns the n elements of a list that occurred most often, in the list's order,
// and says so if that are not all.
func most[T any](list []T, n int, what string, said *[]string, often func(T) int64) []T {
	if len(list) <= n {
		return list
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(often(list[b]), often(list[a])) })
	kept := slices.Sorted(slices.Values(order[:n]))
	*said = append(*said, "Of "+count(int64(len(list)))+" "+what+" the "+count(int64(n))+
		" most frequent are in this report, the sums are of all. The CSV files have every one.")
	out := make([]T, 0, n)
	for _, i := range kept {
		out = append(out, list[i])
	}
	return out
}

// reportPolicy is what a report may do: show itself in its own style and run the scripts
// that are part of it.
func reportPolicy(scripts []string) string {
	run := ""
	for _, s := range scripts {
		sum := sha256.Sum256([]byte(s))
		run += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	if run != "" {
		run = "script-src" + run + "; "
	}
	return "default-src 'none'; " + run + "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
}

// element writes an element whose content is written as it is: it is ours, or cannot end
// the element.
func element(name, attributes, content string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<"+name+attributes+">"+content+"</"+name+">")
		return err
	})
}

// styleSheet is the style element of a report.
func styleSheet(css string) templ.Component {
	return element("style", "", strings.ReplaceAll(css, "</", `<\/`))
}

// script is a script element of a report.
func script(text string) templ.Component { return element("script", "", text) }

// reportDrawing is what charts.js draws, where no frame brings it anew.
func reportDrawing(series string) templ.Component {
	return element("script", ` type="application/json" id="series"`, series)
}
