package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// Bounds of widths. Names follow the width of the terminal.
const (
	leastName = 12
	mostName  = 80
	mostType  = 16
	mostLine  = 600 // of a message
)

// A column is one of a console table.
type column struct {
	title string
	least int  // width
	left  bool // aligned left
	bar   bool // a bar stands before it
}

// RequestsTable is the table shown while a run is on, with current rates, or at its
// end, with those of the whole run. It is as wide as a terminal of width columns, if
// it can; 0 means that the width is not known. Times are response times. Groups are in
// it, but no part of the total.
func RequestsTable(s *stats.Snapshot, width int, current bool) string {
	return table([]column{
		{"Type", 4, true, false}, {"Name", leastName, true, false}, {"# reqs", 6, false, false}, {"# fails", 8, false, false},
		{"Avg", 5, false, true}, {"Min", 5, false, false}, {"Max", 5, false, false}, {"Med", 5, false, false},
		{"req/s", 7, false, true}, {"failures/s", 10, false, false},
	}, lines(s, func(l stats.Line) []string {
		all := response(l.Row)
		if !current {
			l.Rate, l.FailRate = s.Rates(l.Row)
		}
		return []string{
			OneLine(l.Method), OneLine(l.Name), whole(l.Requests()),
			fmt.Sprintf("%d(%.2f%%)", l.Failures(), 100*l.FailRatio()),
			brief(all.Mean()), brief(all.Min()), brief(all.Max()), brief(all.Percentile(50)),
			strconv.FormatFloat(l.Rate, 'f', 2, 64), strconv.FormatFloat(l.FailRate, 'f', 2, 64),
		}
	}), true, width)
}

// PercentilesTable says how long requests took, in milliseconds. When some were sent
// later than intended, a second table says how long they took from there.
func PercentilesTable(s *stats.Snapshot, width int) string {
	if !s.Total.All().Lagged() {
		return "Response time percentiles (ms)\n" + percentilesTable(s, width, stats.Row.All)
	}
	return "Service time percentiles (ms), from when a request was sent\n" + percentilesTable(s, width, stats.Row.All) +
		"\nResponse time percentiles (ms), from when it ought to have been sent\n" + percentilesTable(s, width, response)
}

func percentilesTable(s *stats.Snapshot, width int, tally func(stats.Row) stats.Tally) string {
	list := []column{{"Type", 4, true, false}, {"Name", leastName, true, false}}
	for _, title := range percentileColumns {
		list = append(list, column{title, 5, false, false})
	}
	list = append(list, column{"# reqs", 6, false, true})
	return table(list, lines(s, func(l stats.Line) []string {
		all := tally(l.Row)
		cells := []string{OneLine(l.Method), OneLine(l.Name)}
		for _, d := range all.Percentiles(percentiles...) {
			if all.Count == 0 {
				cells = append(cells, none)
				continue
			}
			cells = append(cells, brief(d))
		}
		return append(cells, whole(l.Requests()))
	}), true, width)
}

// lines returns the cells of each row of s and, last, of all of them.
func lines(s *stats.Snapshot, cells func(stats.Line) []string) [][]string {
	var lines [][]string
	for _, l := range s.Rows {
		lines = append(lines, cells(l))
	}
	total := s.Total
	total.Name = aggregated
	return append(lines, cells(total))
}

// table lays out lines; with a total, the last is set apart.
func table(list []column, lines [][]string, total bool, width int) string {
	const kind, name = 0, 1 // the columns of texts; name gives way
	widths := make([]int, len(list))
	others := len(list) - 1
	for i, c := range list {
		widths[i] = max(c.least, len(c.title))
		for _, l := range lines {
			widths[i] = max(widths[i], columns(l[i]))
		}
		if i == kind {
			widths[i] = min(widths[i], mostType)
		}
		if c.bar {
			others += 2
		}
		if i != name {
			others += widths[i]
		}
	}
	widths[name] = min(widths[name], mostName)
	if width > 0 {
		widths[name] = max(leastName, min(widths[name], width-others))
	}

	var b strings.Builder
	row := func(cells []string) {
		var line strings.Builder
		for i, c := range list {
			if c.bar {
				line.WriteString(" |")
			}
			if i > 0 {
				line.WriteByte(' ')
			}
			line.WriteString(pad(shorten(cells[i], widths[i]), widths[i], c.left))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	rule := func() {
		for i, c := range list {
			switch {
			case c.bar:
				b.WriteString("-|-")
			case i > 0:
				b.WriteByte('|')
			}
			b.WriteString(strings.Repeat("-", widths[i]))
		}
		b.WriteByte('\n')
	}
	titles := make([]string, len(list))
	for i, c := range list {
		titles[i] = c.title
	}
	row(titles)
	rule()
	for i, l := range lines {
		if total && i == len(lines)-1 && i > 0 {
			rule()
		}
		row(l)
	}
	return b.String()
}

// FailuresTable says what failed and how often; it is empty when nothing did.
func FailuresTable(failures []stats.FailureLine) string {
	var b strings.Builder
	for _, f := range failures {
		where := f.Name
		if f.Method != "" {
			where = f.Method + " " + f.Name
		}
		fmt.Fprintf(&b, "%13d  %s\n", f.Count, oneShort(where+": "+wording(f.Failure)))
	}
	return list("Error report", "Error", b.String())
}

// mostStack is how many lines of a stack are shown on the console.
const mostStack = 16

// ExceptionsTable says what went wrong in scenarios, with the beginning of each
// stack; it is empty when nothing did.
func ExceptionsTable(exceptions []stats.Exception) string {
	var b strings.Builder
	for _, e := range exceptions {
		fmt.Fprintf(&b, "%13d  %s\n", e.Count, oneShort(e.Message))
		lines := strings.Split(strings.TrimRight(e.Stack, "\n"), "\n")
		for i, l := range lines {
			if i == mostStack {
				fmt.Fprintf(&b, "%19s(%d more lines)\n", "", len(lines)-i)
				break
			}
			fmt.Fprintf(&b, "%19s%s\n", "", oneShort(strings.ReplaceAll(l, "\t", "    ")))
		}
	}
	return list("Exceptions", "Message", b.String())
}

func oneShort(s string) string { return shorten(OneLine(s), mostLine) }

func list(title, what, body string) string {
	if body == "" {
		return ""
	}
	return fmt.Sprintf("%s\n%13s  %s\n%s|%s\n%s", title, "# occurrences", what, strings.Repeat("-", 14), strings.Repeat("-", 40), body)
}

// brief words a duration in milliseconds in few characters, as the page does: 0.04,
// 0.4, 24.1, 1234.
func brief(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms == 0:
		return "0"
	case ms < 0.095:
		return strconv.FormatFloat(ms, 'f', 2, 64)
	case ms < 99.95:
		return strconv.FormatFloat(ms, 'f', 1, 64)
	}
	return strconv.FormatFloat(ms, 'f', 0, 64)
}
