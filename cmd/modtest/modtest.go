// Package modtest is for tests that build programs: it gives them a home that is nobody's,
// and modules that need this one.
package modtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// own is the path of the module that this package is part of.
const own = "github.com/gregaria/gregaria"

// Env is the environment in which tests build programs, whatever home they have: where Go
// keeps what it has built, and the same way to build for all, so that what these have in
// common is built once.
func Env() []string {
	env := []string{"CGO_ENABLED=0", "GOWORK=off"}
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOENV"} // which are in the owner's home
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		panic(err)
	}
	for i, value := range strings.Split(strings.TrimRight(string(out), "\n"), "\n") {
		env = append(env, names[i]+"="+value)
	}
	return env
}

// Home keeps the settings of whoever runs the tests from the programs they build. What it
// returns removes the home it has made.
func Home() (leave func()) {
	home, err := os.MkdirTemp("", "gregaria-home-")
	if err != nil {
		panic(err)
	}
	for _, setting := range append(Env(), "HOME="+home) {
		name, value, _ := strings.Cut(setting, "=")
		os.Setenv(name, value)
	}
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "GREGARIA_") || strings.HasPrefix(name, "LOCUST_") {
			os.Unsetenv(name)
		}
	}
	return func() { os.RemoveAll(home) }
}

// Run runs the tests of a package in a home of their own.
func Run(m *testing.M) (code int) {
	leave := Home()
	defer leave()
	return m.Run()
}

// New returns the folder of a new module that needs this one as it is here.
func New(t testing.TB, name string) (dir string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}\n{{.GoVersion}}", own).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	Write(t, dir, "go.sum", string(sums))
	Write(t, dir, "go.mod", fmt.Sprintf("module %s\n\ngo %s\n\nrequire %s v0.0.0\n\nreplace %[3]s => %s\n", name, version, own, root))
	return dir
}

// Write writes a file of a module.
func Write(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Go runs go in the folder of a module, which may change its go.mod.
func Go(t testing.TB, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), Env()...), "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}
