package web

import (
	"net/url"
	"strings"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// CheckRows is the part of a form that says what the run is judged by.
type CheckRows struct {
	Rows    []string // one check each; the empty ones are to be filled in
	Offers  []string // what a check can look like
	Limits  []Field  // stop after, and not before
	Summary string
	Open    bool
	Error   string
}

// spareRows are how many empty rows there are for who has no script to add one.
const spareRows = 2

// maxOffers bounds the endpoints that are offered.
const maxOffers = 40

// exampleChecks show what checks look like; the first is the place holder of a row.
var exampleChecks = []string{"fail% < 1", "p95 < 300ms", "rps > 500", "GET /cart p95 < 300ms"}

// checkValues words what c is held to.
func checkValues(c engine.Config) url.Values {
	v := url.Values{
		FieldCheckStop:   {engine.FormatRunTime(c.CheckStop)},
		FieldCheckWarmup: {engine.FormatRunTime(c.CheckWarmup)},
	}
	for _, check := range c.Checks {
		v.Add(FieldChecks, check.String())
	}
	if len(c.Checks) == 0 {
		v.Set(FieldChecks, "") // what is filled in with it has none
	}
	return v
}

// newCheckRows asks for checks, of the endpoints of a run among others.
func newCheckRows(v url.Values, endpoints []stats.Line) CheckRows {
	c := CheckRows{Offers: exampleChecks}
	for _, row := range endpoints[:min(len(endpoints), maxOffers)] {
		c.Offers = append(c.Offers, clip(line(row.Method+" "+row.Name), 200)+" p95 < 300ms")
	}
	for _, text := range v[FieldChecks] {
		for row := range strings.Lines(text) {
			if row = strings.TrimSpace(row); row != "" {
				c.Rows = append(c.Rows, row)
			}
		}
	}
	c.Limits = []Field{{
		Name: FieldCheckStop, Label: "Stop after", Hint: "of unbroken breach", Value: v.Get(FieldCheckStop),
		Placeholder: "never", Complete: "off", Half: true,
	}, {
		Name: FieldCheckWarmup, Label: "Not before", Hint: "a warm-up first", Value: v.Get(FieldCheckWarmup),
		Placeholder: "from the start", Complete: "off", Half: true,
	}}
	c.Summary = checksText(len(c.Rows), v.Get(FieldCheckStop))
	for range spareRows {
		c.Rows = append(c.Rows, "")
	}
	return c
}

func checksText(n int, stop string) string {
	switch {
	case n == 0:
		return "none"
	case stop != "":
		return plural(int64(n), "check", "checks") + ", stop after " + clip(line(stop), 40)
	}
	return plural(int64(n), "check", "checks")
}

// placeholder shows what a row can hold.
func (c CheckRows) placeholder(row int) string { return exampleChecks[row%len(exampleChecks)] }
