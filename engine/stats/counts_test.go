package stats

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// countsOf returns the counts of one of each number, counted in this order.
func countsOf(numbers ...int) Counts {
	var c counter
	for _, of := range numbers {
		c.add(of, 1)
	}
	return c.take()
}

func TestCountsAreSortedAndWithoutZeros(t *testing.T) {
	got := countsOf(404, 200, 200, 0, 404, 200)
	if want := (Counts{{0, 1}, {200, 3}, {404, 2}}); !reflect.DeepEqual(got, want) {
		t.Errorf("counts are %v, want %v", got, want)
	}
	if got.Of(200) != 3 || got.Of(201) != 0 || got.Sum() != 6 {
		t.Errorf("Of(200), Of(201), Sum() = %d, %d, %d, want 3, 0, 6", got.Of(200), got.Of(201), got.Sum())
	}
	if got := countsOf(); got != nil || got.Sum() != 0 || got.Of(0) != 0 {
		t.Errorf("counts of nothing are %v", got)
	}
	if got, want := countsOf(-7, -1, 3), (Counts{{Uncounted, 2}, {3, 1}}); !reflect.DeepEqual(got, want) {
		t.Errorf("counts of impossible numbers are %v, want %v", got, want)
	}
}

// However numbers are counted and added up, the smallest are told apart.
func TestCountsDoNotDependOnTheOrder(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		different := 1 + chance.IntN(60)
		numbers := make([]int, 200)
		exact := map[int]int64{}
		for i := range numbers {
			numbers[i] = chance.IntN(different)
			exact[numbers[i]]++
		}
		want := countsOf(numbers...)
		if n := len(want); n > maxCounts+1 || n < min(len(exact), maxCounts) {
			t.Fatalf("%d different numbers make %d counts: %v", len(exact), n, want)
		}
		for _, c := range want {
			if c.Of != Uncounted && c.N != exact[c.Of] {
				t.Fatalf("%d of %d, want %d", c.N, c.Of, exact[c.Of])
			}
		}
		var parts []Counts
		chance.Shuffle(len(numbers), func(i, k int) { numbers[i], numbers[k] = numbers[k], numbers[i] })
		for part := range slices.Chunk(numbers, 1+chance.IntN(100)) {
			parts = append(parts, countsOf(part...))
		}
		for len(parts) > 1 { // in any order and nesting
			i := chance.IntN(len(parts) - 1)
			parts[i] = parts[i].Plus(parts[i+1])
			parts = slices.Delete(parts, i+1, i+2)
		}
		if !reflect.DeepEqual(parts[0], want) || want.Sum() != int64(len(numbers)) {
			t.Fatalf("parts add up to\n%v\nwant\n%v", parts[0], want)
		}
	}
}

func TestPlusChangesNeitherSide(t *testing.T) {
	a, b := countsOf(1, 2, 3), countsOf(2, 3, 4)
	sum := a.Plus(b)
	if want := countsOf(1, 2, 2, 3, 3, 4); !reflect.DeepEqual(sum, want) {
		t.Errorf("Plus = %v, want %v", sum, want)
	}
	if !reflect.DeepEqual(a, countsOf(1, 2, 3)) || !reflect.DeepEqual(b, countsOf(2, 3, 4)) {
		t.Errorf("Plus has changed its sides to %v, %v", a, b)
	}
}

func TestACounterGivesAwayWhatItReturns(t *testing.T) {
	var c counter
	c.add(200, 1)
	first := c.take()
	c.add(404, 5)
	if want := countsOf(200); !reflect.DeepEqual(first, want) {
		t.Errorf("counts that were taken are %v later, want %v", first, want)
	}
	if got, want := c.take(), (Counts{{404, 5}}); !reflect.DeepEqual(got, want) {
		t.Errorf("the next counts are %v, want %v", got, want)
	}
}

func TestCountsSaturate(t *testing.T) {
	most := Counts{{1, math.MaxInt64}, {2, 1}}
	if got := most.Plus(most); got.Of(1) != math.MaxInt64 || got.Of(2) != 2 || got.Sum() != math.MaxInt64 {
		t.Errorf("the sum of %v with itself is %v, %d together", most, got, got.Sum())
	}
}

func TestCrowds(t *testing.T) {
	for _, test := range []struct{ users, of, end int }{
		{-3, 0, 0}, {0, 0, 0}, {1, 1, 1}, {2, 2, 2}, {3, 3, 5}, {5, 3, 5}, {6, 6, 10}, {10, 6, 10}, {11, 11, 20}, {50, 21, 50},
		{51, 51, 100}, {1000, 501, 1000}, {1001, 1001, 2000}, {500_000, 200_001, 500_000},
		{500_001, 500_001, math.MaxInt}, {math.MaxInt, 500_001, math.MaxInt},
	} {
		of := CrowdOf(test.users)
		if of != test.of || CrowdEnd(of) != test.end {
			t.Errorf("CrowdOf(%d) = %d until %d, want %d until %d", test.users, of, CrowdEnd(of), test.of, test.end)
		}
	}
	if len(crowds) > maxCounts {
		t.Errorf("%d classes, of which counts tell %d apart", len(crowds), maxCounts)
	}
	for i, of := range crowds {
		if i > 0 && CrowdEnd(crowds[i-1]) != of-1 {
			t.Errorf("class %d ends with %d, the next begins with %d", i-1, CrowdEnd(crowds[i-1]), of)
		}
	}
}
