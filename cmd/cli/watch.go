package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
)

// A watcher goes along with an engine: it logs what the operator ought to know and
// keeps the files up to date.
type watcher struct {
	engine  *engine.Engine
	files   *csvFiles // nil without --csv
	reports *reports
	log     *slog.Logger

	run    int             // the latest seen
	told   map[string]bool // what has been logged about it
	end    chan struct{}
	done   chan struct{}
	result error
}

// watch starts a watcher.
func watch(e *engine.Engine, files *csvFiles, reports *reports, log *slog.Logger) *watcher {
	w := &watcher{engine: e, files: files, reports: reports, log: log, end: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		if err := recovered(w.watch); err != nil {
			w.result = err
		}
	}()
	return w
}

// finish returns when everything up to now has been seen to, and what went wrong
// with the files.
func (w *watcher) finish() error {
	close(w.end)
	<-w.done
	return w.result
}

func (w *watcher) watch() error {
	news, endWatch := w.engine.Watch()
	defer endWatch()
	// Nothing is new after a run, but what could not be written is tried again.
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		select {
		case <-news:
			s := w.engine.Status()
			w.advise(s)
			w.save(s)
		case <-again.C:
			if len(w.reports.faults.Alarms()) > 0 {
				w.save(w.engine.Status())
			}
		case <-w.end:
			s := w.engine.Status()
			err := w.reports.finish(s)
			if w.files != nil {
				err = errors.Join(w.files.finish(s), err)
			}
			return err
		}
	}
}

// save brings the files to s.
func (w *watcher) save(s *engine.Status) {
	if w.files != nil {
		w.files.update(s)
	}
	w.reports.update(s)
}

// advise logs notices, each kind once per run.
func (w *watcher) advise(s *engine.Status) {
	if s.Run != w.run {
		w.run, w.told = s.Run, map[string]bool{}
	}
	notices := s.Notices
	users := max(s.Peak, s.Users)
	if limit, known := fileLimit(); known && s.State.Active() && uint64(users)+spareFiles > limit {
		notices = append(notices[:len(notices):len(notices)], fmt.Sprintf(
			"%d users need as many connections, but this process may have %d files open — raise that with ulimit -n %d",
			users, limit, users+spareFiles))
	}
	for _, n := range notices {
		kind := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, n)
		if !w.told[kind] {
			w.told[kind] = true
			w.log.Warn(n)
		}
	}
}

// spareFiles is how many files the process opens besides one per user.
const spareFiles = 64
