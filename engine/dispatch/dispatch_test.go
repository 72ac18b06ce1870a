package dispatch_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
)

// started returns how many users of each class there are after so many starts.
func started(classes []dispatch.Class, n int) []int {
	users := make([]int, len(classes))
	for range n {
		if i := dispatch.Next(classes, users); i >= 0 {
			users[i]++
		}
	}
	return users
}

func TestNext(t *testing.T) {
	type classes = []dispatch.Class
	for _, test := range []struct {
		name    string
		classes classes
		order   []int // of the first starts
	}{
		{"nothing to start", nil, []int{-1}},
		{"one class", classes{{Weight: 7}}, []int{0, 0, 0}},
		{"equal weights take turns", classes{{Weight: 1}, {Weight: 1}, {Weight: 1}}, []int{0, 1, 2, 0, 1, 2}},
		{"weights are interleaved", classes{{Weight: 3}, {Weight: 1}}, []int{0, 0, 1, 0, 0, 0, 1, 0}},
		{"the rare come when they are due", classes{{Weight: 1}, {Weight: 9}}, []int{1, 1, 1, 1, 0, 1, 1, 1, 1, 1}},
		{"weight zero is one", classes{{}, {Weight: 1}}, []int{0, 1, 0, 1}},
		{"exact counts first, in order", classes{{Weight: 5}, {Count: 2}, {Count: 1}}, []int{1, 1, 2, 0, 0, 0}},
		{"exact counts only", classes{{Count: 1}, {Count: 2}}, []int{0, 1, 1, -1, -1}},
	} {
		users := make([]int, len(test.classes))
		for n, want := range test.order {
			got := dispatch.Next(test.classes, users)
			if got != want {
				t.Errorf("%s: start %d: Next(%v, %v) = %d, want %d", test.name, n, test.classes, users, got, want)
				break
			}
			if got >= 0 {
				users[got]++
			}
		}
	}
}

// randomClasses returns up to eight classes; a third of them have an exact count.
func randomClasses(chance *rand.Rand) []dispatch.Class {
	classes := make([]dispatch.Class, 1+chance.IntN(8))
	for i := range classes {
		classes[i].Weight = 1 + chance.IntN(1+chance.IntN(1000))
		if chance.IntN(3) == 0 {
			classes[i].Count = chance.IntN(10)
		}
	}
	return classes
}

func TestLastUndoesNext(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		classes := randomClasses(chance)
		users := make([]int, len(classes))
		var path [][]int
		for range min(200, dispatch.Most(classes)) {
			path = append(path, slices.Clone(users))
			users[dispatch.Next(classes, users)]++
		}
		for _, want := range slices.Backward(path) {
			got := slices.Clone(users)
			i := dispatch.Last(classes, users)
			if i >= 0 {
				got[i]--
			}
			if !slices.Equal(got, want) {
				t.Fatalf("Last(%v, %v) = %d: leaves %v, want %v", classes, users, i, got, want)
			}
			users = got
		}
		if i := dispatch.Last(classes, users); i != -1 {
			t.Fatalf("Last(%v, %v) = %d without users, want -1", classes, users, i)
		}
	}
}

func TestExactCountsComeFirst(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		classes := randomClasses(chance)
		exact := 0
		for _, c := range classes {
			exact += c.Count
		}
		for _, n := range []int{0, exact / 2, exact, exact + 100} {
			sum := 0
			for i, u := range started(classes, n) {
				if classes[i].Count > 0 && u > classes[i].Count {
					t.Fatalf("%v with %d users: %d of class %d, want at most its count", classes, n, u, i)
				}
				if classes[i].Count > 0 {
					sum += u
				}
			}
			if want := min(n, exact); sum != want {
				t.Fatalf("%v with %d users: %d in classes with a count, want %d", classes, n, sum, want)
			}
		}
	}
}

func TestUsersAreWithinOneOfTheirWeights(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		classes := make([]dispatch.Class, 1+chance.IntN(3))
		weights := 0
		for i := range classes {
			classes[i].Weight = 1 + chance.IntN(100)
			weights += classes[i].Weight
		}
		users := make([]int, len(classes))
		for n := 1; n <= 500; n++ {
			users[dispatch.Next(classes, users)]++
			for i, u := range users {
				share := float64(n) * float64(classes[i].Weight) / float64(weights)
				if math.Abs(float64(u)-share) >= 1 {
					t.Fatalf("%v: %d of %d users in class %d, want %.2f ± 1", classes, u, n, i, share)
				}
			}
		}
	}
}

// No user could change class and bring both classes nearer to their weights: what
// Webster's method promises for any number of classes.
func TestNoUserIsInTheWrongClass(t *testing.T) {
	chance := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		classes := make([]dispatch.Class, 2+chance.IntN(30))
		for i := range classes {
			classes[i].Weight = 1 + chance.IntN(1+chance.IntN(1000))
		}
		users := make([]int, len(classes))
		for n := range 300 {
			users[dispatch.Next(classes, users)]++
			most, least := 0.0, math.Inf(1)
			for i, u := range users {
				most = max(most, float64(2*u-1)/float64(classes[i].Weight))
				least = min(least, float64(2*u+1)/float64(classes[i].Weight))
			}
			if most > least {
				t.Fatalf("%v: after %d users %v: one has %.4f, another would have %.4f", classes, n+1, users, most, least)
			}
		}
	}
}

func TestMost(t *testing.T) {
	type classes = []dispatch.Class
	for _, test := range []struct {
		classes classes
		want    int
	}{
		{nil, 0},
		{classes{{Count: 3}}, 3},
		{classes{{Count: 3}, {Count: 4, Weight: 9}}, 7},
		{classes{{Count: 3}, {Weight: 1}}, math.MaxInt},
		{classes{{}}, math.MaxInt},
	} {
		if got := dispatch.Most(test.classes); got != test.want {
			t.Errorf("Most(%v) = %d, want %d", test.classes, got, test.want)
		}
	}
}

func TestRamp(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		from, to  int
		perSecond float64
		elapsed   time.Duration
		want      int
	}{
		{0, 100, 100, 0, 1}, // the first at once
		{0, 100, 100, 10*ms - 1, 1},
		{0, 100, 100, 10 * ms, 2},
		{0, 100, 100, 989 * ms, 99},
		{0, 100, 100, 990 * ms, 100},
		{0, 100, 100, time.Hour, 100},
		{0, 10, 0.5, 0, 1},
		{0, 10, 0.5, 2000*ms - 1, 1},
		{0, 10, 0.5, 2000 * ms, 2},
		{0, 10, 2.5, 399 * ms, 1},
		{0, 10, 2.5, 400 * ms, 2},
		{0, 10, 2.5, 1200 * ms, 4},
		{10, 0, 100, 0, 9}, // down
		{10, 0, 100, 10 * ms, 8},
		{10, 0, 100, 90 * ms, 0},
		{10, 0, 100, time.Hour, 0},
		{3, 7, 1, 1500 * ms, 5},
		{7, 3, 1, 1500 * ms, 5},
		{5, 5, 10, 0, 5}, // nothing to do
		{5, 5, 10, time.Hour, 5},
		{5, 6, 10, 0, 6},
		{0, 100, 100, -1, 0}, // not begun
		{0, 100, 100, math.MinInt64, 0},
		{0, 100, 1e-6, 0, 1}, // extremes
		{0, 100, 1e-6, 999_999 * time.Second, 1},
		{0, 100, 1e-6, 1_000_000 * time.Second, 2},
		{0, 100, 1e-6, math.MaxInt64, 100},
		{0, 1 << 30, 1e5, 10 * time.Microsecond, 2},
		{0, 1 << 30, 1e5, time.Second, 100_001},
		{0, 1 << 30, 1e5, math.MaxInt64, 1 << 30},
		{1 << 30, 0, 1e5, math.MaxInt64, 0},
	} {
		if got := dispatch.Ramp(test.from, test.to, test.perSecond, test.elapsed); got != test.want {
			t.Errorf("Ramp(%d, %d, %g, %v) = %d, want %d",
				test.from, test.to, test.perSecond, test.elapsed, got, test.want)
		}
	}
}

func TestAt(t *testing.T) {
	for _, test := range []struct {
		k         int
		perSecond float64
		want      time.Duration
	}{
		{0, 100, 0},
		{-1, 100, 0},
		{1, 100, 10 * time.Millisecond},
		{7, 100, 70 * time.Millisecond},
		{1, 0.5, 2 * time.Second},
		{3, 2.5, 1200 * time.Millisecond},
		{1, 3, 333_333_334}, // never early
		{1, 1e-6, 1_000_000 * time.Second},
		{1, 1e5, 10 * time.Microsecond},
		{0, 0, 0},
		{1, 0, math.MaxInt64 / 2},
		{math.MaxInt, 1e-6, math.MaxInt64 / 2},
	} {
		if got := dispatch.At(test.k, test.perSecond); got != test.want {
			t.Errorf("At(%d, %g) = %v, want %v", test.k, test.perSecond, got, test.want)
		}
	}
}

func TestRampIsEven(t *testing.T) {
	for k := range 10_000 {
		if got, want := dispatch.At(k, 100), time.Duration(k)*10*time.Millisecond; got != want {
			t.Fatalf("At(%d, 100) = %v, want %v", k, got, want)
		}
	}
}

func TestRampAgreesWithAt(t *testing.T) {
	rates := []float64{1e-6, 0.1, 0.3, 0.5, 0.7, 1, 2.5, 3, 7, 9.99, 60, 99.7, 100, 333.3, 1000, 1024, 12345.678, 1e5}
	chance := rand.New(rand.NewPCG(11, 12))
	for range 50 {
		rates = append(rates, math.Exp(chance.Float64()*25-13)) // from 1e-6 to 1e5
	}
	const users = 1 << 30
	for _, rate := range rates {
		for i := range 4000 {
			k := i
			if i >= 2000 {
				k = chance.IntN(1_000_000)
			}
			at := dispatch.At(k, rate)
			if at == math.MaxInt64/2 {
				continue // not in this lifetime
			}
			if got := dispatch.Ramp(0, users, rate, at); got != k+1 {
				t.Fatalf("Ramp(0, %d, %g, At(%d) = %d) = %d, want %d", users, rate, k, at, got, k+1)
			}
			if got := dispatch.Ramp(users, 0, rate, at); got != users-k-1 {
				t.Fatalf("Ramp(%d, 0, %g, At(%d) = %d) = %d, want %d", users, rate, k, at, got, users-k-1)
			}
			if got := dispatch.Ramp(0, users, rate, at-1); got != k {
				t.Fatalf("Ramp(0, %d, %g, At(%d)-1 = %d) = %d, want %d", users, rate, k, at-1, got, k)
			}
		}
	}
}

func TestRampOnlyMovesTowardsItsEnd(t *testing.T) {
	chance := rand.New(rand.NewPCG(13, 14))
	for range 2000 {
		from, to := chance.IntN(1000), chance.IntN(1000)
		rate := math.Exp(chance.Float64()*25 - 13)
		last := from
		for elapsed := time.Duration(0); elapsed < math.MaxInt64/4; elapsed = elapsed*3 + time.Duration(chance.IntN(1000)+1) {
			got := dispatch.Ramp(from, to, rate, elapsed)
			if min(last, to) > got || got > max(last, to) {
				t.Fatalf("Ramp(%d, %d, %g, %v) = %d, want between %d and %d", from, to, rate, elapsed, got, last, to)
			}
			last = got
		}
	}
}

func BenchmarkNext(b *testing.B) {
	classes := randomClasses(rand.New(rand.NewPCG(1, 1)))
	users := started(classes, 1000)
	for b.Loop() {
		dispatch.Next(classes, users)
	}
}

func TestShiftLeadsToWhatNextWouldHaveStarted(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		classes := randomClasses(chance)
		n := min(chance.IntN(300), dispatch.Most(classes))
		users := started(classes, n)
		old := slices.Clone(users)
		for i := range classes {
			classes[i].Weight = 1 + chance.IntN(1000)
		}
		shifts := 0
		for {
			from, to := dispatch.Shift(classes, users)
			if from < 0 {
				break
			}
			if users[from] == 0 || classes[from].Count > 0 || classes[to].Count > 0 {
				t.Fatalf("Shift(%v, %v) = %d, %d, want a class by weight that has a user to give up", classes, users, from, to)
			}
			users[from]--
			users[to]++
			if shifts++; shifts > n {
				t.Fatalf("Shift(%v, …) goes on after %d exchanges of %d users", classes, shifts, n)
			}
		}
		want, moved := started(classes, n), 0
		for i := range users {
			moved += max(0, users[i]-old[i])
			if d := users[i] - want[i]; d < -1 || d > 1 { // ties may go either way
				t.Errorf("Shift(%v) leads from %v to %v, want %v", classes, old, users, want)
			}
		}
		if moved != shifts {
			t.Errorf("Shift(%v) exchanges %d users to move %d", classes, shifts, moved)
		}
	}
}
