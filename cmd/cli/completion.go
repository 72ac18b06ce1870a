package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/report"
)

// completionCommand prints what makes a shell complete command lines.
func (p *program) completionCommand() *cobra.Command {
	write := map[string]func(*cobra.Command, io.Writer) error{
		"bash":       func(c *cobra.Command, w io.Writer) error { return c.GenBashCompletionV2(w, true) },
		"zsh":        (*cobra.Command).GenZshCompletion,
		"fish":       func(c *cobra.Command, w io.Writer) error { return c.GenFishCompletion(w, true) },
		"powershell": (*cobra.Command).GenPowerShellCompletionWithDesc,
	}
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion " + strings.Join(shells, "|"),
		Short: "Print a script that makes a shell complete flags, scenarios and values",
		Long: fmt.Sprintf(`Print a script that makes a shell complete flags, scenarios and values.

  bash        source <(%[1]s completion bash)      in ~/.bashrc, with the package bash-completion
  zsh         %[1]s completion zsh > "${fpath[1]}/_%[1]s"
  fish        %[1]s completion fish > ~/.config/fish/completions/%[1]s.fish
  powershell  %[1]s completion powershell | Out-String | Invoke-Expression`, p.Name),
		ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || write[args[0]] == nil {
				return fmt.Errorf("completion: name one shell: %s", series(shells))
			}
			var script strings.Builder
			if err := write[args[0]](c.Root(), &script); err != nil {
				return err
			}
			p.status = p.print(script.String())
			return nil
		},
	}
}

// complete tells a shell what may stand where. What is not said here, such as numbers, has
// no completion, and what are files is the shell's own.
func (p *program) complete(root *cobra.Command) {
	root.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		var list []string
		for _, plan := range p.flags.plans {
			if !slices.Contains(args, plan.Name) {
				list = append(list, cobra.CompletionWithDesc(plan.Name, report.OneLine(plan.Help)))
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
	offers := p.flags.offers(p.shapes())
	for name, e := range p.flags.given {
		var complete cobra.CompletionFunc
		switch offer, known := offers[name]; {
		case name == scenarioNames || e.kind == "FILE" || e.kind == "PREFIX" || e.kind == "JSON":
			continue
		case known && e.many && name != "check":
			complete = listed(offer)
		case known:
			complete = cobra.FixedCompletions(offer, cobra.ShellCompDirectiveNoFileComp)
		case e.kind == toggle:
			complete = cobra.FixedCompletions([]string{"true", "false"}, cobra.ShellCompDirectiveNoFileComp)
		default:
			complete = cobra.NoFileCompletions
		}
		_ = root.RegisterFlagCompletionFunc(name, complete) // which only fails for a flag that is not there
	}
	_ = root.RegisterFlagCompletionFunc("config", cobra.FixedCompletions([]string{"toml", "conf"}, cobra.ShellCompDirectiveFilterFileExt))
}

// listed completes the last of several words between commas, but those that are there.
func listed(offer []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		var list []string
		for _, word := range offer {
			if !slices.Contains(strings.Split(before, ","), word) {
				list = append(list, before+word)
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

// offers returns the values there are to choose from, by flag.
func (f *flags) offers(shapes []string) map[string][]string {
	offers := map[string][]string{
		"shape": shapes, "model": {"users", "arrivals"}, "loglevel": levelNames(),
		"stages": {"2m:100", "spike(", "soak("}, "proxy": {"env", "http://", "socks5://"}, "host": {"http://", "https://"},
		"web-host": {"localhost", "0.0.0.0", "*"}, "run-time": {"30s", "1m", "10m", "1h"},
		"check": {"p95 < 300ms", "fail% < 1", "rps >= 100"},
	}
	var tags []string
	for _, p := range f.plans {
		if p.Count == 0 {
			offers["weights"] = append(offers["weights"], p.Name+"=")
		}
		tags = append(tags, tagsWithin(p.Tasks)...)
		offers["tasks-off"] = append(offers["tasks-off"], pathsWithin(p.Name, p.Tasks)...)
		if p.Host != "" {
			offers["host"] = append(offers["host"], p.Host)
		}
	}
	slices.Sort(tags)
	offers["tags"] = slices.Compact(tags)
	offers["exclude-tags"] = offers["tags"]
	for _, spec := range f.specs {
		if spec.Choices != nil {
			offers[spec.Name] = spec.Choices
		}
	}
	return offers
}

func tagsWithin(tasks []load.PlannedTask) (tags []string) {
	for _, t := range tasks {
		tags = append(append(tags, t.Tags...), tagsWithin(t.Tasks)...)
	}
	return tags
}

// pathsWithin returns the tasks that may be off: neither steps nor parts of a chain.
func pathsWithin(within string, tasks []load.PlannedTask) (paths []string) {
	if slices.ContainsFunc(tasks, func(t load.PlannedTask) bool { return t.Next != nil }) {
		return nil
	}
	for _, t := range tasks {
		path := within + "/" + t.Name
		paths = append(append(paths, path), pathsWithin(path, t.Tasks)...)
	}
	return paths
}
