package web

import (
	"net/url"
	"slices"
	"strings"
)

// The tabs of the page, in their order.
const (
	TabStatistics  = "statistics"
	TabPercentiles = "percentiles"
	TabCharts      = "charts"
	TabFailures    = "failures"
	TabExceptions  = "exceptions"
	TabDownload    = "download"
)

var tabs = []string{TabStatistics, TabPercentiles, TabCharts, TabFailures, TabExceptions, TabDownload}

// How much of the run the charts show.
const (
	SpanRecent = "recent" // the last 15 minutes
	SpanRun    = "run"    // all of it
)

// The forms that a page can have open at first paint.
const (
	FormNone = ""
	FormNew  = "new"
	FormEdit = "edit"
)

// A Query is what a reader looks at. Two readers with equal queries see the same
// frame, so it is fit to be the key of a map.
type Query struct {
	Tab        string
	Sort       string // a column of the tables; "" is the engine's order, by name
	Descending bool
	Span       string // of the charts
	Form       string // which form is open without a script's help
}

// ParseQuery reads a query string. What it does not know has its default.
func ParseQuery(values url.Values) Query {
	column, descending := strings.CutPrefix(values.Get("sort"), "-")
	q := Query{
		Tab:  oneOf(values.Get("tab"), tabs...),
		Sort: column,
		Span: oneOf(values.Get("span"), SpanRecent, SpanRun),
		Form: oneOf(values.Get("form"), FormNone, FormNew, FormEdit),
	}
	if _, ok := columns[column]; ok {
		q.Descending = descending
	} else {
		q.Sort = ""
	}
	return q
}

// Encode returns q as a query string that ParseQuery reads. Equal queries have
// equal strings; defaults are left out.
func (q Query) Encode() string {
	values := url.Values{}
	if q.Tab != "" && q.Tab != TabStatistics {
		values.Set("tab", q.Tab)
	}
	if q.Sort != "" {
		values.Set("sort", sign(q.Descending)+q.Sort)
	}
	if q.Span != "" && q.Span != SpanRecent {
		values.Set("span", q.Span)
	}
	if q.Form != FormNone {
		values.Set("form", q.Form)
	}
	return values.Encode()
}

func (q Query) link() string { return "?" + q.Encode() }

func (q Query) withTab(tab string) Query   { q.Tab, q.Form = tab, FormNone; return q }
func (q Query) withSpan(span string) Query { q.Span, q.Form = span, FormNone; return q }
func (q Query) withForm(form string) Query { q.Form = form; return q }
func (q Query) sorted(c string, d bool) Query {
	q.Sort, q.Descending, q.Form = c, d && c != "", FormNone
	return q
}

func sign(descending bool) string {
	if descending {
		return "-"
	}
	return ""
}

// oneOf returns value if it is among those known, else the first of them.
func oneOf(value string, known ...string) string {
	if slices.Contains(known, value) {
		return value
	}
	return known[0]
}
