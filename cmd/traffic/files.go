package traffic

import (
	"cmp"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// A Place is where the files of a result go.
type Place struct {
	Dir  string
	File string // without .go; "" for the scenario's name
}

// PlaceOf reads what --output says: a directory, or the file of the scenario.
func PlaceOf(output string) (Place, error) {
	base := filepath.Base(output)
	name, isFile := strings.CutSuffix(base, ".go")
	switch {
	case !isFile:
		return Place{Dir: cmp.Or(output, ".")}, nil
	case strings.HasSuffix(name, "_test") || name == "":
		return Place{}, fmt.Errorf("%s would be a test — write for example %s.go", output, cmp.Or(strings.TrimSuffix(name, "_test"), "shop"))
	}
	return Place{Dir: filepath.Dir(output), File: name}, nil
}

// Holds returns the name of the package that a directory holds, "" when it holds none.
func (p Place) Holds() string {
	entries, _ := os.ReadDir(p.Dir) // without one there is no package yet
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, e.Name()), nil, parser.PackageClauseOnly)
		if err == nil {
			return file.Name.Name
		}
	}
	return ""
}

// Package returns the name of the package that a directory holds, or could hold.
func (p Place) Package() string {
	if name := p.Holds(); name != "" {
		return name
	}
	full, err := filepath.Abs(p.Dir)
	if err != nil {
		return "scenarios"
	}
	return PackageName(filepath.Base(full))
}

// PackageName makes the name of a package of some text.
func PackageName(text string) string {
	name := strings.Join(words(text), "")
	if !token.IsIdentifier(name) || len(name) > 40 || taken[name] {
		return "scenarios"
	}
	return name
}

// Write writes the two files and returns their paths. Files that are there are left
// alone, unless force is set.
func (p Place) Write(r *Result, force bool) ([]string, error) {
	base := filepath.Join(p.Dir, cmp.Or(p.File, r.File))
	files := []string{base + ".go", base + "_test.go"}
	if !force {
		for _, path := range files {
			if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
				return nil, fmt.Errorf("%s is there already — overwrite it with --force, or choose another --name", path)
			}
		}
	}
	if err := os.MkdirAll(p.Dir, 0o777); err != nil {
		return nil, err
	}
	for i, code := range [][]byte{r.Scenario, r.Test} {
		if err := os.WriteFile(files[i], code, 0o666); err != nil {
			return nil, err
		}
	}
	return files, nil
}
