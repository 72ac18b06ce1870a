package cli

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/wire"
	"github.com/gregaria/gregaria/server"
)

// options are what a command line asks for.
type options struct {
	config engine.Config
	wire   wire.Options
	caps   engine.Caps
	traced float64 // share of the requests

	headless  bool
	autostart bool
	autoquit  time.Duration // after a run; negative means never
	shown
	csv     string
	csvFull bool
	reports []reportFile
	json    bool
	schema  bool

	webHost      string
	webPort      int
	webBase      string
	allowedHosts []string
	doors        entrance

	metrics, otlp bool
	otlpEndpoint  string // "" means what the environment says
	otlpGRPC      bool

	level   slog.Level
	logfile string

	codes         codes
	demo, demoBug bool

	list, version, help, showConfig bool
}

// flags are the command line of a suite.
type flags struct {
	plans  []*load.Plan
	all    *pflag.FlagSet
	groups []group // for the help
	given  map[string]*entry

	specs    []load.ParamSpec  // of the scenarios' parameters
	texts    map[string]string // the parameters that were given
	commands []string          // that there are besides
	mistakes []error
	warnings []string
}

// A group is flags that the help shows together.
type group struct {
	title string
	set   *pflag.FlagSet
}

// toggle is the kind of a flag that needs no value.
const toggle = "bool"

// An entry is what was given for one flag. It takes anything, so that mistakes can
// be reported all together.
type entry struct {
	kind     string // of its value, as the help names it; toggle for none
	standard string
	texts    []string
	many     bool   // it may be given more than once
	rank     rank   // of what gave texts
	from     string // the variable or the line of a file that gave texts; "" for the command line and for the default
}

// String returns the value as it is now. Flags of cobra's own kind are asked for it.
func (e *entry) String() string {
	switch {
	case len(e.texts) > 0:
		return e.texts[len(e.texts)-1]
	case e.kind == toggle && e.standard == "":
		return "false"
	}
	return e.standard
}

func (e *entry) Set(text string) error {
	e.texts = append(e.texts, text)
	return nil
}

func (e *entry) Type() string { return e.kind }

// newFlags returns the flags of the program and of the plans' parameters, or every
// parameter whose flag the program has for itself.
func newFlags(plans []*load.Plan, shapes, checks []string) (*flags, error) {
	f := &flags{plans: plans, all: pflag.NewFlagSet("", pflag.ContinueOnError), given: map[string]*entry{}}
	f.all.Usage = func() {}

	f.group("Load")
	f.value("users", "u", "N", "1", "users at the peak")
	f.value("spawn-rate", "r", "X", "1", "users started per second")
	f.value("arrivals", "", "X", "", "instead of --users: start so many tasks per second, however slow the target is (the open model)")
	f.value("user-cap", "", "N", "", fmt.Sprintf("with arrivals: users there may be at once; what more would be due is dropped and counted (default %d)", engine.DefaultUserCap))
	f.toggle("poisson", "", "with arrivals: at random intervals, not even ones")
	f.value("stages", "", "STAGES", "", "instead of --users: load over time; 2m:100,5m:100,30s:0 goes evenly to 100 users, stays, and goes to none; 1m:50:step jumps")
	f.value("shape", "", "NAME", "", "instead of --users: load over time as the program has it: "+cmp.Or(series(shapes), "it has none"))
	f.value("model", "", "MODEL", "", "what --stages and --shape count: users, or arrivals per second (default users)")

	f.group("End of the run")
	f.value("run-time", "t", "TIME", "", "stop after 20, 20s, 3m, 2h, 1h20m or 3h30m10s, for example")
	f.value("iterations", "i", "N", "", "stop after so many tasks of all users together")
	f.toggle("reset-stats", "", "begin the numbers anew once all users have started")
	f.value("stop-timeout", "s", "TIME", "", "how long users may finish their task when the run stops; not at all by default")

	f.group("Tasks")
	f.value("tags", "T", "TAGS", "", "run only tasks with one of these: read,write")
	f.several("tags")
	f.value("exclude-tags", "E", "TAGS", "", "run no task with one of these")
	f.several("exclude-tags")
	f.addMix()
	f.value("seed", "", "N", "", "make the random choices of an earlier run, whose summary has its seed")

	f.addChecks(checks)

	f.group("Target")
	f.value("host", "H", "URL", "", "where to send requests, instead of the scenarios' own hosts")
	f.addConnection()

	f.addLimits()

	f.group("Page")
	f.value("web-port", "P", "N", "8089", "serve the page on this port")
	f.value("web-host", "", "ADDRESS", "", "serve the page on this address; by default on 127.0.0.1 and [::1], which only this machine reaches")
	f.value("web-base-path", "", "PATH", "", "serve the page under this path, such as /load, for a proxy that keeps it")
	f.value("allowed-host", "", "NAMES", "", "answer also to browsers that know this machine by these names; * stands for any IP address")
	f.several("allowed-host")
	f.toggle("autostart", "", "start a run at once; the page stays")
	f.value("autoquit", "", "N", "-1", "with --autostart: end the program so many seconds after the run; -1 never does")

	f.group("Who may reach the page")
	f.addDoors()

	f.group("Without a page")
	f.toggle("headless", "", "start a run at once, show it here, and end with it")
	f.addShown()

	f.group("Results")
	f.value("csv", "", "PREFIX", "", "write PREFIX_stats.csv, PREFIX_stats_history.csv and so on: failures, exceptions, phases, health, arrivals and service")
	f.toggle("csv-full-history", "", "write every row, not only the total, to PREFIX_stats_history.csv")
	f.addReports()

	f.addTelemetry()

	f.group("Demo")
	f.toggle("demo", "", "serve an API to practise on at http://"+demoAddr)
	f.toggle("demo-bug", "", "the same, with a bug that only a crowd can find")

	f.group("Log")
	f.value("loglevel", "L", "LEVEL", "INFO", "log what is at least DEBUG, INFO, WARNING, ERROR or CRITICAL")
	f.value("logfile", "", "FILE", "", "log to this file instead of stderr")

	f.addExit()
	f.addConfig()

	f.group("About")
	f.toggle("list", "l", "print the scenarios and exit")
	f.addRatio()
	f.toggle("version", "V", "print the version and exit")
	f.toggle("help", "h", "print this and exit")

	return f, f.addParams()
}

func (f *flags) group(title string) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SortFlags = false
	f.groups = append(f.groups, group{title, set})
}

func (f *flags) toggle(name, short, usage string) { f.value(name, short, toggle, "", usage) }

func (f *flags) value(name, short, kind, standard, usage string) {
	e := &entry{kind: kind, standard: standard}
	flag := f.all.VarPF(e, name, short, usage)
	if kind == toggle {
		flag.NoOptDefVal = "true"
	}
	f.groups[len(f.groups)-1].set.AddFlag(flag)
	f.given[name] = e
}

func (f *flags) names() []string { return flagNames(f.all) }

// read makes options of the flags that were given and of what the environment and files
// say; args are the words besides flags. With mistakes in values it returns what can be
// read and every mistake.
func (f *flags) read(args []string, env Env) (*options, error) {
	f.gather(env, args)
	o := &options{config: f.amount()}
	c := &o.config
	c.RunTime = read(f, "run-time", engine.ParseRunTime)
	c.Iterations = read(f, "iterations", engine.ParseIterations)
	c.StopTimeout = read(f, "stop-timeout", engine.ParseStopTimeout)
	c.Tags, c.ExcludeTags = words(f.given["tags"].texts), words(f.given["exclude-tags"].texts)
	c.ResetStats = f.on("reset-stats")
	f.readMix(c)
	f.readChecks(c)
	c.Seed = read(f, "seed", engine.ParseSeed)
	c.Host, c.Insecure, o.wire = f.last("host"), f.on("insecure"), f.wire()
	f.readLimits(o)
	c.Params = f.params()
	c.Scenarios = f.scenarios()

	o.webHost, o.webPort = f.last("web-host"), read(f, "web-port", parsePort)
	o.webBase = read(f, "web-base-path", server.ParseBasePath)
	o.allowedHosts = f.hostNames("allowed-host")
	o.doors = f.readDoors()
	o.headless, o.autostart, o.shown = f.on("headless"), f.on("autostart"), f.readShown()
	o.autoquit = f.autoquit(o.autostart)
	o.codes = f.exitCodes()
	o.csv, o.csvFull = f.only("csv"), f.on("csv-full-history")
	if o.csv == "-" {
		f.wrong("--csv: - is no name — these are several files; write for example --csv run")
	}
	if o.csvFull && o.csv == "" {
		f.wrong("--csv-full-history: needs --csv, which says where")
	}
	o.reports, o.json = f.readReports(o.config, o.codes, env), f.on("json")
	o.schema = f.on("report-schema")
	f.readTelemetry(o, env)
	o.demoBug = f.on("demo-bug")
	o.demo = o.demoBug || f.on("demo")
	o.level, o.logfile = read(f, "loglevel", parseLevel), f.last("logfile")
	o.list, o.version, o.help, o.showConfig = f.on("list"), f.on("version"), f.on("help"), f.on("show-config")
	return o, errors.Join(f.mistakes...)
}

// wrong keeps a mistake.
func (f *flags) wrong(format string, args ...any) {
	f.mistakes = append(f.mistakes, fmt.Errorf(format, args...))
}

// read returns what parse makes of what was given for a flag last, or of its default;
// the zero value when that is a mistake.
func read[T any](f *flags, name string, parse func(string) (T, error)) (value T) {
	v, err := parse(f.last(name))
	if err != nil {
		f.mistakes = append(f.mistakes, err)
		return value
	}
	return v
}

// on returns what a flag without a value says.
func (f *flags) on(name string) bool {
	if len(f.given[name].texts) == 0 {
		return false
	}
	on, err := strconv.ParseBool(f.last(name))
	if err != nil {
		f.wrong("--%s: %q is neither true nor false", name, f.last(name))
	}
	return on
}

// has reports whether a flag was given, and not as "".
func (f *flags) has(name string) bool { return len(f.given[name].texts) > 0 && f.last(name) != "" }

// last returns what was given for a flag last, or its default.
func (f *flags) last(name string) string {
	e := f.given[name]
	if len(e.texts) == 0 {
		return e.standard
	}
	return e.texts[len(e.texts)-1]
}

// scenarios returns the names of scenarios that were given. It only answers for those that
// are tags: whoever knows Locust writes --tags read write.
func (f *flags) scenarios() []string {
	var names []string
	for i, name := range f.given[scenarioNames].texts {
		isScenario := slices.ContainsFunc(f.plans, func(p *load.Plan) bool { return p.Name == name })
		isTag := slices.ContainsFunc(f.plans, func(p *load.Plan) bool { return tagged(p.Tasks, name) })
		if isTag && !isScenario {
			f.wrong("there is no scenario %q, but a tag — write several tags as --tags a,b", name)
			continue
		}
		if near := engine.Nearest(name, f.commands); i == 0 && !isScenario && near != "" && engine.Nearest(name, planNames(f.plans)) == "" {
			f.wrong("there is neither a scenario nor a command %q — did you mean %s?", name, near)
			return nil
		}
		names = append(names, name)
	}
	return names
}

// tagged reports whether one of tasks has a tag, or one within them.
func tagged(tasks []load.PlannedTask, tag string) bool {
	return slices.ContainsFunc(tasks, func(t load.PlannedTask) bool { return slices.Contains(t.Tags, tag) || tagged(t.Tasks, tag) })
}

// hostNames returns names of this machine, as browsers send them.
func (f *flags) hostNames(name string) []string {
	list := words(f.given[name].texts)
	for _, text := range list {
		if bare, err := server.ParseHostName(text); err != nil {
			f.wrong("--%s: %q %w — write %s", name, text, err, cmp.Or(bare, "for example load.example.com"))
		}
	}
	return list
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

// message words a mistake in a field of the config with the name of what said it. What
// is wrong with scenarios says so itself: they have no flag.
func (f *flags) message(e *engine.FieldError) string {
	name, text := strings.ReplaceAll(string(e.Field), " ", "-"), e.Message
	if near := f.nearChoice(name); near != "" {
		text += " — did you mean " + near + "?"
	}
	switch e.Field {
	case engine.FieldScenarios:
		if from := f.given[scenarioNames].from; from != "" {
			return from + ": " + text
		}
		return text
	case engine.FieldRate:
		name = "arrivals"
	case engine.FieldChecks:
		name = "check"
	case engine.FieldCheckWarmup:
		name = "check-warmup"
	}
	return "--" + name + ": " + text
}
