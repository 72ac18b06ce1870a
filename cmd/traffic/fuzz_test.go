package traffic

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"regexp"
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
			if spec.Name != nil || !slices.Contains(strings.Fields(mayImport), strings.Trim(spec.Path.Value, `"`)) {
				t.Errorf("the %s imports %s", name, spec.Path.Value)
			}
		}
		if again, err := format.Source(code); err != nil || !bytes.Equal(again, code) {
			t.Errorf("gofmt changes the %s: %v\n%s\ninto\n%s", name, err, code, again)
		}
		functions := 0
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if !asciiForm.MatchString(n.Name) {
					t.Errorf("the %s has an identifier %q", name, n.Name)
				}
			case *ast.CallExpr:
				if f := types.ExprString(n.Fun); !mayCall(f) {
					t.Errorf("the %s calls %s", name, f)
				}
			case *ast.FuncDecl:
				if n.Recv == nil {
					functions++
				}
			case *ast.GoStmt, *ast.DeferStmt, *ast.LabeledStmt, *ast.SelectStmt, *ast.SendStmt, *ast.SwitchStmt, *ast.ChanType, *ast.InterfaceType:
				t.Errorf("the %s has a %T", name, n)
			}
			return true
		})
		if functions > 1 { // of multipart forms, or the test
			t.Errorf("the %s has %d functions:\n%s", name, functions, code)
		}
		duplicates(t, name, files, file, code)
	}
	if strings.ContainsAny(r.File, `/\._`) || r.File == "" {
		t.Errorf("the file is called %q", r.File)
	}
}

const (
	mayImport = `bytes cmp encoding/base64 encoding/json fmt html io math mime mime/multipart net/http net/textproto net/url path regexp
		strconv strings testing testing/synctest time github.com/gregaria/gregaria/engine/load github.com/gregaria/gregaria/engine/load/loadtest`
	mayBeCalled = `[]byte string bytes.NewReader b.Bytes cmp.Or base64.StdEncoding.EncodeToString json.Number strconv.Itoa u.Rand.IntN len
		fmt.Sprint io.ReadAll html.UnescapeString http.HandlerFunc http.ParseSetCookie url.PathEscape path.Base regexp.MustCompile strings.Contains
		multipart.NewWriter form.WriteField header.Set form.CreatePart w.Write form.Close form.FormDataContentType mime.FormatMediaType
		load.Body load.JSON load.Form load.Query load.Header load.Name load.Between
		u.Get u.Post u.Put u.Patch u.Delete u.Head u.Do u.Unique u.Pause u.Header.Set resp.Err resp.JSON resp.Failf resp.Text resp.Header
		t.Errorf r.URL.EscapedPath w.Header().Set w.Header w.WriteHeader synctest.Test loadtest.Run`
)

var (
	asciiForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	ownForm   = regexp.MustCompile(`^(v\.[a-z]\w*|[a-z]\w*Parts\d*|[a-z]\w*\.(Of|String|FindStringSubmatch)|v\.\w+\.String|answer\d*\.[\w.\[\]]+\.String)$`)
)

// mayCall reports whether code that was made may call a function.
func mayCall(f string) bool {
	for _, method := range []string{".Expect", ".Err"} { // of a request
		if strings.HasPrefix(f, "u.") && strings.HasSuffix(f, method) {
			return true
		}
	}
	return slices.Contains(strings.Fields(mayBeCalled), f) || ownForm.MatchString(f)
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
	f.Add([]byte("curl -X 'A\n*/' -H 'x\n//go:embed: y' -b 'a`=b' -F $'a`\\n}=\\u202e*/;type=x\\n' 'http://u`:p@x/a%0afunc%20init()/`/*?`=*/'"))
	fuzz(f, Curl, "select")
}

func FuzzOpenAPI(f *testing.F) {
	f.Add(readSeed(f, "library.yaml"))
	f.Add(readSeed(f, "old.yaml"))
	f.Add(readSeed(f, "keeper.yaml"))
	f.Add([]byte(hostileAPI))
	fuzz(f, OpenAPI, "9 lives")
}

// hostileAPI tries to get out of every place that its texts are put.
const hostileAPI = `{"openapi": "3.0.0", "info": {"title": "x\n//go:build ignore\n*/ ` + "`" + `\u202e", "version": "1"},
"servers": [{"url": "http://h.test/a\"+os.Exit(1)+\"/\u000a"}], "tags": [{"name": "a\nb"}],
"security": [{"k\n//go:embed x": []}],
"paths": {
 "/a` + "`" + `\n/{x\ny}/{id}": {"delete": {"operationId": "init", "summary": "s\n}\nfunc init() {", "tags": ["func\nmain", "a\"b"], "responses": {"204": {"description": ""}}},
  "put": {"operationId": "main", "requestBody": {"content": {"application/json\n//x": {"schema": {"type": "object", "properties": {"id": {"type": "string"}, "e\"+mail": {"type": "string", "example": "` + "`" + `\n"}}}}}}, "responses": {"201": {"description": ""}}}},
 "/a` + "`" + `\n/{x}": {"post": {"operationId": "9\"", "requestBody": {"content": {"application/json": {"schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "username": {"type": "string"}}}}}},
  "responses": {"201": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"id": {"type": "string"}, "a` + "`" + ` json:\"b": {"type": "integer"}}}}}}}}}
},
"components": {"securitySchemes": {"k\n//go:embed x": {"type": "apiKey", "in": "header", "name": "X-\"Y"}}}}`

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
