package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Event is something that happened to a run and explains its numbers.
type Event struct {
	At   time.Time // on the clock of the numbers, see stats.Recorder
	Kind EventKind
	Text string
}

// An EventKind is what an event is about.
type EventKind string

// The kinds of events.
const (
	EventStart    EventKind = "start"    // the run was started
	EventSpawned  EventKind = "spawned"  // all users have started, or enough have stopped
	EventEdit     EventKind = "edit"     // the run was given another load, other weights or checks
	EventReset    EventKind = "reset"    // the numbers began anew
	EventPause    EventKind = "pause"    // users do nothing new
	EventResume   EventKind = "resume"   // they go on
	EventBreach   EventKind = "breach"   // a check does not hold any more
	EventRecovery EventKind = "recovery" // it holds again, or there is nothing left to judge
	EventStop     EventKind = "stop"     // the run was told to stop
)

// mostEvents is how many events a run keeps beside its start: the latest.
const mostEvents = 200

// happened notes an event. Lists that were published stay as they are.
func (r *run) happened(kind EventKind, format string, args ...any) {
	if n := len(r.events); n > mostEvents {
		r.events = append(r.events[:1:1], r.events[n-mostEvents+1:]...)
	}
	r.events = append(r.events, Event{r.recorder.Clock(time.Now()), kind, fmt.Sprintf(format, args...)})
}

// loadText words how much load c asks for: 20 users, 200 arrivals/s, stages 1m:20.
func (c Config) loadText() string {
	unit := map[Model]string{Open: "arrivals/s"}[c.Model]
	switch {
	case c.Shape != "":
		return "shape " + c.Shape
	case len(c.Stages) > 0:
		return strings.TrimSpace("stages " + c.Stages.String() + " " + unit)
	case c.Model == Open:
		return plain(c.Rate) + " " + unit
	case c.Users == 1:
		return "1 user"
	}
	return strconv.Itoa(c.Users) + " users"
}

// edited words what is different in d, but for the weights, see reweigh.
func (c Config) edited(d Config) (list []string) {
	turned := func(what, from, to string) {
		if from != to {
			list = append(list, what+" "+from+" → "+to)
		}
	}
	numbers := func(c Config) bool { return c.Shape == "" && len(c.Stages) == 0 }
	switch {
	case !numbers(c) || !numbers(d):
		if to := d.loadText(); to != c.loadText() {
			list = append(list, to)
		}
	case d.Model == Open:
		turned("arrivals/s", plain(c.Rate), plain(d.Rate))
	default:
		turned("users", strconv.Itoa(c.Users), strconv.Itoa(d.Users))
		turned("spawn rate", plain(c.SpawnRate), plain(d.SpawnRate))
	}
	if d.Model == Open {
		turned("user cap", strconv.Itoa(c.Cap()), strconv.Itoa(d.Cap()))
		turned("arrivals", atRandom(c.Poisson), atRandom(d.Poisson))
	}
	turned("run time", unlessNever(c.RunTime), unlessNever(d.RunTime))
	for _, check := range d.Checks {
		if !slices.Contains(c.Checks, check) {
			list = append(list, "check "+check.String())
		}
	}
	for _, check := range c.Checks {
		if !slices.Contains(d.Checks, check) {
			list = append(list, "no check "+check.String())
		}
	}
	turned("stop when a check is broken for", unlessNever(c.CheckStop), unlessNever(d.CheckStop))
	turned("warm-up of the checks", c.CheckWarmup.String(), d.CheckWarmup.String())
	return list
}

func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func atRandom(poisson bool) string {
	if poisson {
		return "at random"
	}
	return "evenly"
}

func unlessNever(d time.Duration) string {
	if d == 0 {
		return "never"
	}
	return d.String()
}
