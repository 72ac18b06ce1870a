package web

import (
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// missing returns those parts of v's address that name what the run does not have.
func (v View) missing(s *engine.Status) (names []string) {
	if v.Endpoint != nil && v.Endpoint.Name == "" {
		names = append(names, "row")
	}
	if v.Query.Open != "" && !v.opens(s) {
		names = append(names, "open")
	}
	if v.Query.Page > 1 && v.pages() < v.Query.Page {
		names = append(names, "page")
	}
	if _, found := newPins(s.Stats.Rows, v.Query); len(found) < len(list(v.Query.Pins)) {
		names = append(names, "pin")
	}
	return names
}

// opens tells whether there is what v's address opens: a kind of failure, be it on
// another page or of another time, or a sample of the row.
func (v View) opens(s *engine.Status) bool {
	if v.Endpoint != nil && v.Endpoint.Slow != nil && v.Endpoint.Slow.Open != nil {
		return true
	}
	if v.Endpoint == nil && v.Failures == nil {
		return false
	}
	id, _ := openFailure(v.Query)
	return slices.ContainsFunc(s.Stats.Failures, func(f stats.FailureLine) bool { return failureID(f.FailureKey) == id })
}

// pages is how many pages there are of what v shows.
func (v View) pages() int {
	switch {
	case v.Table != nil:
		return v.Table.Pages
	case v.Failures != nil && v.Endpoint == nil:
		return v.Failures.Pages
	}
	return v.Query.Page // which is of something else, and kept for it
}

// lacking returns q without those of its names that s has nothing of, and with a note of
// that.
func (q Query) lacking(names []string, s *engine.Status) Query {
	if len(names) == 0 {
		return q
	}
	for _, name := range names {
		switch name {
		case "row":
			q.Row = ""
		case "open":
			q.Open = ""
		case "page":
			q.Page = 1
		case "pin":
			_, found := newPins(s.Stats.Rows, q)
			q.Pins = ""
			for _, key := range found {
				q = q.withPin(rowID(key))
			}
		}
	}
	said := "What the page's address names is not, or no longer, in this run: " + strings.Join(names, ", ") + "."
	if q.Note != "" {
		said = q.Note + " " + said
	}
	q.Note = said
	return q
}
