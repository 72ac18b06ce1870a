package server

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// maxWindows is how many time windows are kept added up.
const maxWindows = 16

// restShare is how many times as long as the latest addition a window that goes on is left
// as it is.
const restShare = 4

// Windows adds up parts of a run, each once: what is over does not change, so that the
// frames of a page that looks at it cost no more than others. What goes on is added up
// anew as it grows, but a large sum takes long: then it may be a few seconds old, so that
// no more than a fifth of one processor is spent on it, however many there are.
type windows struct {
	add func(s *engine.Status, from, to time.Time) *stats.Snapshot

	adding sync.Mutex // one at a time

	mu      sync.Mutex
	kept    []*window // the one asked for last is the first
	waiting int       // to be added up
	rest    time.Time // until when those that go on are left as they are
}

// A window is added up by whoever asks for it first.
type window struct {
	part part
	once sync.Once
	sum  atomic.Pointer[stats.Snapshot] // nil until it is added up
}

// A part of a run is a time and the entries of the history that touch it. They change
// when the history goes on within that time, gets coarser there or begins anew.
type part struct {
	run         int
	from, to    time.Time
	first, last time.Time
	entries     int
}

func newWindows() *windows {
	return &windows{add: func(s *engine.Status, from, to time.Time) *stats.Snapshot {
		return s.History.Window(from, to).WithExemplars(s.Stats)
	}}
}

// of returns the numbers of s between two moments.
func (w *windows) of(s *engine.Status, from, to time.Time) *stats.Snapshot {
	found := w.find(s, partOf(s, from, to))
	found.once.Do(func() { w.sumUp(found, s) })
	return found.sum.Load()
}

// find returns the window of a part, which may not be added up yet, or the same time as it
// was before.
func (w *windows) find(s *engine.Status, p part) *window {
	w.mu.Lock()
	defer w.mu.Unlock()
	resting := goesOn(s.State) && (w.waiting > 0 || time.Now().Before(w.rest))
	found := &window{part: p}
	i := slices.IndexFunc(w.kept, func(k *window) bool { return k.part == p })
	if i < 0 && resting {
		i = slices.IndexFunc(w.kept, func(k *window) bool { return k.part.before(p) && k.sum.Load() != nil })
	}
	if i >= 0 {
		found = w.kept[i]
		w.kept = slices.Delete(w.kept, i, i+1)
	} else {
		w.waiting++
	}
	w.kept = slices.Insert(w.kept, 0, found)
	w.kept = w.kept[:min(len(w.kept), maxWindows)]
	return found
}

// goesOn reports whether a newer status follows soon.
func goesOn(s engine.State) bool { return s == engine.Spawning || s == engine.Running }

// sumUp adds up a window.
func (w *windows) sumUp(k *window, s *engine.Status) {
	w.adding.Lock()
	defer w.adding.Unlock()
	start := time.Now()
	k.sum.Store(w.add(s, k.part.from, k.part.to))
	end := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting--
	w.rest = end.Add(restShare * end.Sub(start))
	// The same time, as it was before, is not asked for any more.
	w.kept = slices.DeleteFunc(w.kept, func(old *window) bool {
		return old != k && old.sum.Load() != nil && old.part.from.Equal(k.part.from) && old.part.to.Equal(k.part.to)
	})
}

// before reports whether later is the same time of the same run when it had gone on.
func (p part) before(later part) bool {
	return p.run == later.run && p.from.Equal(later.from) && p.to.Equal(later.to) &&
		p.entries > 0 && p.first.Equal(later.first) && p.last.Before(later.last)
}

// partOf returns the part of s between two moments.
func partOf(s *engine.Status, from, to time.Time) part {
	p := part{run: s.Run, from: from, to: to}
	for point := range s.History.Points() {
		if point.To.Before(from) || point.From.After(to) {
			continue
		}
		if p.entries == 0 {
			p.first = point.From
		}
		p.last = point.To
		p.entries++
	}
	return p
}
