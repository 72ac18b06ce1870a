package web

import (
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// A Count is a small number that is always in sight.
type Count struct {
	Label, Value, Note, Title string
	Bad, Good                 bool
}

// counts are what became of the open model's arrivals, and service times where they
// are apart from response times.
func counts(s *engine.Status, q Query, snapshot *stats.Snapshot) []Count {
	var list []Count
	if s.Config.Model == engine.Open {
		a := snapshot.Arrivals
		list = []Count{
			{Label: "Users", Value: count(int64(s.Users)), Title: "alive, and of those who wait for an arrival, of as many as there may be",
				Note: "(" + count(int64(s.Idle)) + " idle) of " + count(int64(s.Config.Cap()))},
			{Label: "Due", Value: count(a.Due), Title: "should have started by now, by the schedule"},
			{Label: "Started", Value: count(a.Started)},
			{Label: "Completed", Value: count(a.Completed), Note: before(a), Title: "also those that were started before the numbers began"},
			{Label: "Late", Value: count(a.Late), Title: "started more than " + stats.LateAfter.String() + " behind the schedule"},
			{Label: "Dropped", Value: count(a.Dropped), Title: "not started: as many users as allowed were busy", Bad: a.Dropped > 0},
		}
	}
	all, span := snapshot.Current.All(), "last 10 s"
	if part := partOf(s, q); part != "" {
		all, span = snapshot.Total.All(), part
	}
	list = append(list, checkCount(s)...)
	if !lagged(snapshot) {
		return list
	}
	c := Count{Label: "Service p50 · p95 · p99", Value: "–", Note: "ms", Title: serviceText + " — " + span}
	if all.Count > 0 {
		times := all.Percentiles(50, 95, 99)
		c.Value = millis(times[0]) + " · " + millis(times[1]) + " · " + millis(times[2])
	}
	return append(list, c)
}

// before words how many arrivals were completed beyond those that were started: others
// were started before the numbers began, by a reset or at a chosen time.
func before(a stats.Arrivals) string {
	if a.Completed <= a.Started {
		return ""
	}
	return "(" + count(a.Completed-a.Started) + " or more begun before)"
}

// What the two times of a request are.
const (
	serviceText  = "Service time runs from sending a request to the last byte of its answer."
	responseText = "Response time runs from when the request was due: what somebody who came then has waited."
)

// currentSpan is how far back current numbers look.
const currentSpan = 10 * time.Second

// arriving returns arrivals per second of the latest points, or of all of them.
func arriving(points []stats.Point, all bool) (started float64) {
	var n int64
	var over time.Duration
	for i := len(points) - 1; i >= 0 && (all || over < currentSpan); i-- {
		n += points[i].Arrivals.Started
		over += points[i].Span()
	}
	if over <= 0 {
		return 0
	}
	return float64(n) / over.Seconds()
}
