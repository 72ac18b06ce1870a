package web

import (
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

func TestPreviewSaysThePlanInWords(t *testing.T) {
	stages := load.Stages{{Duration: 2 * time.Minute, Target: 100}, {Duration: 5 * time.Minute, Target: 100}, {Duration: 30 * time.Second}}
	for _, c := range []struct {
		cfg  engine.Config
		from float64
		want string
	}{
		{engine.Config{Users: 20, SpawnRate: 2}, 0, "20 users after 9.5s, until stopped"},
		{engine.Config{Users: 20, SpawnRate: 2, RunTime: time.Minute}, 0, "20 users after 9.5s, over after 1m"},
		{engine.Config{Users: 1, SpawnRate: 1}, 0, "1 user, until stopped"},
		{engine.Config{Users: 20, SpawnRate: 2}, 10, "20 users after 4.5s, until stopped"},
		{engine.Config{Stages: stages}, 0, "100 users at the peak, over after 7m30s"},
		{engine.Config{Stages: stages, RunTime: time.Minute}, 0, "100 users at the peak, over after 1m"},
		{engine.Config{Model: engine.Open, Stages: stages}, 0, "100 arrivals/s at the peak, over after 7m30s; about 37\u202f500 arrivals in all"},
		{engine.Config{Model: engine.Open, Rate: 0.5}, 0, "0.5 arrivals/s, until stopped"},
		{engine.Config{Model: engine.Open, Rate: 200, RunTime: time.Hour}, 0, "200 arrivals/s, over after 1h; about 720\u202f000 arrivals in all"},
		{engine.Config{Shape: "waves"}, 0, "The load of a shape is not known beforehand: it is decided as the run goes."},
	} {
		p := NewPreview(c.cfg, c.from, nil)
		if p.Text != c.want {
			t.Errorf("NewPreview(%+v, %v) says %q, want %q", c.cfg, c.from, p.Text, c.want)
		}
		if drawn := p.Line != ""; drawn != (c.cfg.Shape == "") {
			t.Errorf("NewPreview(%+v, %v) is drawn: %v", c.cfg, c.from, drawn)
		}
	}
}

func TestPlanIsDrawnFromCornerToCorner(t *testing.T) {
	p := NewPreview(engine.Config{Stages: load.Stages{
		{Duration: time.Minute, Target: 50}, {Duration: time.Minute, Target: 100, Step: true}, {Duration: 2 * time.Minute, Target: 0},
	}}, 20, nil)
	if want := "M0 81.5L250 53.7L250 7.4L500 7.4L1000 100"; p.Line != want {
		t.Errorf("line = %s, want %s", p.Line, want)
	}
	if !strings.HasPrefix(p.Area, p.Line) || !strings.HasSuffix(p.Area, "L1000 100L0 100Z") {
		t.Errorf("area = %s, want the line closed at the bottom", p.Area)
	}
	var across, up []string
	for _, tick := range p.Across {
		across = append(across, tick.At+" "+tick.Label)
	}
	for _, tick := range p.Up {
		up = append(up, tick.At+" "+tick.Label)
	}
	if got, want := strings.Join(across, ", "), "0% 0, 25% 1m, 50% 2m, 75% 3m, 100% 4m"; got != want {
		t.Errorf("marks of time = %s, want %s", got, want)
	}
	if got, want := strings.Join(up, ", "), "100% 0, 53.7% 50, 7.4% 100"; got != want {
		t.Errorf("marks of load = %s, want %s", got, want)
	}
}

func TestPlanShowsWhereTheRunIs(t *testing.T) {
	s := openStatus(engine.Running, 90)
	p := newPlan(s)
	if p.Now != "42.9%" || !strings.HasSuffix(p.Text, "now at 1:30") {
		t.Errorf("90 s into 3m30s: now = %s, text = %q", p.Now, p.Text)
	}
	s.Paused = 48 * time.Second
	if p := newPlan(s); p.Now != "20%" {
		t.Errorf("after a pause of 48 s: now = %s, want 20%%", p.Now)
	}
	s.State = engine.Stopped
	if p := newPlan(s); p.Now != "" {
		t.Errorf("after the run: now = %s, want none", p.Now)
	}
	if p := newPlan(status(engine.Running, 3, none)); p != nil {
		t.Errorf("the plan of a number of users is drawn: %+v", p)
	}
}

func TestMarksAreRoundNumbers(t *testing.T) {
	for x, want := range map[float64]float64{0.03: 0.05, 0.33: 0.5, 1: 1, 1.2: 2, 34: 50, 66: 100, 333_333: 500_000} {
		if got := niceStep(x); got < want*0.999 || got > want*1.001 {
			t.Errorf("niceStep(%v) = %v, want %v", x, got, want)
		}
	}
	for d, want := range map[time.Duration]time.Duration{
		time.Millisecond: time.Second, 2 * time.Second: 2 * time.Second, 90 * time.Second: 2 * time.Minute,
		7 * time.Hour: 12 * time.Hour, 80 * time.Hour: 96 * time.Hour,
	} {
		if got := niceTime(d); got != want {
			t.Errorf("niceTime(%s) = %s, want %s", d, got, want)
		}
	}
}

// TestOfStagesWhatRemainsIsOffered: the edit form holds what is left of the plan, be it
// the first or one that came by a change.
func TestOfStagesWhatRemainsIsOffered(t *testing.T) {
	s := openStatus(engine.Running, 90) // of 1m:200,2m:200,30s:0
	edit := func() string { return NewView(s, Query{}, site(t)).Edit.Load.Stages.Value }
	if got, want := edit(), "1m30s:200,30s:0"; got != want {
		t.Errorf("after 1:30 = %q, want %q", got, want)
	}
	s.Paused = time.Minute
	if got, want := edit(), "30s:200,2m:200,30s:0"; got != want {
		t.Errorf("after 0:30 and a pause = %q, want %q", got, want)
	}
	s.Paused = 0
	s.Config.Stages = load.Stages{{Duration: time.Minute, Target: 7}}
	s.Plan = append(s.Plan[:2], engine.PlanPoint{At: 80 * time.Second, Load: 200}, engine.PlanPoint{At: 140 * time.Second, Load: 7})
	if got, want := edit(), "50s:7"; got != want {
		t.Errorf("10 s after a change = %q, want %q", got, want)
	}
	if got := s.Config.Stages.String(); got != "1m:7" {
		t.Errorf("the status's stages became %q", got)
	}
}
