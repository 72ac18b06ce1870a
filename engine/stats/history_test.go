package stats

import (
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
		if p != tl.Point(i) {
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
		if p := tl.Point(i); !p.From.Equal(d.From) || !p.To.Equal(d.To) || p.Users != d.Users || p.Requests != d.Total().Requests() {
			t.Fatalf("point %d is %+v, its delta from %v to %v with %d users and %d requests",
				i, p, d.From, d.To, d.Users, d.Total().Requests())
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
	const hours = 8
	source := deltas(newTraffic(2), 50, 12)
	var h History
	var table Table
	type published struct {
		timeline Timeline
		points   []Point
	}
	var all []published
	for i := range hours * 3600 {
		d := source[i%len(source)]
		d.From, d.To, d.Users = second(i), second(i+1), i
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
		if !slices.Equal(fingerprint(p.timeline), p.points) {
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

func TestHistoryOfManyRowsIsBounded(t *testing.T) {
	source := deltas(newTraffic(40), 20, 200)
	entry := len(source[0].AppendBinary(nil))
	for _, keep := range []int{3, 50, 300} { // entries that fit
		limit := keep * entry
		h := History{limit: limit}
		var sum Delta
		const n = 1500
		most := 0
		for i := range n {
			d := source[i%len(source)]
			d.From, d.To = second(i), second(i+1)
			h.Add(d)
			if i == 0 {
				sum = d
			} else {
				sum = sum.Plus(d)
			}
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
	h.Add(r.Drain(second(2), 7))
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
