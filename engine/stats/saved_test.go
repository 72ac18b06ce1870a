package stats

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// recorded returns what a table and a history make of some seconds.
func recorded(chance *rand.Rand, seconds int) (*Snapshot, Timeline) {
	var table Table
	var history History
	for i := range seconds {
		d := randomDelta(chance)
		d.From, d.To = second(i), second(i+1)
		table.Add(d)
		history.Add(d)
	}
	return table.Snapshot(), history.Timeline()
}

func TestParseSnapshotReadsWhatAppendBinaryWrote(t *testing.T) {
	chance := rand.New(rand.NewPCG(7, 8))
	for i := range 30 {
		want, _ := recorded(chance, i)
		b := want.AppendBinary(nil)
		got, err := ParseSnapshot(b)
		if err != nil {
			t.Fatalf("ParseSnapshot of %d seconds: %v", i, err)
		}
		diff := difference(got.sum(), want.sum()) + listDifference([]Row{got.Current}, []Row{want.Current})
		for k := range want.Rows {
			g, w := got.Rows[k], want.Rows[k]
			if g.Row, w.Row = (Row{}), (Row{}); !reflect.DeepEqual(g, w) {
				t.Errorf("the rates and trends of row %d = %+v, want %+v", k, g, w)
			}
		}
		if diff != "" {
			t.Fatalf("ParseSnapshot(AppendBinary) of %d seconds: %s", i, diff)
		}
		if got.CurrentSpan != want.CurrentSpan || !reflect.DeepEqual(got.Now, want.Now) {
			t.Fatalf("ParseSnapshot(AppendBinary) of %d seconds = %+v, want %+v", i, got, want)
		}
		if !bytes.Equal(got.AppendBinary(nil), b) {
			t.Fatalf("a snapshot of %d seconds is written otherwise after it was read", i)
		}
	}
}

func TestParseTimelineReadsWhatAppendBinaryWrote(t *testing.T) {
	_, want := recorded(rand.New(rand.NewPCG(9, 10)), 40)
	b := want.AppendBinary(nil)
	got, err := ParseTimeline(b)
	if err != nil || got.Len() != want.Len() {
		t.Fatalf("ParseTimeline = %d entries, %v, want %d", got.Len(), err, want.Len())
	}
	for i := range got.Len() {
		p, q := got.Point(i), want.Point(i)
		if !p.From.Equal(q.From) || !p.To.Equal(q.To) || p.Requests != q.Requests || p.P95 != q.P95 || !reflect.DeepEqual(p.Gauges, q.Gauges) {
			t.Errorf("point %d = %+v, want %+v", i, p, q)
		}
	}
	if !bytes.Equal(got.AppendBinary(nil), b) {
		t.Error("a timeline is written otherwise after it was read")
	}
}

func TestSavedNumbersSayWhatIsWrong(t *testing.T) {
	s, line := recorded(rand.New(rand.NewPCG(11, 12)), 3)
	snapshot, timeline := s.AppendBinary(nil), line.AppendBinary(nil)
	for n := range snapshot {
		if _, err := ParseSnapshot(snapshot[:n]); err == nil {
			t.Fatalf("ParseSnapshot of the first %d of %d bytes succeeds, want an error", n, len(snapshot))
		}
	}
	for n := range timeline {
		if _, err := ParseTimeline(timeline[:n]); err == nil {
			t.Fatalf("ParseTimeline of the first %d of %d bytes succeeds, want an error", n, len(timeline))
		}
	}
	if _, err := ParseSnapshot(append(snapshot, 0)); err == nil || !strings.Contains(err.Error(), "1 bytes too many") {
		t.Errorf("ParseSnapshot of one byte more fails with %v, want 1 bytes too many", err)
	}
	back := Timeline{[]Entry{line.entries[1], line.entries[0]}}.AppendBinary(nil)
	if _, err := ParseTimeline(back); err == nil || !strings.Contains(err.Error(), "begins before") {
		t.Errorf("ParseTimeline of entries out of order fails with %v, want that one begins before another", err)
	}
}

func FuzzParseSnapshot(f *testing.F) {
	for i := range 4 {
		s, _ := recorded(rand.New(rand.NewPCG(1, uint64(i))), i)
		f.Add(s.AppendBinary(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseSnapshot(b)
		if err != nil {
			return
		}
		if _, err := ParseSnapshot(s.AppendBinary(nil)); err != nil {
			t.Fatalf("ParseSnapshot(AppendBinary): %v", err)
		}
		s.Unsent()
		s.Rates(s.Total.Row)
	})
}

func FuzzParseTimeline(f *testing.F) {
	for i := range 4 {
		_, line := recorded(rand.New(rand.NewPCG(2, uint64(i))), i)
		f.Add(line.AppendBinary(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		line, err := ParseTimeline(b)
		if err != nil || line.Len() == 0 {
			return
		}
		line.Window(line.Point(0).From, line.Point(line.Len()-1).To)
		for range line.Row(Key{"GET", "/"}) {
		}
	})
}
