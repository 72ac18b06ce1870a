package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// Failures is the table of failed requests.
type Failures struct {
	Columns []Column
	Search  *Box // nil when there is nothing to search
	Rows    []FailureRow
	Pager   *Pager // nil where all are shown
	Pages   int
	Notice  string
	Empty   string // said when the search finds nothing
}

// A FailureRow is all failures of one kind.
type FailureRow struct {
	ID                           string // stays the same from frame to frame
	Href                         string // opens the row, or closes it; "" in a report
	Count, Method, Name, Message string
	OfAll, OfRow                 string // share of all failures, and of the row's requests, in percent; "" when there is no such thing
	Example                      string // "" when it says nothing that Message does not
	Status                       string
	Ours                         bool   // this machine could not send it
	Trend                        string // path of an SVG: how many in each of the latest seconds
	First, Last                  Moment
	Within                       bool   // First and Last are those of a chosen time
	Users                        string // how many there were at the first
	Lesson                       Lesson
	Open                         *FailureDetail // nil unless it is open
}

// A FailureDetail is what is known of a kind of failure besides.
type FailureDetail struct {
	Lesson  Lesson // in full
	Samples []SampleTab
	Sample  *Sample // the one that is shown
	None    string  // why there is no sample
	Folded  bool    // unfolds without a new page, for a report
	Note    string
}

// A SampleTab leads to one of several samples.
type SampleTab struct {
	Label, Href string
	When        Moment
	Current     bool
}

// failureColumns head the table. Those with an id can be sorted by.
var failureColumns = []struct {
	id, label, class string
	descending       bool // at first
}{
	{"fails", "#\u00a0Failures", "num", true},
	{"method", "Method", "text", false},
	{"name", "Name", "text name", false},
	{"", "Message", "text message", false},
	{"", "Status", "num", false},
	{"", "Last\u00a0minute", "text trend", false},
	{"", "Fails, by users at once", "text lesson", false},
	{"first", "First\u00a0seen", "num", false},
	{"last", "Last\u00a0seen", "num", true},
}

// withinLabels are the headings of what is of a chosen time.
var withinLabels = map[string]string{
	"Last\u00a0minute": "Trend", "First\u00a0seen": "First in window", "Last\u00a0seen": "Last in window",
}

// seen words what a moment is, of the run or of a chosen time.
func seen(which string, within bool) string {
	if within {
		return which + " in window"
	}
	return which + " seen"
}

// failureOrders compare failures by what can be sorted by, upwards.
var failureOrders = map[string]func(a, b stats.FailureLine) int{
	"fails":  func(a, b stats.FailureLine) int { return cmp.Compare(a.Count, b.Count) },
	"method": func(a, b stats.FailureLine) int { return cmp.Compare(a.Method, b.Method) },
	"name":   func(a, b stats.FailureLine) int { return cmp.Compare(a.Name, b.Name) },
	"first":  func(a, b stats.FailureLine) int { return a.First.Compare(b.First) },
	"last":   func(a, b stats.FailureLine) int { return a.Last.Compare(b.Last) },
}

// mostBars is how many levels of users a row tells apart; open it tells all.
const mostBars = 5

// failuresOnPage is how many kinds of failure a page has: each says much, and browsers
// draw all of it each second.
const failuresOnPage = 50

// newFailures is the table of a page. Without a size of pages all are on one.
func newFailures(s *stats.Snapshot, start time.Time, q Query) *Failures {
	f := new(Failures)
	list := slices.DeleteFunc(slices.Clone(s.Failures), func(x stats.FailureLine) bool {
		return !hasWords(q.Search, x.Method, x.Name, x.Format, x.Example, strconv.Itoa(x.Status))
	})
	sortFailures(list, q)
	found := len(list)
	if q.Size == 0 {
		list, f.Notice = shown(list, "kinds of failure")
	} else {
		c := newCut(found, q.Page, failuresOnPage)
		f.Pages = c.pages
		if list, f.Pager = list[c.first:c.end], newPager(found, c, q); f.Pager != nil {
			f.Pager.Sizes = nil
		}
	}
	b := newBreakdown(s, start)
	b.within = q.Windowed()
	for _, x := range list {
		r := b.row(x)
		switch id, sample := openFailure(q); {
		case id != r.ID:
			r.Href = q.withOpen(r.ID).link()
		default:
			r.Href, r.Open = q.withOpen("").link(), b.detail(x, q, r.ID, sample)
		}
		f.Rows = append(f.Rows, r)
	}
	for _, c := range failureColumns {
		h := Column{Label: c.label, Class: c.class}
		if label, ok := withinLabels[c.label]; ok && q.Windowed() {
			h.Label = label
		}
		if c.id != "" {
			h.Href, h.Sorted = order(q, c.id, c.descending)
		}
		f.Columns = append(f.Columns, h)
	}
	if len(s.Failures) > 0 {
		search := newWordBox(q, "Search failures", "name, message or status")
		f.Search = &search
		if found == 0 {
			f.Empty = "None of " + plural(int64(len(s.Failures)), "kind", "kinds") + " of failure has these words."
		}
	}
	return f
}

// openInReport is how many kinds of failure a report has a sample of.
const openInReport = 20

// reportedFailures is the table of a report, where nothing can be opened or sorted. So
// many of the kinds have a sample.
func reportedFailures(s *stats.Snapshot, start time.Time, q Query, most int) *Failures {
	f := newFailures(s, start, q)
	f.Search = nil
	for i := range f.Columns {
		f.Columns[i].Href, f.Columns[i].Sorted = "", ""
	}
	samples := map[string][]stats.Exemplar{}
	for _, x := range s.Failures {
		samples[failureID(x.FailureKey)] = x.Samples
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		r.Href = ""
		if list := samples[r.ID]; i < most && len(list) > 0 {
			r.Open = &FailureDetail{Sample: newSample(list[0], start), Folded: true}
		}
	}
	return f
}

func failureID(k stats.FailureKey) string {
	return elementID("fail", k.Method, k.Name, k.Format, strconv.FormatBool(k.Ours))
}

// openFailure returns which kind of failure q opens, and which of its samples; "" for the
// first.
func openFailure(q Query) (failure, sample string) {
	parts := strings.SplitN(q.Open, "-", 3)
	if len(parts) < 2 {
		return "", ""
	}
	if len(parts) == 3 {
		sample = "x-" + parts[2]
	}
	return parts[0] + "-" + parts[1], sample
}

// sortFailures puts failures in the order q asks for, the most frequent first when it
// asks for none.
func sortFailures(list []stats.FailureLine, q Query) {
	compare, down := failureOrders[q.Sort], q.Descending
	if compare == nil {
		compare, down = failureOrders["fails"], true
	}
	slices.SortStableFunc(list, func(a, b stats.FailureLine) int {
		if down {
			return compare(b, a)
		}
		return compare(a, b)
	})
}

// A breakdown knows what failures are shares of.
type breakdown struct {
	start  time.Time
	within bool  // a chosen time
	all    int64 // failures, but those of this machine
	rows   map[stats.Key]*stats.Line
}

func newBreakdown(s *stats.Snapshot, start time.Time) breakdown {
	b := breakdown{start: start, rows: make(map[stats.Key]*stats.Line, len(s.Rows))}
	for i := range s.Rows {
		b.rows[s.Rows[i].Key] = &s.Rows[i]
	}
	for _, x := range s.Failures {
		if !x.Ours {
			b.all += x.Count
		}
	}
	return b
}

// of returns the row that failures are part of; nil when they are of none.
func (b breakdown) of(x stats.FailureLine) *stats.Line {
	if x.Ours {
		return nil
	}
	return b.rows[stats.Key{Method: x.Method, Name: x.Name}]
}

func (b breakdown) row(x stats.FailureLine) FailureRow {
	r := FailureRow{
		ID: failureID(x.FailureKey), Count: count(x.Count), Method: clip(line(x.Method), 24), Name: clip(line(x.Name), 240),
		Message: clip(line(x.Format), 500), Example: clip(lines(x.Example), 1000), Ours: x.Ours, Status: statusWord(x.Status),
		First: moment(x.First, b.start), Last: moment(x.Last, b.start), Users: plural(int64(x.Users), "user", "users"),
		Trend: trendSpark(x.Trend, b.within), Within: b.within,
	}
	if x.Example == x.Format {
		r.Example = ""
	}
	if !x.Ours && b.all > 0 {
		r.OfAll = percent(float64(x.Count) / float64(b.all))
	}
	if of := b.of(x); of != nil && of.Requests() > 0 {
		r.OfRow = percent(min(1, float64(x.Count)/float64(of.Requests())))
		r.Lesson = newLesson(of.Crowd, x.Crowd, mostBars)
	}
	return r
}

func (b breakdown) detail(x stats.FailureLine, q Query, id, sample string) *FailureDetail {
	d := new(FailureDetail)
	if of := b.of(x); of != nil {
		d.Lesson = newLesson(of.Crowd, x.Crowd, len(of.Crowd))
	}
	if len(x.Samples) == 0 {
		d.None = noSample(x, q)
		return d
	}
	shown := slices.IndexFunc(x.Samples, func(e stats.Exemplar) bool { return sampleID(e) == sample })
	if shown < 0 {
		if sample != "" {
			d.Note = "The sample you looked at has made room for another, chosen at random. This is the first."
		}
		shown = 0
	}
	for i, e := range x.Samples {
		t := SampleTab{Label: "Random", Href: q.withOpen(id + "-" + strings.TrimPrefix(sampleID(e), "x-")).link(), When: moment(e.At, b.start), Current: i == shown}
		if i == 0 {
			t.Label, t.Href = "First", q.withOpen(id).link()
		}
		d.Samples = append(d.Samples, t)
	}
	d.Sample = newSample(x.Samples[shown], b.start)
	return d
}

// noSample says why nothing of a kind of failure is kept.
func noSample(x stats.FailureLine, q Query) string {
	switch {
	case x.Name == stats.Other:
		return "These are failures of many kinds, those beyond the first " + count(stats.MaxRows) + ": of them no request is kept."
	case x.Ours:
		return "These requests could not be sent: there is nothing to show of them."
	case q.Windowed():
		return "Requests in detail are kept for the whole run, not for a part of it."
	}
	return "No request is kept of these failures yet. The first one is, a moment after it was answered."
}
