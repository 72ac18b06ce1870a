package stats

import (
	"iter"
	"math"
	"slices"
	"time"
)

// within returns the entries whose middle lies from one moment to another, both included.
func (t Timeline) within(from, to time.Time) []Entry {
	var list []Entry
	for _, e := range t.entries {
		if middle := e.From.Add(e.Span() / 2); !middle.Before(from) && !middle.After(to) {
			list = append(list, e)
		}
	}
	return list
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
	var sum Delta
	parts := newParts(entries)
	total, rows, failures := newParted(), map[Key]*parted{}, map[FailureKey]*parted{}
	for i, e := range entries {
		d := e.Delta()
		if i == 0 {
			sum = d
		} else {
			sum = sum.Plus(d)
		}
		parts.add(total, i, d.total.Requests(), d.total.Failures())
		for k := range d.Rows {
			r := &d.Rows[k]
			parts.add(partedOf(rows, r.Key), i, r.Requests(), r.Failures())
		}
		for k := range d.Failures {
			f := &d.Failures[k]
			parts.add(partedOf(failures, f.FailureKey), i, f.Count, f.Count)
		}
	}
	s := &Snapshot{
		From: sum.From, To: sum.To, Current: sum.total, CurrentSpan: sum.Span(),
		Phases: sum.Phases, Arrivals: sum.Arrivals, Health: sum.Health, Exceptions: sum.Exceptions,
	}
	line := func(r Row, p *parted) Line {
		requests, failures := s.Rates(r)
		return Line{r, requests, failures, rounded(p.all), rounded(p.failed)}
	}
	s.Total = line(sum.total, total)
	for _, r := range sum.Rows {
		s.Rows = append(s.Rows, line(r, partedOf(rows, r.Key)))
	}
	for _, f := range sum.Failures {
		s.Failures = append(s.Failures, FailureLine{f, rounded(partedOf(failures, f.FailureKey).all)})
	}
	return s
}

// A parted is what was counted in each part of a window.
type parted struct{ all, failed []float64 }

func newParted() *parted { return &parted{make([]float64, maxTrend), make([]float64, maxTrend)} }

func partedOf[K comparable](m map[K]*parted, key K) *parted {
	if m[key] == nil {
		m[key] = newParted()
	}
	return m[key]
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
	for i, e := range entries {
		// Where it begins and ends, in parts.
		begin, end := 0.0, 0.0
		if span > 0 {
			begin, end = e.From.Sub(from).Seconds()/span*float64(p.n), e.To.Sub(from).Seconds()/span*float64(p.n)
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

// add counts requests and failures of the i-th entry.
func (p parts) add(to *parted, i int, requests, failures int64) {
	to.all, to.failed = to.all[:p.n], to.failed[:p.n]
	for _, s := range p.shares[i] {
		to.all[s.part] += s.of * float64(requests)
		to.failed[s.part] += s.of * float64(failures)
	}
}

// rounded returns whole numbers of the same sum.
func rounded(list []float64) []uint32 {
	out := make([]uint32, len(list))
	sum, last := 0.0, 0.0
	for i, x := range list {
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
		slow[of.Rows[i].Key] = within(of.Rows[i].Slow)
	}
	samples := map[FailureKey][]Exemplar{}
	for i := range of.Failures {
		samples[of.Failures[i].FailureKey] = within(of.Failures[i].Samples)
	}
	w := *s
	w.Rows, w.Failures = slices.Clone(s.Rows), slices.Clone(s.Failures)
	w.Total.Slow = within(of.Total.Slow)
	for i := range w.Rows {
		w.Rows[i].Slow = slow[w.Rows[i].Key]
	}
	for i := range w.Failures {
		w.Failures[i].Samples = samples[w.Failures[i].FailureKey]
	}
	return &w
}

// Row returns one row step by step, oldest first: each point and that row in its entry,
// which is empty when there were no samples. The zero Key stands for the total.
func (t Timeline) Row(key Key) iter.Seq2[Point, Row] {
	return func(yield func(Point, Row) bool) {
		for _, e := range t.entries {
			d := e.Delta()
			row := Row{Key: key}
			if key == (Key{}) {
				row = d.total
			} else if i, found := slices.BinarySearchFunc(d.Rows, row, compareRows); found {
				row = d.Rows[i]
			}
			if !yield(e.Point, row) {
				return
			}
		}
	}
}
