package engine

import (
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/load"
)

// Plan returns the load that c asks for, beginning with that of a run that is on or
// else 0, as the corners of a line; empty when c asks for a Shape, which cannot be known
// beforehand. The last corner is where the load stays, or the end of the run.
func (c Config) Plan(level float64) []PlanPoint {
	switch {
	case c.Shape != "":
		return nil
	case len(c.Stages) > 0:
		line := []PlanPoint{{0, level}}
		at := time.Duration(0)
		for _, s := range c.Stages {
			if s.Step {
				line = append(line, PlanPoint{at, s.Target})
			}
			at += s.Duration
			line = append(line, PlanPoint{at, s.Target})
		}
		return line
	case c.Model == Open:
		return []PlanPoint{{0, c.Rate}}
	}
	steps := abs(c.Users - int(level))
	return []PlanPoint{{0, level}, {dispatch.At(steps-1, c.SpawnRate), float64(c.Users)}}
}

// continued returns a line that is left at a moment for another.
func continued(line []PlanPoint, at time.Duration, other []PlanPoint) []PlanPoint {
	var out []PlanPoint
	for _, p := range line {
		if p.At < at {
			out = append(out, p)
		}
	}
	for _, p := range other {
		out = append(out, PlanPoint{at + p.At, p.Load})
	}
	return out
}

// A guide is a Shape whose code is not trusted: one goroutine at a time asks it, and
// a panic ends the load, as does what is no load.
type guide struct {
	most float64     // load that there may be; 0 means any
	cut  atomic.Bool // the shape asked for more

	mu     sync.Mutex // guards what follows
	shape  load.Shape
	failed error
	stack  string // of its panic
}

// Level returns the load at t, 0 or more, and whether the run goes on.
func (g *guide) Level(t time.Duration) (level float64, on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed != nil {
		return 0, false
	}
	defer func() {
		if v := recover(); v != nil {
			g.stack = string(debug.Stack())
			g.failed = fmt.Errorf("the shape panicked: %v", v)
			level, on = 0, false
		}
	}()
	if level, on = g.shape.Level(t); !(level >= 0) || math.IsInf(level, 0) {
		g.failed = fmt.Errorf("the shape asks for a load of %v at %s", level, t)
		return 0, false
	}
	if g.most > 0 && level > g.most {
		g.cut.Store(true)
		level = g.most
	}
	return min(level, math.MaxInt32), on
}

// err returns why the guide cannot be asked any more, or nil.
func (g *guide) err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed
}

// steady is an open load that never changes.
func steady(rate float64) load.Shape {
	return load.ShapeFunc(func(time.Duration) (float64, bool) { return rate, true })
}
