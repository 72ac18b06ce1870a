package traffic

import (
	"cmp"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A writer writes Go.
type writer struct {
	*script
	b        strings.Builder
	imports  map[string]bool
	variable string
	user     string // the type of the state
	parts    string // the function that makes multipart forms, "" when none is needed
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *writer) uses(path string) { w.imports[path] = true }

// write makes Go of the script.
func (r *recorder) write(n *notes) (*Result, error) {
	top := scope{}
	for _, f := range r.script.fresh { // a function would hide what it has of the same name
		top[f.field] = true
	}
	for _, k := range r.script.carries {
		top[k.field] = true
	}
	maps.Copy(top, r.beside.declared)
	maps.Copy(top, r.beside.imported)
	if err := r.beside.check(); err != nil {
		return nil, err
	}
	w := &writer{script: r.script, imports: map[string]bool{"github.com/gregaria/gregaria/engine/load": true}}
	for w.variable == "" || top[w.test()] { // its test must have a name of its own, too
		w.variable = top.name(identifier(r.name, "traffic", false))
	}
	w.user = top.name(w.variable + "User")
	for _, s := range r.secrets {
		s.variable = top.name(identifier(s.param, "secret", false))
	}
	for _, k := range r.script.carries {
		if k.pattern != "" {
			k.variable = top.name(cmp.Or(camel(append(words(w.variable), append(words(cmp.Or(k.field, k.key)), "form")...), false), "form"))
		}
	}
	for _, c := range r.all() {
		if c.body.kind == partsBody && w.parts == "" {
			w.parts = top.name(w.variable + "Parts")
		}
	}
	r.script.notes = n.all
	code, err := w.scenario()
	if err != nil {
		return nil, fmt.Errorf("write the scenario: %w", err)
	}
	proof, err := w.proof()
	if err != nil {
		return nil, fmt.Errorf("write the test: %w", err)
	}
	result := &Result{
		Name: r.name, File: fileOf(r.name), Variable: w.variable,
		Scenario: code, Test: proof, Notes: n.all,
	}
	for _, s := range r.secrets {
		result.Secrets = append(result.Secrets, "GREGARIA_"+strings.ToUpper(strings.ReplaceAll(s.param, "-", "_")))
	}
	return result, nil
}

// test returns the name of the test.
func (w *writer) test() string { return "Test" + strings.ToUpper(w.variable[:1]) + w.variable[1:] }

// fileOf returns the name of the file for a scenario.
func fileOf(name string) string { return strings.ReplaceAll(name, "-", "") }

// finish puts package and imports before what was written.
func (w *writer) finish(before string) ([]byte, error) {
	var own, others []string
	for path := range w.imports {
		if strings.Contains(path, ".") {
			own = append(own, strconv.Quote(path))
		} else {
			others = append(others, strconv.Quote(path))
		}
	}
	slices.Sort(own)
	slices.Sort(others)
	code := before + "package " + w.pkg + "\n\nimport (\n" + strings.Join(others, "\n") + "\n\n" + strings.Join(own, "\n") + "\n)\n\n" + w.b.String()
	w.b.Reset()
	made, err := format.Source([]byte(code))
	if err != nil {
		return nil, err
	}
	return w.beside.rename(made)
}

func (w *writer) scenario() ([]byte, error) {
	w.state()
	w.literal()
	w.params()
	w.patterns()
	for _, m := range w.order() {
		w.method(m)
	}
	if w.parts != "" {
		w.multipart()
	}
	var before strings.Builder
	fmt.Fprintf(&before, "// The scenario %s was %s. It is yours to change.\n", w.name, oneLine(w.origin))
	for i, note := range w.notes {
		if i == 0 {
			before.WriteString("//\n")
		}
		before.WriteString("//   - " + oneLine(note) + "\n")
	}
	return w.finish(before.String() + "\n")
}

// order returns the methods as they run.
func (w *writer) order() (all []*method) {
	if w.start != nil {
		all = append(all, w.start)
	}
	all = append(all, w.methods...)
	if w.stop != nil {
		all = append(all, w.stop)
	}
	return all
}

func (w *writer) state() {
	article := "A"
	if strings.ContainsAny(w.user[:1], "aeio") {
		article = "An"
	}
	w.line("// %s %s is one user of the scenario %s.", article, w.user, w.name)
	var lines []string
	known := map[string]bool{}
	for _, k := range w.script.carries {
		if k.field != "" && !k.local {
			kind := "string"
			if k.number {
				kind = "json.Number"
				w.uses("encoding/json")
			}
			if known[k.field] {
				continue // from another answer, too
			}
			known[k.field] = true
			from := "from"
			if k.chosen != nil {
				from = "said in"
			}
			lines = append(lines, fmt.Sprintf("%s %s // %s %s", k.field, kind, from, oneLine(k.source())))
		}
	}
	for _, f := range w.fresh {
		if f.local {
			continue
		}
		lines = append(lines, f.field+" string // made up, another for each user")
	}
	if len(lines) == 0 {
		w.line("type %s struct{}\n", w.user)
		return
	}
	w.line("type %s struct {\n%s\n}\n", w.user, strings.Join(lines, "\n"))
}

// source says where a carried value is from.
func (k *carried) source() string { return k.from.method + " " + cmp.Or(k.from.row, "/") }

func (w *writer) literal() {
	w.line("var %s = load.Scenario[%s]{", w.variable, w.user)
	w.line("Name: %q,", w.name)
	if w.help != "" {
		w.line("Help: %s,", quote(oneLine(w.help)))
	}
	if w.host != "" {
		w.line("Host: %s,", quote(w.host))
	}
	if pause := w.usual(); pause > 0 {
		w.line("Wait: %s,", w.between(pause))
	}
	if len(w.secrets) > 0 {
		var names []string
		for _, s := range w.secrets {
			names = append(names, s.variable)
		}
		w.line("Params: []load.Parameter{%s},", strings.Join(names, ", "))
	}
	if w.start != nil {
		w.line("OnStart: (*%s).%s,", w.user, w.start.name)
	}
	if w.stop != nil {
		w.line("OnStop: (*%s).%s,", w.user, w.stop.name)
	}
	w.line("Tasks: []load.Task[%s]{", w.user)
	steps := !w.weighted && len(w.methods) > 1
	if steps {
		w.line(`{Name: "journey", Steps: []load.Task[%s]{`, w.user)
	}
	for _, m := range w.methods {
		text := fmt.Sprintf("{Run: (*%s).%s", w.user, m.name)
		if m.weight > 1 {
			text += fmt.Sprintf(", Weight: %d", m.weight)
		}
		if len(m.tags) > 0 {
			var tags []string
			for _, t := range m.tags {
				tags = append(tags, quote(t))
			}
			text += ", Tags: []string{" + strings.Join(tags, ", ") + "}"
		}
		if steps && m.think > 0 && m.think != w.usual() {
			text += ", Wait: " + w.between(m.think)
		}
		w.line("%s},", text)
	}
	if steps {
		w.line("}},")
	}
	w.line("},\n}\n")
}

// usual returns the pause that most methods have, or a second.
func (w *writer) usual() time.Duration {
	count := map[time.Duration]int{}
	for _, m := range w.methods {
		if m.think > 0 {
			count[m.think]++
		}
	}
	best := time.Second
	for _, d := range slices.Sorted(maps.Keys(count)) {
		if count[d] > count[best] {
			best = d
		}
	}
	return best
}

// between returns a pause around d, in Go.
func (w *writer) between(d time.Duration) string {
	return fmt.Sprintf("load.Between(%s, %s)", w.duration(d/2), w.duration(d+d/2))
}

func (w *writer) duration(d time.Duration) string {
	w.uses("time")
	if d%time.Second == 0 {
		if d == time.Second {
			return "time.Second"
		}
		return fmt.Sprintf("%d*time.Second", d/time.Second)
	}
	return fmt.Sprintf("%d*time.Millisecond", d/time.Millisecond)
}

func (w *writer) params() {
	if len(w.secrets) == 0 {
		return
	}
	w.line("// Secrets are no part of the source. Give them in the environment, as GREGARIA_%s, or in the form.",
		strings.ToUpper(strings.ReplaceAll(w.secrets[0].param, "-", "_")))
	var lines []string
	for _, s := range w.secrets {
		lines = append(lines, fmt.Sprintf("%s = load.Param[string]{Name: %q, Secret: true, Help: %s}", s.variable, s.param, quote(s.help)))
	}
	w.variables(lines)
}

// variables declares some.
func (w *writer) variables(lines []string) {
	if len(lines) == 1 {
		w.line("var %s\n", lines[0])
		return
	}
	w.line("var (\n%s\n)\n", strings.Join(lines, "\n"))
}

func (w *writer) patterns() {
	var lines []string
	for _, k := range w.script.carries {
		if k.variable != "" {
			w.uses("regexp")
			lines = append(lines, fmt.Sprintf("%s = regexp.MustCompile(%s)", k.variable, quoteRaw(k.pattern)))
		}
	}
	if len(lines) > 0 {
		w.line("// What stands in the pages.")
		w.variables(lines)
	}
}
