package web

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A column is something the tables say about a row.
type column struct {
	label, unit string
	text        bool    // sorted and aligned as text
	measure     measure // what a filter's number is in
	cell        func(*entry) Cell
	value       func(*entry) float64 // what numbers are sorted and filtered by
}

var columns = map[string]column{
	"method":   {label: "Type", text: true},
	"name":     {label: "Name", text: true},
	"requests": whole("#\u00a0Requests", (*entry).requests, ""),
	"fails":    whole("#\u00a0Fails", (*entry).failures, "bad"),
	"share": {label: "Fails", unit: "%", measure: shares,
		cell: func(e *entry) Cell {
			return Cell{Text: percent(e.FailRatio()), Class: unlessZero("bad", e.FailRatio())}
		},
		value: func(e *entry) float64 { return e.FailRatio() }},
	"avg":  timed("Average", (*entry).times, stats.Tally.Mean),
	"min":  timed("Min", (*entry).times, stats.Tally.Min),
	"max":  timed("Max", (*entry).times, stats.Tally.Max),
	"savg": timed("Service average", (*entry).service, stats.Tally.Mean),
	"smin": timed("Service min", (*entry).service, stats.Tally.Min),
	"smax": timed("Service max", (*entry).service, stats.Tally.Max),
	"size": {label: "Average size", unit: "bytes", measure: sizes,
		cell: func(e *entry) Cell {
			if e.times().Count == 0 {
				return Cell{Text: "–"}
			}
			return Cell{Text: decimal(e.times().MeanBytes(), 0)}
		},
		value: func(e *entry) float64 { return e.times().MeanBytes() }},
	"bps": {label: "Bytes/s", unit: wholeRun, measure: sizes,
		cell:  func(e *entry) Cell { return Cell{Text: decimal(e.bytesPerSecond(), 0)} },
		value: (*entry).bytesPerSecond},
	"status": {label: "Status codes", cell: statusCell, value: failingStatuses},
	"trend":  {label: "Last minute", cell: trendCell, value: (*entry).inTrend},
	"rps":    current(rate("Current RPS", (*entry).rate, "")),
	"fps":    current(rate("Current Failures/s", func(e *entry) float64 { return e.FailRate }, "bad")),
	"arps":   overall(rate("Average RPS", (*entry).perSecond, "")),
	"median": percentile("Median", (*entry).times, 50),
	"s50":    percentile("Service median", (*entry).service, 50),
}

// What rates are of: the whole run, or its last seconds, which a run that is over has too.
const (
	wholeRun    = "whole\u00a0run"
	lastSeconds = "last\u00a010\u00a0s"
)

func overall(c column) column { c.unit = wholeRun; return c }
func current(c column) column { c.unit = lastSeconds; return c }

// partLabels are the headings of what is current, where it is of a chosen time.
var partLabels = map[string]string{"rps": "RPS", "fps": "Failures/s", "trend": "Trend"}

// headed returns the column of an id as it is headed for a reader with query q.
func headed(id string, q Query) column {
	c, _ := columnOf(id)
	if !q.Windowed() {
		return c
	}
	if label, ok := partLabels[id]; ok {
		c.label = label
	}
	if c.unit == wholeRun || c.unit == lastSeconds {
		c.unit = ""
	}
	return c
}

// former are ids that columns had in addresses that are still about.
var former = map[string]string{"r50": "median", "r95": "p95", "r99": "p99"}

// nowadays returns the id of the column that had an id.
func nowadays(id string) string {
	if now, ok := former[id]; ok {
		return now
	}
	return id
}

// columnOf returns the column of an id: one of columns, or that of any percentile from 0
// to 100, such as p97.5 and, of service times, s97.5.
func columnOf(id string) (column, bool) {
	id = nowadays(id)
	if c, ok := columns[id]; ok {
		return c, true
	}
	if p, ok := percentileOf(id, "p"); ok {
		return percentile(id[1:]+"%ile", (*entry).times, p), true
	}
	if p, ok := percentileOf(id, "s"); ok {
		return percentile("Service "+id[1:]+"%ile", (*entry).service, p), true
	}
	return column{}, false
}

// percentileOf returns which percentile a column of an id such as p97.5 shows, of times
// of the kind that its first letter tells.
func percentileOf(id, kind string) (float64, bool) {
	text, ok := strings.CutPrefix(id, kind)
	p, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || !(p >= 0 && p <= 100) || math.Signbit(p) || number(p) != text {
		return 0, false
	}
	return p, true
}

// known tells whether there is a column of an id.
func known(id string) bool {
	_, ok := columnOf(id)
	return ok
}

// serviceTimes are the columns of service times there are to pick from.
var serviceTimes = []string{"s50", "s95", "s99", "savg", "smin", "smax"}

// ofService tells whether a column is of service times.
func ofService(id string) bool {
	_, ok := percentileOf(id, "s")
	return ok || slices.Contains(serviceTimes, id)
}

// The columns of each table, in their order.
var (
	statisticsColumns = []string{"method", "name", "requests", "fails", "median", "p95", "p99",
		"avg", "min", "max", "size", "rps", "fps", "trend"}
	laggedColumns = []string{"method", "name", "requests", "fails", "median", "s50", "p95", "s95", "p99", "s99",
		"avg", "min", "max", "size", "rps", "fps", "trend"}
	percentilesColumns = []string{"method", "name", "requests", "p50", "p66", "p75", "p80", "p90",
		"p95", "p98", "p99", "p99.9", "p99.99", "p100"}
)

// A columnGroup is columns that are picked from side by side.
type columnGroup struct {
	label string
	ids   []string
}

// pickable are the columns there are to pick from, in the order of the table.
var pickable = []columnGroup{
	{"Counts", []string{"method", "requests", "fails", "share", "status"}},
	{"Percentiles", []string{"median", "p66", "p75", "p80", "p90", "p95", "p98", "p99", "p99.9", "p99.99"}},
	{"Times", []string{"avg", "min", "max"}},
	{"Service times", serviceTimes},
	{"Size and rates", []string{"size", "bps", "arps", "rps", "fps", "trend"}},
}

// maxTyped is how many percentiles a reader can add.
const maxTyped = 8

// parsePercentiles returns the columns of percentiles as a reader types them, such as
// "97.5, 99.95".
func parsePercentiles(text string) (ids []string, problem string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		digits := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(word), "p"), "%")
		p, err := strconv.ParseFloat(digits, 64)
		if err != nil || strings.Trim(digits, "0123456789.") != "" || p > 100 {
			return nil, "“" + clip(line(word), 20) + "” is not a percentile — write numbers from 0 to 100, such as 97.5, 99.95"
		}
		if id := "p" + number(p); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > maxTyped {
		return nil, "These are " + strconv.Itoa(len(ids)) + " percentiles — type at most " + strconv.Itoa(maxTyped)
	}
	return ids, ""
}

// withPercentiles returns columns with more percentiles among them, each after the last
// one that is below it, or else before the times.
func withPercentiles(ids, more []string) []string {
	ids = slices.Clone(ids)
	rank := func(id string) float64 {
		if id == "median" {
			return 50
		}
		for _, kind := range []string{"p", "s"} {
			if p, ok := percentileOf(id, kind); ok {
				return p
			}
		}
		return math.Inf(1)
	}
	for _, id := range more {
		if slices.ContainsFunc(ids, func(other string) bool { return rank(other) == rank(id) && !ofService(other) }) {
			continue
		}
		at, first := -1, len(ids)
		for i, other := range ids {
			r := rank(other)
			if r < rank(id) {
				at = i + 1
			}
			if first == len(ids) && (!math.IsInf(r, 1) || slices.Contains([]string{"avg", "min", "max", "savg", "smin", "smax", "size", "bps", "arps", "rps", "fps", "trend"}, other)) {
				first = i
			}
		}
		if at < 0 {
			at = first
		}
		ids = slices.Insert(ids, at, id)
	}
	return ids
}

func whole(label string, value func(*entry) int64, class string) column {
	return column{
		label: label,
		cell: func(e *entry) Cell {
			n := value(e)
			return Cell{Text: count(n), Class: unlessZero(class, float64(n))}
		},
		value: func(e *entry) float64 { return float64(value(e)) },
	}
}

func rate(label string, value func(*entry) float64, class string) column {
	return column{
		label: label,
		cell: func(e *entry) Cell {
			return Cell{Text: perSecond(value(e)), Class: unlessZero(class, value(e))}
		},
		value: value,
	}
}

// timed is a time of the samples that count; without any there is none.
func timed(label string, of func(*entry) *stats.Tally, value func(stats.Tally) time.Duration) column {
	return column{
		label: label, unit: "ms", measure: durations,
		cell: func(e *entry) Cell {
			if of(e).Count == 0 {
				return Cell{Text: "–"}
			}
			return Cell{Text: millis(value(*of(e)))}
		},
		value: func(e *entry) float64 {
			if of(e).Count == 0 {
				return math.NaN()
			}
			return float64(value(*of(e)))
		},
	}
}

func percentile(label string, of func(*entry) *stats.Tally, p float64) column {
	c := timed(label, of, func(t stats.Tally) time.Duration { return t.Percentile(p) })
	plain := c.cell
	c.cell = func(e *entry) Cell {
		cell := plain(e)
		if n := of(e).Count; n > 0 && tooFew(n, p) {
			cell.Class = "few" // which Table.Few explains
		}
		return cell
	}
	return c
}

// tooFew tells whether n samples are too few for percentile p to be other than
// the slowest of them.
func tooFew(n int64, p float64) bool { return p < 100 && float64(n)*(100-p) < 100-1e-9 }

func trendCell(e *entry) Cell {
	t := newTrend(e.Trend, e.FailTrend, e.of)
	if e.over {
		t = t.filled(len(e.Trend))
	}
	return Cell{Class: "trend", Trend: &t}
}

func unlessZero(class string, x float64) string {
	if x == 0 {
		return ""
	}
	return class
}
