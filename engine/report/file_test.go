package report

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// said returns a function that writes text.
func said(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// A link stays one, whether what it leads to is there or not.
func TestWriteFileFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o777); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"old.json": "real/old.json", "new.json": "real/new.json", "twice.json": "old.json"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "real/old.json"), []byte("before"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ link, to string }{{"old.json", "real/old.json"}, {"new.json", "real/new.json"}, {"twice.json", "real/old.json"}} {
		path := filepath.Join(dir, test.link)
		if err := Writable(path); err != nil {
			t.Errorf("Writable(%s): %v", test.link, err)
		}
		if err := WriteFile(path, said("by "+test.link)); err != nil {
			t.Errorf("WriteFile(%s): %v", test.link, err)
		}
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("after WriteFile, %s is %v (%v), want a link", test.link, info.Mode(), err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, test.to)); string(text) != "by "+test.link {
			t.Errorf("%s is %q (%v), want what was written to %s", test.to, text, err, test.link)
		}
	}
}

func TestWriteFileTellsOfLinksInCircles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loop.json")
	if err := os.Symlink("loop.json", path); err != nil {
		t.Skip(err)
	}
	done := make(chan error, 1)
	go func() { done <- WriteFile(path, said("x")) }()
	if err := <-done; err == nil {
		if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
			t.Errorf("WriteFile of a link to itself says nothing and leaves %v, %v", info, err)
		}
	}
}

func TestAppendFileKeepsWhatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary.md")
	for _, text := range []string{"one\n", "two\n"} {
		if err := AppendFile(path, said(text)); err != nil {
			t.Fatal(err)
		}
	}
	broken := errors.New("broken")
	err := AppendFile(path, func(w io.Writer) error {
		io.WriteString(w, "half")
		return broken
	})
	if text, _ := os.ReadFile(path); string(text) != "one\ntwo\n" || !errors.Is(err, broken) {
		t.Errorf("the file is %q, want one and two; the error of what failed is %v, want %v", text, err, broken)
	}
	if err := AppendFile(t.TempDir(), said("x")); err == nil || !strings.HasPrefix(err.Error(), "write ") {
		t.Errorf("AppendFile to a folder: %v, want an error that says the deed", err)
	}
}

// A report in the midst of what is printed takes nothing of it away.
func TestWriteFileWritesToTheProgramsOwnOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.md")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	defer func(old *os.File) { os.Stdout = old }(os.Stdout)
	os.Stdout = f
	io.WriteString(f, "before\n")
	if err := errors.Join(Writable(path), WriteFile(path, said("report\n"))); err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "after\n")
	if text, err := os.ReadFile(path); string(text) != "before\nreport\nafter\n" {
		t.Errorf("the output is %q (%v), want the report in between", text, err)
	}
}
