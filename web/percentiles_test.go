package web

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
)

func TestChartPercentilesAreThoseOfTheColumnsAndThoseTyped(t *testing.T) {
	for _, tt := range []struct{ query, want string }{
		{"", "50 95 99"},
		{"p=97.5", "50 95 97.5 99"},
		{"p=97.5, 95, 101", "50 95 99"}, // which does not parse
		{"cols=name,p90,p99.99", "90 99.99"},
		{"cols=name,median,max&p=0,100", "0 50 100"},
		{"cols=name,rps", "50 95 99"},
		{"p=1,2,3,4,5,6,7,8&cols=median,p90,p95,p99", "1 2 3 4 5 6 7 8 50 90"},
	} {
		var words []string
		for _, p := range chartPercentiles(look(t, tt.query)) {
			words = append(words, number(p))
		}
		if got := strings.Join(words, " "); got != tt.want {
			t.Errorf("chartPercentiles(%q) = %s, want %s", tt.query, got, tt.want)
		}
	}
}

// What is typed for the columns is drawn over time, of the run and of a row, and what both
// draw anyway stays what it was.
func TestChartsOverTimeFollowThePercentilesOfTheColumns(t *testing.T) {
	run := status(engine.Running, 30, many(3))
	drawn := func(query string) (labels []string, data map[string][]*float64) {
		v := NewView(run, look(t, query), site(t))
		text := ""
		if v.Charts != nil {
			text = v.Charts.Series
		} else {
			text = v.Endpoint.Series
		}
		var d struct {
			Data   map[string][]*float64
			Charts map[string]Chart
		}
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		for _, l := range d.Charts["time"].Lines {
			labels = append(labels, l.Label)
			if len(d.Data[l.Key]) != len(d.Data["t"]) {
				t.Errorf("%s: line %s has %d points, want %d", query, l.Label, len(d.Data[l.Key]), len(d.Data["t"]))
			}
		}
		return labels, d.Data
	}
	for _, at := range []string{"tab=charts", "row=" + rowID(run.Stats.Rows[0].Key)} {
		_, before := drawn(at)
		labels, data := drawn(at + "&p=97.5,100")
		if want := []string{"p50", "p95", "p97.5", "p99", "p100"}; !slices.Equal(labels, want) {
			t.Errorf("%s: lines are %v, want %v", at, labels, want)
		}
		for i, p50 := range before["p50"] {
			p95, p97, p100 := data["p95"][i], data["p97.5"][i], data["p100"][i]
			if p50 == nil {
				continue
			}
			if *data["p50"][i] != *p50 || *p95 > *p97 || *p97 > *p100 {
				t.Errorf("%s: point %d has p50 %v, p95 %v, p97.5 %v, p100 %v; without more, p50 is %v", at, i, *data["p50"][i], *p95, *p97, *p100, *p50)
			}
		}
	}
}
