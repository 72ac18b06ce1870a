package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
)

// tableEvery is how often the table is printed while a run is on.
const tableEvery = 2 * time.Second

// headless makes one run and returns when it is over. The end of ctx stops it.
func (p *program) headless(ctx context.Context) error {
	news, endWatch := p.engine.Watch()
	defer endWatch()
	if _, err := p.engine.Start(p.opts.config); err != nil {
		return err
	}
	// Not in the loop below: a terminal that is held up must not hold up the stop.
	stopped := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(stopped)
		p.log.Info("stopping the run; once more ends at once", "cause", context.Cause(ctx))
		p.engine.Stop("stopped by signal: " + context.Cause(ctx).Error())
	})
	defer func() {
		if !unhook() {
			<-stopped
		}
	}()

	tick := time.NewTicker(tableEvery)
	defer tick.Stop()
	for {
		select {
		case <-news:
			if !p.engine.Status().State.Active() {
				return nil
			}
		case <-tick.C:
			if !p.opts.onlySummary {
				io.WriteString(p.Stdout, progress(p.engine.Status(), p.Width()))
			}
		}
	}
}

// progress is what is printed while a run is on.
func progress(s *engine.Status, width int) string {
	return heading(s) + "\n" + report.RequestsTable(s.Stats, width, true) + "\n"
}

// heading says in one line how far the run is.
func heading(s *engine.Status) string {
	users := fmt.Sprintf("%d users", s.Users)
	if s.Users == 1 {
		users = "1 user"
	}
	return fmt.Sprintf("%s, %s, %s", s.State, s.Elapsed().Truncate(time.Second), users)
}

// summary is what is printed after the end.
func summary(s *engine.Status, width int) string {
	parts := []string{
		fmt.Sprintf("%s after %s\n", s.State, s.Elapsed().Round(100*time.Millisecond)) +
			report.RequestsTable(s.Stats, width, false),
		report.PercentilesTable(s.Stats, width),
		report.FailuresTable(s.Stats.Failures),
		report.ExceptionsTable(s.Stats.Exceptions),
	}
	var b strings.Builder
	for _, part := range parts {
		if part != "" {
			b.WriteString(part + "\n")
		}
	}
	return b.String()
}
