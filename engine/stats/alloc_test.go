//go:build !race

// What the race detector would falsify: it allocates by itself.

package stats

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

func TestRecordAllocatesNothing(t *testing.T) {
	const runs = 1000
	r := NewRecorder(epoch)
	shard := r.Shard(0)
	sample := newTraffic(1).sample()
	sample.Lag, sample.Streamed, sample.Dial = time.Second, true, &Dial{Connect: time.Millisecond}
	for i := range 2 { // both slices of the shard
		for range 2 * runs {
			shard.Record(sample)
		}
		r.Drain(second(i), Gauges{Users: 1})
	}
	if got := testing.AllocsPerRun(runs, func() { shard.Record(sample) }); got != 0 {
		t.Errorf("Record allocates %v times, want 0", got)
	}
}

func TestWantsAllocatesNothing(t *testing.T) {
	shard := NewRecorder(epoch).Shard(0)
	fast := Sample{Method: "GET", Name: "/", Took: time.Millisecond}
	failed := fast
	failed.Problem = &Problem{Format: "odd", At: epoch}
	for range 2 * MaxSlow {
		shard.Wants(&fast)
		shard.Wants(&failed)
	}
	for name, sample := range map[string]*Sample{"a fast sample": &fast, "a failure": &failed} {
		if got := testing.AllocsPerRun(1000, func() { shard.Wants(sample) }); got != 0 {
			t.Errorf("Wants of %s allocates %v times, want 0", name, got)
		}
	}
}

func TestAMillionNames(t *testing.T) {
	const names, perSecond = 1_000_000, 50_000
	var table Table
	var history History
	r := NewRecorder(epoch)
	before := heap()
	for i := range names {
		name := fmt.Sprintf("/things/%d", i)
		r.Shard(i).Record(Sample{
			Method: "GET", Name: name, Took: time.Duration(i), Bytes: 1,
			Lag: time.Duration(i), FirstByte: time.Duration(i), Streamed: true,
			Problem: &Problem{Format: name, Message: name, At: epoch},
		})
		if i%perSecond == perSecond-1 {
			d := r.Drain(second(i/perSecond+1), Gauges{Users: 1})
			table.Add(d)
			history.Add(d)
		}
	}
	grown := heap() - before
	s := table.Snapshot()
	if s.Total.Requests() != names || s.Total.Failed.Bytes != names {
		t.Errorf("%d requests of %d bytes, want %d", s.Total.Requests(), s.Total.Failed.Bytes, names)
	}
	if len(s.Rows) != MaxRows+1 || len(s.Failures) != MaxRows+1 || len(s.Phases) > MaxRows+1 {
		t.Errorf("%d rows, %d failures and %d phases, want %d", len(s.Rows), len(s.Failures), len(s.Phases), MaxRows+1)
	}
	if grown > 32<<20 {
		t.Errorf("the heap has grown by %d MB, want at most 32", grown>>20)
	}
	runtime.KeepAlive(r)
	runtime.KeepAlive(&history)
}
