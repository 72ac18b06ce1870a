package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// command returns the program as a tree of commands. Its root tests; what goes before
// or after a test is a subcommand.
func (p *program) command() *cobra.Command {
	root := &cobra.Command{
		Use:           p.Name,
		Args:          cobra.ArbitraryArgs, // the names of scenarios
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(c *cobra.Command, args []string) error {
			p.status = p.test(c.Context(), args)
			return nil
		},
	}
	root.SetArgs(p.Args)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.Flags().AddFlagSet(p.flags.all)
	root.Flags().SortFlags = false
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if c == root {
			return p.flags.explain(err)
		}
		return err
	})
	usual := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		if c == root {
			io.WriteString(p.Stdout, p.flags.help(p.Name, p.Width()))
			return
		}
		usual(c, args)
	})
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(p.subcommands()...)
	return root
}

// subcommands are what the program does besides testing. A scenario of the same name
// is given to the test as ./gregaria -- name.
func (p *program) subcommands() []*cobra.Command {
	return []*cobra.Command{
		p.initCommand(),
		p.importCommand(),
	}
}
