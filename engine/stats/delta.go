package stats

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// MaxRows bounds rows, phases, failures and exceptions alike.
const MaxRows = 1000

// Other names the row that counts what came after MaxRows different ones. Groups have
// one of their own, as have failures that are Ours: neither counts requests.
const Other = "(other)"

// others is how many rows may be called Other.
const others = 2

// A Key is what identifies a row.
type Key struct{ Method, Name string }

// other returns the key under which a row of key k is counted that finds no room.
func (k Key) other() Key {
	if k.Method == Group {
		return Key{Group, Other}
	}
	return Key{"", Other}
}

func compareKeys(a, b Key) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Method, b.Method))
}

func compareRows(a, b Row) int { return compareKeys(a.Key, b.Key) }

// A Row is the samples of one key, the successful apart from the failed.
type Row struct {
	Key
	OK, Failed Tally
	Statuses   Counts     // all of them by status code; 0: without an answer, or there is no such thing
	Crowd      Counts     // all of them by how many users there were, see CrowdOf
	Slow       []Exemplar // the slowest of them, the slowest first; at most MaxSlow
}

// All returns the tally of successful and failed samples together.
func (r Row) All() Tally { return r.OK.Plus(r.Failed) }

// Requests returns how many requests there were, failed ones included.
func (r Row) Requests() int64 { return saturated(r.OK.Count, r.Failed.Count) }

// Failures returns how many of the requests failed.
func (r Row) Failures() int64 { return r.Failed.Count }

// FailRatio returns the share of failed requests, from 0 to 1; 0 without requests.
func (r Row) FailRatio() float64 {
	if r.Requests() == 0 {
		return 0
	}
	return float64(r.Failures()) / float64(r.Requests())
}

// Plus returns what is in r and in s.
func (r Row) Plus(s Row) Row { return r.plusBy(s, merged) }

// plusInto is Plus, but changes r's histograms, which nobody else must have.
func (r Row) plusInto(s Row) Row { return r.plusBy(s, mergedInto) }

// plusBy is Plus by one way or another of adding up histograms.
func (r Row) plusBy(s Row, merge func(h, g histogram) histogram) Row {
	r.OK, r.Failed = r.OK.plus(s.OK, merge), r.Failed.plus(s.Failed, merge)
	r.Statuses, r.Crowd = r.Statuses.Plus(s.Statuses), r.Crowd.Plus(s.Crowd)
	r.Slow = slowest(r.Slow, s.Slow)
	return r
}

// A FailureKey is what failures are grouped by.
type FailureKey struct {
	Method, Name, Format string
	Ours                 bool // these could not be sent, see Problem.Ours: they are no requests
}

func (k FailureKey) other() FailureKey { return FailureKey{"", Other, Other, k.Ours} }

// A Failure is all failed requests of one kind on one row.
type Failure struct {
	FailureKey
	Count       int64
	Example     string // the message of the latest
	First, Last time.Time
	Users       int        // how many users there were at the first
	Status      int        // status code of the latest; 0 without one
	Crowd       Counts     // all of them by how many users there were, see CrowdOf
	Samples     []Exemplar // some of them, oldest first: the first, and others at random; at most MaxFailed
}

func (f Failure) plus(g Failure) Failure {
	if f.Count == 0 {
		return g
	}
	f.count(g)
	f.Crowd = f.Crowd.Plus(g.Crowd)
	f.Samples = chosen(f.Samples, g.Samples)
	return f
}

// count adds all of g but its crowd and its samples.
func (f *Failure) count(g Failure) {
	first := f.Count == 0
	f.Count = saturated(f.Count, g.Count)
	if first || cmp.Or(g.First.Compare(f.First), cmp.Compare(g.Users, f.Users)) < 0 {
		f.First, f.Users = g.First, g.Users
	}
	if first || cmp.Or(g.Last.Compare(f.Last), strings.Compare(g.Example, f.Example), cmp.Compare(g.Status, f.Status)) > 0 {
		f.Last, f.Example, f.Status = g.Last, g.Example, g.Status
	}
}

// later reports whether t is after u. At the same moment the texts that go with them
// decide, so that sums do not depend on the order of adding.
func later(t, u time.Time, ofT, ofU string) bool {
	return cmp.Or(t.Compare(u), strings.Compare(ofT, ofU)) > 0
}

func compareFailures(a, b Failure) int {
	order := cmp.Or(
		strings.Compare(a.Name, b.Name), strings.Compare(a.Method, b.Method), strings.Compare(a.Format, b.Format))
	switch {
	case order != 0 || a.Ours == b.Ours:
		return order
	case b.Ours:
		return -1
	}
	return 1
}

// An Exception is all errors of scenario code of one kind.
type Exception struct {
	Group       string // what exceptions are grouped by
	Count       int64
	Message     string // of the latest
	Stack       string // of the first
	First, Last time.Time
}

func (e Exception) plus(f Exception) Exception {
	if e.Count == 0 {
		return f
	}
	e.Count = saturated(e.Count, f.Count)
	if later(e.First, f.First, e.Stack, f.Stack) {
		e.First, e.Stack = f.First, f.Stack
	}
	if later(f.Last, e.Last, f.Message, e.Message) {
		e.Last, e.Message = f.Last, f.Message
	}
	return e
}

func compareExceptions(a, b Exception) int { return strings.Compare(a.Group, b.Group) }

// A Delta is what happened between two moments. It is the one currency of the
// package: tables and histories are sums of deltas. Its slices are sorted and
// never change once it exists.
type Delta struct {
	From, To time.Time // on the clock of the recorder, see Recorder
	Gauges
	Rows       []Row
	Phases     []Row // parts of requests' times, see PhaseDNS; what they count are no requests of their own
	Failures   []Failure
	Exceptions []Exception

	total Row // of the rows, computed once
}

// Phases of a request. They are the methods of the rows of Delta.Phases, whose name
// is empty: such a row is of all requests together, failed ones included, and only its
// OK is used. The first bytes of streamed requests are there once more, and then the
// name is that of their row with its method before it: "GET /events". Groups have no
// phases.
const (
	PhaseDNS       = "DNS lookup"
	PhaseConnect   = "connect"
	PhaseTLS       = "TLS handshake"
	PhaseFirstByte = "first byte"
)

// Span returns the time between From and To, never negative.
func (d Delta) Span() time.Duration { return max(0, d.To.Sub(d.From)) }

// Total returns the sum of all rows but groups. Its Key is empty.
func (d Delta) Total() Row { return d.total }

// total returns the sum of rows that are no groups. The mixer is empty before and
// after.
func total(rows []Row, m *mixer) Row {
	all := Row{
		OK:     sum(rows, m, func(r *Row) *Tally { return &r.OK }),
		Failed: sum(rows, m, func(r *Row) *Tally { return &r.Failed }),
	}
	var statuses, crowd counter
	for i := range rows {
		if r := &rows[i]; r.Method != Group {
			statuses.plus(r.Statuses)
			crowd.plus(r.Crowd)
			all.Slow = slowest(all.Slow, r.Slow)
		}
	}
	all.Statuses, all.Crowd = statuses.take(), crowd.take()
	return all
}

// sum returns the sum of one tally of each row that is no group.
func sum(rows []Row, m *mixer, tally func(*Row) *Tally) (all Tally) {
	lagged := false
	for i := range rows {
		if t := tally(&rows[i]); t.Count > 0 && rows[i].Method != Group {
			all.count(*t)
			m.add(t.hist)
			lagged = lagged || t.Lagged()
		}
	}
	if all.Count > 0 {
		all.hist = m.take()
	}
	if lagged {
		response := sum(rows, m, func(r *Row) *Tally {
			t := tally(r)
			return cmp.Or(t.response, t)
		})
		all.response = &response
	}
	return all
}

// Plus returns what happened in d and then in e. Users and target are those at the
// end of e. It keeps to MaxRows: every row, phase, failure and exception of d stays,
// those of e join as long as there is room and are counted under Other then.
func (d Delta) Plus(e Delta) Delta { return d.plus(e, Row.Plus) }

// plus is Plus by one way or another of adding up rows.
func (d Delta) plus(e Delta, plus func(r, s Row) Row) Delta {
	rows := merger[Row]{MaxRows, compareRows, plus, func(r Row) Row {
		r.Key = r.Key.other()
		return r
	}}
	return Delta{
		From: d.From, To: e.To, Gauges: d.Gauges.plus(e.Gauges),
		Rows:       rows.merge(d.Rows, e.Rows),
		Phases:     rows.merge(d.Phases, e.Phases),
		Failures:   failureMerger.merge(d.Failures, e.Failures),
		Exceptions: exceptionMerger.merge(d.Exceptions, e.Exceptions),
		total:      plus(d.total, e.total),
	}
}

// A merger knows how to add up lists of T.
type merger[T any] struct {
	most    int // elements beside those of Other
	compare func(a, b T) int
	plus    func(a, b T) T
	other   func(T) T // the same, as part of Other
}

var (
	failureMerger = merger[Failure]{MaxRows, compareFailures, Failure.plus, func(f Failure) Failure {
		f.FailureKey = f.FailureKey.other()
		return f
	}}
	exceptionMerger = merger[Exception]{MaxRows, compareExceptions, Exception.plus, func(e Exception) Exception {
		e.Group = Other
		return e
	}}
)

// merge returns two sorted lists as one, equal elements added up, and what would make
// a longer than it may be added to Other.
func (m merger[T]) merge(a, b []T) []T {
	if len(a)+len(b) > m.most {
		b = m.fitted(a, b)
	}
	return m.join(a, b)
}

// fitted returns b with what there is no room for beside a as part of Other.
func (m merger[T]) fitted(a, b []T) []T {
	room := m.most
	for _, v := range a {
		if m.compare(v, m.other(v)) != 0 {
			room--
		}
	}
	var kept, other []T
	for _, v := range b {
		as := m.other(v)
		_, known := slices.BinarySearchFunc(a, v, m.compare)
		switch {
		case known || m.compare(v, as) == 0:
			kept = append(kept, v)
		case room > 0:
			room--
			kept = append(kept, v)
		default:
			other = m.join(other, []T{as})
		}
	}
	return m.join(kept, other)
}

// join returns two sorted lists as one, equal elements added up.
func (m merger[T]) join(a, b []T) []T {
	if len(b) == 0 {
		return a
	}
	if len(a) == 0 {
		return b
	}
	out := make([]T, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch c := m.compare(a[0], b[0]); {
		case c < 0:
			out, a = append(out, a[0]), a[1:]
		case c > 0:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, m.plus(a[0], b[0])), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}
