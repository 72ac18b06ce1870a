package cli

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
)

// However often another file has to be tried again, what is added to a file is there once
// for each run.
func TestWhatIsAddedIsAddedOnceARun(t *testing.T) {
	summary := filepath.Join(t.TempDir(), "summary")
	say := func(w io.Writer, _ *engine.Status) error {
		_, err := io.WriteString(w, "report\n")
		return err
	}
	r, err := newReports([]reportFile{
		{flag: "report", path: summary, planned: summary, write: say, appended: true},
		{flag: "html", path: summary + ".html", planned: summary + ".html", write: say},
	}, newFaults(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	r.write = func(string, func(io.Writer) error) error { return errors.New("no space left") }
	for run := 1; run <= 2; run++ {
		for range 3 {
			if err := r.finish(&engine.Status{Run: run, State: engine.Stopped}); err == nil {
				t.Error("finish says nothing of a full disk")
			}
		}
		text, _ := os.ReadFile(summary)
		if n := strings.Count(string(text), "report"); n != run {
			t.Errorf("after run %d, whose other file was tried thrice, the summary has %d reports, want %d", run, n, run)
		}
	}
}

// Several programs may write to a device, and to a summary at once.
func TestWhatIsAddedToIsNobodysAlone(t *testing.T) {
	dir := t.TempDir()
	summary, own := filepath.Join(dir, "summary"), filepath.Join(dir, "own.json")
	o, err := parse(testFlags(t), []string{"--report", "md:" + summary, "--report", "json:" + os.DevNull, "--report", own}, func(name string) (string, bool) {
		return summary, name == summaryVariable
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := o.claimFiles()
	defer claims.release()
	if err != nil || len(claims) != 1 {
		t.Errorf("%d claims (%v), want one, to %s", len(claims), err, own)
	}
	if _, err := os.Lstat(filepath.Join(dir, ".summary.lock")); err == nil {
		t.Error("the summary is locked")
	}
}
