package cli

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand prints the manual page.
func (p *program) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man",
		Short: "Print the manual page",
		Long:  fmt.Sprintf("Print the manual page: %[1]s man > %[1]s.1; man -l %[1]s.1", p.Name),
		Args:  takes(0),
		RunE: func(c *cobra.Command, _ []string) error {
			p.status = p.print(p.manual(c.Root(), buildDate()))
			return nil
		},
	}
}

// buildDate returns the day of the commit that was built, "" when not known.
func buildDate() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.time" {
				day, _, _ := strings.Cut(s.Value, "T")
				return day
			}
		}
	}
	return ""
}

// manual is the manual page, in the language of man(7).
func (p *program) manual(root *cobra.Command, date string) string {
	var b strings.Builder
	line := func(macro, text string) {
		switch {
		case macro == "":
			text = roff(text)
		case text != "":
			text = " " + roff(text)
		}
		b.WriteString(macro + text + "\n")
	}
	name := p.Name
	fmt.Fprintf(&b, ".TH \"%s\" 1 \"%s\" \"%s\"\n", roff(strings.ToUpper(name)), roff(date), roff(name+" "+thisBuild().version))
	line(".SH", "NAME")
	line("", name+" - load tests with a page, or without")
	line(".SH", "SYNOPSIS")
	fmt.Fprintf(&b, ".B %s\n[\\fIflags\\fR] [\\fIscenario\\fR ...]\n", roff(name))
	for _, c := range root.Commands() {
		if !c.Hidden && c.IsAvailableCommand() {
			fmt.Fprintf(&b, ".br\n.B %s\n", roff(name+" "+c.Use))
		}
	}
	line(".SH", "DESCRIPTION")
	line("", "Sends requests as many users would, and shows how the target answers: on a page at http://localhost:8089 or, with --headless, on the terminal. Scenarios are Go code that is compiled in; all take part unless some are named: "+strings.Join(planNames(p.flags.plans), ", ")+".")
	line(".SH", "OPTIONS")
	for _, g := range p.flags.groups {
		line(".SS", g.title)
		g.set.VisitAll(func(flag *pflag.Flag) {
			if flag.Hidden {
				return
			}
			line(".TP", "")
			text := "\\fB" + roff("--"+flag.Name) + "\\fR"
			if flag.Shorthand != "" {
				text = "\\fB" + roff("-"+flag.Shorthand) + "\\fR, " + text
			}
			if kind := flag.Value.Type(); kind != toggle {
				text += " \\fI" + roff(kind) + "\\fR"
			}
			b.WriteString(text + "\n")
			usage := flag.Usage
			if flag.DefValue != "" && flag.DefValue != "false" {
				usage += " (default " + strings.ReplaceAll(flag.DefValue, "\n", "; ") + ")"
			}
			line("", usage+".")
		})
	}
	line(".SH", "COMMANDS")
	for _, c := range root.Commands() {
		if !c.Hidden && c.IsAvailableCommand() {
			line(".TP", "")
			line(".B", c.Use)
			line("", c.Short+".")
		}
	}
	line(".SH", "TOPICS")
	line("", name+" help TOPIC tells more:")
	for _, topic := range topicNames() {
		line(".TP", "")
		line(".B", topic)
		line("", about(topic)+".")
	}
	line(".SH", "EXIT STATUS")
	line("", "The first of these that holds:")
	for _, s := range exitMeanings {
		line(".TP", "")
		line(".B", fmt.Sprint(s.code))
		line("", s.meaning+".")
	}
	line(".SH", "ENVIRONMENT")
	line("", "Every flag has a variable: GREGARIA_SPAWN_RATE for --spawn-rate, or LOCUST_SPAWN_RATE. A parameter of a scenario has GREGARIA_ and its name. A flag wins over a variable, and that over a file.")
	line(".SH", "FILES")
	for _, file := range []string{"~/.gregaria.toml", "~/.gregaria.conf", "./gregaria.toml", "./gregaria.conf"} {
		line(".TP", "")
		line(".I", file)
	}
	line("", "Values of flags, by their names: spawn-rate = 20, check = [\"p95 < 300ms\", \"fail% < 1\"]. A .conf file has the same without quotes, as Locust writes it. What is nearer wins: a file here over one at home, and that of --config over both. --show-config prints where each value comes from.")
	line(".SH", "EXAMPLES")
	for i, example := range []string{
		name + " --autostart -u 20 -r 2 -H http://127.0.0.1:8080",
		name + " --headless -u 100 -r 10 -t 5m --csv out --check 'p95 < 300ms' --check 'fail% < 1'",
	} {
		if i > 0 {
			line(".PP", "")
		}
		line(".EX", "")
		line("", example)
		line(".EE", "")
	}
	return b.String()
}

// roff writes text so that it stands for itself on a manual page.
func roff(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, `"`, `\(dq`, "'", `\(aq`, "^", `\(ha`, "~", `\(ti`, "`", `\(ga`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
