package cli

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine/report"
)

const (
	retryAfter  = 10 * time.Second // a failure to write
	lookAgain   = time.Second      // whether that is due
	complainFor = time.Minute      // one log line about failures in this time
)

// Faults are what cannot be written at present. A disk that is full or gone stops the
// writing, never the run: it is said in the log, once a minute, and on the page, and what
// could not be written is tried again.
type faults struct {
	log *slog.Logger
	now func() time.Time

	mu         sync.Mutex        // guards what follows
	texts      map[string]string // by what cannot be written
	complained time.Time
}

func newFaults(log *slog.Logger) *faults {
	return &faults{log: log, now: time.Now, texts: map[string]string{}}
}

// failed notes that something cannot be written.
func (f *faults) failed(what string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts[what] = fmt.Sprintf("%s cannot be written: %s — that holds up no run, and is tried again every %s", what, report.OneLine(err.Error()), retryAfter)
	if now := f.now(); f.complained.IsZero() || now.Sub(f.complained) >= complainFor {
		f.complained = now
		f.log.Error(f.texts[what])
	}
}

// worked notes that something was written.
func (f *faults) worked(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.texts[what] == "" {
		return
	}
	delete(f.texts, what)
	f.log.Info(what + " can be written again")
	if len(f.texts) == 0 {
		f.complained = time.Time{}
	}
}

// Alarms returns what cannot be written, in words.
func (f *faults) Alarms() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, what := range slices.Sorted(maps.Keys(f.texts)) {
		list = append(list, f.texts[what])
	}
	return list
}
