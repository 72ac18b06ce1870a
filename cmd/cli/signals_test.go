package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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
				c.exits(t, 0) // though there was hardly time to test anything: its end was asked for
				if !when.run {
					return
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
			c.signal(t, s)
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
