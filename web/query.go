package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The tabs of the page, in their order.
const (
	TabStatistics  = "statistics"
	TabPercentiles = "percentiles"
	TabCharts      = "charts"
	TabFailures    = "failures"
	TabExceptions  = "exceptions"
	TabChecks      = "checks"
	TabRatio       = "ratio"
	TabLogs        = "logs"
	TabDownload    = "download"
)

var tabs = []string{TabStatistics, TabPercentiles, TabCharts, TabFailures, TabExceptions, TabChecks, TabRatio, TabLogs, TabDownload}

// How much of the run the charts show.
const (
	SpanRecent = "recent" // the last 15 minutes
	SpanRun    = "run"    // all of it
)

// Which requests the tables tell of. Charts and the numbers above tell of all.
const (
	OfAll    = "all"
	OfOK     = "ok"
	OfFailed = "failed"
)

// Which zone times of day are told in.
const (
	ZoneBrowser = "browser"
	ZoneUTC     = "utc"
)

// The forms that a page can have open at first paint.
const (
	FormNone = ""
	FormNew  = "new"
	FormEdit = "edit"
)

// Sizes are how many rows a page of a table can have.
var Sizes = []int{50, 100, 250, 500}

// standardSize is how many it has unless asked for.
const standardSize = 100

// Bounds of what a query may hold, so that a page cannot ask for what takes long.
const (
	maxSearch  = 200 // bytes
	maxPins    = 10
	maxColumns = 40 // picked; a reader can type a few more percentiles
)

// A Query is what a reader looks at. Two readers with equal queries see the same
// frame, so it is fit to be the key of a map; its lists are texts for that.
type Query struct {
	Tab        string
	Row        string // id of the endpoint whose own page is shown, see rowID; "" for none
	Sort       string // a column of the tables; "" is the engine's order, by name
	Descending bool
	Search     string // words and filters as they were typed
	Of         string // which requests count in tables: OfAll, OfOK or OfFailed
	Columns    string // ids of columns separated by commas; "" is those of the tab
	Typed      string // percentiles that the reader typed, as typed: "97.5, 99.95"
	Page       int    // of a table, counted from 1
	Size       int    // rows of a page
	From, To   int64  // the time window in milliseconds since 1970; both 0 for none
	Span       string // of the charts, without a window
	Pins       string // ids of endpoints on one chart, separated by commas; at most ten
	Open       string // id of the failure or sample that is opened
	Level      string // the least of the log lines shown
	Zone       string // of times of day
	Form       string // which form is open without a script's help

	// Note says what of the query string was not understood and stands for its default.
	// It follows from the query string, and is not part of the one that is made of q.
	Note string
}

// ParseQuery reads a query string. What it does not know has its default, and is noted.
func ParseQuery(values url.Values) Query {
	var unknown []string
	one := func(name string, known ...string) string {
		value := values.Get(name)
		if value != "" && !slices.Contains(known, value) {
			unknown = append(unknown, name)
		}
		return oneOf(value, known...)
	}
	whole := func(name string, standard int64, ok func(int64) bool) int64 {
		text := values.Get(name)
		if text == "" {
			return standard
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || !ok(n) {
			unknown = append(unknown, name)
			return standard
		}
		return n
	}
	name := func(param string) string {
		text := values.Get(param)
		if text != "" && id(text) == "" {
			unknown = append(unknown, param)
		}
		return id(text)
	}
	column, descending := strings.CutPrefix(values.Get("sort"), "-")
	q := Query{
		Tab:    one("tab", tabs...),
		Row:    name("row"),
		Search: short(values.Get("q")),
		Of:     one("of", OfAll, OfOK, OfFailed),
		Typed:  short(values.Get("p")),
		Page:   int(whole("page", 1, func(n int64) bool { return n >= 1 && n <= 1e6 })),
		Size:   int(whole("size", standardSize, func(n int64) bool { return slices.Contains(Sizes, int(n)) })),
		Span:   one("span", SpanRecent, SpanRun),
		Open:   name("open"),
		Level:  one("level", logLevels...),
		Zone:   one("zone", ZoneBrowser, ZoneUTC),
		Form:   one("form", FormNone, FormNew, FormEdit),
	}
	if known(column) || failureOrders[column] != nil {
		q.Sort, q.Descending = column, descending
	} else if values.Get("sort") != "" {
		unknown = append(unknown, "sort")
	}
	var picked []string
	for _, c := range list(strings.Join(values["cols"], ",")) { // a form says each by itself
		if len(picked) < maxColumns && known(c) && !slices.Contains(picked, c) {
			picked = append(picked, c)
		} else {
			unknown = append(unknown, "cols")
		}
	}
	q.Columns = strings.Join(picked, ",")
	var pins []string
	for _, p := range list(values.Get("pin")) {
		switch p = id(p); {
		case slices.Contains(pins, p):
		case p != "" && len(pins) < maxPins:
			pins = append(pins, p)
		default:
			unknown = append(unknown, "pin")
		}
	}
	q.Pins = strings.Join(pins, ",")
	moment := func(name string) int64 {
		text := values.Get(name)
		millis, ok := momentOf(text, q.location())
		if text != "" && !ok {
			unknown = append(unknown, name)
			return 0
		}
		return millis
	}
	q.From, q.To = moment("from"), moment("to")
	if q.From == 0 || q.To <= q.From {
		if q.From != 0 || q.To != 0 {
			unknown = append(unknown, "from, to")
		}
		q.From, q.To = 0, 0
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		q.Note = "Of the page's address, this was not understood and is as usual: " + strings.Join(slices.Compact(unknown), ", ") + "."
	}
	return q
}

// endOfTime is the year 10000 in milliseconds since 1970.
const endOfTime = 253402300800000

// Encode returns q as a query string that ParseQuery reads. Equal queries have
// equal strings; defaults are left out.
func (q Query) Encode() string {
	values := url.Values{}
	set := func(name, value, standard string) {
		if value != "" && value != standard {
			values.Set(name, value)
		}
	}
	set("tab", q.Tab, TabStatistics)
	set("row", q.Row, "")
	if q.Sort != "" {
		values.Set("sort", sign(q.Descending)+q.Sort)
	}
	set("q", q.Search, "")
	set("of", q.Of, OfAll)
	set("cols", q.Columns, "")
	set("p", q.Typed, "")
	set("page", strconv.Itoa(max(1, q.Page)), "1")
	if q.Size != 0 {
		set("size", strconv.Itoa(q.Size), strconv.Itoa(standardSize))
	}
	if q.From > 0 {
		values.Set("from", strconv.FormatInt(q.From, 10))
		values.Set("to", strconv.FormatInt(q.To, 10))
	}
	set("span", q.Span, SpanRecent)
	set("pin", q.Pins, "")
	set("open", q.Open, "")
	set("level", q.Level, logLevels[0])
	set("zone", q.Zone, ZoneBrowser)
	set("form", q.Form, FormNone)
	return values.Encode()
}

func (q Query) link() string { return "?" + q.Encode() }

// The query that a link leads to. A link closes what is open, but for the window, the
// pins and how tables look, which stay until they are changed.
func (q Query) withTab(tab string) Query {
	if searches[tab] != searches[q.Tab] { // each is searched for something else
		q.Search = ""
	}
	q.Tab, q.Row, q.Open, q.Form, q.Page = tab, "", "", FormNone, 1
	return q
}
func (q Query) withRow(id string) Query {
	q.Row, q.Open, q.Form = id, "", FormNone
	return q
}
func (q Query) withSpan(span string) Query { q.Span, q.Form = span, FormNone; return q }
func (q Query) withForm(form string) Query { q.Form = form; return q }
func (q Query) withOf(of string) Query     { q.Of, q.Page, q.Form = of, 1, FormNone; return q }
func (q Query) withPage(page int) Query    { q.Page, q.Form = page, FormNone; return q }
func (q Query) withSize(size int) Query    { q.Size, q.Page, q.Form = size, 1, FormNone; return q }
func (q Query) withOpen(id string) Query   { q.Open, q.Form = id, FormNone; return q }
func (q Query) withZone(zone string) Query { q.Zone, q.Form = zone, FormNone; return q }
func (q Query) withLevel(l string) Query   { q.Level, q.Form = l, FormNone; return q }
func (q Query) withColumns(ids []string) Query {
	q.Columns, q.Form = strings.Join(ids, ","), FormNone
	return q
}
func (q Query) withoutWindow() Query { q.From, q.To, q.Form = 0, 0, FormNone; return q }
func (q Query) sorted(c string, d bool) Query {
	q.Sort, q.Descending, q.Page, q.Form = c, d && c != "", 1, FormNone
	return q
}

// pinned tells whether an endpoint is on the chart of pinned ones.
func (q Query) pinned(id string) bool { return slices.Contains(list(q.Pins), id) }

// searches are what a search is for: kinds of failure or exception, lines, and rows
// everywhere else.
var searches = map[string]string{TabFailures: "failures", TabExceptions: "exceptions", TabLogs: "lines"}

// withPin puts an endpoint on the chart of pinned ones, or takes it away.
func (q Query) withPin(id string) Query {
	pins := list(q.Pins)
	if i := slices.Index(pins, id); i >= 0 {
		pins = slices.Delete(pins, i, i+1)
	} else if len(pins) < maxPins {
		pins = append(pins, id)
	}
	q.Pins, q.Form = strings.Join(pins, ","), FormNone
	return q
}

// Windowed tells whether q looks at a part of the run.
func (q Query) Windowed() bool { return q.From > 0 }

// Window returns the moments between which q looks.
func (q Query) Window() (from, to time.Time) { return time.UnixMilli(q.From), time.UnixMilli(q.To) }

// location is the zone of times of day that the server tells.
func (q Query) location() *time.Location {
	if q.Zone == ZoneUTC {
		return time.UTC
	}
	return time.Local
}

// logLevels are the levels of log lines, the least first.
var logLevels = []string{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}

// id returns text if it can be the id of a row, failure or sample, else "".
func id(text string) string {
	if len(text) > 40 || strings.ContainsFunc(text, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		return ""
	}
	return text
}

// short returns what a reader typed as it is kept: of a bounded length and valid.
func short(text string) string {
	text = strings.ToValidUTF8(text, "")
	if len(text) > maxSearch {
		text = strings.ToValidUTF8(text[:maxSearch], "")
	}
	return strings.TrimSpace(text)
}

// list returns the parts of a text between commas, none of which is empty.
func list(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
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
