package engine

import "sync/atomic"

// iterations counts the tasks that all users of a run do, from a scenario's own set,
// and ends the run at a limit.
type iterations struct {
	limit        int64 // 0 means none
	begun, ended atomic.Int64
	done         chan struct{} // closed when as many as the limit have ended
}

// begin reports whether one more may begin.
func (i *iterations) begin() bool {
	n := i.begun.Add(1)
	return i.limit == 0 || n <= i.limit
}

func (i *iterations) end() {
	if n := i.ended.Add(1); n == i.limit {
		close(i.done)
	}
}
