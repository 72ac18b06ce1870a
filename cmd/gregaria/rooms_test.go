package main

import (
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/gregaria/gregaria"
	root   = "../.."
)

// mayImport says which of our packages each of them may import.
var mayImport = map[string]string{
	"cmd/gregaria":         "cmd/cli scenarios",
	"cmd/protocols":        "cmd/cli scenarios/protocols",
	"cmd/cli":              "cmd/cli/terminal cmd/dev cmd/scaffold cmd/traffic server server/doors web engine engine/load engine/report engine/stats engine/telemetry engine/wire scenarios/demo",
	"cmd/cli/terminal":     "engine engine/checks engine/report engine/stats",
	"cmd/dev":              "server web engine",
	"cmd/traffic":          "",
	"cmd/scaffold":         "",
	"cmd/modtest":          "",
	"cmd/bench":            "cmd/cli engine/load",
	"server":               "server/doors web static engine engine/checks engine/load engine/stats engine/report",
	"server/doors":         "",
	"web":                  "engine engine/checks engine/load engine/stats",
	"static":               "",
	"engine":               "engine/load engine/stats engine/checks engine/dispatch engine/health engine/wire",
	"engine/checks":        "engine/stats",
	"engine/health":        "engine/stats",
	"engine/telemetry":     "engine engine/load engine/stats",
	"engine/wire":          "engine/load",
	"engine/load":          "engine/stats",
	"engine/load/loadtest": "engine/load engine/stats",
	"engine/report":        "engine engine/checks engine/stats",
	"engine/stats":         "",
	"engine/dispatch":      "",
	"engine/leaks":         "",
	"scenarios":            "engine/load",
	"scenarios/demo":       "",
	"scenarios/protocols":  "engine/load",
}

// homes says where each outside module may be imported, and where in tests alone.
var homes = map[string]struct{ code, tests string }{
	"charm.land/bubbletea":                    {code: "cmd/cli/terminal"},
	"github.com/charmbracelet/x":              {code: "cmd/cli/terminal", tests: "cmd/cli"}, // what the view is made with, too
	"github.com/cli/browser":                  {code: "cmd/cli"},
	"github.com/creack/pty":                   {tests: "cmd/cli"},
	"github.com/spf13/pflag":                  {code: "cmd/cli"},
	"github.com/spf13/cobra":                  {code: "cmd/cli"},
	"github.com/pelletier/go-toml":            {code: "cmd/cli"},
	"golang.org/x/sys":                        {code: "cmd/cli cmd/cli/terminal engine/health"},
	"golang.org/x/term":                       {code: "cmd/cli"},
	"golang.org/x/crypto":                     {code: "server/doors"},
	"github.com/fsnotify/fsnotify":            {code: "cmd/dev"},
	"golang.org/x/sync":                       {code: "engine/wire"},
	"golang.org/x/time":                       {code: "engine server/doors"},
	"github.com/go-chi/chi":                   {code: "server"},
	"github.com/gorilla/websocket":            {code: "server scenarios/protocols cmd/bench"},
	"github.com/jackc/pgx":                    {code: "scenarios/protocols"},
	"google.golang.org/grpc":                  {code: "scenarios/protocols", tests: "engine/telemetry"},
	"google.golang.org/protobuf":              {code: "scenarios/protocols", tests: "engine/telemetry"},
	"github.com/prometheus/client_golang":     {code: "engine/telemetry"},
	"github.com/prometheus/client_model":      {code: "engine/telemetry"},
	"github.com/prometheus/common":            {tests: "engine/telemetry"},
	"go.opentelemetry.io/otel":                {code: "engine/telemetry"},
	"go.opentelemetry.io/proto/otlp":          {tests: "engine/telemetry"},
	"github.com/a-h/templ":                    {code: "web server"}, // the server renders what web makes
	"github.com/agnivade/levenshtein":         {code: "engine engine/checks"},
	"github.com/HdrHistogram/hdrhistogram-go": {code: "engine/stats"},
	"github.com/valyala/fasthttp":             {code: "cmd/bench engine/wire"}, // a yardstick in both
	"github.com/jszwec/csvutil":               {code: "engine/load"},
	"github.com/santhosh-tekuri/jsonschema":   {tests: "engine/report"},
	"mvdan.cc/sh":                             {code: "cmd/traffic"},
	"golang.org/x/net":                        {code: "cmd/traffic"},
	"github.com/getkin/kin-openapi":           {code: "cmd/traffic", tests: "server"},
	"go.yaml.in/yaml":                         {code: "cmd/traffic"},
	"golang.org/x/mod":                        {code: "cmd/scaffold"},
	"github.com/chromedp":                     {tests: "cmd/gregaria"},
	"go.uber.org/goleak":                      {code: "engine/leaks"},
}

// TestPackagesKeepToTheirRooms compares all imports with the two tables.
func TestPackagesKeepToTheirRooms(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		seen[name] = true
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("package %s has no place in the table of who may import whom", name)
		}
		for _, path := range p.Imports {
			if own, ok := strings.CutPrefix(path, module+"/"); ok {
				if !has(allowed, own) {
					t.Errorf("%s imports %s, want only %q", name, own, allowed)
				}
			} else if outside(path) && !has(homes[home(path)].code, name) {
				t.Errorf("%s imports %s, whose home is %q", name, path, homes[home(path)].code)
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			h := homes[home(path)]
			if outside(path) && !has(h.code+" "+h.tests, name) {
				t.Errorf("tests of %s import %s, whose home is %q", name, path, strings.TrimSpace(h.code+" "+h.tests))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(mayImport)) {
		if !seen[name] {
			t.Errorf("the table of who may import whom speaks of %s, which is gone", name)
		}
	}
}

// A listed package is what go list says of one.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

func packages(t *testing.T) (all []listed) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func has(list, name string) bool { return slices.Contains(strings.Fields(list), name) }

// outside reports whether a package is neither ours nor Go's own.
func outside(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".") && path != module && !strings.HasPrefix(path, module+"/")
}

// home returns the module by which homes speaks of path.
func home(path string) string {
	for module := range homes {
		if strings.HasPrefix(path+"/", module+"/") {
			return module
		}
	}
	return path
}

// Whoever opens the project sees the same few things for ever.
func TestTheTopLevelStaysSmall(t *testing.T) {
	t.Parallel()
	const fixed = "cmd server engine web scenarios static go.mod go.sum Makefile README.md LICENSE CONTRIBUTING.md CHANGELOG.md Dockerfile"
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("which files belong to the project is git's to say, and it does not: %v", err)
	}
	seen := map[string]bool{}
	for file := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(strings.TrimSpace(file), "/")
		if seen[name] || strings.HasPrefix(name, ".") {
			continue
		}
		seen[name] = true
		if !has(fixed, name) {
			t.Errorf("top level has %s, want only %s", name, fixed)
		}
	}
}
