package web

import (
	"hash/fnv"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// A Site is what the page needs to know of the program that serves it.
type Site struct {
	Build   string              // of the static files: a page with another one reloads
	Asset   func(string) string // URL of a static file, from where the page is
	Offer   Offer               // what a run can be made of
	Default engine.Config       // what the form holds before the first run

	// Window returns what the history says of the time between two moments; nil means
	// that it is worked out for each view anew.
	Window func(s *engine.Status, from, to time.Time) *stats.Snapshot

	// Series returns the points of one row in a part of s.History, with the times of
	// percentiles; nil means likewise.
	Series func(s *engine.Status, key stats.Key, part stats.Timeline, percentiles ...float64) []stats.Point
	Logs   func() []LogLine // the latest, oldest first; nil means none
	Alarms func() []string  // what the program fails to do, such as to write files; nil means nothing

	Program string // tells this process from one before it at the same address

	Rebuild func() Rebuild // of the program, when it is built anew as its files change; else nil

	Doors  bool   // readers have logged in
	Reader Reader // of whom a frame knows only what they may
}

// A Reader is who looks at the page.
type Reader struct {
	Name     string // "" where nobody needs one
	LookOnly bool   // they may start, change and stop nothing
	LogOut   bool   // they can log out
}

// LookOnly is why a reader may do nothing else.
const LookOnly = "You may look, but not start, change or stop runs: that needs the role operate."

// For returns the site as a reader sees it.
func (s Site) For(r Reader) Site {
	s.Reader = r
	return s
}

// A View is everything a reader sees, decided and worded.
type View struct {
	Site    Site
	Query   Query
	State   engine.State
	Build   string // of static files and form: what a page cannot get by a frame
	Title   string // of the browser's tab
	Asked   string // what a run was asked for, as fills the start form; "" before the first
	Rebuild Rebuild
	Clock   string // how long the run has lasted; "" before the first
	Target  string // scenarios
	Host    string // where they send requests
	Reason  string // why the run ended or is ending
	Actions []Action
	Health  Health
	Window  *Window // nil before the first run
	Numbers []Number
	Counts  []Count
	Tabs    []Tab
	Notices []string
	Alarms  []string // said before them, in red
	Start   Form
	Edit    Form

	// The content of the current tab; the others are nil.
	Table      *Table
	Phases     *Phases // beside Table
	Feeds      []Feed  // beside Table
	Charts     *Charts
	Failures   *Failures
	Exceptions *Exceptions
	Checks     *Checks
	Ratio      *Ratio
	Logs       *Logs
	Downloads  *Downloads
	Endpoint   *Endpoint // instead of any, when one row is looked at
}

// Started tells whether there is a run to show.
func (v View) Started() bool { return v.State != engine.Ready }

// An Action is a button of the header. It opens a form or posts to an address.
type Action struct {
	Label    string
	Post     string // address, or
	Opens    string // form, and
	Href     string // the page with that form open, and
	Fill     string // what to fill it with, as a query string
	Kind     string // quiet or main
	Disabled bool
}

// A Number is one of the few that are always in sight.
type Number struct {
	Label, Value, Unit, Note string
	Spark                    string // path of an SVG; "" when there is nothing to draw
	Bad                      bool
}

// A Tab leads to a part of the page.
type Tab struct {
	Label, Href string
	Key         string // on the keyboard; the same whichever tabs there are
	Badge       string
	Warned      string // when there was the latest warning, in milliseconds since 1970; "" without one
	Current     bool
}

// A Moment is when something happened.
type Moment struct {
	Clock string // since the start of the run
	Time  string // of day, at the server; a script puts the reader's
	ISO   string
}

// NewView decides what a reader with query q sees of s.
func NewView(s *engine.Status, q Query, site Site) View {
	v := NewFrame(s, q, site)
	if v.Table != nil {
		v.Table.Folded = false
	}
	next, rest := asked(s, site), remaining(s)
	v.Start = newStartForm(values(next, site), site.Offer, s.Stats.Rows)
	v.Start.Load.Preview = NewPreview(next, 0, nil)
	v.Start.Inline = s.State == engine.Ready
	v.Start.Open = s.State == engine.Ready || s.State == engine.Stopped && q.Form == FormNew
	v.Edit = newEditForm(changeValues(rest, site), site.Offer, s.Stats.Rows)
	v.Edit.Load.Preview = NewPreview(rest, s.Target, nil)
	v.Edit.Open = changeable(s.State) && q.Form == FormEdit
	if site.Reader.LookOnly {
		v.Start.Locked, v.Edit.Locked = LookOnly, LookOnly
	}
	return v
}

// asked is what the latest run was asked for, before the first what the site has as its
// default.
func asked(s *engine.Status, site Site) engine.Config {
	if s.Run == 0 {
		return site.Default
	}
	return s.Config
}

// NewFrame is a view without its forms, which frames leave alone, and with the rows of a
// long table folded.
func NewFrame(s *engine.Status, q Query, site Site) View {
	snapshot := snapshotOf(s, q, site)
	v := View{
		Site: site, Query: q, State: s.State,
		Build: site.Build + "-" + site.Offer.fingerprint(),
		Title: "Gregaria", Rebuild: site.rebuild(),
	}
	if s.State == engine.Ready {
		return v
	}
	v.Title = string(s.State) + " · Gregaria"
	v.Asked = values(asked(s, site), site).Encode()
	v.Clock = clock(s.Elapsed())
	v.Target, v.Host = targets(s)
	v.Actions = actions(s, q, site)
	v.Health = newHealth(snapshot.Health, s.Stats.Now)
	v.Window = newWindow(s, q, snapshot)
	if v.Window.Chosen {
		v.Health.Text += " This is about the chosen time."
	}
	v.Numbers = numbers(s, q, snapshot)
	v.Counts = counts(s, q, snapshot)
	var lines []LogLine
	if site.Logs != nil {
		lines = site.Logs()
	}
	v.Tabs = tabLinks(s, q, snapshot, lines)
	v.Reason = line(s.Reason)
	for _, n := range s.Notices {
		v.Notices = append(v.Notices, line(n))
	}
	if site.Alarms != nil {
		for _, a := range site.Alarms() {
			v.Alarms = append(v.Alarms, line(a))
		}
	}
	if q.Row != "" && slices.Contains(endpointTabs, q.Tab) {
		v.Endpoint = newEndpoint(s, snapshot, q)
		v.Query = v.Query.lacking(v.missing(s), s)
		return v
	}
	switch q.Tab {
	case TabPercentiles:
		v.Table = newPercentiles(snapshot, q)
	case TabCharts:
		v.Charts = newCharts(s, q, site)
	case TabFailures:
		v.Failures = newFailures(snapshot, s.Started, q)
	case TabExceptions:
		v.Exceptions = newExceptions(snapshot, s.Started, q)
	case TabChecks:
		v.Checks = newChecks(s, q, snapshot)
	case TabRatio:
		v.Ratio = newRatio(s, q)
	case TabLogs:
		v.Logs = newLogs(lines, q)
	case TabDownload:
		v.Downloads = newDownloads(s, q)
	default:
		v.Table = newStatistics(snapshot, q)
		v.Phases, v.Feeds = newPhases(snapshot.Phases), newFeeds(s.Feeds)
	}
	if v.Table != nil {
		v.Table.Folded = v.Table.Long()
	}
	v.Query = v.Query.lacking(v.missing(s), s)
	if v.Table != nil && v.Table.Empty != "" && q.Windowed() {
		v.Table.Empty = "No requests in the chosen time."
	}
	return v
}

// changeable reports whether the load of a run in state s can be changed.
func changeable(s engine.State) bool { return s.Active() && s != engine.Stopping }

// A Refusal is why a form was refused.
type Refusal struct {
	Problem string            // what no field is to blame for
	Errors  map[string]string // by field
	Plan    Plan              // of the load that was asked for
	Stuck   bool              // users of an earlier run are in the way
}

// Answer returns v as it is shown to a reader whose form was refused: with what
// was typed, and each error beside its field.
func (v View) Answer(typed url.Values, r Refusal) View {
	form := &v.Start
	if changeable(v.State) {
		form = &v.Edit
	}
	was := *form
	if form == &v.Edit {
		typed = maps.Clone(typed)
		typed[FieldScenarios] = was.Picks.picked()
		*form = newEditForm(typed, v.Site.Offer, nil)
	} else {
		*form = newStartForm(typed, v.Site.Offer, nil)
	}
	form.Inline, form.Checks.Offers = was.Inline, was.Checks.Offers
	if was.Params.Fixed != "" {
		form.Params = was.Params
	}
	form.Open, form.Stuck, form.Load.Preview = true, r.Stuck, r.Plan
	form.blame(r.Problem, r.Errors)
	return v
}

// targets words which scenarios run, and where they send their requests.
func targets(s *engine.Status) (scenarios, host string) {
	var names, hosts []string
	for _, h := range s.Scenarios {
		names = append(names, h.Name)
		if own := engine.WithoutUser(h.Host); own != "" && !slices.Contains(hosts, own) {
			hosts = append(hosts, own)
		}
	}
	return line(strings.Join(names, ", ")), clip(line(strings.Join(hosts, ", ")), 200)
}

// actions are what can be done in a state. Those that open a form say what it is filled
// with. Of a run that is over nothing is reset: its numbers are all that is left of it.
func actions(s *engine.Status, q Query, site Site) []Action {
	switch s.State {
	case engine.Stopped:
		return []Action{{Label: "New", Opens: "start", Href: q.withForm(FormNew).link(), Fill: values(asked(s, site), site).Encode(), Kind: "main"}}
	case engine.Stopping:
		return []Action{{Label: "Stopping…", Post: "stop", Kind: "main", Disabled: true}}
	default:
		hold := Action{Label: "Pause", Post: "pause", Kind: "quiet"}
		if s.State == engine.Paused {
			hold.Label, hold.Post = "Resume", "resume"
		}
		return []Action{
			hold,
			{Label: "Edit", Opens: "edit", Href: q.withForm(FormEdit).link(), Fill: changeValues(remaining(s), site).Encode(), Kind: "quiet"},
			{Label: "Reset", Post: "stats/reset", Kind: "quiet"},
			{Label: "Stop", Post: "stop", Kind: "main"},
		}
	}
}

// numbers are the last ten seconds while users are at work, the whole run afterwards,
// and those of the time window when one is chosen. The share of failures is never of the
// last seconds alone.
func numbers(s *engine.Status, q Query, snapshot *stats.Snapshot) []Number {
	span, rate, all, whole := "last 10 s", snapshot.Total.Rate, snapshot.Current.All(), "whole run"
	part := partOf(s, q)
	if part != "" {
		span, whole, all = part, part, snapshot.Total.All()
		rate, _ = snapshot.Rates(snapshot.Total.Row)
	}
	if q.Of == OfOK || q.Of == OfFailed { // which the tables alone are of
		span = "all, " + span
	}
	history := latest(s.History, SpanRecent)
	if q.Windowed() {
		history = s.History.Between(snapshot.From, snapshot.To)
	}
	points := slices.Collect(history.Points())
	if last := len(points) - 1; last > 0 && points[last].Span() < leastSpan {
		points = points[:last]
	}
	spark := func(value func(stats.Point) float64) string {
		list := make([]float64, len(points))
		for i, p := range points {
			list[i] = value(p)
		}
		if q.Windowed() {
			list = peaks(list, sparkMost)
		}
		if slices.Max(append(list, 0)) == 0 && snapshot.Total.Requests() == 0 {
			return ""
		}
		return newSpark(list, part != "")
	}
	list := []Number{
		loadNumber(s, q, points, spark),
		{Label: "Requests/s", Value: briefly(rate), Note: span, Spark: spark(stats.Point.Rate)},
		{Label: "Failures", Value: percent(snapshot.Total.FailRatio()), Unit: "%", Note: whole,
			Bad: snapshot.Total.Failures() > 0, Spark: spark(failShare)},
	}
	if snapshot.Total.Requests() == 0 {
		list[2].Value = "–"
	}
	times := all.Response().Percentiles(50, 95, 99)
	for i, label := range []string{"p50", "p95", "p99"} {
		n := Number{Label: label, Value: "–", Unit: "ms", Note: span}
		if all.Count > 0 {
			n.Value = millis(times[i])
		}
		n.Spark = spark(func(p stats.Point) float64 {
			return float64([]time.Duration{p.P50, p.P95, p.P99}[i])
		})
		list = append(list, n)
	}
	return list
}

// partOf words which part of a run its numbers are of when they are not of the last few
// seconds.
func partOf(s *engine.Status, q Query) string {
	switch {
	case q.Windowed():
		return "time window"
	case s.State == engine.Stopped:
		return "whole run"
	}
	return ""
}

// loadNumber is how much load there is, beside what is asked for.
func loadNumber(s *engine.Status, q Query, points []stats.Point, spark func(func(stats.Point) float64) string) Number {
	if s.Config.Model == engine.Open {
		part := partOf(s, q)
		n := Number{Label: "Arrivals/s", Value: briefly(arriving(points, part != "")), Note: "of " + loadText(s.Target),
			Spark: spark(func(p stats.Point) float64 { return arriving([]stats.Point{p}, true) })}
		if part != "" {
			n.Note = part
		}
		return n
	}
	n := Number{Label: "Users", Value: count(int64(s.Users)), Note: "of " + count(int64(s.Config.Users)),
		Spark: spark(func(p stats.Point) float64 { return float64(p.Users) })}
	if len(s.Config.Stages) > 0 || s.Config.Shape != "" {
		n.Note = "of " + loadText(math.Round(s.Target))
	}
	switch {
	case q.Windowed() && len(points) > 0:
		n.Value, n.Note = count(int64(points[len(points)-1].Users)), "at its end"
	case q.Windowed():
		n.Note = "now"
	}
	return n
}

func failShare(p stats.Point) float64 {
	if p.Requests == 0 {
		return 0
	}
	return float64(p.Failures) / float64(p.Requests)
}

func tabLinks(s *engine.Status, q Query, snapshot *stats.Snapshot, lines []LogLine) []Tab {
	labels := map[string]string{TabStatistics: "Statistics", TabPercentiles: "Percentiles", TabCharts: "Charts",
		TabFailures: "Failures", TabExceptions: "Exceptions", TabChecks: "Checks", TabRatio: "Ratio", TabLogs: "Logs", TabDownload: "Download"}
	badges := map[string]int{TabFailures: len(snapshot.Failures), TabExceptions: len(snapshot.Exceptions)}
	badges[TabChecks] = tallyChecks(s).bad
	var list []Tab
	for i, id := range tabs {
		if id == TabChecks && len(s.Checks) == 0 && q.Tab != TabChecks {
			continue
		}
		t := Tab{Label: labels[id], Href: q.withTab(id).link(), Key: strconv.Itoa(i + 1), Current: q.Tab == id}
		if n := badges[id]; n > 99 {
			t.Badge = "99+"
		} else if n > 0 {
			t.Badge = count(int64(n))
		}
		if id == TabLogs {
			t.Warned = warned(lines)
		}
		list = append(list, t)
	}
	return list
}

// elementID makes an element's id of what identifies the thing it shows.
func elementID(kind string, parts ...string) string {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return kind + "-" + strconv.FormatUint(h.Sum64(), 36)
}

// maxShown is how many of a list a page shows: what a reader can take in and a browser
// draws at once.
const maxShown = 500

// shown cuts list to what a page shows and says how much that leaves out.
func shown[T any](list []T, what string) ([]T, string) {
	n := len(list)
	if n <= maxShown {
		return list, ""
	}
	return list[:maxShown], "The " + count(maxShown) + " most frequent of " + count(int64(n)) + " " + what + " are shown."
}

func moment(t, start time.Time) Moment {
	return Moment{Clock: clock(t.Sub(start)), Time: t.Format(time.TimeOnly), ISO: t.UTC().Format(time.RFC3339)}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
