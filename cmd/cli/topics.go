package cli

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gregaria/gregaria/engine"
)

// topicFiles are what the program can tell beside its flags and commands. The first line
// of each says what it is about. {name} stands for the program, {exit} for the table of
// exit statuses.
//
//go:embed topics/*.txt
var topicFiles embed.FS

// topicNames returns the topics there are, sorted.
func topicNames() []string {
	files, _ := fs.Glob(topicFiles, "topics/*.txt") // which only fails for a pattern that is none
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(path.Base(file), ".txt")
	}
	return names
}

// topic returns what there is to read about a topic.
func topic(name, program string) (text string, ok bool) {
	b, err := topicFiles.ReadFile("topics/" + name + ".txt")
	if err != nil {
		return "", false
	}
	return strings.NewReplacer("{name}", program, "{exit}", exitHelp(topicWidth)).Replace(string(b)), true
}

// topicWidth is how many columns topics have.
const topicWidth = 82

// about returns what a topic is about, in one line.
func about(name string) string {
	text, _ := topic(name, "")
	first, _, _ := strings.Cut(text, "\n")
	return first
}

// topicsHelp is what the help says about topics.
func (p *program) topicsHelp() string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "\nTopics, see %s help TOPIC:\n", p.Name)
	for _, name := range topicNames() {
		fmt.Fprintf(b, "  %-12s %s\n", name, about(name))
	}
	return b.String()
}

// helpCommand tells more about a command or a topic. Topics are no commands: a scenario
// may have the name of one.
func (p *program) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Tell more about a command or a topic",
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) (list []string, _ cobra.ShellCompDirective) {
			if len(args) == 0 {
				for _, name := range topicNames() {
					list = append(list, cobra.CompletionWithDesc(name, about(name)))
				}
				for _, other := range c.Root().Commands() {
					if other.IsAvailableCommand() {
						list = append(list, cobra.CompletionWithDesc(other.Name(), other.Short))
					}
				}
			}
			return list, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Root().Help()
			}
			if text, ok := topic(args[0], p.Name); ok && len(args) == 1 {
				p.status = p.print(text)
				return nil
			}
			if other, rest, err := c.Root().Find(args); err == nil && len(rest) == 0 && other != c.Root() {
				return other.Help()
			}
			asked, known := strings.Join(args, " "), append(topicNames(), p.flags.commands...)
			if near := engine.Nearest(asked, known); near != "" {
				return fmt.Errorf("help: there is neither a command nor a topic %q — did you mean %s?", asked, near)
			}
			return fmt.Errorf("help: there is neither a command nor a topic %q — the topics are: %s", asked, strings.Join(topicNames(), ", "))
		},
	}
}
