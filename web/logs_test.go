package web

import (
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// logged returns lines of all levels in turn.
func logged(texts ...string) []LogLine {
	var lines []LogLine
	for i, text := range texts {
		lines = append(lines, LogLine{
			Number: int64(i + 1), At: began.Add(time.Duration(i) * 1234 * time.Millisecond), Text: text,
			Level: []string{"INFO", "WARNING", "ERROR", "DEBUG"}[i%4],
		})
	}
	return lines
}

func TestALogLineIsThatOfAFile(t *testing.T) {
	l := LogLine{Number: 7, At: began, Level: "INFO", Text: "run started run=1"}
	if got, want := l.String(), "2026-03-14 14:00:00.000 INFO run started run=1"; got != want {
		t.Errorf("%+v.String() = %q, want %q", l, got, want)
	}
	l.At = time.Time{}
	if got, want := l.String(), "INFO run started run=1"; got != want {
		t.Errorf("%+v.String() = %q, want %q", l, got, want)
	}
}

func TestTheLogIsThinnedOutByLevelAndWords(t *testing.T) {
	lines := logged("one Apple", "two apples", "three", "four apples")
	for query, want := range map[string]string{
		"":                         "one Apple|two apples|three|four apples",
		"level=INFO":               "one Apple|two apples|three",
		"level=WARNING":            "two apples|three",
		"level=ERROR":              "three",
		"level=CRITICAL":           "",
		"q=apple":                  "one Apple|two apples|four apples",
		"q=APPLE+two":              "two apples",
		"q=warning":                "two apples",
		"level=WARNING&q=apples":   "two apples",
		"q=apple+pear":             "",
		"q=%3Cscript%3E&level=odd": "",
	} {
		l := newLogs(lines, look(t, "tab=logs&"+query))
		var texts []string
		for _, r := range l.Rows {
			texts = append(texts, r.Text)
		}
		if got := strings.Join(texts, "|"); got != want {
			t.Errorf("lines with %q = %q, want %q", query, got, want)
		}
		if (l.Empty != "") != (want == "") {
			t.Errorf("with %q the tab says %q instead of lines, want that only without lines", query, l.Empty)
		}
	}
}

// The tab says when there was the latest warning, whatever the reader looks at.
func TestTheTabTellsOfTheLatestWarning(t *testing.T) {
	for _, c := range []struct {
		lines []LogLine
		want  string
	}{
		{nil, ""}, {logged("info"), ""}, {logged("info", "warning"), "1773496801234"},
		{logged("info", "warning", "error"), "1773496802468"}, {logged("info", "warning", "error", "debug", "info"), "1773496802468"},
	} {
		s := site(t)
		s.Logs = func() []LogLine { return c.lines }
		for _, tab := range NewView(status(engine.Running, 3, crowd), look(t, "tab=charts&level=ERROR"), s).Tabs {
			want := ""
			if tab.Label == "Logs" {
				want = c.want
			}
			if tab.Warned != want {
				t.Errorf("with %d lines tab %s was warned at %q, want %q", len(c.lines), tab.Label, tab.Warned, want)
			}
		}
	}
}

func TestOnlyReadersOfTheLogWaitForItsLines(t *testing.T) {
	s := site(t)
	if got := s.LatestLine(look(t, "tab=logs")); got != 0 {
		t.Errorf("latest line without a log = %d, want 0", got)
	}
	s.Logs = func() []LogLine { return logged("a", "b", "c") }
	for query, want := range map[string]int64{"tab=logs": 3, "tab=logs&level=ERROR": 3, "": 0, "tab=failures": 0} {
		if got := s.LatestLine(look(t, query)); got != want {
			t.Errorf("latest line with %q = %d, want %d", query, got, want)
		}
	}
}
