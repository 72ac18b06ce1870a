package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/engine/stats"
)

// tableEvery is how often the table is printed while a run is on.
const tableEvery = 2 * time.Second

// headless makes one run and returns when it is over. The end of ctx stops it.
func (p *program) headless(ctx context.Context) error {
	e, err := p.openAudited()
	if err != nil {
		return err
	}
	news, endWatch := e.Watch()
	defer endWatch()
	if _, err := e.Start(p.opts.config); err != nil {
		return unlessMistaken(err)
	}
	// Not in the loop below: a terminal that is held up must not hold up the stop.
	stopped := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(stopped)
		p.log.Info("stopping the run; once more ends at once", "cause", context.Cause(ctx))
		e.Stop("stopped by signal: " + context.Cause(ctx).Error())
	})
	defer func() {
		if !unhook() {
			<-stopped
		}
	}()

	return p.along(e, news)
}

// along shows the run that is on until it is over: as a view where that can be drawn, or
// as tables every now and then.
func (p *program) along(e audited, news <-chan struct{}) error {
	tick := time.NewTicker(tableEvery)
	defer tick.Stop()
	for {
		if p.opts.hasView() && p.terminal.Ready() {
			if err := p.terminal.Show(e); err != nil {
				p.log.Warn("the view is gone, tables are printed instead", "error", err)
			}
		}
		if !p.engine.Status().State.Active() { // before the tick, which may be due as well
			return nil
		}
		select {
		case <-news:
		case <-tick.C:
			if s := p.engine.Status(); s.State.Active() && !p.opts.onlySummary {
				io.WriteString(p.tables(), progress(s, p.Width()))
			}
		}
		if !p.engine.Status().State.Active() { // which no view shall come back for
			return nil
		}
	}
}

// progress is what is printed while a run is on.
func progress(s *engine.Status, width int) string {
	text := heading(s) + "\n"
	if s.Config.Model == engine.Open {
		text += "arrivals: " + report.ArrivalsText(s.Stats.Arrivals) + "\n"
	}
	if s.Stats.Now.Verdict() > stats.Valid {
		text += "generator now: " + report.HealthText(s.Stats.Now) + "\n"
	}
	if s.Stats.Health.Verdict() > stats.Valid {
		text += "generator: " + report.HealthText(s.Stats.Health) + "\n"
	}
	return text + report.RequestsTable(s.Stats, width, true) + "\n"
}

// heading says in one line how far the run is.
func heading(s *engine.Status) string {
	line := fmt.Sprintf("%s, %s, %s", s.State, s.Elapsed().Truncate(time.Second), users(s.Users))
	if s.Config.Model == engine.Open {
		line += fmt.Sprintf(" (%d idle), target %.4g/s", s.Idle, s.Target)
	}
	return line
}

func users(n int) string {
	if n == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", n)
}

// summary is what is printed after the end.
func summary(s *engine.Status, width int) string {
	parts := []string{
		fmt.Sprintf("%s after %s%s\n", s.State, s.Elapsed().Round(100*time.Millisecond), because(s)) +
			report.RequestsTable(s.Stats, width, false),
		report.PercentilesTable(s.Stats, width),
		report.PhasesTable(s.Stats, width),
		checksTable(s, width),
		report.FailuresTable(s.Stats.Failures),
		report.ExceptionsTable(s.Stats.Exceptions),
		caveats(s),
	}
	var b strings.Builder
	for _, part := range parts {
		if part != "" {
			b.WriteString(part + "\n")
		}
	}
	return b.String()
}

// caveats say how to read the numbers of a run, and how to make it again.
func caveats(s *engine.Status) string {
	model := "Closed model: latency is what the users saw, not what as many arrivals a second would have seen\n"
	if s.Config.Model == engine.Open {
		model = "Arrivals: " + report.ArrivalsText(s.Stats.Arrivals) + "\n"
	}
	return model +
		"Generator: " + report.HealthText(s.Stats.Health) + "\n" +
		fmt.Sprintf("Seed: %d\n", s.Config.Seed)
}

// because words why a run ended.
func because(s *engine.Status) string {
	if s.Reason == "" {
		return ""
	}
	quoted := strconv.QuoteToGraphic(s.Reason) // it may be the target's words
	return ": " + quoted[1:len(quoted)-1]
}
