package web

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

func columnIDs(t *Table) string {
	var ids []string
	for _, c := range t.Columns {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, " ")
}

func TestColumnsAreThosePickedAndTyped(t *testing.T) {
	s := status(engine.Running, 20, crowd)
	for query, want := range map[string]string{
		"":                          strings.Join(statisticsColumns, " "),
		"cols=requests,p99":         "name requests p99",
		"cols=requests&cols=p99":    "name requests p99",
		"cols=p99,method":           "method name p99",
		"cols=p99,nonsense":         "name p99",
		"p=97.5":                    "method name requests fails median p95 p97.5 p99 avg min max size rps fps trend",
		"p=99.95,+10,95,97.50":      "method name requests fails p10 median p95 p97.5 p99 p99.95 avg min max size rps fps trend",
		"p=p90%3Bp90.0+90%25":       "method name requests fails median p90 p95 p99 avg min max size rps fps trend",
		"p=50":                      strings.Join(statisticsColumns, " "), // the median
		"cols=requests,rps&p=42":    "name requests p42 rps",
		"cols=requests&p=42":        "name requests p42",
		"tab=percentiles&cols=rps":  strings.Join(percentilesColumns, " "), // its own
		"tab=percentiles&p=97.5":    "method name requests p50 p66 p75 p80 p90 p95 p97.5 p98 p99 p99.9 p99.99 p100",
		"p=101":                     strings.Join(statisticsColumns, " "),
		"cols=method,status,trend":  "method name status trend",
		"cols=share,bps,p12.5,p100": "name share bps p12.5 p100",
		"cols=s95,s97.5,smax&p=96":  "name s95 p96 s97.5 smax",
		"cols=r50,p95,r95,r99":      "name median p95 p99", // as they were called once
		"cols=s101,s,s-1":           strings.Join(statisticsColumns, " "),
	} {
		if got := columnIDs(NewView(s, look(t, query), site(t)).Table); got != want {
			t.Errorf("columns with %q = %s, want %s", query, got, want)
		}
	}
}

func TestPercentilesAreNumbersUpToAHundred(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "0": "p0", "100": "p100", "97.5, 99.95": "p97.5 p99.95", ".5": "p0.5", "99.": "p99", "50,,": "p50",
		"101": "“101”", "-1": "“-1”", "x": "“x”", "1e1": "“1e1”", "NaN": "“NaN”", "inf": "“inf”", "0x1p3": "“0x1p3”", "1.2.3": "“1.2.3”",
		"1,2,3,4,5,6,7,8": "p1 p2 p3 p4 p5 p6 p7 p8", "1,2,3,4,5,6,7,8,9": "These are 9 percentiles — type at most 8", "<b>": "“<b>”",
	} {
		ids, problem := parsePercentiles(text)
		got := strings.Join(ids, " ")
		if problem != "" {
			got = problem
		}
		if got != want && !(problem != "" && strings.HasPrefix(got, want+" is not a percentile")) {
			t.Errorf("parsePercentiles(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestPagesHoldAllRowsOnce(t *testing.T) {
	s := status(engine.Running, 2, many(340))
	for query, want := range map[string]string{
		"":                       "1–100 of 340 rows, 1* 2 … 4",
		"page=2":                 "101–200 of 340 rows, 1 2* 3 4",
		"page=4":                 "301–340 of 340 rows, 1 … 3 4*",
		"page=77":                "301–340 of 340 rows, 1 … 3 4*",
		"size=50&page=4":         "151–200 of 340 rows, 1 … 3 4* 5 … 7",
		"size=500":               "1–340 of 340 rows, 1*",
		"q=/00&size=50":          "1–50 of 100 rows, 1* 2",
		"q=/00&page=9":           "1–100 of 100 rows, 1*",
		"q=endpoint/000&size=50": "",
	} {
		table := NewView(s, look(t, query), site(t)).Table
		got := ""
		if p := table.Pager; p != nil {
			var pages []string
			for _, c := range p.Pages {
				pages = append(pages, c.Label+map[bool]string{true: "*"}[c.Current])
			}
			got = p.Range + ", " + strings.Join(pages, " ")
		}
		if got != want {
			t.Errorf("pager with %q = %q, want %q", query, got, want)
		}
	}
	seen := map[string]bool{}
	for _, page := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		for _, name := range names(NewView(s, look(t, "sort=-p95&size=50&page="+page), site(t)).Table) {
			if seen[name] {
				t.Errorf("%s is on two pages", name)
			}
			seen[name] = true
		}
	}
	if len(seen) != 340 {
		t.Errorf("the pages have %d rows, want 340", len(seen))
	}
}

// Beside the sum of all rows stands that of the rows that were searched for, whatever page
// they are on, and with the percentiles of their requests together.
func TestASearchHasASubtotal(t *testing.T) {
	s := status(engine.Stopped, 30, crowd)
	var lines []*stats.Line
	for i := range s.Stats.Rows {
		if r := &s.Stats.Rows[i]; strings.Contains(r.Name, "cities") {
			lines = append(lines, r)
		}
	}
	want := stats.Subtotal(lines)
	table := newStatistics(s.Stats, look(t, "q=cities&cols=requests,p99"))
	if table.Part == nil || len(lines) < 2 {
		t.Fatalf("%d rows are found, and their sum is %v", len(lines), table.Part)
	}
	texts := []string{table.Part.Cells[0].Text, table.Part.Cells[1].Text}
	if w := []string{count(want.Requests()), millis(want.All().Response().Percentile(99))}; !slices.Equal(texts, w) {
		t.Errorf("the subtotal of %d rows says %q, want %q", len(lines), texts, w)
	}
	for search, q := range map[string]string{"none": "", "one that finds nothing": "q=nowhere"} {
		if got := newStatistics(s.Stats, look(t, q)).Part; got != nil {
			t.Errorf("with the search %s there is a subtotal %+v, want none", search, got)
		}
	}
}

func TestASearchLeavesTheSumAlone(t *testing.T) {
	s := status(engine.Running, 30, crowd)
	all := NewView(s, Query{}, site(t)).Table
	table := NewView(s, look(t, "q=cities"), site(t)).Table
	if got := strings.Join(names(table), ", "); got != "POST /api/v1/cities, GET /api/v1/cities/{id}" {
		t.Errorf("rows with cities = %s", got)
	}
	if table.Tools.Matches != "2 of 4 rows" || table.Total.Of != "all 4 rows" || table.Total.Cells[0].Text != all.Total.Cells[0].Text {
		t.Errorf("with a search: %q, the sum is of %q and has %+v requests; want 2 of 4 rows, all 4 rows and %+v",
			table.Tools.Matches, table.Total.Of, table.Total.Cells[0], all.Total.Cells[0])
	}
	wrong := NewView(s, look(t, "q=cities+fail>"), site(t)).Table
	if len(wrong.Rows) != 4 || wrong.Tools.Search.Problem == "" || wrong.Tools.Search.Value != "cities fail>" || wrong.Tools.Matches != "" {
		t.Errorf("with a mistake: %d rows, problem %q, box %q; want all 4, a problem and what was typed",
			len(wrong.Rows), wrong.Tools.Search.Problem, wrong.Tools.Search.Value)
	}
	if none := NewView(s, look(t, "q=xyz"), site(t)).Table; len(none.Rows) != 0 || none.Empty == "" {
		t.Errorf("a search for what is not there gives %d rows and %q, want none and words", len(none.Rows), none.Empty)
	}
}

// TestTheSwitchRestrictsTimesAndNotCounts: of 8 fine requests of 10 ms and 2 failures of
// 20 ms.
func TestTheSwitchRestrictsTimesAndNotCounts(t *testing.T) {
	l := lineOf("GET", "/", 8, 2, 10*time.Millisecond, 500)
	l.Trend, l.FailTrend = []uint32{0, 10}, []uint32{0, 2}
	for of, want := range map[string]string{
		OfAll:    "10, 2, 12.0, 10.0, 20.0, 1 600, 16 000, 10.0, 2.0, 20.0",
		OfOK:     "10, 2, 10.0, 10.0, 10.0, 2 000, 16 000, 8.0, 2.0, 20.0",
		OfFailed: "10, 2, 20.0, 20.0, 20.0, 0, 0, 2.0, 2.0, 20.0",
	} {
		var got []string
		for _, id := range []string{"requests", "fails", "avg", "median", "max", "size", "bps", "rps", "fps", "share"} {
			c, _ := columnOf(id)
			got = append(got, strings.ReplaceAll(c.cell(&entry{Line: &l, of: of, span: time.Second}).Text, thin, " "))
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("of %s: %s, want %s", of, text, want)
		}
	}
	fine := lineOf("GET", "/", 1, 0, time.Millisecond, 0)
	for _, id := range []string{"avg", "min", "max", "p99"} {
		c, _ := columnOf(id)
		e := &entry{Line: &fine, of: OfFailed}
		if got := c.cell(e).Text; got != "–" || !math.IsNaN(c.value(e)) {
			t.Errorf("%s of no failures = %q and %v, want a dash and no number", id, got, c.value(e))
		}
	}
}

// The table and a row's own page word its statuses alike.
func TestStatusesAreWordedTheMostFirst(t *testing.T) {
	word := func(c Cell) string {
		if c.Parts == nil {
			return c.Text
		}
		var list []string
		for _, p := range c.Parts {
			list = append(list, p.Code+" "+p.Text+map[bool]string{true: "!"}[p.Bad])
		}
		return strings.ReplaceAll(strings.Join(list, " · "), thin, " ")
	}
	failed := stats.Tally{Count: 37}
	for _, c := range []struct {
		row        stats.Row
		want, more string
	}{
		{stats.Row{}, "", ""},
		{stats.Row{Statuses: stats.Counts{{Of: 0, N: 4}}}, "–", ""},
		{stats.Row{Failed: failed, Statuses: stats.Counts{{Of: 0, N: 4}}}, "none 4!", ""},
		{stats.Row{Failed: failed, Statuses: stats.Counts{{Of: 200, N: 1204}, {Of: 404, N: 37}}}, "200 1 204 · 404 37!", ""},
		{stats.Row{Statuses: stats.Counts{{Of: 200, N: 4}, {Of: 404, N: 37}}}, "404 37 · 200 4", ""}, // as expected
		{stats.Row{Statuses: stats.Counts{{Of: stats.Uncounted, N: 1}, {Of: 200, N: 9}, {Of: 201, N: 8}, {Of: 202, N: 7}, {Of: 203, N: 6}}},
			"200 9 · 201 8 · 202 7 · 203 6", "200 9 · 201 8 · 202 7 · 203 6 · other 1"},
		{stats.Row{Statuses: stats.Counts{{Of: stats.Uncounted, N: 1}, {Of: 200, N: 9}}}, "200 9 · other 1", ""},
	} {
		got := statusCell(&entry{Line: &stats.Line{Row: c.row}})
		if word(got) != c.want || got.More != c.more {
			t.Errorf("statuses %v = %q, more %q; want %q, %q", c.row.Statuses, word(got), got.More, c.want, c.more)
		}
		parts := statusParts(c.row)
		if len(parts) < len(got.Parts) {
			t.Errorf("statuses %v are %d on the row's own page and %d in the table", c.row.Statuses, len(parts), len(got.Parts))
			continue
		}
		for i, p := range got.Parts {
			if own := (StatusCount{Code: parts[i].Label, Text: parts[i].Count, Bad: parts[i].Bad}); own.Code != p.Code || own.Text != p.Text || own.Bad != p.Bad {
				t.Errorf("statuses %v: %+v on the row's own page, %+v in the table", c.row.Statuses, own, p)
			}
		}
	}
}

func TestTrendIsDrawnShortly(t *testing.T) {
	for _, c := range []struct {
		all, failed []uint32
		of          string
		line, bad   string
	}{
		{nil, nil, OfAll, "", ""},
		{[]uint32{5}, []uint32{0}, OfAll, "", ""},
		{[]uint32{0, 0, 0}, []uint32{0, 0, 0}, OfAll, "M58 17h2", ""},
		{[]uint32{0, 4, 4, 2, 0}, []uint32{0, 0, 0, 0, 0}, OfAll, "M56 17l1-16h1l1 8 1 8", ""},
		{[]uint32{4, 4, 2}, []uint32{0, 4, 0}, OfAll, "M58 1h1l1 8", "M58 17l1-16 1 16"},
		{[]uint32{4, 4, 2}, []uint32{0, 4, 0}, OfOK, "M58 1l1 16 1-8", ""},
		{[]uint32{4, 8, 4}, []uint32{0, 4, 0}, OfFailed, "", "M58 17l1-16 1 16"},
		{[]uint32{math.MaxUint32, 0}, []uint32{0, 0}, OfAll, "M59 1l1 16", ""},
	} {
		if got := newTrend(c.all, c.failed, c.of); got.Line != c.line || got.Bad != c.bad {
			t.Errorf("newTrend(%v, %v, %s) = %q, %q; want %q, %q", c.all, c.failed, c.of, got.Line, got.Bad, c.line, c.bad)
		}
	}
}

func TestRowsLeadToTheirPagesAndPins(t *testing.T) {
	s := status(engine.Running, 5, crowd)
	q := look(t, "sort=-p95&q=cities&page=2")
	row := NewView(s, q, site(t)).Table.Rows[0]
	if want := q.withRow(row.Row).link(); row.Href != want || row.Row != rowID(stats.Key{Method: row.Method, Name: row.Name}) {
		t.Errorf("row %s leads to %s, want %s", row.Row, row.Href, want)
	}
	if want := q.withPin(row.Row).link(); row.Pin != want || row.Pinned {
		t.Errorf("pin of %s leads to %s, pinned %v; want %s, false", row.Row, row.Pin, row.Pinned, want)
	}
	q = q.withPin("row-1").withPin(row.Row)
	row = NewView(s, q, site(t)).Table.Rows[0]
	if want := q.withPin(row.Row).link(); row.Pin != want || !row.Pinned {
		t.Errorf("pin of a pinned row leads to %s, pinned %v; want %s, true", row.Pin, row.Pinned, want)
	}
	q = Query{Pins: "a,b,c,d,e,f,g,h,i,j"}
	if row = NewView(s, q, site(t)).Table.Rows[0]; row.Pin != "" {
		t.Errorf("with ten pins another one leads to %s, want nowhere", row.Pin)
	}
}

func TestAFileHasNothingToChoose(t *testing.T) {
	html := render(t, rowTable(newStatistics(status(engine.Stopped, 5, crowd).Stats, Query{}).still()))
	for _, bad := range []string{"<a", "<form", "<input", "data-view"} {
		if strings.Contains(html, bad) {
			t.Errorf("a table in a file has %s", bad)
		}
	}
	if !strings.Contains(html, "/api/v1/cities/{id}") {
		t.Error("the table has no names, so this proves nothing")
	}
}

// TestPickerOffersEveryColumn: the form offers every column but those of
// service times where they are response times too, and ticks those that are shown.
func TestPickerOffersEveryColumn(t *testing.T) {
	offered := func(s *engine.Status, query string) (all, picked []string) {
		for _, g := range NewView(s, look(t, query), site(t)).Table.Tools.Picker.Groups {
			for _, p := range g.Picks {
				all = append(all, p.ID)
				if p.Picked {
					picked = append(picked, p.ID)
				}
			}
		}
		return all, picked
	}
	all, picked := offered(status(engine.Running, 5, crowd), "cols=status,avg")
	if slices.Contains(all, "s95") || !slices.Equal(picked, []string{"status", "avg"}) {
		t.Errorf("the picker offers %q and ticks %q, want no s95 and status, avg", all, picked)
	}
	if all, _ = offered(openStatus(engine.Running, 70), ""); !slices.Contains(all, "s95") {
		t.Errorf("the picker of an open run offers %q, want s95 among them", all)
	}
	for id := range columns {
		if id != "name" && !slices.Contains(all, id) {
			t.Errorf("the picker does not offer %s", id)
		}
	}
}

// answered is traffic with status codes, more than a cell shows.
func answered(second int, shard *stats.Shard, at time.Time, r *rand.Rand) {
	for i := range 12 {
		took := time.Duration(r.IntN(40)) * time.Millisecond
		shard.Record(stats.Sample{Method: "GET", Name: "/cart", Took: took, Bytes: 900, Status: []int{200, 200, 200, 204, 304, 206}[i%6]})
		shard.Record(stats.Sample{Method: "DELETE", Name: "/cart/{id}", Took: took, Status: 204})
	}
	if second%3 == 2 {
		for _, code := range []int{404, 503, 0} {
			problem := &stats.Problem{Format: "status", Message: "status", At: at}
			shard.Record(stats.Sample{Method: "GET", Name: "/cart", Took: 50 * time.Millisecond, Status: code, Problem: problem})
		}
	}
	shard.Record(stats.Sample{Method: "WS", Name: "ping", Took: time.Millisecond})
}
