//go:build unix

package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// A console is the program on a terminal of its own.
type console struct {
	child
	keyboard *os.File // and screen: the terminal's other end
	line     *os.File // the end that the program has

	mu     sync.Mutex
	screen *vt.Emulator
}

// onTerminal starts the program on a terminal, but for what part changes.
func onTerminal(t *testing.T, columns, rows int, part func(*exec.Cmd), args ...string) *console {
	t.Helper()
	keyboard, line, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	c := &console{keyboard: keyboard, line: line, screen: vt.NewEmulator(columns, rows)}
	c.resize(t, columns, rows)
	c.cmd = exec.Command(os.Args[0], args...)
	c.cmd.Env = append(os.Environ(), childEnv+"=1", "TERM=xterm-256color", "NO_COLOR=", "DISPLAY=", "WAYLAND_DISPLAY=")
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = line, line, line
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	c.status = make(chan int, 1)
	if part != nil {
		part(c.cmd)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		io.Copy(keyboard, c.screen) // what a terminal answers when it is asked
	}()
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(c, keyboard)
	}()
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		line.Close()
		keyboard.Close()
		c.screen.InputPipe().(io.Closer).Close() // as Close of the screen would, which races with its readers
		<-answered
		<-read
	})
	go func() {
		c.cmd.Wait()
		c.status <- c.cmd.ProcessState.ExitCode()
	}()
	return c
}

// Write shows what the program prints.
func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.screen.Write(b)
	c.mu.Unlock()
	return c.out.Write(b)
}

// seen returns what is on the screen.
func (c *console) seen() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.screen.String()
}

// shows waits until the screen matches.
func (c *console) shows(t *testing.T, expr string) {
	t.Helper()
	re := regexp.MustCompile(expr)
	c.comes(t, "a screen that matches "+expr, func() bool { return re.MatchString(c.screen.String()) })
}

// comes waits until the screen is as it ought to be.
func (c *console) comes(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.After(patience); ; {
		c.out.mu.Lock()
		if c.out.news == nil {
			c.out.news = make(chan struct{})
		}
		news := c.out.news
		c.out.mu.Unlock()
		c.mu.Lock()
		ok := is()
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-news:
		case <-late:
			t.Fatalf("no sign of %s:\n%s\nall that was written: %q", what, c.seen(), c.out.String())
		}
	}
}

func (c *console) types(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(c.keyboard, keys); err != nil {
		t.Fatal(err)
	}
}

func (c *console) resize(t *testing.T, columns, rows int) {
	t.Helper()
	if err := pty.Setsize(c.keyboard, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.screen.Resize(columns, rows)
}

// mode returns how the terminal reads and writes.
func (c *console) mode(t *testing.T) *term.State {
	t.Helper()
	state, err := term.GetState(c.line.Fd())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// leaves waits for the end, and checks that the terminal is as it was.
func (c *console) leaves(t *testing.T, status int, before *term.State) {
	t.Helper()
	c.exits(t, status)
	if after := c.mode(t); !reflect.DeepEqual(before, after) {
		t.Errorf("the terminal is left as %+v, want %+v", after, before)
	}
	c.comes(t, "a cursor", func() bool { return !c.screen.CursorHidden() })
}

// Keys change what the target sees. What is logged meanwhile stands above the view, and
// at the end the summary is where the view was.
func TestARunIsShownOnATerminalAndTakesKeys(t *testing.T) {
	var conns sync.Map
	var most atomic.Int64
	tg := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		if _, known := conns.LoadOrStore(r.RemoteAddr, true); !known {
			most.Add(1)
		}
		fine(w, r)
	})
	c := onTerminal(t, 100, 30, nil, "--headless", "-u", "2", "-r", "100", "-H", tg.URL, "hit")
	before := c.mode(t)
	c.shows(t, `● running .*\n\nusers .*\n2/2 `)
	c.comes(t, "two users at the target", func() bool { return most.Load() == 2 })
	c.types(t, "W")
	c.shows(t, `12/12 (.*\n)*now 12 users`)
	c.types(t, "w")
	c.shows(t, `13/13 (.*\n)*now 13 users`)
	c.comes(t, "eleven more users at the target", func() bool { return most.Load() == 13 })
	c.types(t, "S")
	c.shows(t, `3/3 (.*\n)*now 3 users`)
	c.types(t, "s")
	c.shows(t, `2/2 (.*\n)*now 2 users`)
	if got := most.Load(); got != 13 {
		t.Errorf("the target saw %d users in all, want 13: two, and eleven that keys added", got)
	}
	c.types(t, "p")
	c.shows(t, `(?m)^paused (.*\n)*paused: users finish`)
	c.types(t, "p")
	c.shows(t, `● running `)
	c.types(t, "?")
	c.shows(t, `ctrl-C +the same; twice ends at once`)

	c.comes(t, "the view, once, with the log above it", func() bool {
		screen := c.screen.String()
		log, view := strings.Index(screen, `INFO run changed run=1 change="users 3 → 2"`), strings.Index(screen, "● running")
		return strings.Count(screen, "busiest now") == 1 && log >= 0 && view > log && !strings.Contains(screen[view:], " INFO ")
	})
	c.types(t, "q")
	c.leaves(t, 0, before)
	c.shows(t, `(?s)stopped after [^\n]*: stopped by the operator.*Seed: `)
	if screen := c.seen(); strings.Contains(screen, "busiest now") {
		t.Errorf("the view is still there after the end:\n%s", screen)
	}
}

func TestControlCIsASignal(t *testing.T) {
	tg := newTarget(t, fine)
	c := onTerminal(t, 80, 24, nil, "--headless", "-H", tg.URL, "hit")
	before := c.mode(t)
	c.shows(t, `● running `)
	c.types(t, "\x03")
	c.leaves(t, 0, before)
	c.out.find(t, `stopped by signal: interrupt\r\n`)
}

func TestTwiceControlCEndsAtOnce(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	tg := newTarget(t, func(http.ResponseWriter, *http.Request) { <-forever })
	c := onTerminal(t, 80, 24, nil, "--headless", "-s", "1h", "-H", tg.URL, "hit")
	before := c.mode(t)
	c.shows(t, `● running `)
	wait(t, "a request", tg.first)
	c.types(t, "\x03")
	c.shows(t, `(?m)^stopping `)
	c.types(t, "\x03")
	c.leaves(t, 130, before)
}

// A signal from elsewhere ends a run that is shown as any other.
func TestSignalsRestoreTheTerminal(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		forever := make(chan struct{})
		tg := newTarget(t, func(http.ResponseWriter, *http.Request) { <-forever })
		c := onTerminal(t, 80, 24, nil, "--headless", "-s", "1h", "-H", tg.URL, "hit")
		before := c.mode(t)
		c.shows(t, `● running `)
		c.signal(t, s)
		c.shows(t, `(?m)^stopping `)
		c.insists(t, s)
		c.leaves(t, 128+int(s), before)
		close(forever)
	}
}

// The view follows the size of the terminal.
func TestTheTerminalMayChangeItsSize(t *testing.T) {
	tg := newTarget(t, fine)
	c := onTerminal(t, 100, 30, nil, "--headless", "-H", tg.URL, "hit")
	c.shows(t, `● running (.*\n)+.*w/W \+1/\+10 users`)
	for _, size := range [][2]int{{40, 10}, {90, 25}, {12, 4}, {80, 24}} {
		c.resize(t, size[0], size[1])
		// The first line of a picture of this size is on the screen, once, and nothing
		// of an earlier one is.
		keys := map[int]string{40: `\nw \+1  s −1 .*`, 90: `w/W \+1/\+10 users`, 12: `users`, 80: `w/W \+1/\+10 users`}[size[0]]
		view, table := regexp.MustCompile(`● running(.*\n)+.*`+keys), regexp.MustCompile(`● running(.*\n)+.*Aggregated`)
		c.comes(t, fmt.Sprintf("the view, once, at %d×%d", size[0], size[1]), func() bool {
			screen := c.screen.String()
			return view.MatchString(screen) && (size[0] < 40 || table.MatchString(screen)) && strings.Count(screen, "● ") == 1
		})
	}
	c.types(t, "q")
	c.exits(t, 0)
}

// Where the program cannot be continued, suspending it shows the run anew.
func TestSuspending(t *testing.T) {
	tg, answered := answering(t)
	c := onTerminal(t, 80, 24, nil, "--headless", "-H", tg.URL, "hit")
	before := c.mode(t)
	c.shows(t, `● running `)
	c.types(t, "\x1a")
	c.out.find(t, `\x1b\[\?2004l(?s:.*)\x1b\[\?2004h`)
	c.types(t, "w")
	c.shows(t, `● running(.*\n)+2/2 `)
	wait(t, "an answer", answered)
	c.types(t, "q")
	c.leaves(t, 0, before)
}

// Nothing is drawn and no key is read where it would do harm.
func TestTablesWhereNothingCanBeDrawn(t *testing.T) {
	tg := newTarget(t, fine)
	args := []string{"--headless", "-H", tg.URL, "hit"}
	for name, test := range map[string]struct {
		part func(*exec.Cmd)
		args []string
	}{
		"told so":         {nil, append([]string{"--no-tui"}, args...)},
		"tables wanted":   {nil, append([]string{"--print-stats"}, args...)},
		"a dumb terminal": {func(c *exec.Cmd) { c.Env = append(c.Env, "TERM=dumb") }, args},
		"no terminal":     {func(c *exec.Cmd) { c.Env = append(c.Env, "TERM=") }, args},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := onTerminal(t, 80, 24, test.part, test.args...)
			c.types(t, "q")
			c.out.find(t, `running, \d+s, 1 user\r\n(generator.*\n)*Type Name`)
			c.signal(t, os.Interrupt)
			c.exits(t, 0)
			if out := c.out.String(); strings.Contains(out, "\x1b") {
				t.Errorf("it printed escapes: %q", out)
			}
		})
	}
}

// What is printed into a pipe has no escapes, even when a keyboard is there.
func TestAPipeIsNoTerminal(t *testing.T) {
	tg := newTarget(t, fine)
	var piped transcript
	c := onTerminal(t, 80, 24, func(c *exec.Cmd) { c.Stdout = &piped }, "--headless", "-H", tg.URL, "hit")
	piped.find(t, `running, \d+s, 1 user\n(generator.*\n)*Type Name`)
	c.types(t, "\x03") // the terminal makes it a signal, as nobody told it not to
	c.exits(t, 0)
	if all := piped.String() + c.out.String(); strings.Contains(all, "\x1b") {
		t.Errorf("it printed escapes: %q", all)
	}
}

// Without a keyboard the view is there all the same.
func TestTheViewNeedsNoKeyboard(t *testing.T) {
	tg := newTarget(t, fine)
	c := onTerminal(t, 80, 24, func(c *exec.Cmd) { c.Stdin, c.SysProcAttr.Ctty = nil, 1 }, "--headless", "-H", tg.URL, "hit")
	c.shows(t, `● running (.*\n)+.*Aggregated`)
	if screen := c.seen(); strings.Contains(screen, "q stop") {
		t.Errorf("the view tells of keys:\n%s", screen)
	}
	c.signal(t, os.Interrupt)
	c.exits(t, 0)
}

// shell runs the program by a line for sh, in which it is "$0" with "$@".
func shell(line string) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		c.Args = append([]string{"sh", "-c", line}, c.Args...)
		c.Path, c.Err = exec.LookPath("sh")
	}
}

// In the background the program is never stopped for what it prints, draws nothing and
// reads nothing.
func TestTheBackground(t *testing.T) {
	tg := newTarget(t, fine)
	c := onTerminal(t, 80, 24, shell(`stty tostop; set -m; "$0" "$@" & read line; kill -INT $!; wait $!; echo "status $?"`),
		"--headless", "-H", tg.URL, "hit")
	c.out.find(t, `running, \d+s, 1 user\r\n(generator.*\n)*Type Name`)
	c.types(t, "\r")
	c.out.find(t, `(?s)stopped after.*status 0\r\n`)
	c.exits(t, 0)
	if out := c.out.String(); strings.Contains(out, "\x1b") {
		t.Errorf("it printed escapes: %q", out)
	}
}

// A reader that takes a line and goes does not end the run, nor change its result.
func TestAReaderThatGoes(t *testing.T) {
	tg := newTarget(t, fine)
	broken := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	for url, status := range map[string]string{tg.URL: "0\n", broken.URL: "1\n"} {
		dir := t.TempDir()
		c := &child{cmd: exec.Command("sh", "-c", `{ "$0" "$@"; echo $? >"$DIR/status"; } 2>&1 | head -1`, os.Args[0],
			"--headless", "-t", "3", "-s", "60", "-H", url, "--csv", filepath.Join(dir, "run"), "hit"), status: make(chan int, 1)}
		c.cmd.Env = append(os.Environ(), childEnv+"=1", "DIR="+dir)
		out, err := c.cmd.Output()
		if err != nil || strings.Count(string(out), "\n") != 1 {
			t.Errorf("the pipe ends with %v and %q, want one line", err, out)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "status")); err != nil || string(got) != status {
			t.Errorf("exit status %q, %v, want %q", got, err, status)
		}
		if lines := readCSV(t, filepath.Join(dir, "run_stats.csv")); len(lines) < 3 {
			t.Errorf("_stats.csv has %d lines, want the run's: %q", len(lines), lines)
		}
	}
}

// Enter opens the page, if there is a desktop to open it on.
func TestEnterOpensThePage(t *testing.T) {
	dir := t.TempDir()
	opened := filepath.Join(dir, "opened")
	script := "#!/bin/sh\necho \"$1\" >'" + opened + ".new'\nmv '" + opened + ".new' '" + opened + "'\nkill -TERM $PPID\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	desktop := func(c *exec.Cmd) {
		c.Env = append(c.Env, "DISPLAY=:1", "PATH="+dir+":"+os.Getenv("PATH"))
	}
	c := onTerminal(t, 80, 24, desktop, "-P", "0", "hit")
	url := c.out.find(t, `page is at (http://localhost:\d+)\r\n`)[1]
	c.out.find(t, `press Enter to open it in a browser`)
	c.types(t, "\r")
	c.exits(t, 0) // the browser of this test ends the program
	if got, err := os.ReadFile(opened); err != nil || string(got) != url+"\n" {
		t.Errorf("Enter opened %q, %v, want %s", got, err, url)
	}

	c = onTerminal(t, 80, 24, nil, "-P", "0", "hit") // no desktop
	c.out.find(t, `page is at`)
	c.signal(t, os.Interrupt)
	c.exits(t, 0)
	if out := c.out.String(); strings.Contains(out, "press Enter") {
		t.Errorf("without a desktop it says %q", out)
	}
}

// A terminal that is held up holds up neither the stop nor the end.
func TestAStuckTerminal(t *testing.T) {
	tg := newTarget(t, fine)
	keyboard, line, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close() // nobody reads it
	defer line.Close()
	c := &child{cmd: exec.Command(os.Args[0], "--headless", "-u", "3", "-H", tg.URL, "hit"), status: make(chan int, 1)}
	c.cmd.Env = append(os.Environ(), childEnv+"=1", "TERM=xterm-256color")
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = line, line, &c.err
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	before, err := term.GetState(line.Fd())
	if err != nil {
		t.Fatal(err)
	}
	fd := int(line.Fd()) // once: each call makes it wait again
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	// Until it is full, and stays so: what is written goes over to the other end by and
	// by, which makes room again, until that end has all it takes.
	for late := time.Now().Add(patience); ; runtime.Gosched() {
		full := brimful(t, keyboard)
		for n, err := 1, error(nil); n > 0 && err == nil; {
			n, err = syscall.Write(fd, make([]byte, 4096))
		}
		if full {
			break
		}
		if time.Now().After(late) {
			t.Fatal("the terminal is never full")
		}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill() })
	go func() {
		c.cmd.Wait()
		c.status <- c.cmd.ProcessState.ExitCode()
	}()
	wait(t, "a request", tg.first)
	c.signal(t, os.Interrupt)
	c.err.find(t, `run is over`)
	c.insists(t, os.Interrupt)
	c.exits(t, 130)
	if after, err := term.GetState(line.Fd()); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the terminal is left as %+v, %v, want %+v", after, err, before)
	}
}
