package report

import (
	"bytes"
	"encoding/csv"
	"io"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// Current numbers are those of the last 10 seconds: of ten deltas, if they are a
// second long. The slack allows for deltas that are a little longer.
const (
	currentSpan   = 10 * time.Second
	currentDeltas = 10
	slack         = 500 * time.Millisecond
)

// HistoryCSV writes the run step by step: a line for all rows together and, if
// full, one for each row before it.
func HistoryCSV(w io.Writer, t stats.Timeline, full bool) error {
	h, err := NewHistory(w, full)
	for d := range t.Deltas() {
		if err != nil {
			break
		}
		err = h.Add(d)
	}
	return err
}

// A History writes a history as CSV while it grows.
type History struct {
	out    *csv.Writer
	clock  clock
	full   bool
	sum    stats.Delta   // of the run so far
	recent []stats.Delta // what current numbers are made from, oldest first
}

// NewHistory returns a History and writes the header to w. What is written is the
// same in both forms but for the lines of rows, which only the full form has.
func NewHistory(w io.Writer, full bool) (*History, error) {
	h := &History{out: csv.NewWriter(w), full: full}
	err := h.write(join([]string{"Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"},
		percentileColumns, []string{
			"Total Request Count", "Total Failure Count", "Total Median Response Time", "Total Average Response Time",
			"Total Min Response Time", "Total Max Response Time", "Total Average Content Size",
		}))
	return h, err
}

// Restart begins the numbers anew, as for another run.
func (h *History) Restart() { h.sum, h.recent = stats.Delta{}, nil }

// Add writes the lines of d, which follows the delta before.
func (h *History) Add(d stats.Delta) error {
	d.Phases, d.Failures, d.Exceptions = nil, nil, nil
	if !h.full {
		d.Rows = nil
	}
	if h.sum.From.IsZero() {
		h.sum = d
	} else {
		h.sum = h.sum.Plus(d)
	}
	h.recent = append(h.recent, d)
	for len(h.recent) > currentDeltas || h.recent[0].From.Before(d.To.Add(-currentSpan-slack)) && len(h.recent) > 1 {
		h.recent = h.recent[1:]
	}
	now := h.recent[0]
	for _, r := range h.recent[1:] {
		now = now.Plus(r)
	}

	second := h.clock.next(d.To)
	var lines [][]string
	if h.full {
		current := now.Rows // in the same order as the sum's, which has all of them
		for _, sum := range h.sum.Rows {
			row := stats.Row{Key: sum.Key}
			if len(current) > 0 && current[0].Key == sum.Key {
				row, current = current[0], current[1:]
			}
			lines = append(lines, historyLine(second, d, now.Span(), row, sum))
		}
	}
	sum := h.sum.Total()
	sum.Name = aggregated
	return h.write(append(lines, historyLine(second, d, now.Span(), now.Total(), sum))...)
}

func (h *History) write(lines ...[]string) error { return h.out.WriteAll(lines) }

// historyLine is a row's line: its numbers in the current span, then in the whole
// run.
func historyLine(second string, d stats.Delta, span time.Duration, current, sum stats.Row) []string {
	perSpan := func(n int64) string {
		if span <= 0 {
			return perSecond(0)
		}
		return perSecond(float64(n) / span.Seconds())
	}
	return join(
		[]string{
			second, whole(int64(d.Users)), text(sum.Method), text(sum.Name),
			perSpan(current.Requests()), perSpan(current.Failures()),
		},
		percentileCells(response(current)),
		sums(sum, response(sum)),
	)
}

// HistoryGap returns the line of a history that says that it could not be written to from
// a moment on. Its Type is GAP, and it has no numbers.
func HistoryGap(from time.Time, text string) []byte {
	line := []string{whole(from.Unix()), none, "GAP", text}
	for range 2 + len(percentiles) + 7 {
		line = append(line, none)
	}
	var b bytes.Buffer
	_ = write(&b, [][]string{line}) // memory takes it
	return b.Bytes()
}
