package cli

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

func testFlags(t *testing.T) *flags {
	t.Helper()
	plans, err := testSuite.Plans()
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFlags(plans)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHelp(t *testing.T) {
	f := testFlags(t)
	golden(t, "help.txt", f.help("gregaria", 0))
	golden(t, "help_80.txt", f.help("gregaria", 80))
	golden(t, "list.txt", listing(f.plans))
}

func TestFlags(t *testing.T) {
	plain := func() options {
		return options{config: engine.Config{Users: 1, SpawnRate: 1, Params: map[string]string{}}, webPort: 8089}
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
		got, err := testFlags(t).parse(args)
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
gregaria: --headless: "maybe" is neither true nor false
gregaria: --users: "many" is not a whole number — write for example 20
gregaria: --spawn-rate: 0 users a second start nobody — write more than 0, for example 0.5
gregaria: --run-time: "soon" is not a time — write for example 20, 20s, 3m, 2h, 1h20m or 3h30m10s
gregaria: --stop-timeout: "x" is not a time — write for example 20, 20s, 3m, 2h, 1h20m or 3h30m10s
gregaria: --web-port: "70000" is not a port — write a number up to 65535
gregaria: --loglevel: "loud" is not a level — write DEBUG, INFO, WARNING, ERROR or CRITICAL
gregaria: --csv-full-history: needs --csv, which says where
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
		{[]string{"--user", "3"}, "\ngregaria: unknown flag --user — did you mean --users?"},
		{[]string{"-f", "x.py"}, "\ngregaria: unknown flag -f — scenarios are compiled in: --list shows them"},
		{[]string{"-x"}, "\ngregaria: unknown flag -x — --help shows all flags"},
		{[]string{"-L", "WARNIN"}, "\ngregaria: --loglevel: \"WARNIN\" is not a level — did you mean WARNING?"},
		{[]string{"--csv"}, "\ngregaria: --csv: needs a value"},
		{[]string{"-u"}, "\ngregaria: --users: needs a value"},
		{[]string{"\x1b[2Jred"}, "\ngregaria: there is no scenario \"\\x1b[2Jred\" — the scenarios are: hit, boom, demo"},
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
