package load_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

func TestCounted(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, true},
		{&load.Failure{}, true},
		{fmt.Errorf("sign in: %w", &load.Failure{}), true},
		{load.StopUser, true},
		{fmt.Errorf("no account: %w", load.StopUser), true},
		{load.StopRun("enough"), true},
		{fmt.Errorf("so: %w", load.StopRun("enough")), true},
		{load.ErrStopped, true},
		{errors.New("index out of range"), false},
		{context.Canceled, false},
		{&load.TransportError{Class: load.DNS}, false},
		{&load.Panic{Value: &load.Failure{}}, false},
	} {
		if got := load.Counted(tt.err); got != tt.want {
			t.Errorf("Counted(%#v): %t, want %t", tt.err, got, tt.want)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	cause := errors.New("no such host")
	te := &load.TransportError{Class: load.DNS, Err: cause}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{te, "dns: no such host"},
		{&load.TransportError{Class: load.Reset}, "connection reset"},
		{load.StopRun("enough"), "stop the run: enough"},
		{&load.Panic{Value: "boom"}, "panic: boom"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("Error: %q, want %q", got, tt.want)
		}
	}
	if !errors.Is(te, cause) {
		t.Error("a TransportError does not wrap its cause")
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	d := load.Limits{}.WithDefaults()
	if d.Connect <= 0 || d.Response <= 0 || d.Body <= 0 || d.Redirects != 10 {
		t.Errorf("defaults %+v, want something above 0, and 10 redirects", d)
	}
	own := load.Limits{Connect: 1, Response: 2, Body: 3, Redirects: -1}
	if got := own.WithDefaults(); got != own {
		t.Errorf("with defaults: %+v, want %+v as it was", got, own)
	}
}

func boom(n int) {
	if n == 0 {
		var p *member
		p.read++ // no such member
	}
	panic(fmt.Sprint("boom ", n))
}

func TestPanicsAreCaughtWithTheirStack(t *testing.T) {
	u := seat(t, &fake{})
	err := u.Try(func() error { u.Get("/a"); boom(1); return nil })
	p, ok := errors.AsType[*load.Panic](err)
	if !ok || p.Value != "boom 1" || !strings.Contains(p.Stack, "boom") || !strings.Contains(p.Stack, "failure_test.go") {
		t.Fatalf("Try: %v, want a Panic with boom on its stack", err)
	}
	if row, _ := only(t, u.recorded()); row.Name != "/a" {
		t.Errorf("recorded %s, want the request before the panic", row.Name)
	}
}

func TestExceptionsAreGrouped(t *testing.T) {
	u := seat(t, &fake{})
	note := func(place string, f func() error) {
		if err := u.Try(f); !load.Counted(err) {
			u.Note(place, err)
		}
	}
	for i := range 3 {
		note("play/a", func() error { boom(i + 1); return nil }) // one place, three texts
		note("play/a", func() error { return fmt.Errorf("no city %d named %q", i, "x") })
		note("play/a", func() error { return u.Get("/").Failf("counted") })
	}
	note("play/a", func() error { boom(0); return nil }) // another line of boom
	note("play/b", func() error { return fmt.Errorf("no city %d named %q", 9, "y") })
	d := u.recorded()
	got := map[string]int64{}
	for _, e := range d.Exceptions {
		got[e.Message] = e.Count
		if strings.HasPrefix(e.Message, "panic") && !strings.Contains(e.Stack, "failure_test.go") {
			t.Errorf("%s: stack %q, want the place", e.Message, e.Stack)
		}
	}
	want := map[string]int64{
		"panic: boom 3": 3,
		"panic: runtime error: invalid memory address or nil pointer dereference": 1,
		`no city 2 named "x"`: 3,
		`no city 9 named "y"`: 1,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("exceptions %v, want %v", got, want)
	}
}

func TestErrorsOfAUserThatIsCutAreNoExceptions(t *testing.T) {
	u := seat(t, &fake{})
	u.cut()
	u.Note("play/a", u.Context().Err())
	u.Note("play/a", u.Try(func() error { panic("boom") }))
	d := u.recorded()
	if len(d.Exceptions) != 1 || d.Exceptions[0].Message != "panic: boom" {
		t.Errorf("exceptions %+v, want the panic alone", d.Exceptions)
	}
}

func TestARequestAndAnExceptionInOneTask(t *testing.T) {
	u := seat(t, always(answer{status: 500}))
	err := u.Try(func() error { u.Get("/"); return errors.New("also") })
	if load.Counted(err) {
		t.Errorf("Counted(%v), want an exception", err)
	}
	if _, format := only(t, u.recorded()); format != "status 500" {
		t.Errorf("failure %q, want status 500", format)
	}
}
