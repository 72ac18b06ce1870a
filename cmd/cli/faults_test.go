package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/report"
)

// A faultyDisk is a disk whose n-th deed fails, and every one while it is full.
type faultyDisk struct {
	n    int
	full bool
	hits int // deeds that failed
}

// deed returns what becomes of the next deed.
func (d *faultyDisk) deed() error {
	if d.n--; d.n == 0 || d.full {
		d.hits++
		return syscall.ENOSPC
	}
	return nil
}

func (d *faultyDisk) disk() disk {
	return disk{
		open: func(path string, flag int) (diskFile, error) {
			if err := d.deed(); err != nil {
				return nil, &os.PathError{Op: "open", Path: path, Err: err}
			}
			f, err := os.OpenFile(path, flag, 0o666)
			return faultyFile{f, d}, err
		},
		replace: func(path string, write func(io.Writer) error) error {
			return report.WriteFile(path, func(w io.Writer) error { return write(faultyWriter{w, d}) })
		},
	}
}

type faultyFile struct {
	*os.File
	disk *faultyDisk
}

// WriteAt writes half of what it shall when the disk fails.
func (f faultyFile) WriteAt(b []byte, at int64) (int, error) {
	if err := f.disk.deed(); err != nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], at)
		return n, err
	}
	return f.File.WriteAt(b, at)
}

func (f faultyFile) Truncate(size int64) error {
	if err := f.disk.deed(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f faultyFile) Sync() error {
	if err := f.disk.deed(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f faultyFile) Close() error {
	return errors.Join(f.File.Close(), f.disk.deed())
}

type faultyWriter struct {
	io.Writer
	disk *faultyDisk
}

func (w faultyWriter) Write(b []byte) (int, error) {
	if err := w.disk.deed(); err != nil {
		n, _ := w.Writer.Write(b[:len(b)/2])
		return n, err
	}
	return w.Writer.Write(b)
}

// on puts files on a faulty disk.
func (c *csvFiles) on(d *faultyDisk) {
	c.disk = d.disk()
	for _, g := range c.growing {
		g.disk = c.disk
	}
}

// history returns the column Total Request Count of the history file, with "gap" for the
// line of a gap.
func histories(t *testing.T, c *csvFiles) string {
	t.Helper()
	var list []string
	for _, line := range readCSV(t, c.prefix+"_stats_history.csv")[1:] {
		if line[2] == "GAP" {
			line[17] = "gap"
		}
		list = append(list, line[17])
	}
	return strings.Join(list, " ")
}

// Whichever deed of the writing fails, once: what is written in the end is all there is,
// each second once, and the line of a gap tells where it was late.
func TestWhicheverWriteFails(t *testing.T) {
	for n := 1; ; n++ {
		c, clock, _ := newFiles(t)
		d := &faultyDisk{n: n}
		c.on(d)
		tp := newTape(1, start)
		tp.config.Model = engine.Open
		var s *engine.Status
		for range 3 {
			*clock = clock.Add(retryAfter)
			s = tp.second(1)
			c.update(s)
		}
		err := c.finish(s)
		if d.hits == 0 {
			if err != nil {
				t.Errorf("nothing fails: finish = %v", err)
			}
			if n < 20 {
				t.Fatalf("only %d deeds", n-1)
			}
			return
		}
		if err != nil { // the very last deeds: there is no other try
			if !errors.Is(err, syscall.ENOSPC) && !strings.Contains(err.Error(), "has a gap") {
				t.Errorf("deed %d fails: finish = %v", n, err)
			}
		}
		got := histories(t, c)
		want := "1 2 3"
		if strings.Contains(got, "gap") {
			if err == nil {
				t.Errorf("deed %d fails: finish = nil, with a gap: %s", n, got)
			}
			got = strings.Join(slices.DeleteFunc(strings.Fields(got), func(s string) bool { return s == "gap" }), " ")
		}
		if got != want {
			t.Errorf("deed %d fails: the history has %s, want %s (finish = %v)", n, got, want, err)
		}
		for _, name := range []string{"_stats.csv", "_failures.csv", "_exceptions.csv", "_phases.csv", "_health.csv", arrivalsFile, serviceFile} {
			readCSV(t, c.prefix+name)
		}
	}
}

// While the disk is full there is one log line a minute, a try every 10 s, and an alarm
// on the page; then everything is written, with the line of a gap, and the end says so.
func TestWritingIsTriedAgain(t *testing.T) {
	c, clock, l := newFiles(t)
	tp := newTape(1, start)
	c.update(tp.second(1))
	d := &faultyDisk{full: true}
	c.on(d)
	var s *engine.Status
	for i := range 65 {
		*clock = clock.Add(time.Second)
		s = tp.second(1)
		before := d.hits
		c.update(s)
		if tried := d.hits > before; tried != (i%10 == 0) {
			t.Errorf("second %d of the failure: tried %v, want every 10 s", i, tried)
		}
	}
	if lines := l.Lines(); len(lines) != 2 || lines[0].Level != "ERROR" {
		t.Errorf("%d log lines in 65 seconds, want 2 errors:\n%v", len(lines), lines)
	}
	if alarms := c.faults.Alarms(); len(alarms) != 1 || !strings.Contains(alarms[0], "no space left on device") {
		t.Errorf("alarms are %q, want one of the full disk", alarms)
	}
	d.full = false
	*clock = clock.Add(retryAfter)
	c.update(s)
	if got, want := histories(t, c), "1 gap "+numbers(2, 66); got != want {
		t.Errorf("the history has %s, want %s", got, want)
	}
	if line := readCSV(t, c.prefix+"_stats_history.csv")[2]; line[0] != fmt.Sprint(start.Add(time.Second).Unix()) || line[3] != "(could not be written for 1m14s: the rows that follow are late)" {
		t.Errorf("the line of the gap is %q", line)
	}
	if alarms := c.faults.Alarms(); len(alarms) != 0 {
		t.Errorf("alarms are %q, want none: it is written", alarms)
	}
	c.update(tp.second(1))
	if err := c.finish(s); err == nil || !strings.Contains(err.Error(), "_stats_history.csv has a gap") {
		t.Errorf("finish = %v, want word of the gap", err)
	}
}

func numbers(from, to int) string {
	var list []string
	for i := from; i <= to; i++ {
		list = append(list, fmt.Sprint(i))
	}
	return strings.Join(list, " ")
}

// Of a disk that stays full, memory does not grow, and the end says so.
func TestHistoryThatIsLost(t *testing.T) {
	c, clock, _ := newFiles(t)
	c.growing[0].Write(make([]byte, mostPending+1))
	tp := newTape(1, start)
	c.on(&faultyDisk{full: true})
	c.update(tp.second(1))
	c.on(&faultyDisk{})
	*clock = clock.Add(retryAfter)
	s := tp.second(1)
	c.update(s)
	if got := histories(t, c); got != "gap 1 2" {
		t.Errorf("the history has %s, want gap 1 2", got)
	}
	if line := readCSV(t, c.prefix+"_stats_history.csv")[1]; !strings.Contains(line[3], "rows are lost") {
		t.Errorf("the line of the gap is %q", line)
	}
	if err := c.finish(s); err == nil || !strings.Contains(err.Error(), "_stats_history.csv has a gap") {
		t.Errorf("finish = %v, want word of the gap", err)
	}
}

// A file that somebody took away or cut begins anew, with its header and the line of a
// gap.
func TestFilesThatVanish(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"removed": os.Remove,
		"cut":     func(path string) error { return os.Truncate(path, 5) },
		"moved":   func(path string) error { return os.Rename(path, path+".1") },
	} {
		c, clock, _ := newFiles(t)
		tp := newTape(1, start)
		c.update(tp.second(1))
		if err := harm(c.growing[0].path); err != nil {
			t.Fatal(err)
		}
		*clock = clock.Add(time.Second)
		s := tp.second(1)
		c.update(s)
		if got := histories(t, c); got != "gap 2" {
			t.Errorf("%s: the history has %s, want gap 2", name, got)
		}
		if err := c.finish(s); err == nil || !strings.Contains(err.Error(), "has a gap") {
			t.Errorf("%s: finish = %v, want word of the gap", name, err)
		}
	}
}

// A folder that vanishes and comes back has whole files again.
func TestFolderThatComesBack(t *testing.T) {
	c, clock, _ := newFiles(t)
	dir := filepath.Dir(c.prefix)
	tp := newTape(1, start)
	c.update(tp.second(1))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c.update(tp.second(1))
	if alarms := c.faults.Alarms(); len(alarms) != 1 {
		t.Errorf("alarms are %q, want one", alarms)
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	*clock = clock.Add(retryAfter)
	s := tp.second(1)
	c.update(s)
	if got := histories(t, c); got != "gap 2 3" {
		t.Errorf("the history has %s, want gap 2 3", got)
	}
	for _, name := range []string{"_stats.csv", "_failures.csv", "_exceptions.csv", "_phases.csv", "_health.csv"} {
		if lines := readCSV(t, c.prefix+name); len(lines) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	if c.finish(s) == nil {
		t.Error("finish = nil, want word of what is lost")
	}
}

// Reports that cannot be written are tried again, and the old file stays until there is a
// whole new one, whichever write fails.
func TestReportsAreTriedAgain(t *testing.T) {
	tp := newTape(1, start)
	s := tp.second(5)
	s.State, s.Ended = engine.Stopped, s.At
	for _, format := range formats(report.Lenience{}) {
		for n := 1; ; n++ {
			l, end, _ := openLog("", io.Discard, levelCritical)
			faults := newFaults(l.Logger)
			now := start
			faults.now = func() time.Time { return now }
			path := filepath.Join(t.TempDir(), "run"+format.Ending)
			if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := newReports([]reportFile{{flag: "report", path: path, planned: path, write: format.Write}}, faults)
			if err != nil {
				t.Fatal(err)
			}
			d := &faultyDisk{n: n}
			r.write = d.disk().replace
			r.update(s)
			if d.hits == 0 {
				break
			}
			if text, _ := os.ReadFile(path); string(text) != "old" || len(faults.Alarms()) != 1 {
				t.Errorf("%s, write %d fails: the file has %d bytes, alarms are %q", format.Ending, n, len(text), faults.Alarms())
			}
			r.update(s) // too soon
			now = now.Add(retryAfter)
			r.update(s)
			if text, _ := os.ReadFile(path); len(text) < 100 || len(faults.Alarms()) != 0 {
				t.Errorf("%s, write %d fails: after another try the file has %d bytes, alarms are %q", format.Ending, n, len(text), faults.Alarms())
			}
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
				t.Errorf("%s, write %d fails: the folder has %v", format.Ending, n, left)
			}
			if err := r.finish(s); err != nil {
				t.Errorf("%s, write %d fails: finish = %v", format.Ending, n, err)
			}
			_ = end()
			if n > 50 {
				break // a long one
			}
		}
	}
}

// A log file with no room loses lines and says how many; the program goes on.
func TestLogFileWithoutRoom(t *testing.T) {
	var out strings.Builder
	s := &sink{}
	full := writerFunc(func(b []byte) (int, error) {
		n, _ := out.Write(b[:3])
		return n, syscall.ENOSPC
	})
	s.put(&out, "one\n")
	s.put(full, "two\n")
	s.put(full, "three\n")
	s.put(&out, "four\n")
	s.put(&out, "five\n")
	want := "one\ntwo\n(1\n(2 lines could not be written: no space left on device)\nfour\nfive\n"
	if out.String() != want {
		t.Errorf("the log has\n%q, want\n%q", out.String(), want)
	}
}

type writerFunc func(b []byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// With a page there are several runs: each is written once it is over, in place of the one
// before, and none while it is on.
func TestReportsAreOfTheLatestRun(t *testing.T) {
	l, end, _ := openLog("", io.Discard, levelCritical)
	defer end()
	path := filepath.Join(t.TempDir(), "run.md")
	r, err := newReports([]reportFile{{flag: "report", path: path, planned: path, write: report.Markdown}}, newFaults(l.Logger))
	if err != nil {
		t.Fatal(err)
	}
	writes, replace := 0, r.write
	r.write = func(path string, write func(io.Writer) error) error {
		writes++
		return replace(path, write)
	}
	for n := range 3 {
		tp := newTape(n+1, start.Add(time.Duration(n)*time.Hour))
		on := tp.second(1)
		r.update(on)
		if writes != n {
			t.Errorf("run %d is on and written", n+1)
		}
		over := tp.second(1)
		over.State, over.Ended = engine.Stopped, over.At
		r.update(over)
		r.update(over)
		text, _ := os.ReadFile(path)
		if want := fmt.Sprintf("run %d, seed", n+1); writes != n+1 || !strings.Contains(string(text), want) {
			t.Errorf("after run %d: %d writes, and the file has\n%s\nwant %q", n+1, writes, text, want)
		}
		if err := r.finish(over); err != nil || writes != n+1 {
			t.Errorf("finish = %v after %d writes, want no other one", err, writes)
		}
	}
}

func TestNamesOfReports(t *testing.T) {
	for _, test := range []struct {
		path string
		c    engine.Config
		want string
	}{
		{"u{u}_r{r}_t{t}.html", engine.Config{Users: 20, SpawnRate: 0.5, RunTime: 90 * time.Second}, "u20_r0.5_t90.html"},
		{"{t}{x}", engine.Config{Users: 1, SpawnRate: 1}, "{t}{x}"},
		{"{u}_{r}", engine.Config{Model: engine.Open, Rate: 250, UserCap: 40}, "250_250"},
	} {
		if got := named(test.path, test.c, test.c.RunTime); got != test.want {
			t.Errorf("named(%q) = %q, want %q", test.path, got, test.want)
		}
	}
}

func TestNamesOfReportsAreThoseOfTheRun(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	f := reportFile{path: "{u}_{r}_{t}.html"}
	for _, test := range []struct {
		c    engine.Config
		want string
	}{
		{engine.Config{Users: 7, SpawnRate: 2, RunTime: time.Minute}, "7_2_60.html"},
		{engine.Config{Users: 7, SpawnRate: 2}, "7_2_12.html"},
		{engine.Config{Stages: load.Stages{{Duration: 12 * time.Second, Target: 9}}, SpawnRate: 4}, "9_4_12.html"},
	} {
		s := &engine.Status{Config: test.c, Started: began, Ended: began.Add(12100 * time.Millisecond)}
		if got := f.of(s); got != test.want {
			t.Errorf("of(%+v) = %q, want %q", test.c, got, test.want)
		}
	}
}
