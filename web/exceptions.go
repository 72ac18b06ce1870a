package web

import (
	"cmp"
	"slices"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// Exceptions is the list of errors in scenarios.
type Exceptions struct {
	Rows   []ExceptionRow
	Notice string
	Within bool // the moments are those of a chosen time
}

// An ExceptionRow is all errors of one kind.
type ExceptionRow struct {
	ID                    string // stays the same from frame to frame
	Count, Message, Stack string
	First, Last           Moment
}

func newExceptions(s *stats.Snapshot, start time.Time) *Exceptions {
	e := new(Exceptions)
	list := slices.SortedStableFunc(slices.Values(s.Exceptions), func(a, b stats.Exception) int { return cmp.Compare(b.Count, a.Count) })
	list, e.Notice = shown(list, "kinds of exception")
	for _, x := range list {
		e.Rows = append(e.Rows, ExceptionRow{
			ID: elementID("exception", x.Group), Count: count(x.Count),
			Message: clip(line(x.Message), 1000), Stack: lines(x.Stack),
			First: moment(x.First, start), Last: moment(x.Last, start),
		})
	}
	return e
}
