package traffic

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// parses fails the test unless the files of a result are Go, of one package, that has
// nothing in it but what was meant to be.
func parses(t *testing.T, r *Result) {
	t.Helper()
	for name, code := range map[string][]byte{"scenario": r.Scenario, "test": r.Test} {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, code, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("the %s does not parse: %v\n%s", name, err, code)
		}
		for _, group := range file.Comments {
			for _, c := range group.List {
				if !strings.HasPrefix(c.Text, "// ") && c.Text != "//" {
					t.Errorf("the %s has a comment that may be a directive: %q", name, c.Text)
				}
			}
		}
		for _, spec := range file.Imports {
			if spec.Name != nil || strings.Contains(spec.Path.Value, "os") && !strings.Contains(spec.Path.Value, "gregaria") {
				t.Errorf("the %s imports %s", name, spec.Path.Value)
			}
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && (f.Name.Name == "init" || f.Name.Name == "main") {
				t.Errorf("the %s has a function %s", name, f.Name.Name)
			}
		}
		duplicates(t, name, files, file, code)
	}
	if strings.ContainsAny(r.File, `/\._`) || r.File == "" {
		t.Errorf("the file is called %q", r.File)
	}
}

// duplicates fails the test when a name is declared or imported twice, or an import is
// not used: Go's type checker finds these without the packages that are imported.
func duplicates(t *testing.T, name string, files *token.FileSet, file *ast.File, code []byte) {
	t.Helper()
	var wrong []string
	config := types.Config{FakeImportC: true, Importer: nobodyImports{}, Error: func(err error) {
		text := err.Error()
		for _, bad := range []string{"redeclared", "declared and not used", "imported and not used", "no new variables", "missing return", "duplicate", "already declared"} {
			if strings.Contains(text, bad) {
				wrong = append(wrong, text)
			}
		}
	}}
	config.Check("own", files, []*ast.File{file}, nil)
	slices.Sort(wrong)
	if len(wrong) > 0 {
		t.Errorf("the %s does not compile: %s\n%s", name, strings.Join(wrong, "\n"), code)
	}
}

// nobodyImports has empty packages only.
type nobodyImports struct{}

func (nobodyImports) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	p.MarkComplete()
	return p, nil
}

func fuzz(f *testing.F, make func([]byte, Options) (*Result, error), name string) {
	f.Fuzz(func(t *testing.T, data []byte) {
		result, err := make(data, Options{Name: name, Static: true, AllHosts: true})
		if err != nil {
			if oneLine(err.Error()) == "" {
				t.Errorf("the error says nothing: %q", err)
			}
			return
		}
		parses(t, result)
	})
}

func FuzzHAR(f *testing.F) {
	f.Add([]byte(`{"log":{"entries":[{"request":{"method":"GET","url":"http://a/1"},"response":{"status":200}}]}}`))
	f.Add([]byte(hostileHAR))
	fuzz(f, HAR, "x\n`\"*/ init")
}

func FuzzCurl(f *testing.F) {
	f.Add(readSeed(f, "browser.curl.sh"))
	f.Add([]byte("curl -d '{\"a\":1}' x/y/4711 -u a:b --next -F a=@b x -b a=b"))
	f.Add([]byte("curl $(rm -rf /) `id` http://x/"))
	fuzz(f, Curl, "select")
}

func FuzzOpenAPI(f *testing.F) {
	f.Add(readSeed(f, "library.yaml"))
	f.Add(readSeed(f, "old.yaml"))
	fuzz(f, OpenAPI, "9 lives")
}

// hostileHAR tries to get out of every place that its texts are put.
const hostileHAR = `{"log":{"entries":[
{"startedDateTime":"2026-01-01T00:00:00Z","time":1,"_resourceType":"document",
 "request":{"method":"POST","url":"http://h.test/a\"+os.Exit(1)+\"/%0a%0dfunc%20init()%7b%7d/*/4711?x%0a=%60;y","headers":[
  {"name":"X-A\"+b","value":"v"},{"name":"X-Ok","value":"\u2028//go:embed x\nfunc init(){}"},{"name":"Authorization","value":"Bearer a\nb"}],
  "postData":{"mimeType":"application/json\n//go:build x","text":"{\"a\\\"b` + "`" + `\":\"x\\u0000\\n\",\"init\":{\"main\":[1e999,true,null]},\"password\":\"p\\\"w\"}"}},
 "response":{"status":201,"headers":[{"name":"Set-Cookie","value":"session=a%s\"b; Path=/"},{"name":"X-Id","value":"%s%d%!"}],
  "content":{"mimeType":"application/json","text":"{\"to` + "`" + `ken\":\"tok1234567\",\"id\":4711,\"%s id\":\"abc-12345-def\",\"-\":\"zzz1zzz2zzz\",\"a\":[{\"key\":\"k%sk12345\"}]}"}}},
{"startedDateTime":"2026-01-01T00:00:09Z","time":1,
 "request":{"method":"GET","url":"http://h.test/k%25sk12345/abc-12345-def/4711?t=tok1234567&z=zzz1zzz2zzz","headers":[{"name":"X-Csrf-Token","value":"a%s\"b"}]},
 "response":{"status":200,"headers":[],"content":{"mimeType":"text/html","text":"<input type=hidden name='csrf%s\"` + "`" + `' value='(.*)[1234567890'><a href='/x/998877/y'>"}}},
{"startedDateTime":"2026-01-01T00:00:10Z","time":1,
 "request":{"method":"POST","url":"http://h.test/x/998877/y","headers":[{"name":"Content-Type","value":"application/x-www-form-urlencoded"}],"postData":{"mimeType":"application/x-www-form-urlencoded","text":"csrf=(.*)[1234567890&&=&a"}},
 "response":{"status":418,"headers":[],"content":{"mimeType":"text/plain","text":""}}}
]}}`
