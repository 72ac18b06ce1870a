package static

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestVendoredFilesAreUnmodified compares every vendored file with its recorded
// checksum: none is changed, none is missing, none is unlisted.
func TestVendoredFilesAreUnmodified(t *testing.T) {
	want := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(read(t, "vendor/SHA256SUMS")))
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		want[name] = sum
	}
	entries, err := fs.ReadDir(FS, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if name == "README.md" || name == "SHA256SUMS" {
			continue
		}
		sum := sha256.Sum256(read(t, "vendor/"+name))
		if got := hex.EncodeToString(sum[:]); got != want[name] {
			t.Errorf("sha256 of vendor/%s = %s, want %s as in SHA256SUMS", name, got, want[name])
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("vendor/SHA256SUMS lists %s, which is missing", name)
	}
}

// scripts returns the names of our own scripts.
func scripts(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(FS, "*.js")
	if err != nil || len(names) == 0 {
		t.Fatalf("the scripts are %q: %v", names, err)
	}
	return names
}

// TestScriptBuildsNoMarkupAndNoCode: what the page shows comes from hosts under
// test. Our own script must have no way to turn it into markup or code.
func TestScriptBuildsNoMarkupAndNoCode(t *testing.T) {
	banned := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|` +
		`setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|javascript:|set(Timeout|Interval)\(\s*["'` + "`" + `]|https?://`)
	for _, name := range append(scripts(t), "app.css") {
		if found := banned.FindAll(read(t, name), -1); found != nil {
			t.Errorf("%s contains %q, want none of %s", name, found, banned)
		}
	}
	if imports := regexp.MustCompile(`@import|url\(`).FindAll(read(t, "app.css"), -1); imports != nil {
		t.Errorf("app.css loads other files: %q", imports)
	}
}

// TestOwnScriptsStaySmall keeps the page's logic on the server.
func TestOwnScriptsStaySmall(t *testing.T) {
	for _, name := range scripts(t) {
		most := 200
		if name == "charts.js" {
			most = 330
		}
		if n := bytes.Count(read(t, name), []byte("\n")); n > most {
			t.Errorf("%s has %d lines, want at most %d", name, n, most)
		}
	}
}

func TestPathNamesTheContent(t *testing.T) {
	sum := sha256.Sum256(read(t, "app.css"))
	want := "static/app.css?v=" + hex.EncodeToString(sum[:6])
	if got := Path("app.css"); got != want {
		t.Errorf("Path(%q) = %q, want %q", "app.css", got, want)
	}
	if Build() == "" || Build() != build {
		t.Errorf("Build() = %q, want one text per content", Build())
	}
}

func TestPathOfAnUnknownFilePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error(`Path("nope.js") returned, want a panic`)
		}
	}()
	Path("nope.js")
}
