package engine

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/leaks"
	"github.com/gregaria/gregaria/engine/load"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// A target answers requests in place of a server. It counts what reaches it.
type target struct {
	delay  func(path string) time.Duration // nil means at once
	status func(path string) int           // nil means 200

	mu   sync.Mutex
	seen map[string]int // by path
}

func (g *target) count(path string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.seen[path]
}

func (g *target) total() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for _, k := range g.seen {
		n += k
	}
	return n
}

func (g *target) transports(Config) func(load.Protocol) load.Transport {
	return func(load.Protocol) load.Transport { return &fakeTransport{target: g} }
}

type fakeTransport struct{ target *target }

func (f *fakeTransport) Send(ctx context.Context, req *load.Request, ans *load.Answer) error {
	g := f.target
	began := time.Now()
	if g.delay != nil {
		if d := g.delay(req.Target); d > 0 {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-ctx.Done():
			case <-t.C:
			}
		}
	}
	if ctx.Err() != nil {
		return &load.TransportError{Class: load.Cut, Err: ctx.Err()}
	}
	g.mu.Lock()
	if g.seen == nil {
		g.seen = map[string]int{}
	}
	g.seen[req.Target]++
	g.mu.Unlock()
	ans.Status, ans.Bytes, ans.Took = http.StatusOK, 2, time.Since(began)
	if g.status != nil {
		ans.Status = g.status(req.Target)
	}
	return nil
}

func (f *fakeTransport) Header(string) string                 { return "" }
func (f *fakeTransport) Body() ([]byte, error)                { return []byte("ok"), nil }
func (f *fakeTransport) Rest()                                {}
func (f *fakeTransport) Fields(func(name, value string) bool) {}
func (f *fakeTransport) Sent(func(name, value string) bool)   {}
func (f *fakeTransport) Close()                               {}

// nothing is the state of users that need none.
type nothing struct{}

// always is a scenario whose users do one thing over and over.
func always(name string, wait load.Wait, do func(*load.User) error) load.Scenario[nothing] {
	return load.Scenario[nothing]{
		Name: name, Host: "http://target.test", Wait: wait,
		Tasks: []load.Task[nothing]{{Name: "do", Run: func(_ *nothing, u *load.User) error { return do(u) }}},
	}
}

func get(path string) func(*load.User) error {
	return func(u *load.User) error { return u.Get(path).Err() }
}

func newEngine(t testing.TB, g *target, scenarios ...load.Planner) *Engine {
	t.Helper()
	e, err := New(load.Suite{Scenarios: scenarios}, Options{
		Logger: slog.New(slog.DiscardHandler), Transports: g.transports,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustStart(t testing.TB, e *Engine, cfg Config) {
	t.Helper()
	if began, err := e.Start(cfg); err != nil || !began {
		t.Fatalf("Start(%+v) = %v, %v, want a new run", cfg, began, err)
	}
}

// fields returns the fields that err is about.
func fields(err error) []Field {
	var list []Field
	for _, fe := range FieldErrors(err) {
		list = append(list, fe.Field)
	}
	return list
}

var errBroken = errors.New("order 4711 of \"ann\" is broken")
