package web

import (
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/stats"
)

// heldTo returns s held to checks, judged by what its numbers say. Those that do not hold
// now have been broken for the last 8 seconds.
func heldTo(t *testing.T, s *engine.Status, list ...string) *engine.Status {
	t.Helper()
	for _, text := range list {
		c, err := checks.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		h := engine.CheckStatus{Check: c}
		if row, _ := c.Find(s.Stats); row.Requests() > 0 {
			h.Run = c.Evaluate(row, s.Stats.Span())
			h.Now = h.Run
			if c.All() && !c.Metric.Counted() {
				h.Now = c.Evaluate(s.Stats.Current, s.Stats.CurrentSpan)
			}
			if h.Pending = c.Pending(h.Run); !h.Now.OK && !h.Pending {
				h.InBreach, h.Breaches, h.Broken, h.FirstBreach = 8*time.Second, 3, 31*time.Second, s.At.Add(-48*time.Second)
			}
		}
		s.Checks, s.Config.Checks = append(s.Checks, h), append(s.Config.Checks, c)
	}
	s.Config.CheckStop, s.Config.CheckWarmup = 30*time.Second, 10*time.Second
	return s
}

// boardOf is every kind of check there is.
var boardOf = []string{
	"GET /api/v1/cities/{id} p95 < 300ms", "fail% < 1", "rps > 100", "POST /api/v1/cities p99.9 < 20ms", "requests >= 100000", "fails < 100",
	"GET /api/v1/cites p95 < 300ms", "max < 10s", "POST /api/v1/auth/token min != 0",
}

func TestTheBoardSaysWhetherChecksHold(t *testing.T) {
	s := heldTo(t, status(engine.Running, 134, crowd), boardOf...)
	b := newChecks(s, Query{}, s.Stats)
	for i, want := range []struct{ word, class, room string }{
		{"holds", "ok", "to spare"}, {"broken", "bad", "times the bound"}, {"holds", "ok", "to spare"}, {"broken", "bad", "times the bound"},
		{"not yet", "open", "to go"}, {"broken", "bad", "times the bound"}, {"no such request yet", "open", ""}, {"holds", "ok", "to spare"}, {"holds", "ok", "off by"},
	} {
		r := b.Rows[i]
		if r.Now.Word != want.word || r.Now.Class != want.class || !strings.Contains(r.Room.Text, want.room) || r.Bad != (want.class == "bad") {
			t.Errorf("%s: now %+v, room %+v, bad %v, want %v", boardOf[i], r.Now, r.Room, r.Bad, want)
		}
	}
	if got := checkCount(s)[0]; got.Value != "✕ 3 broken" || got.Note != "· 4 hold · 2 without a result" || !got.Bad {
		t.Errorf("count = %+v, want 3 broken, 4 hold and 2 without a result", got)
	}
	if want := "The run stops once a check has been broken for 30s. The first 10s do not count."; b.Rule != want {
		t.Errorf("rule = %q, want %q", b.Rule, want)
	}
	stopped := heldTo(t, status(engine.Stopped, 134, crowd), "requests >= 100000")
	if r := newChecks(stopped, Query{}, stopped.Stats).Rows[0]; r.Run.Word != "broken" || !r.Bad {
		t.Errorf("a count that never grew as far as it must: %+v, want it broken once the run is over", r)
	}
}

func TestATimeWindowIsJudgedInPlaceOfTheRun(t *testing.T) {
	s := heldTo(t, status(engine.Running, 134, crowd), "fail% < 1", "GET /none p95 < 1")
	b := newChecks(s, Query{From: 1, To: 2}, &stats.Snapshot{})
	if b.RunHead != "time window" || b.Rows[0].Run.Value != "" || b.Rows[0].Run.Word != "no such request" {
		t.Errorf("a window without requests: %+v", b.Rows[0])
	}
}

func TestTheTabOfChecksIsThereWhenThereAreAny(t *testing.T) {
	s := status(engine.Running, 20, crowd)
	has := func(list []Tab) (badge string, ok bool) {
		for _, t := range list {
			if t.Label == "Checks" {
				return t.Badge, true
			}
		}
		return "", false
	}
	if _, ok := has(tabLinks(s, Query{Tab: TabStatistics}, s.Stats, nil)); ok {
		t.Error("there is a tab of checks without any")
	}
	if badge, ok := has(tabLinks(heldTo(t, s, boardOf...), Query{}, s.Stats, nil)); !ok || badge != "3" {
		t.Errorf("the tab of checks is there: %v, with badge %q, want 3", ok, badge)
	}
}

// TestChecksWithoutAResultAreNoBreach: what nothing is known of neither holds nor is broken.
func TestChecksWithoutAResultAreNoBreach(t *testing.T) {
	for _, c := range []struct {
		checks    []string
		want      string
		bad, good bool
	}{
		{[]string{"fail% < 1", "GET /a p95 < 1", "GET /b p95 < 1"}, "✕ 1 broken · 2 without a result", true, false},
		{[]string{"GET /a p95 < 1"}, "1 without a result", false, false},
		{[]string{"rps > 100", "GET /a p95 < 1"}, "1 holds · 1 without a result", false, false},
		{[]string{"rps > 100", "max < 10s"}, "✓ all 2 hold", false, true},
	} {
		s := heldTo(t, status(engine.Running, 134, crowd), c.checks...)
		n := checkCount(s)[0]
		if got := strings.TrimSpace(n.Value + " " + n.Note); got != c.want || n.Bad != c.bad || n.Good != c.good {
			t.Errorf("%q: %q, bad %v, good %v; want %q", c.checks, got, n.Bad, n.Good, c.want)
		}
	}
}
