package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// windowQuery returns the query of a tab for the seconds of a fixture's run.
func windowQuery(t *testing.T, tab string, from, to int) Query {
	return look(t, "tab="+tab).withWindow(began.Add(time.Duration(from)*time.Second), began.Add(time.Duration(to)*time.Second))
}

// TestAWindowsNumbersAreThoseOfItsDeltas: no number of the whole run is left, and
// percentiles come from exactly the deltas of the time.
func TestAWindowsNumbersAreThoseOfItsDeltas(t *testing.T) {
	for _, state := range []engine.State{engine.Running, engine.Stopped} {
		s := status(state, 134, crowd)
		sum := s.History.Delta(30)
		for i := 31; i < 75; i++ {
			sum = sum.Plus(s.History.Delta(i))
		}
		v := NewView(s, windowQuery(t, TabStatistics, 30, 75), site(t))
		total := sum.Total()
		want := total.All().Response().Percentiles(50, 95, 99)
		for i, label := range []string{"p50", "p95", "p99"} {
			if n := v.Numbers[3+i]; n.Label != label || n.Value != millis(want[i]) || n.Note != "time window" {
				t.Errorf("%s: strip says %+v, want %s %s", state, n, label, millis(want[i]))
			}
		}
		if n := v.Numbers[1]; n.Value != briefly(float64(total.Requests())/45) {
			t.Errorf("%s: strip says %s requests/s, want %s", state, n.Value, briefly(float64(total.Requests())/45))
		}
		html := render(t, Live(v))
		for _, want := range []string{count(total.Requests()), count(total.Failures()), millis(total.All().Response().Percentile(99)), ">45s"} {
			if !strings.Contains(strings.ReplaceAll(html, "\n", ""), want) {
				t.Errorf("%s: the page of 45 s lacks %q", state, want)
			}
		}
		if whole := count(s.Stats.Total.Requests()); strings.Contains(html, whole) {
			t.Errorf("%s: the page of 45 s says %s, which is of the whole run", state, whole)
		}
		var failures int64
		for _, f := range sum.Failures {
			failures += f.Count
		}
		fails := render(t, Live(NewView(s, windowQuery(t, TabFailures, 30, 75), site(t))))
		if !strings.Contains(fails, count(sum.Failures[0].Count)) || strings.Contains(fails, count(s.Stats.Failures[0].Count)) {
			t.Errorf("%s: the failures of 45 s are not %s, or are those of the whole run", state, count(sum.Failures[0].Count))
		}
	}
}

func TestAWindowSaysWhatItIs(t *testing.T) {
	s := status(engine.Stopped, 134, crowd)
	coarse := status(engine.Running, 1100, none)
	for _, tt := range []struct {
		name          string
		status        *engine.Status
		query         Query
		chosen        bool
		length        string
		coarse, empty bool
		choices       int
	}{
		{"whole run", s, Query{}, false, "", false, false, 2},
		{"a part", s, windowQuery(t, TabCharts, 10, 100), true, "1m30s", false, false, 2},
		{"from before the start", s, windowQuery(t, TabCharts, -50, 100), true, "1m40s", false, false, 2},
		{"until long after the end", s, windowQuery(t, TabCharts, 10, 700), true, "2m4s", false, false, 2},
		{"another run's", s, windowQuery(t, TabCharts, -500, -400), true, "1m40s", false, true, 2},
		{"the future", s, windowQuery(t, TabCharts, 400, 500), true, "1m40s", false, true, 2},
		{"what is coarse by now", coarse, windowQuery(t, TabCharts, 13, 47), true, "34s", true, false, 4},
		{"what is still fine", coarse, windowQuery(t, TabCharts, 1013, 1047), true, "34s", false, false, 4},
	} {
		w := NewView(tt.status, tt.query, site(t)).Window
		if w.Chosen != tt.chosen || w.Length != tt.length || (w.Coarse != "") != tt.coarse || (w.Empty != "") != tt.empty || len(w.Choices) != tt.choices {
			t.Errorf("%s: window = %+v, want %+v", tt.name, w, tt)
		}
	}
}

// TestAWindowOutsideTheRunIsNoError: a page with nothing says so on every tab.
func TestAWindowOutsideTheRunIsNoError(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	for _, tab := range tabs {
		html := render(t, Live(NewView(s, windowQuery(t, tab, 400, 500), site(t))))
		if !strings.Contains(html, "This run has no numbers of the chosen time.") {
			t.Errorf("tab %s does not say that there is nothing", tab)
		}
	}
}

// TestLatestWindowsEndWhereTheNumbersDo: their links hold moments, so they stay what they
// are while the run goes on.
func TestLatestWindowsEndWhereTheNumbersDo(t *testing.T) {
	s := status(engine.Stopped, 400, crowd)
	w := NewView(s, look(t, "tab=failures"), site(t)).Window
	for i, want := range []Query{windowQuery(t, TabFailures, 340, 400), windowQuery(t, TabFailures, 100, 400)} {
		if got := w.Choices[i].Href; got != want.link() {
			t.Errorf("%s leads to %s, want %s", w.Choices[i].Label, got, want.link())
		}
	}
}

// TestAWindowThatIsBehindSaysSo: a large one that goes on is added up every few seconds.
func TestAWindowThatIsBehindSaysSo(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	q := windowQuery(t, TabStatistics, 40, 9000)
	for seconds, want := range map[int]string{
		134: "", 133: "", 120: "So many numbers are added up every few seconds. These are up to 14:02:00.",
	} {
		from, _ := q.Window()
		part := s.History.Window(from, began.Add(time.Duration(seconds)*time.Second))
		if got := newWindow(s, q, part).Coarse; got != want {
			t.Errorf("with the numbers up to second %d of 134 the window says %q, want %q", seconds, got, want)
		}
	}
}

// TestChartsOfAWindowShowWhatSurroundsIt: a fifth of its length on either side.
func TestChartsOfAWindowShowWhatSurroundsIt(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	points := shownPoints(s.History, windowQuery(t, TabCharts, 40, 90))
	from, to := points[0].From.Sub(began), points[len(points)-1].To.Sub(began)
	if from != 30*time.Second || to != 100*time.Second {
		t.Errorf("charts of the seconds 40 to 90 go from %s to %s, want 30s to 1m40s", from, to)
	}
}

// TestEventsAreMarkedAndListed: those of the time shown, and each leads to the minute
// around it.
func TestEventsAreMarkedAndListed(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	s.Events = eventful
	for _, tt := range []struct {
		query Query
		want  int
	}{
		{look(t, "tab=charts"), len(eventful)},
		{windowQuery(t, TabCharts, 40, 90), 2},
		{windowQuery(t, TabCharts, 100, 120), 0},
	} {
		c := NewView(s, tt.query, site(t)).Charts
		if len(c.Events) != tt.want || strings.Count(c.Series, `"text"`) != tt.want {
			t.Errorf("%s: %d events listed, %d marked, want %d", tt.query.link(), len(c.Events), strings.Count(c.Series, `"text"`), tt.want)
		}
	}
	c := NewView(s, look(t, "tab=charts"), site(t)).Charts
	if got, want := c.Events[1].Href, windowQuery(t, TabCharts, 15, 75).link(); got != want {
		t.Errorf("the event after 45 s leads to %s, want %s", got, want)
	}
}

func TestPeaksKeepTheLargest(t *testing.T) {
	list := make([]float64, 1000)
	list[333], list[999] = 7, 9
	got := peaks(list, 100)
	if len(got) != 100 || got[33] != 7 || got[99] != 9 {
		t.Errorf("peaks = %v, want 100 with the largest of each ten", got)
	}
}

var eventful = []engine.Event{
	{At: began.Add(-2 * time.Millisecond), Kind: engine.EventStart, Text: "Run #1 started: 20 users"},
	{At: began.Add(45 * time.Second), Kind: engine.EventEdit, Text: "load changed: users 20 → 30"},
	{At: began.Add(80 * time.Second), Kind: engine.EventBreach, Text: "GET /api/v1/cities/{id} p95 < 20ms does not hold: 24 ms"},
}

// TestAnyTimeCanBeAskedFor: without a script too, in the zone that times are told in.
func TestAnyTimeCanBeAskedFor(t *testing.T) {
	s := status(engine.Stopped, 134, crowd)
	q := windowQuery(t, TabStatistics, 30, 75)
	q.Search, q.Zone = "city", ZoneUTC
	w := NewView(s, q, site(t)).Window
	for i, want := range []time.Time{began.Add(30 * time.Second), began.Add(75 * time.Second)} {
		if f := w.Fields[i]; f.Value != want.UTC().Format(momentLayout) {
			t.Errorf("field %s holds %s, want %s", f.Name, f.Value, want.UTC())
		}
	}
	sent := url.Values{}
	for _, k := range w.Keeps {
		sent.Set(k.Name, k.Value)
	}
	for _, f := range w.Fields {
		sent.Set(f.Name, f.Value)
	}
	if got := ParseQuery(sent); got != q {
		t.Errorf("what the fields send is %+v, want %+v", got, q)
	}
	whole := NewView(s, q.withoutWindow(), site(t)).Window
	if got, want := whole.Fields[1].Value, began.Add(134*time.Second).UTC().Format(momentLayout); got != want {
		t.Errorf("without a chosen time the second field holds %s, want the end of the run, %s", got, want)
	}
}

// TestWhatIsNotOfTheChosenTimeSaysSo: users, tasks, and when a failure was first seen.
func TestWhatIsNotOfTheChosenTimeSaysSo(t *testing.T) {
	s := status(engine.Stopped, 134, crowd)
	end := s.History.Point(74).Users
	v := NewView(s, windowQuery(t, TabFailures, 30, 75), site(t))
	if n := v.Numbers[0]; n.Label != "Users" || n.Value != count(int64(end)) || n.Note != "at its end" {
		t.Errorf("the strip says %+v, want the %d users at the end of the time", n, end)
	}
	var heads []string
	for _, c := range v.Failures.Columns {
		heads = append(heads, c.Label)
	}
	if got := strings.Join(heads, ", "); !strings.Contains(got, "Trend") || !strings.HasSuffix(got, "First in window, Last in window") {
		t.Errorf("failures are headed %s", got)
	}
	if html := render(t, Live(v)); strings.Contains(html, "First seen") {
		t.Error("a failure's first moment in the chosen time is said to be its first")
	}
	if r := NewView(s, windowQuery(t, TabRatio, 30, 75), site(t)).Ratio; !strings.Contains(r.Whole, "Not of the chosen time") {
		t.Errorf("the ratio says %q of the chosen time", r.Whole)
	}
	if r := NewView(s, look(t, "tab=ratio"), site(t)).Ratio; r.Whole != "" {
		t.Errorf("the ratio of the whole run says %q", r.Whole)
	}
}
