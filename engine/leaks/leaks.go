// Package leaks is for tests: it tells whether what they have begun has ended, with time for
// a machine that is slow to end it.
package leaks

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines may take to end that somebody has told to.
const patience = time.Minute

// left returns an error that shows what is left when nothing is going to end any more.
func left(options ...goleak.Option) error {
	for deadline := time.Now().Add(patience); ; {
		err := goleak.Find(options...) // which waits for half a second
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// Main runs the tests of a package, then what shall come after them, and ends the process:
// not well unless all goroutines have ended by themselves.
func Main(m interface{ Run() int }, after ...func()) {
	code := m.Run()
	if code == 0 {
		if err := left(); err != nil {
			fmt.Fprintf(os.Stderr, "after all tests: %v\n", err)
			code = 1
		}
	}
	for _, f := range after {
		f()
	}
	os.Exit(code)
}

// Check returns a function that fails the test unless the goroutines have ended that were
// begun in between.
func Check(t testing.TB) (ended func()) {
	before := goleak.IgnoreCurrent()
	return func() {
		t.Helper()
		if err := left(before); err != nil {
			t.Error(err)
		}
	}
}
