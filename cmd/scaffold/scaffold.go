// Package scaffold begins a module with scenarios of one's own, which builds at once.
//
// The module requires the version of gregaria that begins it. A program that was built
// from a checkout has no version that could be fetched: then the module has a replace to
// that checkout, and its list of requirements and their sums.
package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

//go:embed files
var files embed.FS

// A Module is one to begin.
type Module struct {
	Dir    string
	Name   string // its path; "" is made of Dir
	Origin Origin // of gregaria
}

// Begin writes the files and returns their names. None is written when one of them is
// there already.
func (m Module) Begin() ([]string, error) {
	full, err := filepath.Abs(m.Dir)
	if err != nil {
		return nil, err
	}
	if m.Name == "" {
		m.Name = nameOf(filepath.Base(full))
	}
	if err := module.CheckImportPath(m.Name); err != nil || m.Name == "main" || m.Name == own || strings.HasPrefix(m.Name, own+"/") {
		return nil, fmt.Errorf("--module: %q is no path for a module — write for example shop or example.com/shop", m.Name)
	}
	contents, err := m.contents()
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(m.Dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file — choose a directory", m.Dir)
	}
	var clash []string
	for _, c := range contents {
		if _, err := os.Lstat(filepath.Join(m.Dir, c.name)); !errors.Is(err, fs.ErrNotExist) {
			clash = append(clash, c.name)
		}
	}
	if len(clash) > 0 {
		verb := "are"
		if len(clash) == 1 {
			verb = "is"
		}
		return nil, fmt.Errorf("%s: %s %s there already, and nothing was written — choose another directory", m.Dir, strings.Join(clash, ", "), verb)
	}
	if err := os.MkdirAll(m.Dir, 0o777); err != nil {
		return nil, err
	}
	var names []string
	for _, c := range contents {
		file, err := os.OpenFile(filepath.Join(m.Dir, c.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return names, err
		}
		_, err = file.Write(c.data)
		if err := errors.Join(err, file.Close()); err != nil {
			return names, err
		}
		names = append(names, c.name)
	}
	return names, nil
}

// A content is one file to write.
type content struct {
	name string
	data []byte
}

func (m Module) contents() (all []content, err error) {
	mod, sum, err := m.requirements()
	if err != nil {
		return nil, err
	}
	all = append(all, content{"go.mod", mod})
	if sum != nil {
		all = append(all, content{"go.sum", sum})
	}
	templates, err := template.ParseFS(files, "files/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	for _, t := range []string{"main.go", "suite.go", "visit.go", "visit_test.go", "README.md", "gregaria.toml", "gitignore"} {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, t+".tmpl", m.words()); err != nil {
			return nil, fmt.Errorf("write %s: %w", t, err)
		}
		name := t
		if t == "gitignore" {
			name = ".gitignore"
		}
		all = append(all, content{name, b.Bytes()})
	}
	return all, nil
}

// words are what the templates put in.
func (m Module) words() map[string]string {
	return map[string]string{"Name": m.Program(), "Env": "GREGARIA_VISIT_PATH"}
}

// Program is the name of the program that the module builds.
func (m Module) Program() string {
	if m.Name == "" {
		full, err := filepath.Abs(m.Dir)
		if err != nil {
			return "load"
		}
		m.Name = nameOf(filepath.Base(full))
	}
	base := path.Base(m.Name)
	if prefix, _, ok := module.SplitPathVersion(m.Name); ok {
		base = path.Base(prefix)
	}
	return base
}

// nameOf makes the path of a module of a directory's name.
func nameOf(dir string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == ' ' || r == '.':
			return '-'
		}
		return -1
	}, dir)
	if name = strings.Trim(name, "-_"); name == "" {
		return "load"
	}
	return name
}

// requirements returns go.mod and, where they are known, the sums.
func (m Module) requirements() (mod, sum []byte, err error) {
	f := &modfile.File{}
	if err := f.AddModuleStmt(m.Name); err != nil {
		return nil, nil, fmt.Errorf("write go.mod: %w", err)
	}
	if m.Origin.Source == "" {
		if err := errors.Join(f.AddGoStmt(goVersion), f.AddRequire(own, m.Origin.Version)); err != nil {
			return nil, nil, fmt.Errorf("write go.mod: %w", err)
		}
		f.Cleanup()
		mod, err = f.Format()
		return mod, nil, err
	}
	data, err := os.ReadFile(filepath.Join(m.Origin.Source, "go.mod"))
	if err != nil {
		return nil, nil, err
	}
	theirs, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(f.AddGoStmt(theirs.Go.Version), f.AddRequire(own, "v0.0.0")); err != nil {
		return nil, nil, fmt.Errorf("write go.mod: %w", err)
	}
	for _, r := range theirs.Require {
		f.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
	}
	f.Cleanup()
	f.SortBlocks()
	if mod, err = f.Format(); err != nil {
		return nil, nil, err
	}
	mod = append(mod, "\n// This program was begun by a gregaria that was built in a checkout. Once there is a\n"+
		"// version that can be fetched, remove this line and say: go get "+own+"@latest\n"+
		"replace "+own+" => "+modfile.AutoQuote(m.Origin.Source)+"\n"...)
	sum, err = os.ReadFile(filepath.Join(m.Origin.Source, "go.sum"))
	return mod, sum, err
}
