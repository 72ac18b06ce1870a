package web

import (
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// An Endpoint is the page of one row: all there is to know of one method and name.
type Endpoint struct {
	Method, Name string
	Group        bool
	Back         Choice // where it was come from
	Pin          Choice // puts it on the chart of pinned ones; Current when it is there, without an address when there is no room
	Gone         string // why there is nothing to show; all else is empty then
	Numbers      []Number
	Times        []EndpointTimes
	Few          bool // some of the times are of too few requests
	Statuses     []Part
	Lesson       Lesson // how the share of failures goes with the number of users
	Series       string // a Drawing
	Figures      []Figure
	Failures     *Failures // of the row alone
	Slow         *Samples
}

// endpointTabs are those in whose place an endpoint's page can be.
var endpointTabs = []string{TabStatistics, TabPercentiles, TabCharts}

// EndpointTimes are the response times of some of a row's requests, see timesLabels.
type EndpointTimes struct {
	Of    string
	Cells []Cell
}

// What is said of an endpoint's response times.
var (
	timesLabels      = []string{"Count", "Average", "Min", "p50", "p90", "p95", "p99", "p99.9", "Max"}
	timesPercentiles = []float64{50, 90, 95, 99, 99.9}
)

// A Part is a part of all requests of a row.
type Part struct {
	Label, Text  string // the number and what it means
	Count, Share string
	Wide         string // of the bar, from 0 to 100
	Bad          bool
}

// newEndpoint returns the page of the row that q names. The snapshot is what tables show.
func newEndpoint(s *engine.Status, snapshot *stats.Snapshot, q Query) *Endpoint {
	e := &Endpoint{Back: Choice{Label: "All endpoints", Href: q.withRow("").link()}}
	if q.Tab == TabCharts {
		e.Back.Label = "Charts"
	}
	at := slices.IndexFunc(snapshot.Rows, func(l stats.Line) bool { return rowID(l.Key) == q.Row })
	if at < 0 {
		e.Gone = "The address names an endpoint of which no request has been made in this run."
		if i := slices.IndexFunc(s.Stats.Rows, func(l stats.Line) bool { return rowID(l.Key) == q.Row }); i >= 0 {
			e.named(s.Stats.Rows[i].Key)
			e.Gone = "No request of it was made in the chosen time."
		}
		return e
	}
	l := snapshot.Rows[at]
	e.named(l.Key)
	e.Pin = Choice{Label: "Pin to the charts", Href: q.withPin(q.Row).link(), Current: q.pinned(q.Row)}
	if !e.Pin.Current && len(list(q.Pins)) >= maxPins {
		e.Pin = Choice{Label: count(maxPins) + " are pinned: take one away from the charts to pin this"}
	}
	for _, part := range []struct {
		of    string
		tally stats.Tally
	}{{"All", l.All()}, {"OK", l.OK}, {"Failed", l.Failed}} {
		if part.tally.Count > 0 {
			times := endpointTimes(part.of, part.tally.Response())
			e.Times = append(e.Times, times)
			e.Few = e.Few || slices.ContainsFunc(times.Cells, func(c Cell) bool { return c.Class == "few" })
		}
	}
	e.Statuses = statusParts(l.Row)
	own := endpointFailures(snapshot, l.Key)
	if len(own.Failures) > 0 {
		e.Lesson = newLesson(l.Crowd, failing(own.Failures), math.MaxInt)
	}
	all := q
	all.Search = "" // which is for rows
	e.Failures = newFailures(own, s.Started, all)
	e.Failures.Search = nil
	e.Slow = newSamples(l.Slow, q, "slow", s.Started)
	d, points := newEndpointDrawing(s, l, q)
	e.Numbers = endpointNumbers(snapshot, l, points, partOf(s, q) != "")
	for _, id := range endpointCharts {
		if _, ok := d.Charts[id]; ok {
			e.Figures = append(e.Figures, newFigure(d, id))
		}
	}
	e.Series = d.JSON()
	return e
}

// endpointFailures returns a snapshot with the failures of one row alone.
func endpointFailures(s *stats.Snapshot, key stats.Key) *stats.Snapshot {
	own := *s
	own.Failures = nil
	for _, f := range s.Failures {
		if f.Method == key.Method && f.Name == key.Name {
			own.Failures = append(own.Failures, f)
		}
	}
	return &own
}

// failing returns how many of all these failures there were by number of users.
func failing(list []stats.FailureLine) (sum stats.Counts) {
	for _, f := range list {
		if !f.Ours {
			sum = sum.Plus(f.Crowd)
		}
	}
	return sum
}

// named sets what the endpoint is called.
func (e *Endpoint) named(k stats.Key) {
	e.Method, e.Name, e.Group = clip(line(k.Method), 24), line(k.Name), k.Method == stats.Group
}

// endpointNumbers are those in large print. The points are the row's, and over tells
// whether there will be no more of them.
func endpointNumbers(s *stats.Snapshot, l stats.Line, points []stats.Point, over bool) []Number {
	all := l.All()
	rate, _ := s.Rates(l.Row)
	list := []Number{
		{Label: "Requests", Value: count(l.Requests()), Note: briefly(rate) + "/s", Spark: trendSpark(l.Trend, over)},
		{Label: "Failures", Value: percent(l.FailRatio()), Unit: "%", Note: count(l.Failures()), Bad: l.Failures() > 0, Spark: trendSpark(l.FailTrend, over)},
	}
	for i, p := range all.Response().Percentiles(50, 95, 99) {
		times := make([]float64, len(points))
		for k, at := range points {
			times[k] = float64([]time.Duration{at.P50, at.P95, at.P99}[i])
		}
		times = peaks(times, sparkMost)
		list = append(list, Number{Label: []string{"p50", "p95", "p99"}[i], Value: millis(p), Unit: "ms", Spark: newSpark(times, over)})
	}
	return append(list, Number{Label: "Size", Value: decimal(all.MeanBytes(), 0), Unit: "bytes", Note: "on average"})
}

func endpointTimes(of string, t stats.Tally) EndpointTimes {
	cells := []Cell{{Text: count(t.Count)}, {Text: millis(t.Mean())}, {Text: millis(t.Min())}}
	for _, p := range timesPercentiles {
		c := Cell{Text: millis(t.Percentile(p))}
		if tooFew(t.Count, p) {
			c.Class = "few"
		}
		cells = append(cells, c)
	}
	return EndpointTimes{of, append(cells, Cell{Text: millis(t.Max())})}
}

// statusParts are the status codes of a row, the most frequent first.
func statusParts(r stats.Row) []Part {
	all := float64(r.Statuses.Sum())
	var list []Part
	for _, s := range statusCounts(r) {
		n, text := float64(s.counted.N), http.StatusText(s.counted.Of)
		if s.counted.Of == 0 {
			text = "no answer"
		}
		list = append(list, Part{Label: s.Code, Text: text, Count: s.Text, Bad: s.Bad, Share: percent(n/all) + " %", Wide: share(n, all)})
	}
	return list
}

// The charts of an endpoint, in their order.
var endpointCharts = []string{"rate", "time", "heat", "spread", "nines", "against-rate", "against-users"}

// Bounds of an endpoint's drawing.
const (
	mostIntervals = 300 // in time
	mostColumns   = 120 // of the heat map
	heatBins      = 8   // of the heat map in a decade of times
	spreadBins    = 24  // of the distribution in a decade of times
)

// An interval is some neighbouring entries of the history together: all requests and those
// of one row.
type interval struct {
	stats.Point
	row stats.Row
}

// rowIntervals returns what the history says of a row in the time that q shows, in most
// intervals at most.
func rowIntervals(s *engine.Status, key stats.Key, q Query, most int) []interval {
	part := inSight(s.History, q)
	each := (part.Len() + most - 1) / most
	var intervals []interval
	n := 0
	for p, r := range part.Row(key) {
		if n%each == 0 {
			intervals = append(intervals, interval{p, r})
		} else {
			intervals[len(intervals)-1] = intervals[len(intervals)-1].plus(interval{p, r})
		}
		n++
	}
	return intervals
}

// plus returns two intervals, of which t's is the later, as one.
func (s interval) plus(t interval) interval {
	return interval{joined(s.Point, t.Point), s.row.Plus(t.row)}
}

// newEndpointDrawing draws all that an endpoint's page does, and returns the row's points
// too.
func newEndpointDrawing(s *engine.Status, l stats.Line, q Query) (d *Drawing, own []stats.Point) {
	intervals := rowIntervals(s, l.Key, q, mostIntervals)
	points := make([]stats.Point, len(intervals))
	own = make([]stats.Point, len(intervals))
	for i, s := range intervals {
		points[i], own[i] = s.Point, s.Of(s.row)
	}
	d = newDrawing(runName(s)+", "+line(l.Method+" "+l.Name), points)
	if q.Windowed() {
		d.Window = []float64{seconds(q.From), seconds(q.To)}
	}
	happened(d, s, q)
	d.rowLines("", own)
	d.rates()
	ps := chartPercentiles(q)
	times := make([][]time.Duration, len(intervals))
	for i, s := range intervals {
		times[i] = s.row.All().Response().Percentiles(ps...)
	}
	d.percentileLines(ps, len(intervals), func(i int) bool { return own[i].Requests > 0 }, func(i, k int) time.Duration { return times[i][k] })
	response := l.All().Response()
	if len(intervals) == 0 || response.Count == 0 {
		return d, own
	}
	if heat := heatOf(intervals); heat != nil {
		d.Charts["heat"] = Chart{Title: "How often which response time", Unit: "ms", Heat: heat}
	}
	d.spread(l.Row)
	d.nines(response)
	d.against("against-rate", "Response time against load", "requests/s of all endpoints", intervals, func(s interval) float64 { return s.Rate() })
	d.against("against-users", "Response time against users", "users", intervals, func(s interval) float64 { return float64(s.Users) })
	return d, own
}

// percentileOrGap returns a percentile of a row's response times in milliseconds; no
// number without requests.
func percentileOrGap(r stats.Row, p float64) float64 {
	if r.Requests() == 0 {
		return math.NaN()
	}
	return inMillis(r.All().Response().Percentile(p))
}

// heatOf counts a row's response times by moment and by time, of which each bin is
// a fixed factor longer than the one before. It is nil without requests.
func heatOf(intervals []interval) *Heat {
	var shortest, longest []time.Duration
	for _, s := range intervals {
		if s.row.Requests() > 0 {
			response := s.row.All().Response()
			shortest, longest = append(shortest, response.Min()), append(longest, response.Max())
		}
	}
	if shortest == nil {
		return nil
	}
	bins := logBins(slices.Min(shortest), slices.Max(longest), heatBins)
	each := (len(intervals) + mostColumns - 1) / mostColumns
	h := &Heat{Bins: bins}
	for i, s := range intervals {
		if i%each == 0 {
			h.T, h.Cells = append(h.T, 0), append(h.Cells, make([]int64, len(bins)-1))
		}
		h.T[len(h.T)-1] = seconds(s.To.UnixMilli())
		fill(h.Cells[len(h.Cells)-1], bins, s.row.All().Response())
	}
	return h
}

// logBins returns the edges of bins, so many in a decade, that hold all times from one to
// another, in milliseconds.
func logBins(shortest, longest time.Duration, decade int) []float64 {
	place := func(d time.Duration) float64 { return math.Log10(inMillis(max(d, time.Microsecond))) * float64(decade) }
	first, last := math.Floor(place(shortest)), math.Floor(place(longest))+1
	bins := make([]float64, 0, int(last-first)+1)
	for i := first; i <= last; i++ {
		bins = append(bins, rounded(math.Pow(10, i/float64(decade)), 4))
	}
	return bins
}

// fill adds to counts how many times of a tally there are in each bin.
func fill(counts []int64, bins []float64, t stats.Tally) {
	i := 0
	for lowest, n := range t.Buckets {
		for i < len(counts)-1 && inMillis(lowest) >= bins[i+1] {
			i++
		}
		counts[i] += n
	}
}

// spread adds the distribution of a row's response times.
func (d *Drawing) spread(r stats.Row) {
	all := r.All().Response()
	bins := logBins(all.Min(), all.Max(), spreadBins)
	d.Data["spread-ms"] = array(len(bins), 4, func(i int) float64 { return bins[i] })
	add := func(key string, t stats.Tally) {
		counts := make([]int64, len(bins)) // one more than bins: the line ends at nothing
		fill(counts[:len(bins)-1], bins, t.Response())
		d.Data[key] = array(len(counts), 0, func(i int) float64 { return float64(counts[i]) })
	}
	add("spread-ok", r.OK)
	add("spread-failed", r.Failed)
	c := Chart{Title: "Distribution", Unit: "requests", Across: &Across{Key: "spread-ms", Unit: "ms", Log: true},
		Lines: []Line{{Label: "OK", Key: "spread-ok", Colour: "sand-line", Steps: true}}}
	if r.Failed.Count > 0 {
		c.Lines = append(c.Lines, Line{Label: "Failed", Key: "spread-failed", Colour: "bad", Steps: true})
	}
	d.Charts["spread"] = c
}

// nines adds the response times by percentile. The axis has one over the share of
// requests that took longer, so that p90, p99 and p99.9 are as far from each other.
func (d *Drawing) nines(t stats.Tally) {
	var across, times []float64
	for x := 1.0; x < float64(max(10, t.Count)) && x <= 1e6; x *= math.Pow(10, 0.1) {
		across = append(across, x)
		times = append(times, inMillis(t.Percentile(100-100/x)))
	}
	d.Data["nines"] = array(len(across), 3, func(i int) float64 { return across[i] })
	d.Data["nines-ms"] = array(len(times), 3, func(i int) float64 { return times[i] })
	d.Charts["nines"] = Chart{Title: "Response time by percentile", Unit: "ms", Log: true, Across: &Across{Key: "nines", Log: true, Nines: true},
		Lines: []Line{{Label: "Response time", Key: "nines-ms", Colour: "sand-line"}}}
}

// against adds a chart of response times by the load there was.
func (d *Drawing) against(id, title, unit string, intervals []interval, load func(interval) float64) {
	sorted := slices.DeleteFunc(slices.Clone(intervals), func(s interval) bool { return s.row.Requests() == 0 })
	slices.SortStableFunc(sorted, func(a, b interval) int {
		switch x, y := load(a), load(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	d.Data[id] = array(len(sorted), 2, func(i int) float64 { return load(sorted[i]) })
	c := Chart{Title: title, Unit: "ms", Log: true, Points: true, Across: &Across{Key: id, Unit: unit}}
	for _, p := range []struct {
		label, colour string
		percentile    float64
	}{{"p50", "sand-line", 50}, {"p95", "ink", 95}} {
		key := id + "-" + p.label
		d.Data[key] = array(len(sorted), 2, func(i int) float64 { return percentileOrGap(sorted[i].row, p.percentile) })
		c.Lines = append(c.Lines, Line{Label: p.label, Key: key, Colour: p.colour})
	}
	d.Charts[id] = c
}
