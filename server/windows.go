package server

import (
	"slices"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// maxWindows is how many time windows are kept added up.
const maxWindows = 16

// Windows adds up parts of a run, each once: what is over does not change, so that the
// frames of a page that looks at it cost no more than others.
type windows struct {
	add func(s *engine.Status, from, to time.Time) *stats.Snapshot

	mu   sync.Mutex
	kept []*window // the one asked for last is the first
}

// A window is added up by whoever asks for it first.
type window struct {
	part part
	once sync.Once
	sum  *stats.Snapshot
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
	p := partOf(s, from, to)
	w.mu.Lock()
	i := slices.IndexFunc(w.kept, func(k *window) bool { return k.part == p })
	var found *window
	if i >= 0 {
		found = w.kept[i]
		w.kept = slices.Delete(w.kept, i, i+1)
	} else {
		found = &window{part: p}
		// The same time, as it was before, is not asked for any more.
		w.kept = slices.DeleteFunc(w.kept, func(k *window) bool {
			return k.part.from.Equal(from) && k.part.to.Equal(to)
		})
	}
	w.kept = slices.Insert(w.kept, 0, found)
	w.kept = w.kept[:min(len(w.kept), maxWindows)]
	w.mu.Unlock()
	found.once.Do(func() { found.sum = w.add(s, from, to) })
	return found.sum
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
