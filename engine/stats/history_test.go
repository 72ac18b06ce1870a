package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"
)

// checkTimeline fails unless the entries of a timeline follow one another without a
// gap from epoch to end and add up to want.
func checkTimeline(t *testing.T, tl Timeline, end time.Time, want Delta) {
	t.Helper()
	at, i := epoch, 0
	var requests, failures int64
	for p := range tl.Points() {
		if !p.From.Equal(at) || !p.To.After(p.From) {
			t.Fatalf("point %d is from %v to %v, want from %v", i, p.From, p.To, at)
		}
		if !reflect.DeepEqual(p, tl.Point(i)) {
			t.Fatalf("Point(%d) = %+v, Points has %+v", i, tl.Point(i), p)
		}
		at = p.To
		requests += p.Requests
		failures += p.Failures
		i++
	}
	if i != tl.Len() || !at.Equal(end) {
		t.Fatalf("%d points until %v, want %d until %v", i, at, tl.Len(), end)
	}
	if total := want.Total(); requests != total.Requests() || failures != total.Failures() {
		t.Errorf("points have %d requests and %d failures, want %d, %d", requests, failures, total.Requests(), total.Failures())
	}
	var sum Delta
	i = 0
	for d := range tl.Deltas() {
		if p := tl.Point(i); !p.From.Equal(d.From) || !p.To.Equal(d.To) || !reflect.DeepEqual(p.Gauges, d.Gauges) || p.Requests != d.Total().Requests() {
			t.Fatalf("point %d is %+v, its delta from %v to %v with %+v and %d requests",
				i, p, d.From, d.To, d.Gauges, d.Total().Requests())
		}
		if i%100 == 0 {
			checkSame(t, "Delta", tl.Delta(i), d)
		}
		if i == 0 {
			sum = d
		} else {
			sum = sum.Plus(d)
		}
		i++
	}
	checkSame(t, "the sum of all entries", sum, want)
}

// spans returns how many points of a timeline are so long.
func spans(tl Timeline) map[time.Duration]int {
	count := map[time.Duration]int{}
	for p := range tl.Points() {
		count[p.Span()]++
	}
	return count
}

// fingerprint is what a published timeline must stay.
func fingerprint(tl Timeline) []Point { return slices.Collect(tl.Points()) }

func TestHistoryOfAWorkingDay(t *testing.T) {
	t.Parallel()
	const hours = 8
	traffic := newTraffic(2)
	source := deltas(traffic, 40, 12)
	for range 10 { // some with response times, some without
		r := NewRecorder(epoch)
		for i, s := range traffic.samples(12) {
			s.Lag = time.Duration(i%7) * time.Millisecond
			r.Shard(i).Record(s)
		}
		source = append(source, r.Drain(second(1), Gauges{}))
	}
	rand.New(rand.NewPCG(4, 4)).Shuffle(len(source), func(i, k int) { source[i], source[k] = source[k], source[i] })
	var h History
	var table Table
	type published struct {
		timeline Timeline
		points   []Point
	}
	var all []published
	for i := range hours * 3600 {
		d := source[i%len(source)]
		d.From, d.To, d.Users, d.Target = second(i), second(i+1), i, float64(i)/7
		d.Arrivals = Arrivals{Due: int64(i), Started: 1}
		d.Health = Health{Valid: 1, Worst: Vitals{Processor: 1 / float64(i%300+1)}}
		if i%100 == 0 {
			d.Health = Health{Invalid: 1, Reasons: []Reason{{fmt.Sprint("reason ", i%7), Invalid, 1}}}
		}
		h.Add(d)
		table.Add(d)
		if i%1801 == 0 || i > 900 && i < 925 {
			tl := h.Timeline()
			all = append(all, published{tl, fingerprint(tl)})
		}
		if n := h.Timeline().Len(); n > 900+10+2160+6+i/60 {
			t.Fatalf("%d entries after %d s", n, i)
		}
	}
	tl := h.Timeline()
	checkTimeline(t, tl, second(hours*3600), table.sum)
	got := spans(tl)
	fine, middle, coarse := got[time.Second], got[10*time.Second], got[time.Minute]
	if fine < 900 || fine > 910 || middle < 2160 || middle > 2166 || len(got) != 3 ||
		fine+10*middle+60*coarse != hours*3600 {
		t.Errorf("%d s, %d × 10 s, %d × 60 s of %v; want 900 to 910, 2160 to 2166, the rest", fine, middle, coarse, got)
	}
	for i, p := range all {
		if !reflect.DeepEqual(fingerprint(p.timeline), p.points) {
			t.Errorf("timeline %d has changed since it was published", i)
		}
		n := 0
		for d := range p.timeline.Deltas() {
			if n >= p.timeline.Len() || d.Total().Requests() != p.points[n].Requests {
				t.Fatalf("entry %d of timeline %d has changed since it was published", n, i)
			}
			if n++; n == 20 {
				break
			}
		}
	}
}

// The seconds of a history add up to its total, also when the numbers began anew in
// between: none is missing, none counts twice, none is negative.
func TestSecondsAddUpToTheTotal(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 1))
	r := NewRecorder(epoch)
	at := epoch
	for round, seconds := range []int{30, 1500, 1, 700} {
		var h History
		var table Table
		var sent, failed int64
		begin := at
		for range seconds {
			for range chance.IntN(50) {
				s := Sample{Method: "GET", Name: "/", Took: time.Duration(chance.Int64N(1e9))}
				if chance.IntN(3) == 0 {
					s.Problem = &Problem{Format: "odd"}
					failed++
				}
				r.Shard(int(sent)).Record(s)
				sent++
			}
			at = at.Add(time.Second + time.Duration(chance.Int64N(1e8))) // a ticker is late at times
			d := r.Drain(at, Gauges{})
			h.Add(d)
			table.Add(d)
		}
		requests, failures, span := 0.0, 0.0, time.Duration(0)
		for p := range h.Timeline().Points() {
			if p.Span() <= 0 || !p.From.Equal(begin.Add(span)) || p.Rate() < 0 || p.FailRate() > p.Rate() {
				t.Fatalf("round %d: a point from %v to %v after one until %v, of %v requests and %v failures per second",
					round, p.From, p.To, begin.Add(span), p.Rate(), p.FailRate())
			}
			requests += p.Rate() * p.Span().Seconds()
			failures += p.FailRate() * p.Span().Seconds()
			span += p.Span()
		}
		s := table.Snapshot()
		if s.Total.Requests() != sent || s.Total.Failures() != failed || s.Span() != at.Sub(begin) || span != at.Sub(begin) {
			t.Errorf("round %d: %d requests and %d failures in %v, %v of history, want %d, %d, %v", round,
				s.Total.Requests(), s.Total.Failures(), s.Span(), span, sent, failed, at.Sub(begin))
		}
		if math.Abs(requests-float64(sent)) > 1e-3 || math.Abs(failures-float64(failed)) > 1e-3 {
			t.Errorf("round %d: rates add up to %v requests and %v failures, want %d, %d", round, requests, failures, sent, failed)
		}
		at = at.Add(time.Duration(chance.Int64N(1e9)))
		r.Shard(0).Record(Sample{Name: "of no run"})
		r.Restart(at)
	}
}

func TestHistoryOfManyRowsIsBounded(t *testing.T) {
	source := deltas(newTraffic(40), 20, 200)
	entry := len(source[0].AppendBinary(nil))
	const n = 1500
	at := func(i int) Delta {
		d := source[i%len(source)]
		d.From, d.To = second(i), second(i+1)
		return d
	}
	sum := at(0)
	for i := 1; i < n; i++ {
		sum = sum.Plus(at(i))
	}
	for _, keep := range []int{3, 50, 300} { // entries that fit
		limit := keep * entry
		h := History{limit: limit}
		most := 0
		for i := range n {
			h.Add(at(i))
			most = max(most, h.packed)
		}
		// Each level needs some entries to merge, none larger than all together.
		beyond := 0
		for _, l := range levels {
			beyond += l.merge * len(sum.AppendBinary(nil))
		}
		if most > limit+beyond {
			t.Errorf("limit %d: %d bytes, want at most %d more", limit, most, beyond)
		}
		bytes := 0
		for _, e := range h.entries {
			bytes += len(e.packed)
		}
		if bytes != h.packed {
			t.Errorf("limit %d: %d bytes counted, want %d", limit, h.packed, bytes)
		}
		checkTimeline(t, h.Timeline(), second(n), sum)
	}
}

func TestHistoryNeedsLittleMemory(t *testing.T) {
	source := deltas(newTraffic(10), 20, 200)
	before := heap()
	var h History
	for i := range 2500 {
		d := source[i%len(source)]
		d.From, d.To = second(i), second(i+1)
		h.Add(d)
	}
	grown := heap() - before
	if limit := int64(h.Timeline().Len()) * 4 << 10; grown > limit {
		t.Errorf("%d entries hold %d bytes, want at most %d", h.Timeline().Len(), grown, limit)
	}
	runtime.KeepAlive(source)
}

func TestPoint(t *testing.T) {
	r := NewRecorder(epoch)
	for i := range 100 {
		s := Sample{Name: "/", Took: time.Duration(i+1) * time.Millisecond}
		if i >= 90 {
			s.Problem = &Problem{Format: "slow", At: epoch}
		}
		r.Shard(i).Record(s)
	}
	var h History
	h.Add(r.Drain(second(2), Gauges{Users: 7}))
	p := h.Timeline().Point(0)
	if p.Users != 7 || p.Requests != 100 || p.Failures != 10 || p.Span() != 2*time.Second {
		t.Errorf("Point = %+v, want 7 users, 100 requests, 10 failures in 2s", p)
	}
	checkRate(t, "requests", p.Rate(), 50)
	checkRate(t, "failures", p.FailRate(), 5)
	for _, q := range []struct{ got, want time.Duration }{
		{p.P50, 50 * time.Millisecond}, {p.P95, 95 * time.Millisecond}, {p.P99, 99 * time.Millisecond},
	} {
		if q.got < q.want || q.got-q.want > q.want/1000 {
			t.Errorf("percentiles %v, %v, %v; want 50ms, 95ms, 99ms of failed and other requests", p.P50, p.P95, p.P99)
		}
	}
}

func TestEmptyTimeline(t *testing.T) {
	var h History
	for _, tl := range []Timeline{{}, h.Timeline()} {
		if tl.Len() != 0 {
			t.Errorf("Len() = %d, want 0", tl.Len())
		}
		for p := range tl.Points() {
			t.Errorf("an empty timeline has %+v", p)
		}
		for d := range tl.Deltas() {
			t.Errorf("an empty timeline has %+v", d)
		}
	}
}

func TestTimelineCanBeLeftEarly(t *testing.T) {
	var h History
	for i, d := range deltas(newTraffic(1), 5, 10) {
		d.Users = i
		h.Add(d)
	}
	tl := h.Timeline()
	for p := range tl.Points() {
		if p.Users == 2 {
			break
		}
	}
	seen := 0
	for range tl.Deltas() {
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("saw %d deltas, want 2", seen)
	}
}
