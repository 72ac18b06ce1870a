package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine/stats"
)

// Phases are how long parts of requests took.
type Phases struct {
	Summary string // the 95th percentiles of all requests
	Rows    []Phase
}

// A Phase is one part, of all requests or of some.
type Phase struct {
	Name, Of string // Of is the request, "" for all of them
	Cells    []string
}

var phaseOrder = []string{stats.PhaseDNS, stats.PhaseConnect, stats.PhaseTLS, stats.PhaseFirstByte}

// newPhases words the phases in the order in which they follow each other, those of
// all requests first. It returns nil when nothing is known of them.
func newPhases(rows []stats.Row) *Phases {
	if len(rows) == 0 {
		return nil
	}
	rows = slices.SortedStableFunc(slices.Values(rows), func(a, b stats.Row) int {
		return cmp.Or(strings.Compare(a.Name, b.Name),
			cmp.Compare(slices.Index(phaseOrder, a.Method), slices.Index(phaseOrder, b.Method)))
	})
	p := &Phases{Summary: "p95:"}
	for _, r := range rows[:min(len(rows), maxShown)] {
		all := r.All()
		times := all.Percentiles(50, 95, 99)
		if r.Name == "" {
			p.Summary += strings.Repeat(",", min(len(p.Rows), 1)) + " " + line(r.Method) + " " + millis(times[1]) + " ms"
		}
		p.Rows = append(p.Rows, Phase{
			Name: clip(line(r.Method), 40), Of: clip(line(r.Name), 240),
			Cells: []string{count(all.Count), millis(all.Mean()), millis(times[0]), millis(times[1]), millis(times[2]), millis(all.Max())},
		})
	}
	return p
}
