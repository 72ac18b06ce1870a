package cli

import (
	"fmt"
	"strings"

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
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return explain(err, c.Flags(), p.Args) })
	usual := root.HelpFunc()
	root.SetHelpFunc(func(c *cobra.Command, args []string) {
		if c == root {
			p.status = p.print(p.flags.help(p.Name, p.Width()) + p.commandsHelp(root) + p.topicsHelp())
			return
		}
		usual(c, args)
	})
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(p.helpCommand())
	root.AddCommand(p.subcommands()...)
	for _, c := range root.Commands() {
		p.flags.commands = append(p.flags.commands, c.Name())
	}
	if len(p.Args) > 0 && strings.HasPrefix(p.Args[0], cobra.ShellCompRequestCmd) {
		p.complete(root)
	}
	return root
}

// subcommands are what the program does besides testing. A scenario of the same name
// is given to the test as ./gregaria -- name.
func (p *program) subcommands() []*cobra.Command {
	return []*cobra.Command{
		p.initCommand(),
		p.importCommand(),
		p.userCommand(),
		p.tokenCommand(),
		p.completionCommand(),
		p.manCommand(),
		p.demoCommand(),
		p.healthcheckCommand(),
		p.devCommand(),
	}
}

// commandsHelp is what the help says about subcommands.
func (p *program) commandsHelp(root *cobra.Command) string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "\nCommands, see %s COMMAND --help:\n", p.Name)
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(b, "  %-12s %s\n", c.Name(), c.Short)
		}
	}
	return b.String()
}
