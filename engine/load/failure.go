package load

import (
	"errors"
	"fmt"
)

// A Failure is why a request counts as failed. A task that returns one ends; the
// failure is in the table already, so nothing else happens.
type Failure struct {
	Method, Name string // the row the request belongs to
	Format       string // what failures are grouped by
	Message      string // this failure in full
}

func (f *Failure) Error() string { return f.Method + " " + f.Name + ": " + f.Message }

// StopUser ends the user whose task returns it, after its OnStop. The user is not
// replaced.
//
//lint:ignore ST1012 like io.EOF, it names what happens, not what went wrong
var StopUser = errors.New("stop this user")

// Leave ends the set of tasks that the task returning it belongs to; in a set that is
// the scenario's own it ends nothing but the task.
//
//lint:ignore ST1012 like io.EOF, it names what happens, not what went wrong
var Leave = errors.New("leave this set of tasks")

// Enough ends the answer of a request whose [Each] function returns it: what has come
// is all that was wanted, and the request succeeds or fails as if that were all.
//
//lint:ignore ST1012 like io.EOF, it names what happens, not what went wrong
var Enough = errors.New("enough of this answer")

// StopRun ends the whole run when a task returns it. The reason is shown to the
// operator.
func StopRun(reason string) error { return &RunStop{reason} }

// A RunStop is the error made by StopRun.
type RunStop struct{ Reason string }

func (e *RunStop) Error() string { return "stop the run: " + e.Reason }

// ErrStopped is what requests, pauses and measurements return once their user has
// been told to stop. It is neither a failure nor an exception: return it.
var ErrStopped = errors.New("the user has been stopped")

// Counted reports whether err needs no further report: it is nil, a Failure
// already counted, or one of the ways to stop.
func Counted(err error) bool {
	if err == nil || stops(err) {
		return true
	}
	_, ok := errors.AsType[*Failure](err)
	return ok
}

// stops reports whether err is one of the ways to stop or leave.
func stops(err error) bool {
	if errors.Is(err, StopUser) || errors.Is(err, Leave) || errors.Is(err, ErrStopped) {
		return true
	}
	_, ok := errors.AsType[*RunStop](err)
	return ok
}

// A Panic is a panic of scenario code, caught.
type Panic struct {
	Value any
	Stack string
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }
