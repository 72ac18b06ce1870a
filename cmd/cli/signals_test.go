package cli

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

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
