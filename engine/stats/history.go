package stats

import (
	"bytes"
	"cmp"
	"iter"
	"time"
)

// A level says how finely the history keeps a stretch of the past: spans of one
// length, and how many of them before the oldest are merged into the next level.
type level struct {
	merge int // entries of this level that make one of the next
	keep  int // entries before merging begins
}

// levels of a history fed once a second: 1 s for 15 min, 10 s for 6 h, 1 min and then
// 10 min for a week each, 1 h for a year, and then what is oldest ever coarser.
// Merging adds histograms up, so nothing is lost but time resolution.
var levels = [...]level{{10, 900}, {6, 2160}, {10, 10080}, {6, 1008}, {2, 8760}}

const (
	lastLevel = len(levels) - 1 // merges into itself

	// maxPacked is the number of bytes beyond which a history of many rows merges
	// sooner than its levels say.
	maxPacked = 128 << 20
)

// A History is the run second by second, and coarser the longer ago. It belongs to
// one goroutine; the timelines it publishes belong to everyone.
type History struct {
	entries   []Entry // oldest first
	stretches [len(levels)]stretch
	packed    int // bytes of all entries
	limit     int // instead of maxPacked, if not 0
	scratch   []byte
}

// A stretch is the entries of one level. The finest stretch is the end of the
// history, the next one is before it.
type stretch struct {
	entries, bytes int

	// The oldest are added up one at a time, before they are replaced by their sum:
	// merging costs a little each second instead of much every ten.
	sum    Delta
	summed int
}

// An Entry is one step of the history.
type Entry struct {
	Point
	packed []byte // the delta without exemplars, see Delta.AppendBinary
}

// A Point is what charts show of an entry: all rows together.
type Point struct {
	From, To time.Time
	Gauges
	Requests      int64
	Failures      int64
	P50, P95, P99 time.Duration // service times response times of all requests that ended within the entry

	Times []time.Duration // of the percentiles of the series that the point is of, if it has any
}

// Span returns the length of the point's step.
func (p Point) Span() time.Duration { return max(0, p.To.Sub(p.From)) }

// Of returns the point of one row's requests instead.
func (p Point) Of(r Row) Point {
	all := r.All().Response()
	p.Requests, p.Failures = all.Count, r.Failures()
	p.P50, p.P95, p.P99 = all.Percentile(50), all.Percentile(95), all.Percentile(99)
	return p
}

// Rate returns requests per second within the point's step.
func (p Point) Rate() float64 { return perSecond(float64(p.Requests), p.Span()) }

// FailRate returns failures per second within the point's step.
func (p Point) FailRate() float64 { return perSecond(float64(p.Failures), p.Span()) }

// Delta returns the delta of the entry, without exemplars.
func (e Entry) Delta() Delta {
	d, err := ParseDelta(e.packed)
	e.check(err)
	return d
}

// check panics with an error of unpacking.
func (e *Entry) check(err error) {
	if err != nil {
		panic("stats: a delta that this history packed does not unpack: " + err.Error())
	}
}

// open returns a reader of the entry's delta from its total on.
func (e *Entry) open() reader {
	r := reader{rest: e.packed}
	r.begin()
	return r
}

func (h *History) newEntry(d Delta) Entry {
	d.Gauges = d.Gauges.fit()
	h.scratch = d.appendBinary(h.scratch[:0], false)
	return Entry{
		Point:  Point{From: d.From, To: d.To, Gauges: d.Gauges}.Of(d.total),
		packed: bytes.Clone(h.scratch),
	}
}

// Add appends a delta.
func (h *History) Add(d Delta) {
	// A full slice is copied by append, and merge builds a new one: what a
	// published timeline holds never changes.
	e := h.newEntry(d)
	h.entries = append(h.entries, e)
	h.count(0, 1, e)
	for l, level := range levels {
		if s := &h.stretches[l]; s.entries-s.summed > level.keep {
			h.sumUp(l)
		}
	}
	// Each entry is summed up once on each level, so two steps are enough to keep up.
	for range 2 {
		if l := h.largest(); l >= 0 && h.packed > cmp.Or(h.limit, maxPacked) {
			h.sumUp(l)
		}
	}
}

// count counts an entry of level l in, or out when n is -1.
func (h *History) count(l, n int, e Entry) {
	h.stretches[l].entries += n
	h.stretches[l].bytes += n * len(e.packed)
	h.packed += n * len(e.packed)
}

// largest returns the level that holds the most bytes among those that can be merged,
// or -1.
func (h *History) largest() int {
	found := -1
	for l, s := range h.stretches {
		if s.entries >= levels[l].merge && (found < 0 || s.bytes > h.stretches[found].bytes) {
			found = l
		}
	}
	return found
}

// sumUp adds the oldest entry of level l that is not in the level's sum yet, and
// merges them when they are enough.
func (h *History) sumUp(l int) {
	first := len(h.entries)
	for i := range l + 1 {
		first -= h.stretches[i].entries
	}
	s := &h.stretches[l]
	d := h.entries[first+s.summed].Delta()
	if s.summed == 0 {
		s.sum = d
	} else {
		s.sum = s.sum.plus(d, Row.plusInto) // both are ours alone
	}
	if s.summed++; s.summed == levels[l].merge {
		h.merge(l, first)
	}
}

// merge replaces the summed entries of level l, of which the first is given, by their
// sum, an entry of the next level.
func (h *History) merge(l, first int) {
	s := &h.stretches[l]
	rest := h.entries[first+s.summed:]
	for _, e := range h.entries[first : first+s.summed] {
		h.count(l, -1, e)
	}
	sum := h.newEntry(s.sum)
	h.count(min(l+1, lastLevel), 1, sum)
	s.sum, s.summed = Delta{}, 0
	entries := make([]Entry, 0, len(h.entries)+levels[0].merge)
	entries = append(entries, h.entries[:first]...)
	entries = append(entries, sum)
	h.entries = append(entries, rest...)
}

// Timeline returns the history as it is now.
func (h *History) Timeline() Timeline { return Timeline{h.entries[:len(h.entries):len(h.entries)]} }

// A Timeline is a history at one moment. It never changes. The zero Timeline is
// empty.
type Timeline struct{ entries []Entry }

// Len returns the number of entries.
func (t Timeline) Len() int { return len(t.entries) }

// Point returns the i-th point, oldest first.
func (t Timeline) Point(i int) Point { return t.entries[i].Point }

// Delta returns the i-th delta, oldest first. Deltas of a timeline have no exemplars.
func (t Timeline) Delta(i int) Delta { return t.entries[i].Delta() }

// Points returns the points, oldest first.
func (t Timeline) Points() iter.Seq[Point] {
	return func(yield func(Point) bool) {
		for i := range t.entries {
			if !yield(t.entries[i].Point) {
				return
			}
		}
	}
}

// Deltas returns the deltas, oldest first, unpacked one at a time.
func (t Timeline) Deltas() iter.Seq[Delta] {
	return func(yield func(Delta) bool) {
		for i := range t.entries {
			if !yield(t.entries[i].Delta()) {
				return
			}
		}
	}
}
