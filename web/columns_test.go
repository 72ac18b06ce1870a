package web

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/engine/stats"
)

// timesOf returns the cells of a table's rows and its sum, by name and column.
func timesOf(table *Table) map[string]map[string]string {
	rows := map[string]map[string]string{}
	for _, r := range append(slices.Clone(table.Rows), table.Total) {
		cells := map[string]string{}
		columns := table.Columns[len(table.Columns)-len(r.Cells):]
		for i, c := range columns {
			cells[c.ID] = r.Cells[i].Text
		}
		rows[r.Method+" "+r.Name] = cells
	}
	return rows
}

// csvTimes returns the times in a CSV file of requests, as the page words them, by name
// and column of the page.
func csvTimes(t *testing.T, s *stats.Snapshot) map[string]map[string]string {
	t.Helper()
	var b bytes.Buffer
	if err := report.RequestsCSV(&b, s); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"Median Response Time": "median", "Average Response Time": "avg", "Min Response Time": "min", "Max Response Time": "max"}
	rows := map[string]map[string]string{}
	for _, line := range lines[1:] {
		cells := map[string]string{}
		for i, heading := range lines[0] {
			id := ids[heading]
			if p, ok := strings.CutSuffix(heading, "%"); ok {
				id = "p" + p
			}
			if id == "" {
				continue
			}
			ms, err := strconv.ParseFloat(line[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			cells[id] = millis(time.Duration(ms * float64(time.Millisecond)))
		}
		rows[line[0]+" "+line[1]] = cells
	}
	return rows
}

// Whoever looks at a run with intended starts sees the same times in every table, in the
// report and in the files.
func TestTablesReportAndFilesTellTheSameTimes(t *testing.T) {
	s := openStatus(engine.Stopped, 90)
	want := csvTimes(t, s.Stats)
	r := NewReport(s, Query{}, ReportParts{}, maxShown, 0)
	for where, table := range map[string]*Table{
		"the statistics":             NewView(s, look(t, "p=66,75,99.9,99.99,100"), site(t)).Table,
		"the statistics of a choice": NewView(s, look(t, "cols=min,p80,p90,p98,s99,max"), site(t)).Table,
		"the percentiles":            NewView(s, look(t, "tab=percentiles"), site(t)).Table,
		"the report's statistics":    r.Statistics,
		"the report's percentiles":   r.Percentiles,
	} {
		compared := 0
		for name, cells := range timesOf(table) {
			for id, got := range cells {
				if times, ok := want[name][id]; ok {
					compared++
					if got != times {
						t.Errorf("%s: %s of %s = %s, the file has %s", where, id, name, got, times)
					}
				}
			}
		}
		if compared < len(want)*4 {
			t.Errorf("%s: %d cells are in the file too, too few to prove a thing", where, compared)
		}
	}
	for name, cells := range timesOf(NewView(s, look(t, "p=100"), site(t)).Table) {
		if cells["p100"] != cells["max"] {
			t.Errorf("%s: the 100th percentile is %s and the longest %s", name, cells["p100"], cells["max"])
		}
	}
}

func TestNoPercentileIsBelowALesserOne(t *testing.T) {
	s := openStatus(engine.Running, 90)
	for i := range s.Stats.Rows {
		e := &entry{Line: &s.Stats.Rows[i]}
		for _, ids := range [][]string{
			{"min", "p0", "p50", "median", "p95", "r95", "p97.5", "p99", "r99", "p100", "max"},
			{"smin", "s0", "s50", "s95", "s97.5", "s99", "s100", "smax"},
			{"s50", "p50"}, {"s99", "p99"}, {"savg", "avg"}, {"smax", "max"},
		} {
			last := -1.0
			for _, id := range ids {
				c, ok := columnOf(id)
				if v := c.value(e); !ok || v < last {
					t.Errorf("%s of %s = %v, known: %v; want no less than %v as of the column before in %v", id, e.Name, v, ok, last, ids)
				} else {
					last = v
				}
			}
		}
	}
}

// An endpoint whose requests wait to be sent is slow, however fast each is answered.
func TestFiltersAndOrderAreOfResponseTimes(t *testing.T) {
	s := openStatus(engine.Running, 90) // /cart: service median 8 ms, response median 34 ms
	for query, want := range map[string]string{
		"q=cart+median>20":         "GET /cart",
		"q=cart+s50>20":            "",
		"q=cart+s50<20+r50>20":     "GET /cart",
		"q=cart+avg>30+savg<20":    "GET /cart",
		"q=cart+max>150+smax<150":  "GET /cart",
		"q=cart+p99>150+s99<150ms": "GET /cart",
	} {
		table := NewView(s, look(t, query), site(t)).Table
		if got := strings.Join(names(table), ", "); got != want || table.Tools.Search.Problem != "" {
			t.Errorf("rows with %q = %q (%s), want %q", query, got, table.Tools.Search.Problem, want)
		}
	}
	at := func(query string) (sorted []string, headed string) {
		table := NewView(s, look(t, query), site(t)).Table
		for _, c := range table.Columns {
			if c.Sorted != "" {
				headed = c.ID
			}
		}
		return names(table), headed
	}
	rows, by := at("sort=-p99")
	once, byOnce := at("sort=-r99")
	if by != "p99" || byOnce != "p99" || !slices.Equal(rows, once) {
		t.Errorf("sorted by %s: %q, and by the column's former name by %s: %q; want p99 and the same", by, rows, byOnce, once)
	}
}

func TestWhatTheTimesAreIsSaidWhereThereAreTwo(t *testing.T) {
	open, closed := openStatus(engine.Running, 90), status(engine.Running, 20, crowd)
	for _, c := range []struct {
		s           *engine.Status
		query, want string
	}{
		{open, "", serviceText + " " + responseText},
		{open, "cols=max,p97.5", responseText},
		{open, "cols=smax", serviceText + " " + responseText},
		{open, "tab=percentiles", responseText},
		{closed, "", ""},
		{closed, "tab=percentiles", ""},
	} {
		if got := NewView(c.s, look(t, c.query), site(t)).Table.Note; got != c.want {
			t.Errorf("the note with %q = %q, want %q", c.query, got, c.want)
		}
	}
}

// In a chosen time there is nothing current: the numbers are of that time.
func TestHeadingsAreOfTheTimeThatIsChosen(t *testing.T) {
	s := status(engine.Running, 134, crowd)
	part := windowQuery(t, TabStatistics, 30, 75)
	part.Columns = "rps,fps,arps,bps,trend"
	whole := part.withoutWindow()
	for _, c := range []struct {
		q    Query
		want string
	}{
		{whole, "Current RPS last 10 s, Current Failures/s last 10 s, Average RPS whole run, Bytes/s whole run, Last minute"},
		{part, "RPS, Failures/s, Average RPS, Bytes/s, Trend"},
	} {
		table := NewView(s, c.q, site(t)).Table
		var labels []string
		for _, h := range table.Columns[1:] {
			labels = append(labels, strings.ReplaceAll(strings.TrimSpace(h.Label+" "+h.Unit), "\u00a0", " "))
			for _, g := range table.Tools.Picker.Groups {
				for _, p := range g.Picks {
					if p.ID == h.ID && p.Label != h.Label {
						t.Errorf("windowed %v: %s is picked as %s", c.q.Windowed(), h.Label, p.Label)
					}
				}
			}
		}
		if got := strings.Join(labels, ", "); got != c.want {
			t.Errorf("windowed %v: headings = %s, want %s", c.q.Windowed(), got, c.want)
		}
	}
}
