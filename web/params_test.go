package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestParametersHaveTheWidgetsOfTheirKinds(t *testing.T) {
	f := newStartForm(url.Values{"depth": {"4"}, "follow": {"true", "false"}, "key": {"typed"}}, offer(t), nil)
	widget := func(f Field) string {
		switch {
		case f.Switch:
			return "switch"
		case len(f.Options) > 0:
			return "select"
		case f.Type == "number":
			return "number by " + f.Step
		case f.Type != "":
			return f.Type
		}
		return "text"
	}
	want := map[string]string{"path": "text", "depth": "number by 1", "ratio": "number by any", "pause": "text",
		"size": "select", "follow": "switch", "key": "password"}
	for _, field := range f.Params.Fields {
		if got := widget(field); got != want[field.Name] {
			t.Errorf("parameter %s has the widget %s, want %s", field.Name, got, want[field.Name])
		}
		delete(want, field.Name)
		if field.Name == "key" && (field.Value != "" || field.Standard != "") {
			t.Errorf("the secret is filled in: %+v", field)
		}
		if field.Name == "pause" && !strings.Contains(field.Hint, "such as") {
			t.Errorf("a duration's hint = %q, want how to write one", field.Hint)
		}
	}
	if len(want) > 0 {
		t.Errorf("parameters without a field: %v", want)
	}
	if got, want := f.Params.Summary, "depth 4, follow true"; got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
	if got := newStartForm(nil, offer(t), nil).Params.Summary; got != "as by default" {
		t.Errorf("summary of no values = %q, want as by default", got)
	}
}

func TestSwitchSendsOneOfTwoValues(t *testing.T) {
	html := render(t, flip("start", Field{Name: "follow", Label: "follow", Value: "true"}))
	box, off := strings.Index(html, `type="checkbox"`), strings.Index(html, `type="hidden" name="follow" value="false"`)
	if box < 0 || off < box || !strings.Contains(html, "checked") {
		t.Errorf("flip = %s, want the box before what stands for its being empty", html)
	}
}

func TestChecksHaveARowEachAndSpareOnes(t *testing.T) {
	v := url.Values{FieldChecks: {"p95 < 1s\n fail% < 1 ", ""}, FieldCheckStop: {"10s"}}
	c := newCheckRows(v, status("running", 3, crowd).Stats.Rows)
	if got, want := strings.Join(c.Rows, "|"), "p95 < 1s|fail% < 1||"; got != want {
		t.Errorf("rows = %s, want %s", got, want)
	}
	if want := "2 checks, stop after 10s"; c.Summary != want {
		t.Errorf("summary = %q, want %q", c.Summary, want)
	}
	if all := strings.Join(c.Offers, "|"); !strings.Contains(all, "POST /api/v1/cities p95 < 300ms") {
		t.Errorf("offers = %s, want the endpoints of the run among them", all)
	}
	c = newCheckRows(url.Values{FieldChecks: {"p95 < 1s", "", "rps", "p50"}}, nil)
	c.Error = "line 3: character 4: too short; line 4: character 4: too short"
	if got := []bool{c.wrong(0), c.wrong(1), c.wrong(2), c.wrong(3)}; !slices.Equal(got, []bool{false, false, true, true}) {
		t.Errorf("rows that are wrong = %v by %q, want the last two", got, c.Error)
	}
	if c := newCheckRows(nil, nil); c.Summary != "none" || len(c.Rows) != spareRows {
		t.Errorf("no checks = %+v", c)
	}
}
