package traffic

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// read returns a file of testdata.
func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// module returns a directory with a module that has gregaria's source as a dependency.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "go.sum", sums)
	put(t, dir, "go.mod", []byte("module own\n\ngo 1.26.0\n\nrequire github.com/gregaria/gregaria v0.0.0\n\nreplace github.com/gregaria/gregaria => "+root+"\n"))
	return dir
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// golang runs go in a directory.
func golang(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %v: %v\n%s", args, err, out)
	}
}

// TestScenariosBuildVetAndPassTheirTests takes every kind of input through Go itself.
func TestScenariosBuildVetAndPassTheirTests(t *testing.T) {
	t.Parallel()
	dir := module(t)
	for _, tt := range []struct {
		file string
		make func([]byte, Options) (*Result, error)
	}{
		{"shop.har", HAR},
		{"browser.curl.sh", Curl},
		{"library.yaml", OpenAPI},
		{"petstore.json", OpenAPI},
		{"old.yaml", OpenAPI},
	} {
		got, err := tt.make(read(t, tt.file), Options{Name: NameOf(tt.file), Package: "own"})
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
			continue
		}
		put(t, dir, got.File+".go", got.Scenario)
		put(t, dir, got.File+"_test.go", got.Test)
		t.Logf("%s\n%s\n%s", got.Scenario, got.Test, got.Notes)
	}
	golang(t, dir, "vet", ".")
	golang(t, dir, "test", ".")
}

// readSeed returns a file of testdata to a fuzz test.
func readSeed(f *testing.F, name string) []byte {
	f.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		f.Fatal(err)
	}
	return data
}

// TestHostileTextsStayTexts takes what tries to become code through Go itself.
func TestHostileTextsStayTexts(t *testing.T) {
	t.Parallel()
	dir := module(t)
	for name, input := range map[string]string{"hostile": hostileHAR, "init": hostileHAR, "func": hostileHAR, "../../load": hostileHAR, "x_linux_test": hostileHAR} {
		got, err := HAR([]byte(input), Options{Name: name, Package: "own", AllHosts: true})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		parses(t, got)
		put(t, dir, got.File+".go", got.Scenario)
		put(t, dir, got.File+"_test.go", got.Test)
	}
	golang(t, dir, "vet", ".")
	golang(t, dir, "test", ".")
}
