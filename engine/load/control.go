package load

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Control is the side of a user that its runner holds and its scenario does not
// see.
type Control struct{ u *User }

// Rebind gives the user another context and quit channel: OnStop runs on borrowed
// time, after those of the run have ended.
func (c Control) Rebind(ctx context.Context, quit <-chan struct{}) {
	c.u.ctx, c.u.quit, c.u.refused = ctx, quit, 0
}

// Try runs one function of a scenario. It records what the function measured, turns
// a panic into a *Panic, and returns the error.
func (c Control) Try(f func() error) (err error) {
	returned := false
	defer c.u.rest()
	defer func() {
		switch v := recover(); v {
		case nil:
			if !returned { // the goroutine is ending, and Try with it
				c.Note(c.u.scenario, errGoexit)
			}
		case any(ErrStopped):
			err = ErrStopped
		default:
			err = &Panic{Value: v, Stack: string(debug.Stack())}
		}
	}()
	err = f()
	returned = true
	return err
}

// errGoexit is what code does that believes to be in a test: t.FailNow is one.
var errGoexit = errors.New("the user was ended by runtime.Goexit: return an error instead")

// rest brings u to where it is between two functions of its scenario, however the
// last one ended.
func (u *User) rest() {
	u.settle()
	u.hook, u.groups = noHook, u.groups[:0]
}

// Note adds an error of scenario code, for which Counted is false, to the
// exceptions. The place says what was running. An error that is only the echo of
// the user's stop is left out; a panic never is.
func (c Control) Note(place string, err error) {
	m := stats.Mishap{
		Group: place + ": " + pattern(err.Error()), Message: err.Error(), Stack: place, At: time.Now(),
	}
	if p, ok := errors.AsType[*Panic](err); ok {
		m.Group, m.Stack = frames(p.Stack), p.Stack
	} else if c.u.ctx.Err() != nil {
		return // whatever a client of the scenario's own says when it is cut
	}
	m.Group, m.Message, m.Stack = quotable(m.Group, c.u.secrets), quotable(m.Message, c.u.secrets), quotable(m.Stack, c.u.secrets)
	c.u.shard.Note(m)
}

// Due says when the user's next request ought to be sent: what it is late by is part
// of its response time. The zero time takes that back.
func (c Control) Due(t time.Time) { c.u.due = t }

// Iteration says that the user begins another of its scenario's own tasks: a row that
// was unique to the one before is given up.
func (c Control) Iteration() { c.u.iteration++ }

// Task says which function of the scenario Try will run: "forum/read", "OnStart".
func (c Control) Task(path string) { c.u.task = path }

// Rest gives back what only a user at work needs: it will do nothing for some time.
func (c Control) Rest() {
	if c.u.transport != nil {
		c.u.transport.Rest()
	}
}

// Close closes the user's connection.
func (c Control) Close() {
	if c.u.transport != nil {
		c.u.transport.Close()
	}
}
