package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gregaria/gregaria/cmd/dev"
	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

const devHelp = `Builds a program of scenarios, serves its page, and does so again whenever its Go files
or what they embed have changed. The numbers, the charts and the form stay. What does not
build or does not start is shown in the page, while the program before goes on; a run that
is on is never cut short: the restart waits for its end.

PACKAGE is the folder of the program, ./ here by default, or ./cmd/gregaria where that is
one. Everything else, flags and scenarios, is passed on to the program.

  gregaria dev
  gregaria dev ./cmd/shop --users 20 --web-port 9000 checkout
`

// devCommand rebuilds and restarts a program.
func (p *program) devCommand() *cobra.Command {
	return &cobra.Command{
		Use:                "dev [PACKAGE] [flags and scenarios of the program]",
		Short:              "Rebuild and restart when Go files change, errors in the page",
		Long:               devHelp,
		DisableFlagParsing: true, // the flags are the program's
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
				_, err := io.WriteString(p.Stdout, "Usage: "+p.Name+" "+c.Use+"\n\n"+devHelp)
				return err
			}
			return p.dev(c.Context(), args)
		},
	}
}

func (p *program) dev(ctx context.Context, args []string) error {
	p.patient.Store(true)
	name, rest := programOf(args)
	// Only where its page is matters here. The rest is for the program to read, whose
	// scenarios may have parameters that this one's have not.
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.AddFlagSet(p.flags.all)
	set.ParseErrorsAllowlist.UnknownFlags = true
	_ = set.Parse(rest)
	p.opts, _ = p.flags.read(nil, p.Env)
	if p.opts.headless {
		return errors.New("--headless: gregaria dev serves the page — leave it out")
	}
	certificate, err := p.opts.doors.certificate(slog.New(slog.DiscardHandler)) // the program says when it changes
	if err != nil {
		return err
	}
	listeners, err := p.listen()
	if err != nil {
		return err
	}
	opts := dev.Options{
		Package: name, Args: rest, Listeners: listeners, BasePath: p.opts.webBase, Hosts: p.answersTo(), Private: p.private(),
		Environ: os.Environ(), Stdout: p.Stdout, Stderr: p.Stderr,
	}
	if certificate != nil {
		opts.Secure = certificate.Listen
	}
	return dev.Run(ctx, opts)
}

// programOf tells the package of a program, which looks like a path, from its arguments.
func programOf(args []string) (name string, rest []string) {
	if len(args) > 0 && (args[0] == "." || args[0] == ".." || strings.HasPrefix(args[0], "./") || strings.HasPrefix(args[0], "../") || filepath.IsAbs(args[0])) {
		return args[0], args[1:]
	}
	here, _ := filepath.Glob("*.go")
	if own, err := os.Stat("cmd/gregaria"); len(here) == 0 && err == nil && own.IsDir() {
		return "./cmd/gregaria", args
	}
	return ".", args
}

// inherit takes over what gregaria dev has left, if that started this program: the
// listeners, and the latest run.
func (p *program) inherit() *engine.Status {
	if p.opts.headless || p.opts.list {
		return nil
	}
	var err error
	if p.parent, err = dev.Inherit(p.Lookup); err != nil {
		p.log.Error("the page cannot be taken over", "err", err)
	}
	if p.parent == nil {
		return nil
	}
	s, err := p.parent.Restored()
	if err != nil {
		p.log.Warn("the run before the restart is lost", "err", err)
		return nil
	}
	return s
}

// bequeath leaves the latest run to the program that is started next.
func (p *program) bequeath(s *engine.Status) {
	if p.parent == nil {
		return
	}
	if err := p.parent.Keep(s); err != nil {
		p.log.Warn("the run will be lost by the restart", "err", err)
	}
}

// rebuilds is what gregaria dev has to say, nil without it.
func (p *program) rebuilds() func() (web.Rebuild, <-chan struct{}) {
	if p.parent == nil {
		return nil
	}
	return p.parent.Rebuild
}

// untilRebuilt returns a context that ends with ctx, and when gregaria dev wants to start
// another build.
func (p *program) untilRebuilt(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	if p.parent != nil {
		go func() { end(p.parent.Wait(ctx, p.engine.Wait)) }()
	}
	return ctx, func() { end(nil) }
}
