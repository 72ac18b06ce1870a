package stats

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What the library's own reader finds in an interval log is what the history has, bucket
// by bucket and second by second.
func TestHistogramLogReadsBack(t *testing.T) {
	list := deltas(newTraffic(7), 30, 400)
	slow := NewRecorder(second(30))
	slow.Shard(0).Record(Sample{Method: "GET", Name: "/api/v1/things/1", Took: time.Millisecond, Lag: time.Second, Problem: &Problem{Format: "late", At: epoch}})
	list = append(list, slow.Drain(second(31), Gauges{}), slow.Drain(second(32), Gauges{}))
	var table Table
	var history History
	for _, d := range list {
		table.Add(d)
		history.Add(d)
	}
	var b bytes.Buffer
	if err := WriteHistogramLog(&b, table.Snapshot(), history.Timeline(), "verdict: fine\n", "#[StartTime: 1"); err != nil {
		t.Fatal(err)
	}

	got := map[string][]*hdrhistogram.Histogram{}
	reader := hdrhistogram.NewHistogramLogReader(&b)
	for {
		h, err := reader.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			break
		}
		got[h.Tag()] = append(got[h.Tag()], h)
	}

	want := map[string]int{}
	compare := func(d Delta, tag string, tally Tally) {
		t.Helper()
		i := want[tag]
		if want[tag]++; i >= len(got[tag]) {
			t.Fatalf("%q has %d intervals, want one more that ends %v", tag, len(got[tag]), d.To)
		}
		h := got[tag][i]
		if from, to := h.StartTimeMs(), h.EndTimeMs(); abs(from-d.From.UnixMilli()) > 1 || abs(to-d.To.UnixMilli()) > 1 {
			t.Errorf("%q interval %d is from %d to %d, want %d to %d", tag, i, from, to, d.From.UnixMilli(), d.To.UnixMilli())
		}
		if h.TotalCount() != tally.Count {
			t.Errorf("%q interval %d has %d samples, want %d", tag, i, h.TotalCount(), tally.Count)
		}
		read, kept := buckets(h), map[int64]int64{}
		for lowest, n := range tally.Buckets {
			kept[lowest.Microseconds()] = n
		}
		if !maps.Equal(read, kept) {
			t.Errorf("%q interval %d has the buckets %v, want %v", tag, i, read, kept)
		}
	}
	for _, d := range list {
		compare(d, "", d.Total().All().Response())
		if d.Total().Requests() > 0 {
			compare(d, "service:", d.Total().All())
		}
		if d.Total().Failed.Count > 0 {
			compare(d, "failed:", d.Total().Failed.Response())
		}
		for _, r := range d.Rows {
			compare(d, Tag(r.Key), r.All().Response())
			if r.Name == "/api/v1/things/1" {
				compare(d, "service:"+Tag(r.Key), r.All())
			}
			if r.Failed.Count > 0 {
				compare(d, "failed:"+Tag(r.Key), r.Failed.Response())
			}
		}
	}
	for tag, list := range got {
		if len(list) != want[tag] {
			t.Errorf("%q has %d intervals, want %d", tag, len(list), want[tag])
		}
	}
}

// buckets returns how many samples a histogram has, by the shortest time of each bucket.
func buckets(h *hdrhistogram.Histogram) map[int64]int64 {
	all := map[int64]int64{}
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			all[bar.From] = bar.Count
		}
	}
	return all
}

func abs(n int64) int64 { return max(n, -n) }

func TestTagsAreFitForTheLogAndDifferent(t *testing.T) {
	seen := map[string]Key{}
	for key, want := range map[Key]string{
		{"GET", "/cities/{id}"}:   "GET_/cities/{id}",
		{"GET", "/a b,c"}:         "GET_/a%20b%2Cc",
		{"A", "B_C"}:              "A_B_C",
		{"A_B", "C"}:              "A%5FB_C",
		{"service:GET", "/"}:      "service%3AGET_/",
		{"", "(other)"}:           "_(other)",
		{"GET", "a\nTag=x,1,2,3"}: "GET_a%0ATag=x%2C1%2C2%2C3",
		{"GET", "日本\u202e\u00a0"}: "GET_日本%E2%80%AE%C2%A0",
		{"GET", "100%"}:           "GET_100%25",
	} {
		got := Tag(key)
		if got != want {
			t.Errorf("Tag(%q) = %q, want %q", key, got, want)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("Tag(%q) = Tag(%q)", key, other)
		}
		seen[got] = key
	}
}

// A writer that fails anywhere makes the log fail, never half a log that passes for one.
func TestHistogramLogSaysWhatFails(t *testing.T) {
	var table Table
	var history History
	for _, d := range deltas(newTraffic(2), 2, 50) {
		table.Add(d)
		history.Add(d)
	}
	full := errors.New("no space left on device")
	for n := 1; ; n++ {
		var out strings.Builder
		err := WriteHistogramLog(&failing{&out, n, full}, table.Snapshot(), history.Timeline(), "comment")
		if err == nil {
			break
		}
		if !errors.Is(err, full) {
			t.Fatalf("write %d fails: %v, want %v", n, err, full)
		}
	}
}

// A failing writer fails at its n-th write.
type failing struct {
	out *strings.Builder
	n   int
	err error
}

func (f *failing) Write(b []byte) (int, error) {
	if f.n--; f.n == 0 {
		return 0, f.err
	}
	return f.out.Write(b)
}
