package engine

import (
	"runtime"
	"sync/atomic"

	"github.com/gregaria/gregaria/engine/load"
)

// A TaskCount is a task of a run, how often users have begun it since the latest reset,
// and how often they ought to.
type TaskCount struct {
	Name   string
	Begun  int64
	Share  float64     // of all that is begun of its set, as intended: from 0 to 1; 1 for a step
	Chain  bool        // it is part of a chain: its share is that of the long run
	Step   bool        // it is done in order, each time that the task around it is
	Within []TaskCount // its steps or its set
}

// newTaskCounts returns the counts of tasks, with nothing begun.
func newTaskCounts(tasks []load.PlannedTask, steps bool) []TaskCount {
	if len(tasks) == 0 {
		return nil
	}
	list := make([]TaskCount, len(tasks))
	chain := tasks[0].Next != nil
	shares := make([]float64, len(tasks))
	if chain {
		shares = longRun(tasks)
	} else if !steps {
		sum := 0.0
		for _, t := range tasks {
			sum += float64(t.Weight)
		}
		for i, t := range tasks {
			shares[i] = float64(t.Weight) / sum
		}
	}
	for i, t := range tasks {
		list[i] = TaskCount{Name: t.Name, Share: shares[i], Chain: chain, Step: steps, Within: newTaskCounts(t.Steps, true)}
		if steps {
			list[i].Share = 1
		}
		if len(t.Tasks) > 0 {
			list[i].Within = newTaskCounts(t.Tasks, false)
		}
	}
	return list
}

// longRun returns which share of the time a chain is at each of its tasks.
func longRun(tasks []load.PlannedTask) []float64 {
	const most, enough = 10_000, 1e-9
	at, next := make([]float64, len(tasks)), make([]float64, len(tasks))
	at[0] = 1
	for range most {
		clear(next)
		for i, t := range tasks {
			sum := 0
			for _, way := range t.Next {
				sum += way.Weight
			}
			next[i] += at[i] / 2 // or a chain that goes in circles would never come to rest
			for _, way := range t.Next {
				next[way.To] += at[i] / 2 * float64(way.Weight) / float64(sum)
			}
		}
		moved := 0.0
		for i := range at {
			moved = max(moved, next[i]-at[i])
		}
		at, next = next, at
		if moved < enough {
			break
		}
	}
	return at
}

// A tasksBegun counts the tasks that users of a scenario begin. Users spread over its
// shards, which share no cache line, so that counting never waits for another processor.
type tasksBegun struct {
	shards [][]atomic.Int64 // by task, see task.id
	before []int64          // what was counted until the latest reset; the run's loop's
}

func newTasksBegun(tasks int) *tasksBegun {
	const line = 64 / 8 // counters
	n := 1
	for n < 4*runtime.GOMAXPROCS(0) {
		n *= 2
	}
	b := &tasksBegun{shards: make([][]atomic.Int64, n), before: make([]int64, tasks)}
	for i := range b.shards {
		b.shards[i] = make([]atomic.Int64, tasks+2*line)[line : line+tasks]
	}
	return b
}

// add counts that a user begins a task.
func (b *tasksBegun) add(user, task int) { b.shards[user&(len(b.shards)-1)][task].Add(1) }

func (b *tasksBegun) sum(task int) (n int64) {
	for _, s := range b.shards {
		n += s[task].Load()
	}
	return n
}

// reset begins the counts anew.
func (b *tasksBegun) reset() {
	for i := range b.before {
		b.before[i] = b.sum(i)
	}
}

// fill returns a copy of list, whose tasks are numbered from next on, with what was
// counted, and the number after its last.
func (b *tasksBegun) fill(list []TaskCount, next int) ([]TaskCount, int) {
	if len(list) == 0 {
		return nil, next
	}
	filled := make([]TaskCount, len(list))
	for i, t := range list {
		t.Begun = b.sum(next) - b.before[next]
		t.Within, next = b.fill(t.Within, next+1)
		filled[i] = t
	}
	return filled, next
}
