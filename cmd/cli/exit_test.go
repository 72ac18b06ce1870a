package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/stats"
)

func TestExitStatusIsThatOfTheGravest(t *testing.T) {
	usual := codes{failed: 1, invalid: 98}
	for _, tt := range []struct {
		o    outcome
		c    codes
		want int
	}{
		{outcome{}, usual, 0},
		{outcome{failed: true}, usual, 1},
		{outcome{failed: true}, codes{0, 98}, 0},
		{outcome{failed: true}, codes{17, 98}, 17},
		{outcome{unsaved: true, failed: true}, usual, 4},
		{outcome{invalid: true, unsaved: true, failed: true}, usual, 4},
		{outcome{invalid: true, failed: true}, usual, 1},
		{outcome{invalid: true, untested: true}, usual, 1},
		{outcome{invalid: true, failed: true}, codes{0, 98}, 98},
		{outcome{untested: true}, usual, 1},
		{outcome{invalid: true}, usual, 98},
		{outcome{invalid: true, unsaved: true, failed: true}, codes{1, 0}, 4},
		{outcome{invalid: true, failed: true}, codes{1, 0}, 1},
		{outcome{invalid: true}, codes{1, 0}, 0},
		{outcome{invalid: true}, codes{1, 7}, 7},
		{outcome{breached: true, invalid: true, unsaved: true, failed: true}, codes{0, 0}, 99},
		{outcome{internal: true, breached: true, invalid: true, unsaved: true, failed: true}, codes{0, 0}, 3},
	} {
		if got := exitStatus(tt.o, tt.c); got != tt.want {
			t.Errorf("exitStatus(%+v, %+v) = %d, want %d", tt.o, tt.c, got, tt.want)
		}
	}
}

// A check that has nothing to judge does not hold, and a generator that was in the way
// for most of the run is invalid.
func TestWhatARunIsJudgedBy(t *testing.T) {
	check := func(text string, r checks.Result) engine.CheckStatus {
		c, err := checks.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return engine.CheckStatus{Check: c, Run: r}
	}
	holds := check("p95 < 300ms", checks.Result{Known: true, OK: true, Value: 123.456})
	broken := check("GET /cart fail% < 1", checks.Result{Known: true, Value: 2.5})
	silent := check("GET /crat p95 < 300ms", checks.Result{})
	recorder := stats.NewRecorder(time.Unix(1, 0))
	recorder.Shard(0).Record(stats.Sample{Name: "/"})
	var table stats.Table
	table.Add(recorder.Drain(time.Unix(2, 0), stats.Gauges{}))
	answered := *table.Snapshot()
	healthy, ill := answered, answered
	healthy.Health, ill.Health = stats.Health{Valid: 10}, stats.Health{Valid: 5, Invalid: 5}
	failed, excepted, hung := healthy, healthy, stats.Snapshot{}
	failed.Failures, excepted.Exceptions = make([]stats.FailureLine, 1), make([]stats.Exception, 1)
	for name, tt := range map[string]struct {
		status  engine.Status
		saveErr error
		codes   codes
		want    int
		says    string
	}{
		"no run":           {status: engine.Status{Checks: []engine.CheckStatus{silent}}},
		"fine":             {status: engine.Status{Run: 1, Stats: &healthy, Checks: []engine.CheckStatus{holds}}},
		"broken":           {status: engine.Status{Run: 1, Stats: &ill, Checks: []engine.CheckStatus{holds, broken}}, want: 99, says: "g: 1 of 2 checks do not hold: exit status 99\n"},
		"nothing to judge": {status: engine.Status{Run: 1, Stats: &healthy, Checks: []engine.CheckStatus{silent}}, want: 99, says: "g: 1 of 1 checks do not hold, 1 of them because there was nothing to judge: exit status 99\n"},
		"invalid":          {status: engine.Status{Run: 1, Stats: &ill}, want: 98, says: "g: the load generator was in the way, so the numbers say little of the target: exit status 98 — give it less load or more of the machine, or ignore that with --exit-code-on-invalid 0\n"},
		"invalid, ignored": {status: engine.Status{Run: 1, Stats: &ill}, codes: codes{1, -1}},
		"failed":           {status: engine.Status{Run: 1, Stats: &failed}, want: 1},
		"exceptions":       {status: engine.Status{Run: 1, Stats: &excepted}, want: 1},
		"only looked at":   {status: engine.Status{Run: 1, Stats: &hung}},
		"hung":             {status: engine.Status{Run: 1, Stats: &hung}, want: 1, says: "g: no request was answered, so nothing was tested: exit status 1\n"},
		"not written":      {status: engine.Status{Run: 1, Stats: &healthy}, saveErr: errors.New("disk full"), want: 4, says: "g: disk full\n"},
		"writer panicked":  {status: engine.Status{Run: 1, Stats: &healthy}, saveErr: crashed("oops", []byte("stack\n")), want: 3, says: "g: internal error: oops — this is a mistake in the program, please report it with what follows\nstack\n"},
	} {
		var errs transcript
		c := codes{1, 98}
		if tt.codes.invalid == -1 {
			c.invalid = 0
		}
		p := &program{Env: Env{Name: "g", Stderr: &errs}, opts: &options{codes: c, headless: name != "only looked at"}}
		if got := p.judge(&tt.status, tt.saveErr); got != tt.want || errs.String() != tt.says {
			t.Errorf("%s: exit status %d, stderr %q, want %d, %q", name, got, errs.String(), tt.want, tt.says)
		}
	}
	lines, n, none := checkLines(&engine.Status{Checks: []engine.CheckStatus{holds, broken, silent}})
	if got, want := fmt.Sprint(lines, n, none), "[{p95 < 300ms 123.5ms holds} {GET /cart fail% < 1% 2.5% broken} {GET /crat p95 < 300ms  no data}] 1 1"; got != want {
		t.Errorf("checkLines = %s, want %s", got, want)
	}
}

func TestAPanicOfTheProgramIsItsOwnExitStatus(t *testing.T) {
	var errs transcript
	status := Run(t.Context(), testSuite, Env{Name: "g", Args: []string{"--help"}, Stdout: io.Discard, Stderr: &errs, Width: func() int { panic("no width") }})
	if got := errs.String(); status != 3 || !strings.HasPrefix(got, "g: internal error: no width — ") || !strings.Contains(got, "exit_test.go") {
		t.Errorf("status %d, stderr\n%s\nwant 3 and where it was", status, got)
	}
	crash := make(chan error, 1)
	p := &program{crash: crash}
	for range 3 { // nobody waits
		p.crashed("oops", nil)
	}
	if err := <-crash; statusOf(err) != 3 {
		t.Errorf("a panic of the engine has exit status %d, want 3: %v", statusOf(err), err)
	}
}

// Checks of the command line decide over the exit status, and stop a run in breach.
func TestChecksDecideTheExitStatus(t *testing.T) {
	tg := newTarget(t, fine)
	run := func(args ...string) *child {
		return launch(t, nil, append(args, "--headless", "-u", "2", "-r", "100", "-H", tg.URL, "--only-summary", "hit", "-T", "read")...)
	}
	c := run("-t", "2", "--check", "fail% < 1", "--check", "GET / p95 < 1h")
	c.exits(t, 2) // h is no unit
	c.err.find(t, `--check: .*"h" is no unit of time`)

	c = run("-t", "2", "--check", "fail% < 1", "--check", "GET / p95 < 60s")
	c.exits(t, 0)
	c.out.find(t, `(?m)^holds +fail% +\| +0% \| < 1%$`)
	c.out.find(t, `(?m)^holds +GET / p95 +\| +\S+s \| < 60s$`)

	c = run("-t", "2", "--check", "GET /aks p95 < 60s")
	c.exits(t, 99)
	c.out.find(t, `(?m)^no data GET /aks p95 +\| +N/A \| < 60s$`)
	c.err.find(t, `: 1 of 1 checks do not hold, 1 of them because there was nothing to judge \(GET /aks p95 < .*: did you mean GET /\S*\?\): exit status 99`)

	c = run("--check", "requests < 1", "--check-stop", "1s")
	c.exits(t, 99)
	c.out.find(t, `stopped after .*: check requests < 1 was broken for 1s`)
}

func TestTheExitStatusOfFailuresCanBeChosen(t *testing.T) {
	tg := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for code, want := range map[string]int{"0": 0, "1": 1, "33": 33} {
		launch(t, nil, "--headless", "-i", "3", "-H", tg.URL, "--exit-code-on-error", code, "rich", "-T", "ask").exits(t, want)
	}
}

// answering returns a target, and what is closed when its one user has had an answer: with
// the next request.
func answering(t *testing.T) (*target, <-chan struct{}) {
	answered, n := make(chan struct{}), new(atomic.Int64)
	return newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 2 {
			close(answered)
		}
		fine(w, r)
	}), answered
}

// An interrupted run is judged by what it has measured, as any other. Nothing measured is
// no pass, whoever ended it.
func TestAnInterruptedRunPassesOnlyByWhatItMeasured(t *testing.T) {
	for name, tt := range map[string]struct {
		mute   bool // the target never answers
		args   string
		status int
		says   string
	}{
		"answered":            {false, "--headless", 0, `run is over`},
		"before its end":      {false, "--headless -t 1h", 0, `run is over`},
		"by a check":          {false, "--headless -t 1h --check requests>=1000000", 99, `1 of 1 checks do not hold: exit status 99\n`},
		"nothing answered":    {true, "--headless -t 1h", 1, `: no request was answered, so nothing was tested: exit status 1\n`},
		"the same, page":      {true, "--autostart -P 0", 1, `: no request was answered, so nothing was tested: exit status 1\n`},
		"of no consequence":   {true, "--headless --exit-code-on-error 0", 0, `run is over`},
		"with another status": {true, "--headless --exit-code-on-error 7", 7, `nothing was tested: exit status 7\n`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg, ready := answering(t)
			if tt.mute {
				tg = newTarget(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
				ready = tg.first
			}
			c := launch(t, nil, append(strings.Fields(tt.args), "-H", tg.URL, "hit", "-T", "read")...)
			wait(t, "a request", ready)
			c.signal(t, syscall.SIGTERM)
			c.exits(t, tt.status)
			c.err.find(t, tt.says)
		})
	}
}

// --autoquit ends the program after the run, and after one that was started meanwhile.
func TestAutoquit(t *testing.T) {
	tg := newTarget(t, fine)
	c := launch(t, nil, "-P", "0", "--autostart", "--autoquit", "0", "-t", "1", "-s", "60", "-H", tg.URL, "hit")
	c.exits(t, 0)
	c.err.find(t, `ending, as --autoquit says`)
	c.out.find(t, `stopped after .*the run time of 1s is over`)
	if tg.answered.Load() == 0 {
		t.Error("the run sent nothing")
	}

	tg, answered := answering(t)
	c = launch(t, nil, "-P", "0", "--autostart", "-H", tg.URL, "hit") // without, the page stays
	url := c.err.find(t, `page is at (http://localhost:\d+)\n`)[1]
	wait(t, "an answer", answered)
	fetch(t, http.MethodGet, url+"/stop")
	c.err.find(t, `run is over`)
	if body := fetch(t, http.MethodGet, url+"/healthz"); body != "ok\n" {
		t.Errorf("GET /healthz after the run = %q, want ok", body)
	}
	c.signal(t, os.Interrupt)
	c.exits(t, 0)
}

func TestAutoquitNeedsARunToWaitFor(t *testing.T) {
	for text, want := range map[string]time.Duration{"5": 5 * time.Second, "0": 0, "-1": -time.Second} {
		f := testFlags(t)
		if o, err := parse(f, []string{"--autostart", "--autoquit", text, "--check", "p95<1"}, nowhere); err != nil || o.autoquit != want {
			t.Errorf("--autoquit %s = %v, %v, want %s", text, o.autoquit, err, want)
		}
	}
	for _, args := range [][]string{{"--autoquit", "5"}, {"--autostart", "--autoquit", "soon"}, {"--autostart", "--autoquit", "-2"}} {
		if _, err := parse(testFlags(t), args, nowhere); err == nil || !strings.HasPrefix(err.Error(), "--autoquit: ") {
			t.Errorf("%q: %v, want a mistake in --autoquit", args, err)
		}
	}
}
