package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gregaria/gregaria/engine"
)

// takes lets a command have so many words after it at most, and says what is meant by one
// that is too much.
func takes(most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) <= most {
			return nil
		}
		path := within(c)
		var names []string
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				names = append(names, sub.Name())
			}
		}
		if len(names) == 0 {
			return fmt.Errorf("%s: %q is too much — %s --help says what it takes", path, args[most], c.CommandPath())
		}
		if near := engine.Nearest(args[most], names); near != "" {
			return fmt.Errorf("%s: there is no command %q — did you mean %s?", path, args[most], near)
		}
		return fmt.Errorf("%s: there is no command %q — write %s", path, args[most], series(names))
	}
}

// within returns the words of a command after the program's name.
func within(c *cobra.Command) string {
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}
