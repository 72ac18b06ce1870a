package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestPercentilesAreThoseOfTheSortedSamples(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	random := func(n int, next func() float64) []time.Duration {
		list := make([]time.Duration, n)
		for i := range list {
			list[i] = time.Duration(next() * float64(time.Microsecond)).Round(time.Microsecond)
		}
		return list
	}
	pareto := func() float64 { return min(100/math.Pow(1-chance.Float64(), 1.5), 3.5e9) }
	for _, test := range []struct {
		name  string
		times []time.Duration
	}{
		{"one", random(1, pareto)},
		{"two", random(2, pareto)},
		{"three", []time.Duration{time.Second, 2 * time.Second, 3 * time.Second}},
		{"all equal", slices.Repeat([]time.Duration{1234567 * time.Microsecond}, 1000)},
		{"all zero", make([]time.Duration, 10)},
		{"uniform", random(10_000, func() float64 { return chance.Float64() * 1e6 })},
		{"below the buckets' growth", random(10_000, func() float64 { return chance.Float64() * 3000 })},
		{"log-normal", random(10_000, func() float64 { return 20_000 * math.Exp(chance.NormFloat64()) })},
		{"heavy tail", random(100_000, pareto)},
		{"160", random(160, pareto)},
		{"997", random(997, pareto)},
	} {
		tally := tallyOf(test.times...)
		slices.Sort(test.times)
		n := len(test.times)
		for _, p := range []float64{0.1, 1, 10, 25, 33.3, 40, 50, 66, 75, 90, 95, 99, 99.9, 99.99, 99.999} {
			rank := 1
			for float64(rank)*100 < p*float64(n)-1e-6 { // at least p percent do not exceed it
				rank++
			}
			got, want := tally.Percentile(p), test.times[rank-1]
			if got < want || float64(got-want) > float64(want)/1000 {
				t.Errorf("%s: Percentile(%v) of %d = %v, want %v and at most 0.1 %% more", test.name, p, n, got, want)
			}
			if got > tally.Max() {
				t.Errorf("%s: Percentile(%v) = %v, above the maximum %v", test.name, p, got, tally.Max())
			}
		}
		least, most := test.times[0], test.times[n-1]
		for p, want := range map[float64]time.Duration{
			math.Inf(-1): least, -1: least, 0: least, math.NaN(): least, 100: most, 101: most, math.Inf(1): most,
		} {
			if got := tally.Percentile(p); got != want {
				t.Errorf("%s: Percentile(%v) = %v, want %v", test.name, p, got, want)
			}
		}
	}
}

func TestPercentileOfEveryRank(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 160, 997, 1001, 2047} { // each time has a bucket
		var p pile
		for us := range n {
			p.add(micros(int64(us)), 1)
		}
		tally := p.take(newMixer())
		for us := range n {
			if got, want := tally.Percentile(100*float64(us+1)/float64(n)), micros(int64(us)); got != want {
				t.Errorf("the percentile of rank %d of %d is %v, want %v", us+1, n, got, want)
			}
		}
	}
}

func TestPercentilesKeepTheirOrder(t *testing.T) {
	tally := tallyOf(1*time.Second, 2*time.Second, 3*time.Second, 4*time.Second)
	got := tally.Percentiles(100, 0, 50)
	want := []time.Duration{tally.Percentile(100), tally.Percentile(0), tally.Percentile(50)}
	if !slices.Equal(got, want) {
		t.Errorf("Percentiles(100, 0, 50) = %v, want %v", got, want)
	}
	if got := tally.Percentiles(); len(got) != 0 {
		t.Errorf("Percentiles() = %v, want none", got)
	}
}

func TestTallyIsExact(t *testing.T) {
	const µs = time.Microsecond
	for _, test := range []struct {
		name           string
		took           []time.Duration
		min, max, mean time.Duration
		clamped        int64
	}{
		{"none", nil, 0, 0, 0, 0},
		{"one", []time.Duration{1500 * µs}, 1500 * µs, 1500 * µs, 1500 * µs, 0},
		{"several", []time.Duration{3 * time.Second, 1 * µs, 2 * µs}, 1 * µs, 3 * time.Second, 1000001 * µs, 0},
		{"zero", []time.Duration{0, 2 * µs}, 0, 2 * µs, 1 * µs, 0},
		{"negative", []time.Duration{-1, -time.Hour, math.MinInt64}, 0, 0, 0, 0},
		{"rounded to the nearest", []time.Duration{499, 500, 1499, 1500}, 0, 2 * µs, 1 * µs, 0},
		{"an hour", []time.Duration{time.Hour}, time.Hour, time.Hour, time.Hour, 0},
		{"longer", []time.Duration{time.Hour + µs, 48 * time.Hour, math.MaxInt64, time.Hour - µs},
			time.Hour - µs, time.Hour, time.Hour - 250, 3},
	} {
		tally := tallyOf(test.took...)
		if tally.Count != int64(len(test.took)) || tally.Bytes != int64(len(test.took)) {
			t.Errorf("%s: %d samples of %d bytes, want %d", test.name, tally.Count, tally.Bytes, len(test.took))
		}
		if tally.Min() != test.min || tally.Max() != test.max || tally.Mean() != test.mean {
			t.Errorf("%s: min, max, mean = %v, %v, %v, want %v, %v, %v",
				test.name, tally.Min(), tally.Max(), tally.Mean(), test.min, test.max, test.mean)
		}
		if tally.Clamped != test.clamped {
			t.Errorf("%s: %d clamped, want %d", test.name, tally.Clamped, test.clamped)
		}
	}
}

func TestEmptyTally(t *testing.T) {
	var none Tally
	if got := none.Percentiles(0, 50, 100); !slices.Equal(got, make([]time.Duration, 3)) {
		t.Errorf("Percentiles of nothing = %v, want zeros", got)
	}
	if got := none.MeanBytes(); got != 0 {
		t.Errorf("MeanBytes of nothing = %v, want 0", got)
	}
	for low, count := range none.Buckets {
		t.Errorf("nothing has a bucket: %v, %d", low, count)
	}
	some := tallyOf(time.Second)
	if got := none.Plus(some); !reflect.DeepEqual(got, some) {
		t.Errorf("nothing.Plus(%+v) = %+v", some, got)
	}
	if got := some.Plus(none); !reflect.DeepEqual(got, some) {
		t.Errorf("%+v.Plus(nothing) = %+v", some, got)
	}
}

func TestNegativeBytesAreNone(t *testing.T) {
	var p pile
	p.add(1, -5)
	p.add(1, 7)
	if got := p.take(newMixer()); got.Bytes != 7 || got.MeanBytes() != 3.5 {
		t.Errorf("-5 and 7 bytes are %d, %v on average, want 7, 3.5", got.Bytes, got.MeanBytes())
	}
}

func TestBuckets(t *testing.T) {
	tally := tallyOf(0, time.Microsecond, time.Microsecond, time.Second, time.Hour)
	want := []bucket{{0, 1}, {time.Microsecond, 2}, {999_936 * time.Microsecond, 1}, {3_598_712_832 * time.Microsecond, 1}}
	if got := bucketsOf(tally); !slices.Equal(got, want) {
		t.Errorf("Buckets = %v, want %v", got, want)
	}
	for range tally.Buckets {
		break
	}
}

func randomTally(chance *rand.Rand) Tally {
	var p pile
	for range chance.IntN(1 + chance.IntN(200)) {
		p.add(time.Duration(math.Exp(chance.Float64()*30)), chance.Int64N(1e6))
	}
	return p.take(newMixer())
}

func TestTallyPlus(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		a, b, c := randomTally(chance), randomTally(chance), randomTally(chance)
		before := []any{plain(a), plain(b), plain(c)}
		if ab, ba := plain(a.Plus(b)), plain(b.Plus(a)); !reflect.DeepEqual(ab, ba) {
			t.Fatalf("a.Plus(b) = %+v, b.Plus(a) = %+v", ab, ba)
		}
		if left, right := plain(a.Plus(b).Plus(c)), plain(a.Plus(b.Plus(c))); !reflect.DeepEqual(left, right) {
			t.Fatalf("(a+b)+c = %+v, a+(b+c) = %+v", left, right)
		}
		if after := []any{plain(a), plain(b), plain(c)}; !reflect.DeepEqual(after, before) {
			t.Fatalf("Plus made %+v of %+v", after, before)
		}
	}
}

func TestABillionSamples(t *testing.T) {
	var p pile
	var times []time.Duration
	chance := rand.New(rand.NewPCG(7, 8))
	for range 1000 {
		took := time.Duration(10_000*math.Exp(2*chance.NormFloat64())) * time.Microsecond
		times = append(times, took)
		p.add(took, 1_000_000)
	}
	sum := p.take(newMixer())
	want := sum
	for range 30 { // 2^30 times as many
		sum = sum.Plus(sum)
	}
	if n := want.Count << 30; sum.Count != n || sum.Bytes != n*1_000_000 {
		t.Errorf("%d samples of %d bytes, want %d of %d", sum.Count, sum.Bytes, n, n*1_000_000)
	}
	if sum.Mean() != want.Mean() || sum.Min() != want.Min() || sum.Max() != want.Max() {
		t.Errorf("mean, min, max = %v, %v, %v, want %v, %v, %v",
			sum.Mean(), sum.Min(), sum.Max(), want.Mean(), want.Min(), want.Max())
	}
	slices.SortFunc(times, cmp.Compare)
	for _, p := range []float64{50, 99, 99.9, 99.95, 99.999} {
		exact := times[int(math.Ceil(p*10-1e-9))-1]
		if got := sum.Percentile(p); got < exact || float64(got-exact) > float64(exact)/1000 {
			t.Errorf("Percentile(%v) = %v, want %v and at most 0.1 %% more", p, got, exact)
		}
	}
}
