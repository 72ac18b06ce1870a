package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
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
)

// csvFiles are the files of --csv. Some grow with the history; the others are
// replaced as the run goes on and always whole. A disk that is full or gone stops the
// writing, never the run: what could not be written is tried again.
type csvFiles struct {
	prefix string
	log    *slog.Logger
	now    func() time.Time

	growing  []*growing // the first is that of history
	history  *report.History
	health   *report.Log
	arrivals *report.Log // nil without a run of the open model
	service  bool        // whether a request ever was sent later than intended

	began time.Time // the first moment of the history that is followed
	last  time.Time // up to which it is in the growing files

	retry      time.Time // when to write again after a failure; zero without one
	complained time.Time
}

// Files that there are only if there is something in them.
const (
	arrivalsFile = "_arrivals.csv"
	serviceFile  = "_service.csv"
)

// createCSV begins the files, so that a prefix that cannot be written to is known
// before the run.
func createCSV(prefix string, full bool, log *slog.Logger) (*csvFiles, error) {
	c := &csvFiles{prefix: prefix, log: log, now: time.Now}
	var historyErr, healthErr error
	c.history, historyErr = report.NewHistory(c.grow("_stats_history.csv"), full)
	c.health, healthErr = report.NewHealth(c.grow("_health.csv"))
	if err := errors.Join(historyErr, healthErr); err != nil {
		return nil, err
	}
	err := c.write(&engine.Status{Stats: &stats.Snapshot{}})
	for _, name := range []string{arrivalsFile, serviceFile} { // of an earlier run
		if removeErr := os.Remove(prefix + name); err == nil && !errors.Is(removeErr, fs.ErrNotExist) {
			err = removeErr
		}
	}
	if err != nil {
		for _, g := range c.growing {
			g.close()
		}
		return nil, fmt.Errorf("--csv: %w", err)
	}
	return c, nil
}

// grow returns another file that grows.
func (c *csvFiles) grow(name string) *growing {
	g := &growing{path: c.prefix + name}
	c.growing = append(c.growing, g)
	return g
}

// update brings the files to s.
func (c *csvFiles) update(s *engine.Status) {
	if s.Run == 0 {
		return
	}
	c.follow(s)
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
	c.follow(s)
	errs := []error{c.write(s)}
	for _, g := range c.growing {
		errs = append(errs, g.close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("CSV files: %w", err)
	}
	for _, g := range c.growing {
		if g.lost {
			return fmt.Errorf("CSV files: %s has a gap: it could not be written to for too long", g.path)
		}
	}
	return nil
}

// follow takes over what the history of s has beyond the last time.
func (c *csvFiles) follow(s *engine.Status) {
	t := s.History
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
	open := s.Config.Model == engine.Open
	if open && c.arrivals == nil {
		c.arrivals, _ = report.NewArrivals(c.grow(arrivalsFile)) // what grows takes everything
	}
	for i := first; i < n; i++ {
		for _, g := range c.growing {
			g.bound()
		}
		d := t.Delta(i)
		_ = c.history.Add(d)
		_ = c.health.Add(d)
		if open {
			_ = c.arrivals.Add(d)
		}
		c.last = t.Point(i).To
	}
}

// write writes what is pending, and the other files anew.
func (c *csvFiles) write(s *engine.Status) error {
	for _, g := range c.growing {
		if err := g.write(); err != nil {
			return err
		}
	}
	c.service = c.service || s.Stats.Total.All().Lagged()
	for _, f := range []struct {
		name   string
		wanted bool
		write  func(io.Writer) error
	}{
		{"_stats.csv", true, func(w io.Writer) error { return report.RequestsCSV(w, s.Stats) }},
		{"_failures.csv", true, func(w io.Writer) error { return report.FailuresCSV(w, s.Stats.Failures) }},
		{"_exceptions.csv", true, func(w io.Writer) error { return report.ExceptionsCSV(w, s.Stats.Exceptions) }},
		{"_phases.csv", true, func(w io.Writer) error { return report.PhasesCSV(w, s.Stats) }},
		{serviceFile, c.service, func(w io.Writer) error { return report.ServiceCSV(w, s.Stats) }},
	} {
		if !f.wanted {
			continue
		}
		if err := report.WriteFile(c.prefix+f.name, f.write); err != nil {
			return err
		}
	}
	return nil
}
