package load

import (
	"maps"
	"slices"
)

// A link is a task of a chain as it was written down.
type link struct {
	at   string // its path
	next map[string]int
}

// planChain fills in the transitions between the tasks of a chain, and notes what is
// wrong with them.
func planChain(tasks []PlannedTask, links []link, wrong *mistakes) {
	names := make([]string, len(tasks))
	for i, t := range tasks {
		names[i] = t.Name
	}
	whole := true // nothing was wrong that would make tasks seem out of reach
	for i, l := range links {
		if len(l.next) == 0 {
			wrong.add("%s: has no Next, but is part of a chain: name what may follow it", l.at)
			whole = false
			continue
		}
		known := true
		for _, name := range slices.Sorted(maps.Keys(l.next)) {
			weight := l.next[name]
			if weight < 1 || weight > maxWeight {
				wrong.add("%s: Next: weight %d of %s: want 1 to %d", l.at, weight, name, maxWeight)
			}
			to := slices.Index(names, name)
			if to < 0 {
				wrong.add("%s: Next: there is no task %q in this set: it has %s", l.at, name, series(names, "and"))
				known, whole = false, false
				continue
			}
			tasks[i].Next = append(tasks[i].Next, Transition{To: to, Weight: weight})
		}
		slices.SortFunc(tasks[i].Next, func(a, b Transition) int { return a.To - b.To })
		if known && len(tasks[i].Next) == 1 && tasks[i].Next[0].To == i {
			wrong.add("%s: Next leads nowhere but to itself: a user would never leave it", l.at)
		}
	}
	if !whole {
		return
	}
	for i, there := range reached(tasks) {
		if !there {
			wrong.add("%s: no way leads here from %s, where the chain begins", links[i].at, links[0].at)
		}
	}
}

// reached returns for each task of a chain whether it can be reached from the first.
func reached(tasks []PlannedTask) []bool {
	seen := make([]bool, len(tasks))
	seen[0] = true
	for todo := []int{0}; len(todo) > 0; todo = todo[1:] {
		for _, t := range tasks[todo[0]].Next {
			if !seen[t.To] {
				seen[t.To] = true
				todo = append(todo, t.To)
			}
		}
	}
	return seen
}
