package cli

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestOnlyTheSummary(t *testing.T) {
	tg := newTarget(t, fine)
	c := launch(t, nil, "--headless", "--only-summary", "-t", "3", "-s", "60", "-H", tg.URL, "hit")
	c.exits(t, 0)
	if out := c.out.String(); !strings.HasPrefix(out, "stopped after") {
		t.Errorf("stdout begins with something else than the summary:\n%s", out)
	}
}

// Beside the page there are tables of the run that is on, if they are wanted.
func TestTablesBesideThePage(t *testing.T) {
	tg := newTarget(t, fine)
	c := launch(t, nil, "-P", "0", "--autostart", "--print-stats", "-H", tg.URL, "hit")
	c.out.find(t, `(?s)running, \d+s, 1 user.*Aggregated`)
	c.signal(t, os.Interrupt)
	c.exits(t, 0)
	c.out.find(t, `(?s)stopped after.*Aggregated`)

	c = launch(t, nil, "--only-summary", "--print-stats")
	c.exits(t, 2)
	c.err.find(t, `--print-stats: does not go with --only-summary — leave one out\n$`)
}

// What users would do needs no target, and counts only what tags and names leave.
func TestTaskRatios(t *testing.T) {
	for name, args := range map[string][]string{
		"ratio.txt":        {"--show-task-ratio", "-u", "10"},
		"ratio_tags.txt":   {"--show-task-ratio", "-u", "10", "--tags", "ask,post", "rich", "hit"},
		"ratio_rates.json": {"--show-task-ratio-json", "--arrivals", "5", "rich", "bare"},
	} {
		c := launch(t, nil, args...)
		c.exits(t, 0)
		golden(t, name, c.out.String())
		if c.err.String() != "" {
			t.Errorf("%q: stderr %q, want none", args, c.err.String())
		}
	}
	c := launch(t, nil, "--show-task-ratio-json", "rich")
	c.exits(t, 0)
	var got struct {
		PerClass, Total map[string]struct {
			Ratio float64
			Tasks map[string]any
		}
	}
	if err := json.Unmarshal([]byte(regexp.MustCompile(`"per_class"`).ReplaceAllString(c.out.String(), `"PerClass"`)), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.PerClass) != 1 || got.PerClass["rich"].Ratio != 1 || len(got.Total["rich"].Tasks) != 4 {
		t.Errorf("--show-task-ratio-json = %+v, want one scenario and its four tasks", got)
	}
	c = launch(t, nil, "--show-task-ratio", "--tags", "nonsense")
	c.exits(t, 2)
	c.err.find(t, `--tags: no task is left`)
}
