package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// ends are the signals that end a program in order.
var ends = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// Whatever goes on, a first signal ends it in order: users finish, and all files are there
// and whole.
func TestWheneverASignalComesAllResultsAreWhole(t *testing.T) {
	for _, when := range []struct {
		name string
		args []string
		sign string // on stderr, that it is time
		run  bool   // there has been one
	}{
		{"headless, spawning", []string{"--headless", "-u", "5000", "-r", "1"}, `run started`, true},
		{"headless, running", []string{"--headless", "-u", "2", "-r", "100"}, `run is running`, true},
		{"headless, a shape", []string{"--headless", "--stages", "1h:5"}, `run started`, true},
		{"page, nothing on", []string{"-P", "0"}, `page is at`, false},
		{"page, spawning", []string{"-P", "0", "--autostart", "-u", "5000", "-r", "1"}, `run started`, true},
		{"page, running", []string{"-P", "0", "--autostart", "-u", "2", "-r", "100"}, `run is running`, true},
		{"page, a run is over", []string{"-P", "0", "--autostart", "-u", "1", "-i", "1"}, `run is over`, true},
	} {
		for _, s := range ends {
			t.Run(when.name+", "+s.String(), func(t *testing.T) {
				t.Parallel()
				tg := newTarget(t, fine)
				prefix := filepath.Join(t.TempDir(), "run")
				c := launch(t, nil, append(when.args, "-s", "20", "-H", tg.URL, "--csv", prefix,
					"--json-file", prefix+".json", "--html", prefix+".html", "hit")...)
				c.err.find(t, when.sign)
				c.signal(t, s)
				if !when.run {
					c.exits(t, 0)
					return
				}
				if status := c.ended(t); status != 0 && status != 1 { // 1: there was no time for an answer
					t.Errorf("exit status %d, want 0 or 1\n%s", status, &c.err)
				}
				c.err.find(t, `run is over`)
				whole(t, prefix)
			})
		}
	}
}

// whole checks that the files of a run are.
func whole(t *testing.T, prefix string) {
	t.Helper()
	for _, name := range []string{"_stats.csv", "_stats_history.csv", "_failures.csv", "_exceptions.csv"} {
		readCSV(t, prefix+name)
	}
	text, err := os.ReadFile(prefix + ".json")
	if err != nil || !json.Valid(text) {
		t.Errorf("the JSON file is not whole (%v): %.200s", err, text)
	}
	page, err := os.ReadFile(prefix + ".html")
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(page)), "</html>") {
		t.Errorf("the HTML file is not whole (%v): … %s", err, page[max(0, len(page)-100):])
	}
	files, _ := os.ReadDir(filepath.Dir(prefix))
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") {
			t.Errorf("%s is left behind", f.Name())
		}
	}
}

// A second signal is for who does not want to wait: the status tells it, and no file that
// is there is a half one.
func TestASecondSignalWhileStoppingLeavesNoHalfFile(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	for _, mode := range [][]string{{"--headless"}, {"-P", "0", "--autostart"}} {
		for _, s := range ends {
			tg := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { <-hang })
			t.Cleanup(tg.CloseClientConnections)
			prefix := filepath.Join(t.TempDir(), "run")
			c := launch(t, nil, append(mode, "-u", "2", "-s", "1h", "-H", tg.URL, "--csv", prefix, "--json-file", prefix+".json", "hit")...)
			wait(t, "a request", tg.first)
			c.signal(t, s)
			c.err.find(t, `run is stopping`)
			c.insists(t, s)
			c.exits(t, 128+int(s))
			for _, name := range []string{"_stats.csv", "_failures.csv", "_exceptions.csv"} {
				readCSV(t, prefix+name)
			}
			if text, err := os.ReadFile(prefix + ".json"); err == nil && len(text) > 0 && !json.Valid(text) {
				t.Errorf("%v, %s: half a JSON file: %.200s", mode, s, text)
			}
		}
	}
}

// SIGQUIT is for who wants to know where the program hangs.
func TestQuitSaysWhereTheProgramIs(t *testing.T) {
	c := launch(t, nil, "-P", "0", "hit")
	c.err.find(t, `page is at`)
	c.signal(t, syscall.SIGQUIT)
	c.exits(t, 2)
	c.err.find(t, `SIGQUIT: quit(?s:.*)goroutine `)
}

// insists sends a signal until the program has ended: what comes right after another one is
// taken for the same.
func (c *child) insists(t *testing.T, s os.Signal) {
	t.Helper()
	again, late := time.NewTicker(echo), time.After(patience)
	defer again.Stop()
	for {
		_ = c.cmd.Process.Signal(s) // or else it has ended
		select {
		case status := <-c.status:
			c.status <- status
			return
		case <-again.C:
		case <-late:
			return // which exits tells
		}
	}
}

// A signal that is sent to the process and to its group, as timeout(1) does, is one.
func TestASignalThatIsSentTwiceAtOnceLosesNoResults(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "run")
	synctest.Test(t, func(t *testing.T) {
		signals := make(chan os.Signal, 4)
		var out, log transcript
		status := make(chan int, 1)
		go func() {
			status <- Run(t.Context(), testSuite, Env{Name: "gregaria", Args: []string{"--headless", "--csv", prefix, "bare"}, Stdout: &out, Stderr: &log, Signals: signals, Lookup: os.LookupEnv})
		}()
		time.Sleep(3 * time.Second)
		for range 3 {
			signals <- syscall.SIGTERM
		}
		if got := <-status; got != 0 {
			t.Errorf("exit status %d, want 0\n%s", got, &log)
		}
	})
	readCSV(t, prefix+"_stats.csv")
}
