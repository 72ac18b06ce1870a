package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// The percentiles in files and on the console.
var percentiles = []float64{50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100}

// aggregated names the row of all rows together.
const aggregated = "Aggregated"

// none stands where there is no number because there were no requests.
const none = "N/A"

var percentileColumns = func() []string {
	columns := make([]string, len(percentiles))
	for i, p := range percentiles {
		columns[i] = strconv.FormatFloat(p, 'f', -1, 64) + "%"
	}
	return columns
}()

// RequestsCSV writes a line per row, groups too, and one for all requests together.
// Rates are those of the whole run. Times are response times, as the columns say: they
// begin when a request ought to have been sent, where that is known.
func RequestsCSV(w io.Writer, s *stats.Snapshot) error { return requestsCSV(w, s, response) }

// ServiceCSV writes the same columns with service times, which begin when a request was
// sent.
func ServiceCSV(w io.Writer, s *stats.Snapshot) error { return requestsCSV(w, s, stats.Row.All) }

func response(r stats.Row) stats.Tally { return r.All().Response() }

func requestsCSV(w io.Writer, s *stats.Snapshot, tally func(stats.Row) stats.Tally) error {
	lines := [][]string{join([]string{
		"Type", "Name", "Request Count", "Failure Count", "Median Response Time", "Average Response Time",
		"Min Response Time", "Max Response Time", "Average Content Size", "Requests/s", "Failures/s",
	}, percentileColumns)}
	for _, l := range s.Rows {
		lines = append(lines, requestsLine(s, l.Row, tally(l.Row)))
	}
	total := s.Total.Row
	total.Name = aggregated
	return write(w, append(lines, requestsLine(s, total, tally(total))))
}

func requestsLine(s *stats.Snapshot, r stats.Row, all stats.Tally) []string {
	rate, failRate := s.Rates(r)
	return join([]string{text(r.Method), text(r.Name)}, sums(r, all), []string{perSecond(rate), perSecond(failRate)},
		percentileCells(all))
}

// sums are the cells of what is exact for all of a row's requests.
func sums(r stats.Row, all stats.Tally) []string {
	return []string{
		whole(r.Requests()), whole(r.Failures()), millis(all.Percentile(50)), millis(all.Mean()),
		millis(all.Min()), millis(all.Max()), thousandths(all.MeanBytes()),
	}
}

func percentileCells(t stats.Tally) []string {
	cells := make([]string, len(percentiles))
	for i, d := range t.Percentiles(percentiles...) {
		cells[i] = millis(d)
		if t.Count == 0 {
			cells[i] = none
		}
	}
	return cells
}

// FailuresCSV writes a line per kind of failure.
func FailuresCSV(w io.Writer, failures []stats.FailureLine) error {
	lines := [][]string{{"Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"}}
	for _, f := range failures {
		lines = append(lines, []string{
			text(f.Method), text(f.Name), text(Kind(f.Failure)), whole(f.Count), moment(f.First), moment(f.Last),
		})
	}
	return write(w, lines)
}

// Kind says what failed by what all failures of the kind have in common, so that it stays
// the same as a run goes on: files and answers have it for whoever joins them or makes a
// label of it. What this machine had no means to send is marked.
func Kind(f stats.Failure) string { return marked(f, f.Format) }

// wording says what failed to people: its kind, and the latest failure when that says
// more.
func wording(f stats.Failure) string {
	switch {
	case strings.HasPrefix(f.Example, f.Format):
		return marked(f, f.Example)
	case f.Example != "":
		return marked(f, f.Format+" (latest: "+f.Example+")")
	}
	return Kind(f)
}

func marked(f stats.Failure, words string) string {
	if engine.Starved(f.FailureKey) { // what is no request says so itself
		return "not sent, for want of resources here: " + words
	}
	return words
}

// ExceptionsCSV writes a line per exception.
func ExceptionsCSV(w io.Writer, exceptions []stats.Exception) error {
	lines := [][]string{{"Count", "Message", "Traceback", "Nodes"}}
	for _, e := range exceptions {
		lines = append(lines, []string{whole(e.Count), text(e.Message), text(e.Stack), "local"})
	}
	return write(w, lines)
}

func write(w io.Writer, lines [][]string) error { return csv.NewWriter(w).WriteAll(lines) }

func join(parts ...[]string) []string {
	var all []string
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// text is the cell of a text. Spreadsheets take one that begins like a formula for
// a formula, so that gets a quote in front.
func text(s string) string {
	s = escape(s, "\n\t")
	if s != "" && strings.IndexByte("=+-@\t\r\n\x00", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

// millis words a duration in milliseconds, exact to the microsecond.
func millis(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Round(time.Microsecond).Microseconds())/1000, 'f', -1, 64)
}

func perSecond(rate float64) string { return strconv.FormatFloat(rate, 'f', 6, 64) }

// thousandths words x with at most three decimals.
func thousandths(x float64) string {
	s := strconv.FormatFloat(x, 'f', 3, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
