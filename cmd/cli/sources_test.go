package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
)

// A setup is what a program meets besides its command line.
type setup struct {
	home, dir map[string]string // files by name
	variables map[string]string
}

func (s setup) env(t *testing.T) Env {
	t.Helper()
	folder := func(files map[string]string) string {
		dir := t.TempDir()
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	return Env{
		Name: "g", Home: folder(s.home), Dir: folder(s.dir),
		Lookup: func(name string) (string, bool) {
			text, ok := s.variables[name]
			return text, ok
		},
		Environ: func() (list []string) {
			for name, text := range s.variables {
				list = append(list, name+"="+text)
			}
			return list
		},
	}
}

// The command line beats the environment, that a file, and the nearest file one that is
// further away.
func TestWhereValuesComeFrom(t *testing.T) {
	extra := filepath.Join(t.TempDir(), "extra.conf")
	if err := os.WriteFile(extra, []byte("users = 5\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	all := setup{
		home:      map[string]string{".gregaria.toml": "users = 2\n", ".gregaria.conf": "users = 1\n"},
		dir:       map[string]string{"gregaria.toml": "users = 4\n", "gregaria.conf": "users = 3\n"},
		variables: map[string]string{"GREGARIA_CONFIG": extra, "LOCUST_USERS": "6", "GREGARIA_USERS": "7"},
	}
	for want := 8; want >= 0; want-- {
		var args []string
		if want == 8 {
			args = []string{"-u", "8"}
		}
		from := map[int]string{
			8: "--users", 7: "GREGARIA_USERS", 6: "LOCUST_USERS", 5: extra + ":1", 4: "gregaria.toml:1", 3: "gregaria.conf:1",
			2: "~/.gregaria.toml:1", 1: "~/.gregaria.conf:1", 0: "default",
		}[want]
		f := testFlags(t)
		if err := f.all.Parse(args); err != nil {
			t.Fatal(err)
		}
		o, err := f.read(nil, all.env(t))
		if err != nil || o.config.Users != max(want, 1) || f.shown("users", "users")[0][2] != from {
			t.Errorf("users = %d from %q, %v, want %d from %q", o.config.Users, f.shown("users", "users")[0], err, want, from)
		}
		switch want {
		case 7:
			delete(all.variables, "GREGARIA_USERS")
		case 6:
			delete(all.variables, "LOCUST_USERS")
		case 5:
			delete(all.variables, "GREGARIA_CONFIG")
		case 4:
			delete(all.dir, "gregaria.toml")
		case 3:
			delete(all.dir, "gregaria.conf")
		case 2:
			delete(all.home, ".gregaria.toml")
		case 1:
			delete(all.home, ".gregaria.conf")
		}
	}
}

func TestFilesAndVariablesSayWhatFlagsDo(t *testing.T) {
	s := setup{
		dir: map[string]string{"gregaria.toml": `
run_time = "1h20m"          # an underscore
Spawn-Rate = 0.5
tags = ["read", "slow"]
check = ["p95 < 300ms", "fail% < 1"]
headless = true
insecure = "yes"
path = ""
pause = "1s"
scenarios = ["hit", "boom"]
weights = ["hit=5"]
timeout = "1500ms"
`},
		variables: map[string]string{
			"GREGARIA_HOST": "http://x.test", "GREGARIA_API_KEY": "hush", "LOCUST_LOGLEVEL": "warning", "LOCUST_AUTOSTART": "0",
			"GREGARIA_POISSON": "off", "LOCUST_PATH": "/not/ours", "GREGARIA_TAGS": "", "LOCUST_EXCLUDE_TAGS": "x,y", "GREGARIA_LOUD": "on",
			"LOCUST_USERCLASS_PICKER": "true", "LOCUST_ENABLE_OPENTELEMETRY": "true",
		},
	}
	f := testFlags(t)
	o, err := f.read(nil, s.env(t))
	if err != nil {
		t.Fatal(err)
	}
	c := o.config
	got := fmt.Sprint(c.RunTime, c.SpawnRate, c.Tags, c.ExcludeTags, c.Checks, o.headless, c.Insecure, c.Params, c.Scenarios, c.Weights, []string{c.Host}, o.level, o.autostart, c.Poisson, o.wire.Limits.Response, f.on("class-picker"), f.on("otel"))
	want := "1h20m0s 0.5 [read slow] [x y] [p95 < 300ms fail% < 1%] true true map[api-key:hush loud:true path: pause:1s] [hit boom] map[hit:5] [http://x.test] WARN false false 1.5s true true"
	if got != want {
		t.Errorf("read =\n%s, want\n%s", got, want)
	}
	for _, key := range []string{"scenarios", "user-classes", "user_classes"} {
		o, err := testFlags(t).read(nil, setup{dir: map[string]string{"gregaria.conf": key + " = [hit, boom]"}}.env(t))
		if err != nil || !slices.Equal(o.config.Scenarios, []string{"hit", "boom"}) {
			t.Errorf("%s: scenarios %q, %v", key, o.config.Scenarios, err)
		}
	}
	for _, variable := range []string{"LOCUST_USER_CLASSES", "GREGARIA_SCENARIOS", "GREGARIA_USER_CLASSES"} {
		o, err := testFlags(t).read(nil, setup{variables: map[string]string{variable: "hit boom"}}.env(t))
		if err != nil || !slices.Equal(o.config.Scenarios, []string{"hit", "boom"}) {
			t.Errorf("%s: scenarios %q, %v", variable, o.config.Scenarios, err)
		}
	}
}

// What may be given more than once is a list in a file, or lines of the same key, or a list
// in a variable. What wins replaces all of it.
func TestListsAreWrittenAsLocustsParserHasThem(t *testing.T) {
	const repeated = "check = p95 < 300ms\nreport = a.md\ntags: read\ncheck: [fail% < 1, \"rps > 5\"]\nreport = b, c.json\ntags slow\n"
	for name, tt := range map[string]struct {
		setup
		args string
		want string
	}{
		"lines":          {setup{dir: map[string]string{"gregaria.conf": repeated}}, "", "[p95 < 300ms fail% < 1% rps > 5] [a.md b, c.json] [read slow]"},
		"a list":         {setup{dir: map[string]string{"gregaria.toml": "check = ['p95 < 300ms', 'fail% < 1']\nreport = ['a.md', 'b.xml']\ntags = ['read']"}}, "", "[p95 < 300ms fail% < 1%] [a.md b.xml] [read]"},
		"a nearer file":  {setup{dir: map[string]string{"gregaria.conf": repeated}, home: map[string]string{".gregaria.conf": repeated}}, "", "[p95 < 300ms fail% < 1% rps > 5] [a.md b, c.json] [read slow]"},
		"a flag":         {setup{dir: map[string]string{"gregaria.conf": repeated}}, "--check p50<1s --report=z.md --tags=ask", "[p50 < 1s] [z.md] [ask]"},
		"a variable":     {setup{dir: map[string]string{"gregaria.conf": repeated}, variables: map[string]string{"GREGARIA_CHECK": "[p99 < 1s, 'GET /a b, c p50 < 1']", "LOCUST_TAGS": "read,ask", "GREGARIA_REPORT": " [x.md,y.json]"}}, "", "[p99 < 1s GET /a b, c p50 < 1ms] [x.md y.json] [read ask]"},
		"lines of a var": {setup{variables: map[string]string{"GREGARIA_CHECK": "p99 < 1s\nfails < 3", "GREGARIA_REPORT": "x.md", "GREGARIA_TAGS": "[read, slow]"}}, "", "[p99 < 1s fails < 3] [x.md] [read slow]"},
	} {
		f := testFlags(t)
		if err := f.all.Parse(strings.Fields(tt.args)); err != nil {
			t.Fatal(err)
		}
		o, err := f.read(nil, tt.env(t))
		var files []string
		for _, r := range o.reports {
			files = append(files, r.path)
		}
		if got := fmt.Sprint(o.config.Checks, files, o.config.Tags); err != nil || got != tt.want {
			t.Errorf("%s: read = %s, %v, want %s", name, got, err, tt.want)
		}
	}
	o, err := testFlags(t).read(nil, setup{variables: map[string]string{
		"GREGARIA_ALLOW_TARGET": "[::1]:8080", "GREGARIA_CONFIG_USERS": `[{"user_class_name": "hit", "weight": 7}]`,
	}}.env(t))
	if err != nil || o.config.Weights["hit"] != 7 || o.wire.Policy.String() != "[::1]:8080" {
		t.Errorf("what begins with a bracket and is no list: weights %v, policy %s, %v", o.config.Weights, o.wire.Policy, err)
	}
	_, err = testFlags(t).read(nil, setup{dir: map[string]string{"gregaria.conf": "users = 1\nhost = a\nusers = 2"}}.env(t))
	if want := "gregaria.conf:3: users: is on line 1 already — leave one of them out"; err == nil || err.Error() != want {
		t.Errorf("users twice: %v, want %s", err, want)
	}
}

// What says how much load there is goes together: a flag does not mix with a file.
// A file that wins over another one does so as a whole, too.
func TestOneWayToSayTheLoadReplacesThatOfAFileFurtherAway(t *testing.T) {
	o, err := testFlags(t).read(nil, setup{
		home: map[string]string{".gregaria.toml": "users = 5\nspawn-rate = 3\n"},
		dir:  map[string]string{"gregaria.toml": "arrivals = 10\n"},
	}.env(t))
	if err != nil || o.config.Model != engine.Open || o.config.Rate != 10 || o.config.Users != 0 {
		t.Errorf("arrivals here and users at home: %+v, %v, want the arrivals alone", o.config, err)
	}
}

func TestOneWayToSayTheLoadReplacesAnother(t *testing.T) {
	for _, tt := range []struct {
		file, args string
		want       string // model, users, spawn rate, arrivals, stages, shape
	}{
		{"users = 20\nspawn-rate = 2\n", "", "users 20 2 0 [] "},
		{"users = 20\nspawn-rate = 2\n", "--arrivals 5", "arrivals 0 0 5 [] "},
		{"users = 20\nspawn-rate = 2\n", "--stages 1m:3", "users 0 0 0 1m:3 "},
		{"arrivals = 20\npoisson = true\nuser-cap = 3\n", "-u 4", "users 4 1 0 [] "},
		{"arrivals = 20\n", "-r 4", "error"},
		{"shape = \"hill\"\nmodel = \"arrivals\"\n", "--shape spike", "arrivals 0 0 0 [] spike"},
		{"model = \"users\"\nshape = \"hill\"\n", "--arrivals 3", "arrivals 0 0 3 [] "},
		{"users = 3\narrivals = 5\n", "", "error"},
	} {
		f := testFlags(t)
		if err := f.all.Parse(strings.Fields(tt.args)); err != nil {
			t.Fatal(err)
		}
		o, err := f.read(nil, setup{dir: map[string]string{"gregaria.toml": tt.file}}.env(t))
		got := "error"
		if err == nil {
			c := o.config
			stages := "[]"
			if len(c.Stages) > 0 {
				stages = c.Stages.String()
			}
			got = fmt.Sprint(c.Model, " ", c.Users, " ", c.SpawnRate, " ", c.Rate, " ", stages, " ", c.Shape)
		}
		if got != tt.want {
			t.Errorf("%q with %q = %s, %v, want %s", tt.file, tt.args, got, err, tt.want)
		}
	}
}

// Mistakes are told with the file and its line, or by the variable, all of them.
func TestMistakesInFilesAndVariables(t *testing.T) {
	s := setup{
		home: map[string]string{".gregaria.conf": "spawn-rate = x\nmaster = true\n"},
		dir: map[string]string{"gregaria.toml": `users = "many"
user = 3
run-time = ["1s"]
headless = 3
frobnicate = 3
help = true
config = "x"
run_time = "soon"
check = ["p95 < 3s", "p9x < 3"]
page-size = "larg"
`, "gregaria.conf": "tags = 'x\nhosts = y\n"},
		variables: map[string]string{"GREGARIA_WEB_PORT": "70000", "GREGARIA_PAUSE": "long", "LOCUST_USER_CLASSES": "hot"},
	}
	env := s.env(t)
	var out, errs transcript
	env.Stdout, env.Stderr, env.Args = &out, &errs, []string{"-H", "http://x.test", "-s", "never"}
	status := Run(t.Context(), testSuite, env)
	want := `g: gregaria.toml:2: unknown key "user" — did you mean users?
g: gregaria.toml:3: run-time: takes one value, not a list
g: gregaria.toml:5: unknown key "frobnicate" — keys are the names of flags, see --help
g: gregaria.toml:6: help: is for the command line — leave it out of the file
g: gregaria.toml:7: config: is for the command line — leave it out of the file
g: gregaria.toml:8: run_time: is on line 3 already — leave one of them out
g: gregaria.conf:1: tags: the quotes have no end — close them with '
g: gregaria.conf:2: unknown key "hosts" — did you mean host?
g: ~/.gregaria.conf:2: unknown key "master" — this version runs in one process, which uses all cores: leave it out
g: gregaria.toml:1: users: "many" is not a whole number — write for example 20
g: ~/.gregaria.conf:1: spawn-rate: "x" is not a number — write for example 20 or 0.5
g: --stop-timeout: "never" is not a time — write for example 20, 20s, 1.5s, 3m, 2h, 1h20m or 3h30m10s
g: gregaria.toml:9: check: character 1: "p9x" is no percentile — write for example p95 or p99.9
g: GREGARIA_WEB_PORT: "70000" is not a port — write a number up to 65535
g: gregaria.toml:4: headless: "3" is neither true nor false
g: LOCUST_USER_CLASSES: there is no scenario "hot" — did you mean hit?
`
	// The rest is the parameters', of scenarios that were picked.
	if got := errs.String(); status != 2 || got != want || out.String() != "" {
		t.Errorf("status %d, stdout %q, stderr\n%s\nwant 2,\n%s", status, out.String(), got, want)
	}
}

func TestAFileThatMustBeThere(t *testing.T) {
	env := setup{}.env(t)
	var errs transcript
	env.Stderr, env.Args = &errs, []string{"--config", filepath.Join(env.Dir, "none.toml")}
	if status := Run(t.Context(), testSuite, env); status != 2 || !strings.Contains(errs.String(), "g: --config: cannot read ") {
		t.Errorf("status %d, stderr %s, want 2 and that it cannot be read", status, &errs)
	}
	env.Lookup = func(name string) (string, bool) { return env.Dir, name == "GREGARIA_CONFIG" }
	errs = transcript{}
	env.Args = nil
	if status := Run(t.Context(), testSuite, env); status != 2 || !strings.HasPrefix(errs.String(), "g: GREGARIA_CONFIG: cannot read ") {
		t.Errorf("status %d, stderr %s, want 2 and that a folder cannot be read", status, &errs)
	}
	env.Lookup, errs = nil, transcript{}
	if err := os.Mkdir(filepath.Join(env.Dir, "gregaria.toml"), 0o777); err != nil {
		t.Fatal(err)
	}
	if status := Run(t.Context(), testSuite, env); status != 2 || !strings.HasPrefix(errs.String(), "g: cannot read gregaria.toml: ") {
		t.Errorf("status %d, stderr %s, want 2 and that a folder cannot be read", status, &errs)
	}
}

// Variables that look as if they were meant for the program are told, others are not.
func TestUnknownVariablesAreTold(t *testing.T) {
	f := testFlags(t)
	_, err := f.read(nil, setup{variables: map[string]string{
		"GREGARIA_USER": "3", "GREGARIA_QWERTZUIOP": "x", "GREGARIA_TEST_ROLE": "x", "GREGARIA_DEV_CHILD": "x", "GREGARIA_VERSION": "1.2.3", "GREGARIA_EMPTY": "", "GREGARIA_API_KEY": "k",
		"LOCUST_LOCUSTFILE": "x.py", "LOCUST_MODE_MASTER": "true", "LOCUST_MODE_WORKER": "false", "LOCUST_PROCESSES": "0", "LOCUST_WHATEVER": "x", "LOCUST_USRS": "5", "LOCUST_HOST": "http://x.test",
		"PATH": "/bin",
		// What Kubernetes makes of services named gregaria, gregaria-web and locust.
		"GREGARIA_PORT": "tcp://10.0.0.7:8089", "GREGARIA_SERVICE_HOST": "10.0.0.7", "GREGARIA_PORT_8089_TCP_ADDR": "10.0.0.7", "GREGARIA_WEB_PORT": "tcp://10.0.0.7:8089",
		"GREGARIA_WEB_SERVICE_PORT": "8089", "LOCUST_PORT": "tcp://10.0.0.7:8089",
	}}.env(t))
	want := []string{
		"GREGARIA_QWERTZUIOP is ignored: there is no flag --qwertzuiop",
		"GREGARIA_USER is ignored: there is no flag --user — did you mean GREGARIA_USERS?",
		"LOCUST_LOCUSTFILE is ignored: scenarios are compiled in: --list shows them",
		"LOCUST_MODE_MASTER is ignored: this version runs in one process, which uses all cores: leave it out",
		"LOCUST_USRS is ignored: there is no flag --usrs — did you mean LOCUST_USERS?",
	}
	if err != nil || !slices.Equal(f.warnings, want) {
		t.Errorf("warnings %q, %v, want %q", f.warnings, err, want)
	}
}

func TestShowConfig(t *testing.T) {
	env := setup{
		dir: map[string]string{"gregaria.toml": "users = 20\ncheck = ['p95 < 3s', 'fail% < 1']\nproxy = 'http://ann:hush@proxy.test:1'\n"},
		variables: map[string]string{
			"GREGARIA_API_KEY": "hush-hush", "GREGARIA_HOST": "http://ann:hush@x.test/\x1b[31m", "LOCUST_RUN_TIME": "1m",
		},
	}.env(t)
	var out, errs transcript
	env.Stdout, env.Stderr, env.Args = &out, &errs, []string{"--show-config", "-r", "2", "--seed", "1", "--seed", "2", "hit"}
	env.Lookup = func(name string) (string, bool) {
		text, ok := map[string]string{"GREGARIA_API_KEY": "hush-hush", "GREGARIA_HOST": "http://ann:hush@x.test", "LOCUST_RUN_TIME": "1m"}[name]
		return text, ok
	}
	if status := Run(t.Context(), testSuite, env); status != 0 || errs.String() != "" {
		t.Fatalf("status %d, stderr %s", status, &errs)
	}
	var given []string
	for line := range strings.Lines(out.String()) {
		if !strings.HasSuffix(line, "default\n") {
			given = append(given, line)
		}
	}
	golden(t, "show_config.txt", strings.Join(given, ""))
	for _, want := range []string{`(?m)^web-port +8089 +default$`, `(?m)^headless +false +default$`, `(?m)^stages +- +default$`, `(?m)^page-size +small +default$`} {
		out.find(t, want)
	}
	if strings.Contains(out.String(), "hush") {
		t.Errorf("--show-config repeats a secret:\n%s", &out)
	}
}
