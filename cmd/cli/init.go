package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gregaria/gregaria/cmd/scaffold"
)

// initCommand begins a module of one's own.
func (p *program) initCommand() *cobra.Command {
	var m scaffold.Module
	var source string
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Begin a module of your own: a scenario, its test and a main of five lines",
		Long: `Begin a module of your own in DIR, or here: a scenario, its test and a main of five
lines. It builds at once. Where one of its files is there already, nothing is written.`,
		Example: "  " + p.Name + " init shop --module example.com/shop",
		Args:    takes(1),
		RunE: func(c *cobra.Command, args []string) error {
			m.Dir = "."
			if len(args) == 1 {
				m.Dir = filepath.Clean(args[0])
			}
			var err error
			if m.Origin, err = scaffold.OriginOf(source); err != nil {
				return err
			}
			names, err := m.Begin()
			if err != nil {
				return err
			}
			where := m.Dir
			if where == "." {
				where = "this directory"
			}
			fmt.Fprintf(p.Stdout, "Wrote %s in %s.\nNext:\n", strings.Join(names, ", "), where)
			if m.Dir != "." {
				fmt.Fprintf(p.Stdout, "  cd %s\n", shellWord(m.Dir))
			}
			if m.Origin.Source == "" {
				fmt.Fprintf(p.Stdout, "  go mod tidy          # fetches gregaria %s\n", m.Origin.Version)
			} else {
				defer fmt.Fprintf(p.Stdout, "gregaria itself is taken from %s: go.mod says so in its last line.\n", m.Origin.Source)
			}
			fmt.Fprintf(p.Stdout, "  go test              # plays the scenario without a network\n")
			fmt.Fprintf(p.Stdout, "  go build && ./%-7s# serves http://localhost:8089\n", m.Program()+" ")
			return nil
		},
	}
	c.Flags().StringVar(&m.Name, "module", "", "path of the module (default: the name of DIR)")
	c.Flags().StringVar(&source, "source", "", "clone of gregaria to build with (default: the version of this program, or where it was built)")
	return c
}

// shellWord returns text as a shell reads it as one word.
func shellWord(text string) string {
	if strings.IndexFunc(text, func(r rune) bool {
		return !strings.ContainsRune("/.-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r)
	}) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
