package web

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
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
		v.Add(FieldChecks, line(check.String()))
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
			c.Rows = append(c.Rows, strings.TrimSpace(row))
		}
		if text == "" {
			c.Rows = append(c.Rows, "")
		}
	}
	n, last := 0, 0 // of checks; empty rows between them stay, since errors tell which row they are about
	for i, row := range c.Rows {
		if row != "" {
			n++
			last = i + 1
		}
	}
	c.Rows = c.Rows[:last]
	c.Limits = []Field{{
		Name: FieldCheckStop, Label: "Stop after", Hint: "of unbroken breach", Value: v.Get(FieldCheckStop),
		Placeholder: "never", Complete: "off", Half: true,
	}, {
		Name: FieldCheckWarmup, Label: "Not before", Hint: "a warm-up first", Value: v.Get(FieldCheckWarmup),
		Placeholder: "from the start", Complete: "off", Half: true,
	}}
	c.Summary = checksText(n, v.Get(FieldCheckStop))
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

var lineNumber = regexp.MustCompile(`\bline (\d+):`)

// wrong tells whether the error is about a row. One that names no line is about the only
// check there is.
func (c CheckRows) wrong(row int) bool {
	if c.Error == "" || c.Rows[row] == "" {
		return false
	}
	lines := lineNumber.FindAllStringSubmatch(c.Error, -1)
	return lines == nil || slices.ContainsFunc(lines, func(m []string) bool { return m[1] == strconv.Itoa(row+1) })
}

// placeholder shows what a row can hold.
func (c CheckRows) placeholder(row int) string { return exampleChecks[row%len(exampleChecks)] }
