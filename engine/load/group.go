package load

import (
	"cmp"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A group is several requests that are timed together.
type group struct {
	paused          time.Duration
	format, message string // of the first request that failed
}

// blame makes a failed request the reason why the group failed, unless there is one.
func (g *group) blame(s *stats.Sample) {
	if g.format == "" {
		g.format = s.Method + " " + s.Name + " failed"
		g.message = g.format + ": " + s.Problem.Message
	}
}

// Group times all that f does as one sample, in a row of its own: the requests of a
// checkout, say. Time in [User.Pause] is left out: thinking is the user's, not the
// target's. The row is no part of the total, which has each of the requests already.
//
// The group fails when a request within it does, looked at or not, and when f returns
// an error. Group returns what f returned. The end of a group records the request
// before it, like a next request does. A group is not recorded when it was not done
// to its end: f panicked, or returned one of the ways to stop or leave, or the user
// was stopped meanwhile. Groups may contain groups.
func (u *User) Group(name string, f func() error) error {
	u.settle()
	depth, refused := len(u.groups), u.refused
	u.groups = append(u.groups, group{})
	start := time.Now()
	err := f()
	took := time.Since(start)
	u.settle()
	g := u.groups[depth]
	u.groups = u.groups[:depth]
	if depth > 0 {
		around := &u.groups[depth-1]
		around.paused += g.paused
		if around.format == "" {
			around.format, around.message = g.format, g.message
		}
	}
	if u.refused != refused || stops(err) || err != nil && u.ctx.Err() != nil {
		return err
	}
	sample := stats.Sample{Method: stats.Group, Name: name, Took: max(0, took-g.paused)}
	if err != nil {
		text := cut(err.Error())
		g.format, g.message = cmp.Or(g.format, pattern(text)), cmp.Or(g.message, text)
	}
	if g.format != "" {
		sample.Problem = &stats.Problem{Format: quotable(g.format, u.secrets), Message: blank(cut(g.message), u.secrets), At: time.Now()}
	}
	u.shard.Record(sample)
	return err
}
