package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A bucket is what Tally.Buckets yields.
type bucket struct {
	low   time.Duration
	count int64
}

func bucketsOf(t Tally) (list []bucket) {
	for low, count := range t.Buckets {
		list = append(list, bucket{low, count})
	}
	return list
}

// dense returns what a tally's histogram must be, from the other histogram of the
// library.
func dense(times []time.Duration) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, highest, 3)
	for _, took := range times {
		if err := h.RecordValue(took.Microseconds()); err != nil {
			panic(err)
		}
	}
	return h
}

func denseBuckets(h *hdrhistogram.Histogram) (list []bucket) {
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			list = append(list, bucket{micros(bar.From), bar.Count})
		}
	}
	return list
}

// randomTimes returns so many whole microseconds up to an hour, of every magnitude.
func randomTimes(chance *rand.Rand, n int) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		list[i] = micros(min(highest, int64(math.Exp(chance.Float64()*22.1))))
	}
	return list
}

func TestBucketsAreThoseOfAnHDRHistogram(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	edges := []time.Duration{0, 1, 2, 1023, 1024, 2047, 2048, 2049, 2050, 4095, 4096, time.Duration(highest - 1), time.Duration(highest)}
	for i := range edges {
		edges[i] *= time.Microsecond
	}
	for _, n := range []int{0, 1, 10, 400, 600, 20_000} { // few and many are mixed in different ways
		times := append(randomTimes(chance, n), edges...)
		got, want := tallyOf(times...), dense(times)
		if got, want := bucketsOf(got), denseBuckets(want); !slices.Equal(got, want) {
			t.Fatalf("buckets of %d times are\n%v\nwant\n%v", len(times), got, want)
		}
		back, err := ParseDelta(deltaOf(Row{OK: got}).AppendBinary(nil))
		if err != nil || !slices.Equal(bucketsOf(back.Rows[0].OK), denseBuckets(want)) {
			t.Fatalf("buckets of %d times come back as\n%v, %v", len(times), bucketsOf(back.Rows[0].OK), err)
		}
	}
}

func TestBucketsAreSeamless(t *testing.T) {
	m := newMixer()
	next := int64(0)
	for next < highest {
		var p pile
		for _, us := range []int64{next, next, highest} {
			p.add(micros(us), 0, 0)
		}
		low, high := next, p.take(m).Percentile(50).Microseconds()
		p.add(micros(low), 0, 0)
		p.add(micros(high), 0, 0)
		if got := bucketsOf(p.take(m)); !slices.Equal(got, []bucket{{micros(low), 2}}) {
			t.Fatalf("%d and %d µs are in %v, want one bucket from %[1]d", low, high, got)
		}
		if low > 0 && float64(high-low) > float64(low)/1000 {
			t.Fatalf("a bucket from %d to %d µs: wider than a thousandth", low, high)
		}
		for _, us := range []int64{low, high} {
			if got := width(us); got != high+1-low && high != highest {
				t.Fatalf("width(%d) = %d, want %d", us, got, high+1-low)
			}
		}
		next = high + 1
	}
}

func TestHistogramsAndMixerAgree(t *testing.T) {
	chance := rand.New(rand.NewPCG(2, 2))
	m := newMixer()
	for range 300 {
		times := [2][]time.Duration{}
		for i := range times {
			times[i] = randomTimes(chance, 1+chance.IntN(1+chance.IntN(1500)))
		}
		if chance.IntN(3) == 0 { // b's buckets are all in a
			times[1] = times[0][:1+chance.IntN(len(times[0]))]
		}
		a, b := tallyOf(times[0]...).hist, tallyOf(times[1]...).hist
		m.add(a)
		m.add(b)
		want := denseBuckets(dense(slices.Concat(times[0], times[1])))
		for i, got := range []histogram{merged(a, b), merged(b, a), m.take()} {
			if got := bucketsOf(Tally{Count: 1, hist: got}); !slices.Equal(got, want) {
				t.Fatalf("sum %d of %v and %v is\n%v\nwant\n%v", i, times[0], times[1], got, want)
			}
		}
	}
	if m.few.TotalCount() != 0 || !m.all.Equals(newMixer().all) {
		t.Error("the mixer is not empty after take")
	}
}

func TestCountersSaturate(t *testing.T) {
	one := tallyOf(1, 2, 3)
	sum := one
	for range 80 {
		sum = sum.Plus(sum)
	}
	if sum.Count != math.MaxInt64 || sum.Bytes != math.MaxInt64 {
		t.Errorf("after doubling 80 times: %d samples of %d bytes, want both %d", sum.Count, sum.Bytes, math.MaxInt64)
	}
	if got := sum.Percentile(50); got != one.Percentile(50) {
		t.Errorf("Percentile(50) = %v, want %v", got, one.Percentile(50))
	}
	if err := sum.check(); err != nil {
		t.Error(err)
	}
	more := sum.Plus(tallyOf(time.Second, time.Hour)).Plus(sum)
	if got := more.Percentile(99.99); more.Count != math.MaxInt64 || got < one.Min() || got > time.Hour || more.Max() != time.Hour {
		t.Errorf("with two more: %d samples, Percentile(99.99) = %v, Max() = %v", more.Count, got, more.Max())
	}
	if err := more.check(); err != nil {
		t.Error(err)
	}
	d := deltaOf(Row{Key: Key{"GET", "/"}, OK: sum})
	back, err := ParseDelta(d.AppendBinary(nil))
	if diff := listDifference(back.Rows, d.Rows); err != nil || diff != "" {
		t.Errorf("ParseDelta(AppendBinary): %v, %s", err, diff)
	}
}
