package server

import (
	"slices"
	"sync"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// maxSeries is how many rows are kept step by step.
const maxSeries = 32

// Series keep the rows that charts show one by one, so that each frame only unpacks what is
// new of them.
type series struct {
	mu   sync.Mutex
	kept []*oneSeries // the one asked for last is the first
}

type oneSeries struct {
	run int
	key stats.Key
	ps  []float64 // see stats.NewSeries

	mu sync.Mutex
	*stats.Series
}

// of returns the points of a row in a part of the history of s, with the times of these
// percentiles.
func (c *series) of(s *engine.Status, key stats.Key, part stats.Timeline, ps ...float64) []stats.Point {
	found := c.find(s.Run, key, ps)
	found.mu.Lock()
	defer found.mu.Unlock()
	return found.Points(part)
}

func (c *series) find(run int, key stats.Key, ps []float64) *oneSeries {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := &oneSeries{run: run, key: key, ps: ps, Series: stats.NewSeries(key, ps...)}
	if i := slices.IndexFunc(c.kept, func(k *oneSeries) bool { return k.run == run && k.key == key && slices.Equal(k.ps, ps) }); i >= 0 {
		found = c.kept[i]
		c.kept = slices.Delete(c.kept, i, i+1)
	}
	c.kept = slices.Insert(c.kept, 0, found)
	c.kept = c.kept[:min(len(c.kept), maxSeries)]
	return found
}
