package protocols

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/leaks"
	"github.com/gregaria/gregaria/engine/load"
)

func TestMain(m *testing.M) { leaks.Main(m) }

func TestSuiteHasNoMistakes(t *testing.T) {
	plans, err := Suite.Plans()
	if err != nil {
		t.Fatalf("Suite.Plans: %v", err)
	}
	for _, p := range plans {
		if p.Help == "" {
			t.Errorf("scenario %s has no Help", p.Name)
		}
	}
}

// begin starts a run of one scenario on the real engine.
func begin(t *testing.T, s load.Planner, cfg engine.Config) *engine.Engine {
	t.Helper()
	e, err := engine.New(load.Suite{Scenarios: []load.Planner{s}}, engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	cfg.SpawnRate = 1000
	if _, err := e.Start(cfg); err != nil {
		t.Fatalf("Start(%+v): %v", cfg, err)
	}
	return e
}

// finish is begin, and waits until the run is over. Its tasks may go on for as long
// as they need, so that nothing is cut and every count is exact.
func finish(t *testing.T, s load.Planner, cfg engine.Config) *engine.Status {
	t.Helper()
	cfg.StopTimeout = time.Minute
	e := begin(t, s, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := e.Wait(ctx); err != nil {
		t.Fatalf("the run does not end: %v; it is %s", err, brief(e.Status()))
	}
	return e.Status()
}

// brief says in one line how a run is.
func brief(s *engine.Status) string {
	return fmt.Sprintf("%s with %d users, %d requests, failures %v, %d exceptions, notices %q, because %q",
		s.State, s.Users, s.Stats.Total.Requests(), s.Stats.Failures, len(s.Stats.Exceptions), s.Notices, s.Reason)
}

// A count is how many requests there were and how many of them failed.
type count struct{ requests, failed int64 }

// checkRows fails the test unless the table has exactly the rows wanted.
func checkRows(t *testing.T, s *engine.Status, want map[string]count) {
	t.Helper()
	got := map[string]count{}
	for _, row := range s.Stats.Rows {
		got[row.Method+" "+row.Name] = count{row.Requests(), row.Failures()}
	}
	if !maps.Equal(got, want) {
		t.Errorf("rows, as requests and failures:\n got %v\nwant %v", got, want)
	}
	for _, e := range s.Stats.Exceptions {
		t.Errorf("exception: %s", e.Message)
	}
}

// checkFailures fails the test unless these are the failures there are: row and
// format, each with its count.
func checkFailures(t *testing.T, s *engine.Status, want map[string]int64) {
	t.Helper()
	got := map[string]int64{}
	for _, f := range s.Stats.Failures {
		got[fmt.Sprintf("%s %s: %s", f.Method, f.Name, f.Format)] = f.Count
	}
	if !maps.Equal(got, want) {
		t.Errorf("failures:\n got %v\nwant %v", got, want)
	}
}

// checkStop stops the run while all of its users wait for an answer, and fails the
// test unless they end at once, and what was cut is not counted.
func checkStop(t *testing.T, e *engine.Engine, want map[string]count) {
	t.Helper()
	e.Stop("enough")
	s := e.Status()
	if s.State != engine.Stopped || s.Users != 0 || s.Abandoned != 0 {
		t.Errorf("after Stop: %s with %d users and %d abandoned, want stopped with none", s.State, s.Users, s.Abandoned)
	}
	checkRows(t, s, want)
}

// awaitStatus returns when the engine has a status that is as it should be.
func awaitStatus(t *testing.T, e *engine.Engine, ok func(*engine.Status) bool) {
	t.Helper()
	news, end := e.Watch()
	defer end()
	patience := time.After(time.Minute)
	for !ok(e.Status()) {
		select {
		case <-news:
		case <-patience:
			t.Fatalf("waited in vain; the run is %s", brief(e.Status()))
		}
	}
}

// waitFor returns when something has happened n times.
func waitFor(t *testing.T, what string, happened <-chan struct{}, n int) {
	t.Helper()
	patience := time.After(time.Minute)
	for i := range n {
		select {
		case <-happened:
		case <-patience:
			t.Fatalf("%s: %d times, want %d", what, i, n)
		}
	}
}

// waitForAll returns when all that a server serves has ended.
func waitForAll(t *testing.T, all *sync.WaitGroup) {
	t.Helper()
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	waitFor(t, "all connections ended", ended, 1)
}
