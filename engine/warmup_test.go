package engine

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A target that is slow at first spoils no verdict when the warm-up is over by then.
func TestTheVerdictOnTheRunLeavesTheWarmUpOut(t *testing.T) {
	for _, tt := range []struct {
		warmup time.Duration
		known  bool
		ok     bool
	}{{0, true, false}, {10 * time.Second, true, true}, {3 * time.Second, true, false}, {time.Hour, false, false}} {
		synctest.Test(t, func(t *testing.T) {
			s := played(t, slowFrom(0, 5*time.Second, 500*time.Millisecond), Config{
				Users: 2, SpawnRate: 100, RunTime: 30 * time.Second, CheckWarmup: tt.warmup,
				Checks: objectives(t, "GET / max < 300ms", "fails < 1"),
			}, tenASecond())
			c := checkNamed(t, s, "GET / max < 300ms")
			if c.Run.Known != tt.known || c.Run.OK != tt.ok {
				t.Errorf("warm-up %s: the whole run = %+v, want known %v, ok %v", tt.warmup, c.Run, tt.known, tt.ok)
			}
			if c := checkNamed(t, s, "fails < 1"); c.Run.Known != tt.known {
				t.Errorf("warm-up %s: failures are known: %v, want %v", tt.warmup, c.Run.Known, tt.known)
			}
			if !c.Now.Known {
				t.Errorf("warm-up %s: nothing is known of the last seconds: %+v", tt.warmup, c)
			}
		})
	}
}

// A warm-up that is edited later is as if it had been so from the start.
func TestAnotherWarmUpCountsFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t, slowFrom(0, 5*time.Second, 500*time.Millisecond), tenASecond())
		defer e.Close()
		held := objectives(t, "GET / max < 300ms")
		mustStart(t, e, Config{Users: 2, SpawnRate: 100, Checks: held})
		time.Sleep(20 * time.Second)
		for _, tt := range []struct {
			warmup time.Duration
			ok     bool
		}{{0, false}, {10 * time.Second, true}, {2 * time.Second, false}, {7 * time.Second, true}} {
			if err := e.Change(Config{Checks: held, CheckWarmup: tt.warmup}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			if c := checkNamed(t, e.Status(), "GET / max < 300ms"); !c.Run.Known || c.Run.OK != tt.ok {
				t.Errorf("warm-up changed to %s: %+v, want ok %v", tt.warmup, c.Run, tt.ok)
			}
		}
	})
}

// What users do while they are being started is not in the numbers then.
func TestTheNumbersBeginWhenAllUsersHaveStarted(t *testing.T) {
	for _, reset := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := played(t, &target{}, Config{Users: 10, SpawnRate: 1, RunTime: 20 * time.Second, ResetStats: reset}, tenASecond())
			if from := s.Stats.From.Sub(s.Started); reset != (from > 8*time.Second) {
				t.Errorf("ResetStats %v: the numbers begin %s after the start, %d requests", reset, from, s.Stats.Total.Requests())
			}
		})
	}
}

func TestTheChecksOfASuiteAreAnOffer(t *testing.T) {
	suite := load.Suite{Scenarios: []load.Planner{tenASecond()}, Checks: []string{"p95<300", "fail% < 1"}}
	opts := Options{Logger: slog.New(slog.DiscardHandler)}
	e, err := New(suite, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Checks(); len(got) != 2 || got[0].String() != "p95 < 300ms" || got[1].String() != "fail% < 1%" {
		t.Errorf("Checks() = %v, want those of the suite", got)
	}
	e.Checks()[0].Bound = 1
	if e.Checks()[0].Bound != 300 {
		t.Error("whoever asks for the checks can change them")
	}

	suite.Checks, suite.Scenarios = []string{"p95 < 1", "p9x < 3", "GET /"}, []load.Planner{nil}
	_, err = New(suite, opts)
	for _, want := range []string{`suite: scenario 0 is nil`, `suite: check 2, "p9x < 3": character 1`, `suite: check 3, "GET /": `} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, want all mistakes, among them %s", err, want)
		}
	}
	suite.Checks = make([]string, mostChecks+1)
	for i := range suite.Checks {
		suite.Checks[i] = "fails < 1"
	}
	suite.Scenarios = []load.Planner{tenASecond()}
	if _, err := New(suite, opts); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("New with %d checks = %v, want them to be too many", len(suite.Checks), err)
	}
}
