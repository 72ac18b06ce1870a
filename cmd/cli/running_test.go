package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// processes makes what Linux tells of processes that run a program of this name with these
// words. The first is this one.
func processes(t *testing.T, lines ...[]string) (proc string) {
	t.Helper()
	proc = t.TempDir()
	for i, words := range lines {
		dir, exe := filepath.Join(proc, fmt.Sprint(i+1)), filepath.Join(proc, words[0])
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(exe, nil, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(exe, filepath.Join(dir, "exe")); err != nil {
			t.Skip(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "cmdline"), []byte(strings.Join(words, "\x00")+"\x00"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return proc
}

func TestTheProgramThatRunsIsFound(t *testing.T) {
	check := []string{"g", "healthcheck"}
	for _, tt := range []struct {
		name  string
		lines [][]string
		want  []string // nil for none
	}{
		{"alone", [][]string{check}, nil},
		{"in a container", [][]string{check, {"g", "--web-port", "9000"}}, []string{"--web-port", "9000"}},
		{"under an init", [][]string{check, {"init", "--", "g"}, {"g", "--headless", "get"}, {"g", "healthcheck"}}, []string{"--headless", "get"}},
		{"without flags", [][]string{check, {"g"}}, []string{}},
		{"beside another", [][]string{check, {"g", "-P", "1"}, {"g", "-P", "2"}}, nil},
	} {
		got, ok := running(processes(t, tt.lines...), 1)
		if ok != (tt.want != nil) || ok && !slices.Equal(got, tt.want) {
			t.Errorf("%s: running() = %q, %t, want %q", tt.name, got, ok, tt.want)
		}
	}
	if _, ok := running(t.TempDir(), 1); ok {
		t.Error("running() finds a process where there are none")
	}
}

// The flags of what runs count, and without a page that it runs is all there is to know.
func TestWhereToAskTheProgramThatRuns(t *testing.T) {
	for _, tt := range []struct {
		args []string // nil for none that is known
		want string
	}{
		{nil, "http://127.0.0.1:8089/healthz"},
		{[]string{}, "http://127.0.0.1:8089/healthz"},
		{[]string{"--web-port", "9000", "hit"}, "http://127.0.0.1:9000/healthz"},
		{[]string{"-P9001"}, "http://127.0.0.1:9001/healthz"},
		{[]string{"--web-host", "0.0.0.0", "--insecure-no-login"}, "http://127.0.0.1:8089/healthz"},
		{[]string{"--web-host", "127.0.0.3"}, "http://127.0.0.3:8089/healthz"},
		{[]string{"--web-host", "::1"}, "http://[::1]:8089/healthz"},
		{[]string{"--headless", "-H", "http://h.test", "hit"}, ""},
		{[]string{"--no-such-flag"}, "http://127.0.0.1:8089/healthz"},
	} {
		p := &program{Env: Env{Name: "g", Lookup: nowhere}, suite: testSuite, flags: testFlags(t)}
		if got, err := p.healthAddress(tt.args, tt.args != nil); got != tt.want || err != nil {
			t.Errorf("beside g %q: asks %q, %v, want %q", tt.args, got, err, tt.want)
		}
	}
}
