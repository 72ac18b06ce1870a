package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/report"
)

// reportNames are a report of each kind.
var reportNames = []string{"run.json", "run.md", "run.xml", "run.hlog", "run.html", "rows.json"}

// reportFlags ask for all of them in a folder.
func reportFlags(dir string) []string {
	var args []string
	for _, name := range reportNames[:len(reportNames)-1] {
		args = append(args, "--report", filepath.Join(dir, name))
	}
	return append(args, "--json-file", filepath.Join(dir, "rows"))
}

// wholeReport returns what is wrong with a report as a file.
func wholeReport(name string, text []byte) error {
	switch filepath.Ext(name) {
	case ".json":
		var v any
		return json.Unmarshal(text, &v)
	case ".xml":
		var v struct{ XMLName xml.Name }
		return xml.Unmarshal(text, &v)
	}
	end := map[string]string{".md": "</sub>\n", ".hlog": "\n", ".html": "</html>"}[filepath.Ext(name)]
	if !bytes.HasSuffix(text, []byte(end)) {
		return fmt.Errorf("it ends in %q, want %q", text[max(0, len(text)-20):], end)
	}
	return nil
}

func TestReportsOfARun(t *testing.T) {
	tg := newTarget(t, fine)
	dir := t.TempDir()
	c := launch(t, nil, append(reportFlags(dir), "--headless", "-u", "2", "-r", "0.5", "-t", "1", "-s", "60", "--json", "--html", filepath.Join(dir, "{u}_{r}_{t}.html"), "-H", tg.URL, "hit")...)
	c.exits(t, 0)
	for _, name := range append(slices.Clone(reportNames), "2_0.5_1.html") {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if err := wholeReport(name, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	rows, err := os.ReadFile(filepath.Join(dir, "rows.json"))
	if err != nil {
		t.Fatal(err)
	}
	if c.out.String() != string(rows) {
		t.Errorf("--json prints\n%s\nwant what --json-file has:\n%s", &c.out, rows)
	}
	c.err.find(t, `Response time percentiles`)
	var list []struct {
		Requests int64 `json:"num_requests"`
	}
	if err := json.Unmarshal(rows, &list); err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, e := range list {
		sum += e.Requests
	}
	if got := tg.answered.Load(); sum != got || sum == 0 {
		t.Errorf("the rows count %d requests, the target %d", sum, got)
	}
}

func TestReportSchemaIsPrinted(t *testing.T) {
	c := launch(t, nil, "--report-schema")
	c.exits(t, 0)
	if c.out.String() != string(report.Schema) {
		t.Errorf("stdout\n%s\nwant the schema", &c.out)
	}
}

// What cannot be written is said before the run, and what shall be written is not touched.
func TestReportsAreRefusedBeforeTheRun(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old.md")
	if err := os.WriteFile(old, []byte("old"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args   []string
		status int
		err    string
	}{
		{[]string{"--report", "x.pdf"}, 2, `--report: "x.pdf" does not say what it shall be — let it end in .json, .md, .xml, .hlog or .html`},
		{[]string{"--report", "x"}, 2, `--report: "x" does not say`},
		{[]string{"--report", "x.json", "--json-file", "./x"}, 2, `--json-file: ./x.json is written by --report already`},
		{[]string{"--report", old, "--report", filepath.Join(dir, "gone", "x.md")}, 4, `--report: write .*gone/x.md: no such file or directory`},
		{[]string{"--html", dir}, 4, `--html: write .*: it is a folder`},
		{[]string{"--json-file", filepath.Join(dir, "gone", "x")}, 4, `--json-file: write .*x.json: no such file`},
	} {
		c := launch(t, nil, append(test.args, "--headless", "-H", "http://127.0.0.1:9", "hit")...)
		c.exits(t, test.status)
		if !regexp.MustCompile(test.err).MatchString(c.err.String()) || strings.Contains(c.err.String(), "run started") {
			t.Errorf("%q: stderr\n%s\nwant a match for %s and no run", test.args, &c.err, test.err)
		}
	}
	if text, _ := os.ReadFile(old); string(text) != "old" {
		t.Errorf("the old report has %q", text)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("the folder has %v, want the old report alone", left)
	}
}

// Stdout and the log on a full disk cost the run nothing but its exit status.
func TestFullStdoutAndLog(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no /dev/full: %v", err)
	}
	defer full.Close()
	tg := newTarget(t, fine)
	run := []string{"--headless", "-t", "1", "-s", "60", "-H", tg.URL, "hit"}
	for name, test := range map[string]struct {
		stdout *os.File
		args   []string
		status int
		err    string
	}{
		"tables":                {full, run, 4, `print the results: .*no space left on device`},
		"json":                  {full, append([]string{"--json"}, run...), 4, `print the results: .*no space left on device`},
		"log":                   {nil, append([]string{"--logfile", "/dev/full"}, run...), 4, `--logfile: lines are missing: .*no space left on device`},
		"log of a broken check": {nil, append([]string{"--logfile", "/dev/full", "--check", "requests < 1"}, run...), 99, `--logfile: lines are missing`},
	} {
		before := tg.answered.Load()
		c := launch(t, test.stdout, test.args...)
		c.exits(t, test.status)
		c.err.find(t, test.err)
		if tg.answered.Load() == before {
			t.Errorf("%s: no requests", name)
		}
	}
}

// onDisk begins a run that writes everything into a folder.
func onDisk(t *testing.T, dir string) *child {
	t.Helper()
	tg := newTarget(t, fine)
	c := launch(t, nil, append(reportFlags(dir), "--headless", "--csv", filepath.Join(dir, "x"), "--csv-full-history", "-H", tg.URL, "hit")...)
	wait(t, "a request", tg.first)
	return c
}

// recovers checks what there is in the end of a run whose disk was full or gone.
func (c *child) recovers(t *testing.T, dir, fault string) {
	t.Helper()
	c.err.find(t, `CSV files can be written again`)
	c.out.find(t, `running, .*\n`)
	c.signal(t, os.Interrupt)
	c.exits(t, 4)
	c.err.find(t, `x_stats_history.csv has a gap`)
	if n := strings.Count(c.err.String(), " ERROR "); n != 1 || !strings.Contains(c.err.String(), fault) {
		t.Errorf("%d errors in the log, want one of %q:\n%s", n, fault, &c.err)
	}
	gaps := 0
	for _, line := range readCSV(t, filepath.Join(dir, "x_stats_history.csv")) {
		if line[2] == "GAP" {
			gaps++
		}
	}
	if gaps != 1 {
		t.Errorf("%d lines of gaps in the history, want 1", gaps)
	}
	for _, name := range []string{"_stats.csv", "_failures.csv", "_exceptions.csv", "_phases.csv", "_health.csv"} {
		readCSV(t, filepath.Join(dir, "x"+name))
	}
	for _, name := range reportNames {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = wholeReport(name, text)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := mounted(t, "2m")
	c := onDisk(t, dir)
	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, endless{}); err == nil {
		t.Fatal("the disk takes everything")
	}
	c.err.find(t, `ERROR CSV files cannot be written: .*no space left on device`)
	f.Close()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	c.recovers(t, dir, "no space left on device")
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// endless is a reader of zeros.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return min(len(b), 4096), nil }

func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := mounted(t, "8m")
	c := onDisk(t, dir)
	remount(t, dir, true)
	c.err.find(t, `ERROR CSV files cannot be written: .*read-only file system`)
	remount(t, dir, false)
	c.recovers(t, dir, "read-only file system")
}

// Of a program that is killed at any moment every file is old or new, whole; only the
// last line of those that grow may be cut.
func TestKilledProgramLeavesWholeFiles(t *testing.T) {
	t.Parallel()
	tg := newTarget(t, fine)
	dir := t.TempDir()
	args := append(reportFlags(dir), "--headless", "-t", "1", "-s", "60", "--csv", filepath.Join(dir, "x"), "--csv-full-history", "-H", tg.URL, "hit")
	first := launch(t, nil, args...)
	first.exits(t, 0)
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(uint64(seed), 0))
	for range 12 {
		c := launch(t, nil, args...)
		c.err.find(t, `run is over`)
		var left int
		select { // the reports are being written
		case left = <-c.status:
		case <-time.After(time.Duration(chance.IntN(40_000)) * time.Microsecond):
			c.cmd.Process.Kill()
			left = <-c.status
		}
		for _, name := range reportNames {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err == nil {
				err = wholeReport(name, text)
			}
			if err != nil {
				t.Errorf("killed with status %d: %s: %v", left, name, err)
			}
		}
		for _, name := range []string{"_stats.csv", "_failures.csv", "_exceptions.csv", "_phases.csv"} {
			readCSV(t, filepath.Join(dir, "x"+name))
		}
		for _, name := range []string{"_stats_history.csv", "_health.csv"} {
			text, err := os.ReadFile(filepath.Join(dir, "x"+name))
			if err != nil {
				t.Fatal(err)
			}
			whole := text[:bytes.LastIndexByte(text, '\n')+1]
			if _, err := csv.NewReader(bytes.NewReader(whole)).ReadAll(); err != nil && !errors.Is(err, io.EOF) {
				t.Errorf("killed with status %d: %s: %v", left, name, err)
			}
		}
	}
}
