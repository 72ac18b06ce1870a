package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/cmd/cli"
	"github.com/gregaria/gregaria/scenarios"
)

// told is what the program says to a command line.
func told(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if status := cli.Run(t.Context(), scenarios.Suite, cli.Env{Name: "gregaria", Args: args, Stdout: &out, Stderr: &errs}); status != 0 {
		t.Errorf("gregaria %s: exit status %d: %s", strings.Join(args, " "), status, &errs)
	}
	return out.String()
}

var (
	flagForm    = regexp.MustCompile(`(?:^|[^\w-])--([a-z][a-z0-9-]*)`)
	listedForm  = regexp.MustCompile(`(?m)^  ([a-z]+) +\S`)
	commandForm = regexp.MustCompile(`\bgregaria((?: +[a-z]+)+)`)
	topicForm   = regexp.MustCompile(`\bgregaria help ([a-z]+)`)
	linkForm    = regexp.MustCompile(`\]\(([^)]+)\)`)
	testForm    = regexp.MustCompile("`(Test\\w+)`")
)

// A manual is what the program says of itself.
type manual struct {
	flags    map[string]bool
	commands map[string]bool // such as "import har"
	topics   []string
}

// readManual asks the program and all of its commands for help.
func readManual(t *testing.T) manual {
	m := manual{flags: map[string]bool{}, commands: map[string]bool{}}
	var read func(path ...string)
	read = func(path ...string) {
		text := told(t, append(path, "--help")...)
		for _, found := range flagForm.FindAllStringSubmatch(text, -1) {
			m.flags[found[1]] = true
		}
		if len(path) == 0 {
			_, topics, _ := strings.Cut(text, "\nTopics, ")
			for _, found := range listedForm.FindAllStringSubmatch(topics, -1) {
				m.topics = append(m.topics, found[1])
			}
			text, _, _ = strings.Cut(text, "\nTopics, ")
		}
		for _, heading := range []string{"\nCommands, ", "\nAvailable Commands:\n"} {
			_, list, _ := strings.Cut(text, heading)
			list, _, _ = strings.Cut(list, "\nFlags:")
			for _, found := range listedForm.FindAllStringSubmatch(list, -1) {
				sub := append(slices.Clone(path), found[1])
				m.commands[strings.Join(sub, " ")] = true
				read(sub...)
			}
		}
	}
	read()
	return m
}

// What README and the topics of the help name is there: flags, commands, topics, files.
func TestWhatIsNamedToReadersIsThere(t *testing.T) {
	m := readManual(t)
	if len(m.commands) < 15 || len(m.topics) < 10 || len(m.flags) < 70 {
		t.Fatalf("%d commands, %d topics, %d flags: this is not how the help lists them any more", len(m.commands), len(m.topics), len(m.flags))
	}
	texts := map[string]string{}
	for _, name := range []string{"README.md", ".github/SECURITY.md", "CHANGELOG.md"} {
		b, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(b)
	}
	for _, topic := range m.topics {
		texts["help "+topic] = told(t, "help", topic)
	}
	// Of programs that are not ours: docker, docker compose.
	foreign := []string{"rm", "build"}
	words := []string{"help", "init", "import", "dev", "user", "token", "demo", "healthcheck", "completion", "man"}
	for where, text := range texts {
		for _, found := range flagForm.FindAllStringSubmatch(text, -1) {
			if name := strings.TrimSuffix(found[1], "-"); !m.flags[name] && !slices.Contains(foreign, name) {
				t.Errorf("%s names --%s, which no command has", where, found[1])
			}
		}
		for _, found := range topicForm.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(m.topics, found[1]) && !m.commands[found[1]] {
				t.Errorf("%s names the topic %s, which there is none of", where, found[1])
			}
		}
		for _, found := range commandForm.FindAllStringSubmatch(text, -1) {
			named := strings.Fields(found[1])
			if !slices.Contains(words, named[0]) || named[0] == "help" {
				continue // prose, as in "gregaria from here on", or a scenario
			}
			if !m.commands[named[0]] {
				t.Errorf("%s names the command %s, which there is none of", where, named[0])
			}
			if hasMore := slices.Contains([]string{"import", "user", "token"}, named[0]); hasMore && len(named) > 1 && !m.commands[named[0]+" "+named[1]] {
				t.Errorf("%s names the command %s %s, which there is none of", where, named[0], named[1])
			}
		}
	}
	for _, topic := range m.topics {
		if !strings.Contains(texts["README.md"], "`gregaria help "+topic+"`") {
			t.Errorf("README does not name the topic %s", topic)
		}
	}
	for name := range m.commands {
		if first, _, nested := strings.Cut(name, " "); !nested && !strings.Contains(texts["README.md"], "`"+first+"`") {
			t.Errorf("README does not name the command %s", first)
		}
	}
}

// Links within the repository lead somewhere, and tests that are named are there.
func TestReadersAreLedToWhatIsThere(t *testing.T) {
	var tests bytes.Buffer
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			var text []byte
			text, err = os.ReadFile(path)
			tests.Write(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", ".github/SECURITY.md"} {
		b, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		for _, found := range linkForm.FindAllStringSubmatch(text, -1) {
			to, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join("..", "..", to)); name == "README.md" && err != nil {
				t.Errorf("%s links to %s: %v", name, to, err)
			}
			if anchor != "" && !slices.Contains(anchors(text), anchor) {
				t.Errorf("%s links to #%s, and has only %q", name, anchor, anchors(text))
			}
		}
		for _, found := range testForm.FindAllStringSubmatch(text, -1) {
			if !bytes.Contains(tests.Bytes(), []byte("\nfunc "+found[1]+"(")) {
				t.Errorf("%s names %s, which there is none of", name, found[1])
			}
		}
	}
}

var (
	headingForm = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noAnchor    = regexp.MustCompile(`[^\w -]`)
)

// anchors are what the headings of a text are linked by.
func anchors(text string) (list []string) {
	for _, found := range headingForm.FindAllStringSubmatch(text, -1) {
		list = append(list, strings.ReplaceAll(strings.ToLower(noAnchor.ReplaceAllString(found[1], "")), " ", "-"))
	}
	return list
}
