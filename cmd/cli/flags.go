package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// options are what a command line asks for.
type options struct {
	config engine.Config

	headless    bool
	autostart   bool
	onlySummary bool
	csv         string
	csvFull     bool

	webHost      string
	webPort      int
	allowedHosts []string

	level   slog.Level
	logfile string

	demo, demoBug       bool
	list, version, help bool
}

// flags are the command line of a suite.
type flags struct {
	plans  []*load.Plan
	all    *pflag.FlagSet
	groups []group // for the help
	given  map[string]*entry
}

// A group is flags that the help shows together.
type group struct {
	title string
	set   *pflag.FlagSet
}

// An entry is what was given for one flag. It takes anything, so that mistakes can
// be reported all together.
type entry struct {
	kind     string // of its value, as the help names it; "bool" for none
	standard string
	texts    []string
}

func (e *entry) String() string { return e.standard }

func (e *entry) Set(text string) error {
	e.texts = append(e.texts, text)
	return nil
}

func (e *entry) Type() string { return e.kind }

// newFlags returns the flags of the program and of the plans' parameters, or every
// parameter whose flag the program has for itself.
func newFlags(plans []*load.Plan) (*flags, error) {
	f := &flags{plans: plans, all: pflag.NewFlagSet("", pflag.ContinueOnError), given: map[string]*entry{}}
	f.all.Usage = func() {}

	f.group("Load")
	f.value("users", "u", "N", "1", "users at the peak")
	f.value("spawn-rate", "r", "X", "1", "users started per second")
	f.value("run-time", "t", "TIME", "", "stop after 20, 20s, 3m, 2h, 1h20m or 3h30m10s, for example")
	f.value("stop-timeout", "s", "TIME", "", "how long users may finish their task when the run stops; not at all by default")
	f.value("host", "H", "URL", "", "where to send requests, instead of the scenarios' own hosts")
	f.value("tags", "T", "TAGS", "", "run only tasks with one of these: read,write")
	f.value("exclude-tags", "E", "TAGS", "", "run no task with one of these")
	f.toggle("insecure", "", "accept any TLS certificate")

	f.group("Page")
	f.value("web-port", "P", "N", "8089", "serve the page on this port")
	f.value("web-host", "", "ADDRESS", "", "serve the page on this address; by default on 127.0.0.1 and [::1], which only this machine reaches")
	f.value("allowed-host", "", "NAMES", "", "answer also to browsers that know this machine by these names; * stands for any IP address")
	f.toggle("autostart", "", "start a run at once; the page stays")

	f.group("Without a page")
	f.toggle("headless", "", "start a run at once, print tables, and end with the run")
	f.toggle("only-summary", "", "print no tables before the end")

	f.group("Results")
	f.value("csv", "", "PREFIX", "", "write PREFIX_stats.csv, PREFIX_stats_history.csv, PREFIX_failures.csv and PREFIX_exceptions.csv")
	f.toggle("csv-full-history", "", "write every row, not only the total, to PREFIX_stats_history.csv")

	f.group("Demo")
	f.toggle("demo", "", "serve an API to practise on at http://"+demoAddr)
	f.toggle("demo-bug", "", "the same, with a bug that only a crowd can find")

	f.group("Log")
	f.value("loglevel", "L", "LEVEL", "INFO", "log what is at least DEBUG, INFO, WARNING, ERROR or CRITICAL")
	f.value("logfile", "", "FILE", "", "log to this file instead of stderr")

	f.group("About")
	f.toggle("list", "l", "print the scenarios and exit")
	f.toggle("version", "V", "print the version and exit")
	f.toggle("help", "h", "print this and exit")

	return f, f.params()
}

// params adds a flag per parameter of the scenarios. Scenarios may share one.
func (f *flags) params() error {
	var errs []error
	own := f.names()
	readers := map[string][]string{}
	var specs []load.ParamSpec
	for _, plan := range f.plans {
		for _, param := range plan.Params {
			spec := param.Spec()
			if slices.Contains(own, spec.Name) {
				errs = append(errs, fmt.Errorf("scenario %s: parameter %s: the program has a flag of that name — choose another", plan.Name, spec.Name))
				continue
			}
			if readers[spec.Name] == nil {
				specs = append(specs, spec)
			}
			if !slices.Contains(readers[spec.Name], plan.Name) {
				readers[spec.Name] = append(readers[spec.Name], plan.Name)
			}
		}
	}
	if len(specs) > 0 {
		f.group("Parameters of scenarios")
	}
	for _, spec := range specs {
		usage := fmt.Sprintf("(%s) %s", strings.Join(readers[spec.Name], ", "), spec.Help)
		kind := map[string]string{"string": "TEXT", "int": "N", "float64": "X", "bool": "bool", "duration": "TIME"}[spec.Kind]
		f.value(spec.Name, "", kind, spec.Default, usage)
	}
	return errors.Join(errs...)
}

func (f *flags) group(title string) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	f.groups = append(f.groups, group{title, set})
}

func (f *flags) toggle(name, short, usage string) { f.value(name, short, "bool", "", usage) }

func (f *flags) value(name, short, kind, standard, usage string) {
	e := &entry{kind: kind, standard: standard}
	flag := f.all.VarPF(e, name, short, usage)
	if kind == "bool" {
		flag.NoOptDefVal = "true"
	}
	f.groups[len(f.groups)-1].set.AddFlag(flag)
	f.given[name] = e
}

func (f *flags) names() []string {
	var names []string
	f.all.VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	return names
}

// parse reads a command line. With mistakes in values it returns what can be read
// and every mistake; when it cannot even tell flags from values, the options are
// nil.
func (f *flags) parse(args []string) (*options, error) {
	if err := f.all.Parse(args); err != nil {
		return nil, f.explain(err)
	}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	toggled := func(name string) bool {
		texts := f.given[name].texts
		if len(texts) == 0 {
			return false
		}
		on, err := strconv.ParseBool(texts[len(texts)-1])
		if err != nil {
			note(fmt.Errorf("--%s: %q is neither true nor false", name, texts[len(texts)-1]))
		}
		return on
	}
	var err error
	o := &options{
		headless: toggled("headless"), autostart: toggled("autostart"), onlySummary: toggled("only-summary"),
		csv: f.last("csv"), csvFull: toggled("csv-full-history"),
		webHost: f.last("web-host"), allowedHosts: words(f.given["allowed-host"].texts),
		logfile: f.last("logfile"),
		demo:    toggled("demo"), demoBug: toggled("demo-bug"),
		list: toggled("list"), version: toggled("version"), help: toggled("help"),
	}
	o.demo = o.demo || o.demoBug
	c := &o.config
	c.Users, err = engine.ParseUsers(f.last("users"))
	if err != nil {
		c.Users = 1 // so that the engine can check the rest
	}
	note(err)
	c.SpawnRate, err = engine.ParseSpawnRate(f.last("spawn-rate"))
	if err != nil {
		c.SpawnRate = 1
	}
	note(err)
	c.RunTime, err = engine.ParseRunTime(f.last("run-time"))
	note(err)
	c.StopTimeout, err = engine.ParseStopTimeout(f.last("stop-timeout"))
	note(err)
	c.Host = f.last("host")
	c.Tags, c.ExcludeTags = words(f.given["tags"].texts), words(f.given["exclude-tags"].texts)
	c.Insecure = toggled("insecure")
	c.Params = f.paramsGiven()
	c.Scenarios, err = f.scenarios()
	note(err)
	o.webPort, err = parsePort(f.last("web-port"))
	note(err)
	o.level, err = parseLevel(f.last("loglevel"))
	note(err)
	if o.csvFull && o.csv == "" {
		note(errors.New("--csv-full-history: needs --csv, which says where"))
	}
	return o, errors.Join(errs...)
}

// last returns what was given for a flag last, or its default.
func (f *flags) last(name string) string {
	e := f.given[name]
	if len(e.texts) == 0 {
		return e.standard
	}
	return e.texts[len(e.texts)-1]
}

// paramsGiven returns the parameters of scenarios that were given.
func (f *flags) paramsGiven() map[string]string {
	given := map[string]string{}
	for _, plan := range f.plans {
		for _, p := range plan.Params {
			if name := p.Spec().Name; len(f.given[name].texts) > 0 {
				given[name] = f.last(name)
			}
		}
	}
	return given
}

// scenarios returns the names given besides flags. It only answers for those that
// are tags: whoever knows Locust writes --tags read write.
func (f *flags) scenarios() ([]string, error) {
	var names []string
	var errs []error
	for _, name := range f.all.Args() {
		isScenario := slices.ContainsFunc(f.plans, func(p *load.Plan) bool { return p.Name == name })
		isTag := slices.ContainsFunc(f.plans, func(p *load.Plan) bool {
			return slices.ContainsFunc(p.Tasks, func(t load.PlannedTask) bool { return slices.Contains(t.Tags, name) })
		})
		if isTag && !isScenario {
			errs = append(errs, fmt.Errorf("there is no scenario %q, but a tag — write several tags as --tags a,b", name))
			continue
		}
		names = append(names, name)
	}
	return names, errors.Join(errs...)
}

// words splits at commas and spaces.
func words(texts []string) []string {
	return strings.FieldsFunc(strings.Join(texts, ","), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

func parsePort(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("--web-port: %q is not a port — write a number up to 65535", text)
	}
	return int(n), nil
}

// elsewhere says what to do instead of a flag of Locust's that there is no need
// for.
var elsewhere = map[string]string{
	"locustfile": "scenarios are compiled in: --list shows them",
	"f":          "scenarios are compiled in: --list shows them",
	"processes":  "one process uses all cores",
}

// explain words what pflag says about a command line, with the way out.
func (f *flags) explain(err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := e.GetSpecifiedName()
		dashed := "--" + name
		if e.GetSpecifiedShortnames() != "" {
			dashed = "-" + name
		}
		hint := "--help shows all flags"
		if way := elsewhere[name]; way != "" {
			hint = way
		} else if near := engine.Nearest(name, f.names()); near != "" && len(name) > 1 {
			hint = "did you mean --" + near + "?"
		}
		return fmt.Errorf("unknown flag %s — %s", dashed, hint)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("--%s: needs a value", e.GetFlag().Name)
	}
	return err
}

// flagMessage words a mistake in a field of the config with the flag's name. What
// is wrong with scenarios says so itself: they have no flag.
func flagMessage(e *engine.FieldError) string {
	if e.Field == engine.FieldScenarios {
		return e.Message
	}
	return "--" + strings.ReplaceAll(string(e.Field), " ", "-") + ": " + e.Message
}
