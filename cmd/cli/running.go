package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// running returns the command line of the other process that runs this program, without
// its name. There is none where that cannot be known, or where there are several. proc is
// where a system tells of processes, as Linux does in /proc, and self is this one.
func running(proc string, self int) (args []string, ok bool) {
	mine, err := os.Stat(filepath.Join(proc, strconv.Itoa(self), "exe"))
	if err != nil {
		return nil, false
	}
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil, false
	}
	found := 0
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == self {
			continue
		}
		exe, err := os.Stat(filepath.Join(proc, e.Name(), "exe"))
		if err != nil || !os.SameFile(mine, exe) {
			continue
		}
		line, err := os.ReadFile(filepath.Join(proc, e.Name(), "cmdline"))
		words := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
		if err != nil || slices.Contains(words, "healthcheck") {
			continue
		}
		args, found = words[1:], found+1
	}
	return args, found == 1
}

// optionsOf returns what a command line of this program asks for, with the variables and
// the files that there are here.
func (p *program) optionsOf(args []string) (*options, bool) {
	f, err := newFlags(p.flags.plans, p.shapes(), p.suite.Checks)
	if err != nil || f.all.Parse(args) != nil {
		return nil, false
	}
	o, mistakes := f.read(f.all.Args(), p.Env)
	return o, mistakes == nil
}
