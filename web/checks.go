package web

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/stats"
)

// Checks is the board of what a run is held to.
type Checks struct {
	Rows    []CheckRow
	Rule    string // what comes of a breach
	Now     string // the moment that the results of the last 10 s are of
	RunHead string // what those of the run are of
}

// A CheckRow is how the run does by one check.
type CheckRow struct {
	ID       string // stays the same from frame to frame
	Of, Says string // requests, "" for all, and what is asked of them
	Now, Run Judged
	Room     Room
	First    *Moment // breach; nil when there was none
	In       string  // how long it is broken now, "" when it is not
	Broken   string  // how often and how long it was broken, all together
	Bad      bool
}

// A Judged is a result, said by a mark and a word.
type Judged struct {
	Value, Mark, Word string // Value is "" when nothing is known
	Class             string // ok, bad or open
}

// A Room is a value drawn against its bound. The drawing ends a third beyond the bound.
type Room struct {
	Text string // "" when nothing is known
	Upto string // where the value is, as an SVG's percentage
	Bad  bool
}

// boundAt is where a drawing of room has the bound.
const boundAt = 0.75

// newChecks words what the run is held to. A time window is judged in place of the whole
// run. Nothing is nil: a page without checks says how to come by some.
func newChecks(s *engine.Status, q Query, snapshot *stats.Snapshot) *Checks {
	b := &Checks{Now: "Now", RunHead: "whole run", Rule: checkRule(s.Config)}
	if s.State == engine.Stopped || s.State == engine.Stopping {
		b.Now = "At the stop"
	}
	if q.Windowed() {
		b.RunHead = "time window"
	}
	for _, c := range s.Checks {
		run := c.Run
		if q.Windowed() {
			run = checks.Result{}
			if row, _ := c.Find(snapshot); row.Requests() > 0 {
				run = c.Evaluate(row, snapshot.Span())
			}
		}
		over := s.State == engine.Stopped
		r := CheckRow{
			ID: elementID("check", c.String()), Of: clip(line(c.Subject()), 240),
			Says: string(c.Metric) + " " + string(c.Op) + " " + c.Metric.Text(c.Bound),
			Now:  judged(c, c.Now, over), Run: judged(c, run, over), Bad: broken(s, c),
		}
		if c.Now.Known && !c.Run.Known && !over {
			r.Run.Word = "not before the warm-up is over"
		}
		shown := c.Now
		if over || !shown.Known {
			shown = run
		}
		r.Room = newRoom(c.Check, shown)
		if c.Pending && !over {
			r.Room.Bad, r.Room.Text = false, percent(-c.Run.Margin)+" % to go"
		}
		if !c.FirstBreach.IsZero() {
			first := moment(c.FirstBreach, s.Started)
			r.First = &first
			r.Broken = plural(int64(c.Breaches), "breach", "breaches") + ", " + clock(c.Broken.Round(time.Second)) + " in all"
		}
		if c.InBreach > 0 {
			r.In = clock(c.InBreach.Round(time.Second))
		}
		b.Rows = append(b.Rows, r)
	}
	return b
}

// broken reports whether a check counts as broken: by now, or by the whole run once that
// is over.
func broken(s *engine.Status, c engine.CheckStatus) bool {
	if s.State == engine.Stopped {
		return c.Run.Known && !c.Run.OK
	}
	return c.InBreach > 0
}

// judged words a result of c.
func judged(c engine.CheckStatus, r checks.Result, over bool) Judged {
	switch {
	case !r.Known && !c.Run.Known && !over:
		return Judged{Mark: "–", Word: "no such request yet", Class: "open"}
	case !r.Known:
		return Judged{Mark: "–", Word: "no such request", Class: "open"}
	}
	j := Judged{Value: measured(c.Metric, r.Value), Mark: "✓", Word: "holds", Class: "ok"}
	switch {
	case r.OK:
	case c.Pending && !over:
		j.Mark, j.Word, j.Class = "…", "not yet", "open"
	default:
		j.Mark, j.Word, j.Class = "✕", "broken", "bad"
	}
	return j
}

// measured words a value of a metric.
func measured(m checks.Metric, value float64) string {
	switch {
	case m.Timed():
		return millis(time.Duration(value*float64(time.Millisecond))) + " ms"
	case m == checks.FailRate:
		return percent(value/100) + " %"
	case m.Counted():
		return count(int64(value))
	}
	return briefly(value) + "/s"
}

// newRoom draws a result against the bound of c, and words the margin.
func newRoom(c checks.Check, r checks.Result) Room {
	if !r.Known {
		return Room{}
	}
	room := Room{Bad: !r.OK, Upto: share(boundAt*r.Value, c.Bound)}
	if c.Bound == 0 {
		room.Upto = share(min(r.Value, 1), 1)
	}
	margin := math.Abs(r.Margin)
	switch {
	case c.Bound == 0 || c.Op == checks.Equal || c.Op == checks.Unequal:
		room.Text = "off by " + measured(c.Metric, math.Abs(r.Value-c.Bound))
		if r.Value == c.Bound {
			room.Text = "exactly"
		}
	case r.Margin == 0:
		room.Text = "none to spare"
	case r.Margin > 2:
		room.Text = briefly(r.Value/c.Bound) + " times the bound"
	case r.Margin > 0:
		room.Text = percent(margin) + " % to spare"
	case r.Value >= 3*c.Bound:
		room.Text = briefly(r.Value/c.Bound) + " times the bound"
	case c.Op == checks.Less || c.Op == checks.AtMost:
		room.Text = percent(margin) + " % too much"
	default:
		room.Text = percent(margin) + " % too little"
	}
	return room
}

// checkRule words what comes of a breach.
func checkRule(c engine.Config) string {
	rule := "A breach is noted; the run goes on."
	if c.CheckStop > 0 {
		rule = "The run stops once a check has been broken for " + span(c.CheckStop) + "."
	}
	if c.CheckWarmup > 0 {
		rule += " The first " + span(c.CheckWarmup) + " do not count."
	}
	return rule
}

// A tally is how many checks hold, how many are broken, and of how many nothing is known
// or decided yet.
type tally struct{ hold, bad, open int }

func tallyChecks(s *engine.Status) (t tally) {
	for _, c := range s.Checks {
		r := c.Now
		if s.State == engine.Stopped {
			r = c.Run
		}
		switch {
		case broken(s, c):
			t.bad++
		case r.Known && r.OK:
			t.hold++
		default:
			t.open++
		}
	}
	return t
}

// checkCount is the checks in one line; nil without any.
func checkCount(s *engine.Status) []Count {
	if len(s.Checks) == 0 {
		return nil
	}
	t := tallyChecks(s)
	c := Count{Label: "Checks", Title: "what the run is held to, see the tab Checks", Bad: t.bad > 0, Good: t.hold == len(s.Checks)}
	words := slices.DeleteFunc([]string{
		countOf(t.bad, "broken"), countOf(t.hold, "hold"), countOf(t.open, "without a result"),
	}, func(w string) bool { return w == "" })
	c.Value = words[0]
	switch {
	case t.bad > 0:
		c.Value = "✕ " + c.Value
	case c.Good && t.hold > 1:
		c.Value = "✓ all " + c.Value
	case c.Good:
		c.Value = "✓ " + c.Value
	}
	if len(words) > 1 {
		c.Note = "· " + strings.Join(words[1:], " · ")
	}
	return []Count{c}
}

// countOf words how many of something are so, "" for none.
func countOf(n int, so string) string {
	if n == 0 {
		return ""
	}
	if n == 1 && so == "hold" {
		so = "holds"
	}
	return count(int64(n)) + " " + so
}
