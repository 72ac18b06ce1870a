package web

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// maxShown is how many rows a table shows: what a reader can take in and a
// browser draws at once.
const maxShown = 500

// A column is something the tables say about a row.
type column struct {
	label, unit string
	text        bool // sorted and aligned as text
	cell        func(entry) Cell
	value       func(entry) float64 // what numbers are sorted by
}

// An entry is a row with its successful and failed samples put together, which
// is worked out once.
type entry struct {
	stats.Line
	all      stats.Tally
	response stats.Tally // see stats.Tally.Response
}

func newEntry(l stats.Line) entry {
	all := l.All()
	return entry{l, all, all.Response()}
}

var columns = map[string]column{
	"method":   {label: "Type", text: true},
	"name":     {label: "Name", text: true},
	"requests": whole("#\u00a0Requests", "", func(e entry) int64 { return e.Requests() }, ""),
	"fails":    whole("#\u00a0Fails", "", func(e entry) int64 { return e.Failures() }, "bad"),
	"avg":      timed("Average", func(e entry) time.Duration { return e.all.Mean() }),
	"min":      timed("Min", func(e entry) time.Duration { return e.all.Min() }),
	"max":      timed("Max", func(e entry) time.Duration { return e.all.Max() }),
	"size": {label: "Average\u00a0size", unit: "bytes",
		cell:  func(e entry) Cell { return Cell{Text: decimal(e.all.MeanBytes(), 0)} },
		value: func(e entry) float64 { return e.all.MeanBytes() }},
	"rps":    rate("Current RPS", func(e entry) float64 { return e.Rate }, ""),
	"fps":    rate("Current Failures/s", func(e entry) float64 { return e.FailRate }, "bad"),
	"median": percentile("Median", 50),
	"p50":    percentile("50%ile", 50),
	"p66":    percentile("66%ile", 66),
	"p75":    percentile("75%ile", 75),
	"p80":    percentile("80%ile", 80),
	"p90":    percentile("90%ile", 90),
	"p95":    percentile("95%ile", 95),
	"p98":    percentile("98%ile", 98),
	"p99":    percentile("99%ile", 99),
	"p99.9":  percentile("99.9%ile", 99.9), "p99.99": percentile("99.99%ile", 99.99),
	"p100": percentile("100%ile", 100),
	"r50":  response("Response median", 50),
	"r95":  response("Response 95%ile", 95),
	"r99":  response("Response 99%ile", 99),
}

// columnOf returns the column of an id: one of columns, or that of any percentile from 0
// to 100, such as p97.5.
func columnOf(id string) (column, bool) {
	if c, ok := columns[id]; ok {
		return c, true
	}
	text, ok := strings.CutPrefix(id, "p")
	p, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || !(p >= 0 && p <= 100) || math.Signbit(p) || strconv.FormatFloat(p, 'f', -1, 64) != text {
		return column{}, false
	}
	return percentile(text+"%ile", p), true
}

// known tells whether there is a column of an id.
func known(id string) bool {
	_, ok := columnOf(id)
	return ok
}

// serviceLabels are the headings of service times where response times are beside
// them.
var serviceLabels = map[string]string{
	"median": "Service median", "p95": "Service 95%ile", "p99": "Service 99%ile",
}

// The columns of each table, in their order.
var (
	statisticsColumns = []string{"method", "name", "requests", "fails", "median", "p95", "p99",
		"avg", "min", "max", "size", "rps", "fps"}
	responseColumns = []string{"method", "name", "requests", "fails", "median", "r50", "p95", "r95", "p99", "r99",
		"avg", "min", "max", "size", "rps", "fps"}
	percentilesColumns = []string{"method", "name", "requests", "p50", "p66", "p75", "p80", "p90",
		"p95", "p98", "p99", "p99.9", "p99.99", "p100"}
)

func whole(label, unit string, value func(entry) int64, class string) column {
	return column{
		label: label, unit: unit,
		cell: func(e entry) Cell {
			n := value(e)
			return Cell{Text: count(n), Class: unlessZero(class, float64(n))}
		},
		value: func(e entry) float64 { return float64(value(e)) },
	}
}

func rate(label string, value func(entry) float64, class string) column {
	return column{
		label: label,
		cell: func(e entry) Cell {
			return Cell{Text: perSecond(value(e)), Class: unlessZero(class, value(e))}
		},
		value: value,
	}
}

func timed(label string, value func(entry) time.Duration) column {
	return column{
		label: label, unit: "ms",
		cell:  func(e entry) Cell { return Cell{Text: took(e, value(e))} },
		value: func(e entry) float64 { return float64(value(e)) },
	}
}

func percentile(label string, p float64) column {
	c := timed(label, func(e entry) time.Duration { return e.all.Percentile(p) })
	plain := c.cell
	c.cell = func(e entry) Cell {
		cell := plain(e)
		if e.all.Count > 0 && tooFew(e.all.Count, p) {
			cell.Class = "few"
			cell.Title = plural(e.all.Count, "request is", "requests are") + " too few for the " +
				strconv.FormatFloat(p, 'f', -1, 64) + "%ile: this is the slowest of them"
		}
		return cell
	}
	return c
}

// response is a percentile of response times.
func response(label string, p float64) column {
	c := percentile(label, p)
	service := c.cell
	c.cell = func(e entry) Cell {
		e.all = e.response
		return service(e)
	}
	c.value = func(e entry) float64 { return float64(e.response.Percentile(p)) }
	return c
}

// tooFew tells whether n samples are too few for percentile p to be other than
// the slowest of them.
func tooFew(n int64, p float64) bool { return p < 100 && float64(n)*(100-p) < 100-1e-9 }

// took words a time of e; without requests there is none.
func took(e entry, d time.Duration) string {
	if e.all.Count == 0 {
		return "–"
	}
	return millis(d)
}

func unlessZero(class string, x float64) string {
	if x == 0 {
		return ""
	}
	return class
}

// A Table is a table of rows with a last row that sums them up.
type Table struct {
	Caption string
	Columns []Column
	Rows    []TableRow
	Total   TableRow
	Notice  string // what the table leaves out
	Note    string // what the columns mean
	Empty   string // said instead of rows
}

// A Column heads a table's column.
type Column struct {
	Label, Unit string
	Href        string // sorts by it
	Sorted      string // ascending, descending or nothing
	Class       string
}

// A TableRow is a row's words.
type TableRow struct {
	ID           string // stays the same from frame to frame
	Method, Name string
	Title        string // the whole name when Name is cut
	Group        bool   // times several requests together
	Cells        []Cell
}

// A Cell is a number's words.
type Cell struct{ Text, Class, Title string }

// newStatistics is the table of all rows. In a run in which requests are due at a
// time of their own, it has response times beside service times.
func newStatistics(s *stats.Snapshot, q Query) *Table {
	if !lagged(s) {
		return newTable("Request statistics", statisticsColumns, s, q)
	}
	t := newTable("Request statistics", responseColumns, s, q)
	t.Note = serviceText + " " + responseText
	for i, id := range responseColumns {
		if label, ok := serviceLabels[id]; ok {
			t.Columns[i].Label = label
		}
	}
	return t
}

// lagged reports whether response times differ from service times.
func lagged(s *stats.Snapshot) bool { return s.Total.OK.Lagged() || s.Total.Failed.Lagged() }

func newPercentiles(s *stats.Snapshot, q Query) *Table {
	t := newTable("Response time percentiles in milliseconds", percentilesColumns, s, q)
	if lagged(s) {
		t.Note = responseText
	}
	return t
}

func newTable(caption string, ids []string, s *stats.Snapshot, q Query) *Table {
	t := &Table{Caption: caption}
	for _, id := range ids {
		t.Columns = append(t.Columns, heading(id, q))
	}
	entries := make([]entry, len(s.Rows))
	for i, l := range s.Rows {
		entries[i] = newEntry(l)
	}
	sortEntries(entries, q)
	if n := len(entries); n > maxShown {
		t.Notice = "The first " + count(maxShown) + " of " + count(int64(n)) + " rows are shown; " +
			count(int64(n-maxShown)) + " are not. Sort by another column to see others."
		entries = entries[:maxShown]
	}
	for _, e := range entries {
		t.Rows = append(t.Rows, tableRow(e, ids))
	}
	t.Total = tableRow(newEntry(s.Total), ids)
	t.Total.ID, t.Total.Name = "total", "Aggregated"
	if len(t.Rows) == 0 {
		t.Empty = "No requests yet. Each method and name gets a row with its first answer."
	}
	return t
}

func tableRow(e entry, ids []string) TableRow {
	r := TableRow{ID: elementID("row", e.Method, e.Name), Method: clip(line(e.Method), 24), Name: clip(line(e.Name), 240)}
	r.Group = e.Method == stats.Group
	if full := line(e.Name); full != r.Name {
		r.Title = full
	}
	for _, id := range ids {
		if c, _ := columnOf(id); !c.text {
			r.Cells = append(r.Cells, c.cell(e))
		}
	}
	return r
}

// heading offers the next order: a number's first is downwards, a text's first is
// upwards; the third click goes back to the engine's order.
func heading(id string, q Query) Column {
	c, _ := columnOf(id)
	h := Column{Label: c.label, Unit: c.unit, Class: "num"}
	if c.text {
		h.Class = "text " + id
	}
	first := !c.text
	switch {
	case q.Sort != id:
		h.Href = q.sorted(id, first).link()
	case q.Descending == first:
		h.Href = q.sorted(id, !first).link()
	default:
		h.Href = q.sorted("", false).link()
	}
	if q.Sort == id {
		h.Sorted = "ascending"
		if q.Descending {
			h.Sorted = "descending"
		}
	}
	return h
}

// sortEntries puts entries in the order q asks for. Equal ones stay as they were.
func sortEntries(entries []entry, q Query) {
	c, ok := columnOf(q.Sort)
	if !ok {
		return
	}
	type keyed struct {
		entry
		key float64
	}
	list := make([]keyed, len(entries))
	for i, e := range entries {
		list[i].entry = e
		if !c.text {
			list[i].key = c.value(e)
		}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		var order int
		switch {
		case q.Sort == "method":
			order = cmp.Compare(a.Method, b.Method)
		case q.Sort == "name":
			order = cmp.Compare(a.Name, b.Name)
		default:
			order = cmp.Compare(a.key, b.key)
		}
		if q.Descending {
			return -order
		}
		return order
	})
	for i := range list {
		entries[i] = list[i].entry
	}
}
