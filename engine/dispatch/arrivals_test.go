package dispatch_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
)

// A level is a load over time.
type level = func(time.Duration) (perSecond float64, on bool)

// constant is a level that never changes.
func constant(perSecond float64) level {
	return func(time.Duration) (float64, bool) { return perSecond, true }
}

// corner is a point of a level that goes evenly from one to the next.
type corner struct {
	at        time.Duration
	perSecond float64
}

// through is the level that goes through corners, and is over at the last. Of two at
// the same time, the first ends a line and the second begins one.
func through(corners ...corner) level {
	return func(t time.Duration) (float64, bool) {
		for i := 1; i < len(corners); i++ {
			if a, b := corners[i-1], corners[i]; t < b.at {
				return a.perSecond + (b.perSecond-a.perSecond)*float64(t-a.at)/float64(b.at-a.at), true
			}
		}
		return 0, false
	}
}

// all returns the arrivals before until, asking every so often.
func all(a *dispatch.Arrivals, until, every time.Duration) []time.Duration {
	var list []time.Duration
	for t := every; ; t += every {
		t = min(t, until)
		for at, due := a.Next(t); due; at, due = a.Next(t) {
			list = append(list, at)
		}
		if t == until {
			return list
		}
	}
}

func TestEvenArrivalsAreExact(t *testing.T) {
	for _, tt := range []struct {
		perSecond float64
		gap       time.Duration
		n         int
	}{
		{1e6, time.Microsecond, 300_000},
		{10_000, 100 * time.Microsecond, 100_000},
		{100, 10 * time.Millisecond, 10_000},
		{8, 125 * time.Millisecond, 1000},
		{0.5, 2 * time.Second, 300},
		{1e-2, 100 * time.Second, 10},
	} {
		a := dispatch.NewArrivals(constant(tt.perSecond), nil, 0)
		for k := range tt.n {
			want := time.Duration(k) * tt.gap
			if at, due := a.Next(want); due {
				t.Fatalf("%v/s: Next(%s) = %s before arrival %d, want none", tt.perSecond, want, at, k)
			}
			if at, due := a.Next(want + 1); !due || at != want {
				t.Fatalf("%v/s: Next(%s) = %s, %v; want arrival %d at %s", tt.perSecond, want+1, at, due, k, want)
			}
		}
	}
}

func TestEvenArrivalsDoNotDrift(t *testing.T) {
	for _, tt := range []struct {
		perSecond float64
		n         int
	}{{0.3, 1000}, {3, 10_000}, {7, 10_000}, {333.3, 100_000}, {12345.678, 500_000}, {999_999, 3_000_000}} {
		a := dispatch.NewArrivals(constant(tt.perSecond), nil, 0)
		for k := range tt.n {
			exact := float64(k) * 1e9 / tt.perSecond
			if at, due := a.Next(math.MaxInt64); !due || math.Abs(float64(at)-exact) > 0.51 {
				t.Fatalf("%v/s: arrival %d is at %d ns, %v; want %.2f", tt.perSecond, k, at, due, exact)
			}
		}
	}
}

// The slowest rate has one arrival in more than eleven days; chance brings these every
// thousandth of that.
func TestArrivalsOnceInAMillionSeconds(t *testing.T) {
	a := dispatch.NewArrivals(constant(1e-6), func() float64 { return -math.Expm1(-0.001) }, 0)
	for k := 1; k <= 3; k++ {
		want := time.Duration(k) * 1000 * time.Second
		if at, due := a.Next(want - time.Microsecond); due {
			t.Errorf("arrival %d is at %s, want %s", k, at, want)
		}
		if at, due := a.Next(want + time.Microsecond); !due {
			t.Errorf("arrival %d is at %s, %v; want %s", k, at, due, want)
		}
	}
}

func TestRandomArrivalsKeepTheRate(t *testing.T) {
	// By chance alone n arrivals take 1/√n more or less time than they should: 0.03 %
	// for these.
	const perSecond, n = 10_000, 10_000_000
	a := dispatch.NewArrivals(constant(perSecond), rand.New(rand.NewPCG(1, 2)).Float64, 0)
	var at time.Duration
	for range n {
		at, _ = a.Next(math.MaxInt64)
	}
	if got := n / at.Seconds(); math.Abs(got/perSecond-1) > 0.001 {
		t.Errorf("%d arrivals came at %v/s, want %v ± 0.1 %%", n, got, perSecond)
	}
}

// kolmogorovSmirnov returns how likely it is that values that are uniform from 0 to 1
// are no closer to being so than these.
func kolmogorovSmirnov(values []float64) float64 {
	slices.Sort(values)
	n, d := float64(len(values)), 0.0
	for i, v := range values {
		d = max(d, v-float64(i)/n, float64(i+1)/n-v)
	}
	x := (math.Sqrt(n) + 0.12 + 0.11/math.Sqrt(n)) * d
	p, sign := 0.0, 2.0
	for k := 1.0; k <= 100; k++ {
		p += sign * math.Exp(-2*k*k*x*x)
		sign = -sign
	}
	return min(max(p, 0), 1)
}

func TestRandomArrivalsHaveExponentialIntervals(t *testing.T) {
	const perSecond = 10_000
	for seed := range uint64(5) {
		a := dispatch.NewArrivals(constant(perSecond), rand.New(rand.NewPCG(seed, 3)).Float64, 0)
		times := all(a, 10*time.Second, time.Second)
		uniform := make([]float64, len(times)-1)
		for i := range uniform {
			uniform[i] = -math.Expm1(-perSecond * (times[i+1] - times[i]).Seconds())
		}
		if p := kolmogorovSmirnov(uniform); !(p > 0.01) {
			t.Errorf("seed %d: intervals at %v/s are exponential with p = %v, want more than 0.01", seed, perSecond, p)
		}
	}
}

// On a ramp from 0 to r within T, arrivals at random are distributed as t²/T².
func TestRandomArrivalsFollowARamp(t *testing.T) {
	ramp := through(corner{0, 0}, corner{20 * time.Second, 10_000})
	for seed := range uint64(5) {
		a := dispatch.NewArrivals(ramp, rand.New(rand.NewPCG(seed, 4)).Float64, 0)
		times := all(a, 20*time.Second, 100*time.Millisecond)
		if n := float64(len(times)); math.Abs(n-100_000) > 4*math.Sqrt(100_000) {
			t.Errorf("seed %d: %v arrivals, want 100000 give or take what chance does", seed, n)
		}
		uniform := make([]float64, len(times))
		for i, at := range times {
			x := at.Seconds() / 20
			uniform[i] = x * x
		}
		if p := kolmogorovSmirnov(uniform); !(p > 0.01) {
			t.Errorf("seed %d: arrivals follow the ramp with p = %v, want more than 0.01", seed, p)
		}
	}
}

func TestArrivalsAreWhereTheSumOfTheLevelIsWhole(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	for _, tt := range []struct {
		name  string
		level level
		count int
		spots map[int]time.Duration // where some of them are
	}{
		{"nothing", constant(0), 0, nil},
		{"over at once", through(), 0, nil},
		{"up", through(corner{0, 0}, corner{10 * s, 100}), 500, map[int]time.Duration{0: 0, 5: 1 * s, 20: 2 * s, 80: 4 * s, 405: 9 * s}},
		{"down", through(corner{0, 100}, corner{10 * s, 0}), 500, map[int]time.Duration{0: 0, 95: 1 * s, 180: 2 * s, 495: 9 * s}},
		{"up, level, down", through(corner{0, 0}, corner{2 * s, 1000}, corner{4 * s, 1000}, corner{6 * s, 0}), 4000,
			map[int]time.Duration{250: 1 * s, 1000: 2 * s, 1001: 2001 * ms, 3000: 4 * s, 3750: 5 * s}},
		{"a jump up", through(corner{0, 10}, corner{1 * s, 10}, corner{1 * s, 1000}, corner{2 * s, 1000}), 1010,
			map[int]time.Duration{9: 900 * ms, 10: 1 * s, 11: 1001 * ms, 1009: 1999 * ms}},
		{"a jump at an odd time", through(corner{0, 1000}, corner{1234560 * time.Microsecond, 1000}, corner{1234560 * time.Microsecond, 100}, corner{2 * s, 100}), 1312,
			map[int]time.Duration{1234: 1234 * ms, 1235: 1238960 * time.Microsecond}},
		{"a pause", through(corner{0, 100}, corner{1 * s, 100}, corner{1 * s, 0}, corner{5 * s, 0}, corner{5 * s, 100}, corner{6 * s, 100}), 200,
			map[int]time.Duration{99: 990 * ms, 100: 5 * s, 101: 5010 * ms}},
		{"nothing at first", through(corner{0, 0}, corner{3 * s, 0}, corner{3 * s, 1}, corner{5 * s, 1}), 2, map[int]time.Duration{0: 3 * s, 1: 4 * s}},
		{"a curve", func(t time.Duration) (float64, bool) { return 1000 * (1 + math.Sin(math.Pi*t.Seconds())), t < 20*s }, 20_000,
			map[int]time.Duration{0: 0, 2000: 2 * s, 10_000: 10 * s}},
		{"the last odd moment", through(corner{0, 100}, corner{1005 * ms, 100}), 101, map[int]time.Duration{100: 1 * s}},
	} {
		for _, every := range []time.Duration{time.Hour, 7 * ms} {
			times := all(dispatch.NewArrivals(tt.level, nil, 0), 30*s, every)
			if len(times) != tt.count {
				t.Errorf("%s, asked every %s: %d arrivals, want %d", tt.name, every, len(times), tt.count)
				continue
			}
			for k, want := range tt.spots {
				if got := times[k]; max(got-want, want-got) > 1 {
					t.Errorf("%s, asked every %s: arrival %d is at %d ns, want %d", tt.name, every, k, got, want)
				}
			}
		}
	}
}

func TestArrivalsTakeWhatTheyCannotUseAsNothing(t *testing.T) {
	for _, tt := range []struct {
		perSecond float64
		want      int // within 1 s
	}{
		{math.NaN(), 0}, {-5, 0}, {math.Inf(1), 0}, {math.Inf(-1), 0}, {math.Copysign(0, -1), 0},
		{1e300, 1_000_000}, {1_000_001, 1_000_000}, {math.SmallestNonzeroFloat64, 0},
	} {
		if got := len(all(dispatch.NewArrivals(constant(tt.perSecond), nil, 0), time.Second, time.Second)); got != tt.want {
			t.Errorf("a level of %v: %d arrivals within a second, want %d", tt.perSecond, got, tt.want)
		}
	}
	half := func(t time.Duration) (float64, bool) {
		if t%(2*time.Second) < time.Second {
			return math.NaN(), true
		}
		return 10, true
	}
	if got := len(all(dispatch.NewArrivals(half, nil, 0), 4*time.Second, time.Second)); got != 20 {
		t.Errorf("10/s, and NaN every other second: %d arrivals within 4 s, want 20", got)
	}
}

func TestArrivalsEndWithTheLevel(t *testing.T) {
	for _, rest := range []float64{0, 1000, math.NaN()} {
		a := dispatch.NewArrivals(func(t time.Duration) (float64, bool) {
			if t < 1005*time.Millisecond {
				return 1000, true
			}
			return rest, false
		}, nil, 0)
		if got := len(all(a, math.MaxInt64, math.MaxInt64)); got != 1005 {
			t.Errorf("1000/s for 1.005 s, and %v once it is over: %d arrivals, want 1005", rest, got)
		}
	}
}

func TestArrivalsHardlyLookAhead(t *testing.T) {
	var latest time.Duration
	a := dispatch.NewArrivals(func(t time.Duration) (float64, bool) {
		latest = max(latest, t)
		return 1, true
	}, nil, 0)
	for until := time.Duration(1); until < 10*time.Second; until += 1234567 {
		for _, due := a.Next(until); due; _, due = a.Next(until) {
		}
		if latest > until+10*time.Millisecond {
			t.Fatalf("Next(%s) looked at the level at %s, want at most 10ms ahead", until, latest)
		}
	}
}

// A level that is no function of time costs a bounded number of looks.
func TestArrivalsBearALevelThatTrembles(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	looks := 0
	a := dispatch.NewArrivals(func(time.Duration) (float64, bool) {
		looks++
		return 1000 * chance.Float64(), true
	}, nil, 0)
	got := len(all(a, 10*time.Second, time.Second))
	if math.Abs(float64(got)-5000) > 50 {
		t.Errorf("levels from 0 to 1000 at random: %d arrivals within 10 s, want about 5000", got)
	}
	if looks > 5_000_000 {
		t.Errorf("%d looks at the level in 10 s, want at most 5 for every 10 µs", looks)
	}
}

func FuzzArrivalsComeInOrder(f *testing.F) {
	f.Add(uint64(1), 10.0, 1000.0, int64(time.Second), true)
	f.Add(uint64(2), 0.0, 1e6, int64(12345678), false)
	f.Add(uint64(3), 1e-6, math.NaN(), int64(1), true)
	f.Fuzz(func(t *testing.T, seed uint64, low, high float64, jump int64, random bool) {
		chance := rand.New(rand.NewPCG(seed, 1))
		shape := func(t time.Duration) (float64, bool) {
			if jump > 0 && int64(t)/jump%2 == 1 {
				return high, true
			}
			return low + t.Seconds(), true
		}
		a := dispatch.NewArrivals(shape, nil, 0)
		if random {
			a = dispatch.NewArrivals(shape, chance.Float64, 0)
		}
		var last, until time.Duration
		for range 200 {
			from := until
			until += time.Duration(chance.Int64N(int64(20 * time.Millisecond)))
			for n := 0; ; n++ {
				at, due := a.Next(until)
				if !due {
					break
				}
				if at < last || at >= until {
					t.Fatalf("Next(%d) = %d, want at least %d, the one before, and less than until", until, at, last)
				}
				if last = at; n > 1_000_000 {
					t.Fatalf("more than a million arrivals between %s and %s", from, until)
				}
			}
		}
	})
}

func TestUsersOfALevel(t *testing.T) {
	for level, want := range map[float64]int{
		0: 0, 0.49: 0, 0.5: 1, 1.49: 1, 99.5: 100, 1e6: 1_000_000, 1e300: math.MaxInt32,
		-3: 0, math.Inf(1): 0, math.Inf(-1): 0,
	} {
		if got := dispatch.Users(level); got != want {
			t.Errorf("Users(%v) = %d, want %d", level, got, want)
		}
	}
	if got := dispatch.Users(math.NaN()); got != 0 {
		t.Errorf("Users(NaN) = %d, want 0", got)
	}
}

func TestArrivalsAllocateNothing(t *testing.T) {
	a := dispatch.NewArrivals(constant(1e5), rand.New(rand.NewPCG(1, 1)).Float64, 0)
	if got := testing.AllocsPerRun(10_000, func() { a.Next(math.MaxInt64) }); got != 0 {
		t.Errorf("Next: %v allocations, want none", got)
	}
}

func BenchmarkArrivals(b *testing.B) {
	ramp := through(corner{0, 1e5}, corner{time.Hour, 1e6}, corner{1000 * time.Hour, 1e6})
	for _, bb := range []struct {
		name     string
		arrivals *dispatch.Arrivals
	}{
		{"even", dispatch.NewArrivals(constant(1e5), nil, 0)},
		{"random", dispatch.NewArrivals(constant(1e5), rand.New(rand.NewPCG(1, 1)).Float64, 0)},
		{"ramp", dispatch.NewArrivals(ramp, nil, 0)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				bb.arrivals.Next(math.MaxInt64)
			}
		})
	}
}
