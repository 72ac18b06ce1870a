package web

import (
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

func TestFailuresAreSharesOfTheirRowAndOfAll(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	rows := newFailures(s.Stats, s.Started, Query{}).Rows
	if len(rows) != 2 {
		t.Fatalf("%d kinds of failure, want 2", len(rows))
	}
	sum := 0.0
	for i, want := range []struct{ ofAll, users string }{{"99.9", "4 users"}, {"< 0.1", "20 users"}} {
		r := rows[i]
		if got := plainSpaces(r.OfAll); got != want.ofAll || r.Users != want.users {
			t.Errorf("row %d: %s %% of all, first at %s; want %s %% and %s", i, got, r.Users, want.ofAll, want.users)
		}
		sum += float64(s.Stats.Failures[i].Count)
	}
	if !strings.HasPrefix(rows[0].Lesson.Text, "Never with 2 users") {
		t.Errorf("the lesson is %q, want that it takes more than two users", rows[0].Lesson.Text)
	}
	unsent := newFailures(openStatus(engine.Running, 90).Stats, began, Query{}).Rows[0]
	if !unsent.Ours || unsent.OfAll != "" || unsent.OfRow != "" || unsent.Lesson.Text != "" {
		t.Errorf("failures of this machine = %+v, want no share and no lesson: they are in no row", unsent)
	}
}

func TestFailuresAreSortedAndSearched(t *testing.T) {
	s := status(engine.Running, 134, crowd).Stats
	for query, want := range map[string]string{
		"":               "city is named|no answer within",
		"sort=-fails":    "city is named|no answer within",
		"sort=fails":     "no answer within|city is named",
		"sort=first":     "city is named|no answer within",
		"sort=-first":    "no answer within|city is named",
		"sort=last":      "no answer within|city is named",
		"sort=p95":       "city is named|no answer within",
		"q=ANSWER":       "no answer within",
		"q=cities+named": "city is named",
		"q=200":          "city is named",
		"q=nowhere":      "",
	} {
		f := newFailures(s, began, look(t, "tab=failures&"+query))
		var got []string
		for _, r := range f.Rows {
			got = append(got, strings.Join(strings.Fields(r.Message)[:3], " "))
		}
		if text := strings.Join(got, "|"); text != want {
			t.Errorf("failures with %q = %q, want %q", query, text, want)
		}
		if (f.Empty != "") != (want == "") || f.Search == nil {
			t.Errorf("with %q the tab says %q and has a search box: %v", query, f.Empty, f.Search != nil)
		}
	}
}

func TestAFailureOpensWithItsSamples(t *testing.T) {
	s := status(engine.Running, 134, crowd).Stats
	q := look(t, "tab=failures")
	f := newFailures(s, began, q)
	q = look(t, strings.TrimPrefix(f.Rows[0].Href, "?"))
	d := newFailures(s, began, q).Rows[0].Open
	if d == nil || d.Sample == nil || len(d.Samples) != stats.MaxFailed || !d.Samples[0].Current || len(d.Lesson.Bars) < 4 {
		t.Fatalf("%s opens %+v, want %d samples, the first shown, and the lesson", f.Rows[0].Href, d, stats.MaxFailed)
	}
	first := d.Sample.ID
	third := newFailures(s, began, look(t, strings.TrimPrefix(d.Samples[2].Href, "?"))).Rows[0].Open
	if third.Sample.ID == first || !third.Samples[2].Current || third.Note != "" {
		t.Errorf("%s opens %+v, want the third sample", d.Samples[2].Href, third)
	}
	gone := newFailures(s, began, q.withOpen(q.Open+"-gone")).Rows[0].Open
	if gone.Sample.ID != first || gone.Note == "" {
		t.Errorf("a sample that is gone opens %+v, want the first with a note", gone)
	}
	if r := newFailures(s, began, q).Rows[0]; r.Href != "?tab=failures" {
		t.Errorf("an open row leads to %s, want to its being closed", r.Href)
	}
	for _, c := range []struct {
		x    stats.FailureLine
		q    Query
		want string
	}{
		{stats.FailureLine{}, q, "not kept yet"}, {stats.FailureLine{}, look(t, "from=1&to=2"), "for the whole run"},
		{stats.FailureLine{Failure: stats.Failure{FailureKey: stats.FailureKey{Name: stats.Other}}}, q, "of many kinds"},
		{stats.FailureLine{Failure: stats.Failure{FailureKey: stats.FailureKey{Ours: true}}}, q, "could not be sent"},
	} {
		d := newBreakdown(s, began).detail(c.x, c.q, "fail-x", "")
		if want := strings.Replace(c.want, "not kept yet", "kept of these failures yet", 1); !strings.Contains(d.None, want) {
			t.Errorf("without samples %+v says %q, want %q", c.x.FailureKey, d.None, want)
		}
	}
}

func TestReportsHaveSamplesAndNoLinks(t *testing.T) {
	s := status(engine.Stopped, 60, crowd)
	html := render(t, failureTable(reportedFailures(s.Stats, s.Started, Query{}, openInReport)))
	for _, want := range []string{"The first of them, in detail", "c-1-", "curl -X GET"} {
		if !strings.Contains(html, want) {
			t.Errorf("the report's failures lack %q", want)
		}
	}
	if strings.Contains(html, "href=") || strings.Contains(html, "<form") {
		t.Error("the report's failures have links or forms, which lead nowhere")
	}
}

func TestExceptionsAreSearched(t *testing.T) {
	s := status(engine.Running, 10, malice)
	all := NewView(s, look(t, "tab=exceptions"), site(t)).Exceptions
	if len(all.Rows) == 0 || all.Search == nil {
		t.Fatalf("%d exceptions with the box %v, want some and a box", len(all.Rows), all.Search)
	}
	if got := NewView(s, look(t, "tab=exceptions&q=nowhere+to+be+found"), site(t)).Exceptions; len(got.Rows) != 0 || got.Empty == "" || got.Search.Clear == "" {
		t.Errorf("a search for what is not there gives %d rows, %q and a way out %q", len(got.Rows), got.Empty, got.Search.Clear)
	}
	if got := reportedExceptions(s.Stats, s.Started, Query{}); got.Search != nil || len(got.Rows) != len(all.Rows) {
		t.Errorf("a report has %d exceptions and the box %v, want %d and none", len(got.Rows), got.Search, len(all.Rows))
	}
}
