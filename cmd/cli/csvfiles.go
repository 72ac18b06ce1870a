package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/engine/stats"
)

// csvFiles are the files of --csv. Some grow with the history; the others are
// replaced as the run goes on and always whole. See faults for what becomes of the
// writing when the disk is full or gone.
type csvFiles struct {
	prefix string
	faults *faults
	disk   disk

	growing  []*growing // the first is that of history
	history  *report.History
	health   *report.Log
	arrivals *report.Log // nil without a run of the open model
	service  bool        // whether a request ever was sent later than intended

	began time.Time // the first moment of the history that is followed
	last  time.Time // up to which it is in the growing files

	since time.Time // when the first of the failures was that still go on; zero without one
	retry time.Time // when to write again
}

// Files that there are only if there is something in them.
const (
	arrivalsFile = "_arrivals.csv"
	serviceFile  = "_service.csv"
)

// statsFile is the one whose name others are kept from.
const statsFile = "_stats.csv"

// csvName is what the files are called in messages.
const csvName = "CSV files"

// createCSV begins the files, so that a prefix that cannot be written to is known
// before the run.
func createCSV(prefix string, full bool, faults *faults) (*csvFiles, error) {
	c := &csvFiles{prefix: prefix, faults: faults, disk: disk{openFile, report.WriteFile}}
	history, health := c.grow("_stats_history.csv"), c.grow("_health.csv")
	c.history, _ = report.NewHistory(history, full) // what grows takes everything
	c.health, _ = report.NewHealth(health)
	history.begin()
	health.begin()
	history.gap = func() []byte { return c.gap(history) }
	err := c.write(&engine.Status{Stats: &stats.Snapshot{}})
	for _, name := range []string{arrivalsFile, serviceFile} { // of an earlier run
		if removeErr := os.Remove(prefix + name); err == nil && !errors.Is(removeErr, fs.ErrNotExist) {
			err = removeErr
		}
	}
	if err != nil {
		return nil, fmt.Errorf("--csv: %w", folderMissing(err))
	}
	return c, nil
}

// folderMissing adds the way out to an error of a file that is to be created.
func folderMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w — make its folder first", err)
	}
	return err
}

// grow returns another file that grows.
func (c *csvFiles) grow(name string) *growing {
	g := &growing{path: c.prefix + name, disk: c.disk}
	c.growing = append(c.growing, g)
	return g
}

// gap returns the line of a gap in the history.
func (c *csvFiles) gap(g *growing) []byte {
	since, rows := c.since, "the rows that follow are late"
	if since.IsZero() { // it vanished, and nothing kept it from being begun anew
		since = c.faults.now()
	}
	if g.lost {
		rows = "rows are lost"
	}
	return report.HistoryGap(since, fmt.Sprintf("(could not be written for %s: %s)", c.faults.now().Sub(since).Round(time.Second), rows))
}

// update brings the files to s.
func (c *csvFiles) update(s *engine.Status) {
	if s.Run == 0 {
		return
	}
	c.follow(s)
	now := c.faults.now()
	if now.Before(c.retry) {
		return
	}
	if err := c.write(s); err != nil {
		c.fail(now)
		c.faults.failed(csvName, err)
		return
	}
	c.since, c.retry = time.Time{}, time.Time{}
	c.faults.worked(csvName)
}

// fail notes a failure to write. Until the next try nothing is written.
func (c *csvFiles) fail(now time.Time) {
	if c.since.IsZero() {
		c.since = now
	}
	for _, g := range c.growing {
		g.failing = true
	}
	c.retry = now.Add(retryAfter)
}

// finish brings the files to s, the last status.
func (c *csvFiles) finish(s *engine.Status) error {
	c.follow(s)
	if c.since.IsZero() {
		c.since = c.faults.now()
	}
	err := c.replace(s)
	for _, g := range c.growing {
		err = errors.Join(err, g.finish())
	}
	if err != nil {
		return prefixed(csvName, err)
	}
	for i, g := range c.growing {
		if g.lost || i == 0 && g.gaps > 0 {
			return fmt.Errorf("%s: %s has a gap: for a time it could not be written to", csvName, g.path)
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
		g := c.grow(arrivalsFile)
		c.arrivals, _ = report.NewArrivals(g)
		g.begin()
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

// write writes what is pending, and the other files anew. It writes what can be written,
// and returns what first could not.
func (c *csvFiles) write(s *engine.Status) error {
	var first error
	for _, g := range c.growing {
		if err := g.write(); first == nil {
			first = err
		}
	}
	if err := c.replace(s); first == nil {
		first = err
	}
	return first
}

// replace writes the files anew that do not grow, as far as it gets.
func (c *csvFiles) replace(s *engine.Status) error {
	c.service = c.service || s.Stats.Total.All().Lagged()
	for _, f := range []struct {
		name   string
		wanted bool
		write  func(io.Writer) error
	}{
		{statsFile, true, func(w io.Writer) error { return report.RequestsCSV(w, s.Stats) }},
		{"_failures.csv", true, func(w io.Writer) error { return report.FailuresCSV(w, s.Stats.Failures) }},
		{"_exceptions.csv", true, func(w io.Writer) error { return report.ExceptionsCSV(w, s.Stats.Exceptions) }},
		{"_phases.csv", true, func(w io.Writer) error { return report.PhasesCSV(w, s.Stats) }},
		{serviceFile, c.service, func(w io.Writer) error { return report.ServiceCSV(w, s.Stats) }},
	} {
		if !f.wanted {
			continue
		}
		if err := c.disk.replace(c.prefix+f.name, f.write); err != nil {
			return err
		}
	}
	return nil
}
