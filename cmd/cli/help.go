package cli

import (
	"fmt"
	"strings"

	"github.com/gregaria/gregaria/engine/load"
)

// help is what --help prints, for a terminal of so many columns.
func (f *flags) help(name string, width int) string {
	if width <= 0 || width > 100 {
		width = 100
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s [flags] [scenario …]\n\n", name)
	fmt.Fprintf(&b, "Load test with the page at http://localhost:8089 or, with --headless, without.\n")
	fmt.Fprintf(&b, "Scenarios, all unless named: %s.\n", strings.Join(planNames(f.plans), ", "))
	for _, g := range f.groups {
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, g.set.FlagUsagesWrapped(width))
	}
	b.WriteString(`
Exit status: 0 when nothing failed, 1 when requests failed or scenarios had exceptions,
2 for a mistake on the command line, 4 when CSV files could not be written.
`)
	return b.String()
}

func planNames(plans []*load.Plan) []string {
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = p.Name
	}
	return names
}

// listing is what --list prints.
func listing(plans []*load.Plan) string {
	weights := 0
	for _, p := range plans {
		if p.Count == 0 {
			weights += p.Weight
		}
	}
	var b strings.Builder
	for i, p := range plans {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Name)
		if p.Help != "" {
			b.WriteString(" — " + p.Help)
		}
		b.WriteByte('\n')
		item := func(title, text string) { fmt.Fprintf(&b, "    %-6s %s\n", title, text) }
		host := p.Host
		if host == "" {
			host = "none: needs --host"
		}
		item("host", host)
		if p.Count > 0 {
			item("users", fmt.Sprintf("exactly %d", p.Count))
		} else {
			item("users", fmt.Sprintf("weight %d of %d", p.Weight, weights))
		}
		item("wait", p.Wait.String())
		for _, t := range p.Tasks {
			item("task", task(t))
		}
		for _, param := range p.Params {
			spec := param.Spec()
			item("flag", fmt.Sprintf("--%s %s (default %q)", spec.Name, spec.Help, spec.Default))
		}
	}
	return b.String()
}

func task(t load.PlannedTask) string {
	text := t.Name
	if t.Weight != 1 {
		text += fmt.Sprintf(", weight %d", t.Weight)
	}
	if len(t.Tags) > 0 {
		text += ", tags " + strings.Join(t.Tags, " ")
	}
	if len(t.Steps) > 0 {
		steps := make([]string, len(t.Steps))
		for i, s := range t.Steps {
			steps[i] = s.Name
		}
		text += ": " + strings.Join(steps, ", then ")
	}
	return text
}
