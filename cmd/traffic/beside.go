package traffic

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Beside is what a package has, that more is written into. Its zero value has nothing.
type Beside struct {
	declared scope // for the whole package
	imported scope // in some file: nothing of the package may be called so
}

// Beside returns what stands beside the files of a scenario, whose name is given. Those
// files themselves are not looked at, because they are to be overwritten.
func (p Place) Beside(name string) Beside {
	base := cmp.Or(p.File, fileOf(slug(name)))
	b := Beside{declared: scope{}, imported: scope{}}
	pkg := p.Package()
	entries, _ := os.ReadDir(p.Dir) // without one there is nothing yet
	for _, e := range entries {
		if file := e.Name(); !strings.HasSuffix(file, ".go") || file == base+".go" || file == base+"_test.go" {
			continue
		}
		file, _ := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, e.Name()), nil, parser.SkipObjectResolution)
		if file != nil && file.Name != nil && file.Name.Name == pkg { // as far as it could be read
			b.read(file)
		}
	}
	return b
}

func (b Beside) read(file *ast.File) {
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		switch {
		case err != nil:
		case spec.Name != nil:
			b.imported[spec.Name.Name] = true
		default:
			b.imported[path[strings.LastIndex(path, "/")+1:]] = true
			for part := range strings.SplitSeq(path, "/") {
				b.imported[part] = true // yaml.v3 and yaml/v4 are yaml
				b.imported[strings.TrimPrefix(strings.TrimSuffix(part, "-go"), "go-")] = true
			}
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				b.declared[d.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					b.declared[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range s.Names {
						b.declared[name.Name] = true
					}
				}
			}
		}
	}
}

// basics are the names of Go itself that are used in what is written.
var basics = []string{"any", "byte", "error", "false", "len", "nil", "string", "true"}

// check refuses a package in which the names of Go itself mean something else.
func (b Beside) check() error {
	for _, name := range basics {
		if b.declared[name] {
			return fmt.Errorf("the package declares %s, which is a name of Go's own that the scenario needs — write it into another directory, with --output", name)
		}
	}
	return nil
}

// rename imports packages by another name where the package declares theirs.
func (b Beside) rename(code []byte) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", code, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if !b.declared[name] {
			continue
		}
		first := "std"
		if strings.Contains(path, ".") {
			first = "gregaria"
		}
		to := first + name
		for i := 2; b.declared[to]; i++ {
			to = fmt.Sprint(first, name, i)
		}
		names[name] = to
		spec.Name = ast.NewIdent(to)
	}
	if len(names) == 0 {
		return code, nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && names[x.Name] != "" {
				x.Name = names[x.Name]
			}
		}
		return true
	})
	var out bytes.Buffer
	if err := format.Node(&out, files, file); err != nil {
		return nil, err
	}
	return format.Source(out.Bytes())
}
