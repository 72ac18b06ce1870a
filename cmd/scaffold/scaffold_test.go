package scaffold

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
)

// TestAModuleBuildsTestsAndRunsAtOnce does with one what its owner would.
func TestAModuleBuildsTestsAndRunsAtOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "My Shop")
	origin, err := OriginOf("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Module{Dir: dir, Origin: origin}).Begin(); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run("go", "vet", ".")
	run("go", "test", ".")
	run("go", "build")
	if out := run("./my-shop", "--list"); !strings.Contains(out, "visit") {
		t.Errorf("--list: %q, want it to name visit", out)
	}
	var served atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		w.Write([]byte("hello"))
	}))
	defer s.Close()
	run("./my-shop", "--headless", "-i", "2", "-H", s.URL, "--exit-code-on-invalid", "0")
	if n := served.Load(); n != 2 {
		t.Errorf("a headless run of two tasks sent %d requests, want 2", n)
	}
}

func TestWhatIsThereIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "visit.go")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Module{Dir: dir, Name: "shop", Origin: Origin{Version: "v1.2.3"}}.Begin()
	if err == nil || !strings.Contains(err.Error(), "visit.go is there already, and nothing was written") {
		t.Errorf("Begin: %v, want an error that names visit.go", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" || len(entries) != 1 {
		t.Errorf("there are %d files, and visit.go says %q, %v; want it alone and as it was", len(entries), text, err)
	}
}

func TestNamesOfModules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, program string }{
		{"shop", "shop"}, {"example.com/shop/v2", "shop"}, {"", "load"}, {"a b", ""}, {"main", ""}, {"../x", ""}, {"x\ny", ""}, {own, ""}, {own + "/x", ""},
	} {
		m := Module{Dir: filepath.Join(t.TempDir(), "…"), Name: tt.name, Origin: Origin{Version: "v1.2.3"}}
		_, err := m.Begin()
		if (err == nil) != (tt.program != "") {
			t.Errorf("Begin of module %q: %v", tt.name, err)
		}
		if got := m.Program(); err == nil && got != tt.program {
			t.Errorf("Program of module %q: %q, want %q", tt.name, got, tt.program)
		}
	}
}

func TestAReleaseIsRequiredAndACheckoutReplaced(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		info debug.BuildInfo
		want Origin
	}{
		{"a release", debug.BuildInfo{Main: debug.Module{Path: own, Version: "v1.2.3", Sum: "h1:x"}}, Origin{Version: "v1.2.3"}},
		{"a checkout", debug.BuildInfo{Main: debug.Module{Path: own, Version: "(devel)"}}, Origin{}},
		{"a checkout with changes", debug.BuildInfo{Main: debug.Module{Path: own, Version: "v0.0.0-20260101000000-abcdefabcdef+dirty"}}, Origin{}},
		{"a commit that is nowhere else", debug.BuildInfo{Main: debug.Module{Path: own, Version: "v0.0.0-20260101000000-abcdefabcdef"}}, Origin{}},
		{"a module of somebody's own", debug.BuildInfo{Main: debug.Module{Path: "shop"}, Deps: []*debug.Module{{Path: own, Version: "v1.2.3", Sum: "h1:x"}}}, Origin{Version: "v1.2.3"}},
		{"one with a replace", debug.BuildInfo{Main: debug.Module{Path: "shop"}, Deps: []*debug.Module{{Path: own, Version: "v0.0.0", Replace: &debug.Module{Path: "/src"}}}}, Origin{Source: "/src"}},
	} {
		if got := built(&tt.info); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
