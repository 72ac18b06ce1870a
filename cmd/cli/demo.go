package cli

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/gregaria/gregaria/scenarios/demo"
)

// demoAddr is where --demo listens, and where the cities scenario expects it.
const demoAddr = "127.0.0.1:8020"

// demoCommand serves the demo API alone, for a container or a machine of its own.
func (p *program) demoCommand() *cobra.Command {
	var listen string
	var bug bool
	c := &cobra.Command{
		Use:     "demo",
		Short:   "Serve the API to practise on, and nothing else",
		Long:    "Serves the API that the cities scenario tests, until it is stopped. With --demo it runs beside the page instead.",
		Example: "  " + p.Name + " demo --listen :8020 --bug",
		Args:    takes(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return p.serveDemo(c.Context(), listen, demo.Options{Bug: bug})
		},
	}
	c.Flags().StringVar(&listen, "listen", demoAddr, "address and port; without an address every one of this machine")
	c.Flags().BoolVar(&bug, "bug", false, "with a bug that only a crowd can find")
	return c
}

// serveDemo serves the demo until ctx ends.
func (p *program) serveDemo(ctx context.Context, listen string, opts demo.Options) error {
	p.patient.Store(true)
	log, closeLog, err := openLog("", p.Stderr, slog.LevelInfo)
	if err != nil {
		return err
	}
	defer closeLog()
	d, err := demo.Listen(listen, opts)
	if err != nil {
		return err
	}
	log.Info("demo API is listening", "url", "http://"+d.Addr(), "bug", opts.Bug)
	<-ctx.Done()
	return d.Close()
}
