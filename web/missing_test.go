package web

import (
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
)

// TestWhatTheRunLacksIsNoted: an address may name what there is no more, such as that of
// an earlier run.
func TestWhatTheRunLacksIsNoted(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	there := failureID(s.Stats.Failures[0].FailureKey)
	for query, want := range map[string]string{
		"": "", "page=99999": "page", "row=row-nope": "row", "row=" + rowID(readCity): "",
		"pin=row-nope," + rowID(readCity): "pin", "tab=charts&pin=" + rowID(readCity): "",
		"tab=failures&open=fail-nope": "open", "tab=failures&page=7": "page", "open=" + there: "open",
		"tab=failures&open=" + there: "", "tab=failures&from=1000&to=2000&open=" + there: "", "tab=logs&page=3": "",
		"tab=failures&q=no-such-words&open=" + there: "",
	} {
		v := NewFrame(s, look(t, query), site(t))
		if want != "" {
			want = "What the page's address names is not, or no longer, in this run: " + want + "."
		}
		if v.Query.Note != want {
			t.Errorf("%s: note = %q, want %q", query, v.Query.Note, want)
		}
	}
	here := rowID(readCity)
	if got := NewFrame(s, look(t, "tab=charts&pin=row-a1,"+here+",row-a2"), site(t)).Query; got.Pins != here {
		t.Errorf("the way out of a note of pins leads to pins %q, want %q, which the run has", got.Pins, here)
	}
	v := NewFrame(s, look(t, "sort=nope&row=row-nope"), site(t))
	if html := render(t, Live(v)); !strings.Contains(html, "as usual: sort. What the page") || !strings.Contains(html, `href="?" data-view>All right`) {
		t.Errorf("the note of two kinds, or its way out, is missing: %q", v.Query.Note)
	}
}
