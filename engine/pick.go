package engine

import (
	"math/rand/v2"
	"slices"

	"github.com/gregaria/gregaria/engine/load"
)

// A picker picks tasks at random by weight.
type picker struct {
	upTo []int // sum of the weights up to and including each task
}

func newPicker(tasks []load.PlannedTask) picker {
	p := picker{make([]int, len(tasks))}
	sum := 0
	for i, t := range tasks {
		sum += t.Weight
		p.upTo[i] = sum
	}
	return p
}

func (p picker) pick(r *rand.Rand) int {
	if len(p.upTo) == 1 {
		return 0
	}
	n := r.IntN(p.upTo[len(p.upTo)-1])
	i, _ := slices.BinarySearch(p.upTo, n+1)
	return i
}
