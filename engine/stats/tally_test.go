package stats

import (
	"cmp"
	"fmt"
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
		checkPercentiles(t, test.name, tallyOf(test.times...), test.times)

		// The same as service times, and how long after a start they began at random.
		var p pile
		responses := make([]time.Duration, len(test.times))
		for i, took := range test.times {
			lag := micros(int64(pareto())) * time.Duration(i%3) // some have none
			p.add(took, lag, 1)
			responses[i] = took + lag
		}
		tally := p.take(newMixer())
		checkPercentiles(t, test.name+", service", tally, test.times)
		checkPercentiles(t, test.name+", response", tally.Response(), responses)
	}
}

// checkPercentiles fails unless t has the percentiles of some times.
func checkPercentiles(t *testing.T, name string, tally Tally, times []time.Duration) {
	t.Helper()
	times = slices.Sorted(slices.Values(times))
	n := len(times)
	for _, p := range []float64{0.1, 1, 10, 25, 33.3, 40, 50, 66, 75, 90, 95, 99, 99.9, 99.99, 99.999} {
		rank := 1
		for float64(rank)*100 < p*float64(n)-1e-6 { // at least p percent do not exceed it
			rank++
		}
		got, want := tally.Percentile(p), min(times[rank-1], time.Hour)
		if got < want || float64(got-want) > float64(want)/1000 {
			t.Errorf("%s: Percentile(%v) of %d = %v, want %v and at most 0.1 %% more", name, p, n, got, want)
		}
		if got > tally.Max() {
			t.Errorf("%s: Percentile(%v) = %v, above the maximum %v", name, p, got, tally.Max())
		}
	}
	least, most := min(times[0], time.Hour), min(times[n-1], time.Hour)
	for p, want := range map[float64]time.Duration{
		math.Inf(-1): least, -1: least, 0: least, math.NaN(): least, 100: most, 101: most, math.Inf(1): most,
	} {
		if got := tally.Percentile(p); got != want {
			t.Errorf("%s: Percentile(%v) = %v, want %v", name, p, got, want)
		}
	}
}

func TestPercentileOfEveryRank(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 160, 997, 1001, 2047} { // each time has a bucket
		var p pile
		for us := range n {
			p.add(micros(int64(us)), 0, 1)
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
	p.add(1, 0, -5)
	p.add(1, 0, 7)
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

func TestResponseTimesAreThoseOfAllSamples(t *testing.T) {
	const ms = time.Millisecond
	type sample struct{ took, lag time.Duration }
	for _, test := range []struct {
		name    string
		samples []sample
		lagged  bool
		want    Tally
	}{
		{"none", nil, false, Tally{}},
		{"no lag", []sample{{3 * ms, 0}, {5 * ms, 0}}, false, tallyOf(3*ms, 5*ms)},
		{"a lag below zero", []sample{{3 * ms, -ms}}, false, tallyOf(3 * ms)},
		{"lags", []sample{{3 * ms, 7 * ms}, {5 * ms, 1 * ms}}, true, tallyOf(10*ms, 6*ms)},
		{"first none, then lags", []sample{{3 * ms, 0}, {4 * ms, 0}, {5 * ms, 1 * ms}, {2 * ms, 0}}, true, tallyOf(3*ms, 4*ms, 6*ms, 2*ms)},
		{"a lag, then none", []sample{{3 * ms, 1}, {4 * ms, 0}}, true, tallyOf(3*ms, 4*ms)},
		{"a lag of a day", []sample{{3 * ms, 24 * time.Hour}}, true, tallyOf(2 * time.Hour)},
		{"endless", []sample{{math.MaxInt64, math.MaxInt64}}, true, tallyOf(2 * time.Hour)},
		{"negative", []sample{{math.MinInt64, 2 * ms}}, true, tallyOf(2 * ms)},
	} {
		var p pile
		for range 2 { // what was taken leaves nothing behind
			for _, s := range test.samples {
				p.add(s.took, s.lag, 1)
			}
			tally := p.take(newMixer())
			if got := tally.Lagged(); got != test.lagged {
				t.Errorf("%s: Lagged() = %v, want %v", test.name, got, test.lagged)
			}
			if got, want := plain(tally.Response()), plain(test.want); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: Response() = %+v, want %+v", test.name, got, want)
			}
			if got := tally.Response(); got.Lagged() || got.Bytes != tally.Bytes || got.Count != tally.Count {
				t.Errorf("%s: the response tally is of %d samples, %d bytes, lagged %v, want %d, %d, false",
					test.name, got.Count, got.Bytes, got.Lagged(), tally.Count, tally.Bytes)
			}
		}
	}
}

// Response times must be those of all samples, however they are added up.
func TestResponseTimesOfSums(t *testing.T) {
	chance := rand.New(rand.NewPCG(11, 12))
	for range 300 {
		var rows []Row
		var all, responses []time.Duration
		lagged := false
		for i := range 1 + chance.IntN(4) {
			var p pile
			lags := chance.IntN(2) == 0
			for range chance.IntN(20) {
				took, lag := time.Duration(chance.Int64N(1e9)), time.Duration(0)
				if lags {
					lag = time.Duration(chance.Int64N(1e10))
					lagged = true
				}
				p.add(took, lag, 1)
				all, responses = append(all, took), append(responses, took+lag)
			}
			rows = append(rows, Row{Key: Key{"GET", fmt.Sprint(i)}, OK: p.take(newMixer())})
		}
		want := tallyOf(all...)
		if lagged {
			response := tallyOf(responses...)
			want.response = &response
		}
		d := deltaOf(rows...)
		d.From, d.To = epoch, second(1)
		back, err := ParseDelta(d.AppendBinary(nil))
		if err != nil {
			t.Fatal(err)
		}
		var plus Tally
		for _, r := range rows {
			plus = plus.Plus(r.OK)
		}
		for name, got := range map[string]Tally{"Total": d.Total().OK, "Total of the decoded": back.Total().OK, "Plus": plus} {
			if got, want := plain(got), plain(want); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s is\n%+v\nwant\n%+v", name, got, want)
			}
		}
	}
}

func randomTally(chance *rand.Rand) Tally {
	var p pile
	lags := chance.IntN(2) == 0
	for range chance.IntN(1 + chance.IntN(200)) {
		lag := time.Duration(0)
		if lags {
			lag = time.Duration(math.Exp(chance.Float64() * 30))
		}
		p.add(time.Duration(math.Exp(chance.Float64()*30)), lag, chance.Int64N(1e6))
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

// A billion samples, of each time one in five hundred of those that took longer, and
// so a tail as long as the hour.
func TestABillionSamples(t *testing.T) {
	const n = 1_000_000_000
	type kind struct{ took, lag, count int64 }
	var kinds []kind
	chance := rand.New(rand.NewPCG(7, 8))
	for left := int64(n); left > 0; {
		count := min(left, 1+left/500)
		left -= count
		took := 1000 + int64(float64(highest-2000)*math.Pow(float64(n-left)/n, 4000))
		kinds = append(kinds, kind{took + chance.Int64N(500), chance.Int64N(500), count})
	}
	var service, response Tally
	add := func(t *Tally, us, count int64) {
		one := tallyOf(micros(us))
		one.Count, one.Bytes, one.sum, one.hist = count, 1000*count, us*count, newHistogram()
		record(one.hist, us, count)
		*t = t.Plus(one)
	}
	for _, k := range kinds {
		add(&service, k.took, k.count)
		add(&response, k.took+k.lag, k.count)
	}
	tally := service
	tally.response = &response
	d := deltaOf(Row{Key: Key{"GET", "/"}, OK: tally})
	d.From, d.To = epoch, second(1)
	var history History
	history.Add(d)
	var table Table
	table.Add(d)
	for name, got := range map[string]Tally{
		"the tally": tally, "history": history.Timeline().Delta(0).Total().OK, "table": table.Snapshot().Total.OK,
	} {
		for _, which := range []struct {
			name string
			got  Tally
			time func(kind) int64
		}{
			{"service", got, func(k kind) int64 { return k.took }},
			{"response", got.Response(), func(k kind) int64 { return k.took + k.lag }},
		} {
			slices.SortFunc(kinds, func(a, b kind) int { return cmp.Compare(which.time(a), which.time(b)) })
			sum, mean := int64(0), 0.0
			for _, k := range kinds {
				mean += float64(which.time(k)) * float64(k.count) / n
			}
			for _, p := range []float64{50, 99, 99.9, 99.99, 99.999, 99.9999, 99.99999} {
				rank, exact := int64(math.Round(p/100*n)), int64(0)
				sum = 0
				for _, k := range kinds {
					if sum += k.count; sum >= rank {
						exact = which.time(k)
						break
					}
				}
				if got := which.got.Percentile(p).Microseconds(); got < exact || float64(got-exact) > float64(exact)/1000 {
					t.Errorf("%s: Percentile(%v) of %s times = %d µs, want %d and at most 0.1 %% more", name, p, which.name, got, exact)
				}
			}
			if got := which.got; got.Count != n || got.Bytes != 1000*n || math.Abs(float64(got.Mean().Microseconds())-mean) > 1 {
				t.Errorf("%s: %d samples of %d bytes, %v on average, want %d of %d, %v µs",
					name, got.Count, got.Bytes, got.Mean(), n, 1000*n, mean)
			}
		}
	}
}
