package stats

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func TestRecentIsTheLastTenSecondsOfSomeRows(t *testing.T) {
	r := NewRecorder(noon)
	var table Table
	for i := range 30 {
		r.Shard(0).Record(Sample{Method: "GET", Name: "/a", Took: time.Duration(i+1) * time.Millisecond})
		r.Shard(0).Record(Sample{Method: "POST", Name: "/a", Took: time.Second, Problem: &Problem{Format: "x", At: noon}})
		r.Shard(0).Record(Sample{Method: Group, Name: "g", Took: time.Second})
		if i < 5 {
			r.Shard(0).Record(Sample{Method: "GET", Name: "/early", Took: time.Second})
		}
		table.Add(r.Drain(noon.Add(time.Duration(i+1)*time.Second), Gauges{}))
	}
	for _, tt := range []struct {
		keys      []Key
		ok, fails int64
		min, max  time.Duration
	}{
		{[]Key{{"GET", "/a"}}, 10, 0, 21 * time.Millisecond, 30 * time.Millisecond},
		{[]Key{{"GET", "/a"}, {"POST", "/a"}}, 10, 10, 21 * time.Millisecond, time.Second},
		{[]Key{{Group, "g"}}, 10, 0, time.Second, time.Second},
		{[]Key{{"GET", "/early"}, {"GET", "/never"}}, 0, 0, 0, 0},
		{nil, 10, 10, 21 * time.Millisecond, time.Second},
		{[]Key{}, 0, 0, 0, 0},
	} {
		rows, span := table.Recent(tt.keys, time.Time{})
		row := Sum(rows)
		all := row.All()
		if row.OK.Count != tt.ok || row.Failures() != tt.fails || all.Min() != tt.min || all.Max() != tt.max || span != 10*time.Second {
			t.Errorf("Recent(%v) = %d ok, %d failed, %s to %s in %s, want %d, %d, %s to %s in 10s",
				tt.keys, row.OK.Count, row.Failures(), all.Min(), all.Max(), span, tt.ok, tt.fails, tt.min, tt.max)
		}
	}
	for since, want := range map[int]int64{0: 10, 20: 10, 25: 5, 30: 0} {
		rows, span := table.Recent([]Key{{"GET", "/a"}}, noon.Add(time.Duration(since)*time.Second))
		if row := Sum(rows); row.Requests() != want || span != time.Duration(want)*time.Second {
			t.Errorf("Recent since second %d = %v in %s, want %d", since, rows, span, want)
		}
	}
}

func TestSumOfManyIsThatOfFew(t *testing.T) {
	r := NewRecorder(noon)
	for i := range 50 {
		r.Shard(0).Record(Sample{Method: []string{"GET", "POST", Group}[i%3], Name: string(rune('a' + i%7)), Took: time.Duration(i) * time.Millisecond})
	}
	rows := r.Drain(noon.Add(time.Second), Gauges{}).Rows
	var want Row
	for _, row := range rows {
		want = want.Plus(row)
	}
	got := Sum(rows)
	if got.Requests() != want.Requests() || got.OK.Percentile(90) != want.OK.Percentile(90) || got.OK.Mean() != want.OK.Mean() {
		t.Errorf("Sum of %d rows = %d samples, want %d", len(rows), got.Requests(), want.Requests())
	}
	if got := SumCounts(rows); got.Requests() != want.Requests() || got.Failures() != want.Failures() {
		t.Errorf("SumCounts of %d rows = %d samples, want %d", len(rows), got.Requests(), want.Requests())
	}
}
