package cli

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// A refusing takes nothing.
type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }

func TestWhatCannotBePrintedIsAnExitStatus(t *testing.T) {
	for _, args := range []string{"completion bash", "completion fish", "man", "--report-schema", "--help", "--list", "--version", "--show-config"} {
		for err, want := range map[error]int{syscall.ENOSPC: exitUnsaved, fmt.Errorf("write: %w", syscall.EPIPE): exitOK} {
			var stderr bytes.Buffer
			got := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: strings.Fields(args), Stdout: refusing{err}, Stderr: &stderr})
			if got != want || (want == exitOK) != (stderr.Len() == 0) {
				t.Errorf("%s with %v: exit status %d, want %d; it says %q", args, err, got, want, &stderr)
			}
		}
	}
}
