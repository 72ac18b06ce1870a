package loadtest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// Options say how much of a scenario to live. The zero value is one user doing
// every task once.
type Options struct {
	Users  int               // at the same time; 0 means 1
	Rounds int               // how often each user does every task; 0 means 1
	Host   string            // instead of the scenario's; a scenario without one gets http://target.test
	Params map[string]string // values of the scenario's parameters, as on the command line
}

// A Result is what happened.
type Result struct {
	*stats.Snapshot
	Stopped string // the reason given to load.StopRun, or why Setup failed; "" if nobody stopped the run
}

// Run lives the scenario against h, which may be nil when it is of Protocol NoHTTP. It fails the test for each kind of failure
// and exception there was, and when a task stopped the run.
func Run(t testing.TB, s load.Planner, h http.Handler, o Options) *Result {
	t.Helper()
	r := Try(t, s, h, o)
	for _, problem := range r.Problems() {
		t.Error(problem)
	}
	return r
}

// Try is Run without a judgement: only a mistake in the scenario itself or in the
// options ends the test.
func Try(t testing.TB, s load.Planner, h http.Handler, o Options) *Result {
	t.Helper()
	e, err := newEnsemble(s, h, o)
	if err != nil {
		t.Fatal(err)
	}
	return e.play()
}

// Row returns a row of the result. It is empty when there was no such request.
func (r *Result) Row(method, name string) stats.Row {
	for _, line := range r.Rows {
		if line.Method == method && line.Name == name {
			return line.Row
		}
	}
	return stats.Row{Key: stats.Key{Method: method, Name: name}}
}

// Problems returns what Run fails a test for, a text for each kind of failure and
// exception.
func (r *Result) Problems() []string {
	var all []string
	for _, f := range r.Failures {
		all = append(all, fmt.Sprintf("%s %s: %d of %d failed: %s",
			f.Method, f.Name, f.Count, r.Row(f.Method, f.Name).Requests(), f.Example))
	}
	for _, e := range r.Exceptions {
		all = append(all, fmt.Sprintf("exception, %d times: %s\n%s", e.Count, e.Message, e.Stack))
	}
	if r.Stopped != "" {
		all = append(all, "the run was stopped: "+r.Stopped)
	}
	return all
}
