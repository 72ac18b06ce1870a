package report

// A CheckLine is how a run did by something it was held to.
type CheckLine struct {
	Check   string // what is measured of which requests: "GET /cart p95"
	Bound   string // how it is to be: "< 300ms"
	Value   string // how it was, "" when there was nothing to measure
	Verdict string // one word or two
}

// ChecksTable says how a run did by what it was held to; it is empty when that is
// nothing.
func ChecksTable(checks []CheckLine, width int) string {
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
	return "Checks, over the whole run\n" + table([]column{
		{"Verdict", 7, true, false}, {"Check", leastName, true, false}, {"Value", 7, false, true}, {"Bound", 8, true, true},
	}, lines, false, width)
}
