package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine"
)

// A rank orders where values come from: a higher one wins.
type rank int

const (
	byDefault  rank = 0
	byFile     rank = 1 // and of several files an earlier one has more, see configFiles
	byVariable rank = 100
	byHand     rank = 101 // on the command line
)

// addConfig adds the flags of where values come from.
func (f *flags) addConfig() {
	f.group("Configuration (a flag wins over GREGARIA_SOME_FLAG, and that over a file)")
	f.value("config", "", "FILE", "", "read some-flag = value from this .toml or .conf file too, after ~/.gregaria.toml and ./gregaria.toml, which may be .conf as well")
	f.toggle("show-config", "", "print every value with where it comes from, and exit")
}

// several makes a flag one that may be given more than once, or as a list in a file.
func (f *flags) several(name string) { f.given[name].many = true }

// notFromAfar are the flags that only a command line has, and --config, which a variable
// has too.
var notFromAfar = []string{"help", "version", "list", "show-config"}

// otherKeys are further keys and variables of flags; "" stands for the scenarios.
var otherKeys = map[string]string{
	"scenarios": "", "user-classes": "", "checks": "check",
	"userclass-picker": "class-picker", "enable-opentelemetry": "otel",
}

// scenarioNames is where the names of scenarios are kept, which are no flag.
const scenarioNames = ""

// gather fills in what no flag on the command line said, but a variable of the
// environment or a file. What is wrong with those becomes a mistake or a warning.
func (f *flags) gather(env Env, args []string) {
	for _, e := range f.given {
		if len(e.texts) > 0 {
			e.rank = byHand
		}
	}
	f.given[scenarioNames] = &entry{kind: "NAMES", many: true, texts: args}
	if len(args) > 0 {
		f.given[scenarioNames].rank = byHand
	}
	if env.Lookup != nil {
		f.gatherVariables(env)
	}
	f.warnOfVariables(env)
	f.gatherFiles(env)
	f.giveWay()
}

// take makes texts what is given for a flag, unless something that wins has been given.
func (f *flags) take(name string, texts []string, r rank, from string) {
	e := f.given[name]
	if e.rank > byDefault {
		return
	}
	e.texts, e.rank, e.from = texts, r, from
	if e.kind == toggle {
		for i, text := range texts {
			switch strings.ToLower(strings.TrimSpace(text)) {
			case "yes", "on":
				texts[i] = "true"
			case "no", "off":
				texts[i] = "false"
			}
		}
	}
	if name == scenarioNames {
		e.texts = words(texts)
	}
}

// variables returns the names of the variables that stand for a flag, the first of which
// wins.
func (f *flags) variablesOf(name string) []string {
	if slices.Contains(notFromAfar, name) {
		return nil
	}
	for _, spec := range f.specs {
		if spec.Name == name {
			return []string{spec.Env}
		}
	}
	keys := []string{name}
	for _, key := range slices.Sorted(maps.Keys(otherKeys)) {
		if otherKeys[key] == name && f.given[key] == nil {
			keys = append(keys, key)
		}
	}
	var list []string
	for _, prefix := range []string{"GREGARIA_", "LOCUST_"} {
		for _, key := range keys {
			if key != "" && !(prefix == "LOCUST_" && key == "config") {
				list = append(list, prefix+strings.ToUpper(strings.ReplaceAll(key, "-", "_")))
			}
		}
	}
	return list
}

// gatherVariables takes what variables say. An empty one says nothing.
func (f *flags) gatherVariables(env Env) {
	for name := range f.given {
		for _, variable := range f.variablesOf(name) {
			if text, ok := env.Lookup(variable); ok && text != "" && !fromKubernetes(variable, text) {
				f.take(name, f.listed(name, text), byVariable, variable)
				break
			}
		}
	}
}

// listed returns the values in a variable: several, in the form of a list in a .conf file,
// of a flag that may be given more than once. JSON is one value.
func (f *flags) listed(name, text string) []string {
	trimmed := strings.TrimSpace(text)
	if e := f.given[name]; e.many && e.kind != "JSON" && strings.HasPrefix(trimmed, "[") {
		if texts, _, err := confTexts(trimmed); err == nil { // or else it is an address such as [::1]:8080
			return texts
		}
	}
	return []string{text}
}

var kubernetesForm = regexp.MustCompile(`_(SERVICE_(HOST|PORT.*)|PORT(_\d+_(TCP|UDP|SCTP).*)?)$`)

// fromKubernetes reports whether a variable is one that Kubernetes makes for a service,
// such as GREGARIA_WEB_PORT=tcp://10.0.0.7:8089 for one named gregaria-web.
func fromKubernetes(variable, text string) bool {
	return kubernetesForm.MatchString(variable) && (strings.Contains(variable, "_SERVICE_") || strings.Contains(variable, "_PORT_") || strings.Contains(text, "://"))
}

// warnOfVariables notes which variables look as if they were meant for the program and
// say nothing to it.
func (f *flags) warnOfVariables(env Env) {
	if env.Environ == nil {
		return
	}
	var known []string
	for name := range f.given {
		known = append(known, f.variablesOf(name)...)
	}
	slices.Sort(known)
	for _, pair := range slices.Sorted(slices.Values(env.Environ())) {
		variable, value, _ := strings.Cut(pair, "=")
		rest, ours := strings.CutPrefix(variable, "GREGARIA_")
		locusts, isLocusts := strings.CutPrefix(variable, "LOCUST_")
		switch key := strings.ToLower(strings.ReplaceAll(rest, "_", "-")); {
		case value == "" || slices.Contains(known, variable) || fromKubernetes(variable, value):
		case isLocusts:
			flag := locustVariables[locusts]
			if flag == "" {
				flag = strings.ToLower(strings.ReplaceAll(locusts, "_", "-"))
			}
			switch way := elsewhere[flag]; {
			case value == "0" || strings.EqualFold(value, "false"):
			case way != "":
				f.warnings = append(f.warnings, variable+" is ignored: "+way)
			case slices.Contains(known, "GREGARIA_"+locusts):
			default: // it may be a variable of a locustfile
				if near := f.nearest(flag); oneSlip(near, flag) {
					f.warnings = append(f.warnings, fmt.Sprintf("%s is ignored: there is no flag --%s — did you mean LOCUST_%s?", variable, flag, strings.ToUpper(strings.ReplaceAll(near, "-", "_"))))
				}
			}
		case !ours || strings.HasPrefix(rest, "TEST_") || strings.HasPrefix(rest, "DEV_") || slices.Contains(notFromAfar, key):
		default:
			text := variable + " is ignored: there is no flag --" + key
			if near := f.nearest(key); near != "" {
				text += " — did you mean GREGARIA_" + strings.ToUpper(strings.ReplaceAll(near, "-", "_")) + "?"
			}
			f.warnings = append(f.warnings, text)
		}
	}
}

// oneSlip reports whether two words differ in one place, and there by two letters at most.
func oneSlip(a, b string) bool {
	for a != "" && b != "" && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for a != "" && b != "" && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return max(len(a), len(b)) <= 2
}

// A configFile is one that is read, and what messages call it.
type configFile struct {
	path, name string
	must       bool // exist
}

// configFiles returns the files to read, of which the first wins.
func (f *flags) configFiles(env Env) (list []configFile) {
	if files := f.given["config"].texts; len(files) > 1 {
		f.wrong("--config: there are %d files, and only one is read — put all into one", len(files))
	}
	if f.has("config") {
		list = append(list, configFile{f.last("config"), f.last("config"), true})
	}
	for _, name := range []string{"gregaria.toml", "gregaria.conf"} {
		if env.Dir != "" {
			list = append(list, configFile{filepath.Join(env.Dir, name), name, false})
		}
	}
	for _, name := range []string{".gregaria.toml", ".gregaria.conf"} {
		if env.Home != "" {
			list = append(list, configFile{filepath.Join(env.Home, name), "~/" + name, false})
		}
	}
	return list
}

// locustFile is what Locust reads beside a run.
const locustFile = "locust.conf"

// gatherFiles takes what config files say.
func (f *flags) gatherFiles(env Env) {
	files := f.configFiles(env)
	if _, err := os.Stat(filepath.Join(env.Dir, locustFile)); err == nil && env.Dir != "" && !f.has("config") {
		f.warnings = append(f.warnings, locustFile+" is not read: rename it to gregaria.conf, or give it by --config")
	}
	for i, file := range files {
		list, err := readConfig(file.path, file.name)
		if errors.Is(err, fs.ErrNotExist) && !file.must {
			continue
		}
		for _, e := range each(err) {
			switch pathErr, ok := errors.AsType[*fs.PathError](e); {
			case e == nil:
			case ok && file.must:
				f.wrong("--config: cannot read %s: %w", file.name, pathErr.Err)
			case ok:
				f.wrong("cannot read %s: %w", file.name, pathErr.Err)
			default:
				f.mistakes = append(f.mistakes, e)
			}
		}
		f.takeAll(file.name, byFile+rank(len(files)-1-i), list)
	}
}

// takeAll takes what one file says. What may be given more than once may stand on several
// lines, as Locust's parser has it.
func (f *flags) takeAll(file string, by rank, list []setting) {
	lines := map[string]int{}
	for _, s := range list {
		wrong := func(format string, args ...any) {
			f.mistakes = append(f.mistakes, &fileError{file, s.line, fmt.Errorf(format, args...)})
		}
		name := strings.ToLower(strings.ReplaceAll(s.key, "_", "-"))
		if f.given[name] == nil {
			if other, ok := otherKeys[name]; ok {
				name = other
			} else {
				wrong("unknown key %q — %s", s.key, f.nearKey(name))
				continue
			}
		}
		switch {
		case name == "config" || slices.Contains(notFromAfar, name):
			wrong("%s: is for the command line — leave it out of the file", s.key)
		case lines[name] > 0 && !f.given[name].many:
			wrong("%s: is on line %d already — leave one of them out", s.key, lines[name])
		case s.list && !f.given[name].many:
			wrong("%s: takes one value, not a list", s.key)
		case lines[name] > 0 && f.given[name].rank == by:
			f.given[name].texts = append(f.given[name].texts, s.texts...)
		default:
			f.take(name, s.texts, by, fmt.Sprintf("%s:%d", file, s.line))
		}
		lines[name] = s.line
	}
}

// nearKey says what to do instead of an unknown key.
func (f *flags) nearKey(name string) string {
	if way := elsewhere[name]; way != "" {
		return way
	}
	if near := f.nearest(name); near != "" {
		return "did you mean " + near + "?"
	}
	return "keys are the names of flags, see --help"
}

// nearest returns the key most like name, or "".
func (f *flags) nearest(name string) string {
	keys := slices.DeleteFunc(append(f.names(), "scenarios"), func(k string) bool { return slices.Contains(notFromAfar, k) || k == "config" })
	return engine.Nearest(name, keys)
}

// giveWay drops what is said of the load by less than what wins: --arrivals on the command
// line replaces the users and the spawn rate of a file.
func (f *flags) giveWay() {
	var best rank
	byUsers := false
	for _, way := range ways {
		if e := f.given[way]; f.has(way) && e.rank > best {
			best, byUsers = e.rank, way == "users"
		}
	}
	drop := func(name string) {
		if e := f.given[name]; e.rank < best {
			*e = entry{kind: e.kind, standard: e.standard, many: e.many}
		}
	}
	for _, way := range ways {
		drop(way)
	}
	switch {
	case best == byDefault:
	case byUsers:
		for _, name := range []string{"model", "user-cap", "poisson"} {
			drop(name)
		}
	default:
		drop("spawn-rate")
		if f.has("arrivals") {
			drop("model")
		}
	}
}

var flagForm = regexp.MustCompile(`--[a-z][a-z0-9-]*`)

// attribute names the file or the variable that gave a wrong value, where a message
// begins with a flag.
func (f *flags) attribute(text string) string {
	head, rest, ok := strings.Cut(text, ": ")
	if !ok || !strings.HasPrefix(head, "--") {
		return text
	}
	head = flagForm.ReplaceAllStringFunc(head, func(flag string) string {
		name := strings.TrimPrefix(flag, "--")
		switch e := f.given[name]; {
		case e == nil || e.from == "":
			return flag
		case e.rank < byVariable:
			return e.from + ": " + name
		default:
			return e.from
		}
	})
	return head + ": " + rest
}
