package stats

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestBucketsAreThoseOfAnHDRHistogram(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	times := []int64{0, 1, 2, 1023, 1024, 2047, 2048, 2049, 2050, 4095, 4096, highest - 1, highest}
	for range 20_000 {
		times = append(times, min(highest, int64(math.Exp(chance.Float64()*22.1))))
	}
	hdr := hdrhistogram.NewPacked(1, highest, 3)
	m := new(mixer)
	for _, us := range times {
		if err := hdr.RecordValue(us); err != nil {
			t.Fatal(err)
		}
		m.time(bucketOf(us))
	}
	h, k := m.take(), 0
	for low, count := range hdr.ForEachBucket {
		got, _ := bounds(h.index[k])
		if got != low || h.count[k] != count {
			t.Fatalf("bucket %d is of %d µs and more, counts %d; want %d, %d", k, got, h.count[k], low, count)
		}
		k++
	}
	if k != len(h.index) {
		t.Errorf("%d buckets, want %d", len(h.index), k)
	}
}

func TestBucketsAreSeamless(t *testing.T) {
	next := int64(0)
	for i := range buckets {
		low, high := bounds(uint16(i))
		if low != next || high < low {
			t.Fatalf("bounds(%d) = %d, %d; want from %d", i, low, high, next)
		}
		if first, last := bucketOf(low), bucketOf(high); int(first) != i || int(last) != i {
			t.Fatalf("bucketOf(%d), bucketOf(%d) = %d, %d, want %d", low, high, first, last, i)
		}
		if low > 0 && float64(high-low) > float64(low)/1000 {
			t.Fatalf("bounds(%d) = %d, %d: wider than a thousandth", i, low, high)
		}
		next = high + 1
	}
	if got := bucketOf(highest); int(got) != buckets-1 {
		t.Errorf("bucketOf(%d) = %d, want the last, %d", highest, got, buckets-1)
	}
}

func randomHistogram(chance *rand.Rand) histogram {
	m := new(mixer)
	width := 1 + chance.IntN(buckets)
	for range chance.IntN(1 + chance.IntN(600)) {
		m.time(uint16(chance.IntN(width)))
	}
	return m.take()
}

func TestHistogramPlusAndMixerAgree(t *testing.T) {
	chance := rand.New(rand.NewPCG(2, 2))
	m := new(mixer)
	for range 1000 {
		a, b := randomHistogram(chance), randomHistogram(chance)
		if chance.IntN(3) == 0 && len(a.index) > 0 { // b's buckets are all in a
			b = histogram{a.index[:1+chance.IntN(len(a.index))], a.count}
			b.count = b.count[:len(b.index)]
		}
		m.add(a)
		m.add(b)
		want := m.take()
		for _, got := range []histogram{a.plus(b), b.plus(a)} {
			if !slices.Equal(got.index, want.index) || !slices.Equal(got.count, want.count) {
				t.Fatalf("%v.plus(%v) = %v, want %v", a, b, got, want)
			}
		}
	}
	if *m != (mixer{}) {
		t.Error("the mixer is not empty after take")
	}
}

func TestSeek(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 3))
	for range 1000 {
		index := randomHistogram(chance).index
		for range 20 {
			at, i := chance.IntN(len(index)+1), uint16(chance.IntN(buckets))
			want := at
			for want < len(index) && index[want] < i {
				want++
			}
			if got := seek(index, at, i); got != want {
				t.Fatalf("seek(%v, %d, %d) = %d, want %d", index, at, i, got, want)
			}
		}
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
	d := Delta{Rows: []Row{{Key: Key{"GET", "/"}, OK: sum}}}
	back, err := ParseDelta(d.AppendBinary(nil))
	if err != nil || !reflect.DeepEqual(back.Rows, d.Rows) {
		t.Errorf("ParseDelta(AppendBinary(%+v)) = %+v, %v", d.Rows, back.Rows, err)
	}
}
