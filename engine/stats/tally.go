package stats

import (
	"math"
	"time"
)

// A Tally is how many samples there were, how long they took and how big they
// were. The zero Tally is empty. Tallies are values: Plus returns a new one and
// changes neither side, so a published Tally never changes. Its counters stay at the
// largest number instead of overflowing.
type Tally struct {
	Count    int64
	Bytes    int64
	Clamped  int64 // samples longer than one hour, counted as one hour
	sum      int64 // µs
	min, max int64 // µs; meaningless while Count is 0
	hist     histogram
	response *Tally // the same samples by response time; nil while none had a lag
}

// Plus returns the tally of t's samples and u's together.
func (t Tally) Plus(u Tally) Tally { return t.plus(u, merged) }

// plus is Plus by one way or another of adding up histograms.
func (t Tally) plus(u Tally, merge func(h, g histogram) histogram) Tally {
	if u.Count == 0 {
		return t
	}
	if t.Count == 0 {
		return u
	}
	if t.Lagged() || u.Lagged() {
		merge := merge
		if !t.Lagged() || !u.Lagged() {
			merge = merged // one of the histograms is of service and response times alike
		}
		response := t.Response().plus(u.Response(), merge)
		t.response = &response
	}
	t.count(u)
	t.hist = merge(t.hist, u.hist)
	return t
}

// count adds all of u but its histogram and its response times.
func (t *Tally) count(u Tally) {
	if u.Count == 0 {
		return
	}
	if t.Count == 0 {
		t.min, t.max = u.min, u.max
	}
	t.Count = saturated(t.Count, u.Count)
	t.Bytes = saturated(t.Bytes, u.Bytes)
	t.Clamped = saturated(t.Clamped, u.Clamped)
	t.sum = saturated(t.sum, u.sum)
	t.min, t.max = min(t.min, u.min), max(t.max, u.max)
}

// Lagged reports whether a sample was sent after its intended start. Only then is
// Response another tally than t.
func (t Tally) Lagged() bool { return t.response != nil }

// Response returns the tally of response times, from the intended start to the last
// byte read, of all samples: one without a lag counts with its service time. It is t
// itself when no sample had a lag.
func (t Tally) Response() Tally {
	if t.response == nil {
		return t
	}
	return *t.response
}

// Min returns the shortest time, 0 without samples.
func (t Tally) Min() time.Duration {
	if t.Count == 0 {
		return 0
	}
	return micros(t.min)
}

// Max returns the longest time, 0 without samples.
func (t Tally) Max() time.Duration {
	if t.Count == 0 {
		return 0
	}
	return micros(t.max)
}

// Mean returns the exact average time, 0 without samples.
func (t Tally) Mean() time.Duration {
	if t.Count == 0 {
		return 0
	}
	return time.Duration(float64(t.sum) / float64(t.Count) * float64(time.Microsecond))
}

// MeanBytes returns the average size, 0 without samples.
func (t Tally) MeanBytes() float64 {
	if t.Count == 0 {
		return 0
	}
	return float64(t.Bytes) / float64(t.Count)
}

// Percentile returns the smallest recorded time that at least p percent of the
// samples do not exceed; p is from 0 to 100. It is 0 without samples.
func (t Tally) Percentile(p float64) time.Duration {
	switch {
	case t.Count == 0:
		return 0
	case !(p > 0):
		return t.Min()
	}
	// p percent of the samples, less what binary fractions may have made too much of
	// it: 99.9 % of 1,000 are 999 and not a little more.
	n := math.Ceil(p / 100 * float64(t.Count) * (1 - 1e-14))
	if n >= float64(t.Count) {
		return t.Max()
	}
	// The histogram takes the nearest rank, which is n for n of Count, and answers with
	// the top of its bucket; the exact extremes bound it.
	high := t.hist.ValueAtPercentile(100 * n / float64(t.Count))
	return micros(min(max(high, t.min), t.max))
}

// Percentiles returns several percentiles, in the order asked for.
func (t Tally) Percentiles(ps ...float64) []time.Duration {
	out := make([]time.Duration, len(ps))
	for i, p := range ps {
		out[i] = t.Percentile(p)
	}
	return out
}

// Buckets calls yield for each populated bucket of the histogram, in ascending
// order: the smallest time the bucket stands for and how many samples it holds.
func (t Tally) Buckets(yield func(lowest time.Duration, count int64) bool) {
	if t.Count == 0 {
		return
	}
	for us, n := range t.hist.ForEachBucket {
		if !yield(micros(us), n) {
			return
		}
	}
}

func micros(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// A pile collects samples one by one until they become a tally.
type pile struct {
	service  batch
	response batch // of the same samples; empty until one has a lag
}

// add adds a sample with its service time and its lag.
func (p *pile) add(took, lag time.Duration, bytes int64) {
	took, bytes = max(0, took), max(0, bytes)
	if lag > 0 && p.response.Count == 0 { // all before had none
		p.response.Tally = p.service.Tally
		p.response.times = append(p.response.times, p.service.times...)
	}
	if lag > 0 || p.response.Count > 0 {
		p.response.add(saturated(took, max(0, lag)), bytes)
	}
	p.service.add(took, bytes)
}

// take returns the tally and empties the pile. The mixer is empty before and after.
func (p *pile) take(m *mixer) Tally {
	t := p.service.take(m)
	if p.response.Count > 0 {
		response := p.response.take(m)
		t.response = &response
	}
	return t
}

// A batch is one time of each sample of a pile.
type batch struct {
	Tally          // all but the histogram
	times []uint32 // µs
}

func (b *batch) add(took time.Duration, bytes int64) {
	us := int64(took / time.Microsecond)
	if took%time.Microsecond >= time.Microsecond/2 {
		us++ // to the nearest
	}
	if us > highest {
		us = highest
		b.Clamped++
	}
	if b.Count == 0 {
		b.min, b.max = us, us
	}
	b.min, b.max = min(b.min, us), max(b.max, us)
	b.Count++
	b.Bytes = saturated(b.Bytes, bytes)
	b.sum += us
	b.times = append(b.times, uint32(us))
}

// take returns the tally and empties the batch.
func (b *batch) take(m *mixer) Tally {
	if b.Count == 0 {
		return Tally{}
	}
	for _, us := range b.times {
		m.time(int64(us))
	}
	t := b.Tally
	t.hist = m.take()
	b.Tally, b.times = Tally{}, b.times[:0]
	return t
}

// saturated returns a+b, or the largest number when that is larger. Neither is
// negative.
func saturated[T ~int64](a, b T) T {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt64
}
