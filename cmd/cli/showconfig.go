package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
)

// showConfig is what --show-config prints: what every flag is, and what says so.
func (f *flags) showConfig() string {
	var rows [][3]string
	for _, g := range f.groups {
		g.set.VisitAll(func(flag *pflag.Flag) {
			if flag.Hidden || slices.Contains(notFromAfar, flag.Name) {
				return
			}
			rows = append(rows, f.shown(flag.Name, flag.Name)...)
		})
	}
	rows = append(rows, f.shown("scenarios", scenarioNames)...)
	var widths [2]int
	for _, r := range rows {
		for i := range widths {
			widths[i] = max(widths[i], min(utf8.RuneCountInString(r[i]), 40))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%-*s  %-*s  %s\n", widths[0], r[0], widths[1], r[1], r[2])
	}
	return b.String()
}

// shown returns a line for each value of a flag.
func (f *flags) shown(title, name string) (rows [][3]string) {
	e := f.given[name]
	from, texts := e.from, e.texts
	switch {
	case len(texts) == 0:
		from, texts = "default", strings.Split(e.String(), "\n")
		if name == scenarioNames {
			texts = planNames(f.plans)
		}
	case from == "" && name == scenarioNames:
		from = "command line"
	case from == "":
		from = "--" + name
	}
	if !e.many {
		texts = texts[len(texts)-1:]
	}
	for i, text := range texts {
		if i > 0 {
			title = ""
		}
		rows = append(rows, [3]string{title, f.fitToShow(name, text), from})
	}
	return rows
}

// fitToShow returns a value as everybody may see it.
func (f *flags) fitToShow(name, text string) string {
	secret := strings.Contains(name, "password") || strings.Contains(name, "secret") || strings.Contains(name, "token")
	for _, spec := range f.specs {
		secret = secret || spec.Name == name && spec.Secret
	}
	switch {
	case text == "" && !secret:
		return "-"
	case secret:
		return "(secret)"
	}
	return report.OneLine(engine.WithoutUser(text))
}
