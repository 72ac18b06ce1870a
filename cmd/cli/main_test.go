package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/leaks"
	"github.com/gregaria/gregaria/engine/load"
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

// childEnv turns the test binary into the program.
const childEnv = "GREGARIA_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		env := world()
		env.Home = "" // whoever runs the tests may have a config file
		os.Exit(Run(context.Background(), testSuite, env))
	}
	// Children that this process starts must not ignore a hangup because it does, as
	// under nohup: what is handled here is not ignored there.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "GREGARIA_") || strings.HasPrefix(name, "LOCUST_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("GREGARIA_EXIT_CODE_ON_INVALID", "0") // the machine may be busy
	os.Exit(m.Run())
}

type nobody struct{}

var (
	pathParam  = load.Param[string]{Name: "path", Default: "/", Help: "what to fetch"}
	loudParam  = load.Param[bool]{Name: "loud", Help: "say so"}
	pauseParam = load.Param[time.Duration]{Name: "pause", Default: 10 * time.Millisecond, Help: "after each"}
	sizeParam  = load.Param[string]{Name: "page-size", Default: "small", Help: "of a page", Choices: []string{"small", "medium", "large"}}
	keyParam   = load.Param[string]{Name: "api-key", Default: "built-in-key", Help: "who asks", Secret: true}
)

var letters = load.Feed[string]{Name: "letters", Source: load.Listed("a", "b"), Policy: load.Circular}

// get returns a task that fetches a path.
func get(path string) func(*nobody, *load.User) error {
	return func(_ *nobody, u *load.User) error { return u.Get(path).Err() }
}

var testSuite = load.Suite{Scenarios: []load.Planner{
	load.Scenario[nobody]{
		Name: "hit", Help: "fetches one path", Weight: 3, Wait: load.Constant(5 * time.Millisecond),
		Params: []load.Parameter{pathParam, loudParam},
		Tasks: []load.Task[nobody]{
			{Name: "one", Tags: []string{"read"}, Run: func(_ *nobody, u *load.User) error { return u.Get(pathParam.Of(u)).Err() }},
			{Name: "two", Weight: 2, Tags: []string{"read", "slow"}, Steps: []load.Task[nobody]{
				{Name: "first", Run: get("/first")},
				{Name: "second", Run: get("/second")},
			}},
		},
	},
	load.Scenario[nobody]{
		Name: "boom", Count: 1, Wait: load.Constant(50 * time.Millisecond), Params: []load.Parameter{pathParam, pauseParam},
		Tasks: []load.Task[nobody]{{Name: "explode", Run: func(*nobody, *load.User) error { return errors.New("no\x1b[31m way") }}},
	},
	load.Scenario[nobody]{
		Name: "demo", Host: "http://" + demoAddr, Wait: load.Constant(5 * time.Millisecond),
		Tasks: []load.Task[nobody]{{Name: "front", Run: get("/")}},
	},
	load.Scenario[nobody]{
		Name: "rich", Help: "has some of everything", Iterations: 50, Wait: load.Constant(5 * time.Millisecond),
		Params: []load.Parameter{sizeParam, keyParam}, Feeds: []load.Feeder{letters},
		Tasks: []load.Task[nobody]{
			{Name: "ask", Tags: []string{"ask"}, Run: func(_ *nobody, u *load.User) error {
				return u.Get("/ask/"+sizeParam.Of(u), load.Header("X-Key", keyParam.Of(u))).Err()
			}},
			{Name: "both", Tags: []string{"both"}, Run: func(_ *nobody, u *load.User) error {
				return u.Group("both", func() error {
					return errors.Join(u.Get("/first").Err(), u.Get("/second").Err())
				})
			}},
			{Name: "forum", Weight: 3, Tasks: []load.Task[nobody]{{Name: "read", Run: get("/read")}, {Name: "write", Tags: []string{"post"}, Run: get("/write")}}},
			{Name: "stroll", Tasks: []load.Task[nobody]{
				{Name: "left", Run: get("/left"), Next: map[string]int{"right": 1}},
				{Name: "right", Run: get("/right"), Next: map[string]int{"left": 1}},
			}},
		},
	},
	load.Scenario[nobody]{
		Name: "bare", Protocol: load.NoHTTP, Wait: load.Constant(5 * time.Millisecond),
		Tasks: []load.Task[nobody]{{Name: "nothing", Run: func(_ *nobody, u *load.User) error {
			return u.Measure("TCP", "nothing", func(context.Context) (int64, error) { return 0, nil })
		}}},
	},
}, Shapes: map[string]load.Shape{
	"spike": load.Stages{{Duration: time.Second, Target: 40, Step: true}},
	"hill":  load.Stages{{Duration: time.Second, Target: 20}, {Duration: time.Second}},
}}

// A target counts the requests it has answered.
type target struct {
	*httptest.Server
	answered atomic.Int64
	first    chan struct{} // closed at the first request
}

func newTarget(t *testing.T, handle http.HandlerFunc) *target {
	tg := &target{first: make(chan struct{})}
	var once sync.Once
	tg.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(tg.first) })
		handle(w, r)
		tg.answered.Add(1)
	}))
	t.Cleanup(tg.Close)
	return tg
}

func fine(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") }

// patience is how long the tests wait for what must happen, on a machine that may stand
// still for a while.
const patience = 2 * time.Minute

// wait waits for an event, or fails the test.
func wait(t *testing.T, what string, event <-chan struct{}) {
	t.Helper()
	select {
	case <-event:
	case <-time.After(patience):
		t.Fatalf("no sign of %s", what)
	}
}

// A transcript is what a program writes. One can wait for something in it.
type transcript struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	news chan struct{} // closed by the next write
}

func (tr *transcript) Write(b []byte) (int, error) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.news != nil {
		close(tr.news)
		tr.news = nil
	}
	return tr.buf.Write(b)
}

func (tr *transcript) String() string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.buf.String()
}

// find waits for a match and returns its groups.
func (tr *transcript) find(t *testing.T, expr string) []string {
	t.Helper()
	re, late := regexp.MustCompile(expr), time.After(patience)
	for {
		tr.mu.Lock()
		found := re.FindStringSubmatch(tr.buf.String())
		if tr.news == nil {
			tr.news = make(chan struct{})
		}
		news := tr.news
		tr.mu.Unlock()
		if found != nil {
			return found
		}
		select {
		case <-news:
		case <-late:
			t.Fatalf("no match for %q in\n%s", expr, tr.String())
		}
	}
}

// A child is the program as a process of its own.
type child struct {
	cmd    *exec.Cmd
	out    transcript
	err    transcript
	status chan int
}

// launch starts the program. A nil stdout means child.out.
func launch(t *testing.T, stdout *os.File, args ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0], args...), status: make(chan int, 1)}
	c.cmd.Env = append(os.Environ(), childEnv+"=1")
	c.cmd.Stdout, c.cmd.Stderr = &c.out, &c.err
	if stdout != nil {
		c.cmd.Stdout = stdout
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill() })
	go func() {
		c.cmd.Wait()
		c.status <- c.cmd.ProcessState.ExitCode()
	}()
	return c
}

func (c *child) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// exits waits for the end and checks the exit status.
func (c *child) exits(t *testing.T, want int) {
	t.Helper()
	if got := c.ended(t); got != want {
		t.Errorf("%q: exit status %d, want %d\nstdout:\n%s\nstderr:\n%s", c.cmd.Args[1:], got, want, &c.out, &c.err)
	}
}

// ended waits for the end and returns the exit status.
func (c *child) ended(t *testing.T) (status int) {
	t.Helper()
	select {
	case status = <-c.status:
	case <-time.After(patience):
		c.signal(t, syscall.SIGQUIT)
		<-c.status
		t.Fatalf("%q: still there\nstdout:\n%s\nstderr:\n%s", c.cmd.Args[1:], &c.out, &c.err)
	}
	return status
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return lines
}

func TestExitStatus(t *testing.T) {
	ok := newTarget(t, fine)
	broken := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "\x1b[2Jno", http.StatusTeapot) })
	for name, test := range map[string]struct {
		args   []string
		status int
		out    string // what stdout must match
		err    string // and stderr
	}{
		"fine":       {[]string{"--headless", "-t", "1", "-s", "60", "-H", ok.URL, "hit"}, 0, `(?s)stopped after \d.*Aggregated.*Response time percentiles`, `run is over .*reason="the run time of 1s is over"`},
		"failures":   {[]string{"--headless", "-t", "1", "-s", "60", "-H", broken.URL, "hit"}, 1, `(?s)Error report.*GET /\w*: status 418`, `run is over`},
		"exceptions": {[]string{"--headless", "-t", "1", "-s", "60", "-H", ok.URL, "boom"}, 1, `(?s)Exceptions.*no\\x1b\[31m way\n +boom|(?s)Exceptions.*no\\x1b\[31m way`, `run is over`},
		"no folder":  {[]string{"--headless", "-H", ok.URL, "--csv", filepath.Join(t.TempDir(), "gone", "x"), "hit"}, 4, `^$`, `--csv: open .*_stats_history.csv: no such file`},
		"bad flag":   {[]string{"--usres", "3"}, 2, `^$`, `^\S+: unknown flag --usres — did you mean --users\?\n$`},
		"bad log":    {[]string{"--logfile", t.TempDir(), "-u", "x"}, 2, `^$`, `(?s)--users: .*--logfile: open`},
		"version":    {[]string{"-V"}, 0, `^\S+ devel \(go\S+ \w+/\w+.*\)\n$`, `^$`},
		"list":       {[]string{"-l"}, 0, `(?s)^hit — .*boom`, `^$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := launch(t, nil, test.args...)
			c.exits(t, test.status)
			if out := c.out.String(); !regexp.MustCompile(test.out).MatchString(out) || strings.Contains(out, "\x1b") {
				t.Errorf("%q: stdout\n%s\nwant a match for %s and no escapes", test.args, out, test.out)
			}
			if text := c.err.String(); !regexp.MustCompile(test.err).MatchString(text) || strings.Contains(text, "\x1b") {
				t.Errorf("%q: stderr\n%s\nwant a match for %s and no escapes", test.args, text, test.err)
			}
		})
	}
}

// A signal ends the run as Stop does. What the files say is what the target saw.
func TestSignalsEndTheRunAndResultsAreWritten(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			tg := newTarget(t, fine)
			prefix := filepath.Join(t.TempDir(), "run")
			c := launch(t, nil, "--headless", "-u", "5", "-r", "100", "-s", "60", "-H", tg.URL, "--csv", prefix, "--csv-full-history", "hit")
			c.out.find(t, `(?s)running, .*Aggregated`) // which is printed as the run goes on
			c.signal(t, s)
			c.exits(t, 0)
			c.err.find(t, `run is over .*reason="stopped by signal: `+s.String())

			stats := readCSV(t, prefix+"_stats.csv")
			total := stats[len(stats)-1]
			if want := strconv.FormatInt(tg.answered.Load(), 10); total[1] != "Aggregated" || total[2] != want {
				t.Errorf("last line of _stats.csv is %q, want %s requests: as many as the target answered", total, want)
			}
			history := readCSV(t, prefix+"_stats_history.csv")
			if last := history[len(history)-1]; last[3] != "Aggregated" || last[17] != total[2] {
				t.Errorf("last line of _stats_history.csv is %q, want %s requests in total", last, total[2])
			}
			for _, name := range []string{"_failures.csv", "_exceptions.csv", "_health.csv", "_phases.csv"} {
				readCSV(t, prefix+name)
			}
			if files, _ := os.ReadDir(filepath.Dir(prefix)); len(files) != 6 {
				t.Errorf("%d files, want 6: %v", len(files), files)
			}
		})
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	forever := make(chan struct{})
	for s, status := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		tg := newTarget(t, func(http.ResponseWriter, *http.Request) { <-forever })
		c := launch(t, nil, "--headless", "-s", "1h", "-H", tg.URL, "hit")
		wait(t, "a request", tg.first)
		c.signal(t, s)
		c.err.find(t, `run is stopping`)
		c.insists(t, s)
		c.exits(t, status)
	}
	close(forever)
}

// A reader that goes away does not end the run.
func TestClosedStdoutIsIgnored(t *testing.T) {
	tg := newTarget(t, fine)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	prefix := filepath.Join(t.TempDir(), "run")
	c := launch(t, w, "--headless", "-t", "1", "-s", "60", "-H", tg.URL, "--csv", prefix, "hit")
	w.Close()
	c.exits(t, 0)
	c.err.find(t, `run is over`)
	readCSV(t, prefix+"_stats.csv")
}

// A terminal that is held up does not hold up the stop.
func TestStuckStdoutDoesNotHoldUpTheStop(t *testing.T) {
	tg, answered := answering(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Skip(err)
	}
	for err == nil { // until it is full
		_, err = w.Write(make([]byte, 4096))
	}
	c := launch(t, w, "--headless", "-H", tg.URL, "hit")
	w.Close()
	wait(t, "an answer", answered)
	c.signal(t, os.Interrupt)
	c.err.find(t, `run is over`)
	go io.Copy(io.Discard, r)
	c.exits(t, 0)
}

// A folder that vanishes stops the writing, not the run.
func TestVanishedFolder(t *testing.T) {
	tg := newTarget(t, fine)
	dir := filepath.Join(t.TempDir(), "results")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	c := launch(t, nil, "--headless", "-H", tg.URL, "--csv", filepath.Join(dir, "run"), "hit")
	wait(t, "a request", tg.first)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	c.err.find(t, `ERROR CSV files cannot be written: .*that holds up no run`)
	c.out.find(t, `running, .*\n`)
	c.signal(t, os.Interrupt)
	c.exits(t, 4)
	c.err.find(t, `CSV files: write .*run_stats.csv: no such file`)
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	prefix := filepath.Join(t.TempDir(), "run")
	if err := os.WriteFile(prefix+"_stats_history.csv", []byte("earlier"), 0o666); err != nil {
		t.Fatal(err)
	}
	c := launch(t, nil, "-P", strconv.Itoa(port), "--csv", prefix)
	c.exits(t, 2)
	want := fmt.Sprintf("listen 127.0.0.1:%d: address already in use (another gregaria? try --web-port %d)\n", port, port+1)
	if got := c.err.String(); !strings.HasSuffix(got, ": "+want) || strings.Count(got, "\n") != 1 {
		t.Errorf("stderr %q, want one line: %s", got, want)
	}
	if text, _ := os.ReadFile(prefix + "_stats_history.csv"); string(text) != "earlier" {
		t.Errorf("the history file holds %q, want the results of the earlier run", text)
	}
}

func TestPage(t *testing.T) {
	tg, answered := answering(t)
	logfile := filepath.Join(t.TempDir(), "log")
	c := launch(t, nil, "-P", "0", "-L", "debug", "hit")
	url := c.err.find(t, `page is at (http://localhost:\d+)\n`)[1]
	body := fetch(t, http.MethodGet, url+"/healthz")
	if body != "ok\n" {
		t.Errorf("GET /healthz = %q, want ok", body)
	}
	if body := fetch(t, http.MethodGet, url+"/logs"); !strings.Contains(body, "page is at") {
		t.Errorf("GET /logs = %q, want the log's lines", body)
	}
	c.signal(t, syscall.SIGTERM)
	c.exits(t, 0)
	if out := c.out.String(); out != "" {
		t.Errorf("without a run, stdout is %q, want nothing", out)
	}

	// With --autostart there is a run, and its results at the end.
	c = launch(t, nil, "-P", "0", "--autostart", "-H", tg.URL+"/", "--logfile", logfile, "--path", "/picked", "hit")
	wait(t, "an answer", answered)
	c.signal(t, os.Interrupt)
	c.exits(t, 0)
	c.out.find(t, `(?s)stopped after .*Aggregated`)
	if text, _ := os.ReadFile(logfile); !strings.Contains(string(text), "page is at") || c.err.String() != "" {
		t.Errorf("log file holds %q and stderr %q, want everything in the file", text, c.err.String())
	}
}

// Failures in a session with the page are an exit status, too.
func TestPageExitStatus(t *testing.T) {
	tg := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	c := launch(t, nil, "-P", "0", "--autostart", "-t", "1", "-s", "60", "-H", tg.URL, "hit")
	url := c.err.find(t, `page is at (http://localhost:\d+)\n`)[1]
	c.err.find(t, `run is over`)
	if body := fetch(t, http.MethodGet, url+"/healthz"); body != "ok\n" {
		t.Errorf("GET /healthz after the run = %q, want ok: the page stays", body)
	}
	c.signal(t, os.Interrupt)
	c.exits(t, 1)
}

func fetch(t *testing.T, method, url string) string {
	t.Helper()
	req, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestDemo(t *testing.T) {
	c := launch(t, nil, "--headless", "--demo-bug", "-t", "1", "-s", "60", "--only-summary", "--", "demo")
	status := <-c.status
	if strings.Contains(c.err.String(), "address already in use (another gregaria --demo?") {
		if status != 2 {
			t.Errorf("exit status %d with the demo's port taken, want 2", status)
		}
		t.Skip("the demo's port is taken")
	}
	if status != 0 || !strings.Contains(c.err.String(), "demo API is listening url=http://"+demoAddr+" bug=true") {
		t.Errorf("exit status %d, want 0; stderr:\n%s", status, &c.err)
	}
}

// Within one process, everything that was started has ended when Run returns.
func TestRunLeavesNothingBehind(t *testing.T) {
	first, atFirst := answering(t)
	second, atSecond := answering(t)
	answered := map[string]<-chan struct{}{"headless": atFirst, "page": atSecond}
	ended := leaks.Check(t)
	for name, args := range map[string][]string{
		"headless": {"--headless", "-H", first.URL, "--csv", filepath.Join(t.TempDir(), "x"), "hit"},
		"page":     {"-P", "0", "--autostart", "-H", second.URL, "hit"},
		"refused":  {"-P", "0", "--csv", filepath.Join(t.TempDir(), "gone", "x")},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		var out, log transcript
		status := make(chan int, 1)
		go func() {
			status <- Run(ctx, testSuite, Env{Name: "gregaria", Args: args, Stdout: &out, Stderr: &log, Lookup: os.LookupEnv})
		}()
		want := 4
		if name != "refused" {
			want = 0
			wait(t, "an answer", answered[name])
		}
		cancel()
		if got := <-status; got != want {
			t.Errorf("%s: Run = %d, want %d\n%s", name, got, want, &log)
		}
		first.CloseClientConnections()
		second.CloseClientConnections()
		ended()
	}
}
