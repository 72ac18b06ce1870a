package engine

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestParseUsersNamesTheMistakeAndTheWayOut(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int
		err  string
	}{
		{"20", 20, ""}, {" 7 ", 7, ""}, {"1000000", MaxUsers, ""},
		{"0", 0, "at least 1"}, {"-1", 0, "at least 1"}, {"1000000000", 0, "at most 1000000"},
		{"99999999999999999999", 0, "at most"}, {"abc", 0, "write for example 20"}, {"1.5", 0, "whole number"}, {"", 0, "whole number"},
	} {
		n, err := ParseUsers(tt.text)
		check(t, "ParseUsers", tt.text, err, tt.err, FieldUsers)
		if err == nil && n != tt.want {
			t.Errorf("ParseUsers(%q) = %d, want %d", tt.text, n, tt.want)
		}
	}
}

func TestParseSpawnRateNamesTheMistakeAndTheWayOut(t *testing.T) {
	for _, tt := range []struct {
		text string
		want float64
		err  string
	}{
		{"20", 20, ""}, {"0.5", 0.5, ""}, {"1e2", 100, ""},
		{"0", 0, "more than 0"}, {"-3", 0, "more than 0"}, {"NaN", 0, "more than 0"}, {"Inf", 0, "too fast"},
		{"1e999", 0, "too fast"}, {"1e-9", 0, "too slow"}, {"fast", 0, "not a number"}, {"", 0, "not a number"},
	} {
		r, err := ParseSpawnRate(tt.text)
		check(t, "ParseSpawnRate", tt.text, err, tt.err, FieldSpawnRate)
		if err == nil && r != tt.want {
			t.Errorf("ParseSpawnRate(%q) = %v, want %v", tt.text, r, tt.want)
		}
	}
}

func TestParseRunTimeReadsWhatLocustAndGoRead(t *testing.T) {
	for _, tt := range []struct {
		text string
		want time.Duration
		err  string
	}{
		{"", 0, ""}, {"20", 20 * time.Second, ""}, {"20s", 20 * time.Second, ""}, {"3m", 3 * time.Minute, ""}, {"2h", 2 * time.Hour, ""},
		{"1h20m", 80 * time.Minute, ""}, {"3h30m10s", 3*time.Hour + 30*time.Minute + 10*time.Second, ""}, {"0", 0, ""},
		{"5 minutes", 0, "write for example 20, 20s, 1.5s, 3m"}, {"-5", 0, "not a time"}, {"-5s", 0, "not a time"}, {"1.5h", 90 * time.Minute, ""},
		{"1.5s", 1500 * time.Millisecond, ""}, {"200ms", 200 * time.Millisecond, ""}, {"20 m", 0, "not a time"}, {"999999999h", 0, "too long"}, {strings.Repeat("9", 400), 0, "range"},
	} {
		d, err := ParseRunTime(tt.text)
		check(t, "ParseRunTime", tt.text, err, tt.err, FieldRunTime)
		if err == nil && d != tt.want {
			t.Errorf("ParseRunTime(%q) = %s, want %s", tt.text, d, tt.want)
		}
		if err == nil {
			if back, err := ParseRunTime(FormatRunTime(d)); err != nil || back != d {
				t.Errorf("ParseRunTime(FormatRunTime(%s)) = %s, %v", d, back, err)
			}
		}
	}
}

func check(t *testing.T, call, arg string, err error, want string, f Field) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s(%q) = %v, want no error", call, arg, err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) || !slices.Equal(fields(err), []Field{f}) {
		t.Errorf("%s(%q) = %v, want an error of field %s with %q", call, arg, err, f, want)
	}
}

func TestStartReportsEveryMistakeAtOnceAndStartsNothing(t *testing.T) {
	tagged := always("tagged", load.Wait{}, get("/"))
	tagged.Tasks[0].Tags = []string{"read", "slow"}
	bare := always("bare", load.Wait{}, get("/"))
	bare.Host = ""
	bare.Params = []load.Parameter{load.Param[int]{Name: "pages", Default: 3}}
	e := newEngine(t, &target{}, tagged, bare)
	good := Config{Users: 1, SpawnRate: 1, Host: "http://127.0.0.1:1"}
	with := func(change func(*Config)) Config { c := good; change(&c); return c }
	for _, tt := range []struct {
		name   string
		cfg    Config
		fields []Field
		text   string
	}{
		{"everything", Config{RunTime: -1, StopTimeout: -1, Host: "ftp://x"}, []Field{FieldUsers, FieldSpawnRate, FieldRunTime, FieldStopTimeout, FieldHost}, "http://x"},
		{"no rate", with(func(c *Config) { c.SpawnRate = math.NaN() }), []Field{FieldSpawnRate}, "more than 0"},
		{"the article's host", with(func(c *Config) { c.Host = "http:127.0.0.1" }), []Field{FieldHost}, "write http://127.0.0.1"},
		{"host without scheme", with(func(c *Config) { c.Host = "localhost:8080" }), []Field{FieldHost}, "write http://localhost:8080"},
		{"no host where one is needed", with(func(c *Config) { c.Host = "" }), []Field{FieldHost}, "scenario bare has no host"},
		{"misspelt scenario", with(func(c *Config) { c.Scenarios = []string{"taged"} }), []Field{FieldScenarios}, "did you mean tagged?"},
		{"unknown tag", with(func(c *Config) { c.Tags = []string{"write"} }), []Field{FieldTags}, "read, slow"},
		{"none excluded", with(func(c *Config) { c.ExcludeTags = []string{"raed"} }), []Field{FieldExcludeTags}, "no task has the tag \"raed\" — did you mean read?"},
		{"all excluded", with(func(c *Config) { c.Scenarios, c.ExcludeTags = []string{"tagged"}, []string{"read"} }), []Field{FieldExcludeTags}, "read, slow"},
		{"parameter of the wrong kind", with(func(c *Config) { c.Params = map[string]string{"pages": "many"} }), []Field{"pages"}, "whole number"},
	} {
		began, err := e.Start(tt.cfg)
		if began || err == nil || !slices.Equal(fields(err), tt.fields) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: Start = %v, %v, want errors of %v with %q", tt.name, began, err, tt.fields, tt.text)
		}
		if s := e.Status(); s.State != Ready || s.Run != 0 {
			t.Fatalf("%s: a run was started: %s", tt.name, s.State)
		}
	}
	if err := e.Check(good); err != nil {
		t.Errorf("Check(%+v) = %v, want no error", good, err)
	}
}

func TestChangeRefusesWhatOnlyANewRunCanGive(t *testing.T) {
	a := always("a", load.Constant(time.Hour), get("/"))
	a.Params = []load.Parameter{load.Param[int]{Name: "pages", Default: 3}}
	e := newEngine(t, &target{}, a, always("b", load.Constant(time.Hour), get("/")))
	mustStart(t, e, Config{Users: 1, SpawnRate: 1})
	defer e.Close()
	for _, tt := range []struct {
		cfg  Config
		want []Field
	}{
		{Config{Users: 2, SpawnRate: 2}, nil},
		{Config{Users: 2, SpawnRate: 2, Scenarios: []string{"b", "a"}, Host: "http://target.test/", RunTime: time.Hour}, nil},
		{Config{Users: 2, SpawnRate: 2, Params: map[string]string{"pages": "3"}}, nil},
		{Config{Users: 0, SpawnRate: 0, RunTime: -1}, []Field{FieldRunTime}},
		{Config{Users: 2, SpawnRate: 2, Host: "http://elsewhere", Scenarios: []string{"b"}, Tags: []string{"x"}, Params: map[string]string{"pages": "4"}},
			[]Field{FieldHost, FieldScenarios, FieldTags, "pages"}},
	} {
		if err := e.Change(tt.cfg); !slices.Equal(fields(err), tt.want) || err != nil && tt.want == nil {
			t.Errorf("Change(%+v) = %v, want errors of %v", tt.cfg, err, tt.want)
		}
	}
	if s := e.Status(); s.Config.Users != 2 || s.Config.RunTime != time.Hour {
		t.Errorf("config after the changes = %+v, want 2 users for an hour", s.Config)
	}
}

func TestWithoutUserHidesThePassword(t *testing.T) {
	for _, tt := range []struct{ host, want string }{
		{"http://ann:secret@h:80/x", "http://h:80/x"}, {"http://h", "http://h"}, {"", ""}, {"::", "::"},
	} {
		if got := WithoutUser(tt.host); got != tt.want {
			t.Errorf("WithoutUser(%q) = %q, want %q", tt.host, got, tt.want)
		}
	}
}

func TestNearestFindsWhatWasMeant(t *testing.T) {
	for _, tt := range []struct{ word, want string }{
		{"citys", "cities"}, {"Cities", "cities"}, {"gte", "get"}, {"elephant", ""}, {"toru", "tour"},
	} {
		if got := Nearest(tt.word, []string{"cities", "get", "tour"}); got != tt.want {
			t.Errorf("Nearest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
}
