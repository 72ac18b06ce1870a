package report

import "time"

// A clock tells the moments of a file's lines, in whole seconds since 1970. No two lines
// have the same, or their reader would take one for the other: the last step of a run is
// short, and may end in the second in which the step before did.
type clock struct{ last int64 }

// next returns the second of the line that comes next, of a step that ended at t.
func (c *clock) next(t time.Time) string {
	c.last = max(t.Unix(), c.last+1)
	return whole(c.last)
}
