package web

import (
	"cmp"
	"slices"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// Exceptions is the list of errors in scenarios.
type Exceptions struct {
	Search *Box // nil where nothing can be chosen
	Rows   []ExceptionRow
	Notice string
	Within bool   // the moments are those of a chosen time
	Empty  string // said instead of rows that were searched for
}

// reportedExceptions are those of a report, where nothing can be searched for.
func reportedExceptions(s *stats.Snapshot, start time.Time, q Query) *Exceptions {
	e := newExceptions(s, start, q)
	e.Search = nil
	return e
}

// An ExceptionRow is all errors of one kind.
type ExceptionRow struct {
	ID                    string // stays the same from frame to frame
	Count, Message, Stack string
	First, Last           Moment
}

func newExceptions(s *stats.Snapshot, start time.Time, q Query) *Exceptions {
	e := &Exceptions{Within: q.Windowed()}
	found := slices.DeleteFunc(slices.Clone(s.Exceptions), func(x stats.Exception) bool { return !hasWords(q.Search, x.Message, x.Stack) })
	if len(s.Exceptions) > 0 {
		search := newWordBox(q, "Search exceptions", "message or traceback")
		e.Search = &search
		if len(found) == 0 {
			e.Empty = "None of " + plural(int64(len(s.Exceptions)), "kind", "kinds") + " of exception has these words."
		}
	}
	list := slices.SortedStableFunc(slices.Values(found), func(a, b stats.Exception) int { return cmp.Compare(b.Count, a.Count) })
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
