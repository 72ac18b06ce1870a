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
	total  Row
	latest []recent // oldest first, at most currentDeltas
	mixer  *mixer
	now    *Snapshot // what Snapshot returns until the next Add
}

// A recent is a delta that still counts as current.
type recent struct {
	delta Delta
	total Row
}

// Add adds a delta.
func (t *Table) Add(d Delta) {
	if t.mixer == nil {
		t.mixer = newMixer()
		t.sum.From = d.From
	}
	d.Gauges = d.Gauges.fit()
	total := total(d.Rows, t.mixer)
	t.sum, t.total = t.sum.Plus(d), t.total.plus(total)
	if len(t.latest) == currentDeltas {
		t.latest = slices.Delete(t.latest, 0, 1)
	}
	t.latest = append(t.latest, recent{d, total})
	t.now = nil
}

// A Snapshot is everything a table says at one moment. It never changes.
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
	Failures    []Failure     // by name, method and format
	Exceptions  []Exception
}

// A Line is a row of a snapshot: the whole run, and its rates in the last 10
// seconds.
type Line struct {
	Row
	Rate     float64 // requests per second
	FailRate float64 // failures per second
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
		Total:  Line{Row: t.total},
		Phases: t.sum.Phases, Arrivals: t.sum.Arrivals, Health: t.sum.Health,
		Failures: t.sum.Failures, Exceptions: t.sum.Exceptions,
	}
	for i := range s.Rows {
		s.Rows[i].Row = t.sum.Rows[i]
	}
	totals := make([]Row, len(t.latest))
	for i := range t.latest {
		l := &t.latest[i]
		s.CurrentSpan += l.delta.Span()
		s.count(l.delta.Rows)
		totals[i] = l.total
	}
	if len(totals) > 0 {
		s.Now = t.latest[len(totals)-1].delta.Health
		s.Current = total(totals, t.mixer)
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

// Unsent returns how many requests this machine could not send, see Problem.Ours.
func (s *Snapshot) Unsent() int64 { return unsent(s.Failures) }

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
