package cli

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// answered runs the program in this process, and returns its exit status and what it said.
func answered(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e transcript
	status = Run(t.Context(), testSuite, Env{Name: "g", Args: args, Stdout: &o, Stderr: &e})
	return status, o.String(), e.String()
}

func TestSlipsInCommandsAreAnswered(t *testing.T) {
	file := filepath.Join(t.TempDir(), "full.txt")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ line, want string }{
		{"demo --lisen x", "unknown flag --lisen — did you mean --listen?"},
		{"init --modul x", "unknown flag --modul — did you mean --module?"},
		{"user lst", `user: there is no command "lst" — did you mean list?`},
		{"token frobnicate", `token: there is no command "frobnicate" — write add, `},
		{"import foo", `import: there is no command "foo" — write `},
		{"import crul x", `import: there is no command "crul" — did you mean curl?`},
		{"token add ci", "--scope: is needed — write --scope view, or --scope operate"},
		{"init " + file, "full.txt is a file — choose a directory"},
	} {
		status, _, errs := answered(t, strings.Fields(tt.line)...)
		if status != exitUsage || !strings.Contains(errs, tt.want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("g %s: status %d, %q, want 2 and one line with %q", tt.line, status, errs, tt.want)
		}
	}
}

// --show-config is the one way to try a command line without a run.
func TestShowConfigJudgesAllThatARunDoes(t *testing.T) {
	for _, tt := range []struct {
		line string
		want string // "" for no mistake
	}{
		{"nope", `there is no scenario "nope"`},
		{"-T nope hit", "--tags: no task is left"},
		{"-E raed hit", `--exclude-tags: no task has the tag "raed" — did you mean read?`},
		{"--headless hit", "host"},
		{"hit", ""}, // the page asks for the host
		{"-E slow hit", ""},
	} {
		status, _, errs := answered(t, append([]string{"--show-config"}, strings.Fields(tt.line)...)...)
		if (status == 0) != (tt.want == "") || !strings.Contains(errs, tt.want) {
			t.Errorf("--show-config %s: status %d, %q, want %q", tt.line, status, errs, tt.want)
		}
	}
}

func TestAllowedHostsAreNames(t *testing.T) {
	for text, want := range map[string]string{
		"load.example.com": "", "LOAD,other.test": "", "*": "", "10.0.0.7": "", "fe80::1": "", "load.": "",
		"http://load.test":       `--allowed-host: "http://load.test" is an address, not the name in it — write load.test`,
		"https://load.test:8/x":  "write load.test",
		"load.test:8089":         `"load.test:8089" has more than a name, and ports do not matter — write load.test`,
		"[fe80::1]":              "write fe80::1",
		"*.example.com":          "has a * within",
		"good.test,http://x/,ok": `"http://x/" is an address`,
	} {
		_, err := parse(testFlags(t), []string{"--allowed-host", text}, nowhere)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("--allowed-host %s: %v, want %q", text, err, want)
		}
	}
}

func TestLocustsFileIsNotPassedOverInSilence(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "locust.conf"), []byte("users = 5\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	const want = "locust.conf is not read: rename it to gregaria.conf, or give it by --config"
	for given, told := range map[string]bool{"": true, filepath.Join(dir, "locust.conf"): false} {
		f := testFlags(t)
		if given != "" {
			f.given["config"].texts = []string{given}
		}
		if _, err := f.read(nil, Env{Lookup: nowhere, Dir: dir}); err != nil || slices.Contains(f.warnings, want) != told {
			t.Errorf("--config %q: warnings %q (%v), want that the file is told: %t", given, f.warnings, err, told)
		}
	}
}

func TestShellsCompleteUsers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "users")
	for _, line := range []string{"user add ann --no-password --web-users ", "token add ci --scope view --web-users "} {
		if status, _, errs := answered(t, append(strings.Fields(line), file)...); status != 0 {
			t.Fatalf("g %s: status %d, %s", line, status, errs)
		}
	}
	for line, want := range map[string]string{"user remove ": "ann", "user add ": "ann", "token remove ": "ci", "token add ": ""} {
		args := append(strings.Fields(line), "--web-users", file, "")
		if got, directive := completed(t, args...); strings.Join(got, " ") != want || directive != ":4" {
			t.Errorf("g %s<TAB>: %q %s, want %q and no files", line, got, directive, want)
		}
	}
}

// What keeps logs short moves them away, and needs to send no signal.
func TestALogThatWasMovedAwayIsBegunAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "g.log")
	l, end, err := openLog(path, nil, slog.LevelInfo)
	if err != nil {
		t.Fatal(err)
	}
	out := &logFile{path, nil}
	if out.file, err = openLogFile(path); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one\n", "two\n"} {
		if _, err := out.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path, path+"."+text[:3]); err != nil {
			t.Skip(err) // as on Windows
		}
	}
	l.Info("three")
	if err := end(); err != nil {
		t.Fatal(err)
	}
	out.file.Close()
	for name, want := range map[string]string{".one": "one\n", ".two": "two\n"} {
		if text, err := os.ReadFile(path + name); string(text) != want {
			t.Errorf("%s is %q (%v), want %q", name, text, err, want)
		}
	}
	if text, err := os.ReadFile(path); !strings.HasSuffix(string(text), "INFO three\n") {
		t.Errorf("the log is %q (%v), want what was logged last", text, err)
	}
}
