package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// A Window is the part of the run that the page's numbers are of, and the way to others.
type Window struct {
	Chosen   bool   // otherwise it is the whole run
	From, To Moment // of the part
	Length   string
	Coarse   string // what the numbers are of instead, where the history is not as fine or they are older
	Empty    string // why there are no numbers
	Clear    string // address of the page for the whole run
	Choices  []Choice
	Fields   [2]MomentField // of any other time: from and to
	Keeps    []Param        // the rest of the address, beside the fields
	Zones    []Choice
}

// A MomentField asks for a moment, to the second.
type MomentField struct {
	Name, Label string
	Value       string // as the server tells the time; a script puts the reader's
	Millis      string // the moment itself
}

// momentLayout is how an input of the type datetime-local says a moment.
const momentLayout = "2006-01-02T15:04:05"

// newMomentFields ask a reader with query q for a time, which is now from one moment to
// another.
func newMomentFields(from, to time.Time, q Query) [2]MomentField {
	field := func(name, label string, t time.Time, up time.Duration) MomentField {
		at := t.Add(up)
		if q.Zone == ZoneUTC {
			at = at.UTC()
		}
		return MomentField{name, label, at.Format(momentLayout), strconv.FormatInt(t.UnixMilli(), 10)}
	}
	return [2]MomentField{field("from", "From", from, 0), field("to", "To", to, time.Second-1)}
}

// momentOf reads a moment of an address: milliseconds since 1970, or what a field for a
// moment sends.
func momentOf(text string, in *time.Location) (millis int64, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, n > 0 && n < endOfTime
	}
	for _, layout := range []string{momentLayout, "2006-01-02T15:04"} { // browsers leave no seconds out but 0
		if t, err := time.ParseInLocation(layout, text, in); err == nil {
			return t.UnixMilli(), t.UnixMilli() > 0 && t.UnixMilli() < endOfTime
		}
	}
	return 0, false
}

// latestSpans are the windows at the end of the run that are offered.
var latestSpans = []struct {
	label string
	span  time.Duration
}{{"Last minute", time.Minute}, {"Last 5 minutes", 5 * time.Minute}, {"Last 15 minutes", 15 * time.Minute}}

// withWindow returns q for a part of the run.
func (q Query) withWindow(from, to time.Time) Query {
	q.From, q.To = from.UnixMilli(), to.UnixMilli()
	q.Page, q.Form = 1, FormNone
	return q
}

// newWindow says which part of s a reader with query q looks at. snapshot is of that part.
func newWindow(s *engine.Status, q Query, snapshot *stats.Snapshot) *Window {
	w := &Window{Chosen: q.Windowed(), Clear: q.withoutWindow().link(), Zones: []Choice{
		{"Browser time", q.withZone(ZoneBrowser).link(), q.Zone != ZoneUTC},
		{"UTC", q.withZone(ZoneUTC).link(), q.Zone == ZoneUTC},
	}}
	if n := s.History.Len(); n > 0 {
		first, last := s.History.Point(0).From, s.History.Point(n-1).To
		for _, l := range latestSpans {
			if from := last.Add(-l.span); from.After(first) {
				w.Choices = append(w.Choices, Choice{l.label, q.withWindow(from, last).link(), false})
			}
		}
	}
	w.Choices = append(w.Choices, Choice{"Whole run", w.Clear, !w.Chosen})
	others := q.withoutWindow()
	others.Page = 1
	w.Keeps = keeps(others)
	w.Fields = newMomentFields(s.Started, s.Started.Add(s.Elapsed()), q)
	if !w.Chosen {
		return w
	}
	from, to := q.Window()
	begin, end := from, to
	if n := s.History.Len(); n > 0 && snapshot.Span() > 0 { // an address may say more than there is
		begin, end = later(from, s.History.Point(0).From), earlier(to, s.History.Point(n-1).To)
	}
	w.From, w.To = moment(begin, s.Started), moment(end, s.Started)
	w.Fields = newMomentFields(begin, end, q)
	w.Length = span(end.Sub(begin).Round(time.Second))
	switch {
	case snapshot.Span() == 0:
		w.Empty = "This run has no numbers of the chosen time."
	case behind(s.History, to, snapshot):
		w.Coarse = "So many numbers are added up every few seconds. These are up to " + snapshot.To.Format(time.TimeOnly) + "."
	case coarse(s.History, from, to, snapshot):
		w.Coarse = "Of that time the history is only kept in longer steps. The numbers are those from " +
			snapshot.From.Format(time.TimeOnly) + " to " + snapshot.To.Format(time.TimeOnly) + "."
	}
	return w
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

// behind reports whether the run has gone on for a while, within the window, since its
// numbers were added up.
func behind(t stats.Timeline, to time.Time, window *stats.Snapshot) bool {
	last := t.Point(t.Len() - 1)
	return to.After(last.To) && last.From.Sub(window.To) >= time.Second
}

// coarse reports whether a window's numbers are not quite those of the time from one
// moment to another, because the history is too coarse there. That the run was shorter
// does not count.
func coarse(t stats.Timeline, from, to time.Time, window *stats.Snapshot) bool {
	const fine = time.Second // the steps of what was just measured
	begin, end := t.Point(0).From, t.Point(t.Len()-1).To
	off := func(got, want time.Time) bool {
		switch { // got is never outside the run
		case want.Before(begin):
			want = begin
		case want.After(end):
			want = end
		}
		return got.Sub(want).Abs() > fine
	}
	return off(window.From, from) || off(window.To, to)
}

// snapshotOf returns the numbers that a reader with query q sees of s.
func snapshotOf(s *engine.Status, q Query, site Site) *stats.Snapshot {
	if !q.Windowed() {
		return s.Stats
	}
	from, to := q.Window()
	if site.Window != nil {
		return site.Window(s, from, to)
	}
	return s.History.Window(from, to).WithExemplars(s.Stats)
}

// InWindow returns s with the numbers and the history of the time that q looks at alone.
func InWindow(s *engine.Status, q Query, site Site) *engine.Status {
	part := *s
	part.Stats = snapshotOf(s, q, site)
	if from, to := q.Window(); q.Windowed() {
		part.History = s.History.Between(from, to)
	}
	return &part
}

// windowText says which part of the run a file is of. s has that part.
func windowText(s *engine.Status, q Query) string {
	from, to := q.Window()
	const clock = "15:04:05"
	text := "Window " + from.UTC().Format(clock) + "–" + to.UTC().Format(clock) + " UTC of the run"
	switch got := s.Stats; {
	case got.Span() == 0:
		text += ", in which nothing was measured"
	case got.From.Sub(from).Abs() > time.Second || got.To.Sub(to).Abs() > time.Second:
		text += "; there are numbers from " + got.From.UTC().Format(clock) + " to " + got.To.UTC().Format(clock)
	}
	return text + ". What the run was asked for and its checks are of all of it."
}

// inSight returns the part of a run that the charts show to a reader with query q: the window
// and what surrounds it, or the span.
func inSight(t stats.Timeline, q Query) stats.Timeline {
	if !q.Windowed() {
		return latest(t, q.Span)
	}
	from, to := q.Window()
	around := to.Sub(from) / 5
	return t.Between(from.Add(-around), to.Add(around))
}

// shownPoints returns the points of that part.
func shownPoints(t stats.Timeline, q Query) []stats.Point {
	return slices.Collect(inSight(t, q).Points())
}

// seriesOf returns the points of one row in a part of a run, with the times of percentiles.
func seriesOf(s *engine.Status, key stats.Key, part stats.Timeline, site Site, percentiles ...float64) []stats.Point {
	if site.Series != nil {
		return site.Series(s, key, part, percentiles...)
	}
	return stats.NewSeries(key, percentiles...).Points(part)
}
