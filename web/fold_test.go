package web

import (
	"strconv"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// Whatever rows are called, a long table's rows are a line each, and nothing of them ends
// the text that they are in.
func TestFoldedRowsAreALineEach(t *testing.T) {
	names := []string{"</script><script>alert(1)</script>", "<!--<script>", "a\nb\r\u2028c", "]]>&amp;'\"", "plain"}
	snapshot := &stats.Snapshot{}
	for i := range 2 * foldAbove {
		line := stats.Line{}
		line.Key = stats.Key{Method: "GET\n<", Name: names[i%len(names)] + strconv.Itoa(i)}
		snapshot.Rows = append(snapshot.Rows, line)
	}
	q := ParseQuery(nil)
	q.Size = 500
	table := newStatistics(snapshot, q)
	if !table.Long() {
		t.Fatalf("a table of %d rows is not long", len(table.Rows))
	}
	html := render(t, folded(table.Rows, table.Methods()))
	text, ok := strings.CutPrefix(html, `<script type="text/plain">`)
	text, end := strings.CutSuffix(text, "</script>")
	if !ok || !end || strings.Contains(text, "script>") || strings.Contains(text, "<!") {
		t.Fatalf("rows are not within one element: %.300s", html)
	}
	lines := strings.Split(text, "\n")
	if len(lines) != len(table.Rows) {
		t.Fatalf("%d rows are %d lines", len(table.Rows), len(lines))
	}
	for i, line := range lines {
		if id, element, _ := strings.Cut(line, " "); id != table.Rows[i].Row || !strings.HasPrefix(element, "<tr") || !strings.HasSuffix(element, "</tr>") {
			t.Errorf("line %d is %.60q, want row %s and its element", i, line, table.Rows[i].Row)
		}
	}
}

// The first paint has rows as elements, for who has no scripts; frames have text instead.
func TestOnlyFramesFoldRows(t *testing.T) {
	run, q := status(engine.Running, 5, many(foldAbove+1)), look(t, "")
	for what, tc := range map[string]struct {
		v    View
		want bool
	}{
		"first paint": {NewView(run, q, site(t)), false},
		"frame":       {NewFrame(run, q, site(t)), true},
	} {
		html := render(t, rowTable(tc.v.Table))
		if got := strings.Contains(html, `<script type="text/plain">`); got != tc.want {
			t.Errorf("%s: rows are folded: %v, want %v", what, got, tc.want)
		}
	}
}
