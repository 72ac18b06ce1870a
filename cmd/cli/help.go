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
	b.WriteString("\n" + exitHelp(width))
	return b.String()
}

// exitMeanings say what the exit statuses mean, in the order in which they win.
var exitMeanings = []struct {
	code    int
	meaning string
}{
	{exitUsage, "a mistake on the command line, in a variable or in a config file, or a port that is taken: nothing was run"},
	{exitInternal, "an internal error"},
	{exitBreached, "a check does not hold over the whole run, or had nothing to judge"},
	{exitUnsaved, "results could not be written, or not whole"},
	{exitFailed, "requests failed, scenarios had exceptions, or no request was answered, as when the run was interrupted before (--exit-code-on-error)"},
	{exitInvalid, "the load generator was in the way, so the numbers say little of the target (--exit-code-on-invalid)"},
	{exitOK, "none of these"},
}

// exitHelp is what the help says about the exit status.
func exitHelp(width int) string {
	b := new(strings.Builder)
	b.WriteString("Exit status, the first of these that holds:\n")
	for _, s := range exitMeanings {
		indent := fmt.Sprintf("  %-3d", s.code)
		line := indent
		for _, word := range strings.Fields(s.meaning) {
			if len(line)+1+len(word) > width {
				b.WriteString(line + "\n")
				line = strings.Repeat(" ", len(indent))
			}
			line += " " + word
		}
		b.WriteString(line + "\n")
	}
	b.WriteString("After two signals it is 128 and the number of the second: 130 for Ctrl+C.\n")
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
func listing(plans []*load.Plan, shapes []string) string {
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
		switch {
		case p.Protocol == load.NoHTTP:
			item("host", "none: has clients of its own")
		case p.Host == "":
			item("host", "none: needs --host")
		default:
			item("host", p.Host)
		}
		users := fmt.Sprintf("weight %d of %d", p.Weight, weights)
		if p.Count > 0 {
			users = fmt.Sprintf("exactly %d", p.Count)
		}
		if p.Iterations > 0 {
			users += fmt.Sprintf(", tasks of each: %d", p.Iterations)
		}
		item("users", users)
		item("wait", p.Wait.String())
		for _, t := range p.Tasks {
			item("task", task(t))
		}
		for _, f := range p.Feeds {
			item("feed", feed(f.Info()))
		}
		for _, param := range p.Params {
			spec := param.Spec()
			standard := fmt.Sprintf(" (default %q)", spec.Default)
			if spec.Secret {
				standard = ""
			}
			item("flag", "--"+spec.Name+" "+purpose(spec)+standard)
		}
	}
	if len(shapes) > 0 {
		fmt.Fprintf(&b, "\nshapes: %s\n", strings.Join(shapes, ", "))
	}
	return b.String()
}

func feed(info load.FeedInfo) string {
	text := info.Name + ": " + info.Source + ", " + info.Policy
	if info.AtEnd != "" {
		text += "; at the end: " + info.AtEnd
	}
	return text
}

func task(t load.PlannedTask) string {
	text := t.Name
	if t.Weight != 1 {
		text += fmt.Sprintf(", weight %d", t.Weight)
	}
	if len(t.Tags) > 0 {
		text += ", tags " + strings.Join(t.Tags, " ")
	}
	switch {
	case len(t.Steps) > 0:
		text += ": " + strings.Join(taskNames(t.Steps), ", then ")
	case len(t.Tasks) > 0 && t.Tasks[0].Next != nil:
		text += ": a chain of " + strings.Join(taskNames(t.Tasks), ", ")
	case len(t.Tasks) > 0:
		text += ": any of " + strings.Join(taskNames(t.Tasks), ", ")
	}
	return text
}

func taskNames(tasks []load.PlannedTask) []string {
	names := make([]string, len(tasks))
	for i, t := range tasks {
		names[i] = t.Name
	}
	return names
}
