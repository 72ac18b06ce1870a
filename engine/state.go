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

// An event is what moves the engine from one state to another.
type event string

const (
	start   event = "start"   // a run begins
	change  event = "change"  // the number of users or the spawn rate of a run changes
	arrived event = "arrived" // the number of users has reached the target
	stop    event = "stop"    // the run is to end
	ended   event = "ended"   // the last user has gone or was abandoned
	hold    event = "hold"    // users shall do nothing new
	resume  event = "resume"  // users shall go on
)

// transitions says which event leads where. What is not in it cannot happen.
var transitions = map[State]map[event]State{
	Ready:    {start: Spawning},
	Spawning: {change: Spawning, arrived: Running, hold: Paused, stop: Stopping},
	Running:  {change: Spawning, arrived: Running, hold: Paused, stop: Stopping},
	Paused:   {change: Paused, hold: Paused, resume: Spawning, stop: Stopping},
	Stopping: {ended: Stopped},
	Stopped:  {start: Spawning},
}

// next returns the state that e leads to, and whether it may happen in s.
func (s State) next(e event) (State, bool) {
	to, ok := transitions[s][e]
	return to, ok
}
