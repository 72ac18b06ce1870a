package dev

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/gregaria/gregaria/web"
)

// A goPackage is what go list says of one.
type goPackage struct {
	Dir, ImportPath, Name string
	EmbedFiles            []string
	Module                *struct {
		Main    bool
		Dir     string
		Replace *struct{ Version string }
	}
}

// root returns the folder of the package's module, and whether that is here to be edited:
// the main module, one of a workspace, or one that is replaced by a folder.
func (p goPackage) root() (folder string, local bool) {
	m := p.Module
	if m == nil || m.Dir == "" {
		return "", false
	}
	return m.Dir, m.Main || m.Replace != nil && m.Replace.Version == ""
}

// command returns a command that ends with ctx, and all it has started with it: go runs
// compilers.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	apart(cmd)
	cmd.Cancel = func() error { return kill(cmd.Process) }
	cmd.WaitDelay = time.Second // for what has left its group
	return cmd
}

// list returns the package and all that it is made of, itself last, as far as they can be
// told while the code may be broken.
func list(ctx context.Context, name string) ([]goPackage, error) {
	cmd := command(ctx, "go", "list", "-e", "-deps", "-json=Dir,ImportPath,Name,EmbedFiles,Module", name)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, errors.New("dev needs the go command, which builds the program — install it from https://go.dev/dl")
		}
		return nil, fmt.Errorf("go list %s: %w: %s", name, err, strings.Join(strings.Fields(complaint.String()), " "))
	}
	var all []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		switch err := decoder.Decode(&p); {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("go list %s: %w", name, err)
		}
		all = append(all, p)
	}
}

// A binary is a program that was built, or why there is none.
type binary struct {
	path string
	name string // that it goes by
	sum  [sha256.Size]byte
	took time.Duration
	bad  web.Rebuild // why it cannot be run
	err  error       // why it could not even be tried
}

// build compiles a package to a file, and sees whether the program takes its arguments.
func build(ctx context.Context, f *files, name string, args []string, to string) (b binary) {
	began := time.Now()
	defer func() { b.took = time.Since(began) }()
	packages, err := list(ctx, name)
	if err == nil {
		_, err = f.follow(packages)
	}
	if err != nil {
		return binary{err: err}
	}
	b = binary{path: to, name: "gregaria"}
	if n := len(packages); n > 0 {
		if p := packages[n-1]; p.Name == "main" {
			b.name = path.Base(p.ImportPath)
		} else if p.Name != "" {
			b.bad = web.Rebuild{Title: "There is no program to run", Text: name + " is package " + p.Name + ", not main: name the folder of a program, for example gregaria dev ./cmd/gregaria"}
			return b
		}
	}
	out, err := command(ctx, "go", "build", "-buildvcs=false", "-o", to, name).CombinedOutput()
	if err != nil {
		b.bad = web.Rebuild{Title: "The latest change does not build", Text: complaints(string(out), err)}
		return b
	}
	if b.bad = tried(ctx, b, args); b.bad.Title != "" {
		return b
	}
	b.sum, b.err = sumOf(to)
	return b
}

// complaints are the lines of a compiler that say something of the code.
func complaints(out string, err error) string {
	var kept []string
	for line := range strings.Lines(out) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "# ") {
			kept = append(kept, strings.TrimPrefix(line, "."+string(filepath.Separator)))
		}
	}
	if kept == nil {
		return err.Error()
	}
	return strings.Join(kept, "\n")
}

// patience is how long a program may take to say what its scenarios are, on a machine that
// has much else to do.
const patience = time.Minute

// tried has the program print its scenarios, which it does not when there is a mistake in
// them or in its arguments: the one before need not make way for that.
func tried(ctx context.Context, b binary, args []string) web.Rebuild {
	ctx, end := context.WithTimeout(ctx, patience)
	defer end()
	cmd := command(ctx, b.path, append([]string{"--list"}, args...)...)
	cmd.Args[0] = b.name
	said := newTail()
	cmd.Stderr = said
	err := cmd.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("it has not printed its scenarios within %s, as --list asks it to", patience)
	}
	if err != nil {
		return web.Rebuild{Title: "The latest change does not start", Text: said.ending(err)}
	}
	return web.Rebuild{}
}

func sumOf(file string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, err
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
