package cli

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// An open run says what became of its arrivals, and its files agree with that and
// with what the target saw.
func TestArrivals(t *testing.T) {
	tg := newTarget(t, fine)
	prefix := filepath.Join(t.TempDir(), "run")
	c := launch(t, nil, "--headless", "--arrivals", "40", "--user-cap", "30", "--poisson", "-t", "3", "-s", "20", "-H", tg.URL, "--csv", prefix, "rich", "-T", "ask")
	c.exits(t, 0)
	c.out.find(t, `(?m)^running, \d+s, \d+ users? \(\d+ idle\), target 40/s\narrivals: \d+ due`)
	summed := c.out.find(t, `(?m)^Arrivals: (\d+) due, (\d+) started \((\d+) more than 10ms late\), (\d+) completed, (\d+) dropped$`)[1:]

	arrivals := readCSV(t, prefix+"_arrivals.csv")
	for i, column := range []string{"Due", "Started", "Late", "Completed", "Dropped"} {
		sum := 0
		for _, line := range arrivals[1:] {
			n, err := strconv.Atoi(line[slices.Index(arrivals[0], column)])
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		if want, _ := strconv.Atoi(summed[i]); sum != want {
			t.Errorf("%s: %d in _arrivals.csv, %d in the summary", column, sum, want)
		}
	}
	answered := strconv.FormatInt(tg.answered.Load(), 10)
	if summed[3] != answered {
		t.Errorf("%s iterations completed, but the target answered %s requests", summed[3], answered)
	}
	for _, name := range []string{"_stats.csv", "_service.csv"} {
		lines := readCSV(t, prefix+name)
		if total := lines[len(lines)-1]; total[2] != answered {
			t.Errorf("%s counts %s requests, the target %s", name, total[2], answered)
		}
	}
	c.out.find(t, `Service time percentiles`)
	c.out.find(t, `Response time percentiles`)
	if health, history := readCSV(t, prefix+"_health.csv"), readCSV(t, prefix+"_stats_history.csv"); len(health) != len(history) || len(health) != len(arrivals) {
		t.Errorf("%d lines in _health.csv, %d in _arrivals.csv, %d in _stats_history.csv, want as many", len(health), len(arrivals), len(history))
	}
}

// The closed model has no arrivals. Files of an earlier run do not stay beside those of
// this one.
func TestClosedModelHasNoArrivals(t *testing.T) {
	tg := newTarget(t, fine)
	prefix := filepath.Join(t.TempDir(), "run")
	launch(t, nil, "--headless", "--arrivals", "40", "-i", "3", "-H", tg.URL, "--csv", prefix, "rich", "-T", "ask").exits(t, 0)
	readCSV(t, prefix+arrivalsFile)
	c := launch(t, nil, "--headless", "-i", "3", "-H", tg.URL, "--csv", prefix, "rich", "-T", "ask")
	c.exits(t, 0)
	if files, _ := filepath.Glob(prefix + "_*"); slices.Contains(files, prefix+arrivalsFile) || slices.Contains(files, prefix+serviceFile) {
		t.Errorf("files after a run of the closed model: %v", files)
	}
	if out := c.out.String(); strings.Contains(out, "rrivals:") || !strings.Contains(out, "Closed model: ") {
		t.Errorf("stdout speaks of arrivals, or not of the closed model:\n%s", out)
	}
}

// A run whose load is planned is over with its plan.
func TestPlannedLoad(t *testing.T) {
	for name, args := range map[string][]string{
		"stages of users":    {"--stages", "1s:10:step"},
		"stages of arrivals": {"--model", "arrivals", "--stages", "500ms:40,500ms:0"},
		"shape of users":     {"--shape", "hill"},
		"shape of arrivals":  {"--model", "arrivals", "--shape", "spike"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tg := newTarget(t, fine)
			c := launch(t, nil, append(args, "--headless", "-s", "20", "-H", tg.URL, "rich", "-T", "ask")...)
			c.exits(t, 0)
			if tg.answered.Load() == 0 {
				t.Errorf("%q: the target was never asked\n%s", args, &c.out)
			}
		})
	}
}

func TestIterations(t *testing.T) {
	tg := newTarget(t, fine)
	c := launch(t, nil, "--headless", "-u", "7", "-r", "100", "-i", "30", "-H", tg.URL, "rich", "-T", "ask")
	c.exits(t, 0)
	if n := tg.answered.Load(); n != 30 {
		t.Errorf("%d requests, want 30: one for each iteration", n)
	}
}

// The seed that a summary has makes the same random choices again.
func TestSeed(t *testing.T) {
	var mu sync.Mutex
	var paths []string
	tg := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		paths = append(paths, r.URL.Path)
		fine(w, r)
	})
	run := func(args ...string) (seed string, asked []string) {
		c := launch(t, nil, append(args, "--headless", "-i", "40", "-H", tg.URL, "hit")...)
		c.exits(t, 0)
		mu.Lock()
		defer mu.Unlock()
		asked, paths = paths, nil
		return c.out.find(t, `(?m)^Seed: (\d+)$`)[1], asked
	}
	seed, first := run()
	again, second := run("--seed", seed)
	if again != seed || !slices.Equal(first, second) {
		t.Errorf("with seed %s and then %s, the target was asked for\n%q\nand then\n%q", seed, again, first, second)
	}
	if other, third := run("--seed", "1"); other != "1" || slices.Equal(first, third) {
		t.Errorf("with seed %s the choices are those of seed %s", other, seed)
	}
}

// Groups have lines and are no part of the total.
func TestGroups(t *testing.T) {
	tg := newTarget(t, fine)
	prefix := filepath.Join(t.TempDir(), "run")
	c := launch(t, nil, "--headless", "-i", "5", "-H", tg.URL, "--csv", prefix, "rich", "-T", "both")
	c.exits(t, 0)
	for _, line := range []string{`GROUP +both +5 `, `GET +/first +5 `, `Aggregated +10 `} {
		if !regexp.MustCompile(line).MatchString(c.out.String()) {
			t.Errorf("no match for %q in\n%s", line, &c.out)
		}
	}
	lines := readCSV(t, prefix+"_stats.csv")
	if n := len(lines); lines[n-1][2] != "10" || !slices.ContainsFunc(lines[:n-1], func(l []string) bool { return l[0] == "GROUP" && l[2] == "5" }) {
		t.Errorf("_stats.csv is\n%q\nwant a line of 5 groups before the total of 10 requests", lines)
	}
}

// Parameters come by the environment too, and secrets are not repeated.
func TestParametersOfTheProcess(t *testing.T) {
	asked := make(chan string, 10)
	tg := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path + " " + r.Header.Get("X-Key")
		fine(w, r)
	})
	t.Setenv("GREGARIA_PAGE_SIZE", "large")
	t.Setenv("GREGARIA_API_KEY", "hush-hush")
	c := launch(t, nil, "--headless", "-L", "debug", "-i", "1", "-H", tg.URL, "rich", "-T", "ask")
	c.exits(t, 0)
	if got, want := <-asked, "/ask/large hush-hush"; got != want {
		t.Errorf("the target was asked for %s, want %s", got, want)
	}
	if said := c.out.String() + c.err.String(); strings.Contains(said, "hush-hush") {
		t.Errorf("a secret is repeated:\n%s", said)
	}
	c = launch(t, nil, "--headless", "-i", "1", "-H", tg.URL, "rich", "-T", "ask", "--page-size", "medium", "--api-key", "mine")
	c.exits(t, 0)
	if got, want := <-asked, "/ask/medium mine"; got != want {
		t.Errorf("with flags, the target was asked for %s, want %s", got, want)
	}
}
