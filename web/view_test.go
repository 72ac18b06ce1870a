package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
)

func names(t *Table) []string {
	var list []string
	for _, r := range t.Rows {
		list = append(list, r.Method+" "+r.Name)
	}
	return list
}

func TestSortOrdersRowsAndKeepsTheSumLast(t *testing.T) {
	s := status(engine.Running, 60, crowd)
	register, token := "POST /api/v1/auth/register", "POST /api/v1/auth/token"
	write, read := "POST /api/v1/cities", "GET /api/v1/cities/{id}"
	for query, want := range map[string][]string{
		"":               {register, token, write, read},
		"sort=name":      {register, token, write, read},
		"sort=-name":     {read, write, token, register},
		"sort=method":    {read, register, token, write},
		"sort=fails":     {register, token, write, read},
		"sort=-fails":    {read, register, token, write},
		"sort=requests":  {register, token, write, read},
		"sort=-max":      {read, write, register, token},
		"sort=-size":     {write, token, register, read},
		"sort=-p99.9":    {read, write, register, token},
		"sort=<b>&tab=x": {register, token, write, read},
	} {
		v := NewView(s, look(t, query), site(t))
		if got := names(v.Table); !slices.Equal(got, want) {
			t.Errorf("rows with %q = %q, want %q", query, got, want)
		}
		if v.Table.Total.Name != "Aggregated" {
			t.Errorf("last row with %q = %q, want Aggregated", query, v.Table.Total.Name)
		}
	}
}

func TestHeadingOffersTheNextOrder(t *testing.T) {
	for _, c := range []struct{ query, column, sorted, href string }{
		{"", "rps", "", "?sort=-rps"},
		{"sort=-rps", "rps", "descending", "?sort=rps"},
		{"sort=rps", "rps", "ascending", "?"},
		{"", "name", "", "?sort=name"},
		{"sort=name", "name", "ascending", "?sort=-name"},
		{"sort=-name", "name", "descending", "?"},
		{"tab=percentiles&sort=-rps", "p95", "", "?sort=-p95&tab=percentiles"},
	} {
		h := heading(c.column, look(t, c.query))
		if h.Sorted != c.sorted || h.Href != c.href {
			t.Errorf("heading(%s) with %q = %q %q, want %q %q", c.column, c.query, h.Sorted, h.Href, c.sorted, c.href)
		}
	}
}

func TestTooFewSamplesForAPercentile(t *testing.T) {
	for _, c := range []struct {
		n    int64
		p    float64
		want bool
	}{
		{1, 50, true}, {2, 50, false}, {19, 95, true}, {20, 95, false}, {99, 99, true}, {100, 99, false},
		{999, 99.9, true}, {1000, 99.9, false}, {9999, 99.99, true}, {10000, 99.99, false}, {1, 100, false},
	} {
		if got := tooFew(c.n, c.p); got != c.want {
			t.Errorf("tooFew(%d, %v) = %v, want %v", c.n, c.p, got, c.want)
		}
	}
}

func TestNumbersAreCurrentUntilTheRunIsOver(t *testing.T) {
	for state, want := range map[engine.State]string{
		engine.Running: "last 10 s", engine.Stopping: "last 10 s", engine.Stopped: "whole run",
	} {
		v := NewView(status(state, 60, crowd), Query{}, site(t))
		for _, n := range v.Numbers[3:] {
			if n.Note != want {
				t.Errorf("%s while %s is of the %s, want %s", n.Label, state, n.Note, want)
			}
		}
	}
	v := NewView(status(engine.Spawning, 0, none), Query{}, site(t))
	for i, want := range []string{"0", "0", "–", "–", "–", "–"} {
		if got := v.Numbers[i].Value; got != want {
			t.Errorf("%s before the first request = %q, want %q", v.Numbers[i].Label, got, want)
		}
	}
}

func TestActionsOfEachState(t *testing.T) {
	for state, want := range map[engine.State]string{
		engine.Ready: "", engine.Spawning: "Pause Edit Reset Stop", engine.Running: "Pause Edit Reset Stop",
		engine.Paused: "Resume Edit Reset Stop", engine.Stopping: "Stopping…", engine.Stopped: "New",
	} {
		var labels []string
		for _, a := range NewView(status(state, 3, crowd), Query{}, site(t)).Actions {
			labels = append(labels, a.Label)
			if a.Disabled != (state == engine.Stopping) {
				t.Errorf("%s while %s: disabled is %v", a.Label, state, a.Disabled)
			}
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("actions while %s = %q, want %q", state, got, want)
		}
	}
}

func TestHostIsRequiredWhenAPickedScenarioHasNone(t *testing.T) {
	o := offer(t)
	for picked, want := range map[string]bool{"cities": false, "get": true} {
		if got := hostField(url.Values{FieldScenarios: {picked}}, o); got.Required != want {
			t.Errorf("host required with %s picked = %v, want %v", picked, got.Required, want)
		}
	}
}

func TestPasswordsOfHostsAreNotShown(t *testing.T) {
	for host, want := range map[string]string{
		"http://user:secret@example.org/x": "http://example.org/x",
		"http://example.org":               "http://example.org",
		"":                                 "",
	} {
		if got := engine.WithoutUser(host); got != want {
			t.Errorf("engine.WithoutUser(%q) = %q, want %q", host, got, want)
		}
	}
}

// TestFormKeepsWhatWasTyped: a refused form comes back as it was sent.
func TestFormKeepsWhatWasTyped(t *testing.T) {
	typed := url.Values{FieldUsers: {"many"}, FieldHost: {"http://u:p@x"}, FieldScenarios: {"get"}, "depth": {"4"}}
	v := NewView(readyStatus(), Query{}, site(t)).Answer(typed, Refusal{Errors: map[string]string{"depth": "too deep", "nowhere": "lost"}})
	if !v.Start.Open || !v.Start.Params.Open || v.Start.Advanced.Open || v.Start.Problem != "lost" {
		t.Errorf("form = open %v, parameters unfolded %v, advanced %v, problem %q; want true, true, false, lost",
			v.Start.Open, v.Start.Params.Open, v.Start.Advanced.Open, v.Start.Problem)
	}
	for _, f := range slices.Concat(v.Start.Fields, v.Start.Params.Fields, v.Start.Advanced.Fields) {
		if f.Value != typed.Get(f.Name) && !f.Switch {
			t.Errorf("%s = %q, want %q as typed", f.Name, f.Value, typed.Get(f.Name))
		}
	}
	if v.Start.Picks.List[0].Picked || !v.Start.Picks.List[1].Picked {
		t.Errorf("picks = %+v, want only get", v.Start.Picks)
	}
}

func TestBuildChangesWithTheOffer(t *testing.T) {
	one, other := site(t), site(t)
	other.Offer.scenarios = other.Offer.scenarios[:1]
	a, b := NewView(readyStatus(), Query{}, one).Build, NewView(readyStatus(), Query{}, other).Build
	if a == b {
		t.Errorf("build with another offer = %q, want another", b)
	}
}
