package web

import (
	"strconv"

	"github.com/gregaria/gregaria/engine"
)

// Ratio is what users do, beside what they ought to.
type Ratio struct {
	Note  string
	Whole string // that a chosen time does not count here; "" without one
	Rows  []RatioRow
}

// A RatioRow is a scenario, or a task of the one above it.
type RatioRow struct {
	ID, Name         string
	Depth            int // 0 for a scenario
	Kind             string
	Count            string // users now, or how often the task was begun
	Intended, Actual string // in percent, of the users or of what is begun beside it
	Off              string // how far they are apart, in points of percent; "" when nothing is known
	Bar, Mark        string // paths of an SVG: what is, and what ought to be
	AllIntended      string // the same of all users' tasks
	AllActual        string
}

// A portion is a share as it is intended and as it is; the latter may not be known.
type portion struct {
	intended, actual float64
	known            bool
}

// of returns the portion that p is of something that is itself a portion of the whole.
func (p portion) of(whole portion) portion {
	return portion{p.intended * whole.intended, p.actual * whole.actual, p.known && whole.known}
}

// newRatio compares intended and actual shares of scenarios and of their tasks.
func newRatio(s *engine.Status, q Query) *Ratio {
	r := &Ratio{Note: "Scenarios by how many users they have now, tasks by how often they were begun. A task's share is of those beside it; “of all” is its scenario's share of the users times the shares of what it is in."}
	users := func(h engine.Headcount) int { return h.Users }
	if s.Users == 0 {
		users = func(h engine.Headcount) int { return h.AtMost }
		r.Note = "There are no users now: scenarios are shown by how many users they had when there were most, tasks by how often they were begun."
	}
	if q.Windowed() {
		r.Whole = "Not of the chosen time: which tasks were begun when is not kept. Users are those of now, tasks those of the whole run."
		if s.Users == 0 {
			r.Whole = "Not of the chosen time: which tasks were begun when is not kept. All of this is of the whole run."
		}
	}
	shares := scenarioShares(s, users)
	for i, h := range s.Scenarios {
		row := ratioRow(elementID("ratio", h.Name), shares[i])
		row.Name, row.Count = clip(line(h.Name), 100), plural(int64(users(h)), "user", "users")
		row.Kind = "weight " + count(int64(h.Weight))
		if h.Count > 0 {
			row.Kind = "exactly " + plural(int64(h.Count), "user", "users")
		}
		row.AllIntended, row.AllActual = "", ""
		r.Rows = append(r.Rows, row)
		r.add(h.Counts, h.Name, 1, 0, shares[i])
	}
	return r
}

// scenarioShares returns each scenario's share of the users.
func scenarioShares(s *engine.Status, users func(engine.Headcount) int) []portion {
	weights, exact, there := 0, 0, 0
	for _, h := range s.Scenarios {
		there += users(h)
		if h.Count > 0 {
			exact += h.Count
		} else {
			weights += h.Weight
		}
	}
	all := there
	if all == 0 {
		all = max(s.Peak, s.Config.Users)
	}
	list := make([]portion, len(s.Scenarios))
	for i, h := range s.Scenarios {
		p := &list[i]
		switch {
		case h.Count > 0:
			p.intended = part(int64(min(h.Count, all)), int64(all))
		case weights > 0:
			p.intended = part(int64(h.Weight), int64(weights)) * (1 - part(int64(min(exact, all)), int64(all)))
		}
		p.actual, p.known = part(int64(users(h)), int64(there)), there > 0
	}
	return list
}

func part(n, of int64) float64 {
	if of <= 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// add adds the rows of tasks beside each other, and of those within them. around is how
// often what they are in was begun.
func (r *Ratio) add(tasks []engine.TaskCount, path string, depth int, around int64, whole portion) {
	all := int64(0)
	for _, t := range tasks {
		all += t.Begun
	}
	for i, t := range tasks {
		of := all
		if t.Step {
			of = around
		}
		p := portion{t.Share, part(t.Begun, of), of > 0}
		at := path + "/" + strconv.Itoa(i) + t.Name
		row := ratioRow(elementID("ratio", at), p)
		row.Name, row.Depth, row.Count = clip(line(t.Name), 240), depth, count(t.Begun)
		total := p.of(whole)
		row.AllIntended, row.AllActual = percentOf(total.intended, true), percentOf(total.actual, total.known)
		switch {
		case t.Step:
			row.Kind = "step " + strconv.Itoa(i+1)
		case t.Chain:
			row.Kind = "chain, in the long run"
		}
		r.Rows = append(r.Rows, row)
		r.add(t.Within, at, depth+1, t.Begun, total)
	}
}

func ratioRow(id string, p portion) RatioRow {
	r := RatioRow{ID: id, Intended: percentOf(p.intended, true), Actual: percentOf(p.actual, p.known)}
	at := func(x float64) string { return strconv.FormatFloat(100*min(1, x), 'f', 1, 64) }
	r.Mark = "M" + at(p.intended) + " 0V10"
	if p.known {
		r.Bar = "M0 0H" + at(p.actual) + "V10H0Z"
		r.Off = signed(100 * (p.actual - p.intended))
	}
	return r
}

func percentOf(x float64, known bool) string {
	if !known {
		return "–"
	}
	return percent(x)
}

// signed words a difference, "±0" when there is hardly one.
func signed(x float64) string {
	text := strconv.FormatFloat(x, 'f', 1, 64)
	switch {
	case text == "0.0" || text == "-0.0":
		return "±0"
	case x > 0:
		return "+" + text
	}
	return "−" + text[1:]
}
