package cli

import (
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/wire"
)

func testFlags(t *testing.T) *flags {
	t.Helper()
	plans, err := testSuite.Plans()
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFlags(plans, slices.Sorted(maps.Keys(testSuite.Shapes)), testSuite.Checks)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// parse reads a command line as the program does.
func parse(f *flags, args []string, lookup func(string) (string, bool)) (*options, error) {
	if err := f.all.Parse(args); err != nil {
		return nil, explain(err, f.all, args)
	}
	return f.read(f.all.Args(), Env{Lookup: lookup})
}

// nowhere is an environment without variables.
func nowhere(string) (string, bool) { return "", false }

func TestHelp(t *testing.T) {
	f := testFlags(t)
	golden(t, "help.txt", f.help("gregaria", 0))
	narrow := f.help("gregaria", 80)
	golden(t, "help_80.txt", narrow)
	for line := range strings.SplitSeq(narrow, "\n") {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("help for 80 columns: a line has %d: %s", n, line)
		}
	}
	for line := range strings.SplitSeq(f.help("gregaria", 0), "\n") {
		if n := utf8.RuneCountInString(line); n > 100 {
			t.Errorf("help for a file: a line has %d columns: %s", n, line)
		}
	}
	var out transcript
	if status := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: []string{"--help"}, Stdout: &out}); status != 0 || !strings.Contains(out.String(), "\nCommands, see gregaria COMMAND --help:\n") {
		t.Errorf("--help: status %d, want 0 and the commands in\n%s", status, &out)
	}
	golden(t, "list.txt", listing(f.plans, []string{"hill", "spike"}))
}

func TestFlags(t *testing.T) {
	plain := func() options {
		return options{
			autoquit: -time.Second, codes: codes{1, 98},
			config: engine.Config{Model: engine.Closed, Users: 1, SpawnRate: 1, Params: map[string]string{}}, webPort: 8089,
			wire: wire.Options{UserAgent: "gregaria/devel", Limits: load.Limits{Response: 30 * time.Second, Connect: 30 * time.Second, Body: 64 << 20}},
		}
	}
	open := func(o *options) {
		o.config.Model, o.config.Users, o.config.SpawnRate = engine.Open, 0, 0
	}
	for _, test := range []struct {
		args string
		want func(*options)
	}{
		{"", func(*options) {}},
		{"-u 20 -r 0.5 -t 1h20m -s 10 -H http://x.test", func(o *options) {
			o.config.Users, o.config.SpawnRate, o.config.RunTime, o.config.StopTimeout = 20, 0.5, 80*time.Minute, 10*time.Second
			o.config.Host = "http://x.test"
		}},
		{"--users=20 --spawn-rate=2 --run-time=90 --stop-timeout=1m", func(o *options) {
			o.config.Users, o.config.SpawnRate, o.config.RunTime, o.config.StopTimeout = 20, 2, 90*time.Second, time.Minute
		}},
		{"--arrivals 2.5 --user-cap 50 --poisson", func(o *options) {
			open(o)
			o.config.Rate, o.config.UserCap, o.config.Poisson = 2.5, 50, true
		}},
		{"--arrivals 3 --model arrivals --poisson=false", func(o *options) { open(o); o.config.Rate = 3 }},
		{"--model users -u 3", func(o *options) { o.config.Users = 3 }},
		{"--stages 2m:100,30s:0", func(o *options) {
			o.config.Users, o.config.SpawnRate = 0, 0
			o.config.Stages = load.Stages{{Duration: 2 * time.Minute, Target: 100}, {Duration: 30 * time.Second}}
		}},
		{"--model arrivals --stages 1m:5:step", func(o *options) {
			open(o)
			o.config.Stages = load.Stages{{Duration: time.Minute, Target: 5, Step: true}}
		}},
		{"--shape hill --model arrivals --user-cap 7", func(o *options) {
			open(o)
			o.config.Shape, o.config.UserCap = "hill", 7
		}},
		{"--stages= --shape= --user-cap= -i 100 --seed 7", func(o *options) { o.config.Iterations, o.config.Seed = 100, 7 }},
		{"--timeout 1500ms --connect-timeout 2 --max-body 10kB --proxy env", func(o *options) {
			o.wire.Limits, o.wire.Proxy = load.Limits{Response: 1500 * time.Millisecond, Connect: 2 * time.Second, Body: 10 << 10}, "env"
		}},
		{"hit --headless boom --only-summary", func(o *options) {
			o.config.Scenarios, o.headless, o.onlySummary = []string{"hit", "boom"}, true, true
		}},
		{"-T read,slow -T a;b -E x", func(o *options) {
			o.config.Tags, o.config.ExcludeTags = []string{"read", "slow", "a", "b"}, []string{"x"}
		}},
		{"-P 0 --web-host 0.0.0.0 --allowed-host a.test,b.test --autostart", func(o *options) {
			o.webPort, o.webHost, o.allowedHosts, o.autostart = 0, "0.0.0.0", []string{"a.test", "b.test"}, true
		}},
		{"--csv out/x --csv-full-history --insecure", func(o *options) { o.csv, o.csvFull, o.config.Insecure = "out/x", true, true }},
		{"-L warning --logfile l", func(o *options) { o.level, o.logfile = slog.LevelWarn, "l" }},
		{"--demo", func(o *options) { o.demo = true }},
		{"--demo-bug", func(o *options) { o.demo, o.demoBug = true, true }},
		{"--path /a --pause 1s --loud", func(o *options) {
			o.config.Params = map[string]string{"path": "/a", "pause": "1s", "loud": "true"}
		}},
		{"--loud=false -lVh", func(o *options) {
			o.config.Params, o.list, o.version, o.help = map[string]string{"loud": "false"}, true, true, true
		}},
		{"--headless=false -u 1 -u 2", func(o *options) { o.config.Users = 2 }},
	} {
		args := strings.Fields(test.args)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], ";", " ")
		}
		got, err := parse(testFlags(t), args, nowhere)
		if err != nil {
			t.Errorf("parse(%q): %v", args, err)
			continue
		}
		want := plain()
		test.want(&want)
		if len(got.allowedHosts) == 0 {
			got.allowedHosts = nil
		}
		if len(got.config.Tags) == 0 {
			got.config.Tags, got.config.ExcludeTags = nil, nil
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("parse(%q) =\n%+v, want\n%+v", args, *got, want)
		}
	}
}

// Every mistake is reported at once, with the flag's name and the way out.
func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-u", "many", "-r", "0", "-t", "soon", "-s", "x", "-H", "x.test", "-P", "70000", "-L", "loud", "--headless=maybe", "--csv-full-history", "hot"}, `
gregaria: --users: "many" is not a whole number — write for example 20
gregaria: --spawn-rate: 0 users a second start nobody — write more than 0, for example 0.5
gregaria: --run-time: "soon" is not a time — write for example 20, 20s, 1.5s, 3m, 2h, 1h20m or 3h30m10s
gregaria: --stop-timeout: "x" is not a time — write for example 20, 20s, 1.5s, 3m, 2h, 1h20m or 3h30m10s
gregaria: --web-port: "70000" is not a port — write a number up to 65535
gregaria: --headless: "maybe" is neither true nor false
gregaria: --csv-full-history: needs --csv, which says where
gregaria: --loglevel: "loud" is not a level — write DEBUG, INFO, WARNING, ERROR or CRITICAL
gregaria: --host: "x.test" has no scheme — write http://x.test
gregaria: there is no scenario "hot" — did you mean hit?`},
		{[]string{"--headless", "hit"}, `
gregaria: --host: scenario hit has no host of its own — give one, for example http://127.0.0.1:8080`},
		{[]string{"--pause", "long", "-H", "http://x.test"}, `
gregaria: --pause: "long" is not a duration such as 500ms or 2s`},
		{[]string{"-T", "read", "slow"}, `
gregaria: there is no scenario "slow", but a tag — write several tags as --tags a,b`},
		{[]string{"-T", "wriet", "hit"}, `
gregaria: --tags: no task is left — the tags are: read, slow`},
		{[]string{"--users", "3", "--arrivals", "5", "--stages", "1m:3", "--shape", "hill", "hot"}, `
gregaria: --users, --arrivals, --stages, --shape: each says how much load there is — give one of them
gregaria: there is no scenario "hot" — did you mean hit?`},
		{[]string{"--arrivals", "many", "--model", "users", "-r", "2", "--user-cap", "few", "--seed", "x", "-i", "-5"}, `
gregaria: --user-cap: "few" is not a whole number — write for example 20000
gregaria: --arrivals: "many" is not a number — write for example 200 or 0.5
gregaria: --arrivals: does not go with --model users — leave out one of them
gregaria: --spawn-rate: goes with --users only — leave it out
gregaria: --iterations: -5 is too few — at least 1, or 0 for no limit
gregaria: --seed: "x" is not a whole number from 0 to 18446744073709551615`},
		{[]string{"--model", "arrivals"}, `
gregaria: --model arrivals: does not say how many — give --arrivals, --stages or --shape`},
		{[]string{"--model", "arrivals", "-u", "3"}, `
gregaria: --users: does not go with --model arrivals — give --arrivals`},
		{[]string{"--model", "open", "--poisson", "--user-cap", "5"}, `
gregaria: --model: "open" is not known — write users or arrivals
gregaria: --poisson: is about arrivals — give --arrivals or --model arrivals
gregaria: --user-cap: is about arrivals — give --arrivals or --model arrivals`},
		{[]string{"--stages", "1m:5", "--shape", "hil"}, `
gregaria: --stages, --shape: each says how much load there is — give one of them`},
		{[]string{"--shape", "hil", "-H", "http://x.test"}, `
gregaria: --shape: there is no shape "hil" — did you mean hill?`},
		{[]string{"--stages", "1m", "-r", "3"}, `
gregaria: --stages: character 1: "1m" is not a stage — write a duration and a target, for example 2m:100
gregaria: --spawn-rate: goes with --users only — leave it out`},
		{[]string{"--page-size", "larg", "--api-key", "", "-H", "http://x.test"}, `
gregaria: --page-size: "larg" is not small, medium or large — did you mean large?`},
		{[]string{"--vus", "3"}, "\ngregaria: unknown flag --vus — write --users"},
		{[]string{"--arrival", "3"}, "\ngregaria: unknown flag --arrival — did you mean --arrivals?"},
		{[]string{"--user", "3"}, "\ngregaria: unknown flag --user — did you mean --users?"},
		{[]string{"-f", "x.py"}, "\ngregaria: unknown flag -f — scenarios are compiled in: --list shows them"},
		{[]string{"complation", "bash"}, "\ngregaria: there is neither a scenario nor a command \"complation\" — did you mean completion?"},
		{[]string{"-x"}, "\ngregaria: unknown flag -x — --help shows all flags"},
		{[]string{"-L", "WARNIN"}, "\ngregaria: --loglevel: \"WARNIN\" is not a level — did you mean WARNING?"},
		{[]string{"--usres", "3", "--vus=4", "-c", "5", "-r", "--nope", "--processes", "-1", "-uX", "--spwan-rate", "1", "-lx", "--usres=4", "hit", "--csv"}, `
gregaria: unknown flag --usres — did you mean --users?
gregaria: unknown flag --vus — write --users
gregaria: unknown flag -c — write --users, as -u
gregaria: unknown flag --processes — this version runs in one process, which uses all cores: leave it out
gregaria: unknown flag --spwan-rate — did you mean --spawn-rate?
gregaria: unknown flag -x — --help shows all flags
gregaria: --csv: needs a value`},
		{[]string{"--nope", "--", "--neither"}, "\ngregaria: unknown flag --nope — --help shows all flags"},
		{[]string{"demo", "--lisen", ":1", "--bgu", "--bug=perhaps"}, `
gregaria: unknown flag --lisen — did you mean --listen?
gregaria: unknown flag --bgu — did you mean --bug?`},
		{[]string{"demo", "--bug=perhaps"}, "\ngregaria: --bug: \"perhaps\" is not true or false"},
		{[]string{"user", "add", "--rol", "view"}, "\ngregaria: unknown flag --rol — did you mean --role?"},
		{[]string{"import", "har", "--url", "x"}, "\ngregaria: unknown flag --url — --help shows all flags"},
		{[]string{"--allowed-host", "http://a.test:80/x,b.test,c/d"}, `
gregaria: --allowed-host: "http://a.test:80/x" is an address, not the name in it — write a.test
gregaria: --allowed-host: "c/d" is an address, not the name in it — write c`},
		{[]string{"user", "ad", "ann"}, "\ngregaria: user: there is no command \"ad\" — did you mean add?"},
		{[]string{"import", "xml", "a"}, "\ngregaria: import: there is no command \"xml\" — write curl, har or openapi"},
		{[]string{"man", "x"}, "\ngregaria: man: \"x\" is too much — gregaria man --help says what it takes"},
		{[]string{"init", "a", "b"}, "\ngregaria: init: \"b\" is too much — gregaria init --help says what it takes"},
		{[]string{"import", "har"}, "\ngregaria: import har: needs one file, or - for standard input — gregaria import har --help says more"},
		{[]string{"--csv"}, "\ngregaria: --csv: needs a value"},
		{[]string{"-u"}, "\ngregaria: --users: needs a value"},
		{[]string{"\x1b[2Jred"}, "\ngregaria: there is no scenario \"\\x1b[2Jred\" — the scenarios are: hit, boom, demo, rich, bare"},
	} {
		var out, errs transcript
		status := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: test.args, Stdout: &out, Stderr: &errs})
		if status != 2 || strings.TrimSpace(errs.String()) != strings.TrimSpace(test.want) || out.String() != "" {
			t.Errorf("%q: status %d, stdout %q, stderr\n%s\nwant 2, nothing, %s", test.args, status, out.String(), errs.String(), test.want)
		}
	}
}

func TestParametersCannotTakeTheProgramsFlags(t *testing.T) {
	suite := load.Suite{Scenarios: []load.Planner{load.Scenario[nobody]{
		Name: "greedy", Params: []load.Parameter{load.Param[int]{Name: "users"}, load.Param[int]{Name: "help"}},
		Tasks: []load.Task[nobody]{{Name: "t", Run: func(*nobody, *load.User) error { return nil }}},
	}}}
	var out, errs transcript
	status := Run(t.Context(), suite, Env{Name: "g", Args: []string{"--help"}, Stdout: &out, Stderr: &errs})
	want := "g: scenario greedy: parameter users: the program has a flag of that name — choose another\n" +
		"g: scenario greedy: parameter help: the program has a flag of that name — choose another\n"
	if status != 2 || errs.String() != want {
		t.Errorf("status %d, stderr\n%s\nwant 2,\n%s", status, errs.String(), want)
	}
}

func TestBrokenSuite(t *testing.T) {
	var errs transcript
	status := Run(t.Context(), load.Suite{}, Env{Name: "g", Stderr: &errs})
	if want := "g: suite: there is no scenario\n"; status != 2 || errs.String() != want {
		t.Errorf("status %d, stderr %q, want 2, %q", status, errs.String(), want)
	}
}

// A flag beats the environment, an empty variable is none, and a mistake is named by
// what said it. A secret is never repeated.
func TestParametersFromTheEnvironment(t *testing.T) {
	environment := map[string]string{"GREGARIA_PATH": "", "GREGARIA_PAGE_SIZE": "large", "GREGARIA_API_KEY": "hush", "GREGARIA_LOUD": "true"}
	lookup := func(name string) (string, bool) {
		text, ok := environment[name]
		return text, ok
	}
	got, err := parse(testFlags(t), []string{"--loud=false", "--api-key="}, lookup)
	want := map[string]string{"page-size": "large", "api-key": "", "loud": "false"}
	if err != nil || !maps.Equal(got.config.Params, want) {
		t.Errorf("parameters %q, %v, want %q", got.config.Params, err, want)
	}

	environment["GREGARIA_PAGE_SIZE"], environment["GREGARIA_PAUSE"] = "larg", "long"
	var out, errs transcript
	status := Run(t.Context(), testSuite, Env{
		Name: "g", Args: []string{"-H", "http://x.test", "--loud=perhaps"}, Stdout: &out, Stderr: &errs, Lookup: lookup,
	})
	text := `g: --loud: "perhaps" is not true or false
g: GREGARIA_PAGE_SIZE: "larg" is not small, medium or large — did you mean large?
g: GREGARIA_PAUSE: "long" is not a duration such as 500ms or 2s
`
	if status != 2 || errs.String() != text {
		t.Errorf("status %d, stderr\n%s\nwant 2,\n%s", status, errs.String(), text)
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	f := testFlags(t)
	lookup := func(name string) (string, bool) { return "s3cret", name == keyParam.Spec().Env }
	if _, err := parse(f, []string{"--api-key", "s3cret"}, lookup); err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"help": f.help("g", 80), "list": listing(f.plans, nil)} {
		if !strings.Contains(text, "--api-key") || strings.Contains(text, keyParam.Default) || strings.Contains(text, "s3cret") {
			t.Errorf("%s is to name the flag of a secret and neither its default nor its value:\n%s", what, text)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, " 1000 ": 1000, "1000B": 1000, "2k": 2 << 10, "500kB": 500 << 10, "500 KB": 500 << 10, "64MB": 64 << 20, "64m": 64 << 20, "1GB": 1 << 30, "1024GB": 1 << 40,
		"": 0, "0": 0, "0MB": 0, "1025GB": 0, "-1": 0, "1.5MB": 0, "1TB": 0, "MB": 0, "999999999999GB": 0, "9999999999999": 0, "1 0": 0,
	} {
		got, err := parseSize(text)
		if got != want || (err != nil) != (want == 0) {
			t.Errorf("parseSize(%q) = %d, %v, want %d and an error only for 0", text, got, err, want)
		}
	}
}
