package web

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// must returns the first of what cannot fail here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestPicksSayInALineWhatRuns(t *testing.T) {
	for _, c := range []struct {
		name   string
		v      url.Values
		want   string
		shares string
	}{
		{"none means all", url.Values{}, "all 3, weights 3:1", "75 %, , 25 %"},
		{"one", url.Values{FieldScenarios: {"", "cities"}}, "cities, 1 of 3", "100 %, , –"},
		{"weighed", url.Values{FieldScenarios: {"cities", "mail"}, FieldWeights: {"", "mail=9", "cities=1"}}, "2 of 3, weights 1:9", "10 %, , 90 %"},
		{"a weight that is none", url.Values{FieldWeights: {"mail=many"}}, "all 3, weights 3:1", "75 %, , 25 %"},
		{"tasks off", url.Values{FieldTasksOff: {"", "cities/write", "cities/album/leave"}}, "all 3, weights 3:1, 2 tasks off", "75 %, , 25 %"},
		{"off where it does not run", url.Values{FieldScenarios: {"mail"}, FieldTasksOff: {"cities/write"}}, "mail, 1 of 3", "–, , 100 %"},
	} {
		p := newPicks(c.v, offer(t))
		var shares []string
		for _, x := range p.List {
			shares = append(shares, strings.ReplaceAll(x.Share, thin, " "))
		}
		if got := strings.Join(shares, ", "); p.Summary != c.want || got != c.shares {
			t.Errorf("%s: %q with shares %s; want %q with %s", c.name, p.Summary, got, c.want, c.shares)
		}
	}
	if p := newPicks(nil, offer(t)); p.List[1].Count != "exactly 2 users" || p.List[1].Own != "" {
		t.Errorf("a scenario with a count = %+v, want no weight", p.List[1])
	}
}

func TestWeightsAreThoseOfTheRun(t *testing.T) {
	p := newWeights(url.Values{FieldScenarios: {"cities", "mail"}, FieldWeights: {"mail=2"}}, offer(t))
	if p.Summary != "3:2" || p.List[0].Out || !p.List[1].Out || p.List[2].Out || p.List[0].Tasks != nil {
		t.Errorf("weights = %q of %+v, want 3:2 of cities and mail", p.Summary, p.List)
	}
	if p := newWeights(url.Values{FieldScenarios: {"mail"}}, offer(t)); p.Summary != "" {
		t.Errorf("weights of one scenario = %q, want nothing to weigh", p.Summary)
	}
}

// TestSwitchesFollowTheTree: shares are within a set, and what runs as a whole has no
// switches inside.
func TestSwitchesFollowTheTree(t *testing.T) {
	p := newPicks(url.Values{FieldTasksOff: {"cities/write", "cities/album/leave"}}, offer(t))
	var got []string
	var walk func(list []Switch)
	walk = func(list []Switch) {
		for _, s := range list {
			state := "on"
			switch {
			case s.Fixed != "":
				state = s.Fixed
			case !s.On:
				state = "off"
			}
			got = append(got, strings.TrimSpace(s.Path+" "+state+" "+strings.ReplaceAll(s.Share, thin, " ")))
			walk(s.Inner)
		}
	}
	for _, x := range p.List {
		walk(x.Tasks)
	}
	want := []string{
		"cities/write off –", "cities/read back on 33 %", "cities/read back/read a step", "cities/read back/compare a step",
		"cities/album on 67 %", "cities/album/turn on 100 %", "cities/album/leave off –",
		"get/get on 100 %",
		"mail/connect part of a chain", "mail/send part of a chain",
	}
	if !slices.Equal(got, want) {
		t.Errorf("switches:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestGatherMakesWhatAStartTakes: a form without a script sends inputs that a start
// does not know, and other clients send what it knows.
func TestGatherMakesWhatAStartTakes(t *testing.T) {
	for _, c := range []struct{ name, form, want string }{
		{"nothing", "user_count=2", "user_count=2"},
		{"as other clients say it", "weights=a%3D3&tasks_off=a%2Fx", "tasks_off=a%2Fx&weights=a%3D3"},
		{"weights", "weight%3Ab=+2+&weight%3Aa=x&weight%3Ac=", "weights=&weights=a%3Dx&weights=b%3D2"},
		{"own weights", "weight%3Aa=&weight%3Ab=", "weights="},
		{"tasks", "task%3Aknown=a%2Fx&task%3Aon=a%2Fx&task%3Aknown=a%2Fy", "tasks_off=&tasks_off=a%2Fy"},
		{"all tasks", "task%3Aknown=a%2Fx&task%3Aon=a%2Fx", "tasks_off="},
	} {
		form := must(url.ParseQuery(c.form))
		Gather(form)
		if got := form.Encode(); got != c.want {
			t.Errorf("%s: Gather(%s) = %s, want %s", c.name, c.form, got, c.want)
		}
	}
}

// TestWhatTheFormSendsComesBack: refused without a script, the form has the same
// switches, weights and rows.
func TestWhatTheFormSendsComesBack(t *testing.T) {
	sent := url.Values{FieldUsers: {"2"}, FieldScenarios: {"", "cities"}, prefixWeight + "cities": {"7"}, prefixWeight + "mail": {""},
		fieldTaskKnown: {"cities/write", "cities/album"}, fieldTaskOn: {"cities/album"}, FieldChecks: {"p95 < 1s", "", "nonsense"}, "depth": {"deep"}}
	typed := maps.Clone(sent)
	Gather(typed)
	html := render(t, Page(NewView(readyStatus(), Query{}, site(t)).Answer(typed, Refusal{Problem: "no"})))
	for _, want := range []string{
		`name="weight:cities" value="7"`, `name="task:on" value="cities/write">`, `name="task:on" value="cities/album" checked>`,
		`name="checks" value="p95 &lt; 1s"`, `name="checks" value="nonsense"`, `1 of 3, 1 task off`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page that answers %v does not contain %s", sent, want)
		}
	}
	if !strings.Contains(html, `name="depth" value="deep"`) || strings.Contains(html, `value="deep" placeholder="3" type="number"`) {
		t.Error("a number that is none is not shown as it was typed")
	}
}

// TestFormsHoldWhatTheRunHasNow: what a form is filled with asks for the same again.
func TestFormsHoldWhatTheRunHasNow(t *testing.T) {
	s := status(engine.Running, 5, crowd)
	s.Config.Scenarios, s.Config.Weights, s.Config.Off = []string{"cities", "mail"}, map[string]int{"mail": 4}, []string{"cities/album"}
	s.Config.Checks, s.Config.CheckStop = must(engine.ParseChecks("fail% < 1\np95 < 1s")), 10*time.Second
	s.Config.RunTime = time.Hour
	fill := func(label string) url.Values {
		for _, a := range NewView(s, Query{}, site(t)).Actions {
			if a.Label == label {
				return must(url.ParseQuery(a.Fill))
			}
		}
		t.Fatalf("there is no action %s", label)
		return nil
	}
	edit := fill("Edit")
	for field, want := range map[string][]string{
		FieldWeights: {"", "cities=3", "mail=4"}, FieldScenarios: {"cities", "mail"}, FieldRunTime: {"1h"},
		FieldChecks: {"fail% < 1%", "p95 < 1s"}, FieldCheckStop: {"10s"}, FieldCheckWarmup: {""},
	} {
		if !slices.Equal(edit[field], want) {
			t.Errorf("the edit form's %s = %q, want %q", field, edit[field], want)
		}
	}
	s.State, s.Ended = engine.Stopped, s.At
	again := fill("New")
	for field, want := range map[string][]string{FieldWeights: {"", "mail=4"}, FieldTasksOff: {"", "cities/album"}, FieldChecks: edit[FieldChecks]} {
		if !slices.Equal(again[field], want) {
			t.Errorf("the start form's %s = %q, want %q", field, again[field], want)
		}
	}
	if html := render(t, Page(NewView(s, Query{Form: FormNew}, site(t)))); !strings.Contains(html, `2 of 3, weights 3:4, 1 task off`) ||
		!strings.Contains(html, `2 checks, stop after 10s`) {
		t.Error("the start form does not say what the last run had")
	}
}

func TestHostsOfScenariosAreSuggestedWithoutTheirUsers(t *testing.T) {
	o := offer(t)
	o.scenarios[2].host = "http://user:secret@mail.test"
	f := hostField(nil, o)
	var got []string
	for _, x := range f.Offers {
		got = append(got, x.Value)
	}
	if want := []string{"http://127.0.0.1:8020", "http://mail.test"}; !slices.Equal(got, want) {
		t.Errorf("hosts suggested = %q, want %q", got, want)
	}
}
