package cli

import (
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// Whoever starts another run while the program waits to end has that one first.
func TestAutoquitWaitsForARunStartedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, endLog, err := openLog("", io.Discard, slog.LevelInfo)
		if err != nil {
			t.Fatal(err)
		}
		defer endLog()
		e, err := engine.New(testSuite, engine.Options{Logger: l.Logger})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		start := func(runTime time.Duration) {
			if _, err := e.Start(engine.Config{Users: 1, SpawnRate: 1, RunTime: runTime, Scenarios: []string{"bare"}}); err != nil {
				t.Error(err)
			}
		}
		began := time.Now()
		start(2 * time.Second)
		quit := make(chan time.Duration, 1)
		go (&program{engine: e, log: l}).quitAfterRun(t.Context(), 5*time.Second, func() { quit <- time.Since(began) })
		for e.Status().State.Active() {
			time.Sleep(time.Millisecond)
		}
		ended := time.Since(began)
		time.Sleep(5*time.Second - 2*time.Millisecond) // the very last moment
		if start(3 * time.Second); len(quit) > 0 {
			t.Fatal("the program ended before its time")
		}
		if after := <-quit; after < ended+13*time.Second-2*time.Millisecond || after > ended+14*time.Second {
			t.Errorf("the program ended %s after the first run, want 13s: 5 s, a run of 3 s, and 5 s more", after-ended)
		}
	})
}
