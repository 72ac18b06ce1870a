package stats

import (
	"math"
	"slices"
	"testing"
)

func TestTrendsAreTheLatestDeltas(t *testing.T) {
	var table Table
	var all, failed []uint32
	type published struct{ trend, was []uint32 }
	var past []published
	for i := range 300 {
		requests := map[string]int{"/b": i%9 + 1}
		if i >= 100 && i%3 == 0 {
			requests["/a"] = 2
		}
		fails := i%4 == 0
		table.Add(steady(i, requests, fails))
		all, failed = append(all, uint32(i%9+1)), append(failed, 0)
		if fails {
			failed[i] = 1
		}
		s := table.Snapshot()
		n := min(i+1, maxTrend)
		b := s.Rows[len(s.Rows)-1]
		if !slices.Equal(b.Trend, all[i+1-n:]) || !slices.Equal(b.FailTrend, failed[i+1-n:]) {
			t.Fatalf("after %d deltas the trends are\n%v\n%v\nwant\n%v\n%v", i+1, b.Trend, b.FailTrend, all[i+1-n:], failed[i+1-n:])
		}
		for _, l := range append(s.Rows, s.Total) {
			if len(l.Trend) != n || len(l.FailTrend) != n {
				t.Fatalf("after %d deltas %q has trends of %d and %d, want %d", i+1, l.Name, len(l.Trend), len(l.FailTrend), n)
			}
		}
		for k := range n {
			sum, failures := uint32(0), uint32(0)
			for _, l := range s.Rows {
				sum, failures = sum+l.Trend[k], failures+l.FailTrend[k]
			}
			if s.Total.Trend[k] != sum || s.Total.FailTrend[k] != failures {
				t.Fatalf("after %d deltas the total has %d, %d in step %d, want %d, %d", i+1, s.Total.Trend[k], s.Total.FailTrend[k], k, sum, failures)
			}
		}
		if f := s.Failures[len(s.Failures)-1]; f.Name != "/b" || !slices.Equal(f.Trend, failed[i+1-n:]) {
			t.Fatalf("after %d deltas the failures of %s are %v, want those of /b %v", i+1, f.Name, f.Trend, failed[i+1-n:])
		}
		past = append(past, published{b.Trend, slices.Clone(b.Trend)})
	}
	for i, p := range past {
		if !slices.Equal(p.trend, p.was) {
			t.Errorf("the trend after %d deltas has changed since", i+1)
		}
	}
}

func TestTrendsOfWhatIsOther(t *testing.T) {
	var table Table
	for round := range 3 {
		r := NewRecorder(second(round))
		for i := range MaxRows + 7 {
			r.Shard(i).Record(Sample{Method: "GET", Name: string(rune('z'-round)) + string(rune('A'+i))})
		}
		table.Add(r.Drain(second(round+1), Gauges{}))
	}
	s := table.Snapshot()
	if l := s.Rows[0]; l.Name != Other || !slices.Equal(l.Trend, []uint32{7, MaxRows + 7, MaxRows + 7}) {
		t.Errorf("the trend of %s is %v, want 7 and then all", l.Name, l.Trend)
	}
}

func TestASeriesSaturates(t *testing.T) {
	s := newSeries(0)
	s.push(math.MaxInt64)
	s.push(-1)
	if got := s.latest(); !slices.Equal(got, []uint32{math.MaxUint32, 0}) {
		t.Errorf("the series is %v", got)
	}
}

func TestPartsOfEntriesOfDifferentLengths(t *testing.T) {
	// A minute in one entry, and then ten of a second.
	entries := []Entry{{Point: Point{From: epoch, To: second(60)}}}
	for i := range 10 {
		entries = append(entries, Entry{Point: Point{From: second(60 + i), To: second(61 + i)}})
	}
	p := newParts(entries)
	row := p.parted()
	p.add(&row, 0, 600)
	for i := range 10 {
		p.add(&row, 1+i, 10)
	}
	sum := uint32(0)
	for _, n := range row.rounded() {
		sum += n
		if n < 63 || n > 64 { // 10 a second, in parts of 70/11 s
			t.Errorf("the parts are %v, want 63 or 64 each", row.rounded())
			break
		}
	}
	if p.n != 11 || sum != 700 {
		t.Errorf("%d parts have %d, want 11, 700", p.n, sum)
	}
	still := newParts([]Entry{{Point: Point{From: epoch, To: epoch}}})
	row = still.parted()
	still.add(&row, 0, 5)
	if got := row.rounded(); !slices.Equal(got, []uint32{5}) {
		t.Errorf("an entry of no time has the parts %v, want 5", got)
	}
}
