package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update writes it anew)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

var start = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

// second is what users record in one second of a test's run.
type second struct {
	gauges  stats.Gauges
	samples []stats.Sample
	mishaps []stats.Mishap
}

// deltas returns a delta per second.
func deltas(seconds []second) []stats.Delta {
	r := stats.NewRecorder(start)
	var out []stats.Delta
	for i, s := range seconds {
		for _, sample := range s.samples {
			r.Shard(0).Record(sample)
		}
		for _, m := range s.mishaps {
			r.Shard(0).Note(m)
		}
		out = append(out, r.Drain(start.Add(time.Duration(i+1)*time.Second), s.gauges))
	}
	return out
}

func snapshot(list []stats.Delta) *stats.Snapshot {
	var table stats.Table
	for _, d := range list {
		table.Add(d)
	}
	return table.Snapshot()
}

// run is twelve seconds of an ordinary run. The third to fifth are idle; from the
// eighth on cities cannot be found.
func run() []second {
	ms := func(x float64) time.Duration { return time.Duration(x * float64(time.Millisecond)) }
	var seconds []second
	for i := range 12 {
		s := second{gauges: stats.Gauges{Users: min(i+1, 10), Target: 10}}
		at := start.Add(time.Duration(i)*time.Second + 400*time.Millisecond)
		if i == 0 {
			s.samples = append(s.samples, stats.Sample{Method: "POST", Name: "/login", Took: ms(120.5), Bytes: 300})
		}
		if i < 2 || i > 4 {
			for k := range 20 * (i + 1) {
				s.samples = append(s.samples, stats.Sample{Method: "GET", Name: "/cities", Took: ms(0.25 + float64(k)*0.125), Bytes: int64(100 + k)})
				one := stats.Sample{Method: "GET", Name: "/cities/{id}", Took: ms(3 + float64(k)), Bytes: 64}
				if i >= 7 && k%5 == 0 {
					one.Problem = &stats.Problem{
						Format: "status 404", Message: fmt.Sprintf(`status 404: {"detail":"no city %d"}`, k), At: at,
					}
				}
				if i >= 7 && k == 7 {
					one.Problem = &stats.Problem{Format: "city is named %q, want %q", Message: `city is named "a", want "b"`, At: at}
				}
				s.samples = append(s.samples, one)
			}
		}
		if i == 9 {
			s.mishaps = append(s.mishaps, stats.Mishap{
				Group: "readBack: no id", Message: "no id in answer 17", Stack: "readBack", At: at,
			}, stats.Mishap{
				Group: "panic", Message: "panic: runtime error: index out of range [3] with length 3",
				Stack: "goroutine 12 [running]:\nmain.look(...)\n\t/src/look.go:17 +0x1d\n", At: at,
			})
		}
		seconds = append(seconds, s)
	}
	return seconds
}

// openRun is four seconds of the open model at 10 arrivals per second. In the third
// the target froze and the load generator had no port left; in the last, late arrivals
// were made up for and the processor was busy.
func openRun() []second {
	ms := time.Millisecond
	at := start.Add(2500 * ms)
	bad := func(text string, v stats.Verdict) stats.Health {
		h := stats.Health{
			Reasons: []stats.Reason{{Text: text, Worst: v, Spans: 1}},
			Worst:   stats.Vitals{Lag: 7 * ms, Canary: 3 * ms, Processor: 0.935, GC: 0.0421, Descriptors: 0.5, Suspended: 1500 * ms, Unsent: 1},
		}
		if v == stats.Invalid {
			h.Invalid = 1
		} else {
			h.Degraded = 1
		}
		return h
	}
	fine := stats.Health{Valid: 1, Worst: stats.Vitals{Lag: 40 * time.Microsecond, Canary: 90 * time.Microsecond, Processor: 0.1}}
	seconds := []second{
		{gauges: stats.Gauges{Users: 1, Target: 10, Arrivals: stats.Arrivals{Due: 10, Started: 10, Completed: 9}, Health: fine}},
		{gauges: stats.Gauges{Users: 1, Target: 10, Arrivals: stats.Arrivals{Due: 10, Started: 10, Completed: 10}, Health: fine}},
		{gauges: stats.Gauges{Users: 8, Target: 10, Arrivals: stats.Arrivals{Due: 10, Started: 8, Dropped: 2}, Health: bad("no port was left", stats.Degraded)}},
		{gauges: stats.Gauges{Users: 3, Target: 10, Arrivals: stats.Arrivals{Due: 10, Started: 10, Completed: 17, Late: 8}, Health: bad("processor time is used up", stats.Invalid)}},
	}
	for i := range seconds {
		s := &seconds[i]
		if i == 2 {
			s.samples = append(s.samples, stats.Sample{Method: "GET", Name: "/", Problem: &stats.Problem{
				Format: "no port left", Message: "no port left (connecting to 127.0.0.1:80)", At: at, Ours: true,
			}})
			continue
		}
		for k := range 10 {
			sample := stats.Sample{Method: "GET", Name: "/", Took: time.Duration(10+k) * ms, FirstByte: time.Duration(8+k) * ms, Bytes: 100}
			if i == 0 && k < 3 {
				sample.Dial = &stats.Dial{DNS: ms, Connect: 2 * ms, TLS: 30 * ms}
			}
			if i == 3 {
				sample.Lag = time.Duration(100*(9-k)) * ms
			}
			s.samples = append(s.samples, sample)
		}
		s.samples = append(s.samples,
			stats.Sample{Method: "GET", Name: "/events", Took: 900 * ms, FirstByte: 5 * ms, Streamed: true, Bytes: 4000},
			stats.Sample{Method: stats.Group, Name: "checkout", Took: 950 * ms})
	}
	return seconds
}

// nasty is text that does harm where it is not expected.
var nasty = []string{
	"=HYPERLINK(\"http://evil.test\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1",
	"\x1b[31mred\x1b[0m\x1b]0;title\a", "a\u202egnp.exe", "\u2066x\u2069", "zero\u200bwidth", "line\nbreak\r\n", "comma,\"quote\"",
	"\xff\xfe bad", "日本語の名前", "e\u0301", "-5", "🙂", strings.Repeat("long", 500), "", " ", `\.`,
}

func nastyRun() []second {
	var s second
	for _, text := range nasty {
		s.samples = append(s.samples, stats.Sample{
			Method: text, Name: text, Took: time.Millisecond, FirstByte: time.Millisecond, Streamed: true, Problem: &stats.Problem{Format: text, Message: text, At: start},
		})
		s.mishaps = append(s.mishaps, stats.Mishap{Group: text, Message: text, Stack: text, At: start})
	}
	return []second{s}
}

func made(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func historyOf(list []stats.Delta, full bool) func(io.Writer) error {
	return func(w io.Writer) error {
		h, err := NewHistory(w, full)
		for _, d := range list {
			err = errors.Join(err, h.Add(d))
		}
		return err
	}
}

func logOf(begin func(io.Writer) (*Log, error), list []stats.Delta) func(io.Writer) error {
	return func(w io.Writer) error {
		l, err := begin(w)
		for _, d := range list {
			err = errors.Join(err, l.Add(d))
		}
		return err
	}
}

func TestFilesAndTables(t *testing.T) {
	for name, seconds := range map[string][]second{"run": run(), "open": openRun(), "nasty": nastyRun(), "empty": nil, "idle": {{}}} {
		list := deltas(seconds)
		s := snapshot(list)
		golden(t, name+"_stats.csv", made(t, func(w io.Writer) error { return RequestsCSV(w, s) }))
		golden(t, name+"_failures.csv", made(t, func(w io.Writer) error { return FailuresCSV(w, s.Failures) }))
		golden(t, name+"_exceptions.csv", made(t, func(w io.Writer) error { return ExceptionsCSV(w, s.Exceptions) }))
		golden(t, name+"_history.csv", made(t, historyOf(list, false)))
		golden(t, name+"_full_history.csv", made(t, historyOf(list, true)))
		if name == "open" || name == "empty" {
			golden(t, name+"_service.csv", made(t, func(w io.Writer) error { return ServiceCSV(w, s) }))
			golden(t, name+"_phases.csv", made(t, func(w io.Writer) error { return PhasesCSV(w, s) }))
			golden(t, name+"_health.csv", made(t, logOf(NewHealth, list)))
			golden(t, name+"_arrivals.csv", made(t, logOf(NewArrivals, list)))
		}
		for _, width := range []int{0, 80, 120} {
			golden(t, fmt.Sprintf("%s_%d.txt", name, width), strings.Join([]string{
				RequestsTable(s, width, true), RequestsTable(s, width, false), PercentilesTable(s, width), PhasesTable(s, width),
				FailuresTable(s.Failures), ExceptionsTable(s.Exceptions),
			}, "\n"))
		}
	}
}

// Locust's headers, to the letter: tools that read its files look for them.
func TestHeadersAreLocusts(t *testing.T) {
	s := &stats.Snapshot{}
	for what, test := range map[string]struct {
		write func(io.Writer) error
		want  string
	}{
		"requests":   {func(w io.Writer) error { return RequestsCSV(w, s) }, "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"},
		"failures":   {func(w io.Writer) error { return FailuresCSV(w, nil) }, "Method,Name,Error,Occurrences,First Seen,Last Seen"},
		"exceptions": {func(w io.Writer) error { return ExceptionsCSV(w, nil) }, "Count,Message,Traceback,Nodes"},
		"history":    {func(w io.Writer) error { return HistoryCSV(w, stats.Timeline{}, true) }, "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size"},
	} {
		if got, _, _ := strings.Cut(made(t, test.write), "\n"); got != test.want {
			t.Errorf("%s: header\n%s\nwant\n%s", what, got, test.want)
		}
	}
}

// The current columns of the last line are the page's current numbers, and the
// totals are the table's.
func TestHistoryAgreesWithTheTable(t *testing.T) {
	list := deltas(run())
	s := snapshot(list)
	for _, full := range []bool{false, true} {
		lines, err := csv.NewReader(strings.NewReader(made(t, historyOf(list, full)))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		got := lines[len(lines)-1]
		current, all := s.Current.All(), s.Total.All()
		want := join([]string{
			whole(s.To.Unix()), "10", "", "Aggregated", perSecond(s.Total.Rate), perSecond(s.Total.FailRate),
		}, percentileCells(current), sums(s.Total.Row, all))
		if !slices.Equal(got, want) {
			t.Errorf("full %v: last line\n%q\nwant\n%q", full, got, want)
		}
	}
}

func TestHistoryCSVWalksTheTimeline(t *testing.T) {
	list := deltas(run())
	var h stats.History
	for _, d := range list {
		h.Add(d)
	}
	for _, full := range []bool{false, true} {
		got := made(t, func(w io.Writer) error { return HistoryCSV(w, h.Timeline(), full) })
		if want := made(t, historyOf(list, full)); got != want {
			t.Errorf("HistoryCSV(full %v) =\n%s\nwant, as delta by delta,\n%s", full, got, want)
		}
	}
}

// A group is a line of its own and no part of the total, in no file.
func TestGroupsAreNoRequests(t *testing.T) {
	list := deltas(openRun())
	s := snapshot(list)
	want := int64(0)
	for _, l := range s.Rows {
		if l.Method != stats.Group {
			want += l.Requests()
		}
	}
	for what, test := range map[string]struct {
		write  func(io.Writer) error
		column int
	}{
		"requests":     {func(w io.Writer) error { return RequestsCSV(w, s) }, 2},
		"response":     {func(w io.Writer) error { return ServiceCSV(w, s) }, 2},
		"history":      {historyOf(list, false), 17},
		"full history": {historyOf(list, true), 17},
	} {
		lines, err := csv.NewReader(strings.NewReader(made(t, test.write))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := lines[len(lines)-1][test.column]; got != whole(want) {
			t.Errorf("%s: last line counts %s requests, want %d, the groups left out", what, got, want)
		}
	}
}

func TestResponseTimesBeginWhenDue(t *testing.T) {
	s := snapshot(deltas([]second{{samples: []stats.Sample{
		{Method: "GET", Name: "/", Took: 10 * time.Millisecond, Lag: time.Second},
		{Method: "GET", Name: "/", Took: 20 * time.Millisecond},
	}}}))
	for what, test := range map[string]struct {
		write    func(io.Writer, *stats.Snapshot) error
		min, max string
	}{
		"requests": {RequestsCSV, "20", "1010"},
		"service":  {ServiceCSV, "10", "20"},
	} {
		lines, err := csv.NewReader(strings.NewReader(made(t, func(w io.Writer) error { return test.write(w, s) }))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines[1:] {
			if line[6] != test.min || line[7] != test.max {
				t.Errorf("%s: line %q has times from %s to %s, want %s to %s", what, line, line[6], line[7], test.min, test.max)
			}
		}
	}
}

func TestHealthText(t *testing.T) {
	busy := stats.Reason{Text: "processor time is used up", Worst: stats.Invalid, Spans: 12}
	late := stats.Reason{Text: "timers are late", Worst: stats.Degraded, Spans: 14}
	for want, h := range map[string]stats.Health{
		"unknown": {},
		"valid":   {Valid: 3},
		"INVALID — processor time is used up in 12 of 15 s; timers are late in 14 of 15 s": {Valid: 1, Degraded: 2, Invalid: 12, Reasons: []stats.Reason{busy, late}},
		"DEGRADED — timers are late in 14 of 20 s":                                         {Valid: 6, Degraded: 14, Reasons: []stats.Reason{late}},
		"valid — processor time is used up in 12 of 412 s":                                 {Valid: 400, Invalid: 12, Reasons: []stats.Reason{busy}},
		"INVALID — processor time is used up":                                              {Invalid: 1, Reasons: []stats.Reason{{Text: busy.Text, Worst: stats.Invalid, Spans: 1}}},
	} {
		if got := HealthText(h); got != want {
			t.Errorf("HealthText(%+v) = %q, want %q", h, got, want)
		}
	}
}

func TestArrivalsText(t *testing.T) {
	got := ArrivalsText(stats.Arrivals{Due: 100, Started: 98, Completed: 90, Late: 3, Dropped: 2})
	if want := "100 due, 98 started (3 more than 10ms late), 90 completed, 2 dropped"; got != want {
		t.Errorf("ArrivalsText = %q, want %q", got, want)
	}
}

// Deltas that were merged are longer than 10 seconds: each is its own present.
func TestHistoryOfLongSteps(t *testing.T) {
	step := func(i int) stats.Delta {
		r := stats.NewRecorder(start.Add(time.Duration(i) * time.Minute))
		for range 600 {
			r.Shard(0).Record(stats.Sample{Method: "GET", Name: "/", Took: time.Duration(i+1) * time.Millisecond})
		}
		return r.Drain(start.Add(time.Duration(i+1)*time.Minute), stats.Gauges{Users: 5})
	}
	lines, err := csv.NewReader(strings.NewReader(made(t, historyOf([]stats.Delta{step(0), step(1)}, false)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := lines[2]; got[4] != "10.000000" || got[6] != "2" || got[17] != "1200" {
		t.Errorf("second minute: rate %s, 50%% %s, total %s, want 10.000000, 2, 1200", got[4], got[6], got[17])
	}
}

func TestHistoryRestarts(t *testing.T) {
	var b bytes.Buffer
	h, err := NewHistory(&b, true)
	if err != nil {
		t.Fatal(err)
	}
	list := deltas(run()[:1])
	for range 2 {
		b.Reset()
		h.Restart()
		if err := h.Add(list[0]); err != nil {
			t.Fatal(err)
		}
		if want := made(t, historyOf(list, true)); !strings.HasSuffix(want, b.String()) {
			t.Errorf("after Restart:\n%s\nwant the lines of\n%s", b.String(), want)
		}
		list[0].From, list[0].To = list[0].From.Add(time.Minute), list[0].To.Add(time.Minute)
	}
}

// No two lines of a file have the same second, also where steps are short or the clock is
// put back.
func TestEveryLineHasASecondOfItsOwn(t *testing.T) {
	var history, health, arrivals bytes.Buffer
	h, _ := NewHistory(&history, false)
	l, _ := NewHealth(&health)
	a, _ := NewArrivals(&arrivals)
	for _, step := range []struct{ from, to int }{{200, 1200}, {1200, 2200}, {2200, 2900}, {2900, 3100}, {60_000, 61_000}, {30_000, 31_000}} {
		at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
		d := stats.NewRecorder(at(step.from)).Drain(at(step.to), stats.Gauges{})
		if err := errors.Join(h.Add(d), l.Add(d), a.Add(d)); err != nil {
			t.Fatal(err)
		}
	}
	for name, b := range map[string]*bytes.Buffer{"history": &history, "health": &health, "arrivals": &arrivals} {
		lines, err := csv.NewReader(b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, line := range lines[1:] {
			second, _ := strconv.ParseInt(line[0], 10, 64)
			got = append(got, second-start.Unix())
		}
		if want := []int64{1, 2, 3, 4, 61, 62}; !slices.Equal(got, want) {
			t.Errorf("%s: seconds %d, want %d", name, got, want)
		}
	}
}

func TestNoPercentileExceedsTheMaximum(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var s second
		for range 1 + chance.IntN(50) {
			took := time.Duration(chance.ExpFloat64() * float64(time.Second))
			s.samples = append(s.samples, stats.Sample{Method: "GET", Name: "/", Took: took})
		}
		snap := snapshot(deltas([]second{s}))
		lines, err := csv.NewReader(strings.NewReader(made(t, func(w io.Writer) error { return RequestsCSV(w, snap) }))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		row := lines[1]
		highest, last := number(t, row[7]), 0.0
		for i, cell := range row[11:] {
			p := number(t, cell)
			if p > highest || p < last {
				t.Fatalf("%s = %v after %v, with a maximum of %v", lines[0][11+i], p, last, highest)
			}
			last = p
		}
		if last != highest || row[4] != row[11] {
			t.Fatalf("100%% = %v, maximum %v; median %s, 50%% %s: want them equal", last, highest, row[4], row[11])
		}
	}
}

func number(t *testing.T, cell string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatalf("cell %q is not a number", cell)
	}
	return x
}

func TestWording(t *testing.T) {
	for _, test := range []struct{ format, example, want string }{
		{"status 404", "status 404", "status 404"},
		{"status 404", `status 404: {"a":1}`, `status 404: {"a":1}`},
		{"city is %q", `city is "a"`, `city is %q (latest: city is "a")`},
		{"status 404", "", "status 404"},
	} {
		got := wording(stats.Failure{FailureKey: stats.FailureKey{Format: test.format}, Example: test.example})
		if got != test.want {
			t.Errorf("wording(%q, %q) = %q, want %q", test.format, test.example, got, test.want)
		}
	}
	ours := stats.Failure{FailureKey: stats.FailureKey{Format: "no port left", Ours: true}, Example: "no port left"}
	if got, want := wording(ours), "not sent, for want of resources here: no port left"; got != want {
		t.Errorf("wording of what could not be sent = %q, want %q", got, want)
	}
	ours.Example = "no port left for 127.0.0.1:80"
	if got, want := Kind(ours), "not sent, for want of resources here: no port left"; got != want {
		t.Errorf("Kind of what could not be sent = %q, want %q whatever the latest was", got, want)
	}
}

func TestCells(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 1: "0", time.Microsecond: "0.001", 1499 * time.Nanosecond: "0.001", 1500 * time.Nanosecond: "0.002",
		time.Millisecond: "1", 1234567 * time.Nanosecond: "1.235", time.Hour: "3600000", time.Hour - time.Microsecond: "3599999.999",
	} {
		if got := millis(d); got != want {
			t.Errorf("millis(%d ns) = %s, want %s", d, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0", 100: "100", 1.5: "1.5", 1.0 / 3: "0.333", 1e-9: "0"} {
		if got := thousandths(x); got != want {
			t.Errorf("thousandths(%v) = %s, want %s", x, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0", 40 * time.Microsecond: "0.04", 400 * time.Microsecond: "0.4", 24100 * time.Microsecond: "24.1",
		1234 * time.Millisecond: "1234",
	} {
		if got := brief(d); got != want {
			t.Errorf("brief(%s) = %s, want %s", d, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for s, want := range map[string]string{
		"":                 "",
		"plain text — ü 日": "plain text — ü 日",
		"a\nb\tc\r":        `a\nb\tc\r`,
		"\x1b[31m":         `\x1b[31m`,
		"a\u202eb\u2066":   `a\u202eb\u2066`,
		"\x9b31m\xff":      `\x9b31m\xff`,
		"\u009b31m":        `\u009b31m`,
		"zero\u200bwidth":  `zero\u200bwidth`,
		"\u2028\u00a0":     `\u2028\u00a0`,
		`it's "q" \d`:      `it's "q" \d`,
		"\x00\x07\x7f":     `\x00\a\x7f`,
	} {
		if got := OneLine(s); got != want {
			t.Errorf("OneLine(%q) = %q, want %q", s, got, want)
		}
	}
}

// Tables are as wide as the terminal allows, whatever is in them, and no name gets
// a line, a colour or a direction of its own.
func TestTablesAreTame(t *testing.T) {
	s := snapshot(deltas(nastyRun()))
	for _, width := range []int{0, 1, 80, 200} {
		for what, text := range map[string]string{
			"RequestsTable":    RequestsTable(s, width, true),
			"PercentilesTable": PercentilesTable(s, width),
			"PhasesTable":      PhasesTable(s, width),
			"FailuresTable":    FailuresTable(s.Failures),
			"ExceptionsTable":  ExceptionsTable(s.Exceptions),
		} {
			for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
				if OneLine(line) != line {
					t.Errorf("%s(width %d): line %q, want no control characters", what, width, line)
				}
			}
		}
		n := strings.Count(RequestsTable(s, width, true), "\n")
		if want := len(s.Rows) + 4; n != want {
			t.Errorf("RequestsTable(width %d): %d lines, want %d", width, n, want)
		}
	}
	for line := range strings.SplitSeq(RequestsTable(snapshot(deltas(run())), 100, true), "\n") {
		if columns(line) > 100 {
			t.Errorf("RequestsTable(width 100): line of %d columns: %q", columns(line), line)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, test := range []struct {
		s    string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"},
		{"e\u0301e\u0301", 2, "e\u0301e\u0301"}, {"", 3, ""},
	} {
		if got := shorten(test.s, test.n); got != test.want || columns(got) > test.n {
			t.Errorf("shorten(%q, %d) = %q, want %q", test.s, test.n, got, test.want)
		}
	}
}

// Whatever names and messages are, a reader gets as many cells as there are
// columns, the texts unchanged but for the quote, and numbers that are numbers.
func FuzzCSV(f *testing.F) {
	for _, s := range nasty {
		f.Add(s, s, s, s)
	}
	f.Fuzz(func(t *testing.T, method, name, message, stack string) {
		s := snapshot(deltas([]second{{
			samples: []stats.Sample{{
				Method: method, Name: name, FirstByte: time.Millisecond, Streamed: true,
				Problem: &stats.Problem{Format: message, Message: message, At: start},
			}},
			mishaps: []stats.Mishap{{Group: message, Message: message, Stack: stack, At: start}},
		}}))
		for what, test := range map[string]struct {
			write func(io.Writer) error
			lines int
			line  int // with the texts
			texts []int
			want  []string
		}{
			"requests":   {func(w io.Writer) error { return RequestsCSV(w, s) }, 3, 1, []int{0, 1}, []string{method, name}},
			"phases":     {func(w io.Writer) error { return PhasesCSV(w, s) }, len(s.Phases) + 1, len(s.Phases), []int{1}, []string{phases(s)[len(s.Phases)-1].Name}},
			"failures":   {func(w io.Writer) error { return FailuresCSV(w, s.Failures) }, 2, 1, []int{0, 1, 2}, []string{method, name, s.Failures[0].Format}},
			"exceptions": {func(w io.Writer) error { return ExceptionsCSV(w, s.Exceptions) }, 2, 1, []int{1, 2}, []string{s.Exceptions[0].Message, s.Exceptions[0].Stack}},
		} {
			file := made(t, test.write)
			lines, err := csv.NewReader(strings.NewReader(file)).ReadAll()
			if err != nil || len(lines) != test.lines {
				t.Fatalf("%s: read %d lines (%v) of\n%s\nwant %d", what, len(lines), err, file, test.lines)
			}
			for i, column := range test.texts {
				got, want := lines[test.line][column], escape(strings.ToValidUTF8(test.want[i], "\uFFFD"), "\n\t")
				if got != "" && strings.IndexByte("=+-@\t\r\n\x00", got[0]) >= 0 {
					t.Errorf("%s: cell %q is a formula", what, got)
				}
				if want != "" && strings.IndexByte("=+-@\t\r\n\x00", want[0]) >= 0 {
					want = "'" + want
				}
				// A reader takes \r\n within quotes for \n.
				if got, want := strings.ReplaceAll(got, "\r\n", "\n"), strings.ReplaceAll(want, "\r\n", "\n"); got != want {
					t.Errorf("%s: cell %q, want %q", what, got, want)
				}
			}
			if what == "requests" {
				for _, cell := range lines[1][2:] {
					number(t, cell)
				}
			}
		}
	})
}

func TestWriteFileReplacesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	write := func(text string, err error) error {
		return WriteFile(path, func(w io.Writer) error {
			io.WriteString(w, text)
			return err
		})
	}
	if err := write("old", nil); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	broken := errors.New("broken")
	if err := write("half", broken); !errors.Is(err, broken) {
		t.Errorf("WriteFile with a failing writer = %v, want %v", err, broken)
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("after a failure the file holds %q, want %q", got, "old")
	}
	if err := write("new", nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "new" {
		t.Errorf("the file holds %q, want %q", got, "new")
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("permissions %o, want those of the old file, 600", info.Mode().Perm())
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("%d files in the folder, want no temporary ones", len(entries))
	}
}

func TestWriteFileNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "f.csv")
	err := WriteFile(path, func(io.Writer) error { return nil })
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "write "+path+": ") {
		t.Errorf("WriteFile(%s) = %v, want a message that begins with the path", path, err)
	}
}
