package engine

import (
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// A Status is everything there is to know about the engine at one moment. It never
// changes once it is published.
type Status struct {
	State   State
	Run     int       // counts runs from 1; 0 before the first
	Config  Config    // what the latest run was asked for, changes included; the zero Config before the first
	Started time.Time // zero before the first run
	Ended   time.Time // zero until the run is over
	At      time.Time // when this status was published

	Users     int         // users alive
	Starting  int         // of those, how many are held back by a failing OnStart
	Abandoned int         // users whose code ignored the stop
	Scenarios []Headcount // of the run, in the suite's order
	Reason    string      // why the run ended or is ending: "stopped by the operator"
	Notices   []string    // what the operator ought to know

	Stats   *stats.Snapshot // never nil
	History stats.Timeline
}

// A Headcount is how many users of a scenario there are, where they send their
// requests, and what they pick from.
type Headcount struct {
	Name  string
	Host  string
	Users int
	Tasks []load.PlannedTask // those that the tags left
}

// Elapsed returns how long the run has lasted, or lasted; 0 before the first.
func (s *Status) Elapsed() time.Duration {
	switch {
	case s.Started.IsZero():
		return 0
	case s.Ended.IsZero():
		return max(0, s.At.Sub(s.Started))
	}
	return max(0, s.Ended.Sub(s.Started))
}
