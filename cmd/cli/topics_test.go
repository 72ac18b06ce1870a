package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Every topic is about the program by its name, fits a terminal, and names variables that
// there are.
func TestTopicsAreOfTheProgram(t *testing.T) {
	f := testFlags(t)
	var known []string
	for name := range f.given {
		known = append(known, f.variablesOf(name)...)
	}
	variable := regexp.MustCompile(`\b(?:GREGARIA|LOCUST)_[A-Z][A-Z_]*`)
	for _, name := range topicNames() {
		var out, errs transcript
		if status := Run(t.Context(), testSuite, Env{Name: "shop", Args: []string{"help", name}, Stdout: &out, Stderr: &errs}); status != 0 || errs.String() != "" {
			t.Errorf("help %s: status %d, stderr %s", name, status, &errs)
		}
		text := out.String()
		if strings.Contains(text, "{name}") || strings.Contains(text, "{exit}") || regexp.MustCompile(`(?m)^ *gregaria (-|help|user)`).MatchString(text) {
			t.Errorf("help %s of a program called shop is not about it:\n%s", name, text)
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > topicWidth || strings.ContainsRune(line, '\t') {
				t.Errorf("help %s: a line has %d columns, want %d at most and no tabs: %s", name, n, topicWidth, line)
			}
		}
		for _, v := range variable.FindAllString(text, -1) {
			if !slices.Contains(known, v) {
				t.Errorf("help %s names %s, which no flag has", name, v)
			}
		}
	}
	text, _ := topic("exit", "gregaria")
	golden(t, "help_exit.txt", text)
}

func TestHelpKnowsCommandsAndTopics(t *testing.T) {
	for _, tt := range []struct {
		args   string
		status int
		says   string // what it begins with
	}{
		{"help", 0, "Usage: gregaria [flags]"},
		{"help checks", 0, "What a run is held to"},
		{"help import har", 0, "Make a scenario of a HAR file"},
		{"help user", 0, "Say who may log in"},
		{"help chekcs", 2, `gregaria: help: there is neither a command nor a topic "chekcs" — did you mean checks?`},
		{"help xyz", 2, `gregaria: help: there is neither a command nor a topic "xyz" — the topics are: api, checks`},
		{"help checks exit", 2, `gregaria: help: there is neither a command nor a topic "checks exit"`},
		{"help hit", 2, `gregaria: help: there is neither a command nor a topic "hit"`},
	} {
		var out transcript
		status := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: strings.Fields(tt.args), Stdout: &out, Stderr: &out})
		if status != tt.status || !strings.HasPrefix(out.String(), tt.says) {
			t.Errorf("%s: status %d, says\n%.300s\nwant %d, %s", tt.args, status, &out, tt.status, tt.says)
		}
	}
	if list, _ := completed(t, "help", "c"); !slices.Contains(list, "checks") || !slices.Contains(list, "completion") {
		t.Errorf("help is completed by %q, want topics and commands", list)
	}
}
