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

	Begun  time.Time     // when the first user was due; later than Started by what Setup took
	Peak   int           // users at the peak the run was asked for, 0 when not known beforehand
	Target float64       // load that the plan asks for at this moment: users, or arrivals per second
	Idle   int           // open model: of the users alive, how many wait for an arrival
	Plan   []PlanPoint   // the load planned from Begun on, to be drawn; empty when not known beforehand
	Paused time.Duration // how long the run has been paused, all pauses together
	Feeds  []FeedStatus  // of the run's scenarios

	Users     int         // users alive
	Starting  int         // of those, how many are held back by a failing OnStart
	Abandoned int         // users whose code ignored the stop
	Scenarios []Headcount // of the run, in the suite's order
	Reason    string      // why the run ended or is ending: "stopped by the operator"
	Notices   []string    // what the operator ought to know

	Stats   *stats.Snapshot // never nil
	History stats.Timeline
	Checks  []CheckStatus // what the run is held to, and how it does
	Events  []Event       // the start of the run, then the latest, oldest first
}

// A Headcount is how many users of a scenario there are, where they send their
// requests, and what they pick from.
type Headcount struct {
	Name          string
	Host          string
	Users         int
	AtMost        int                // users it had when the run had most
	Tasks         []load.PlannedTask // those that the tags left and that are on
	Counts        []TaskCount        // the same, and how often they were begun
	Weight, Count int                // share of the users or arrivals, or how many there are exactly, see load.Scenario
}

// A PlanPoint is a corner of a planned load, which goes evenly from one to the next.
type PlanPoint struct {
	At   time.Duration // on the plan's clock, which stands still while the run is paused
	Load float64       // users, or arrivals per second
}

// A FeedStatus is how far a feed has been used.
type FeedStatus struct {
	load.FeedInfo
	Rows  int   // -1 when there is no end to them
	Taken int64 // how often a row was taken
	Dry   int64 // how often one was asked for and none was left
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
