package terminal

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

var update = flag.Bool("update", false, "write golden files anew")

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// hostile is a name that a target could choose to take the terminal over.
const hostile = "/\x1b[2J\x1b]0;owned\a\r\n\x9b31m\u202e漢字漢字漢字漢字/" + "a-very-long-name-that-does-not-end-"

var fine = stats.Health{Valid: 1}

// run is a run of so many seconds on so many rows, of which one fails at times.
func run(seconds int, names ...string) *engine.Status {
	s := &engine.Status{
		State: engine.Running, Run: 1, Started: began, Begun: began, At: began.Add(time.Duration(seconds) * time.Second),
		Config: engine.Config{Users: 1250, SpawnRate: 10, RunTime: time.Minute}, Users: 1250, Peak: 1250,
	}
	var table stats.Table
	recorder := stats.NewRecorder(began)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range seconds {
		at := began.Add(time.Duration(i+1) * time.Second)
		for k, name := range names {
			for range 1 + (k+1)*(i+1)/seconds {
				sample := stats.Sample{Method: "GET", Name: name, Took: time.Duration((2 + r.ExpFloat64()*20) * float64(time.Millisecond))}
				if k == 1 && i%7 == 6 && r.IntN(3) == 0 {
					sample.Problem = &stats.Problem{Format: "status 503", Message: "status 503: " + name, At: at}
				}
				recorder.Shard(k).Record(sample)
			}
		}
		d := recorder.Drain(at, stats.Gauges{Users: s.Users, Health: fine})
		table.Add(d)
	}
	s.Stats = table.Snapshot()
	return s
}

func paths(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("/api/v1/things/%d", i))
	}
	return names
}

func check(text string, c engine.CheckStatus) engine.CheckStatus {
	var err error
	if c.Check, err = checks.Parse(text); err != nil {
		panic(err)
	}
	return c
}

// states are the runs whose views are golden.
var states = sync.OnceValue(func() map[string]*engine.Status {
	failing := run(45, paths(4)...)
	failing.Checks = []engine.CheckStatus{
		check("fail% < 5", engine.CheckStatus{Now: checks.Result{Known: true, OK: true, Value: 1.2}, Run: checks.Result{Known: true, OK: true, Value: 1}}),
		check("GET /api/v1/things/1 p95 < 30ms", engine.CheckStatus{
			Now: checks.Result{Known: true, Value: 61.4}, Run: checks.Result{Known: true, Value: 58}, InBreach: 12 * time.Second, Breaches: 1}),
		check("p99 < 1s", engine.CheckStatus{
			Now: checks.Result{Known: true, OK: true, Value: 100}, Run: checks.Result{Known: true, OK: true, Value: 120}, Breaches: 2, Broken: 7 * time.Second}),
		check("POST /none avg < 1s", engine.CheckStatus{}),
	}
	failing.Stats.Now = stats.Health{Invalid: 1, Reasons: []stats.Reason{{Text: "processor time is used up", Worst: stats.Invalid, Spans: 1}}}
	failing.Stats.Exceptions = []stats.Exception{{Message: "no \x1b[31m way", Count: 3}}

	open := run(30, paths(2)...)
	open.Config = engine.Config{Model: engine.Open, Stages: load.Stages{{Duration: 20 * time.Second, Target: 100}, {Duration: time.Minute, Target: 400}}}
	open.Users, open.Idle, open.Peak, open.Target = 57, 3, 0, 150
	open.Stats.Arrivals = stats.Arrivals{Due: 3000, Started: 2990, Late: 12, Completed: 2980, Dropped: 10}

	early := &engine.Status{State: engine.Spawning, Started: began, At: began, Config: engine.Config{Users: 3}, Peak: 3, Stats: &stats.Snapshot{}}
	stopping := run(12, "/")
	stopping.State, stopping.Reason = engine.Stopping, "a \x1b[2J reason"
	return map[string]*engine.Status{
		"full": run(45, paths(60)...), "failing": failing, "open": open, "early": early, "stopping": stopping,
		"hostile": run(45, hostile, hostile+hostile, "/"),
	}
})

func TestViewsLookAsTheyDid(t *testing.T) {
	all := states()
	for _, test := range []struct {
		state         string
		width, height int
		note          string
		help          bool
	}{
		{state: "full", width: 120, height: 40}, {state: "full", width: 80, height: 24}, {state: "full", width: 40, height: 10},
		{state: "failing", width: 120, height: 40}, {state: "failing", width: 80, height: 24, note: "now 1,260 users"}, {state: "failing", width: 40, height: 24},
		{state: "open", width: 80, height: 24}, {state: "early", width: 80, height: 24, help: true}, {state: "early", width: 40, height: 10},
		{state: "stopping", width: 80, height: 24}, {state: "hostile", width: 80, height: 24},
	} {
		name := fmt.Sprintf("%s_%dx%d", test.state, test.width, test.height)
		t.Run(name, func(t *testing.T) {
			got := ansi.Strip(strings.Join(draw(look{all[test.state], test.width, test.height, test.note, true, test.help}), "\n") + "\n")
			path := filepath.Join("testdata", name+".txt")
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
		})
	}
}

// Whatever the size, a line more or a column more would scroll the picture away.
func TestViewsFitTheirTerminal(t *testing.T) {
	for name, s := range states() {
		for _, width := range []int{1, 2, 7, 20, 40, 41, 64, 65, 80, 400} {
			for _, height := range []int{0, 1, 2, 3, 5, 7, 8, 9, 10, 15, 20, 24, 60} {
				for _, help := range []bool{false, true} {
					lines := draw(look{s, width, height, "a note", true, help})
					if len(lines) > max(0, height-1) {
						t.Errorf("%s has %d lines on %d×%d", name, len(lines), width, height)
					}
					for _, l := range lines {
						if columns(l) >= max(2, width) {
							t.Errorf("%s has %d columns on %d×%d: %q", name, columns(l), width, height, l)
						}
						if bare := ansi.Strip(l); strings.ContainsFunc(bare, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e' }) {
							t.Errorf("%s on %d×%d has control characters: %q", name, width, height, l)
						}
					}
				}
				if t.Failed() {
					return
				}
			}
		}
	}
}

func TestKeysChangeTheLoad(t *testing.T) {
	for _, test := range []struct {
		name string
		cfg  engine.Config
		by   int
		want string // the load, or the refusal
	}{
		{"a user more", engine.Config{Users: 3}, 1, "3 → 4 users"},
		{"ten less, but one stays", engine.Config{Users: 3}, -10, "3 → 1 users"},
		{"none is left to take", engine.Config{Users: 1}, -1, "1 user is as far as keys go"},
		{"no more than there may be", engine.Config{Users: engine.MaxUsers}, 10, "1000000 users are as far as keys go"},
		{"arrivals", engine.Config{Model: engine.Open, Rate: 2.5}, 10, "2.5 → 12.5/s"},
		{"arrivals do not end", engine.Config{Model: engine.Open, Rate: 5}, -10, "5 → 1/s"},
		{"slow ones stay", engine.Config{Model: engine.Open, Rate: 0.5}, -1, "0.5 arrivals per second are as far as keys go"},
		{"stages", engine.Config{Stages: load.Stages{{Duration: 1, Target: 1}}}, 1, "the stages say how much load there is: keys cannot change it"},
		{"a shape", engine.Config{Shape: "hill"}, 1, "the shape hill says how much load there is: keys cannot change it"},
	} {
		cfg, err := changed(test.cfg, test.by)
		got := fmt.Sprintf("%d → %d users", test.cfg.Users, cfg.Users)
		if cfg.Model == engine.Open {
			got = fmt.Sprintf("%g → %g/s", test.cfg.Rate, cfg.Rate)
		}
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: changed(%d) = %s, want %s", test.name, test.by, got, test.want)
		}
	}
}
