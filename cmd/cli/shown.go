package cli

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/gregaria/gregaria/cmd/cli/terminal"
)

// A shown says what of a run goes to the terminal.
type shown struct {
	onlySummary bool // nothing before the end
	printStats  bool // tables, also beside the page
	noView      bool // tables, not one picture that is drawn again and again

	taskRatio, taskRatioJSON bool // only what users would do
}

// addShown adds the flags of what is shown in the terminal.
func (f *flags) addShown() {
	f.toggle("only-summary", "", "show nothing before the end")
	f.toggle("print-stats", "", "print tables every two seconds: beside the page too, and on a terminal instead of the live view")
	f.toggle("no-tui", "", "on a terminal: print tables instead of the live view, and take no keys")
}

// addRatio adds the flags of what users would do.
func (f *flags) addRatio() {
	f.toggle("show-task-ratio", "", "print how often users would do what, and exit")
	f.toggle("show-task-ratio-json", "", "the same as JSON")
}

// readShown reads both.
func (f *flags) readShown() shown {
	s := shown{
		onlySummary: f.on("only-summary"), printStats: f.on("print-stats"), noView: f.on("no-tui"),
		taskRatio: f.on("show-task-ratio"), taskRatioJSON: f.on("show-task-ratio-json"),
	}
	if s.onlySummary && s.printStats {
		f.wrong("--print-stats: does not go with --only-summary — leave one out")
	}
	return s
}

// hasView reports whether a run is to be drawn where that can be.
func (s shown) hasView() bool { return !s.onlySummary && !s.printStats && !s.noView }

// openTerminal finds out where the program was started from. Keys mean signals.
func (p *program) openTerminal(keys chan<- os.Signal) {
	kind, _ := p.Lookup("TERM")
	p.terminal = terminal.Open(p.Stdin, p.Stdout, kind, func() {
		select {
		case keys <- os.Interrupt:
		default: // there have been more than enough
		}
	})
}

// printTables prints tables of every run that is on until ctx ends.
func (p *program) printTables(ctx context.Context) {
	tick := time.NewTicker(tableEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if s := p.engine.Status(); s.State.Active() {
				io.WriteString(p.Stdout, progress(s, p.Width()))
			}
		}
	}
}
