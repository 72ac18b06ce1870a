package web

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Table is a table of rows with a last row that sums them up.
type Table struct {
	Caption string
	Tools   *Tools // nil where nothing can be chosen
	Columns []Column
	Rows    []TableRow
	Part    *TableRow // sums up the rows that were searched for; nil when all are shown
	Total   TableRow
	Note    string // what the columns mean
	Empty   string // said instead of rows
	Pager   *Pager // nil when all rows are on one page
	Folded  bool   // rows come as a text
	Pages   int
}

// A Column heads a table's column.
type Column struct {
	ID          string
	Label, Unit string
	Href        string // sorts by it; "" where nothing can be chosen
	Sorted      string // ascending, descending or nothing
	Class       string
}

// A TableRow is a row's words.
type TableRow struct {
	ID           string // of its element; "" for rows of the body, of which there are many
	Row          string // what addresses call the row; stays the same from frame to frame
	Method, Name string
	Verb         string // class of the method
	Title        string // the whole name when Name is cut
	Group        bool   // times several requests together
	Of           string // what is summed up
	Href         string // of the row's own page; "" where there is none
	Pin          string // address that puts the row on the chart of pinned ones, or takes it away
	Pinned       bool
	Cells        []Cell
}

// A Cell is a number's words, or else parts, or a trend.
type Cell struct {
	Text, Class string
	Parts       []StatusCount
	More        string // all parts, when they are too many
	Trend       *Trend
}

// newStatistics is the table of all rows, with the columns that are picked. In a run in
// which requests are due at a time of their own, it has service times beside response
// times.
func newStatistics(s *stats.Snapshot, q Query) *Table {
	usual := statisticsColumns
	if lagged(s) {
		usual = laggedColumns
	}
	ids := pickedColumns(q, usual)
	t := newTable("Request statistics", ids, s, q)
	t.Tools.Picker = newPicker(q, ids, lagged(s))
	return t
}

// newPercentiles is the table of many percentiles. Its columns are its own, whatever is
// picked for the other table.
func newPercentiles(s *stats.Snapshot, q Query) *Table {
	return newTable("Response time percentiles in milliseconds", percentilesColumns, s, q)
}

// timesNote says what the times of a table are, where there are two.
func timesNote(ids []string, lagged bool) string {
	switch {
	case slices.ContainsFunc(ids, ofService):
		return serviceText + " " + responseText
	case lagged:
		return responseText
	default:
		return ""
	}
}

// lagged reports whether response times differ from service times.
func lagged(s *stats.Snapshot) bool { return s.Total.OK.Lagged() || s.Total.Failed.Lagged() }

// pickedColumns returns the ids of the columns that a reader picked, or else the usual
// ones. What a row is called comes first, and no table lacks names.
func pickedColumns(q Query, usual []string) []string {
	picked := list(q.Columns)
	if len(picked) == 0 {
		return usual
	}
	var ids []string
	if slices.Contains(picked, "method") {
		ids = append(ids, "method")
	}
	ids = append(ids, "name")
	for _, id := range picked {
		if id = nowadays(id); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// newTable is a table of the rows that q picks, with the columns of ids and those of the
// percentiles that the reader typed.
func newTable(caption string, ids []string, s *stats.Snapshot, q Query) *Table {
	q.Sort = nowadays(q.Sort)
	t := &Table{Caption: caption, Tools: newTools(q)}
	more, problem := parsePercentiles(q.Typed)
	t.Tools.Typed.Problem = problem
	ids = withPercentiles(ids, more)
	t.Note = timesNote(ids, lagged(s))
	var cells []column
	for _, id := range ids {
		t.Columns = append(t.Columns, heading(id, q))
		if c, _ := columnOf(id); !c.text {
			cells = append(cells, c)
		}
	}
	entryOf := func(l *stats.Line) *entry { return &entry{Line: l, of: q.Of, span: s.Span(), over: q.Windowed()} }

	picks, problem := parseFilter(q.Search)
	t.Tools.Search.Problem = problem
	var entries []*entry
	for i := range s.Rows {
		if e := entryOf(&s.Rows[i]); picks.matches(e) {
			entries = append(entries, e)
		}
	}
	sortEntries(entries, q)
	shown := newCut(len(entries), q.Page, q.Size)
	t.Pager, t.Pages = newPager(len(entries), shown, q), shown.pages

	address := newRowAddress(q)
	for _, e := range entries[shown.first:shown.end] {
		r := tableRow(e, cells)
		r.Row = rowID(e.Key)
		r.Href, r.Pin, r.Pinned = address.page(r.Row), address.pin(r.Row), q.pinned(r.Row)
		t.Rows = append(t.Rows, r)
	}
	t.Total = tableRow(entryOf(&s.Total), cells)
	t.Total.ID, t.Total.Name = "total", "Aggregated"
	if !picks.all() {
		all := plural(int64(len(s.Rows)), "row", "rows")
		t.Tools.Matches = count(int64(len(entries))) + " of " + all
		t.Total.Of = "all " + all
		t.Part = newSubtotal(entries, q, s, cells)
	}
	switch {
	case len(s.Rows) == 0:
		t.Empty = "No requests yet. Each method and name gets a row with its first answer."
	case len(entries) == 0:
		t.Empty = "No row is as the search wants it."
	}
	return t
}

// newSubtotal sums up entries, on whichever page of the table they are; nil without any
// that count.
func newSubtotal(entries []*entry, q Query, s *stats.Snapshot, cells []column) *TableRow {
	lines := make([]*stats.Line, len(entries))
	for i, e := range entries {
		lines[i] = e.Line
	}
	sum := stats.Subtotal(lines)
	if sum.Requests() == 0 {
		return nil
	}
	r := tableRow(&entry{Line: &sum, of: q.Of, span: s.Span(), over: q.Windowed()}, cells)
	r.ID, r.Name, r.Of = "subtotal", "Subtotal", plural(int64(len(entries)), "row", "rows")
	return &r
}

// still is t where nothing can be chosen, such as in a file.
func (t *Table) still() *Table {
	s := *t
	s.Tools, s.Pager = nil, nil
	s.Columns, s.Rows = slices.Clone(t.Columns), slices.Clone(t.Rows)
	for i := range s.Columns {
		s.Columns[i].Href = ""
	}
	for i := range s.Rows {
		s.Rows[i].Href, s.Rows[i].Pin = "", ""
	}
	return &s
}

// Long tells whether t has more rows than anybody sees at once, in a page.
func (t *Table) Long() bool { return t.Tools != nil && len(t.Rows) > foldAbove }

// Methods tells whether t has a column of methods.
func (t *Table) Methods() bool { return t.Columns[0].ID == "method" }

// Few tells whether some percentile is of too few requests.
func (t *Table) Few() bool {
	return slices.ContainsFunc(t.Rows, func(r TableRow) bool {
		return slices.ContainsFunc(r.Cells, func(c Cell) bool { return c.Class == "few" })
	})
}

// rowID is what addresses call a row.
func rowID(k stats.Key) string { return elementID("row", k.Method, k.Name) }

func tableRow(e *entry, cells []column) TableRow {
	r := TableRow{Method: clip(line(e.Method), 24), Name: clip(line(e.Name), 240), Verb: verbs[e.Method]}
	r.Group = e.Method == stats.Group
	if full := line(e.Name); full != r.Name {
		r.Title = full
	}
	r.Cells = make([]Cell, len(cells))
	for i, c := range cells {
		r.Cells[i] = c.cell(e)
	}
	return r
}

// verbs are the classes of methods: those that read and those that write.
var verbs = map[string]string{
	"GET": "reads", "HEAD": "reads", "OPTIONS": "reads",
	"POST": "writes", "PUT": "writes", "PATCH": "writes", "DELETE": "writes",
}

// A rowAddress makes the addresses of rows, which only differ in an id.
type rowAddress struct {
	q                                    Query
	pageHead, pageTail, pinHead, pinTail string
}

func newRowAddress(q Query) (a rowAddress) {
	const blank, encoded = "\x01", "%01" // which no reader types
	a.q = q
	a.pageHead, a.pageTail, _ = strings.Cut(q.withRow(blank).link(), encoded)
	a.pinHead, a.pinTail, _ = strings.Cut(q.withPin(blank).link(), encoded)
	return a
}

func (a rowAddress) page(id string) string { return a.pageHead + id + a.pageTail }

// pin is empty when there is no place for another pin.
func (a rowAddress) pin(id string) string {
	switch {
	case a.q.pinned(id):
		return a.q.withPin(id).link()
	case len(list(a.q.Pins)) >= maxPins:
		return ""
	default:
		return a.pinHead + id + a.pinTail
	}
}

// heading offers the next order: a number's first is downwards, a text's first is
// upwards; the third click goes back to the engine's order.
func heading(id string, q Query) Column {
	c := headed(id, q)
	h := Column{ID: id, Label: c.label, Unit: c.unit, Class: "num"}
	switch {
	case c.text:
		h.Class = "text " + id
	case id == "status":
		h.Class = "codes"
	case id == "trend":
		h.Class = "num trend"
	}
	h.Href, h.Sorted = order(q, id, !c.text)
	return h
}

// order returns what a heading leads to, the next order by its column, and how the column
// is sorted now.
func order(q Query, id string, descending bool) (href, sorted string) {
	if q.Sort != id {
		return q.sorted(id, descending).link(), ""
	}
	sorted = "ascending"
	if q.Descending {
		sorted = "descending"
	}
	if q.Descending == descending {
		return q.sorted(id, !descending).link(), sorted
	}
	return q.sorted("", false).link(), sorted
}

// sortEntries puts entries in the order q asks for. Equal ones stay as they were.
func sortEntries(entries []*entry, q Query) {
	c, ok := columnOf(q.Sort)
	if !ok {
		return
	}
	keys := make(map[*entry]float64, len(entries))
	if !c.text {
		for _, e := range entries {
			keys[e] = c.value(e)
		}
	}
	slices.SortStableFunc(entries, func(a, b *entry) int {
		var order int
		switch {
		case q.Sort == "method":
			order = cmp.Compare(a.Method, b.Method)
		case q.Sort == "name":
			order = cmp.Compare(a.Name, b.Name)
		default:
			order = cmp.Compare(keys[a], keys[b])
		}
		if q.Descending {
			return -order
		}
		return order
	})
}
