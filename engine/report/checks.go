package report

import "github.com/gregaria/gregaria/engine"

// A CheckLine is how a run did by something it was held to.
type CheckLine struct {
	Check   string // what is measured of which requests: "GET /cart p95"
	Bound   string // how it is to be: "< 300ms"
	Value   string // how it was, "" when there was nothing to measure
	Verdict string // one word or two
}

// Judged says of which part of a run the values are that checks are held against.
func Judged(c engine.Config) string {
	if c.CheckWarmup > 0 {
		return "after " + c.CheckWarmup.String() + " of warm-up"
	}
	return "in the whole run"
}

// ChecksTable says how a run did by what it was held to, in the part that is judged; it is
// empty when that is nothing.
func ChecksTable(checks []CheckLine, judged string, width int) string {
	var lines [][]string
	for _, c := range checks {
		value := c.Value
		if value == "" {
			value = none
		}
		lines = append(lines, []string{OneLine(c.Verdict), OneLine(c.Check), OneLine(value), OneLine(c.Bound)})
	}
	if len(lines) == 0 {
		return ""
	}
	return "Checks, " + judged + "\n" + table([]column{
		{"Verdict", 7, true, false}, {"Check", leastName, true, false}, {"Value", 7, false, true}, {"Bound", 8, true, true},
	}, lines, false, width)
}
