package report

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// A locustEntry is a row as Locust's --json has it. Times are in milliseconds, moments
// in seconds since 1970. A row without any request is not listed.
type locustEntry struct {
	Name         string           `json:"name"`
	Method       string           `json:"method"`
	Last         float64          `json:"last_request_timestamp"`
	Start        float64          `json:"start_time"`
	Requests     int64            `json:"num_requests"`
	NoneRequests int64            `json:"num_none_requests"` // those without a time; ours all have one
	Failures     int64            `json:"num_failures"`
	TotalTime    float64          `json:"total_response_time"`
	MaxTime      float64          `json:"max_response_time"`
	MinTime      float64          `json:"min_response_time"`
	TotalBytes   int64            `json:"total_content_length"`
	Times        map[string]int64 `json:"response_times"` // how many there were, by their rounded time
	PerSecond    map[string]int64 `json:"num_reqs_per_sec"`
	FailedPerSec map[string]int64 `json:"num_fail_per_sec"`
}

// LocustJSON writes the rows as a list as Locust does with --json and --json-file.
// Seconds that have been merged in the history share evenly what there was in them.
func LocustJSON(w io.Writer, s *engine.Status) error {
	list := make([]*locustEntry, 0, len(s.Stats.Rows))
	found := map[stats.Key]*locustEntry{}
	for _, l := range s.Stats.Rows {
		e := newLocustEntry(s.Stats, l.Row)
		list = append(list, e)
		found[l.Key] = e
	}
	for d := range s.History.Deltas() {
		for _, r := range d.Rows {
			e := found[r.Key]
			if e == nil || r.Requests() == 0 {
				continue
			}
			if len(e.PerSecond) == 0 {
				e.Start = epoch(d.From)
			}
			e.Last = epoch(d.To)
			spread(e.PerSecond, d, r.Requests())
			spread(e.FailedPerSec, d, r.Failures())
		}
	}
	return writeJSON(w, list)
}

func newLocustEntry(s *stats.Snapshot, r stats.Row) *locustEntry {
	all := response(r)
	e := &locustEntry{
		Name: r.Name, Method: r.Method, Start: epoch(s.From), Last: epoch(s.To),
		Requests: r.Requests(), Failures: r.Failures(), TotalTime: ms(all.Sum()), MaxTime: ms(all.Max()), MinTime: ms(all.Min()),
		TotalBytes: all.Bytes, Times: map[string]int64{}, PerSecond: map[string]int64{}, FailedPerSec: map[string]int64{},
	}
	for took, n := range all.Buckets {
		e.Times[strconv.FormatInt(locustTime(took), 10)] += n
	}
	return e
}

// locustTime rounds a time to milliseconds as Locust does: to two or three digits.
func locustTime(took time.Duration) int64 {
	t := float64(took) / float64(time.Millisecond)
	switch {
	case t < 100:
		return int64(math.RoundToEven(t))
	case t < 1000:
		return 10 * int64(math.RoundToEven(t/10))
	case t < 10_000:
		return 100 * int64(math.RoundToEven(t/100))
	}
	return 1000 * int64(math.RoundToEven(t/1000))
}

// spread counts n in the seconds of a delta.
func spread(seconds map[string]int64, d stats.Delta, n int64) {
	steps := max(1, int64(d.Span().Round(time.Second)/time.Second))
	for i := range steps {
		// As many as there are up to the end of the second, less those up to its beginning.
		if k := portion(n, i+1, steps) - portion(n, i, steps); k > 0 {
			seconds[strconv.FormatInt(d.From.Unix()+i, 10)] += k
		}
	}
}

// portion returns n·i/of without overflow.
func portion(n, i, of int64) int64 { return n/of*i + n%of*i/of }

// epoch returns a moment in seconds since 1970, 0 for none.
func epoch(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// ms returns a time in milliseconds, exact to the microsecond.
func ms(d time.Duration) float64 { return float64(d.Round(time.Microsecond).Microseconds()) / 1000 }

// writeJSON writes v for people too.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
