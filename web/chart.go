package web

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Drawing is what the page's script draws: charts, and the numbers they take. A page
// has one, as JSON in its element #series, and for each chart a figure of the chart's
// id; see the templates drawing and figure. What a chart has of lines, axes and colours
// is said here alone: the script knows no chart.
//
//	{"name": "Run #3", "since": 1773496800.5,
//	 "data": {"t": [1773496801.5, …], "rps": [12.5, null, …], …},
//	 "charts": {"rate": {"title": "Requests per second", "lines": [
//	    {"label": "Requests/s", "key": "rps", "colour": "sand-line"},
//	    {"label": "Planned", "key": "target", "colour": "soft", "dash": true, "steps": true}]}},
//	 "health": [1, 2, …], "events": [{"t": 1773496801.5, "text": "Run #3 started"}],
//	 "window": [1773496810, 1773496850]}
//
// Numbers that belong together have arrays of equal length; null is a gap. Times are
// seconds since 1970. A chart without "across" is over the times "t": all such charts
// share cursor, health, events and window, and a stretch that is dragged over on one of
// them becomes the page's time window.
type Drawing struct {
	Name   string                     `json:"name"`             // of the run; in pictures of charts
	Data   map[string]json.RawMessage `json:"data"`             // see array
	Since  float64                    `json:"since"`            // when the first of the times began
	Until  float64                    `json:"-"`                // the last of the times
	Charts map[string]Chart           `json:"charts"`           // by id
	Health []int                      `json:"health,omitempty"` // stats.Verdict of each of the times
	Events []Mark                     `json:"events,omitempty"` // oldest first
	Window []float64                  `json:"window,omitempty"` // the time that the page's numbers are of
}

// A Chart is one of the drawing's charts.
type Chart struct {
	Title  string  `json:"title"`
	Unit   string  `json:"unit,omitempty"`   // of what goes up
	Low    bool    `json:"low,omitempty"`    // needs little height
	Log    bool    `json:"log,omitempty"`    // a reader may have what goes up by its logarithm
	Points bool    `json:"points,omitempty"` // points without lines between them
	Across *Across `json:"across,omitempty"` // nil for the times
	Lines  []Line  `json:"lines,omitempty"`  // the lowest first
	Heat   *Heat   `json:"heat,omitempty"`   // instead of lines
}

// Across is an axis of numbers that are no times.
type Across struct {
	Key  string `json:"key"` // of the numbers, which ascend
	Unit string `json:"unit,omitempty"`
	Log  bool   `json:"log,omitempty"`

	// Nines says that n stands for the percentile that one of n requests is beyond: 100
	// for 99 %.
	Nines bool `json:"nines,omitempty"`
}

// A Line is a line of a chart.
type Line struct {
	Label  string `json:"label"`
	Key    string `json:"key"`    // of the numbers
	Colour string `json:"colour"` // a custom property of the style sheet, see lineColour
	Dash   bool   `json:"dash,omitempty"`
	Steps  bool   `json:"steps,omitempty"` // each number holds since the one before
}

// A Heat map shows how often what happened: Cells[i][j] is how many values between
// Bins[j] and Bins[j+1] there were from the moment before T[i] until T[i]. Bins, of
// which there is one more than rows, are drawn at their logarithms.
type Heat struct {
	T     []float64 `json:"t"`
	Bins  []float64 `json:"bins"`
	Cells [][]int64 `json:"cells"`
}

// A Mark is something that happened, as a line across the charts.
type Mark struct {
	T    float64 `json:"t"`
	Text string  `json:"text"`
	Bad  bool    `json:"bad,omitempty"`
}

// newDrawing returns a drawing without charts over the times of points.
func newDrawing(name string, points []stats.Point) *Drawing {
	d := &Drawing{Name: name, Data: map[string]json.RawMessage{}, Charts: map[string]Chart{}, Health: make([]int, len(points))}
	d.Data["t"] = array(len(points), 3, func(i int) float64 { return seconds(points[i].To.UnixMilli()) })
	for i, p := range points {
		d.Health[i] = int(p.Health.Verdict())
	}
	if len(points) > 0 {
		d.Since, d.Until = seconds(points[0].From.UnixMilli()), seconds(points[len(points)-1].To.UnixMilli())
	}
	return d
}

// JSON returns d for the page. No character of it can end an element or attribute.
func (d *Drawing) JSON() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic("web: a drawing is no JSON: " + err.Error()) // it is made here
	}
	return string(text)
}

// array words n numbers as a JSON array. What is no number becomes a gap.
func array(n, decimals int, value func(i int) float64) json.RawMessage {
	text := []byte{'['}
	for i := range n {
		if i > 0 {
			text = append(text, ',')
		}
		if x := value(i); math.IsNaN(x) || math.IsInf(x, 0) {
			text = append(text, "null"...)
		} else {
			text = strconv.AppendFloat(text, rounded(x, decimals), 'f', -1, 64)
		}
	}
	return append(text, ']')
}

func rounded(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}

// seconds returns milliseconds as the script's seconds.
func seconds(millis int64) float64 { return float64(millis) / 1000 }

// lineColours is how many colours there are that are told apart in both themes.
const lineColours = 10

// lineColour returns the colour of the i-th of several lines that are alike.
func lineColour(i int) string { return "line-" + strconv.Itoa(i%lineColours+1) }
