package web

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

var readCity = stats.Key{Method: "GET", Name: "/api/v1/cities/{id}"}

// drawn reads what a page's script would of a drawing.
func drawn(t *testing.T, series string) (d struct {
	Data   map[string][]*float64
	Charts map[string]struct {
		Lines []struct{ Label, Key string }
		Heat  *Heat
	}
}) {
	t.Helper()
	if err := json.Unmarshal([]byte(series), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAnEndpointsPageIsOfItsRowAlone(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	v := NewFrame(s, look(t, "row="+rowID(readCity)), site(t))
	e := v.Endpoint
	if e == nil || v.Table != nil {
		t.Fatalf("there is an endpoint: %v, a table: %v; want the endpoint alone", e != nil, v.Table != nil)
	}
	var row stats.Line
	for _, l := range s.Stats.Rows {
		if l.Key == readCity {
			row = l
		}
	}
	if got, want := e.Times[0].Cells[0].Text, count(row.Requests()); got != want {
		t.Errorf("the page counts %s requests, want %s", got, want)
	}
	if got, want := e.Times[2].Of+" "+e.Times[2].Cells[0].Text, "Failed "+count(row.Failures()); got != want {
		t.Errorf("the last line is %s, want %s", got, want)
	}
	for _, f := range e.Failures.Rows {
		if f.Name != readCity.Name {
			t.Errorf("the page has failures of %s %s", f.Method, f.Name)
		}
	}
	d := drawn(t, e.Series)
	cells, spread := int64(0), 0.0
	for _, column := range d.Charts["heat"].Heat.Cells {
		for _, n := range column {
			cells += n
		}
	}
	for _, key := range []string{"spread-ok", "spread-failed"} {
		for _, n := range d.Data[key] {
			spread += *n
		}
	}
	if cells != row.Requests() || int64(spread) != row.Requests() {
		t.Errorf("the heat map has %d requests and the distribution %v, want %d", cells, spread, row.Requests())
	}
	nines, last := d.Data["nines-ms"], -1.0
	for i, ms := range nines {
		if *ms < last {
			t.Errorf("the times by percentile fall from %v to %v at %d", last, *ms, i)
		}
		last = *ms
	}
}

// What covers several moments is as exact as one: it is merged from their histograms.
func TestIntervalsAreSumsAndNoAverages(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	whole := rowIntervals(s, readCity, Query{Span: SpanRun}, 1)
	if len(whole) != 1 {
		t.Fatalf("%d intervals, want 1", len(whole))
	}
	for _, l := range s.Stats.Rows {
		if l.Key != readCity {
			continue
		}
		for _, p := range []float64{0, 50, 95, 99.9, 100} {
			if got, want := whole[0].row.All().Percentile(p), l.All().Percentile(p); got != want {
				t.Errorf("p%v of all seconds together = %v, want %v as in the table", p, got, want)
			}
		}
	}
	if got, want := whole[0].Requests, s.Stats.Total.Requests(); got != want {
		t.Errorf("all seconds together have %d requests, want %d", got, want)
	}
	few := rowIntervals(s, readCity, Query{Span: SpanRun}, 10)
	var requests int64
	for _, i := range few {
		requests += i.row.Requests()
	}
	if len(few) > 10 || requests != whole[0].row.Requests() {
		t.Errorf("%d intervals of %d requests, want at most 10 of %d", len(few), requests, whole[0].row.Requests())
	}
}

func TestBinsHoldEveryTime(t *testing.T) {
	recorder := stats.NewRecorder(began)
	r := rand.New(rand.NewPCG(3, 4))
	const n = 5000
	for i := range n {
		took := time.Duration(1+i%3) * time.Microsecond
		if i%3 == 0 {
			took = time.Duration(r.Int64N(int64(90 * time.Minute))) // beyond what is counted exactly
		}
		recorder.Shard(0).Record(stats.Sample{Method: "GET", Name: "/", Took: took})
	}
	tally := recorder.Drain(began.Add(time.Second), stats.Gauges{}).Rows[0].OK
	for _, decade := range []int{1, heatBins, spreadBins} {
		bins := logBins(tally.Min(), tally.Max(), decade)
		counts := make([]int64, len(bins)-1)
		fill(counts, bins, tally)
		var sum int64
		for i, c := range counts {
			if sum += c; bins[i] >= bins[i+1] {
				t.Errorf("%d bins a decade: edge %d is %v and the next %v", decade, i, bins[i], bins[i+1])
			}
		}
		if sum != n || bins[0] > inMillis(tally.Min()) || bins[len(bins)-1] < inMillis(tally.Max()) {
			t.Errorf("%d bins a decade from %v to %v hold %d, want all %d from %v to %v", decade, bins[0], bins[len(bins)-1], sum, n, tally.Min(), tally.Max())
		}
	}
}

// TestTheHeatMapHasABinForWhatIsAroundTheWindow: it shows a fifth of the window's length
// before and after it, and what was slow there is not taken for something else.
func TestTheHeatMapHasABinForWhatIsAroundTheWindow(t *testing.T) {
	s := status(engine.Running, 110, func(second int, shard *stats.Shard, _ time.Time, _ *rand.Rand) {
		took := 10 * time.Millisecond
		if second < 40 {
			took = 5 * time.Second
		}
		shard.Record(stats.Sample{Method: "GET", Name: "/", Took: took})
	})
	q := look(t, "row="+rowID(stats.Key{Method: "GET", Name: "/"})).withWindow(s.History.Point(45).From, s.History.Point(99).To)
	heat := drawn(t, NewFrame(s, q, site(t)).Endpoint.Series).Charts["heat"].Heat
	for i, column := range heat.Cells {
		took := 10.0
		if at := time.UnixMilli(int64(heat.T[i] * 1000)); !at.After(s.History.Point(39).To) {
			took = 5000
		}
		bin := slices.Index(column, 1)
		if bin < 0 || heat.Bins[bin] > took || heat.Bins[bin+1] < took {
			t.Errorf("moment %d has its request of %v ms in bin %d of %v: %v", i, took, bin, heat.Bins, column)
		}
	}
}

func TestAnEndpointThatIsNotThereSaysSo(t *testing.T) {
	s := status(engine.Running, 5, crowd)
	const unknown = "The address names an endpoint of which no request has been made in this run."
	for query, want := range map[string]string{
		"row=row-nope":                             unknown,
		"row=row-nope&from=1000&to=2000":           unknown,
		"tab=charts&row=" + rowID(stats.Key{}):     unknown,
		"from=1000&to=2000&row=" + rowID(readCity): "No request of it was made in the chosen time.",
	} {
		if e := NewFrame(s, look(t, query), site(t)).Endpoint; e == nil || e.Gone != want {
			t.Errorf("%s: %+v, want %q", query, e, want)
		}
	}
	if v := NewFrame(s, look(t, "tab=failures&row="+rowID(readCity)), site(t)); v.Endpoint != nil || v.Failures == nil {
		t.Error("the failures are hidden by an endpoint's page")
	}
}

func TestPinnedEndpointsHaveALineEach(t *testing.T) {
	s := status(engine.Running, 20, crowd)
	q := Query{Tab: TabCharts, Span: SpanRun}
	for _, l := range s.Stats.Rows {
		q = q.withPin(rowID(l.Key))
	}
	c := NewFrame(s, q, site(t)).Charts
	if len(c.Pins) != len(s.Stats.Rows) {
		t.Errorf("%d pins, want those %d that there are", len(c.Pins), len(s.Stats.Rows))
	}
	d := drawn(t, c.Series)
	for _, id := range []string{"pinned-rate", "pinned-time"} {
		lines := d.Charts[id].Lines
		if len(lines) != len(s.Stats.Rows) {
			t.Errorf("%s has %d lines, want %d", id, len(lines), len(s.Stats.Rows))
		}
		for _, l := range lines {
			if len(d.Data[l.Key]) != len(d.Data["t"]) {
				t.Errorf("%s: line %s has %d numbers, want %d", id, l.Label, len(d.Data[l.Key]), len(d.Data["t"]))
			}
		}
	}
	if c := NewFrame(s, q.withPin(rowID(s.Stats.Rows[0].Key)), site(t)).Charts; len(c.Pins) != len(s.Stats.Rows)-1 {
		t.Errorf("taking one away leaves %d pins, want %d", len(c.Pins), len(s.Stats.Rows)-1)
	}
}

// TestPinsOfAnotherRunCanBeTakenAway: they take up places, though there is no line of them.
func TestPinsOfAnotherRunCanBeTakenAway(t *testing.T) {
	for name, s := range map[string]*engine.Status{"before its first point": status(engine.Spawning, 0, crowd), "running": status(engine.Running, 20, crowd)} {
		q := look(t, "tab=charts&pin=row-a1,row-a2")
		for left := len(list(q.Pins)); left > 0; left-- {
			pins := NewFrame(s, q, site(t)).Charts.Pins
			if len(pins) != left || pins[0].Href != "" || pins[0].Label == "" {
				t.Fatalf("%s: pins %+v, want %d without a page", name, pins, left)
			}
			q = look(t, pins[0].Remove[1:])
		}
		if q.Pins != "" {
			t.Errorf("%s: once all are taken away, %q are pinned", name, q.Pins)
		}
	}
}

func TestAFewEndpointsCanBePinned(t *testing.T) {
	many := Query{}
	for i := range 2 * maxPins {
		many = many.withPin("row-" + strings.Repeat("x", i+1))
	}
	if got := len(list(many.Pins)); got != maxPins {
		t.Errorf("%d can be pinned, want %d", got, maxPins)
	}
}

// What rows are searched for says nothing of kinds of failure and lines of the log.
func TestASearchStaysWithWhatItIsFor(t *testing.T) {
	s := status(engine.Running, 30, crowd)
	v := NewFrame(s, look(t, "q=fail%3E0&row="+rowID(readCity)), site(t))
	if len(v.Endpoint.Failures.Rows) == 0 {
		t.Error("the table's filter hides an endpoint's failures")
	}
	q := look(t, "q=fail%3E0")
	for tab, want := range map[string]string{TabPercentiles: "fail>0", TabCharts: "fail>0", TabFailures: "", TabExceptions: "", TabLogs: ""} {
		if got := q.withTab(tab).Search; got != want {
			t.Errorf("from the statistics to %s the search is %q, want %q", tab, got, want)
		}
	}
	if got := look(t, "tab=failures&q=404").withTab(TabStatistics).Search; got != "" {
		t.Errorf("from the failures to the statistics the search is %q, want none", got)
	}
}

func TestAnEndpointsUnsurePercentilesAreSlanted(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	e := NewFrame(s, look(t, "row="+rowID(readCity)), site(t)).Endpoint
	for _, of := range e.Times {
		n := plain(of.Cells[0].Text)
		for i, p := range timesPercentiles {
			requests, err := strconv.ParseInt(n, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := of.Cells[3+i].Class == "few", tooFew(requests, p); got != want {
				t.Errorf("p%v of %s requests: slanted is %v, want %v", p, n, got, want)
			}
		}
	}
	if html := render(t, endpoint(e)); !e.Few || !strings.Contains(html, "Slanted") {
		t.Error("what slanted means is not said")
	}
}

func TestThereIsAWordWhenNoMoreCanBePinned(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	pins := make([]string, maxPins)
	for i := range pins {
		pins[i] = "row-" + strconv.Itoa(i)
	}
	q := look(t, "row="+rowID(readCity)+"&pin="+strings.Join(pins, ","))
	if pin := NewFrame(s, q, site(t)).Endpoint.Pin; pin.Href != "" || !strings.Contains(pin.Label, "take one away") {
		t.Errorf("beyond %d pins: %+v, want no link and a word of why", maxPins, pin)
	}
	q = look(t, "row="+rowID(readCity)+"&pin="+rowID(readCity)+","+strings.Join(pins[1:], ","))
	if pin := NewFrame(s, q, site(t)).Endpoint.Pin; pin.Href == "" || !pin.Current {
		t.Errorf("one of %d pins: %+v, want the way to take it away", maxPins, pin)
	}
}
