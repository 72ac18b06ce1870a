package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// traffic makes samples of so many rows: each row has its own median, with a long
// tail; one in a hundred fails.
type traffic struct {
	chance *rand.Rand
	rows   []Key
	fails  []Problem
}

func newTraffic(rows int) *traffic {
	t := &traffic{chance: rand.New(rand.NewPCG(1, 2))}
	for i := range rows {
		t.rows = append(t.rows, Key{"GET", fmt.Sprintf("/api/v1/things/%d", i)})
	}
	for i := range 3 {
		t.fails = append(t.fails, Problem{Format: fmt.Sprintf("status %d", 500+i), Message: "it did not work", At: epoch})
	}
	return t
}

func (t *traffic) sample() Sample {
	i := t.chance.IntN(len(t.rows))
	median := float64(time.Millisecond) * float64(1+i%50)
	s := Sample{
		Method: t.rows[i].Method, Name: t.rows[i].Name, Bytes: 1234,
		Took: time.Duration(median * math.Exp(0.5*t.chance.NormFloat64())),
	}
	if t.chance.IntN(100) == 0 {
		s.Problem = &t.fails[t.chance.IntN(len(t.fails))]
	}
	return s
}

func (t *traffic) samples(n int) []Sample {
	list := make([]Sample, n)
	for i := range list {
		list[i] = t.sample()
	}
	return list
}

// recordAll spreads samples over all shards.
func recordAll(r *Recorder, samples []Sample) {
	for i, s := range samples {
		r.Shard(i).Record(s)
	}
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

func second(i int) time.Time { return epoch.Add(time.Duration(i) * time.Second) }

func BenchmarkRecord(b *testing.B) {
	r := NewRecorder(epoch)
	sample := newTraffic(1).sample()
	var users atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		shard := r.Shard(int(users.Add(1)))
		for i := 1; pb.Next(); i++ {
			shard.Record(sample)
			if i%50_000 == 0 { // keeps the shard from growing without end
				samples, _ := shard.take()
				shard.giveBack(samples)
			}
		}
	})
}

func BenchmarkDrain(b *testing.B) {
	for _, rows := range []int{10, 500} {
		b.Run(fmt.Sprintf("samples=100k/rows=%d", rows), func(b *testing.B) {
			r := NewRecorder(epoch)
			samples := newTraffic(rows).samples(100_000)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				recordAll(r, samples)
				b.StartTimer()
				r.Drain(second(i), 1)
			}
		})
	}
}

// deltas returns consecutive seconds of traffic.
func deltas(t *traffic, seconds, samples int) []Delta {
	r := NewRecorder(epoch)
	list := make([]Delta, seconds)
	for i := range list {
		recordAll(r, t.samples(samples))
		list[i] = r.Drain(second(i+1), 1)
	}
	return list
}

// longTable returns a table of 500 rows that has seen five minutes, and what it saw
// of them.
func longTable() (*Table, []Delta) {
	list := deltas(newTraffic(500), 60, 50_000)
	var t Table
	for range 5 {
		for _, d := range list {
			t.Add(d)
		}
	}
	return &t, list
}

func BenchmarkTableAdd500Rows(b *testing.B) {
	t, list := longTable()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		t.Add(list[i%len(list)])
	}
}

func BenchmarkSnapshot500Rows(b *testing.B) {
	t, list := longTable()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		t.Add(list[i%len(list)])
		b.StartTimer()
		t.Snapshot()
	}
}

func BenchmarkHistoryAdd500Rows(b *testing.B) {
	_, list := longTable()
	var h History
	for i := range 1000 {
		h.Add(list[i%len(list)])
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h.Add(list[i%len(list)])
	}
}

func BenchmarkPlus(b *testing.B) {
	t, list := longTable()
	sum, d := t.Snapshot().Rows[7].OK, list[0].Rows[7].OK
	b.ReportAllocs()
	for b.Loop() {
		sum.Plus(d)
	}
}

// BenchmarkSecond is all that the numbers cost in a second of 50,000 requests to 500
// rows, except recording: 30 ms of it is 3 % of a core.
func BenchmarkSecond500Rows(b *testing.B) {
	t, list := longTable()
	var h History
	for i := range 910 {
		h.Add(list[i%len(list)])
	}
	r := NewRecorder(epoch)
	samples := newTraffic(500).samples(50_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		recordAll(r, samples)
		b.StartTimer()
		d := r.Drain(second(i), 1)
		t.Add(d)
		h.Add(d)
		t.Snapshot()
		h.Timeline()
	}
}
