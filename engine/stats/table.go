package stats

import (
	"slices"
	"time"
)

// currentDeltas is how far back "current" numbers look: ten deltas of a second.
const currentDeltas = 10

// A Table is the sum of all deltas of a run. It belongs to one goroutine; what it
// publishes belongs to everyone.
type Table struct {
	sum    Delta
	steps  int     // deltas so far
	latest []Delta // oldest first, at most currentDeltas
	mixer  *mixer
	now    *Snapshot // what Snapshot returns until the next Add

	// Of the lines of the sum.
	total    *trend
	rows     map[Key]*trend
	failures map[FailureKey]*trend
}

// Add adds a delta.
func (t *Table) Add(d Delta) {
	if t.mixer == nil {
		t.mixer = newMixer()
		t.sum.From = d.From
		t.total, t.rows, t.failures = newTrend(0), map[Key]*trend{}, map[FailureKey]*trend{}
	}
	d.Gauges = d.Gauges.fit()
	t.sum = t.sum.Plus(d)
	if len(t.latest) == currentDeltas {
		t.latest = slices.Delete(t.latest, 0, 1)
	}
	t.latest = append(t.latest, d)
	t.push()
	t.now = nil
}

// push appends what the latest delta made of the sum to the trends.
func (t *Table) push() {
	t.total.push(t.sum.total.Requests(), t.sum.total.Failures())
	for i := range t.sum.Rows {
		r := &t.sum.Rows[i]
		trendOf(t.rows, r.Key, t.steps).push(r.Requests(), r.Failures())
	}
	for i := range t.sum.Failures {
		f := &t.sum.Failures[i]
		trendOf(t.failures, f.FailureKey, t.steps).push(f.Count, f.Count)
	}
	t.steps++
}

// trendOf returns the trend of a line, a new one as long as all others.
func trendOf[K comparable](trends map[K]*trend, key K, steps int) *trend {
	if trends[key] == nil {
		trends[key] = newTrend(steps)
	}
	return trends[key]
}

// A Snapshot is everything a table says at one moment, or that a timeline says of a
// window, see Timeline.Window. It never changes.
type Snapshot struct {
	From, To    time.Time     // of the whole run so far
	Rows        []Line        // by name, then method
	Total       Line          // all rows but groups together; its Key is empty
	Current     Row           // the same in the last 10 seconds
	CurrentSpan time.Duration // how long those really are
	Phases      []Row         // of the whole run, see Delta.Phases
	Arrivals    Arrivals      // of the whole run
	Health      Health        // of the whole run
	Now         Health        // of the latest delta
	Failures    []FailureLine // by name, method and format
	Exceptions  []Exception
}

// A Line is a row of a snapshot: the whole run, its rates in the last 10 seconds, and
// how it went in the latest deltas: 60 at most, oldest first, the same ones in each line.
type Line struct {
	Row
	Rate      float64  // requests per second
	FailRate  float64  // failures per second
	Trend     []uint32 // requests in each delta
	FailTrend []uint32 // failures in each delta
}

// A FailureLine is a failure of a snapshot, with how many of it there were in each of
// the latest deltas.
type FailureLine struct {
	Failure
	Trend []uint32
}

// Snapshot returns what the table says now.
func (t *Table) Snapshot() *Snapshot {
	if t.now == nil {
		t.now = t.snapshot()
	}
	return t.now
}

func (t *Table) snapshot() *Snapshot {
	s := &Snapshot{
		From: t.sum.From, To: t.sum.To,
		Rows:   make([]Line, len(t.sum.Rows)),
		Total:  Line{Row: t.sum.total},
		Phases: t.sum.Phases, Arrivals: t.sum.Arrivals, Health: t.sum.Health,
		Failures: make([]FailureLine, len(t.sum.Failures)), Exceptions: t.sum.Exceptions,
	}
	for i := range s.Rows {
		r := &t.sum.Rows[i]
		trend := t.rows[r.Key]
		s.Rows[i] = Line{Row: *r, Trend: trend.all.latest(), FailTrend: trend.failed.latest()}
	}
	for i, f := range t.sum.Failures {
		s.Failures[i] = FailureLine{f, t.failures[f.FailureKey].all.latest()}
	}
	totals := make([]Row, len(t.latest))
	for i := range t.latest {
		d := &t.latest[i]
		s.CurrentSpan += d.Span()
		s.count(d.Rows)
		totals[i] = d.total
	}
	if len(totals) > 0 {
		s.Now = t.latest[len(totals)-1].Health
		s.Current = total(totals, t.mixer)
		s.Total.Trend, s.Total.FailTrend = t.total.all.latest(), t.total.failed.latest()
	}
	for i := range s.Rows {
		s.Rows[i].Rate = perSecond(s.Rows[i].Rate, s.CurrentSpan)
		s.Rows[i].FailRate = perSecond(s.Rows[i].FailRate, s.CurrentSpan)
	}
	s.Total.Rate = perSecond(float64(s.Current.Requests()), s.CurrentSpan)
	s.Total.FailRate = perSecond(float64(s.Current.Failures()), s.CurrentSpan)
	return s
}

// count adds a recent delta's counts to the rates, which are sums until the end of
// snapshot. Both lists are in the same order; what the table has no row for is part
// of Other.
func (s *Snapshot) count(rows []Row) {
	i := 0
	for k := range rows {
		r := &rows[k]
		order := -1
		for i < len(s.Rows) {
			if order = compareKeys(s.Rows[i].Key, r.Key); order >= 0 {
				break
			}
			i++
		}
		l := i
		if i == len(s.Rows) || order > 0 {
			l, _ = slices.BinarySearchFunc(s.Rows, r.Key.other(),
				func(l Line, key Key) int { return compareKeys(l.Key, key) })
		}
		s.Rows[l].Rate += float64(r.Requests())
		s.Rows[l].FailRate += float64(r.Failures())
	}
}

// Unsent returns how many requests could not be sent, see Problem.Ours.
func (s *Snapshot) Unsent() (n int64) {
	for i := range s.Failures {
		if f := &s.Failures[i]; f.Ours {
			n = saturated(n, f.Count)
		}
	}
	return n
}

// Span returns how long the snapshot's run has lasted.
func (s *Snapshot) Span() time.Duration { return max(0, s.To.Sub(s.From)) }

// Rates returns requests and failures per second of r over the whole run.
func (s *Snapshot) Rates(r Row) (requests, failures float64) {
	return perSecond(float64(r.Requests()), s.Span()), perSecond(float64(r.Failures()), s.Span())
}

func perSecond(n float64, span time.Duration) float64 {
	if span <= 0 {
		return 0
	}
	return n / span.Seconds()
}
