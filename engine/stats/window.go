package stats

import (
	"iter"
	"math"
	"slices"
	"sort"
	"time"
)

// within returns the entries whose middle lies from one moment to another, both
// included. They follow one another.
func (t Timeline) within(from, to time.Time) []Entry {
	middle := func(i int) time.Time { return t.entries[i].From.Add(t.entries[i].Span() / 2) }
	first := sort.Search(len(t.entries), func(i int) bool { return !middle(i).Before(from) })
	end := sort.Search(len(t.entries), func(i int) bool { return middle(i).After(to) })
	return t.entries[first:max(first, end)]
}

// Between returns the part of t whose entries touch the time from one moment to another.
func (t Timeline) Between(from, to time.Time) Timeline {
	first := sort.Search(len(t.entries), func(i int) bool { return t.entries[i].To.After(from) })
	end := sort.Search(len(t.entries), func(i int) bool { return !t.entries[i].From.Before(to) })
	end = max(first, end)
	return Timeline{t.entries[first:end:end]}
}

// Window returns the sum of those entries whose middle lies from one moment to another:
// its From and To are where they begin and end. Rates are those of the whole window,
// which is also what Current is of, and trends are the window in at most 60 equal parts,
// in which a longer entry is spread evenly. Now is zero, and there are no exemplars:
// see WithExemplars. A window without entries is an empty snapshot.
func (t Timeline) Window(from, to time.Time) *Snapshot {
	entries := t.within(from, to)
	if len(entries) == 0 {
		return &Snapshot{}
	}
	w := newWindow(entries)
	s := &Snapshot{From: w.from, To: w.to}
	s.Total = w.line(s, &w.total)
	s.Current, s.CurrentSpan = s.Total.Row, s.Span()
	s.Arrivals, s.Health = w.gauges.Arrivals, w.gauges.Health
	for _, l := range w.rows {
		s.Rows = append(s.Rows, w.line(s, l))
	}
	for _, l := range w.phases {
		s.Phases = append(s.Phases, w.line(s, l).Row)
	}
	for _, f := range w.failures {
		s.Failures = append(s.Failures, FailureLine{f.take(), f.parts.rounded()})
	}
	slices.SortFunc(s.Rows, func(a, b Line) int { return compareKeys(a.Key, b.Key) })
	slices.SortFunc(s.Phases, compareRows)
	slices.SortFunc(s.Failures, func(a, b FailureLine) int { return compareFailures(a.Failure, b.Failure) })
	s.Exceptions = w.exceptions
	return s
}

// A window is some entries of a history while they are added up. First it is noted where
// each row is in them; then rows are added up one after the other, in the same memory.
type window struct {
	entries  []Entry
	from, to time.Time
	gauges   Gauges
	parts    parts

	total        packedLine
	rows, phases map[Key]*packedLine
	failures     map[FailureKey]*windowFailure
	exceptions   []Exception

	sum  rowSum
	hist histogram
}

// A packedLine is where the entries say something of a row.
type packedLine struct {
	key    Key
	bodies []place
}

// A place is a position in an entry.
type place struct{ entry, at int32 }

// A windowFailure is a failure while it is added up.
type windowFailure struct {
	openFailure
	parts parted
}

func newWindow(entries []Entry) *window {
	w := &window{
		entries: entries, from: entries[0].From, to: entries[len(entries)-1].To, parts: newParts(entries),
		rows: map[Key]*packedLine{}, phases: map[Key]*packedLine{}, failures: map[FailureKey]*windowFailure{},
		hist: newHistogram(),
	}
	words := map[string]string{}
	for i := range entries {
		e := &entries[i]
		if i == 0 {
			w.gauges = e.Gauges
		} else {
			w.gauges = w.gauges.plus(e.Gauges)
		}
		r := e.open()
		r.words = words
		w.total.note(i, e, &r)
		w.note(w.rows, i, e, &r)
		w.note(w.phases, i, e, &r)
		for range r.length(MaxRows+others, 1) {
			w.fail(i, r.failure())
		}
		exceptions := list(&r, MaxRows+others, 8, (*reader).exception)
		w.exceptions = exceptionMerger.merge(w.exceptions, exceptions)
		e.check(r.err)
	}
	return w
}

// note notes a body that is next in an entry, and skips it.
func (l *packedLine) note(i int, e *Entry, r *reader) {
	l.bodies = append(l.bodies, place{int32(i), int32(len(e.packed) - len(r.rest))})
	r.bytes()
}

// note notes a list of rows.
func (w *window) note(lines map[Key]*packedLine, i int, e *Entry, r *reader) {
	for range r.length(MaxRows+others, 8) {
		key := Key{r.word(), r.word()}
		line := lines[key]
		if line == nil {
			line = admit(lines, key, key.other(), func(key Key) *packedLine { return &packedLine{key: key} })
		}
		line.note(i, e, r)
	}
}

// fail adds a failure of the i-th entry.
func (w *window) fail(i int, f Failure) {
	sum := admit(w.failures, f.FailureKey, f.FailureKey.other(), func(key FailureKey) *windowFailure {
		return &windowFailure{openFailure: openFailure{Failure: Failure{FailureKey: key}}, parts: w.parts.parted()}
	})
	sum.count(f)
	sum.crowd.plus(f.Crowd)
	w.parts.add(&sum.parts, i, f.Count)
}

// line adds up a row.
func (w *window) line(s *Snapshot, l *packedLine) Line {
	all, failed := w.parts.parted(), w.parts.parted()
	for _, p := range l.bodies {
		r := reader{rest: w.entries[p.entry].packed[p.at:]}
		requests, failures := w.sum.add(r.bytes())
		w.parts.add(&all, int(p.entry), requests)
		w.parts.add(&failed, int(p.entry), failures)
	}
	row := w.sum.take(l.key, w.hist)
	requests, failures := s.Rates(row)
	return Line{row, requests, failures, all.rounded(), failed.rounded()}
}

// parts say which parts of a window its entries lie in.
type parts struct {
	n      int
	shares [][]share // of each entry
}

// A share is how much of an entry lies in a part.
type share struct {
	part int
	of   float64 // from 0 to 1
}

func newParts(entries []Entry) parts {
	from := entries[0].From
	span := entries[len(entries)-1].To.Sub(from).Seconds()
	p := parts{min(maxTrend, len(entries)), make([][]share, len(entries))}
	for i := range entries {
		// Where it begins and ends, in parts.
		begin, end := 0.0, 0.0
		if span > 0 {
			scale := float64(p.n) / span
			begin, end = entries[i].From.Sub(from).Seconds()*scale, entries[i].To.Sub(from).Seconds()*scale
		}
		first := min(max(0, int(begin)), p.n-1)
		for k := first; k < p.n && (k == first || float64(k) < end); k++ {
			of := 1.0
			if end > begin {
				of = (min(end, float64(k+1)) - max(begin, float64(k))) / (end - begin)
			}
			p.shares[i] = append(p.shares[i], share{k, of})
		}
	}
	return p
}

// A parted is how many there were in each part of a window.
type parted []float64

func (p parts) parted() parted { return make(parted, p.n) }

// add counts n of the i-th entry.
func (p parts) add(to *parted, i int, n int64) {
	if n > 0 {
		for _, s := range p.shares[i] {
			(*to)[s.part] += s.of * float64(n)
		}
	}
}

// rounded returns whole numbers with the same sum.
func (p parted) rounded() []uint32 {
	out := make([]uint32, len(p))
	sum, last := 0.0, 0.0
	for i, x := range p {
		sum += x
		next := math.Round(sum)
		out[i], last = uint32(min(next-last, math.MaxUint32)), next
	}
	return out
}

// WithExemplars returns the window s with those exemplars of a snapshot of the whole run
// that lie within it.
func (s *Snapshot) WithExemplars(of *Snapshot) *Snapshot {
	within := func(list []Exemplar) []Exemplar {
		var kept []Exemplar
		for _, e := range list {
			if !e.At.Before(s.From) && !e.At.After(s.To) {
				kept = append(kept, e)
			}
		}
		return kept
	}
	slow := map[Key][]Exemplar{}
	for i := range of.Rows {
		slow[of.Rows[i].Key] = of.Rows[i].Slow
	}
	samples := map[FailureKey][]Exemplar{}
	for i := range of.Failures {
		samples[of.Failures[i].FailureKey] = of.Failures[i].Samples
	}
	w := *s
	w.Rows, w.Failures = slices.Clone(s.Rows), slices.Clone(s.Failures)
	w.Total.Slow = within(of.Total.Slow)
	for i := range w.Rows {
		w.Rows[i].Slow = within(slow[w.Rows[i].Key])
	}
	for i := range w.Failures {
		w.Failures[i].Samples = within(samples[w.Failures[i].FailureKey])
	}
	return &w
}

// Row returns one row step by step, oldest first: each point and that row in its entry,
// which is empty when there were no samples. The zero Key stands for the total.
func (t Timeline) Row(key Key) iter.Seq2[Point, Row] {
	return func(yield func(Point, Row) bool) {
		var r reader
		for i := range t.entries {
			e := &t.entries[i]
			if !yield(e.Point, e.row(key, &r)) {
				return
			}
		}
	}
}

// row returns a row of the entry by way of a reader, which is used again and again.
func (e *Entry) row(key Key, r *reader) Row {
	hist := r.hist
	*r = e.open()
	r.hist = hist
	row := Row{Key: key}
	if key == (Key{}) || r.seek(key) {
		row = r.row(key)
	}
	e.check(r.err)
	return row
}

// seek goes from the total to what is said of a row beside its key, and reports whether
// there is such a row.
func (r *reader) seek(key Key) bool {
	r.bytes()
	for range r.length(MaxRows+others, 8) {
		method, name := r.bytes(), r.bytes()
		if string(name) == key.Name && string(method) == key.Method {
			return true
		}
		if string(name) > key.Name {
			return false
		}
		r.bytes()
	}
	return false
}
