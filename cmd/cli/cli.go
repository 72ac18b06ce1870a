package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gregaria/gregaria/cmd/cli/terminal"
	"github.com/gregaria/gregaria/cmd/dev"
	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/scenarios/demo"
)

// Main is the program. It does not return.
func Main(suite load.Suite) { os.Exit(Run(context.Background(), suite, world())) }

// world returns what a process meets.
func world() Env {
	signals := make(chan os.Signal, 4)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as under nohup
			signal.Notify(signals, s)
		}
	}
	// A reader that goes away, as in "gregaria | head", must not end the run.
	signal.Ignore(syscall.SIGPIPE)
	ignoreTerminalStops()
	home, _ := os.UserHomeDir() // without one there is no file in it
	return Env{
		Name:    strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"),
		Args:    os.Args[1:],
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
		Signals: signals,
		Width:   func() int { return terminalWidth(os.Stdout) },
		Lookup:  os.LookupEnv,
		Environ: os.Environ,
		Dir:     ".",
		Home:    home,
	}
}

// An Env is what the program meets in the world.
type Env struct {
	Name           string // of the program, in messages
	Args           []string
	Stdin          io.Reader // nil means that it is empty
	Stdout, Stderr io.Writer
	Signals        <-chan os.Signal // the first ends the run, the second the program
	Width          func() int       // of the terminal in columns; 0 if Stdout is none; nil means none

	// Lookup returns a variable of the environment, and whether there is one; nil
	// means that there are none. Environ returns all of them, to tell the operator of
	// those that say nothing; nil means that nobody is told.
	Lookup  func(name string) (string, bool)
	Environ func() []string

	Dir, Home string // where config files are looked for; "" means nowhere
}

// Run is the program as a function from its surroundings to its exit status. After
// a second signal it returns at once, whatever is still going on.
func Run(ctx context.Context, suite load.Suite, env Env) int {
	if env.Width == nil {
		env.Width = func() int { return 0 }
	}
	if env.Stdin == nil {
		env.Stdin = strings.NewReader("")
	}
	if env.Lookup == nil {
		env.Lookup = func(string) (string, bool) { return "", false }
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	status, crash := make(chan int, 1), make(chan error, 1)
	p := &program{Env: env, suite: suite, crash: crash}
	keys := make(chan os.Signal, 4)
	p.openTerminal(keys)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				p.terminal.Restore()
				status <- p.refuse(crashed(v, debug.Stack()))
			}
		}()
		status <- p.run(ctx)
	}()
	var began time.Time // of the end that a first signal has begun
	for {
		var s os.Signal
		select {
		case code := <-status:
			return code
		case err := <-crash:
			p.terminal.Restore()
			return p.refuse(err)
		case s = <-env.Signals:
			if !began.IsZero() && time.Since(began) < echo {
				continue
			}
		case s = <-keys:
		}
		if began.IsZero() && p.patient.Load() {
			began = time.Now()
			end(errors.New(s.String()))
			continue
		}
		p.terminal.Restore()
		if number, ok := s.(syscall.Signal); ok {
			return 128 + int(number)
		}
		return exitFailed
	}
}

// echo is how long after a signal another one is the same one: timeout(1) and others send it
// to the process and to its group, and nobody's results shall be lost by that.
const echo = 100 * time.Millisecond

// A program is one execution.
type program struct {
	Env
	patient atomic.Bool // a first signal is left to what goes on, to end it as it ought to
	suite   load.Suite
	flags   *flags
	opts    *options
	status  int          // that the program exits with
	outcome outcome      // what there is to say of the runs, once they are over
	crash   chan<- error // takes what goes wrong elsewhere
	log     *log
	faults  *faults
	engine  *engine.Engine
	parent  *dev.Child // what this has of gregaria dev, nil when that is not what started it

	terminal *terminal.Terminal // nil when there is none
}

func (p *program) run(ctx context.Context) int {
	plans, err := p.suite.Plans()
	if err != nil {
		_, err = engine.New(p.suite, engine.Options{}) // which has the rest of the mistakes too
		return p.refuse(err)
	}
	p.flags, err = newFlags(plans, p.shapes(), p.suite.Checks)
	if err != nil {
		return p.refuse(err)
	}
	if err := p.command().ExecuteContext(ctx); err != nil {
		return p.refuse(err)
	}
	return p.status
}

// shapes returns the names of the suite's shapes, sorted.
func (p *program) shapes() []string { return slices.Sorted(maps.Keys(p.suite.Shapes)) }

// test is what the program does without a subcommand: one load test after another, or
// what the flags say instead. It returns the exit status.
func (p *program) test(ctx context.Context, args []string) (status int) {
	var mistakes, err error
	p.opts, mistakes = p.flags.read(args, p.Env)
	if p.opts.version {
		return p.print(fmt.Sprintln(p.Name, thisBuild()))
	}
	if p.opts.schema {
		return p.print(string(report.Schema))
	}
	var closeLog func() error
	p.log, closeLog, err = openLog(p.opts.logfile, p.terminal.Log(p.Stderr), p.opts.level)
	if err != nil {
		return p.refuse(errors.Join(mistakes, err))
	}
	defer func() {
		if err := closeLog(); err != nil && status != exitUsage && status != exitInternal {
			p.complain(err)
			p.outcome.unsaved = true
			status = exitStatus(p.outcome, p.opts.codes)
		}
	}()
	p.faults = newFaults(p.log.Logger)
	p.engine, err = engine.New(p.suite, engine.Options{
		Logger: p.log.Logger, Wire: p.opts.wire, Caps: p.caps(), Traced: p.opts.traced, Crashed: p.crashed, Restore: p.inherit(),
	})
	if err != nil {
		return p.refuse(errors.Join(mistakes, err))
	}
	if err := errors.Join(mistakes, p.check(), p.guarded()); err != nil {
		return p.refuse(err)
	}
	for _, text := range p.flags.warnings {
		p.log.Warn(text)
	}
	if p.opts.showConfig {
		return p.print(p.flags.showConfig())
	}
	if p.opts.list {
		return p.print(listing(p.flags.plans, p.shapes()))
	}
	if p.opts.taskRatio || p.opts.taskRatioJSON {
		return p.showRatio()
	}
	return p.work(ctx)
}

// crashed ends the program because of a panic that left nobody to go on.
func (p *program) crashed(panicked any, stack []byte) {
	select {
	case p.crash <- crashed(panicked, stack):
	default: // one is enough
	}
}

// check returns what the engine has against the run that the flags describe. A
// host that is missing can still be given on the page.
func (p *program) check() error {
	var errs []error
	for _, e := range engine.FieldErrors(p.engine.Check(p.opts.config)) {
		onPage := !p.opts.headless && !p.opts.autostart
		if onPage && e.Field == engine.FieldHost && p.opts.config.Host == "" || p.opts.list || p.opts.taskRatio || p.opts.taskRatioJSON {
			continue
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// work does what the program is for, between a command line without mistakes and
// the exit status.
func (p *program) work(ctx context.Context) int {
	p.patient.Store(true)
	if p.opts.demo {
		d, err := demo.Listen(demoAddr, demo.Options{Bug: p.opts.demoBug})
		if err != nil {
			return p.refuse(err)
		}
		defer d.Close()
		p.log.Info("demo API is listening", "url", "http://"+d.Addr(), "bug", p.opts.demoBug)
	}
	do := p.headless
	if !p.opts.headless {
		listeners, err := p.listen()
		if err != nil {
			return p.refuse(err)
		}
		defer func() {
			for _, l := range listeners {
				l.Close() // in case they were never served
			}
		}()
		doors, served, err := p.openDoors(listeners)
		if err != nil {
			return p.refuse(err)
		}
		defer doors.close()
		do = func(ctx context.Context) error { return p.serveWeb(ctx, doors, served) }
	}
	pushLast, err := p.push()
	if err != nil {
		return p.refuse(err)
	}
	// The files come last: who cannot start must not wipe out earlier results.
	claims, err := p.opts.claimFiles()
	defer claims.release()
	if err != nil {
		p.complain(err)
		pushLast()
		return exitUnsaved
	}
	reports, err := newReports(p.opts.reports, p.faults)
	var files *csvFiles
	if p.opts.csv != "" {
		if err == nil {
			files, err = createCSV(p.opts.csv, p.opts.csvFull, p.faults)
		} else if csvErr := report.Writable(p.opts.csv + statsFile); csvErr != nil {
			err = errors.Join(err, fmt.Errorf("--csv: %w", folderMissing(csvErr)))
		}
	}
	if err != nil {
		p.complain(err)
		pushLast()
		return exitUnsaved
	}
	watcher := watch(p.engine, files, reports, p.log.Logger)
	err = do(ctx)
	p.engine.Close() // so that the status is final
	saveErr := watcher.finish()
	pushLast()

	status := p.engine.Status()
	p.bequeath(status)
	if (status.Run > 0 || p.opts.json) && p.parent == nil {
		saveErr = errors.Join(saveErr, p.conclude(status))
	}
	if err != nil {
		if saveErr != nil {
			p.complain(saveErr)
		}
		return p.refuse(err)
	}
	return p.judge(status, saveErr)
}

// judge returns the exit status of a session that is over, and says why, unless requests
// that failed say so themselves. Who ended it makes no difference; but a page that was only
// looked at need not have tested anything.
func (p *program) judge(status *engine.Status, saveErr error) int {
	o := outcomeOf(status)
	o.untested = o.untested && (p.opts.headless || p.opts.autostart)
	if saveErr != nil {
		p.complain(saveErr)
		o.internal = statusOf(saveErr) == exitInternal
		o.unsaved = true
	}
	p.outcome = o
	code := exitStatus(o, p.opts.codes)
	if text := exitText(status, o, p.opts.codes); text != "" && p.parent == nil {
		p.complain(errors.New(text))
	}
	return code
}

// refuse prints every mistake in err and returns the exit status.
func (p *program) refuse(err error) int {
	p.complain(err)
	return statusOf(err)
}

func (p *program) complain(err error) {
	for _, e := range each(err) {
		text := e.Error()
		if f, ok := errors.AsType[*engine.FieldError](e); ok {
			text = p.flags.message(f)
		}
		if p.flags != nil {
			text = p.flags.attribute(text)
		}
		fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, report.OneLine(text))
		if inner, ok := errors.AsType[internalError](e); ok {
			p.Stderr.Write(inner.stack)
		}
	}
}

// each returns the errors that err is made of by errors.Join.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, each(e)...)
		}
		return all
	}
	return []error{err}
}
