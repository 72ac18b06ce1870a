package web

import (
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

func TestVerdictIsAWordAndAMark(t *testing.T) {
	sum := func(list ...stats.Health) (h stats.Health) {
		for _, x := range list {
			h = h.Plus(x)
		}
		return h
	}
	for _, c := range []struct {
		name         string
		health, now  stats.Health
		verdict      string
		mark, latest string
		first        string // reason
	}{
		{"nothing", stats.Health{}, stats.Health{}, "unknown", "–", "", ""},
		{"all fine", fine, fine, "valid", "✓", "", ""},
		{"one bad second", sum(fine, fine, fine, busy(stats.Invalid)), busy(stats.Invalid), "invalid", "✕", "", "processor time is used up 1 of 4 s"},
		{"better now", sum(busy(stats.Degraded), fine), fine, "degraded", "!", "valid", "processor time is used up 1 of 2 s"},
	} {
		h := newHealth(c.health, c.now)
		if h.Verdict != c.verdict || h.Mark != c.mark || h.Now != c.latest {
			t.Errorf("%s: verdict %s, mark %s, now %q; want %s, %s, %q", c.name, h.Verdict, h.Mark, h.Now, c.verdict, c.mark, c.latest)
		}
		first := ""
		if len(h.Reasons) > 0 {
			first = h.Reasons[0].Text + " " + h.Reasons[0].Share
		}
		if first != c.first {
			t.Errorf("%s: first reason %q, want %q", c.name, first, c.first)
		}
	}
}

func TestArrivalsAreCountedInSight(t *testing.T) {
	v := NewView(openStatus(engine.Running, 90), Query{}, site(t))
	var got []string
	for _, c := range v.Counts {
		got = append(got, strings.TrimSpace(c.Label+" "+c.Value+" "+c.Note))
	}
	want := "Users 150 (3 idle) of 150, Due 12 080, Started 11 355, Completed 11 355, Late 214, Dropped 725"
	if text := strings.ReplaceAll(strings.Join(got[:6], ", "), thin, " "); text != want {
		t.Errorf("counts = %s, want %s", text, want)
	}
	if !strings.HasPrefix(got[6], "Service") || len(got) != 7 {
		t.Errorf("the last count = %q of %d, want service times", got[len(got)-1], len(got))
	}
	if n := v.Numbers[0]; n.Label != "Arrivals/s" || n.Value != "175.0" || n.Note != "of 200" {
		t.Errorf("first number = %+v, want 175.0 arrivals/s with target 200", n)
	}
	if v := NewView(status(engine.Running, 5, crowd), Query{}, site(t)); v.Counts != nil {
		t.Errorf("the closed model has counts: %+v", v.Counts)
	}
}

func TestNumberOfUsersStandsBesideWhatIsAskedFor(t *testing.T) {
	s := status(engine.Running, 5, crowd)
	if n := NewView(s, Query{}, site(t)).Numbers[0]; n.Value != "10" || n.Note != "of 20" {
		t.Errorf("users = %s, %s; want 10 of 20", n.Value, n.Note)
	}
	s.Config.Stages, s.Target = load.Stages{{Duration: 1e9, Target: 40}}, 12.6
	if n := NewView(s, Query{}, site(t)).Numbers[0]; n.Note != "of 13" {
		t.Errorf("users in stages = %s, %s; want target 13", n.Value, n.Note)
	}
}

func TestServiceTimesStandBesideResponseTimes(t *testing.T) {
	v := NewView(openStatus(engine.Running, 90), look(t, "sort=-p95"), site(t))
	var labels []string
	for _, c := range v.Table.Columns[4:10] {
		labels = append(labels, c.Label)
	}
	if got, want := strings.Join(labels, ", "), "Median, Service median, 95%ile, Service 95%ile, 99%ile, Service 99%ile"; got != want {
		t.Errorf("headings = %s, want %s", got, want)
	}
	for _, r := range v.Table.Rows {
		if response, service := r.Cells[2].Text, r.Cells[3].Text; r.Name == "/cart" && (service != "8.2" || response != "34.0") {
			t.Errorf("/cart: service median %s, response median %s, want 8.2 and 34.0", service, response)
		}
		if r.Group != (r.Method == stats.Group) {
			t.Errorf("%s %s is marked as a group: %v", r.Method, r.Name, r.Group)
		}
	}
	if v.Table.Note == "" {
		t.Error("nothing says what the two times are")
	}
	plain := NewView(status(engine.Running, 5, crowd), Query{}, site(t)).Table
	if len(plain.Columns) != len(statisticsColumns) || plain.Note != "" {
		t.Errorf("without intended starts there are %d columns and the note %q, want %d and none", len(plain.Columns), plain.Note, len(statisticsColumns))
	}
}

func TestPhasesFollowEachOther(t *testing.T) {
	p := NewView(openStatus(engine.Running, 30), Query{}, site(t)).Phases
	var got []string
	for _, r := range p.Rows {
		got = append(got, strings.TrimSpace(r.Name+" "+r.Of))
	}
	if text, want := strings.Join(got, ", "), "DNS lookup, connect, TLS handshake, first byte, first byte GET /events"; text != want {
		t.Errorf("phases = %s, want %s", text, want)
	}
}

func TestFeedsSayWhatIsLeft(t *testing.T) {
	info := func(atEnd string) load.FeedInfo { return load.FeedInfo{Name: "f", AtEnd: atEnd} }
	for _, c := range []struct {
		status engine.FeedStatus
		left   string
		dry    bool
	}{
		{engine.FeedStatus{FeedInfo: info("stop the user"), Rows: 10, Taken: 4}, "6 of 10 left", false},
		{engine.FeedStatus{FeedInfo: info("start again"), Rows: 10, Taken: 14, Dry: 1}, "0 of 10 left", true},
		{engine.FeedStatus{FeedInfo: info(""), Rows: 1, Taken: 14}, "of 1 row that all share", false},
		{engine.FeedStatus{FeedInfo: info("stop the run"), Rows: -1, Taken: 14}, "no end to them", false},
	} {
		if f := newFeeds([]engine.FeedStatus{c.status})[0]; f.Left != c.left || f.IsDry != c.dry {
			t.Errorf("newFeeds(%+v) = %q, dry %v; want %q, %v", c.status, f.Left, f.IsDry, c.left, c.dry)
		}
	}
}

func TestSecretsAreInNoFormAndNoFill(t *testing.T) {
	s := status(engine.Stopped, 3, crowd)
	s.Config.Params = map[string]string{"key": "hush-hush", "path": "/x"}
	v := NewView(s, look(t, "form=new"), site(t))
	html := render(t, Page(v)) + render(t, Page(v.Answer(map[string][]string{"key": {"hush-hush"}, FieldUsers: {"x"}}, Refusal{})))
	if strings.Contains(html, "hush-hush") || strings.Contains(html, "default-secret") {
		t.Error("the page has a secret")
	}
	if !strings.Contains(html, "path=%2Fx") {
		t.Error("the page does not fill in what is no secret, so this proves nothing")
	}
}
