//go:build unix

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeysAndSignalsAreWrittenDown(t *testing.T) {
	tg := newTarget(t, fine)
	path := filepath.Join(t.TempDir(), "audit")
	c := onTerminal(t, 100, 30, nil, "--headless", "-u", "2", "-r", "100", "-H", tg.URL, "--audit-log", path, "hit")
	c.shows(t, `● running .*\n\nusers .*\n2/2 `)
	c.types(t, "W")
	c.shows(t, `12/12 `)
	c.types(t, "p")
	c.shows(t, `(?m)^paused `)
	c.types(t, "p")
	c.shows(t, `● running `)
	c.types(t, "q")
	c.shows(t, `stopped after `)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(text)) {
		var e struct {
			Event, Who, Way string
			Users           int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if e.Event == "edit" && e.Users != 12 || e.Event == "start" && e.Users != 2 {
			t.Errorf("%s has %d users", e.Event, e.Users)
		}
		got = append(got, e.Event+" "+e.Who+" "+e.Way)
	}
	if got, want := strings.Join(got, ", "), "start local command line, edit local terminal, pause local terminal, resume local terminal, stop local terminal"; got != want {
		t.Errorf("the audit has %s, want %s", got, want)
	}
}

func TestAnAuditThatCannotBeBeginsNoRun(t *testing.T) {
	status, _, said := execute(t, "", "--headless", "-u", "1", "-t", "1s", "-H", "http://127.0.0.1:1", "--audit-log", t.TempDir(), "hit")
	if status != 2 || !strings.Contains(said, "--audit-log: open") {
		t.Errorf("exit status %d, want 2: %s", status, said)
	}
}
