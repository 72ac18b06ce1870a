package engine

import "sync/atomic"

// iterations counts the tasks that all users of a run do, from a scenario's own set,
// and ends the run at a limit. One that is cut counts as well: its user is gone.
type iterations struct {
	limit        int64 // 0 means none
	begun, ended atomic.Int64
	completed    atomic.Int64  // of those that ended, how many were not cut
	done         chan struct{} // closed when as many as the limit have ended
}

// begin reports whether one more may begin.
func (i *iterations) begin() bool {
	n := i.begun.Add(1)
	return i.limit == 0 || n <= i.limit
}

// allBegun reports whether none may begin any more.
func (i *iterations) allBegun() bool { return i.limit > 0 && i.begun.Load() >= i.limit }

func (i *iterations) end(completed bool) {
	if completed {
		i.completed.Add(1)
	}
	if n := i.ended.Add(1); n == i.limit {
		close(i.done)
	}
}
