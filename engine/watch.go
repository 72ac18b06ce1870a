package engine

import "sync"

// Watchers are told that there is news, not what: whoever is slow finds the newest
// status when it looks. The zero value has no watcher.
type watchers struct {
	mu   sync.Mutex
	list map[chan struct{}]struct{}
}

// add returns a watcher's channel, which begins with a token in it, and the
// function that removes it.
func (w *watchers) add() (news <-chan struct{}, end func()) {
	c := make(chan struct{}, 1)
	c <- struct{}{}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.list == nil {
		w.list = map[chan struct{}]struct{}{}
	}
	w.list[c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.list, c)
	}
}

// tell puts a token into every channel that has none.
func (w *watchers) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.list {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
