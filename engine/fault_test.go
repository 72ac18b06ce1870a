package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
	"github.com/gregaria/gregaria/engine/wire"
)

// unfit is a value that cannot be encoded.
type unfit struct{}

func (unfit) MarshalJSON() ([]byte, error) { panic("cannot be encoded") }

// Wherever the code of a scenario panics, it is one kind of exception, the users go on
// and the run can be stopped.
func TestAPanicAnywhereIsAnException(t *testing.T) {
	boom := func(*nothing, *load.User) error { panic("boom") }
	quiet := func(*nothing, *load.User) error { return nil }
	for name, change := range map[string]func(*load.Scenario[nothing]){
		"a task": func(s *load.Scenario[nothing]) { s.Tasks[0].Run = boom },
		"a step": func(s *load.Scenario[nothing]) {
			s.Tasks = []load.Task[nothing]{{Name: "x", Steps: []load.Task[nothing]{{Name: "y", Run: boom}}}}
		},
		"OnStart":  func(s *load.Scenario[nothing]) { s.OnStart = boom },
		"OnStop":   func(s *load.Scenario[nothing]) { s.OnStop = boom },
		"Setup":    func(s *load.Scenario[nothing]) { s.Setup = boom },
		"Teardown": func(s *load.Scenario[nothing]) { s.Teardown = boom },
		"a wait": func(s *load.Scenario[nothing]) {
			s.Wait = load.WaitFunc("x", func(*load.User, time.Duration) time.Duration { panic("boom") })
		},
		"Before": func(s *load.Scenario[nothing]) {
			s.Before = func(*nothing, *load.User, *load.Request) error { panic("boom") }
		},
		"After": func(s *load.Scenario[nothing]) {
			s.After = func(*nothing, *load.User, *load.Response) { panic("boom") }
		},
		"a set's OnStart": func(s *load.Scenario[nothing]) {
			s.Tasks = []load.Task[nothing]{{Name: "x", OnStart: boom, Tasks: []load.Task[nothing]{{Name: "y", Run: quiet}}}}
		},
		"a group": func(s *load.Scenario[nothing]) {
			s.Tasks[0].Run = func(_ *nothing, u *load.User) error { return u.Group("g", func() error { panic("boom") }) }
		},
		"what is sent": func(s *load.Scenario[nothing]) {
			s.Tasks[0].Run = func(_ *nothing, u *load.User) error { return u.Post("/", load.JSON(unfit{})).Err() }
		},
		"nobody's goroutine": func(s *load.Scenario[nothing]) {
			s.Tasks[0].Run = func(*nothing, *load.User) error { runtime.Goexit(); return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bad, good := always("bad", load.Constant(time.Second), get("/")), always("good", load.Constant(time.Second), get("/good"))
				change(&bad)
				g := &target{}
				s := played(t, g, Config{Users: 4, SpawnRate: 1000, RunTime: 10500 * time.Millisecond, StopTimeout: time.Second}, bad, good)
				if len(s.Stats.Exceptions) != 1 || s.Abandoned > 0 {
					t.Errorf("exceptions %+v, %d users abandoned, want one kind and none", s.Stats.Exceptions, s.Abandoned)
				}
				if want := 22; name != "Setup" && g.count("/good") != want {
					t.Errorf("the other users made %d requests, want %d", g.count("/good"), want)
				}
			})
		})
	}
}

// TestABrokenScenarioLeavesTheOthersAlone compares by counts, which the clock of the
// bubble makes exact.
func TestABrokenScenarioLeavesTheOthersAlone(t *testing.T) {
	requests := func(broken int) int {
		n := 0
		synctest.Test(t, func(t *testing.T) {
			bad := always("bad", load.Wait{}, func(*load.User) error { panic("boom") })
			bad.Count = broken
			good := always("good", load.Constant(10*time.Millisecond), get("/good"))
			good.Count = 10
			g := &target{}
			played(t, g, Config{Users: 10 + broken, SpawnRate: 100_000, RunTime: 1500 * time.Millisecond, StopTimeout: time.Second}, bad, good)
			n = g.count("/good")
		})
		return n
	}
	alone, beside := requests(1), requests(1000) // 1,000 users that panic ten times a second each
	if !within(float64(beside), float64(alone), 0.1) {
		t.Errorf("beside 10,000 panics a second other users made %d requests, alone %d", beside, alone)
	}
}

// hostile starts a target that does what it likes with connections.
func hostile(t *testing.T, handle func(net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return "http://" + l.Addr().String()
}

// readHead reads a request without a body.
func readHead(c net.Conn) bool {
	var head []byte
	buf := make([]byte, 4096)
	for !strings.Contains(string(head), "\r\n\r\n") {
		n, err := c.Read(buf)
		if err != nil {
			return false
		}
		head = append(head, buf[:n]...)
	}
	return true
}

// newRealEngine is an engine over real connections.
func newRealEngine(t testing.TB, limits load.Limits, scenarios ...load.Planner) *Engine {
	t.Helper()
	e, err := New(load.Suite{Scenarios: scenarios}, Options{Logger: slog.New(slog.DiscardHandler), Wire: wire.Options{Limits: limits}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// Whatever a target does, each request is one sample, in the class that says what
// happened, the users stay, and a stop ends.
func TestHostileTargetsCostOneFailureARequest(t *testing.T) {
	for name, tt := range map[string]struct {
		handle func(net.Conn)
		want   string // the only kind of failure
	}{
		"accepts and never answers": {func(c net.Conn) { io.Copy(io.Discard, c) }, "timeout waiting for headers"},
		"answers a byte a second": {func(c net.Conn) {
			readHead(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
			for range 100 {
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}, "timeout reading body"},
		"resets at accept":      {func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }, "connection reset"},
		"closes without a word": {func(c net.Conn) { readHead(c) }, "connection closed before the answer was complete"},
		"resets in the body": {func(c net.Conn) {
			readHead(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			time.Sleep(20 * time.Millisecond) // a reset overtakes what was sent
			c.(*net.TCPConn).SetLinger(0)
		}, "connection reset"},
		"speaks no HTTP": {func(c net.Conn) { readHead(c); io.WriteString(c, "\x00\xff\x1b[31mSSH-2.0\r\n") }, "protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := hostile(t, tt.handle)
			// A machine that stands still may let one time-out come before another.
			limits, slow := load.Limits{Response: time.Minute}, strings.HasPrefix(tt.want, "timeout")
			if slow {
				limits.Response = 200 * time.Millisecond
			}
			e := newRealEngine(t, limits, always("a", load.Constant(10*time.Millisecond), get("/")))
			mustStart(t, e, Config{Users: 10, SpawnRate: 1000, Host: url})
			waitFor(t, e, func(s *Status) bool { return s.Stats.Total.Requests() >= 20 })
			if got := e.Status().Users; got != 10 {
				t.Errorf("%d users, want all 10", got)
			}
			e.Stop("enough")
			s := e.Status().Stats
			var sum int64
			for _, f := range s.Failures {
				sum += f.Count
				if f.Format != tt.want && !(slow && strings.HasPrefix(f.Format, "timeout")) && !(tt.want == "connection reset" && strings.HasPrefix(f.Format, "connection closed")) {
					t.Errorf("failure %q, want only %q", f.Format, tt.want)
				}
			}
			if s.Total.Failures() != s.Total.Requests() || sum != s.Total.Requests() {
				t.Errorf("%d requests, %d failures, %d among the failures: want the same number", s.Total.Requests(), s.Total.Failures(), sum)
			}
			if e.Status().Abandoned != 0 {
				t.Errorf("%d users abandoned", e.Status().Abandoned)
			}
		})
	}
}

// Runs over real connections leave no goroutine, descriptor or user behind.
func TestTwoHundredRunsLeaveNothingBehind(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	defer server.Close()
	e := newRealEngine(t, load.Limits{}, always("a", load.Constant(time.Millisecond), get("/")))
	runs, users := 200, 50
	cycle := func() {
		mustStart(t, e, Config{Users: users, SpawnRate: 100_000, Host: server.URL})
		waitFor(t, e, func(s *Status) bool { return s.State == Running })
		e.Stop("next")
	}
	cycle()
	server.CloseClientConnections()
	settled := func() (int, int) {
		runtime.GC()
		return runtime.NumGoroutine(), descriptors(t)
	}
	goroutines, open := settled()
	for range runs {
		cycle()
	}
	server.CloseClientConnections()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		g, o := settled()
		if g <= goroutines+5 && o <= open+5 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %d runs there are %d goroutines and %d descriptors, before there were %d and %d", runs, g, o, goroutines, open)
		}
		runtime.Gosched()
	}
}

func descriptors(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc here")
	}
	return len(list)
}

// A hundred resets part the requests that the target counts: none is lost, none counted
// twice, no number is negative.
func TestResetsPartTheCountsExactly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{delay: func(string) time.Duration { return time.Millisecond }}
		e := newEngine(t, g, always("a", load.Wait{}, get("/")))
		mustStart(t, e, Config{Users: 10, SpawnRate: 1000}) // 10,000 requests a second
		var sum int64
		for range 100 {
			time.Sleep(130 * time.Millisecond)
			before := g.total()
			_ = e.run.ask(func() error {
				sum += e.run.reset()
				return nil
			})
			if n := e.Status().Stats.Total.Requests(); n != 0 {
				t.Fatalf("%d requests right after a reset", n)
			}
			if int64(before) < sum-10 {
				t.Fatalf("%d requests counted, the target has %d", sum, before)
			}
		}
		e.Stop("enough")
		sum += e.Status().Stats.Total.Requests()
		if sum != int64(g.total()) {
			t.Errorf("between 100 resets %d requests were counted, the target has %d", sum, g.total())
		}
	})
}

// Stopping at any moment of the ramp ends the run with no user left, and the next run
// begins.
func TestStopAtAnyMomentOfTheRamp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, share := range []float64{0, 0.5, 0.99, 1, 1.5} {
		for range 20 {
			synctest.Test(t, func(t *testing.T) {
				g := &target{delay: func(string) time.Duration { return 30 * time.Millisecond }}
				s := always("a", load.Constant(50*time.Millisecond), get("/"))
				s.Setup = func(_ *nothing, u *load.User) error { return u.Pause(100 * time.Millisecond) }
				e := newEngine(t, g, s)
				mustStart(t, e, Config{Users: 100, SpawnRate: 100})
				time.Sleep(time.Duration(share*float64(1100*time.Millisecond)) + time.Duration(r.IntN(int(10*time.Millisecond))))
				began := time.Now()
				e.Stop("now")
				if s := e.Status(); s.State != Stopped || s.Users != 0 || time.Since(began) > 2*time.Second {
					t.Errorf("stopped at %v of the ramp: %s, %d users, after %s", share, s.State, s.Users, time.Since(began))
				}
				mustStart(t, e, Config{Users: 1, SpawnRate: 1})
				e.Close()
			})
		}
	}
}

// However many different names there are, they are a thousand rows, a row for the others,
// and exact sums.
func TestUnboundedNamesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		s := always("a", load.Constant(time.Millisecond), func(u *load.User) error {
			return u.Get("/", load.Name(fmt.Sprintf("/item/%d", n.Add(1)))).Err()
		})
		got := played(t, &target{}, Config{Users: 100, SpawnRate: 100_000, Iterations: 200_000}, s).Stats
		if len(got.Rows) != stats.MaxRows+1 || got.Total.Requests() != 200_000 {
			t.Errorf("%d rows, %d requests, want %d and 200,000", len(got.Rows), got.Total.Requests(), stats.MaxRows+1)
		}
	})
}

// Requests that this machine could not send are no requests, and make the run invalid.
func TestWhatThisMachineCannotSendIsNotTheTargetsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := New(load.Suite{Scenarios: []load.Planner{always("a", load.Constant(100*time.Millisecond), get("/"))}}, Options{
			Logger: slog.New(slog.DiscardHandler), Transports: func(Config) func(load.Protocol) load.Transport {
				return func(load.Protocol) load.Transport { return new(without) }
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		mustStart(t, e, Config{Users: 2, SpawnRate: 100, RunTime: 10 * time.Second})
		_ = e.Wait(t.Context())
		s := e.Status().Stats
		if s.Total.Requests() != 0 || len(s.Failures) != 1 || !s.Failures[0].Ours || s.Unsent() < 150 {
			t.Errorf("%d requests, failures %+v, %d unsent: want no request, one kind that is ours, and about 200", s.Total.Requests(), s.Failures, s.Unsent())
		}
		if s.Health.Verdict() != stats.Invalid {
			t.Errorf("the run is %s, want invalid: %+v", s.Health.Verdict(), s.Health)
		}
		if notices := strings.Join(e.Status().Notices, "\n"); !strings.Contains(notices, "this machine was in the way") {
			t.Errorf("notices %q do not say so", notices)
		}
	})
}

// without is a transport on a machine that has no descriptor left.
type without struct{ fakeTransport }

func (without) Send(context.Context, *load.Request, *load.Answer) error { return errEMFILE }

var errEMFILE = &load.TransportError{Class: load.Descriptors, Err: errors.New("socket: too many open files")}

func TestSecretsAreNotInTheStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := load.Param[string]{Name: "token", Secret: true}
		other := always("other", load.Wait{}, get("/"))
		other.Params = []load.Parameter{load.Param[string]{Name: "key", Secret: true}}
		s := always("a", load.Constant(time.Second), func(u *load.User) error {
			if token.Of(u) != "hush" {
				return errBroken
			}
			return nil
		})
		s.Params = []load.Parameter{token}
		e := newEngine(t, &target{}, s, other)
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, Scenarios: []string{"a"}, Params: map[string]string{"token": "hush", "key": "hush"}})
		time.Sleep(2 * time.Second)
		text, err := json.Marshal(e.Status().Config)
		if err != nil || strings.Contains(string(text), "hush") {
			t.Errorf("the status tells a secret: %s, %v", text, err)
		}
		if err := e.Change(Config{Users: 2, SpawnRate: 1, Params: map[string]string{"token": "hush"}}); err != nil {
			t.Errorf("Change with the same secret: %v", err)
		}
		if n := len(e.Status().Stats.Exceptions); n != 0 {
			t.Error("users did not get the secret")
		}
		e.Close()
	})
}
