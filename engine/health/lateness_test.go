package health

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestLatenessIsThe99thPercentile(t *testing.T) {
	ms := time.Millisecond
	for _, c := range []struct {
		name  string
		noted map[time.Duration]int
		want  time.Duration
	}{
		{"nothing", nil, 0},
		{"early", map[time.Duration]int{-ms: 1}, 0},
		{"one", map[time.Duration]int{20 * time.Microsecond: 1}, 20 * time.Microsecond},
		{"the maximum of a few", map[time.Duration]int{0: 98, 30 * time.Microsecond: 1}, 30 * time.Microsecond},
		{"one of a hundred is above it", map[time.Duration]int{0: 99, 30 * time.Microsecond: 1}, 0},
		{"two of a hundred are not", map[time.Duration]int{0: 98, 30 * time.Microsecond: 2}, 30 * time.Microsecond},
		{"the tenth part of a percent", map[time.Duration]int{time.Microsecond: 999, time.Second: 1}, time.Microsecond},
	} {
		var l lateness
		for late, n := range c.noted {
			for range n {
				l.note(late)
			}
		}
		if got := l.take(); got != c.want {
			t.Errorf("%s: take() = %v, want %v", c.name, got, c.want)
		}
		if got := l.take(); got != 0 {
			t.Errorf("%s: the second take() = %v, want 0", c.name, got)
		}
	}
}

func TestLatenessIsAtMostASixteenthTooLong(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	list := []time.Duration{0, 31, 32, 33, 63, 64, longest - 1, longest}
	for range 1000 {
		list = append(list, time.Duration(r.Uint64N(1<<r.UintN(33))))
	}
	for _, us := range list {
		late := us * time.Microsecond
		var l lateness
		l.note(late)
		if got := l.take(); got < late || got > late+late/16 {
			t.Errorf("%v is taken as %v", late, got)
		}
	}
	var l lateness
	l.note(1000 * time.Hour)
	if got, want := l.take(), longest*time.Microsecond; got != want {
		t.Errorf("a thousand hours are taken as %v, want %v", got, want)
	}
}

func TestBucketsFollowOneAnother(t *testing.T) {
	for i := range buckets - 1 {
		if got, next := bucket(top(i)), bucket(top(i)+1); got != i || next != i+1 {
			t.Fatalf("%d µs is in bucket %d and the next µs in %d, want %d and %d", top(i), got, next, i, i+1)
		}
	}
}

func TestLatenessLosesNothing(t *testing.T) {
	const each = 10_000
	var l lateness
	var noting sync.WaitGroup
	for range 4 {
		noting.Go(func() {
			for range each {
				l.note(time.Microsecond)
			}
		})
	}
	noting.Wait()
	if got := l[1].Load(); got != 4*each {
		t.Errorf("%d were noted, want %d", got, 4*each)
	}
}

func TestRank99(t *testing.T) {
	for _, c := range []struct {
		counts []uint64
		want   int
	}{
		{[]uint64{0, 5, 0}, 1},
		{[]uint64{99, 0, 1}, 0},
		{[]uint64{98, 1, 1}, 1},
		{[]uint64{98, 0, 2}, 2},
		{[]uint64{0, 0, 1}, 2},
	} {
		var total uint64
		for _, n := range c.counts {
			total += n
		}
		if got := rank99(slices.Clone(c.counts), total); got != c.want {
			t.Errorf("rank99(%v) = %d, want %d", c.counts, got, c.want)
		}
	}
}

func BenchmarkLag(b *testing.B) {
	m := new(Monitor)
	for i := 0; b.Loop(); i++ {
		m.Lag(time.Duration(i&1023) * time.Microsecond)
	}
}

func BenchmarkLagParallel(b *testing.B) {
	m := new(Monitor)
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			m.Lag(time.Duration(i&63) * time.Microsecond)
		}
	})
}

func BenchmarkTake(b *testing.B) {
	m := Start()
	defer m.Stop()
	b.ReportAllocs()
	for b.Loop() {
		m.Lag(time.Millisecond)
		m.Take(0, 0)
	}
}
