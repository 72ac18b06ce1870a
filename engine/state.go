package engine

// A State is where the engine is in the life of a run.
type State string

// The states, as they are shown to people.
const (
	Ready    State = "ready"    // no run yet
	Spawning State = "spawning" // the number of users is on its way to the target
	Running  State = "running"  // all users are there
	Paused   State = "paused"   // users do nothing new until the run is resumed
	Stopping State = "stopping" // users are finishing
	Stopped  State = "stopped"  // a run is over; its numbers stay
)

// Active reports whether a run is on.
func (s State) Active() bool { return s == Spawning || s == Running || s == Paused || s == Stopping }

// A cue is what moves the engine from one state to another.
type cue string

const (
	start   cue = "start"   // a run begins
	change  cue = "change"  // the number of users or the spawn rate of a run changes
	arrived cue = "arrived" // the number of users has reached the target
	stop    cue = "stop"    // the run is to end
	ended   cue = "ended"   // the last user has gone or was abandoned
	hold    cue = "hold"    // users shall do nothing new
	resume  cue = "resume"  // users shall go on
)

// transitions says which cue leads where. What is not in it cannot happen.
var transitions = map[State]map[cue]State{
	Ready:    {start: Spawning},
	Spawning: {change: Spawning, arrived: Running, hold: Paused, stop: Stopping},
	Running:  {change: Spawning, arrived: Running, hold: Paused, stop: Stopping},
	Paused:   {change: Paused, hold: Paused, resume: Spawning, stop: Stopping},
	Stopping: {ended: Stopped},
	Stopped:  {start: Spawning},
}

// next returns the state that c leads to, and whether it may happen in s.
func (s State) next(c cue) (State, bool) {
	to, ok := transitions[s][c]
	return to, ok
}
