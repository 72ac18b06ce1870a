package web

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// TestEveryLineHasItsNumbers: as many as there are moments, and none where there were
// no requests.
func TestEveryLineHasItsNumbers(t *testing.T) {
	points := slices.Collect(latest(status(engine.Running, 5, crowd).History, SpanRecent).Points())
	points = append(points, stats.Point{From: points[4].To, To: points[4].To.Add(1e9), Gauges: stats.Gauges{Users: 3}})
	for _, open := range []bool{false, true} {
		d := newDrawing("Run #1", points)
		ids := overTime(d, points, usualPercentiles, open)
		var got struct {
			Data   map[string][]*float64
			Charts map[string]Chart
			Health []int
		}
		if err := json.Unmarshal([]byte(d.JSON()), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Charts) != len(ids) {
			t.Errorf("open %v: %d charts, want those of %q", open, len(got.Charts), ids)
		}
		for id, c := range got.Charts {
			for _, l := range c.Lines {
				if n := len(got.Data[l.Key]); n != 6 {
					t.Errorf("chart %s: line %s has %d numbers, want 6", id, l.Label, n)
				}
			}
		}
		if len(got.Data["t"]) != 6 || len(got.Health) != 6 {
			t.Errorf("open %v: %d times and %d verdicts, want 6", open, len(got.Data["t"]), len(got.Health))
		}
		if last := got.Data["p95"][5]; last != nil {
			t.Errorf("p95 of a second without requests = %v, want null", *last)
		}
	}
}

func TestArrayWordsWhatIsNoNumberAsAGap(t *testing.T) {
	list := []float64{0, 1.25, 1e7, 1.0 / 3, math.NaN(), math.Inf(1)}
	want := "[0,1.25,10000000,0.33,null,null]"
	if got := string(array(len(list), 2, func(i int) float64 { return list[i] })); got != want {
		t.Errorf("array(%v) = %s, want %s", list, got, want)
	}
}

// TestDrawingCannotEndItsElement: its texts are hostile, and in a report it stands in a
// script element.
func TestDrawingCannotEndItsElement(t *testing.T) {
	d := newDrawing(hostile[0], nil)
	for i, text := range hostile {
		d.Events = append(d.Events, Mark{Text: text})
		d.Charts[text] = Chart{Title: text, Lines: []Line{{Label: text, Key: text, Colour: lineColour(i)}}}
	}
	if got := d.JSON(); strings.ContainsAny(got, "<>&\u2028") || !json.Valid([]byte(got)) {
		t.Errorf("JSON = %s, want no character that ends an element", got)
	}
}

func TestChartsShowTheLastQuarterOfAnHourUnlessAskedForAll(t *testing.T) {
	s := status(engine.Running, 1000, none)
	points := slices.Collect(latest(s.History, SpanRecent).Points())
	if span := points[len(points)-1].To.Sub(points[0].From); span < recent || span > recent+10*time.Second {
		t.Errorf("recent points span %s, want %s and at most a step more", span, recent)
	}
	if got, want := latest(s.History, SpanRun).Len(), s.History.Len(); got != want {
		t.Errorf("%d points of the whole run, want all %d", got, want)
	}
}
