package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// paramField asks for a parameter. A secret is never filled in: what is left empty
// stays as it was given.
func paramField(p offeredParam, v url.Values) Field {
	f := Field{
		Name: p.name, Label: p.name, Hint: paramHint(p), Value: v.Get(p.name), Standard: p.standard,
		Placeholder: p.standard, Complete: "off",
	}
	if len(p.choices) > 0 {
		for _, c := range p.choices {
			f.Options = append(f.Options, Option{Value: c, Label: c, Picked: c == cmp.Or(f.Value, p.standard)})
		}
		return f
	}
	switch p.kind {
	case "bool":
		f.Switch = true
		f.Value = cmp.Or(f.Value, p.standard)
	case "int":
		f.number("1", "numeric")
	case "float64":
		f.number("any", "decimal")
	}
	if p.secret {
		f.Type, f.Step, f.Mode, f.Value, f.Standard, f.Switch = "password", "", "", "", "", false
		f.Complete, f.Placeholder = "new-password", "unchanged"
	}
	return f
}

// number makes f a field of numbers. What is none, a browser would not show in such a
// field, and what was typed is not to be lost.
func (f *Field) number(step, mode string) {
	f.Mode = mode
	if _, err := strconv.ParseFloat(f.Value, 64); err == nil || f.Value == "" {
		f.Type, f.Step = "number", step
	}
}

func paramHint(p offeredParam) string {
	parts := []string{line(p.help)}
	switch {
	case p.secret:
		parts = append(parts, "never shown")
	case p.kind == "bool":
	case p.kind == "duration":
		parts = append(parts, "such as 300ms or 1m30s")
	case p.standard != "":
		parts = append(parts, "default "+p.standard)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// paramsText words which parameters are not as they are by default.
func paramsText(fields []Field) string {
	var changed []string
	for _, f := range fields {
		if f.Value != "" && f.Value != f.Standard {
			changed = append(changed, f.Label+" "+f.Value)
		}
	}
	if len(changed) == 0 {
		return "as by default"
	}
	return clip(line(strings.Join(changed, ", ")), 80)
}
