package stats

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// WriteHistogramLog writes a history as an HdrHistogram interval log of version 1.3,
// which the tools of HdrHistogram read. Values are in µs. Intervals without a tag are
// of all requests together, and those of a row have its method and name as their tag;
// both are of response times. Tags that begin with "service:" are of service times, of
// rows that have others than their response times, and those with "failed:" of failed
// requests alone; without a row's name these are of the total. Comments come first.
func WriteHistogramLog(w io.Writer, s *Snapshot, t Timeline, comments ...string) error {
	head := hdrhistogram.NewHistogramLogWriter(w)
	for _, c := range comments {
		if err := head.OutputComment(" " + strings.Join(strings.Fields(c), " ")); err != nil {
			return err
		}
	}
	if err := head.OutputLogFormatVersion(); err != nil {
		return err
	}
	began := s.From
	if t.Len() > 0 {
		began = t.Point(0).From
	}
	if !began.IsZero() {
		if _, err := fmt.Fprintf(w, "#[StartTime: %.3f (seconds since epoch), %s]\n", seconds(began), began.UTC().Format(time.RFC3339)); err != nil {
			return err
		}
	}
	if err := head.OutputLegend(); err != nil {
		return err
	}
	l := histogramLog{w, map[Key]bool{{}: s.Total.OK.Lagged() || s.Total.Failed.Lagged()}}
	for i := range s.Rows {
		r := &s.Rows[i]
		l.lagged[r.Key] = r.OK.Lagged() || r.Failed.Lagged()
	}
	for d := range t.Deltas() {
		total := d.Total()
		total.Key = Key{}
		if err := l.row(d, "", total); err != nil {
			return err
		}
		for _, r := range d.Rows {
			if err := l.row(d, Tag(r.Key), r); err != nil {
				return err
			}
		}
	}
	return nil
}

// A histogramLog is an interval log while it is written.
type histogramLog struct {
	out    io.Writer
	lagged map[Key]bool // which rows have service times of their own
}

// row writes the intervals of a row.
func (l histogramLog) row(d Delta, tag string, r Row) error {
	all := r.All()
	if all.Count > 0 || tag == "" { // every interval has one of the total
		if err := l.interval(d, tag, all.Response()); err != nil {
			return err
		}
	}
	if l.lagged[r.Key] && all.Count > 0 {
		if err := l.interval(d, "service:"+tag, all); err != nil {
			return err
		}
	}
	if r.Failed.Count == 0 {
		return nil
	}
	return l.interval(d, "failed:"+tag, r.Failed.Response())
}

// interval writes a line. The library's own writer takes all values for nanoseconds.
func (l histogramLog) interval(d Delta, tag string, t Tally) error {
	h := t.hist
	if h == nil {
		h = newHistogram()
	}
	code, err := h.EncodeV2()
	if err != nil {
		return fmt.Errorf("encode histogram of %s: %w", tag, err)
	}
	if tag != "" {
		tag = "Tag=" + tag + ","
	}
	const ms = float64(time.Millisecond)
	_, err = fmt.Fprintf(l.out, "%s%.3f,%.3f,%.3f,%s\n", tag, seconds(d.From), d.Span().Seconds(), float64(t.Max())/ms, code)
	return err
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// Tag returns how an interval log names a row: its method, an underscore and its name,
// such as "GET_/cart", with what a tag cannot hold escaped as in a URL. Different rows
// have different tags.
func Tag(k Key) string {
	return escapeTag(k.Method, "%,_:") + "_" + escapeTag(k.Name, "%,")
}

func escapeTag(s, special string) string {
	var b strings.Builder
	for _, r := range s {
		if !strings.ContainsRune(special, r) && unicode.IsPrint(r) && r != ' ' {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
