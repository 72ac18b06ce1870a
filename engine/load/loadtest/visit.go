package loadtest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gregaria/gregaria/engine/load"
)

// A visit is one user in a set of tasks. It says which of them comes next, so that
// each comes once a round.
type visit struct {
	tasks  []load.PlannedTask
	rounds int
	queue  []int // what comes before anything else
	queued int   // how often something was queued

	turn int // tasks done in turn; stays 0 in a chain

	// Of a chain.
	latest int    // what was done last
	done   []bool // what was done in this round; nil at its beginning
}

// mostQueued bounds what may be queued in one visit: a task that queues itself without
// end shall fail its test, not hang it.
const mostQueued = 1000

// put queues a task.
func (v *visit) put(name string) error {
	i := slices.IndexFunc(v.tasks, func(t load.PlannedTask) bool { return t.Name == name })
	if i < 0 {
		return errors.New("there is no such task in this set")
	}
	if v.queued++; v.queued > mostQueued {
		return fmt.Errorf("more than %d tasks have been queued: is there an end to it?", mostQueued)
	}
	v.queue = append(v.queue, i)
	return nil
}

// next returns the place of the task to do next, -1 when all are done.
func (v *visit) next() int {
	chain := v.tasks[0].Next != nil
	i := -1
	switch {
	case len(v.queue) > 0:
		i, v.queue = v.queue[0], v.queue[1:]
	case chain:
		i = v.ahead()
	case v.left():
		i = v.turn % len(v.tasks)
		v.turn++
	}
	if chain && i >= 0 {
		if v.done == nil {
			v.done = make([]bool, len(v.tasks))
		}
		v.latest, v.done[i] = i, true
	}
	return i
}

// left reports whether there are tasks to be done in turn.
func (v *visit) left() bool {
	return v.tasks[0].Next == nil && v.turn < v.rounds*len(v.tasks)
}

// ahead returns what follows the latest task of a chain: the first step on the
// shortest way to a task not done yet, the likeliest of those. When no way leads to
// one the round is over.
func (v *visit) ahead() int {
	if v.done == nil {
		return 0
	}
	type way struct{ first, end int }
	var ways []way
	for _, to := range likeliest(v.tasks[v.latest].Next) {
		ways = append(ways, way{to, to})
	}
	seen := make([]bool, len(v.tasks))
	for ; len(ways) > 0; ways = ways[1:] {
		w := ways[0]
		if !v.done[w.end] {
			return w.first
		}
		if seen[w.end] {
			continue
		}
		seen[w.end] = true
		for _, to := range likeliest(v.tasks[w.end].Next) {
			ways = append(ways, way{w.first, to})
		}
	}
	if v.rounds--; v.rounds == 0 {
		return -1
	}
	v.done = nil
	return 0
}

// likeliest returns where transitions lead, the greatest weight first.
func likeliest(next []load.Transition) []int {
	sorted := slices.SortedStableFunc(slices.Values(next), func(a, b load.Transition) int { return b.Weight - a.Weight })
	places := make([]int, len(sorted))
	for i, t := range sorted {
		places[i] = t.To
	}
	return places
}
