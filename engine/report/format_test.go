package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/stats"
)

// statusOf is the status of a run after so many seconds.
func statusOf(seconds []second, state engine.State) *engine.Status {
	var table stats.Table
	var history stats.History
	for _, d := range deltas(seconds) {
		table.Add(d)
		history.Add(d)
	}
	s := &engine.Status{
		State: state, Run: 3, Started: start, At: start.Add(time.Duration(len(seconds)) * time.Second),
		Config:    engine.Config{Users: 10, SpawnRate: 0.5, Seed: 18446744073709551615, Host: "https://me:secret@shop.test", RunTime: time.Minute},
		Scenarios: []engine.Headcount{{Name: "cities", Host: "https://me:secret@shop.test", AtMost: 10}},
		Stats:     table.Snapshot(), History: history.Timeline(),
		Events: []engine.Event{{At: start, Kind: engine.EventStart, Text: "10 users"}},
	}
	if state == engine.Stopped {
		s.Ended, s.Reason = s.At, "the run time is over"
	}
	return s
}

// hold holds a run to checks, as they come out over the whole of it.
func hold(t *testing.T, s *engine.Status, texts ...string) {
	t.Helper()
	for _, text := range texts {
		c, err := checks.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		h := engine.CheckStatus{Check: c}
		if row, keys := c.Find(s.Stats); len(keys) > 0 {
			h.Run = h.Evaluate(row, s.Stats.Span())
		}
		if h.Run.Known && !h.Run.OK {
			h.Breaches, h.Broken, h.FirstBreach = 2, 3*time.Second, start.Add(8*time.Second)
		}
		s.Checks = append(s.Checks, h)
	}
}

// statuses are runs of all kinds.
func statuses(t *testing.T) map[string]*engine.Status {
	t.Helper()
	checked := statusOf(run(), engine.Stopped)
	hold(t, checked, "p95 < 300ms", "GET /cities/{id} fail% < 1", "rps > 5", "GET /nowhere p99 < 1s")
	open := statusOf(openRun(), engine.Stopped)
	open.Config = engine.Config{Model: engine.Open, Rate: 10, Seed: 7}
	open.Notices = []string{"feed accounts ran dry"}
	bad := statusOf(nastyRun(), engine.Stopped)
	bad.Reason, bad.Notices = strings.Join(nasty, ""), nasty
	bad.Scenarios[0].Name = strings.Join(nasty, "|")
	bad.Config.Params = map[string]string{nasty[0]: nasty[1]}
	for _, text := range nasty {
		bad.Checks = append(bad.Checks, engine.CheckStatus{Check: checks.Check{Name: text, Metric: checks.Avg, Op: checks.Less, Bound: 1}})
	}
	fine := statusOf(run()[:7], engine.Stopped)
	fine.Stats.Health = stats.Health{Valid: 7}
	return map[string]*engine.Status{
		"run": statusOf(run(), engine.Stopped), "checked": checked, "open": open, "nasty": bad, "fine": fine,
		"on": statusOf(run(), engine.Running), "empty": {State: engine.Ready, Stats: &stats.Snapshot{}},
	}
}

func TestFormats(t *testing.T) {
	for name, s := range statuses(t) {
		golden(t, name+".json", made(t, func(w io.Writer) error { return writeJSON(w, newJSONRun(s, "example.test/shop v1.2.3")) }))
		golden(t, name+".md", made(t, func(w io.Writer) error { return Markdown(w, s) }))
		golden(t, name+".locust.json", made(t, func(w io.Writer) error { return LocustJSON(w, s) }))
		text, err := xml.MarshalIndent(Lenience{}.newJUnit(s, "generator-1"), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".xml", xml.Header+string(text)+"\n")
		golden(t, name+".hlog", made(t, func(w io.Writer) error { return HistogramLog(w, s) }))
	}
}

// strict returns the schema with no room for what it does not name, as what is written
// must be in it.
func strict(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	var close func(v any)
	close = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, ok := v["properties"].(map[string]any); ok && v["type"] == "object" {
				v["additionalProperties"] = false
			}
			for _, inner := range v {
				close(inner)
			}
		case []any:
			for _, inner := range v {
				close(inner)
			}
		}
	}
	close(doc)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestJSONFollowsItsSchema(t *testing.T) {
	schema := strict(t)
	for name, s := range statuses(t) {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(made(t, func(w io.Writer) error { return JSON(w, s) })))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{`{}`, `[]`, `{"format":"gregaria-report","version":2}`} {
		v, _ := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if schema.Validate(v) == nil {
			t.Errorf("the schema takes %s", text)
		}
	}
}

// What a run was asked for is told whole: but for its checks and its seed, which are told
// elsewhere, and for what only matters at the start.
func TestJSONTellsTheWholeConfig(t *testing.T) {
	elsewhere := []string{"Checks", "Seed", "Force", "Endless"} // or of a change only
	told := reflect.TypeFor[jsonConfig]()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[engine.Config]()) {
		if _, ok := told.FieldByName(f.Name); !ok && !slices.Contains(elsewhere, f.Name) {
			t.Errorf("Config.%s is not told", f.Name)
		}
	}
}

// The numbers of all files are those of the snapshot.
func TestFormatsAgree(t *testing.T) {
	s := statuses(t)["checked"]
	requests, failures := s.Stats.Total.Requests(), s.Stats.Total.Failures()

	var doc jsonRun
	if err := json.Unmarshal([]byte(made(t, func(w io.Writer) error { return JSON(w, s) })), &doc); err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, p := range doc.Timeline {
		sum += p.Requests
	}
	if doc.Total.Requests != requests || doc.Total.Failures != failures || sum != requests {
		t.Errorf("JSON has %d requests, %d in the timeline, %d failed, want %d, %d", doc.Total.Requests, sum, doc.Total.Failures, requests, failures)
	}
	if md, want := made(t, func(w io.Writer) error { return Markdown(w, s) }), fmt.Sprintf("| **Aggregated** | %d | %d (", requests, failures); !strings.Contains(md, want) {
		t.Errorf("Markdown lacks %q:\n%s", want, md)
	}

	var list []locustEntry
	if err := json.Unmarshal([]byte(made(t, func(w io.Writer) error { return LocustJSON(w, s) })), &list); err != nil {
		t.Fatal(err)
	}
	total := map[string]int64{}
	for _, e := range list {
		for what, n := range map[string]int64{"num_requests": e.Requests, "num_failures": e.Failures,
			"response_times": sumOf(e.Times), "num_reqs_per_sec": sumOf(e.PerSecond), "num_fail_per_sec": sumOf(e.FailedPerSec)} {
			total[what] += n
		}
	}
	want := map[string]int64{"num_requests": requests, "num_failures": failures, "response_times": requests, "num_reqs_per_sec": requests, "num_fail_per_sec": failures}
	if !maps.Equal(total, want) {
		t.Errorf("Locust's JSON has in sum %v, want %v", total, want)
	}
}

func sumOf(m map[string]int64) (n int64) {
	for _, k := range m {
		n += k
	}
	return n
}

// Locust's fields, to the letter.
func TestLocustJSONHasLocustsFields(t *testing.T) {
	var list []map[string]any
	if err := json.Unmarshal([]byte(made(t, func(w io.Writer) error { return LocustJSON(w, statuses(t)["run"]) })), &list); err != nil {
		t.Fatal(err)
	}
	want := []string{"last_request_timestamp", "max_response_time", "method", "min_response_time", "name", "num_fail_per_sec", "num_failures",
		"num_none_requests", "num_reqs_per_sec", "num_requests", "response_times", "start_time", "total_content_length", "total_response_time"}
	for _, e := range list {
		if got := slices.Sorted(maps.Keys(e)); !slices.Equal(got, want) {
			t.Errorf("entry has the fields %v, want %v", got, want)
		}
	}
}

func TestLocustRoundsTimes(t *testing.T) {
	for in, want := range map[float64]int64{0.2: 0, 2.5: 2, 3.5: 4, 99.4: 99, 99.6: 100, 115: 120, 125: 120, 995: 1000, 1049: 1000, 1051: 1100, 10499: 10000, 10501: 11000} {
		if got := locustTime(time.Duration(in * float64(time.Millisecond))); got != want {
			t.Errorf("locustTime(%vms) = %d, want %d", in, got, want)
		}
	}
}

// Steps that were merged are spread over their seconds, and nothing gets lost.
func TestSpread(t *testing.T) {
	for _, n := range []int64{0, 1, 7, 10, 12345, math.MaxInt64} {
		seconds := map[string]int64{}
		spread(seconds, stats.Delta{From: start, To: start.Add(10 * time.Second)}, n)
		least, most := int64(math.MaxInt64), int64(0)
		for _, k := range seconds {
			least, most = min(least, k), max(most, k)
		}
		if sumOf(seconds) != n || len(seconds) > 10 || len(seconds) == 10 && most-least > 1 {
			t.Errorf("spread(%d) = %v", n, seconds)
		}
	}
}

func TestOutcomes(t *testing.T) {
	all := statuses(t)
	slow := statusOf(openRun(), engine.Stopped)
	slow.Stats.Health, slow.Stats.Failures = stats.Health{Valid: 1, Invalid: 9}, nil
	hung := statusOf(openRun(), engine.Stopped)
	hung.Stats = &stats.Snapshot{}
	for name, test := range map[string]struct {
		s       *engine.Status
		outcome Outcome
		text    string
	}{
		"none":    {all["empty"], Untested, "there was no run"},
		"on":      {all["on"], Untested, "the run is running"},
		"fine":    {all["fine"], Passed, "none failed"},
		"failed":  {all["run"], Failed, "requests failed, 2 exceptions"},
		"checked": {all["checked"], Broken, "2 of 4 checks do not hold"},
		"hung":    {hung, Untested, "no request was answered"},
		"invalid": {slow, Invalid, "the load generator was the bottleneck"},
	} {
		if got, text := OutcomeOf(test.s), outcomeText(test.s); got != test.outcome || !strings.Contains(text, test.text) {
			t.Errorf("%s: outcome is %s, %q, want %s, %q", name, got, text, test.outcome, test.text)
		}
	}
}

// Whatever makes a run fail has a test that fails, with checks or without, and what the
// operator lets pass is no failure, but said.
func TestReportsFailWhenTheRunDoes(t *testing.T) {
	all := statuses(t)
	checked := statusOf(run(), engine.Stopped)
	hold(t, checked, "p95 < 60s")
	checked.Checks[0].Run.OK = true
	slow := statusOf(openRun(), engine.Stopped)
	slow.Stats.Health, slow.Stats.Failures = stats.Health{Valid: 1, Invalid: 9}, nil
	short := statusOf(openRun(), engine.Stopped)
	short.Stats.Health, short.Stats.Failures = stats.Health{Invalid: 4}, nil
	hung := statusOf(openRun(), engine.Stopped)
	hung.Stats = &stats.Snapshot{}
	unsent := statusOf(openRun(), engine.Stopped)
	unsent.Stats = &stats.Snapshot{Failures: []stats.FailureLine{{Failure: stats.Failure{FailureKey: stats.FailureKey{Method: "GET", Name: "/a b", Format: "request cannot be sent", Ours: true}, Count: 3}}}}
	for _, test := range []struct {
		name    string
		s       *engine.Status
		lenient Lenience
		fails   bool
		md      string
	}{
		{"fine", all["fine"], Lenience{}, false, "✅ Load test passed: "},
		{"failed", all["run"], Lenience{}, true, "❌ Load test failed: "},
		{"failed, with checks that hold", checked, Lenience{}, true, "❌ Load test failed: "},
		{"failed, which is let pass", all["run"], Lenience{Failures: true}, false, "✅ Load test passed: "},
		{"a broken check is not let pass", all["checked"], Lenience{true, true}, true, "❌ Load test broken: "},
		{"slow", slow, Lenience{}, true, "⚠️ Load test invalid: "},
		{"slow, which is let pass", slow, Lenience{Generator: true}, false, "✅ Load test passed: the load generator was the bottleneck; --exit-code-on-invalid 0 lets that pass"},
		{"slow for a short time", short, Lenience{}, false, "✅ Load test passed: "},
		{"hung", hung, Lenience{}, true, "⚪ Load test untested: no request was answered"},
		{"hung, which is let pass", hung, Lenience{Failures: true}, false, "✅ Load test passed: no request was answered; --exit-code-on-error 0 lets that pass"},
		{"unsent", unsent, Lenience{}, true, "❌ Load test failed: "},
	} {
		junit := test.lenient.newJUnit(test.s, "generator-1")
		if got := junit.Failures+junit.Errors > 0; got != test.fails {
			t.Errorf("%s: JUnit has %+v, want that it fails: %t", test.name, junit.junitCounts, test.fails)
		}
		if test.lenient != (Lenience{}) && !test.fails && junit.Skipped == 0 {
			t.Errorf("%s: JUnit skips no test: %+v", test.name, junit.junitCounts)
		}
		if md := made(t, func(w io.Writer) error { return test.lenient.markdown(w, test.s) }); !strings.HasPrefix(md, "## "+test.md) {
			t.Errorf("%s: Markdown is\n%s\nwant it to begin with %s", test.name, md, test.md)
		}
	}
}

// A check that broke at the end and stopped the run is broken, however the whole run was.
func TestTheCheckThatStoppedTheRunIsBroken(t *testing.T) {
	s := statuses(t)["fine"]
	hold(t, s, "p95 < 300ms")
	s.Checks[0].Ended = true
	if got := HoldingOf(s.Checks[0]); got != Breaks {
		t.Errorf("it %s, want %s", got, Breaks)
	}
}

// What CI systems take for JUnit: the counts are true, names are there, and nothing in it
// breaks XML.
func TestJUnitIsSound(t *testing.T) {
	for name, s := range statuses(t) {
		text := made(t, func(w io.Writer) error { return JUnit(w, s) })
		if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' || r == '\u202e' }); i >= 0 {
			t.Errorf("%s: control character %q at %d", name, text[i], i)
		}
		var all junitSuites
		if err := xml.Unmarshal([]byte(text), &all); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var sum junitCounts
		for _, suite := range all.Suites {
			var counted junitSuite
			for _, c := range suite.Cases {
				counted.count(c)
				if _, err := strconv.ParseFloat(c.Time, 64); err != nil || c.Class == "" {
					t.Errorf("%s: test case %+v", name, c)
				}
			}
			if suite.junitCounts != counted.junitCounts || suite.Name == "" || suite.Hostname == "" {
				t.Errorf("%s: suite %s counts %+v, want %+v", name, suite.Name, suite.junitCounts, counted.junitCounts)
			}
			sum.Tests, sum.Failures, sum.Errors, sum.Skipped = sum.Tests+suite.Tests, sum.Failures+suite.Failures, sum.Errors+suite.Errors, sum.Skipped+suite.Skipped
		}
		if all.junitCounts != sum || sum.Tests == 0 {
			t.Errorf("%s: all suites count %+v, want %+v", name, all.junitCounts, sum)
		}
	}
}

// In a pull request, text of a target does nothing.
func TestMarkdownIsHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"GET /cities/{id}":              "GET /cities/{id}",
		"a|b":                           "a&#124;b",
		"`rm`":                          "&#96;rm&#96;",
		"<img src=x onerror=1>":         "&#60;img src=x onerror=1&#62;",
		"@octocat fixes #12":            "@\u200boctocat fixes #\u200b12",
		"![x](https://evil)":            "&#33;&#91;x&#93;(https&#58;//evil)",
		"see www.evil.test":             "see www&#46;evil.test",
		"it is :tada:":                  "it is :\u200btada:",
		":a:+1: at 15:04":               ":\u200ba:\u200b+1: at 15:04",
		"gh-12, GH-x":                   "g\u200bh-12, GH-x",
		"commit 0123456789abcdefABCDEF": "commit 012345\u200b6789ab\u200bcdefAB\u200bCDEF",
		"a deed of 123456":              "a deed of 123456",
		"**_~$\\x$":                     `&#42;&#42;&#95;&#126;&#36;&#92;x&#36;`,
		"line\r\n| x |\x1b[31m":         `line&#92;r&#92;n&#124; x &#124;&#92;x1b&#91;31m`,
		"&lt;":                          "&#38;lt;",
		strings.Repeat("é", 500):        strings.Repeat("é", mdText-1) + "…",
	} {
		if got := markText(in); got != want {
			t.Errorf("markText(%q) = %q, want %q", in, got, want)
		}
	}
	table := regexp.MustCompile(`(?m)^\|.*\|$`)
	for name, s := range statuses(t) {
		md := made(t, func(w io.Writer) error { return Markdown(w, s) })
		columns := 0
		for line := range strings.Lines(md) {
			line = strings.TrimSuffix(line, "\n")
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			n := strings.Count(line, "|")
			if !table.MatchString(line) || columns != 0 && n != columns {
				t.Errorf("%s: %q has %d bars, the line before %d", name, line, n, columns)
			}
			columns = n
		}
	}
}

// Secrets of a host are in no file.
func TestFormatsKeepPasswords(t *testing.T) {
	for name, s := range statuses(t) {
		for _, f := range Formats {
			if text := made(t, func(w io.Writer) error { return f.Write(w, s) }); strings.Contains(text, "secret") {
				t.Errorf("%s%s tells the password", name, f.Ending)
			}
		}
	}
}

// errFull is what a full disk says.
var errFull = errors.New("no space left on device")

// A failing writer fails at its n-th write.
type failing struct{ n int }

func (f *failing) Write(b []byte) (int, error) {
	if f.n--; f.n == 0 {
		return 0, errFull
	}
	return len(b), nil
}

// Whichever write fails, every file says so.
func TestFilesSayWhatFails(t *testing.T) {
	s := statuses(t)["checked"]
	s.Stats.Phases = statuses(t)["open"].Stats.Phases
	writers := map[string]func(io.Writer) error{
		"stats":      func(w io.Writer) error { return RequestsCSV(w, s.Stats) },
		"service":    func(w io.Writer) error { return ServiceCSV(w, s.Stats) },
		"failures":   func(w io.Writer) error { return FailuresCSV(w, s.Stats.Failures) },
		"exceptions": func(w io.Writer) error { return ExceptionsCSV(w, s.Stats.Exceptions) },
		"phases":     func(w io.Writer) error { return PhasesCSV(w, s.Stats) },
		"history":    func(w io.Writer) error { return HistoryCSV(w, s.History, true) },
		"locust":     func(w io.Writer) error { return LocustJSON(w, s) },
	}
	for _, f := range Formats {
		writers[f.Ending] = func(w io.Writer) error { return f.Write(w, s) }
	}
	for name, write := range writers {
		for n := 1; ; n++ {
			f := &failing{n: n}
			err := write(f)
			if f.n > 0 { // it wrote less often than that
				if err != nil {
					t.Errorf("%s: %v without a failure", name, err)
				}
				if n == 1 {
					t.Errorf("%s writes nothing", name)
				}
				break
			}
			if !errors.Is(err, errFull) {
				t.Errorf("%s: write %d fails: %v, want %v", name, n, err, errFull)
				break
			}
		}
	}
}

// Whatever the text, it stays within its cell and is no markup.
func FuzzMarkText(f *testing.F) {
	for _, text := range nasty {
		f.Add(text)
	}
	f.Add("@a #1 http://x www.y | ` \\")
	f.Fuzz(func(t *testing.T, text string) {
		got := markText(text)
		if i := strings.IndexFunc(got, func(r rune) bool { return r < ' ' || strings.ContainsRune("|`<>\\*_[]~$", r) }); i >= 0 {
			t.Errorf("markText(%q) = %q, with %q", text, got, got[i])
		}
		for _, mark := range []string{"@", "#"} {
			plain := regexp.MustCompile(`&#\d+;`).ReplaceAllString(got, "")
			if strings.Count(plain, mark) != strings.Count(plain, mark+blank) || strings.Contains(plain, "://") || strings.Contains(plain, "www.") {
				t.Errorf("markText(%q) = %q, which is a mention, a reference or a link", text, got)
			}
		}
	})
}
