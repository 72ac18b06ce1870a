package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// How much a Markdown report has of what there can be much of. It is read by people,
// in the comment of a pull request.
const (
	mdRows     = 20
	mdFailures = 10
	mdText     = 200 // characters of a name or message
)

// Markdown writes a run in short: the verdict, the checks, the busiest rows, the
// failures, and how far the numbers can be trusted.
func Markdown(w io.Writer, s *engine.Status) error { return Lenience{}.markdown(w, s) }

// markdown is Markdown, whose verdict leaves out what l lets pass.
func (l Lenience) markdown(w io.Writer, s *engine.Status) error {
	m := markdown{bufio.NewWriter(w), l}
	m.head(s)
	m.checks(s)
	if s.Stats.Total.Requests() > 0 {
		m.rows(s)
	}
	m.failures(s)
	m.exceptions(s)
	m.notes(s)
	return m.Flush()
}

// A markdown is a report while it is written. What fails to be written is told by Flush.
type markdown struct {
	*bufio.Writer
	Lenience
}

func (m markdown) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

var outcomeMarks = map[Outcome]string{Untested: "⚪", Broken: "❌", Invalid: "⚠️", Failed: "❌", Passed: "✅"}

func (m markdown) head(s *engine.Status) {
	outcome := m.outcomeOf(s)
	m.printf("## %s Load test %s: %s\n", outcomeMarks[outcome], outcome, m.text(s))
	if s.Run == 0 {
		return
	}
	m.printf("\n%s, %s, against %s, %s from %s",
		markText(strings.Join(scenarioNames(s), ", ")), markText(loadText(s.Config)), markText(strings.Join(hosts(s), ", ")),
		s.Elapsed().Round(100*time.Millisecond), s.Started.UTC().Format("2006-01-02 15:04:05 UTC"))
	if s.Reason != "" {
		m.printf(" (%s)", markText(s.Reason))
	}
	m.printf(".\n\nLoad generator: **%s**", s.Stats.Health.Verdict())
	if s.Stats.Health.Verdict() == stats.Invalid && !s.Stats.Health.Spoils() {
		m.printf(", but for less than 5 s, which decides nothing")
	}
	for _, r := range s.Stats.Health.Gravest() {
		m.printf("; %s in %d of %d s", markText(r.Text), r.Spans, s.Stats.Health.Valid+s.Stats.Health.Degraded+s.Stats.Health.Invalid)
	}
	m.printf(".\n")
}

var holdingMarks = map[Holding]string{Holds: "✅", Breaks: "❌", Pending: "⚪ pending", NoData: "❌"}

func (m markdown) checks(s *engine.Status) {
	if len(s.Checks) == 0 {
		return
	}
	m.printf("\n| | Check | Value | |\n|---|---|--:|---|\n")
	for _, c := range s.Checks {
		value, more := "", ""
		if c.Run.Known {
			value = c.Say(c.Run.Value)
		} else {
			more = "there was no such request"
		}
		if c.Breaches > 0 {
			more = fmt.Sprintf("broken %s, %s in all", times(c.Breaches), c.Broken.Round(time.Second))
		}
		m.printf("| %s | %s | %s | %s |\n", holdingMarks[HoldingOf(c)], markText(c.String()), markText(value), more)
	}
	if s.Config.CheckWarmup > 0 {
		m.printf("\nChecks are judged %s.\n", Judged(s.Config))
	}
}

// rows writes the busiest rows, those with failures first, and the total.
func (m markdown) rows(s *engine.Status) {
	m.printf("\n| Request | # | Failed | Req/s | Avg | p50 | p95 | p99 | Max ms |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	lines := slices.Clone(s.Stats.Rows)
	slices.SortStableFunc(lines, func(a, b stats.Line) int {
		return cmp.Or(cmp.Compare(b.Failures(), a.Failures()), cmp.Compare(b.Requests(), a.Requests()))
	})
	for _, l := range lines[:min(mdRows, len(lines))] {
		m.row(s.Stats, markText(l.Method+" "+l.Name), l.Row)
	}
	m.row(s.Stats, "**"+aggregated+"**", s.Stats.Total.Row)
	if n := len(lines) - mdRows; n > 0 {
		m.printf("\n%s not shown.\n", plural(int64(n), "more row is", "more rows are"))
	}
	if a := s.Stats.Arrivals; s.Config.Model == engine.Open {
		m.printf("\nArrivals: %s.\n", ArrivalsText(a))
	}
}

func (m markdown) row(s *stats.Snapshot, name string, r stats.Row) {
	all := response(r)
	rate, _ := s.Rates(r)
	failed := "0"
	if n := r.Failures(); n > 0 {
		failed = fmt.Sprintf("%d (%s%%)", n, strconv.FormatFloat(100*r.FailRatio(), 'f', 2, 64))
	}
	m.printf("| %s | %d | %s | %s |", name, r.Requests(), failed, strconv.FormatFloat(rate, 'f', 1, 64))
	ps := all.Percentiles(50, 95, 99)
	for _, d := range []time.Duration{all.Mean(), ps[0], ps[1], ps[2], all.Max()} {
		m.printf(" %s |", thousandths(ms(d)))
	}
	m.printf("\n")
}

func (m markdown) failures(s *engine.Status) {
	if len(s.Stats.Failures) == 0 {
		return
	}
	list := slices.Clone(s.Stats.Failures)
	slices.SortStableFunc(list, func(a, b stats.FailureLine) int { return cmp.Compare(b.Count, a.Count) })
	m.printf("\n| # | Failure | Request | First |\n|--:|---|---|---|\n")
	for _, f := range list[:min(mdFailures, len(list))] {
		m.printf("| %d | %s | %s | %s, with %s |\n", f.Count, markText(wording(f.Failure)), markText(f.Method+" "+f.Name),
			f.First.UTC().Format("15:04:05"), plural(int64(f.Users), "user", "users"))
	}
	if n := len(list) - mdFailures; n > 0 {
		m.printf("\n%s not shown.\n", plural(int64(n), "more kind of failure is", "more kinds of failure are"))
	}
}

func (m markdown) exceptions(s *engine.Status) {
	if len(s.Stats.Exceptions) == 0 {
		return
	}
	list := slices.Clone(s.Stats.Exceptions)
	slices.SortStableFunc(list, func(a, b stats.Exception) int { return cmp.Compare(b.Count, a.Count) })
	m.printf("\n| # | Exception |\n|--:|---|\n")
	for _, e := range list[:min(mdFailures, len(list))] {
		m.printf("| %d | %s |\n", e.Count, markText(e.Message))
	}
}

func (m markdown) notes(s *engine.Status) {
	for i, n := range s.Notices {
		if i == 0 {
			m.printf("\n")
		}
		m.printf("- Note: %s\n", markText(n))
	}
	if s.Run > 0 {
		m.printf("\n<sub>Gregaria, run %d, seed %d. Times are response times in milliseconds.</sub>\n", s.Run, s.Config.Seed)
	}
}

// blank has no width and parts what would otherwise be a mention or a reference.
const blank = "\u200b"

// reference begins what a forge makes a picture or a link of: :tada: or GH-12.
var reference = regexp.MustCompile(`^(?::[\w+-]+:|(?i:gh-)\d)`)

// shortHash is how many digits of a commit a forge takes for that commit.
const shortHash = 7

// markText returns text as Markdown of one line that shows it and does nothing else: no
// markup, HTML, link, mention, picture, reference or formula.
func markText(s string) string {
	s = shorten(OneLine(s), mdText)
	var b strings.Builder
	hex := 0 // how many such digits there were in a row
	for i, r := range s {
		if hex++; !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			hex = 0
		} else if hex == shortHash {
			b.WriteString(blank)
			hex = 1
		}
		switch {
		case strings.ContainsRune("\\`*_[]<>|~&$!", r), r == ':' && strings.HasPrefix(s[i:], ":/"), r == '.' && strings.HasSuffix(s[:i], "www"):
			fmt.Fprintf(&b, "&#%d;", r)
		case r == '@' || r == '#' || reference.MatchString(s[i:]):
			b.WriteRune(r)
			b.WriteString(blank)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
