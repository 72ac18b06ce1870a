package load_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
)

// show runs a scenario for an example and prints what happened.
func show(s load.Planner, h http.Handler, o loadtest.Options) {
	got := loadtest.Try(outside{}, s, h, o)
	for _, row := range got.Rows {
		fmt.Printf("%s %s: %d sent, %d failed\n", row.Method, row.Name, row.Requests(), row.Failures())
	}
	for _, problem := range got.Problems() {
		fmt.Println(problem)
	}
}

// outside stands in for the test that an example does not have.
type outside struct{ testing.TB }

func (outside) Helper()           {}
func (outside) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

func TestTutorialIsMadeOfTheExamples(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("example*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var examples string
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		examples += flush(string(source))
	}
	blocks := regexp.MustCompile(`(?m)(^\t.*\n|^\n)+`).FindAllString(file.Doc.Text(), -1)
	found := 0
	for _, block := range blocks {
		if flush(block) == "" {
			continue // the space between paragraphs
		}
		found++
		if !strings.Contains(examples, flush(block)) {
			t.Errorf("doc.go has code that is in no example:\n%s", block)
		}
	}
	if found < 20 {
		t.Errorf("doc.go has %d blocks of code, want at least 20: are they still indented?", found)
	}
}

// flush returns text without the white space around its lines, and without empty
// lines at its ends.
func flush(text string) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
