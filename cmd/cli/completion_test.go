package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// completed returns what a shell is told that may stand at the end of a command line.
func completed(t *testing.T, args ...string) (list []string, directive string) {
	t.Helper()
	var out, errs transcript
	status := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: append([]string{"__complete"}, args...), Stdout: &out, Stderr: &errs})
	if status != 0 {
		t.Fatalf("__complete %q: status %d, stderr %s", args, status, &errs)
	}
	for line := range strings.Lines(out.String()) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, word)
	}
	return list[:len(list)-1], list[len(list)-1]
}

func TestShellsCompleteWhatThereIs(t *testing.T) {
	const noFiles, noFilesNoSpace, ownFiles, byEnding = ":4", ":6", ":0", ":8"
	for _, tt := range []struct {
		args      []string
		want      string
		directive string
	}{
		{[]string{"hit", "b"}, "boom bare", noFiles}, // hit is there already
		{[]string{"completion", ""}, "bash zsh fish powershell", noFiles},
		{[]string{"--shape", ""}, "hill spike", noFiles},
		{[]string{"--model", "a"}, "arrivals", noFiles},
		{[]string{"-L", "W"}, "WARNING", noFiles},
		{[]string{"--tags", ""}, "ask both post read slow", noFilesNoSpace},
		{[]string{"--tags", "read,s"}, "read,slow", noFilesNoSpace},
		{[]string{"--tasks-off", "rich/f"}, "rich/forum rich/forum/read rich/forum/write", noFilesNoSpace},
		{[]string{"--tasks-off", "rich/s"}, "rich/stroll", noFilesNoSpace}, // a chain is off as a whole
		{[]string{"--weights", "hit=3,r"}, "hit=3,rich=", noFilesNoSpace},
		{[]string{"--page-size", ""}, "small medium large", noFiles},
		{[]string{"--api-key", ""}, "", noFiles},
		{[]string{"--users", ""}, "", noFiles},
		{[]string{"--logfile", ""}, "", ownFiles},
		{[]string{"--config", ""}, "toml conf", byEnding},
		{[]string{"--headless="}, "true false", noFiles},
		{[]string{"--exit-code-on-"}, "--exit-code-on-error --exit-code-on-invalid", noFiles},
	} {
		list, directive := completed(t, tt.args...)
		if got := strings.Join(list, " "); got != tt.want && strings.Join(withPrefix(list, tt.args[len(tt.args)-1]), " ") != tt.want || directive != tt.directive {
			t.Errorf("%q: completed by %q, %s, want %q, %s", tt.args, list, directive, tt.want, tt.directive)
		}
	}
	list, _ := completed(t, "")
	for _, want := range []string{"hit", "boom", "completion", "man"} {
		if !slices.Contains(list, want) {
			t.Errorf("an empty command line is completed by %q, want %s among them", list, want)
		}
	}
}

// withPrefix leaves out what a shell would.
func withPrefix(list []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !strings.HasPrefix(s, prefix) })
}

// Bash itself completes with the script.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "gregaria")); err != nil {
		t.Skip(err)
	}
	// The package bash-completion has this function; not every machine has the package.
	const script = `
_get_comp_words_by_ref() { cur=$COMP_CUR; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; prev=${COMP_WORDS[COMP_CWORD-1]}; }
source <(gregaria completion bash) || exit 9
complete -p gregaria || exit 8
ask() {
	COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_CUR=${!#}; COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMPREPLY=()
	__start_gregaria
	echo "$* -> ${COMPREPLY[*]}"
}
ask gregaria bo
ask gregaria --sha
ask gregaria --page-size la
ask gregaria --tags read,sl
`
	cmd := exec.Command(bash, "--norc", "-c", script)
	cmd.Env = append(os.Environ(), childEnv+"=1", "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`(?m)^gregaria bo -> boom\s*$`, `(?m)^gregaria --sha -> --shape\s`, `(?m)^gregaria --page-size la -> large\s*$`, `(?m)^gregaria --tags read,sl -> read\\?,slow$`} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("no match for %s in\n%s", want, out)
		}
	}
}

func TestScriptsForEveryShell(t *testing.T) {
	for shell, want := range map[string]string{"bash": "__start_gregaria", "zsh": "#compdef gregaria", "fish": "complete -c gregaria", "powershell": "Register-ArgumentCompleter"} {
		var out, errs transcript
		if status := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: []string{"completion", shell}, Stdout: &out, Stderr: &errs}); status != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("completion %s: status %d, stderr %s, want %s in\n%.300s", shell, status, &errs, want, &out)
		}
	}
	for _, args := range [][]string{{"completion"}, {"completion", "tcsh"}, {"completion", "bash", "zsh"}} {
		var errs transcript
		want := "g: completion: name one shell: bash, zsh, fish or powershell\n"
		if status := Run(t.Context(), testSuite, Env{Name: "g", Args: args, Stderr: &errs}); status != 2 || errs.String() != want {
			t.Errorf("%q: status %d, stderr %q, want 2, %q", args, status, &errs, want)
		}
	}
}

// The manual page has everything that the help has, and is what man reads.
func TestManualPage(t *testing.T) {
	var out, errs transcript
	if status := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: []string{"man"}, Stdout: &out, Stderr: &errs}); status != 0 {
		t.Fatalf("status %d, stderr %s", status, &errs)
	}
	page := out.String()
	for _, name := range testFlags(t).names() {
		if !strings.Contains(page, `\fB`+roff("--"+name)+`\fR`) {
			t.Errorf("the manual page says nothing of --%s", name)
		}
	}
	for i, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !regexp.MustCompile(`^\.(TH|SH|SS|TP|B|I|PP|br|EX|EE)( |$)`).MatchString(line) {
			t.Errorf("line %d is a macro that there is none of: %s", i+1, line)
		}
	}
	for _, linter := range [][]string{{"mandoc", "-T", "lint", "-W", "warning"}, {"groff", "-man", "-ww", "-z", "-Tutf8"}} {
		path, err := exec.LookPath(linter[0])
		if err != nil {
			continue
		}
		cmd := exec.Command(path, linter[1:]...)
		cmd.Stdin = strings.NewReader(strings.Replace(page, `1 ""`, `1 "2026-01-02"`, 1)) // a build of the tests has no date
		if said, _ := cmd.CombinedOutput(); len(said) > 0 {
			t.Errorf("%s says\n%s", linter[0], said)
		}
	}
}

func TestRoffStandsForItself(t *testing.T) {
	for text, want := range map[string]string{
		`.SH evil`: `\&.SH evil`, `a\fBb`: `a\efBb`, "'quoted'": `\(aqquoted\(aq`, "two\nlines": "two lines", "--x": `\-\-x`, `~/"x"`: `\(ti/\(dqx\(dq`,
	} {
		if got := roff(text); got != want {
			t.Errorf("roff(%q) = %q, want %q", text, got, want)
		}
	}
}
