package report

import (
	"cmp"
	"io"
	"slices"

	"github.com/gregaria/gregaria/engine/stats"
)

// inOrder are the phases as they follow each other.
var inOrder = []string{stats.PhaseDNS, stats.PhaseConnect, stats.PhaseTLS, stats.PhaseFirstByte}

// phases returns the phases of s as they follow each other, those of all requests
// first.
func phases(s *stats.Snapshot) []stats.Row {
	rows := slices.SortedStableFunc(slices.Values(s.Phases), func(a, b stats.Row) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(slices.Index(inOrder, a.Method), slices.Index(inOrder, b.Method)))
	})
	for i := range rows {
		if rows[i].Name == "" {
			rows[i].Name = aggregated
		}
	}
	return rows
}

// PhasesTable says how long the parts of requests took, in milliseconds; it is empty
// when nothing is known of them.
func PhasesTable(s *stats.Snapshot, width int) string {
	var lines [][]string
	for _, r := range phases(s) {
		all := r.OK
		cells := []string{OneLine(r.Method), OneLine(r.Name)}
		for _, d := range all.Percentiles(50, 90, 95, 99, 99.9) {
			cells = append(cells, brief(d))
		}
		lines = append(lines, append(cells, brief(all.Mean()), brief(all.Max()), whole(all.Count)))
	}
	if len(lines) == 0 {
		return ""
	}
	return "Phases of requests (ms)\n" + table([]column{
		{"Phase", 5, true, false}, {"Name", leastName, true, false},
		{"50%", 5, false, false}, {"90%", 5, false, false}, {"95%", 5, false, false}, {"99%", 5, false, false}, {"99.9%", 5, false, false},
		{"Avg", 5, false, true}, {"Max", 5, false, false}, {"# times", 7, false, false},
	}, lines, false, width)
}

// PhasesCSV writes a line per phase of requests. Those of all requests together are
// named "Aggregated".
func PhasesCSV(w io.Writer, s *stats.Snapshot) error {
	lines := [][]string{join([]string{"Phase", "Name", "Count", "Median Time", "Average Time", "Min Time", "Max Time"}, percentileColumns)}
	for _, r := range phases(s) {
		all := r.OK
		lines = append(lines, join([]string{
			text(r.Method), text(r.Name), whole(all.Count),
			millis(all.Percentile(50)), millis(all.Mean()), millis(all.Min()), millis(all.Max()),
		}, percentileCells(all)))
	}
	return write(w, lines)
}
