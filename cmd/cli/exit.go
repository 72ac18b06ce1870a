package cli

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
)

// The program's exit status.
const (
	exitOK       = 0
	exitFailed   = 1 // requests failed, scenarios had exceptions, or no request was answered, interrupted or not; see --exit-code-on-error
	exitUsage    = 2
	exitInternal = 3  // a mistake of the program's own, or of this machine
	exitUnsaved  = 4  // results could not be written
	exitInvalid  = 98 // the load generator was in the way; see --exit-code-on-invalid
	exitBreached = 99 // a check was broken, or had nothing to judge
)

// An outcome is what there is to say of an execution when it is over.
type outcome struct {
	internal bool // something went wrong that is nobody else's mistake
	breached bool // a check was broken
	invalid  bool // the load generator was in the way
	unsaved  bool // results could not be written
	failed   bool // requests failed, or scenarios had exceptions
	untested bool // no request was answered in a run that the command line started
}

// A codes is what the exit status shall be in cases that not everybody minds.
type codes struct{ failed, invalid int }

// exitStatus returns the exit status, that of the gravest thing to say.
func exitStatus(o outcome, c codes) int {
	switch {
	case o.internal:
		return exitInternal
	case o.breached:
		return exitBreached
	case o.unsaved:
		return exitUnsaved
	case (o.failed || o.untested) && c.failed != 0:
		return c.failed
	case o.invalid:
		return c.invalid
	}
	return exitOK
}

// outcomeOf returns what there is to say of a run.
func outcomeOf(s *engine.Status) outcome {
	if s.Run == 0 {
		return outcome{}
	}
	_, broken, silent := checkLines(s)
	return outcome{
		breached: broken+silent > 0,
		invalid:  s.Stats.Health.Spoils(),
		failed:   len(s.Stats.Failures) > 0 || len(s.Stats.Exceptions) > 0,
		untested: s.Stats.Total.Requests() == 0,
	}
}

// exitText says why the exit status is one that the tables do not explain, or "".
func exitText(s *engine.Status, o outcome, c codes) string {
	switch {
	case o.internal: // which has been said
	case o.breached:
		_, broken, silent := checkLines(s)
		text := fmt.Sprintf("%d of %d checks do not hold", broken+silent, len(s.Checks))
		if silent > 0 {
			text += fmt.Sprintf(", %d of them because there was nothing to judge", silent)
		}
		for _, c := range s.Checks {
			if hint := engine.NameHint(s, c.Check); report.HoldingOf(c) == report.NoData && strings.HasPrefix(hint, "did you mean") {
				text += fmt.Sprintf(" (%s: %s)", c, hint)
			}
		}
		return fmt.Sprintf("%s: exit status %d", text, exitStatus(o, c))
	case o.untested && exitStatus(o, c) == c.failed:
		return fmt.Sprintf("no request was answered, so nothing was tested: exit status %d", c.failed)
	case o.invalid && exitStatus(o, c) == c.invalid && c.invalid != 0:
		return fmt.Sprintf("the load generator was in the way, so the numbers say little of the target: exit status %d — give it less load or more of the machine, or ignore that with --exit-code-on-invalid 0", c.invalid)
	}
	return ""
}

// checkLines words how a run did by its checks, and returns how many of them are broken
// and how many had nothing to judge. Those do not hold: a name that is mistyped must not
// pass.
func checkLines(s *engine.Status) (lines []report.CheckLine, broken, silent int) {
	for _, c := range s.Checks {
		holds := report.HoldingOf(c)
		line := report.CheckLine{
			Check: strings.TrimSpace(c.Subject() + " " + string(c.Metric)), Bound: string(c.Op) + " " + c.Metric.Text(c.Bound), Verdict: string(holds),
		}
		switch holds {
		case report.NoData:
			silent++
		case report.Breaks:
			broken++
		}
		if c.Run.Known {
			line.Value = c.Say(c.Run.Value)
		}
		lines = append(lines, line)
	}
	return lines, broken, silent
}

// checksTable says how a run did by its checks.
func checksTable(s *engine.Status, width int) string {
	lines, _, _ := checkLines(s)
	return report.ChecksTable(lines, report.Judged(s.Config), width)
}

// addExit adds the flags of the exit status.
func (f *flags) addExit() {
	f.group("Exit status")
	f.value("exit-code-on-error", "", "N", strconv.Itoa(exitFailed), "exit with this when requests failed or scenarios had exceptions; 0 ignores them")
	f.value("exit-code-on-invalid", "", "N", strconv.Itoa(exitInvalid), "exit with this when the load generator was in the way for more than a tenth of the run, and 5 s at least; 0 ignores that")
}

// exitCodes reads them.
func (f *flags) exitCodes() codes {
	code := func(name string) int {
		n, err := strconv.ParseUint(strings.TrimSpace(f.last(name)), 10, 8)
		if err != nil {
			f.wrong("--%s: %q is no exit status — write a number from 0 to 255", name, f.last(name))
		}
		return int(n)
	}
	return codes{code("exit-code-on-error"), code("exit-code-on-invalid")}
}

// An internalError is a mistake that is not the operator's.
type internalError struct {
	err   error
	stack []byte // of a panic; nil for none
}

func (e internalError) Error() string { return "internal error: " + e.err.Error() }
func (e internalError) Unwrap() error { return e.err }

// crashed is the error of a panic.
func crashed(panicked any, stack []byte) error {
	return internalError{fmt.Errorf("%v — this is a mistake in the program, please report it with what follows", panicked), stack}
}

// unlessMistaken returns an error as an internal one, unless it says what the operator got
// wrong.
func unlessMistaken(err error) error {
	if err == nil || len(engine.FieldErrors(err)) > 0 {
		return err
	}
	return internalError{err: err}
}

// recovered calls do and returns its error, or its panic as one.
func recovered(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = crashed(v, debug.Stack())
		}
	}()
	return do()
}

// statusOf returns the exit status of an error that kept the program from its work.
func statusOf(err error) int {
	if _, ok := errors.AsType[internalError](err); ok {
		return exitInternal
	}
	return exitUsage
}
