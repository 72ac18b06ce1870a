package web

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// recent is the span that charts show unless asked for the whole run.
const recent = 15 * time.Minute

// Charts is the page's part with charts over the time of the run.
type Charts struct {
	Heading string // which run this is
	Of      string // that charts are of all requests, for who has chosen others in a table
	Series  string // a Drawing
	Figures []Figure
	Plan    *Plan // nil when the plan is no more than a number
	Spans   []Choice
	Events  []EventRow
	Pins    []Pin
	Empty   string

	pinned []pinned // the rows of those pins that have one
}

// A Figure is the place of a chart.
type Figure struct {
	ID, Title, Unit string
	Low             bool // see Chart
}

// An EventRow is something that happened, in the order of the drawing's marks, and leads
// to the time around it.
type EventRow struct {
	ID   string
	At   Moment
	Text string
	Bad  bool
	Href string
}

// A Choice is one of several things to look at.
type Choice struct {
	Label, Href string
	Current     bool
}

func newCharts(s *engine.Status, q Query, site Site) *Charts {
	c := &Charts{Heading: runName(s), Plan: newPlan(s), Of: chartsOf[q.Of]}
	if !q.Windowed() {
		c.Spans = []Choice{
			{"Last 15 minutes", q.withSpan(SpanRecent).link(), q.Span != SpanRun},
			{"Whole run", q.withSpan(SpanRun).link(), q.Span == SpanRun},
		}
	}
	part := inSight(s.History, q)
	var keys []stats.Key
	c.Pins, keys = newPins(s.Stats.Rows, q)
	for _, key := range keys {
		c.pinned = append(c.pinned, pinned{key, seriesOf(s, key, part, site)})
	}
	ps := chartPercentiles(q)
	points := slices.Collect(part.Points())
	if !usual(ps) {
		points = seriesOf(s, stats.Key{}, part, site, ps...)
	}
	if len(points) == 0 {
		c.Empty = "Nothing to draw yet. The first point comes a second after the start."
		if q.Windowed() {
			c.Empty = "Nothing was measured in the chosen time."
		}
		return c
	}
	c.draw(s, q, points, ps)
	return c
}

// chartsOf say that the choice of requests is one of tables.
var chartsOf = map[string]string{
	OfOK:     "Charts are of all requests. The choice of successful ones is one of the tables.",
	OfFailed: "Charts are of all requests. The choice of failed ones is one of the tables.",
}

// draw makes charts of points, and of the times of percentiles.
func (c *Charts) draw(s *engine.Status, q Query, points []stats.Point, ps []float64) {
	d := newDrawing(c.Heading, points)
	if q.Windowed() {
		d.Window = []float64{seconds(q.From), seconds(q.To)}
	}
	c.Events = happened(d, s, q)
	ids := overTime(d, points, ps, s.Config.Model == engine.Open)
	for _, id := range append(ids, addPinned(d, c.pinned)...) {
		c.Figures = append(c.Figures, newFigure(d, id))
	}
	c.Series = d.JSON()
}

// newFigure returns the place of a chart of d.
func newFigure(d *Drawing, id string) Figure {
	c := d.Charts[id]
	return Figure{id, c.Title, c.Unit, c.Low}
}

// runName words which run is shown.
func runName(s *engine.Status) string { return "Run #" + strconv.Itoa(s.Run) }

// happened adds to d what happened in its time, and returns it as a list too.
func happened(d *Drawing, s *engine.Status, q Query) []EventRow {
	var rows []EventRow
	for _, e := range s.Events {
		at := seconds(e.At.UnixMilli())
		if d.Since-at < 1 && (e.Kind == engine.EventStart || e.Kind == engine.EventReset) {
			at = max(at, d.Since) // a moment before the numbers begin
		}
		if at < d.Since || at > d.Until {
			continue
		}
		text := clip(line(e.Text), 200)
		rows = append(rows, EventRow{
			ID: "event-" + strconv.Itoa(len(rows)), At: moment(e.At, s.Started), Text: text,
			Bad:  e.Kind == engine.EventBreach,
			Href: q.withWindow(e.At.Add(-eventAround), e.At.Add(eventAround)).link(),
		})
		d.Events = append(d.Events, Mark{at, text, e.Kind == engine.EventBreach})
	}
	return rows
}

// eventAround is how much time before and after an event its link leads to.
const eventAround = 30 * time.Second

// leastSpan is how long a step must be for a rate: the last of a run may be a few
// milliseconds.
const leastSpan = 200 * time.Millisecond

func rateOrGap(p *stats.Point, rate float64) float64 {
	if p.Span() < leastSpan {
		return math.NaN()
	}
	return rate
}

// rowLines adds to d rates of points, be they of a row or of all of them, under
// names that begin with prefix.
func (d *Drawing) rowLines(prefix string, points []stats.Point) {
	add := func(name string, value func(p *stats.Point) float64) {
		d.Data[prefix+name] = array(len(points), 2, func(i int) float64 { return value(&points[i]) })
	}
	add("rps", func(p *stats.Point) float64 { return rateOrGap(p, p.Rate()) })
	add("fps", func(p *stats.Point) float64 { return rateOrGap(p, p.FailRate()) })
}

// rates adds the chart of the lines that rowLines made without a prefix.
func (d *Drawing) rates() {
	d.Charts["rate"] = Chart{Title: "Requests per second", Lines: []Line{
		{Label: "Requests/s", Key: "rps", Colour: "sand-line"}, {Label: "Failures/s", Key: "fps", Colour: "bad"}}}
}

// overTime adds to d what there is to say of a run's points, and returns the ids of its
// charts in their order.
func overTime(d *Drawing, points []stats.Point, ps []float64, open bool) []string {
	add := func(key string, decimals int, value func(p *stats.Point) float64) {
		d.Data[key] = array(len(points), decimals, func(i int) float64 { return value(&points[i]) })
	}
	d.rowLines("", points)
	add("users", 0, func(p *stats.Point) float64 { return float64(p.Users) })
	add("target", 2, func(p *stats.Point) float64 { return p.Target })

	planned := Line{Label: "Planned", Key: "target", Colour: "soft", Dash: true}
	users := Line{Label: "Users", Key: "users", Colour: "sand-line", Steps: true}
	d.rates()
	d.pointTimes(ps, points)
	if !open {
		planned.Steps = true // as what is planned comes about
		d.Charts["users"] = Chart{Title: "Users", Low: true, Lines: []Line{planned, users}}
		return []string{"rate", "time", "users"}
	}
	each := func(key string, value func(stats.Arrivals) int64) {
		add(key, 2, func(p *stats.Point) float64 { return rateOrGap(p, float64(value(p.Arrivals))/p.Span().Seconds()) })
	}
	each("due", func(a stats.Arrivals) int64 { return a.Due })
	each("started", func(a stats.Arrivals) int64 { return a.Started })
	each("dropped", func(a stats.Arrivals) int64 { return a.Dropped })
	d.Charts["arrivals"] = Chart{Title: "Arrivals per second", Lines: []Line{
		planned, {Label: "Due", Key: "due", Colour: "ink"}, {Label: "Started", Key: "started", Colour: "sand-line"},
		{Label: "Dropped", Key: "dropped", Colour: "bad"}}}
	d.Charts["alive"] = Chart{Title: "Users", Low: true, Lines: []Line{users}}
	return []string{"rate", "time", "arrivals", "alive"}
}

// latest returns the part of a run that a span asks for.
func latest(t stats.Timeline, span string) stats.Timeline {
	if t.Len() == 0 || span == SpanRun {
		return t
	}
	last := t.Point(t.Len() - 1).To
	return t.Between(last.Add(-recent), last.Add(1)) // that may be a moment without length
}
