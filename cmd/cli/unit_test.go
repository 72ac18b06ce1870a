package cli

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

func TestLogLines(t *testing.T) {
	logged := func(do func(l *log)) string {
		var out bytes.Buffer
		l, end, err := openLog("", &out, slog.LevelInfo)
		if err != nil {
			t.Fatal(err)
		}
		do(l)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		line, _ := strings.CutSuffix(out.String(), "\n")
		if line == "" {
			return ""
		}
		return line[len("2006-01-02 15:04:05.000 "):]
	}
	for want, do := range map[string]func(*log){
		"":                                   func(l *log) { l.Debug("quiet") },
		"INFO plain a=1 b=x":                 func(l *log) { l.Info("plain", "a", 1, "b", "x") },
		"WARNING w":                          func(l *log) { l.Warn("w") },
		"ERROR e":                            func(l *log) { l.Error("e") },
		"CRITICAL c":                         func(l *log) { l.Log(t.Context(), slog.Level(12), "c") },
		`INFO a\nb\x1b[31m x="\u202ey" z=""`: func(l *log) { l.Info("a\nb\x1b[31m", "x", "\u202ey", "z", "") },
		`INFO m k="two words" q="a\"b"`:      func(l *log) { l.Info("m", "k", "two words", "q", `a"b`) },
		`INFO m run=1 g.h.k=v g.x=1s`:        func(l *log) { l.With("run", 1).WithGroup("g").Info("m", slog.Group("h", "k", "v"), "x", time.Second) },
		`INFO m a\nb=1`:                      func(l *log) { l.Info("m", "a\nb", 1) },
		"INFO " + strings.Repeat("x", 2048) + "…": func(l *log) { l.Info(strings.Repeat("x", 5000)) },
	} {
		if got := logged(do); got != want {
			t.Errorf("logged %q, want %q", got, want)
		}
	}
}

func TestNobodyWaitsForAReaderOfTheLog(t *testing.T) {
	r, w := io.Pipe() // a write waits for a read
	l, end, err := openLog("", w, slog.LevelInfo)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * keptLines { // without the reader, and all of it returns
		l.Info("line", "i", i)
	}
	read := make(chan string)
	go func() {
		all, _ := io.ReadAll(r)
		read <- string(all)
	}()
	for range 10 { // once there is room again, what was left out is said
		l.Info("late")
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if all := <-read; !strings.Contains(all, "i=0") || strings.Count(all, "\n") > 2*keptLines {
		t.Errorf("read %d lines, beginning %.60q; want the first %d or so", strings.Count(all, "\n"), all, keptLines)
	}
}

func TestLogKeepsTheLatestLines(t *testing.T) {
	l, end, err := openLog("", new(bytes.Buffer), slog.LevelInfo)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	for i := range keptLines + 7 {
		l.Info(fmt.Sprint("line ", i))
	}
	lines := l.Lines()
	first, last := lines[0], lines[len(lines)-1]
	if len(lines) != keptLines || first.Text != "line 7" || last.Text != fmt.Sprint("line ", keptLines+6) {
		t.Errorf("%d lines from %q to %q, want the last %d", len(lines), first.Text, last.Text, keptLines)
	}
	if first.Number != 8 || last.Number != keptLines+7 || last.Level != "INFO" || last.At.IsZero() {
		t.Errorf("kept from %+v to %+v, want numbers 8 to %d with their level and time", first, last, keptLines+7)
	}
}

func TestNewsOfTheLogWaitsForWhoeverLooks(t *testing.T) {
	l, end, err := openLog("", new(bytes.Buffer), slog.LevelInfo)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	news, stop := l.News()
	told := func() bool {
		select {
		case <-news:
			return true
		default:
			return false
		}
	}
	if told() {
		t.Error("there is news before there is a line")
	}
	for range 3 {
		l.Info("line")
	}
	if !told() || told() {
		t.Error("three lines are not one piece of news")
	}
	l.Debug("not logged")
	if told() {
		t.Error("a line that is not logged is news")
	}
	stop()
	l.Info("line")
	if told() {
		t.Error("there is news after the watch has ended")
	}
}

func TestBuild(t *testing.T) {
	settings := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "true"}}
	for _, test := range []struct {
		info debug.BuildInfo
		want build
	}{
		{debug.BuildInfo{}, build{version: "devel"}},
		{debug.BuildInfo{Main: debug.Module{Path: module, Version: "(devel)"}, Settings: settings[:1]}, build{"devel", "0123456789ab"}},
		{debug.BuildInfo{Main: debug.Module{Path: module, Version: "v1.2.3"}, Settings: settings}, build{"1.2.3", "0123456789ab and changes"}},
		{debug.BuildInfo{
			Main: debug.Module{Path: "example.test/mine", Version: "v9.0.0"}, Deps: []*debug.Module{{Path: module, Version: "v1.2.3"}},
		}, build{version: "1.2.3"}},
	} {
		if got := buildOf(&test.info); got != test.want {
			t.Errorf("buildOf(%+v) = %+v, want %+v", test.info, got, test.want)
		}
	}
}

func TestHostsToAnswerTo(t *testing.T) {
	for host, want := range map[string][]string{
		"": {"a.test"}, "*": {"a.test", "*"}, "0.0.0.0": {"a.test", "*"}, "::": {"a.test", "*"},
		"10.1.2.3": {"a.test", "10.1.2.3"}, "box.test": {"a.test", "box.test"},
	} {
		p := &program{opts: &options{webHost: host, allowedHosts: []string{"a.test"}}}
		if got := p.answersTo(); !reflect.DeepEqual(got, want) {
			t.Errorf("--web-host %q answers to %q, want %q", host, got, want)
		}
	}
	for host, want := range map[string]bool{"": true, "localhost": true, "127.0.0.9": true, "::1": true, "*": false, "0.0.0.0": false, "box.test": false} {
		if got := (&program{opts: &options{webHost: host}}).loopback(); got != want {
			t.Errorf("--web-host %q is for this machine alone: %v, want %v", host, got, want)
		}
	}
}

// advised returns what a watcher logs about statuses in turn.
func advised(statuses ...*engine.Status) string {
	var out bytes.Buffer
	l, end, _ := openLog("", &out, slog.LevelInfo)
	w := &watcher{log: l.Logger}
	for _, s := range statuses {
		w.advise(s)
	}
	_ = end()
	return out.String()
}

func TestEachKindOfNoticeIsLoggedOncePerRun(t *testing.T) {
	s := func(run int, notices ...string) *engine.Status { return &engine.Status{Run: run, Notices: notices} }
	got := advised(s(1, "3 of 4 cannot start"), s(1, "12 of 40 cannot start", "another"), s(1, "another"), s(2, "another"))
	if n := strings.Count(got, "cannot start"); n != 1 {
		t.Errorf("logged %d times that users cannot start, want once:\n%s", n, got)
	}
	if n := strings.Count(got, "another"); n != 2 {
		t.Errorf("logged the other notice %d times in two runs, want twice:\n%s", n, got)
	}
}

func TestMoreUsersThanFiles(t *testing.T) {
	limit, known := fileLimit()
	if !known || limit > engine.MaxUsers {
		t.Skip("no limit of open files that users could reach")
	}
	s := &engine.Status{Run: 1, State: engine.Spawning, Peak: int(limit)}
	want := "ulimit -n " + strconv.FormatUint(limit+spareFiles, 10)
	if got := advised(s); !strings.Contains(got, want) {
		t.Errorf("logged %q, want the way out: %s", got, want)
	}
	s.Peak = 1
	if got := advised(s); got != "" {
		t.Errorf("logged %q about one user, want nothing", got)
	}
}

// What is printed tells the models apart, and does not hide that the load generator
// was in the way.
func TestConsole(t *testing.T) {
	closed := newTape(1, start)
	closed.gauges = stats.Gauges{Users: 1, Health: stats.Health{Valid: 1}}
	closed.second(10)
	open := newTape(1, start)
	open.config = engine.Config{Model: engine.Open, Rate: 10, Seed: 42}
	open.gauges = stats.Gauges{Users: 4, Target: 10, Arrivals: stats.Arrivals{Due: 10, Started: 9, Late: 2, Completed: 8, Dropped: 1}, Health: stats.Health{Valid: 1}}
	open.second(8)
	open.gauges.Health = stats.Health{Invalid: 1, Reasons: []stats.Reason{{Text: "processor time is used up", Worst: stats.Invalid, Spans: 1}}}
	for name, tp := range map[string]*tape{"closed": closed, "open": open} {
		s := tp.second(8)
		golden(t, "progress_"+name+".txt", progress(s, 80))
		s.State, s.Ended = engine.Stopped, s.At
		golden(t, "summary_"+name+".txt", summary(s, 80))
	}
}

// A run in memory: what an engine would publish second by second.
type tape struct {
	recorder *stats.Recorder
	table    stats.Table
	history  stats.History
	began    time.Time
	now      time.Time
	run      int
	config   engine.Config
	gauges   stats.Gauges // of each second
}

func newTape(run int, at time.Time) *tape {
	return &tape{
		recorder: stats.NewRecorder(at), began: at, now: at, run: run,
		config: engine.Config{Model: engine.Closed, Seed: 7}, gauges: stats.Gauges{Users: 3},
	}
}

// second records requests and returns the status a second later.
func (tp *tape) second(requests int) *engine.Status {
	var lag time.Duration
	if tp.config.Model == engine.Open {
		lag = time.Millisecond
	}
	for range requests {
		tp.recorder.Shard(0).Record(stats.Sample{Method: "GET", Name: "/", Took: time.Millisecond, Lag: lag, FirstByte: time.Millisecond})
	}
	tp.now = tp.now.Add(time.Second)
	d := tp.recorder.Drain(tp.now, tp.gauges)
	tp.table.Add(d)
	tp.history.Add(d)
	return &engine.Status{
		Run: tp.run, State: engine.Running, Config: tp.config, Started: tp.began, At: tp.now, Users: d.Users, Target: d.Target,
		Stats: tp.table.Snapshot(), History: tp.history.Timeline(),
	}
}

var start = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

// newFiles returns files in a new folder, with a clock to turn.
func newFiles(t *testing.T) (c *csvFiles, clock *time.Time, l *log) {
	t.Helper()
	l, end, _ := openLog("", io.Discard, slog.LevelInfo)
	t.Cleanup(func() { _ = end() })
	now := start
	faults := newFaults(l.Logger)
	faults.now = func() time.Time { return now }
	c, err := createCSV(filepath.Join(t.TempDir(), "x"), false, faults)
	if err != nil {
		t.Fatal(err)
	}
	return c, &now, l
}

// totals returns the column Total Request Count of the history file.
func totals(t *testing.T, c *csvFiles) string {
	t.Helper()
	var list []string
	for _, line := range readCSV(t, c.prefix+"_stats_history.csv")[1:] {
		list = append(list, line[17])
	}
	return strings.Join(list, " ")
}

func TestFilesBeginWithHeaders(t *testing.T) {
	c, _, _ := newFiles(t)
	for name, want := range map[string]int{"_stats.csv": 2, "_stats_history.csv": 1, "_failures.csv": 1, "_exceptions.csv": 1, "_health.csv": 1, "_phases.csv": 1} {
		if lines := readCSV(t, c.prefix+name); len(lines) != want {
			t.Errorf("%s has %d lines before a run, want %d", name, len(lines), want)
		}
	}
	if err := c.finish(&engine.Status{Stats: &stats.Snapshot{}}); err != nil {
		t.Errorf("finish without a run = %v, want nil", err)
	}
}

// The history takes over each second once, however often it is told, also when it
// was not told for a while, and begins anew with a run or a reset.
func TestHistoryFollows(t *testing.T) {
	c, _, _ := newFiles(t)
	tp := newTape(1, start)
	s := tp.second(10)
	c.update(s)
	c.update(s)
	tp.second(5)
	c.update(tp.second(1))
	c.update(newTape(1, tp.now.Add(300*time.Millisecond)).second(7)) // a reset
	c.update(&engine.Status{Run: 2, Stats: &stats.Snapshot{}})
	tp = newTape(2, tp.now.Add(time.Minute))
	s = tp.second(2)
	c.update(s)
	if err := c.finish(s); err != nil {
		t.Fatal(err)
	}
	if got, want := totals(t, c), "10 15 16 7 2"; got != want {
		t.Errorf("totals in the history are %s, want %s", got, want)
	}
}

// Files that a run has no use for come with the first run that has.
func TestFilesComeWithTheirRun(t *testing.T) {
	c, _, _ := newFiles(t)
	lines := func(name string) int {
		if _, err := os.Stat(c.prefix + name); err != nil {
			return 0
		}
		return len(readCSV(t, c.prefix+name))
	}
	check := func(when string, health, arrivals, response int) {
		t.Helper()
		if h, a, r := lines("_health.csv"), lines(arrivalsFile), lines(serviceFile); h != health || a != arrivals || r != response {
			t.Errorf("%s: %d lines of health, %d of arrivals, %d of response times, want %d, %d, %d", when, h, a, r, health, arrivals, response)
		}
	}
	tp := newTape(1, start)
	c.update(tp.second(1))
	check("after a closed run", 2, 0, 0)
	tp = newTape(2, tp.now.Add(time.Minute))
	tp.config.Model = engine.Open
	c.update(tp.second(1))
	c.update(tp.second(1))
	check("after an open run", 4, 3, 3)
	tp = newTape(3, tp.now.Add(time.Minute))
	c.update(tp.second(1))
	check("after another closed run", 5, 3, 3)
	if err := c.finish(tp.second(1)); err != nil {
		t.Fatal(err)
	}
	check("at the end", 6, 3, 3)
}
