package stats

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

var epoch = time.Unix(1_767_323_045, 678)

func second(i int) time.Time { return epoch.Add(time.Duration(i) * time.Second) }

// traffic makes samples of so many rows: each row has its own median, with a long
// tail; one in a hundred fails, one in a hundred is the first of its connection.
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
	s.FirstByte = s.Took / 2
	if t.chance.IntN(100) == 0 {
		s.Problem = &t.fails[t.chance.IntN(len(t.fails))]
	}
	if t.chance.IntN(100) == 0 {
		s.Dial = &Dial{Connect: s.Took / 10, TLS: s.Took / 4}
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

// deltas returns consecutive seconds of traffic.
func deltas(t *traffic, seconds, samples int) []Delta {
	r := NewRecorder(epoch)
	list := make([]Delta, seconds)
	for i := range list {
		recordAll(r, t.samples(samples))
		list[i] = r.Drain(second(i+1), Gauges{Users: 1})
	}
	return list
}

// tallyOf returns the tally of some times, one byte each.
func tallyOf(times ...time.Duration) Tally { return sized(int64(len(times)), times...) }

// sized returns the tally of some times, so many bytes altogether.
func sized(bytes int64, times ...time.Duration) Tally {
	var p pile
	for i, took := range times {
		if i > 0 {
			bytes = 0
		}
		p.add(took, 0, bytes)
	}
	return p.take(newMixer())
}

// lagged returns t with response times.
func lagged(t Tally, responses ...time.Duration) Tally {
	response := sized(t.Bytes, responses...)
	t.response = &response
	return t
}

// rowsOf returns the rows of one sample each with these names, as a recorder makes
// them.
func rowsOf(names ...string) []Row {
	r := NewRecorder(epoch)
	for _, name := range names {
		r.Shard(0).Record(Sample{Method: "GET", Name: name, Took: time.Millisecond})
	}
	return r.Drain(second(1), Gauges{Users: 0}).Rows
}

// deltaOf returns the delta of some rows, with their total.
func deltaOf(rows ...Row) Delta { return Delta{Rows: rows, total: total(rows, newMixer())} }

func names(rows []Row) (list []string) {
	for _, r := range rows {
		list = append(list, r.Name)
	}
	return list
}

// checkSame fails unless got and want are the same to the last bucket.
func checkSame(t *testing.T, call string, got, want Delta) {
	t.Helper()
	if diff := difference(got, want); diff != "" {
		t.Errorf("%s: %s", call, diff)
	}
}

// difference returns the first of what sets two deltas apart, or "".
func difference(got, want Delta) string {
	if !got.From.Equal(want.From) || !got.To.Equal(want.To) {
		return fmt.Sprintf("from %v to %v, want from %v to %v", got.From, got.To, want.From, want.To)
	}
	if !reflect.DeepEqual(got.Gauges, want.Gauges) {
		return fmt.Sprintf("gauges are\n%+v\nwant\n%+v", got.Gauges, want.Gauges)
	}
	return cmp.Or(
		listDifference([]Row{got.total}, []Row{want.total}),
		listDifference(got.Rows, want.Rows),
		listDifference(got.Phases, want.Phases),
		listDifference(got.Failures, want.Failures),
		listDifference(got.Exceptions, want.Exceptions))
}

func listDifference[T any](got, want []T) string {
	for i := range min(len(got), len(want)) {
		if got, want := plain(got[i]), plain(want[i]); !reflect.DeepEqual(got, want) {
			return fmt.Sprintf("%T %d is\n%+v\nwant\n%+v", got, i, got, want)
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d in %T, want %d", len(got), got, len(want))
	}
	return ""
}

// plain returns what of a row or tally can be compared and printed: two histograms of
// the same buckets may differ in what they keep for themselves.
func plain(v any) any {
	switch v := v.(type) {
	case Row:
		return [...]any{v.Key, plain(v.OK), plain(v.Failed), v.Statuses, v.Crowd, v.Slow}
	case Tally:
		var response any
		if v.Lagged() {
			response = plain(v.Response())
		}
		buckets := bucketsOf(v)
		v.hist, v.response = nil, nil
		return [...]any{v, buckets, response}
	}
	return v
}

// checkSound fails unless d is in order, within its bounds, and free of contradictions.
func checkSound(t *testing.T, call string, d Delta) {
	t.Helper()
	if _, err := ParseDelta(d.AppendBinary(nil)); err != nil {
		t.Errorf("%s is not sound: %v", call, err)
	}
}
