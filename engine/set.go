package engine

import (
	"math/rand/v2"
	"slices"

	"github.com/gregaria/gregaria/engine/load"
)

// A set is tasks to pick from, by weight or along a chain. It never changes: all users
// of a scenario share it.
type set struct {
	tasks   []task
	pick    picker
	follows []picker // by task, what comes after it; nil when the tasks are no chain
}

// A task is a planned task with what it takes to run it. It has a function, steps or a
// set.
type task struct {
	id              int    // counts the tasks of a scenario from 0, one before those within
	path            string // with those around it: "forum/read"
	wait            load.Wait
	run             func(state any, u *load.User) error
	steps           []task
	set             *set
	onStart, onStop func(state any, u *load.User) error
}

// newSet returns the set of planned tasks that are within a task of a path.
func newSet(within string, planned []load.PlannedTask) *set {
	s := &set{tasks: newTasks(within, planned)}
	weights := make([]int, len(planned))
	for i, t := range planned {
		weights[i] = t.Weight
		if t.Next == nil {
			continue
		}
		if s.follows == nil {
			s.follows = make([]picker, len(planned))
		}
		s.follows[i] = newChainPicker(t.Next)
	}
	s.pick = newPicker(weights)
	return s
}

func newTasks(within string, planned []load.PlannedTask) []task {
	tasks := make([]task, len(planned))
	for i, p := range planned {
		t := task{path: within + p.Name, wait: p.Wait, run: p.Run, onStart: p.OnStart, onStop: p.OnStop}
		if len(p.Steps) > 0 {
			t.steps = newTasks(t.path+"/", p.Steps)
		}
		if len(p.Tasks) > 0 {
			t.set = newSet(t.path+"/", p.Tasks)
		}
		tasks[i] = t
	}
	return tasks
}

// number gives tasks, and those within, their ids from next on. It returns how many ids
// are given then.
func number(tasks []task, next int) int {
	for i := range tasks {
		t := &tasks[i]
		t.id = next
		next = number(t.steps, next+1)
		if t.set != nil {
			next = number(t.set.tasks, next)
		}
	}
	return next
}

// find returns the place of the task with a name, -1 when there is none.
func (s *set) find(within, name string) int {
	return slices.IndexFunc(s.tasks, func(t task) bool { return t.path == within+name })
}

// A picker picks one of some things at random, by weight.
type picker struct {
	upTo   []int // sum of the weights up to and including each thing
	things []int // what is picked; nil means the place in upTo
}

func newPicker(weights []int) picker {
	p := picker{upTo: make([]int, len(weights))}
	sum := 0
	for i, w := range weights {
		sum += w
		p.upTo[i] = sum
	}
	return p
}

// newChainPicker picks the place that a transition leads to.
func newChainPicker(next []load.Transition) picker {
	weights, things := make([]int, len(next)), make([]int, len(next))
	for i, t := range next {
		weights[i], things[i] = t.Weight, t.To
	}
	p := newPicker(weights)
	p.things = things
	return p
}

func (p picker) draw(r *rand.Rand) int {
	i := 0
	if len(p.upTo) > 1 {
		i, _ = slices.BinarySearch(p.upTo, r.IntN(p.upTo[len(p.upTo)-1])+1)
	}
	if p.things != nil {
		return p.things[i]
	}
	return i
}

// A visit is one user in a set.
type visit struct {
	set    *set
	within string // the path of the set's task with a slash, "" for the scenario's own set
	queue  []int  // tasks that come before any pick
	latest int    // what was done last, -1 at the beginning
}

// next returns the task to do next.
func (v *visit) next(r *rand.Rand) *task {
	switch {
	case len(v.queue) > 0:
		v.latest = v.queue[0]
		v.queue = v.queue[1:]
	case v.set.follows == nil:
		return &v.set.tasks[v.set.pick.draw(r)]
	case v.latest < 0:
		v.latest = 0
	default:
		v.latest = v.set.follows[v.latest].draw(r)
	}
	return &v.set.tasks[v.latest]
}
