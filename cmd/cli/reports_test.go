package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatAReportShallBe(t *testing.T) {
	for _, tt := range []struct{ text, path, mistake string }{
		{"run.json", "run.json", ""},
		{"md:/dev/fd/63", "/dev/fd/63", ""},
		{"MD:summary", "summary", ""},
		{"xml:results/junit", "results/junit", ""},
		{"html:page", "page", ""},
		{"json:run.md", "run.md", ""},
		{"odd:run.md", "odd:run.md", ""},
		{"./md:run.json", "./md:run.json", ""},
		{"summary", "", `--report: "summary" does not say what it shall be — let it end in .json, .md, .xml, .hlog or .html, or write for example md:summary`},
		{"md:", "", `does not say what it shall be`},
		{"md:-", "", "--report: - is no file"},
	} {
		o, err := parse(testFlags(t), []string{"--report", tt.text}, nowhere)
		if tt.mistake != "" {
			if err == nil || !strings.Contains(err.Error(), tt.mistake) {
				t.Errorf("--report %s: %v, want %s", tt.text, err, tt.mistake)
			}
			continue
		}
		if err != nil || len(o.reports) != 1 || o.reports[0].path != tt.path {
			t.Errorf("--report %s: %+v, %v, want the path %s", tt.text, o.reports, err, tt.path)
		}
	}
}

func TestFilesThatWouldBeLostAreMistakes(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--html", "-"}, "--html: - is no file"},
		{[]string{"--json-file", "-"}, "--json-file: - is no file"},
		{[]string{"--csv", "-"}, "--csv: - is no name"},
		{[]string{"--json-file", "a", "--json-file", "b"}, "--json-file: there are 2 files, and only one is written"},
		{[]string{"--html", "a.html", "--html", "b.html"}, "--html: there are 2 files"},
		{[]string{"--csv", "a", "--csv", "b"}, "--csv: there are 2 files"},
	} {
		if _, err := parse(testFlags(t), tt.args, nowhere); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %s", tt.args, err, tt.want)
		}
	}
}

// GitHub shows all that a step writes to the file of its summary.
func TestASummaryOfGitHubIsAddedTo(t *testing.T) {
	tg := newTarget(t, fine)
	path := filepath.Join(t.TempDir(), "summary")
	if err := os.WriteFile(path, []byte("# Earlier\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GITHUB_STEP_SUMMARY", path)
	for range 2 {
		launch(t, nil, "--headless", "-i", "1", "--only-summary", "--exit-code-on-invalid", "0", "-H", tg.URL, "--report", "md:"+path, "hit", "-T", "read").exits(t, 0)
	}
	text, err := os.ReadFile(path)
	if got := string(text); !strings.HasPrefix(got, "# Earlier\n## ✅ Load test passed: ") || strings.Count(got, "\n## ✅ Load test passed: ") != 2 {
		t.Errorf("the summary is %q (%v), want the earlier words and two reports", got, err)
	}
}

// What --exit-code-on-error 0 lets pass, the files let pass too.
func TestReportsAgreeWithTheExitStatus(t *testing.T) {
	gone := newTarget(t, fine)
	gone.Close()
	for code, want := range map[string]int{"0": 0, "1": 1} {
		dir := t.TempDir()
		xml, md := filepath.Join(dir, "r.xml"), filepath.Join(dir, "r.md")
		launch(t, nil, "--headless", "-i", "2", "--only-summary", "--exit-code-on-invalid", "0", "--exit-code-on-error", code, "-H", gone.URL,
			"--check", "requests > 0", "--report", xml, "--report", md, "hit", "-T", "read").exits(t, want)
		junit, _ := os.ReadFile(xml)
		words, _ := os.ReadFile(md)
		_, total, _ := strings.Cut(string(junit), "<testsuites ")
		total, _, _ = strings.Cut(total, ">")
		fails := !strings.Contains(total, `failures="0" errors="0"`)
		cross := strings.HasPrefix(string(words), "## ❌")
		if fails != (want != 0) || cross != (want != 0) {
			t.Errorf("exit status %d: JUnit fails: %t, Markdown says so: %t\n%s\n%s", want, fails, cross, junit, words)
		}
	}
}
