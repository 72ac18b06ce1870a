package web

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// Failures is the table of failed requests.
type Failures struct {
	Rows   []FailureRow
	Notice string
}

// A FailureRow is all failures of one kind.
type FailureRow struct {
	ID                           string // stays the same from frame to frame
	Count, Method, Name, Message string
	Example                      string // "" when it says nothing that Message does not
	Ours                         bool   // this machine could not send it
	First, Last                  Moment
}

func newFailures(s *stats.Snapshot, start time.Time) *Failures {
	f := new(Failures)
	list := slices.SortedStableFunc(slices.Values(s.Failures), func(a, b stats.FailureLine) int { return cmp.Compare(b.Count, a.Count) })
	list, f.Notice = shown(list, "kinds of failure")
	for _, x := range list {
		r := FailureRow{
			ID:    elementID("fail", x.Method, x.Name, x.Format, strconv.FormatBool(x.Ours)),
			Count: count(x.Count), Method: clip(line(x.Method), 24), Name: clip(line(x.Name), 240),
			Message: clip(line(x.Format), 500), Example: clip(lines(x.Example), 1000), Ours: x.Ours,
			First: moment(x.First, start), Last: moment(x.Last, start),
		}
		if x.Example == x.Format {
			r.Example = ""
		}
		f.Rows = append(f.Rows, r)
	}
	return f
}
