package web

import (
	"slices"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// A Pin is an endpoint on the chart of pinned ones.
type Pin struct {
	Label  string // its method and name
	Href   string // its own page
	Remove string // the charts without it
}

// pinnedRows returns the rows of a run that q has pinned, in the order of pinning.
func pinnedRows(rows []stats.Line, q Query) []stats.Line {
	var found []stats.Line
	for _, id := range list(q.Pins) {
		if at := slices.IndexFunc(rows, func(l stats.Line) bool { return rowID(l.Key) == id }); at >= 0 {
			found = append(found, rows[at])
		}
	}
	return found
}

// addPinned adds to d, which is over the points that q shows, two charts with a line for
// each pinned endpoint, and returns the pins.
func addPinned(d *Drawing, s *engine.Status, q Query) []Pin {
	var pins []Pin
	rate := Chart{Title: "Pinned: requests per second"}
	times := Chart{Title: "Pinned: p95 of response times", Unit: "ms"}
	for i, l := range pinnedRows(s.Stats.Rows, q) {
		id, label := rowID(l.Key), clip(line(l.Method+" "+l.Name), 60)
		intervals := rowIntervals(s, l.Key, q, s.History.Len())
		d.rowLines(id+"-", intervals)
		rate.Lines = append(rate.Lines, Line{Label: label, Key: id + "-rps", Colour: lineColour(i)})
		times.Lines = append(times.Lines, Line{Label: label, Key: id + "-p95", Colour: lineColour(i)})
		pins = append(pins, Pin{Label: label, Href: q.withRow(id).link(), Remove: q.withPin(id).link()})
	}
	if pins != nil {
		d.Charts["pinned-rate"], d.Charts["pinned-time"] = rate, times
	}
	return pins
}
