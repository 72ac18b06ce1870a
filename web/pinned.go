package web

import (
	"math"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Pin is an endpoint on the chart of pinned ones.
type Pin struct {
	Label  string // its method and name; its id when no request of it has been made
	Href   string // its own page; "" when there is none
	Remove string // the charts without it
}

// newPins returns the endpoints that q has pinned, in the order of pinning, and the rows
// of those that there are. The others take up places too, until they are taken away.
func newPins(rows []stats.Line, q Query) (pins []Pin, found []stats.Key) {
	if q.Pins == "" {
		return nil, nil
	}
	known := make(map[string]stats.Key, len(rows))
	for _, l := range rows {
		known[rowID(l.Key)] = l.Key
	}
	for _, id := range list(q.Pins) {
		p := Pin{Label: id, Remove: q.withPin(id).link()}
		if key, ok := known[id]; ok {
			p.Label, p.Href = clip(line(key.Method+" "+key.Name), 60), q.withRow(id).link()
			found = append(found, key)
		}
		pins = append(pins, p)
	}
	return pins, found
}

// A pinned row and its points, those that charts show.
type pinned struct {
	stats.Key
	points []stats.Point
}

// addPinned adds to d two charts with a line for each pinned row, and returns their ids.
func addPinned(d *Drawing, rows []pinned) []string {
	if len(rows) == 0 {
		return nil
	}
	rate := Chart{Title: "Pinned: requests per second"}
	times := Chart{Title: "Pinned: p95 of response times", Unit: "ms", Log: true}
	for i, row := range rows {
		id, label := rowID(row.Key), clip(line(row.Method+" "+row.Name), 60)
		d.rowLines(id+"-", row.points)
		d.Data[id+"-p95"] = array(len(row.points), 2, func(i int) float64 {
			if row.points[i].Requests == 0 {
				return math.NaN()
			}
			return inMillis(row.points[i].P95)
		})
		rate.Lines = append(rate.Lines, Line{Label: label, Key: id + "-rps", Colour: lineColour(i)})
		times.Lines = append(times.Lines, Line{Label: label, Key: id + "-p95", Colour: lineColour(i)})
	}
	d.Charts["pinned-rate"], d.Charts["pinned-time"] = rate, times
	return []string{"pinned-rate", "pinned-time"}
}
