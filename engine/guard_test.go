package engine

import (
	"log/slog"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

// A panic of the engine's own is told to whoever wants to know, with where it was.
func TestAPanicOfTheEngineIsTold(t *testing.T) {
	var panicked any
	var where []byte
	e, err := New(load.Suite{Scenarios: []load.Planner{tenASecond()}}, Options{
		Logger:  slog.New(slog.DiscardHandler),
		Crashed: func(v any, stack []byte) { panicked, where = v, stack },
	})
	if err != nil {
		t.Fatal(err)
	}
	e.guard(func() { panic("oops") })
	if panicked != "oops" || len(where) == 0 {
		t.Errorf("told of %v, %q, want the panic and its stack", panicked, where)
	}
	panicked = nil
	e.guard(func() {})
	if panicked != nil {
		t.Errorf("told of %v when there was none", panicked)
	}
	e.opts.Crashed = nil
	defer func() {
		if recover() == nil {
			t.Error("a panic that nobody wants to know of is swallowed")
		}
	}()
	e.guard(func() { panic("oops") })
}
