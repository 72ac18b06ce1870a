package load

import (
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// A place is where some tasks stand in their scenario.
type place struct {
	path  string // "Tasks", or "Tasks[2] checkout.Steps"
	steps bool   // they are steps, not a set
	wait  Wait   // the nearest around them
	whole string // what around them runs as a whole or not at all; "" means nothing
}

// planTasks returns the tasks of one place, and notes what is wrong with them.
func planTasks[S any](tasks []Task[S], here place, wrong *mistakes) []PlannedTask {
	chained := !here.steps && slices.ContainsFunc(tasks, func(t Task[S]) bool { return len(t.Next) > 0 })
	if chained && here.whole == "" {
		here.whole = "the chain " + here.path
	}
	planned := make([]PlannedTask, len(tasks))
	links := make([]link, len(tasks))
	named := map[string]bool{}
	for i, t := range tasks {
		at := fmt.Sprintf("%s[%d]", here.path, i)
		if t.Name != "" {
			at += " " + t.Name
		}
		t.check(at, here, chained, wrong)
		p := t.plan(at, here, wrong)
		if !here.steps && p.Name != "" {
			if named[p.Name] {
				wrong.add("%s: two tasks of a set are named %s: give one another Name", at, p.Name)
			}
			named[p.Name] = true
		}
		planned[i], links[i] = p, link{at, t.Next}
	}
	if chained {
		planChain(planned, links, wrong)
	}
	return planned
}

// plan returns t, which is at a path.
func (t Task[S]) plan(at string, here place, wrong *mistakes) PlannedTask {
	p := PlannedTask{
		Name: t.Name, Weight: max(1, t.Weight), Tags: t.Tags, Wait: t.Wait,
		Run: erase(t.Run), OnStart: erase(t.OnStart), OnStop: erase(t.OnStop),
	}
	if p.Wait.IsZero() {
		p.Wait = here.wait
	}
	if p.Name == "" && t.Run != nil {
		p.Name = funcName(t.Run)
	}
	if len(t.Steps) > 0 {
		inside := place{path: at + ".Steps", steps: true, wait: p.Wait, whole: here.whole}
		if inside.whole == "" {
			inside.whole = at
		}
		p.Steps = planTasks(t.Steps, inside, wrong)
	}
	if len(t.Tasks) > 0 {
		p.Tasks = planTasks(t.Tasks, place{path: at + ".Tasks", wait: p.Wait, whole: here.whole}, wrong)
	}
	return p
}

// check notes what is wrong with t itself.
func (t Task[S]) check(at string, here place, chained bool, wrong *mistakes) {
	if t.Weight < 0 || t.Weight > maxWeight {
		wrong.add("%s: Weight %d: want 0 to %d", at, t.Weight, maxWeight)
	}
	if t.Weight != 0 && here.steps {
		wrong.add("%s: a step has a Weight, but steps run in order", at)
	}
	if t.Weight != 0 && chained {
		wrong.add("%s: has a Weight, but in a chain Next says what follows", at)
	}
	if len(t.Next) > 0 && here.steps {
		wrong.add("%s: a step has Next, but steps run in order", at)
	}
	if len(t.Tags) > 0 && here.whole != "" {
		wrong.add("%s: has Tags, but %s runs as a whole or not at all", at, here.whole)
	}
	for _, tag := range t.Tags {
		if tag == "" || strings.ContainsAny(tag, " ,\t\n") {
			wrong.add("%s: tag %q: want a word without spaces and commas", at, tag)
		}
	}
	if t.Wait.err != nil {
		wrong.add("%s: Wait: %w", at, t.Wait.err)
	}
	kinds := 0
	for _, has := range []bool{t.Run != nil, len(t.Steps) > 0, len(t.Tasks) > 0} {
		if has {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		wrong.add("%s: has neither Run nor Steps nor Tasks", at)
	case kinds > 1:
		wrong.add("%s: has more than one of Run, Steps and Tasks", at)
	case t.Name != "":
	case t.Run == nil:
		wrong.add("%s: a task with Steps or Tasks needs a Name", at)
	case funcName(t.Run) == "":
		wrong.add("%s: runs a function literal, which has no name to show: give the task a Name", at)
	}
	if len(t.Tasks) == 0 && t.OnStart != nil {
		wrong.add("%s: has OnStart, but no Tasks to begin", at)
	}
	if len(t.Tasks) == 0 && t.OnStop != nil {
		wrong.add("%s: has OnStop, but no Tasks to end", at)
	}
}

// unnamed matches what the compiler calls function literals.
var unnamed = regexp.MustCompile(`^(func)?\d+$`)

// funcName returns the last part of a function's name: writeReadCheck for the
// method expression (*citizen).writeReadCheck. A function literal has none.
func funcName(f any) string {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	name = strings.TrimSuffix(name, "[...]") // of a generic function
	name = name[strings.LastIndexByte(name, '.')+1:]
	if unnamed.MatchString(name) {
		return ""
	}
	return strings.TrimSuffix(name, "-fm")
}
