package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// locustFlags are all flags of Locust, with a value where they take one.
var locustFlags = []string{
	"-f x.py", "--locustfile x.py", "--config x.conf", "-H http://x.test", "--host http://x.test", "-u 3", "--users 3", "-r 2",
	"--spawn-rate 2", "-t 1m", "--run-time 1m", "-l", "--list", "--config-users {}", "--web-host *", "-P 0", "--web-port 0",
	"--web-base-path /x", "--web-host-display-name x", "--build-path x", "--headless", "--headful", "--autostart", "--autoquit 5",
	"--web-login", "--tls-cert x", "--tls-key x", "--class-picker", "--master", "--master-bind-host *", "--master-bind-port 1",
	"--expect-workers 1", "--expect-workers-max-wait 0", "--enable-rebalancing", "--worker", "--processes 4", "--master-host x",
	"--master-port 1", "-T a", "--tags a", "-E a", "--exclude-tags a", "--csv x", "--csv-full-history", "--print-stats",
	"--only-summary", "--reset-stats", "--html x", "--json", "--json-file x", "--skip-log-setup", "-L INFO", "--loglevel INFO",
	"--logfile x", "--show-task-ratio", "--show-task-ratio-json", "-V", "--version", "--exit-code-on-error 1", "-s 1",
	"--stop-timeout 1", "--equal-weights", "--profile x", "--otel", "-h", "--help", "--web-auth x", "--legacy-ui", "--slave",
	"--expect-slaves 1",
}

// coming are flags that are on their way.
var coming = strings.Fields("--web-login --tls-cert --tls-key --html --json --json-file --print-stats --show-task-ratio --show-task-ratio-json")

// Every flag of Locust is one here, or is answered with what to do instead.
func TestEveryFlagOfLocustHasAnAnswer(t *testing.T) {
	for _, line := range locustFlags {
		f := testFlags(t)
		err := f.all.Parse(strings.Fields(line))
		if name, _, _ := strings.Cut(line, " "); err == nil || err == pflag.ErrHelp || slices.Contains(coming, name) {
			continue
		}
		says := explain(err, f.all, strings.Fields(line)).Error()
		if strings.Contains(says, "did you mean") || strings.Contains(says, "--help shows all flags") || !strings.Contains(says, " — ") {
			t.Errorf("%s: %s; want a flag, or what to do instead", line, says)
		}
	}
}

// What a flag of another program is answered with names a flag that there is.
func TestAnswersNameFlagsThatThereAre(t *testing.T) {
	f := testFlags(t)
	for name, way := range elsewhere {
		if f.given[name] != nil {
			t.Errorf("--%s is a flag here, and is answered all the same: %s", name, way)
		}
		for _, flag := range flagForm.FindAllString(way, -1) {
			if f.given[strings.TrimPrefix(flag, "--")] == nil && !slices.Contains(coming, flag) {
				t.Errorf("--%s: %q names %s, which there is none of", name, way, flag)
			}
		}
	}
	for args, want := range map[string]string{
		"--processes -1":    "unknown flag --processes — this version runs in one process, which uses all cores: leave it out",
		"--num-users 3":     "unknown flag --num-users — write --users",
		"--csv-base-name x": "unknown flag --csv-base-name — write --csv",
		"--hatch-rate 3":    "unknown flag --hatch-rate — write --spawn-rate",
		"-c 3":              "unknown flag -c — write --users, as -u",
		"-z 3":              "unknown flag -z — write --run-time, as -t",
		"--threshold x":     "unknown flag --threshold — write --check",
		"--spawnrate 3":     "unknown flag --spawnrate — did you mean --spawn-rate?",
		"--scenarios hit":   "unknown flag --scenarios — name scenarios without a flag, after the others",
	} {
		f := testFlags(t)
		if err := f.all.Parse(strings.Fields(args)); err == nil || explain(err, f.all, strings.Fields(args)).Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

func TestTheMixOfARun(t *testing.T) {
	for _, tt := range []struct {
		args    []string
		weights map[string]int
		off     string
	}{
		{nil, nil, ""},
		{[]string{"--weights", "hit=5,demo=2", "--weights", "rich=1"}, map[string]int{"hit": 5, "demo": 2, "rich": 1}, ""},
		{[]string{"--equal-weights"}, map[string]int{"hit": 1, "demo": 1, "rich": 1, "bare": 1}, ""}, // boom has an exact number
		{[]string{"--equal-weights", "--weights", "hit=5", "--arrivals", "3"}, map[string]int{"hit": 5, "boom": 1, "demo": 1, "rich": 1, "bare": 1}, ""},
		{[]string{"--tasks-off", "hit/two, rich/forum/read", "--tasks-off=,"}, nil, "hit/two rich/forum/read"},
		{[]string{"--config-users", `{"user_class_name": "hit", "weight": 7, "tasks": ["one"]}`}, map[string]int{"hit": 7}, "hit/two"},
		{[]string{"--config-users", `[{"user_class_name": "hit", "weight": 7}, {"user_class_name": "boom", "fixed_count": 1}]`, "--config-users", `{"user_class_name": "rich", "tasks": ["ask", "both"]}`},
			map[string]int{"hit": 7}, "rich/forum rich/stroll"},
		{[]string{"--config-users", "testdata/users.json"}, map[string]int{"hit": 2}, ""},
	} {
		o, err := parse(testFlags(t), tt.args, nowhere)
		if err != nil || !maps.Equal(o.config.Weights, tt.weights) || strings.Join(o.config.Off, " ") != tt.off {
			t.Errorf("%q: weights %v, off %q, %v, want %v, %q", tt.args, o.config.Weights, o.config.Off, err, tt.weights, tt.off)
		}
	}
	for _, tt := range []struct{ json, want string }{
		{`{"user_class_name": "hot"}`, `there is no scenario "hot" — did you mean hit?`},
		{`{"user_class_name": "hit", "fixed_count": 5}`, `hit: fixed_count cannot be set from here — write Count: 5 in the scenario's code`},
		{`{"user_class_name": "hit", "host": "http://y.test"}`, `hit: host cannot be set for one scenario alone`},
		{`{"user_class_name": "hit", "weight": 0}`, `hit: weight 0 leaves it out`},
		{`{"user_class_name": "hit", "tasks": ["on"]}`, `hit: there is no task "on" — did you mean one?`},
		{`{"weight": 3}`, `entry 1 has no user_class_name`},
		{`{"user_class_name": "hit", "wieght": 3}`, `is not what Locust's JSON looks like: json: unknown field "wieght"`},
		{`[{"user_class_name": "hit"}] x`, `there is more after its end`},
		{`[{"user_class_name"`, `is not what Locust's JSON looks like`},
		{`nowhere.json`, `open nowhere.json: no such file`},
	} {
		_, err := parse(testFlags(t), []string{"--config-users", tt.json}, nowhere)
		if err == nil || !strings.HasPrefix(err.Error(), "--config-users: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("--config-users %s: %v, want %s", tt.json, err, tt.want)
		}
	}
}

func FuzzConfigUsers(f *testing.F) {
	f.Add(`[{"user_class_name": "hit", "weight": 7, "tasks": ["one"]}]`)
	f.Add(`{"user_class_name": "boom", "fixed_count": 1}`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseUsers(text)
		for _, u := range list {
			if u.Name == "" || err != nil {
				t.Errorf("parseUsers(%q) = %+v, %v", text, list, err)
			}
		}
		if err == nil && !json.Valid([]byte(text)) {
			t.Errorf("parseUsers(%q) reads what is no JSON", text)
		}
	})
}

// A run that is asked for on the page takes the checks of the command line too.
func TestChecksOfTheSuiteAreTheDefault(t *testing.T) {
	plans, err := testSuite.Plans()
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{"": "p95 < 300ms;fail% < 1%", "--check rps>5": "rps > 5", "--check=none": ""} {
		f, err := newFlags(plans, nil, []string{"p95 < 300ms", "fail% < 1"})
		if err != nil {
			t.Fatal(err)
		}
		o, err := parse(f, strings.Fields(args), nowhere)
		var got []string
		for _, c := range o.config.Checks {
			got = append(got, c.String())
		}
		if err != nil || strings.Join(got, ";") != want {
			t.Errorf("%q: checks %q, %v, want %q", args, got, err, want)
		}
	}
	if _, err := parse(testFlags(t), []string{"--check-stop", "3s"}, nowhere); err == nil || !strings.Contains(err.Error(), "--check-stop: needs --check") {
		t.Errorf("--check-stop without a check: %v", err)
	}
}
