package scaffold

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// own is gregaria's module, and goVersion what it is written in.
const (
	own       = "github.com/gregaria/gregaria"
	goVersion = "1.26.0"
)

// An Origin is where a module gets gregaria from: a version to fetch, or source.
type Origin struct {
	Version string
	Source  string // a checkout; "" with a version to fetch
}

// ErrNoSource says that a program was built in a checkout that is not known any more.
var ErrNoSource = errors.New("this program was built in a checkout, and does not know where that is — say so with --source and the path of a clone")

// OriginOf returns where the running program has gregaria from. With source that is
// the checkout there.
func OriginOf(source string) (Origin, error) {
	if source != "" {
		full, err := filepath.Abs(source)
		if err != nil {
			return Origin{}, err
		}
		if !checkout(full) {
			return Origin{}, errors.New("--source: " + source + " is no clone of " + own)
		}
		return Origin{Source: full}, nil
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		if o := built(info); o.Version != "" || o.Source != "" && checkout(o.Source) {
			return o, nil
		}
	}
	for _, at := range places() {
		for dir := at; ; dir = filepath.Dir(dir) {
			if checkout(dir) {
				return Origin{Source: dir}, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return Origin{}, ErrNoSource
}

// built returns what the program says of itself.
func built(info *debug.BuildInfo) Origin {
	mod := info.Main
	if mod.Path != own {
		for _, dep := range info.Deps {
			if dep.Path != own {
				continue
			}
			if dep.Replace != nil {
				return Origin{Source: dep.Replace.Path}
			}
			mod = *dep
		}
	}
	if mod.Path == own && semver.IsValid(mod.Version) && semver.Build(mod.Version) == "" &&
		(mod.Sum != "" || !module.IsPseudoVersion(mod.Version)) {
		return Origin{Version: mod.Version}
	}
	return Origin{}
}

// places are where a checkout might be around: where this file was compiled, where the
// program is, and where its user is.
func places() (all []string) {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		all = append(all, filepath.Dir(file))
	}
	if program, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(program); err == nil {
			program = real
		}
		all = append(all, filepath.Dir(program))
	}
	if dir, err := os.Getwd(); err == nil {
		all = append(all, dir)
	}
	return all
}

// checkout reports whether a directory holds gregaria's source.
func checkout(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && modfile.ModulePath(data) == own
}
