package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/gregaria/gregaria/engine/health"
	"github.com/gregaria/gregaria/engine/stats"
)

// notices returns what the operator ought to know about s.
func (r *run) notices(s *Status) []string {
	var list []string
	if r.settingUp && s.State != Stopped {
		list = append(list, "Setup is running: users start when it is done")
	}
	if r.tearing && s.State == Stopping {
		list = append(list, "Teardown is running")
	}
	if t := r.target(); r.guide == nil && t < r.cfg.Users {
		list = append(list, fmt.Sprintf("%d users asked for, but the scenarios' exact counts allow %d", r.cfg.Users, t))
	}
	list = append(list, r.capNotices()...)
	if s.Starting > 0 {
		list = append(list, fmt.Sprintf("%d of %d users cannot start: their OnStart fails and is tried again", s.Starting, s.Users))
	}
	if slices.ContainsFunc(s.Stats.Rows, func(l stats.Line) bool { return l.Name == stats.Other && l.Method == "" }) {
		list = append(list, fmt.Sprintf("more than %d different names: further ones are counted in the row %s — give requests that differ by an id one name", stats.MaxRows, stats.Other))
	}
	if slices.ContainsFunc(s.Stats.Failures, func(f stats.FailureLine) bool { return f.Format == stats.Other }) {
		list = append(list, fmt.Sprintf("more than %d kinds of failure: further ones are counted as %s — put what differs into the arguments of Failf, not into its format", stats.MaxRows, stats.Other))
	}
	if slices.ContainsFunc(s.Stats.Exceptions, func(e stats.Exception) bool { return e.Group == stats.Other }) {
		list = append(list, fmt.Sprintf("more than %d kinds of exception: further ones are counted as %s", stats.MaxRows, stats.Other))
	}
	if h := s.Stats.Health; h.Spoils() {
		why := h.Gravest()[0]
		list = append(list, fmt.Sprintf("this machine was in the way, not only the target: %s in %d of %d s — %s",
			why.Text, why.Spans, h.Valid+h.Degraded+h.Invalid, health.Advice(why.Text)))
	}
	for _, f := range s.Feeds {
		if f.Dry > 0 {
			list = append(list, fmt.Sprintf("feed %s ran dry: a row was asked for %d times when all %d were taken", f.Name, f.Dry, f.Rows))
		}
	}
	if s.Abandoned > 0 {
		list = append(list, fmt.Sprintf("%d users had not ended in time and were abandoned: their code does not heed its context, or this machine was too busy. The latest request of each may not be counted", s.Abandoned))
	}
	if a := s.Stats.Arrivals; a.Dropped > 0 {
		list = append(list, fmt.Sprintf("%d of %d arrivals were dropped: all %d users allowed were busy, and no percentile knows what those would have waited — allow more users, or ask for less", a.Dropped, a.Due, r.cfg.Cap()))
	}
	if r.arrivals == nil && stalled(s.Stats.Total.All()) {
		list = append(list, fmt.Sprintf("closed model: while an answer took up to %s its user asked for nothing more, so percentiles are what %d users saw, not what arrivals at a steady rate would have seen", s.Stats.Total.All().Max().Round(time.Millisecond), r.most))
	}
	if s.State == Stopped && s.Stats.Total.Requests() > 0 {
		for _, c := range s.Checks {
			if row, _ := c.Find(s.Stats); row.Requests() == 0 {
				list = append(list, fmt.Sprintf("check %s says nothing: there was no such request — %s", c, NameHint(s, c.Check)))
			}
		}
	}
	if r.settingUp && s.State == Stopped {
		list = append(list, "Setup ignored the stop and may still be running: its code does not heed its context")
	}
	if r.tearDownCut.Load() {
		list = append(list, "Teardown did not end in time and was cut")
	}
	if n := r.unfinished.Load(); n > 0 {
		list = append(list, fmt.Sprintf("%d users did not finish their OnStop in time; what it had under way was cut and is not counted", n))
	}
	if s.State == Stopped && s.Stats.Total.Requests() == 0 && len(s.Stats.Exceptions) == 0 && r.born > 0 &&
		!slices.ContainsFunc(s.Events, func(e Event) bool { return e.Kind == EventReset }) {
		list = append(list, "no request was answered before the run ended")
	}
	return list
}

// stalled reports whether some service time was so long that the closed model hides
// what it means: what would have been asked for meanwhile was not.
func stalled(t stats.Tally) bool {
	return t.Max() >= time.Second && t.Max() > 20*t.Percentile(50)
}
