package stats

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

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
				samples, _ := shard.take(false)
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
				r.Drain(second(i), Gauges{Users: 1})
			}
		})
	}
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

// BenchmarkSecond500Rows is all that the numbers cost in a second of 50,000 requests to 500
// rows, except recording: 30 ms of it is 3 % of a core.
func BenchmarkSecond500Rows(b *testing.B) { benchmarkSecond(b, func(*Sample) {}) }

// BenchmarkSecondOfArrivals is the same in the open model, where each sample has a
// lag and each row two histograms.
func BenchmarkSecondOfArrivals(b *testing.B) {
	benchmarkSecond(b, func(s *Sample) { s.Lag = s.Took / 20 })
}

func benchmarkSecond(b *testing.B, change func(*Sample)) {
	traffic := newTraffic(500)
	second := func() []Sample {
		samples := traffic.samples(50_000)
		for i := range samples {
			change(&samples[i])
		}
		return samples
	}
	r := NewRecorder(epoch)
	var t Table
	var h History
	var list []Delta
	for i := range 60 {
		recordAll(r, second())
		list = append(list, r.Drain(epoch, Gauges{Users: i}))
	}
	for range 5 {
		for _, d := range list {
			t.Add(d)
		}
	}
	for i := range 910 {
		h.Add(list[i%len(list)])
	}
	samples := second()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		recordAll(r, samples)
		b.StartTimer()
		d := r.Drain(epoch, Gauges{Users: 1})
		t.Add(d)
		h.Add(d)
		t.Snapshot()
		h.Timeline()
	}
}

func BenchmarkDrainFailures(b *testing.B) {
	r := NewRecorder(epoch)
	traffic := newTraffic(10)
	samples := traffic.samples(100_000)
	for i := range samples {
		samples[i].Problem = &traffic.fails[i%3]
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		recordAll(r, samples)
		b.StartTimer()
		r.Drain(second(i), Gauges{Users: 1})
	}
}

// BenchmarkWants is what a sample costs that is not wanted: nearly every one.
func BenchmarkWants(b *testing.B) {
	for _, rows := range []int{10, 500} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			r := NewRecorder(epoch)
			shard := r.Shard(0)
			traffic := newTraffic(rows)
			samples := traffic.samples(1 << 14)
			for i := range samples {
				samples[i].Problem = nil
				shard.Wants(&samples[i])
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s := &samples[i%len(samples)]
				s.Took = min(s.Took, time.Millisecond)
				shard.Wants(s)
			}
		})
	}
}

// pastWindow returns 15 minutes of 50,000 requests per second to 500 rows.
func pastWindow() Timeline {
	list := deltas(newTraffic(500), 60, 50_000)
	var h History
	for i := range 900 {
		d := list[i%len(list)]
		d.From, d.To = second(i), second(i+1)
		h.Add(d)
	}
	return h.Timeline()
}

func BenchmarkWindow500Rows(b *testing.B) {
	t := pastWindow()
	b.ReportAllocs()
	for b.Loop() {
		if s := t.Window(epoch, second(900)); s.Total.Requests() != 900*50_000 {
			b.Fatalf("%d requests", s.Total.Requests())
		}
	}
}

func BenchmarkTimelineRow(b *testing.B) {
	t := pastWindow()
	for _, key := range []Key{{}, {"GET", "/api/v1/things/7"}} {
		b.Run("row="+key.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range t.Row(key) {
				}
			}
		})
	}
}
