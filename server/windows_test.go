package server

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// A past is the history of a run that a test makes, second by second.
type past struct {
	start    time.Time
	recorder *stats.Recorder
	table    stats.Table
	history  stats.History
	run      int
	seconds  int
}

func newPast(start time.Time, run int) *past {
	return &past{start: start, recorder: stats.NewRecorder(start), run: run}
}

// on lets some seconds go by and returns the status then.
func (p *past) on(seconds int) *engine.Status {
	for range seconds {
		p.seconds++
		at := p.start.Add(time.Duration(p.seconds) * time.Second)
		p.recorder.Shard(0).Record(stats.Sample{Method: "GET", Name: "/", Took: time.Duration(p.seconds) * time.Millisecond})
		d := p.recorder.Drain(at, stats.Gauges{})
		p.table.Add(d)
		p.history.Add(d)
	}
	return &engine.Status{Run: p.run, Stats: p.table.Snapshot(), History: p.history.Timeline()}
}

// counting returns windows and how often they have added something up.
func counting() (*windows, *int) {
	w, n := newWindows(), new(int)
	var mu sync.Mutex
	add := w.add
	w.add = func(s *engine.Status, from, to time.Time) *stats.Snapshot {
		mu.Lock()
		*n++
		mu.Unlock()
		return add(s, from, to)
	}
	return w, n
}

// TestAWindowIsAddedUpOnce: frames go on, and what is over stays what it is.
func TestAWindowIsAddedUpOnce(t *testing.T) {
	start := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	w, added := counting()
	p := newPast(start, 1)
	from, to := start.Add(10*time.Second), start.Add(40*time.Second)
	s := p.on(50)
	for range 60 {
		if n := w.of(s, from, to).Total.Requests(); n != 30 {
			t.Fatalf("a window of 30 s has %d requests, want 30", n)
		}
		s = p.on(1)
	}
	if *added != 1 {
		t.Errorf("a window was added up %d times in 60 frames, want once", *added)
	}

	s = p.on(900) // the history is coarser there by now
	if n := w.of(s, from, to).Total.Requests(); n != 30 || *added != 2 {
		t.Errorf("after merging: %d requests, added up %d times, want 30 and 2", n, *added)
	}
	if n := w.of(newPast(start, 2).on(50), from, to).Total.Requests(); n != 30 || *added != 3 {
		t.Errorf("another run: %d requests, added up %d times, want 30 and 3", n, *added)
	}
	if n := w.of(newPast(start.Add(20*time.Second), 2).on(50), from, to).Total.Requests(); n != 20 || *added != 4 {
		t.Errorf("after a reset: %d requests, added up %d times, want 20 and 4", n, *added)
	}
}

// TestAWindowThatIsNotOverGrows: its end is in the future.
func TestAWindowThatIsNotOverGrows(t *testing.T) {
	start := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	w, added := counting()
	p := newPast(start, 1)
	from, to := start.Add(10*time.Second), start.Add(40*time.Second)
	for _, want := range []int64{5, 6, 7} {
		s := p.on(map[bool]int{true: 15, false: 1}[want == 5])
		for range 3 {
			if n := w.of(s, from, to).Total.Requests(); n != want {
				t.Errorf("after %d s a window from 10 s on has %d requests, want %d", p.seconds, n, want)
			}
		}
	}
	if *added != 3 || len(w.kept) != 1 {
		t.Errorf("added up %d times and kept %d, want 3 and the latest", *added, len(w.kept))
	}
}

// TestALargeWindowThatGrowsTakesAFifthOfTheTime: between two additions it is a little old,
// until the run is over.
func TestALargeWindowThatGrowsTakesAFifthOfTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const takes = time.Second
		w, added := counting()
		add := w.add
		w.add = func(s *engine.Status, from, to time.Time) *stats.Snapshot {
			time.Sleep(takes)
			return add(s, from, to)
		}
		p := newPast(time.Now(), 1)
		from, to := p.start, p.start.Add(100*time.Hour)
		begun := time.Now()
		for time.Since(begun) < 100*time.Second {
			s := p.on(1)
			s.State = engine.Running
			seen := w.of(s, from, to).Total.Requests()
			if behind := int64(p.seconds) - seen; behind < 0 || behind > (1+restShare)*int64(takes/time.Second) {
				t.Errorf("after %d s a window of all has %d requests", p.seconds, seen)
			}
			time.Sleep(time.Second)
		}
		if spent := time.Duration(*added) * takes; spent > 21*time.Second {
			t.Errorf("in 100 s of frames %s went to adding up, want a fifth", spent)
		}
		s := p.on(1)
		s.State = engine.Stopped
		if n := w.of(s, from, to).Total.Requests(); n != int64(p.seconds) {
			t.Errorf("of a run that is over a window has %d requests, want all %d", n, p.seconds)
		}
	})
}

// TestOneWindowIsAddedUpAtATime: readers of different ones wait for each other.
func TestOneWindowIsAddedUpAtATime(t *testing.T) {
	w := newWindows()
	var now, most atomic.Int32
	add := w.add
	w.add = func(s *engine.Status, from, to time.Time) *stats.Snapshot {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		time.Sleep(time.Millisecond) // in which others would begin
		return add(s, from, to)
	}
	start := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	s := newPast(start, 1).on(60)
	var readers sync.WaitGroup
	for i := range maxWindows {
		readers.Go(func() { w.of(s, start, start.Add(time.Duration(i+1)*time.Second)) })
	}
	readers.Wait()
	if most.Load() != 1 {
		t.Errorf("%d windows were added up at the same time, want 1", most.Load())
	}
}

func TestFewWindowsAreKept(t *testing.T) {
	start := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	w, added := counting()
	s := newPast(start, 1).on(60)
	first := start.Add(time.Second)
	for i := range 40 {
		w.of(s, start, first.Add(time.Duration(i)*time.Second))
		w.of(s, start, first) // asked for again and again: it stays
	}
	if len(w.kept) != maxWindows || *added != 40 {
		t.Errorf("kept %d of 40 windows, added up %d times, want %d and 40", len(w.kept), *added, maxWindows)
	}
}

// TestManyReadersShareAWindow: who comes while it is added up waits for it.
func TestManyReadersShareAWindow(t *testing.T) {
	start := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	w, added := counting()
	s := newPast(start, 1).on(60)
	var readers sync.WaitGroup
	for range 20 {
		readers.Go(func() {
			if n := w.of(s, start, start.Add(30*time.Second)).Total.Requests(); n != 30 {
				t.Errorf("a reader saw %d requests, want 30", n)
			}
		})
	}
	readers.Wait()
	if *added != 1 {
		t.Errorf("added up %d times for 20 readers, want once", *added)
	}
}
