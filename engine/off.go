package engine

import (
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine/load"
)

// A place is where a task stands.
type place struct {
	path  string // with the scenario: "shop/forum/read"
	whole string // what around it runs as a whole or not at all: "shop/buy", "the chain shop/walk"; "" when nothing does
}

// places returns where the tasks of a plan stand, a task before those within.
func places(p *load.Plan) (list []place) {
	var walk func(tasks []load.PlannedTask, within, whole string)
	walk = func(tasks []load.PlannedTask, within, whole string) {
		if whole == "" && slices.ContainsFunc(tasks, func(t load.PlannedTask) bool { return t.Next != nil }) {
			whole = "the chain " + within
		}
		for _, t := range tasks {
			path := within + "/" + t.Name
			list = append(list, place{path, whole})
			steps := whole
			if steps == "" {
				steps = path
			}
			walk(t.Steps, path, steps)
			walk(t.Tasks, path, whole)
		}
	}
	walk(p.Tasks, p.Name, "")
	return list
}

// offMistakes returns what is wrong with the tasks that c switches off, those of
// scenarios that are not picked included.
func (c Config) offMistakes(plans []*load.Plan) (errs []error) {
	var all []place
	var paths, switchable []string
	for _, p := range plans {
		all = append(all, places(p)...)
	}
	for _, p := range all {
		paths = append(paths, p.path)
		if p.whole == "" {
			switchable = append(switchable, p.path)
		}
	}
	for _, path := range c.Off {
		i := slices.Index(paths, path)
		if i < 0 {
			errs = append(errs, wrong(FieldOff, "there is no task %q — %s", path, hint(path, "tasks", switchable)))
		} else if whole := all[i].whole; whole != "" {
			out := "leave the scenario out"
			for up := path; strings.Contains(up, "/"); up = up[:strings.LastIndexByte(up, '/')] {
				if slices.Contains(switchable, up) {
					out = "switch off " + up
					break
				}
			}
			errs = append(errs, wrong(FieldOff, "%s cannot be off alone: %s runs as a whole or not at all — %s", path, whole, out))
		}
	}
	return errs
}

// switchedOn returns the tasks that are not off, within a path. A set of which no task is
// left is gone too.
func switchedOn(tasks []load.PlannedTask, within string, off []string) (kept []load.PlannedTask) {
	if len(off) == 0 {
		return tasks
	}
	for _, t := range tasks {
		path := within + "/" + t.Name
		if slices.Contains(off, path) {
			continue
		}
		if len(t.Tasks) > 0 {
			if t.Tasks = switchedOn(t.Tasks, path, off); len(t.Tasks) == 0 {
				continue
			}
		}
		kept = append(kept, t)
	}
	return kept
}
