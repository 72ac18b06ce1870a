package web

import (
	"net/url"
	"slices"
	"strings"
)

// Tools are what stands above a table and changes what it shows. All of it works
// without a script.
type Tools struct {
	Search  Box
	Typed   Box
	Of      []Choice
	OfHint  string // what the choice of requests means for the columns
	Picker  *Picker
	Matches string // how many rows the search leaves; "" without one
}

// A Box is a form of one text that becomes part of the page's address.
type Box struct {
	ID, Name, Label, Value, Example string
	Problem                         string  // why the text is not understood
	Keeps                           []Param // the rest of the address
	Clear                           string  // the address without the text; "" when there is none
}

// A Param is a part of the page's address.
type Param struct{ Name, Value string }

// A Picker is the form of a table's columns.
type Picker struct {
	Keeps  []Param
	Groups []PickerGroup
	Usual  string // the address of the usual columns; "" while they are shown
	State  string // the columns that are picked
}

// A PickerGroup is columns of a kind.
type PickerGroup struct {
	Label string
	Picks []ColumnPick
}

// A ColumnPick is whether a column is shown.
type ColumnPick struct {
	ID, Label string
	Picked    bool
}

// ofHints say what the switch of requests changes.
var ofHints = map[string]string{
	OfOK:     "In this table, times, sizes and rates are of successful requests only. Counts are of all, as are the numbers above and the charts.",
	OfFailed: "In this table, times, sizes and rates are of failed requests only. Counts are of all, as are the numbers above and the charts.",
}

func newTools(q Query) *Tools {
	searching, typing := q, q
	searching.Search, searching.Page, searching.Form = "", 1, FormNone
	typing.Typed, typing.Form = "", FormNone
	t := &Tools{
		Search: Box{ID: "search", Name: "q", Label: "Search and filter", Value: q.Search, Example: "Search, or fail>0, p95>300ms", Keeps: keeps(searching)},
		Typed:  Box{ID: "typed", Name: "p", Label: "Percentiles", Value: q.Typed, Example: "97.5, 99.95", Keeps: keeps(typing)},
		OfHint: ofHints[q.Of],
	}
	if q.Search != "" {
		t.Search.Clear = searching.link()
	}
	if q.Typed != "" {
		t.Typed.Clear = typing.link()
	}
	for _, c := range []struct{ label, of string }{{"All", OfAll}, {"OK", OfOK}, {"Failed", OfFailed}} {
		t.Of = append(t.Of, Choice{c.label, q.withOf(c.of).link(), q.Of == c.of || q.Of == "" && c.of == OfAll})
	}
	return t
}

// newPicker is the form to pick columns with. Service times are among them where they
// differ from response times.
func newPicker(q Query, shown []string, lagged bool) *Picker {
	usual := q.withColumns(nil)
	p := &Picker{Keeps: keeps(usual), State: strings.Join(shown, ",")}
	if q.Columns != "" {
		p.Usual = usual.link()
	}
	for _, g := range pickable {
		if !lagged && g.ids[0] == serviceTimes[0] {
			continue
		}
		group := PickerGroup{Label: g.label}
		for _, id := range g.ids {
			c := headed(id, q)
			label := strings.ReplaceAll(c.label, "\u00a0", " ")
			if c.unit == "%" {
				label += " %"
			}
			group.Picks = append(group.Picks, ColumnPick{id, label, slices.Contains(shown, id)})
		}
		p.Groups = append(p.Groups, group)
	}
	return p
}

// keeps are the parts of an address that a form carries along.
func keeps(q Query) []Param {
	values, _ := url.ParseQuery(q.Encode()) // which is what Encode makes
	var list []Param
	for name := range values {
		list = append(list, Param{name, values.Get(name)})
	}
	slices.SortFunc(list, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
	return list
}
