package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/cmd/cli"
	"github.com/gregaria/gregaria/engine/leaks"
)

// roleVariable in the environment makes this binary the program instead of its
// tests, with the race detector when the tests have it.
const roleVariable = "GREGARIA_TEST_ROLE"

// patience is how long the tests wait for what must happen, on a machine that may stand
// still for a while.
const patience = 2 * time.Minute

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "program":
		main()
	case "hostile":
		cli.Main(hostileSuite)
	case "many":
		cli.Main(manySuite)
	case "forms":
		cli.Main(formSuite)
	}
	leaks.Main(tests{m})
}

// tests are all tests and what is left to close after them.
type tests struct{ *testing.M }

func (t tests) Run() int {
	defer http.DefaultClient.CloseIdleConnections()
	defer chromium.close()
	return t.M.Run()
}

// A program is gregaria as a process.
type program struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string // of its page
	out    journal
	log    journal
	exited chan struct{}
}

// A journal is what a process has written so far.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// launch starts the program, which ends with the test at the latest.
func launch(t *testing.T, role string, args ...string) *program {
	t.Helper()
	return launchIn(t, "", nil, role, args...)
}

// launchIn starts the program in a folder, with more in its environment.
func launchIn(t *testing.T, dir string, env []string, role string, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, exited: make(chan struct{})}
	p.cmd = &exec.Cmd{Path: self, Args: append([]string{"gregaria"}, args...), Dir: dir, Stdout: &p.out, Stderr: &p.log,
		Env: append(append(os.Environ(), env...), roleVariable+"="+role, "GREGARIA_EXIT_CODE_ON_INVALID=0", "HOME="+t.TempDir())} // the machine may be busy, and its owner may have a config file
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait() // what there is to know is in ProcessState
	}()
	t.Cleanup(func() {
		p.stop(syscall.SIGTERM)
		for _, bad := range []string{"DATA RACE", "panic:", "fatal error:", "level=ERROR"} {
			if strings.Contains(p.log.String(), bad) {
				t.Errorf("gregaria %s said %s:\n%s", strings.Join(args, " "), bad, p.log.String())
			}
		}
	})
	return p
}

// serve starts the program with its page on a free port, unless args say which,
// and waits for the page.
func serve(t *testing.T, args ...string) *program { return serveAs(t, "program", args...) }

func serveAs(t *testing.T, role string, args ...string) *program {
	t.Helper()
	p := launch(t, role, append([]string{"--web-port", "0"}, args...)...)
	p.findPage(args...)
	return p
}

// findPage waits until the program, started with args, has a page.
func (p *program) findPage(args ...string) {
	p.t.Helper()
	address := regexp.MustCompile(`page is at (http://[^\s"]+)`)
	eventually(p.t, "the program says where its page is", p.log.String, func() bool {
		if found := address.FindStringSubmatch(p.log.String()); found != nil {
			p.url = found[1]
		}
		select {
		case <-p.exited:
			p.t.Fatalf("gregaria %s ended:\n%s", strings.Join(args, " "), p.log.String())
		default:
		}
		return p.url != ""
	})
}

// port is where the page is.
func (p *program) port() string {
	u, err := url.Parse(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	return u.Port()
}

// stop sends a signal, waits for the end and returns the exit status.
func (p *program) stop(s syscall.Signal) int {
	p.t.Helper()
	_ = p.cmd.Process.Signal(s) // it may have ended already
	return p.wait()
}

// wait returns the exit status when the program has ended.
func (p *program) wait() int {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		p.t.Errorf("gregaria did not end within %s; log:\n%s", patience, p.log.String())
		<-p.exited
	}
	return p.cmd.ProcessState.ExitCode()
}

// said returns how often the program has logged a message.
func (p *program) said(message string) int { return strings.Count(p.log.String(), message) }

// A report is the program's answer to GET /stats/requests.
type report struct {
	Stats []struct {
		Method   string
		Name     string
		Requests int64   `json:"num_requests"`
		Failures int64   `json:"num_failures"`
		Bytes    float64 `json:"avg_content_length"`
	}
	State string
	Users int `json:"user_count"`
}

// total returns the counts of all rows together.
func (r report) total() counts {
	sum := r.Stats[len(r.Stats)-1]
	return counts{sum.Requests, sum.Failures}
}

func (p *program) report() report {
	p.t.Helper()
	var r report
	if err := json.Unmarshal(p.get("/stats/requests"), &r); err != nil {
		p.t.Fatal(err)
	}
	return r
}

func (p *program) get(path string) []byte {
	p.t.Helper()
	resp, err := http.Get(p.url + path)
	return p.body(path, resp, err)
}

func (p *program) post(path string, form url.Values) {
	p.t.Helper()
	resp, err := http.PostForm(p.url+path, form)
	p.body(path, resp, err)
}

func (p *program) body(path string, resp *http.Response, err error) []byte {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	if err != nil {
		p.t.Fatalf("%s: %v: %s", path, err, body)
	}
	return body
}

// until waits until the program's report is as ok wants it.
func (p *program) until(what string, ok func(report) bool) {
	p.t.Helper()
	eventually(p.t, what, func() string { return string(p.get("/stats/requests")) }, func() bool { return ok(p.report()) })
}

// eventually waits for ok, and says what was there instead when it does not come.
func eventually(t *testing.T, what string, instead func() string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %s not yet: %s; instead:\n%s", patience, what, instead())
		}
	}
}
