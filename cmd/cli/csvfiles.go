package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/engine/stats"
)

const (
	retryAfter  = 10 * time.Second // a failure to write
	complainFor = time.Minute      // one log line about failures in this time
	mostPending = 8 << 20          // bytes of history that wait for a disk with room
)

// csvFiles are the files of --csv. Three are replaced as the run goes on and always
// whole; the history grows. A disk that is full or gone stops the writing, never
// the run: what could not be written is tried again.
type csvFiles struct {
	prefix string
	log    *slog.Logger
	now    func() time.Time

	history *report.History
	began   time.Time // the first moment of the history that is followed
	last    time.Time // up to which it is in pending or in the file
	pending *bytes.Buffer
	file    *os.File
	size    int64 // of the file up to the last whole line
	lost    bool  // whether some of the history never made it to the file

	retry      time.Time // when to write again after a failure; zero without one
	complained time.Time
}

// createCSV begins the files, so that a prefix that cannot be written to is known
// before the run.
func createCSV(prefix string, full bool, log *slog.Logger) (*csvFiles, error) {
	c := &csvFiles{prefix: prefix, log: log, now: time.Now, pending: new(bytes.Buffer)}
	var err error
	if c.history, err = report.NewHistory(c.pending, full); err != nil {
		return nil, err
	}
	if c.file, err = os.Create(prefix + "_stats_history.csv"); err != nil {
		return nil, fmt.Errorf("--csv: %w", err)
	}
	if err := c.write(&engine.Status{Stats: &stats.Snapshot{}}); err != nil {
		c.file.Close()
		return nil, fmt.Errorf("--csv: %w", err)
	}
	return c, nil
}

// update brings the files to s.
func (c *csvFiles) update(s *engine.Status) {
	if s.Run == 0 {
		return
	}
	c.follow(s.History)
	now := c.now()
	if now.Before(c.retry) {
		return
	}
	err := c.write(s)
	if err == nil {
		c.retry = time.Time{}
		return
	}
	c.retry = now.Add(retryAfter)
	if c.complained.IsZero() || now.Sub(c.complained) >= complainFor {
		c.complained = now
		c.log.Error("CSV files cannot be written; the run goes on and writing is tried again", "err", err)
	}
}

// finish brings the files to s, the last status, and closes them.
func (c *csvFiles) finish(s *engine.Status) error {
	c.follow(s.History)
	err := errors.Join(c.write(s), c.file.Sync(), c.file.Close())
	if err != nil {
		return fmt.Errorf("CSV files: %w", err)
	}
	if c.lost {
		return fmt.Errorf("CSV files: %s has a gap: it could not be written to for too long", c.file.Name())
	}
	return nil
}

// follow takes over what t has beyond the last time.
func (c *csvFiles) follow(t stats.Timeline) {
	n := t.Len()
	if n == 0 {
		return
	}
	if began := t.Point(0).From; !began.Equal(c.began) { // another run, or numbers begun anew
		c.began, c.last = began, time.Time{}
		c.history.Restart()
	}
	first := n
	for first > 0 && t.Point(first-1).To.After(c.last) {
		first--
	}
	for i := first; i < n; i++ {
		if c.pending.Len() > mostPending {
			c.lost = true
			c.pending.Reset()
		}
		_ = c.history.Add(t.Delta(i)) // a buffer takes everything
		c.last = t.Point(i).To
	}
}

// write writes what is pending of the history, and the other files anew.
func (c *csvFiles) write(s *engine.Status) error {
	if n, err := c.file.WriteAt(c.pending.Bytes(), c.size); err != nil {
		_ = c.file.Truncate(c.size) // no half line, if it can be helped
		return err
	} else {
		c.size += int64(n)
		c.pending.Reset()
	}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"_stats.csv", func(w io.Writer) error { return report.RequestsCSV(w, s.Stats) }},
		{"_failures.csv", func(w io.Writer) error { return report.FailuresCSV(w, s.Stats.Failures) }},
		{"_exceptions.csv", func(w io.Writer) error { return report.ExceptionsCSV(w, s.Stats.Exceptions) }},
	} {
		if err := report.WriteFile(c.prefix+f.name, f.write); err != nil {
			return err
		}
	}
	return nil
}
