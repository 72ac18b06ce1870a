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

func TestEveryFileThatCannotBeWrittenIsNamed(t *testing.T) {
	dir := t.TempDir()
	var stderr bytes.Buffer
	args := []string{"--headless", "-t", "1", "-H", "http://127.0.0.1:1", "--html", dir, "--report", dir + "/no/r.md", "--csv", dir + "/no/x"}
	got := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: args, Stdout: &bytes.Buffer{}, Stderr: &stderr})
	for _, flag := range []string{"--html: ", "--report: ", "--csv: "} {
		if got != exitUnsaved || !strings.Contains(stderr.String(), "gregaria: "+flag) {
			t.Errorf("exit status %d, want %d, and a line on %s in\n%s", got, exitUnsaved, flag, &stderr)
		}
	}
}

func TestOnlyOneConfigFileIsRead(t *testing.T) {
	var stderr bytes.Buffer
	got := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: []string{"--config", "a.toml", "--config", "b.toml", "--list"}, Stdout: &bytes.Buffer{}, Stderr: &stderr})
	if want := "--config: there are 2 files"; got != exitUsage || !strings.Contains(stderr.String(), want) {
		t.Errorf("exit status %d, want %d and %q in\n%s", got, exitUsage, want, &stderr)
	}
}
