package web

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A LogLine is one line of the program's log. It is hostile text.
type LogLine struct {
	Number int64 // counts the lines of the program from 1
	At     time.Time
	Level  string // one of DEBUG, INFO, WARNING, ERROR, CRITICAL
	Text   string
}

// String returns the line as a log file has it.
func (l LogLine) String() string {
	text := l.Level + " " + l.Text
	if l.At.IsZero() {
		return text
	}
	return l.At.Format("2006-01-02 15:04:05.000 ") + text
}

// grave is how grave the line is, as a place in logLevels.
func (l LogLine) grave() int { return slices.Index(logLevels, l.Level) }

// LatestLine returns the number of the latest log line that a reader with query q can
// see; 0 when q does not look at the log.
func (s Site) LatestLine(q Query) int64 {
	if q.Tab != TabLogs || s.Logs == nil {
		return 0
	}
	lines := s.Logs()
	if len(lines) == 0 {
		return 0
	}
	return lines[len(lines)-1].Number
}

// Logs is the tab of the program's log.
type Logs struct {
	Levels []Choice
	Search Box
	Note   string // how many lines are shown of how many
	Rows   []LogRow
	Empty  string // said instead of rows
}

// A LogRow is one line.
type LogRow struct {
	ID                string // stays the same from frame to frame
	Level, Text       string
	Kind              string // quiet, plain, warning or bad
	Time, ISO, Moment string // Moment is the whole of it
}

// levelChoices are the levels to choose from. Nothing is logged at CRITICAL.
var levelChoices = []struct{ level, label string }{
	{"DEBUG", "All"}, {"INFO", "Info"}, {"WARNING", "Warnings"}, {"ERROR", "Errors"},
}

// newLogs shows those of the lines that q asks for, the newest last.
func newLogs(lines []LogLine, q Query) *Logs {
	l := &Logs{Search: newWordBox(q, "Search the log", "words of a line")}
	for _, c := range levelChoices {
		l.Levels = append(l.Levels, Choice{c.label, q.withLevel(c.level).link(), q.Level == c.level})
	}
	least := slices.Index(logLevels, q.Level)
	for _, x := range lines {
		if x.grave() < least || !hasWords(q.Search, x.Level, x.Text) {
			continue
		}
		r := LogRow{ID: "line-" + strconv.FormatInt(x.Number, 10), Level: strings.ToLower(line(x.Level)), Text: line(x.Text), Kind: logKind(x)}
		if !x.At.IsZero() {
			r.Time, r.ISO, r.Moment = x.At.Format(time.TimeOnly), x.At.UTC().Format(time.RFC3339), x.At.Format("2006-01-02 15:04:05.000 MST")
		}
		l.Rows = append(l.Rows, r)
	}
	all := plural(int64(len(lines)), "line", "lines")
	switch {
	case len(lines) == 0:
		l.Empty = "Nothing has been logged yet."
	case len(l.Rows) == 0:
		l.Empty = "None of " + all + " is like that: choose another level, or search for other words."
	case len(l.Rows) < len(lines):
		l.Note = count(int64(len(l.Rows))) + " of " + all
	default:
		l.Note = all
	}
	return l
}

// logKind is how a line looks.
func logKind(l LogLine) string {
	switch l.Level {
	case "DEBUG":
		return "quiet"
	case "WARNING":
		return "warning"
	case "ERROR", "CRITICAL":
		return "bad"
	}
	return "plain"
}

// warned returns when there was the latest warning or worse, see Tab.Warned.
func warned(lines []LogLine) string {
	for _, l := range slices.Backward(lines) {
		if l.grave() >= slices.Index(logLevels, "WARNING") {
			return strconv.FormatInt(l.At.UnixMilli(), 10)
		}
	}
	return ""
}
