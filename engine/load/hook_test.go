package load_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// before and after give a user hooks.
func before(f func(*load.Request) error) func(*load.Seat) {
	return func(s *load.Seat) { s.Before = f }
}
func after(f func(*load.Response)) func(*load.Seat) { return func(s *load.Seat) { s.After = f } }

// rows returns "GET /a 1/0" for a row with one request and no failure.
func rows(d stats.Delta) (all []string) {
	for _, r := range d.Rows {
		all = append(all, fmt.Sprintf("%s %s %d/%d", r.Method, r.Name, r.Requests(), r.Failures()))
	}
	return all
}

func TestBeforeSeesAndChangesWhatIsSent(t *testing.T) {
	f := &fake{}
	u := seat(t, f, before(func(r *load.Request) error {
		r.SetHeader("x-signature", fmt.Sprintf("%s %s%s %s", r.Method, r.Origin, r.Target, r.Body))
		r.Body = append(r.Body, '!')
		return nil
	}))
	u.Post("/a", load.Body("text/plain", []byte("hello")), load.Query("b", "1"), load.Header("X-Signature", "none"))
	got := f.sent[0]
	want := []load.Field{{Name: "X-Signature", Value: "POST http://host.test/a?b=1 hello"}, {Name: "Content-Type", Value: "text/plain"}}
	if !slices.Equal(got.Extra, want) || string(got.Body) != "hello!" {
		t.Errorf("sent %v, body %q; want %v, hello!", got.Extra, got.Body, want)
	}
}

func TestAnErrorOfBeforeIsTheFailureOfItsRequest(t *testing.T) {
	f := &fake{}
	told := 0
	u := seat(t, f, before(func(*load.Request) error { return errors.New("no key") }), after(func(r *load.Response) {
		told++
		r.Failf("After sees no answer and cannot say better")
	}))
	err := u.Get("/a").Expect(404).Err()
	failure := unsent(t, u.recorded())
	if len(f.sent) != 0 || failure.Format != "request cannot be sent" || err == nil || err.Error() != "GET /a: request cannot be sent: no key" {
		t.Errorf("%d sent, Err %v, format %q; want none, no key, request cannot be sent", len(f.sent), err, failure.Format)
	}
	if told != 1 {
		t.Errorf("After was called %d times, want once", told)
	}
}

func TestBeforeMayStop(t *testing.T) {
	for _, stop := range []error{load.StopUser, load.Leave, load.ErrStopped, load.StopRun("enough")} {
		f := &fake{}
		u := seat(t, f, before(func(*load.Request) error { return fmt.Errorf("so: %w", stop) }), after(func(*load.Response) {
			t.Error("After is called for what was not sent")
		}))
		err := u.Get("/a").Expect(200).Err()
		if n := len(u.recorded().Rows); !errors.Is(err, stop) || len(f.sent) != 0 || n != 0 {
			t.Errorf("Before returns %v: Err %v, %d sent, %d recorded; want the same, none, none", stop, err, len(f.sent), n)
		}
	}
}

func TestBeforeThatIsCutIsSilent(t *testing.T) {
	u := seat(t, &fake{})
	place := before(func(*load.Request) error { u.cut(); return context.Canceled })
	u = seat(t, &fake{}, place)
	if err := u.Get("/").Err(); err != load.ErrStopped {
		t.Errorf("Err: %v, want ErrStopped", err)
	}
	if d := u.recorded(); len(d.Rows) != 0 {
		t.Errorf("recorded %v, want nothing", rows(d))
	}
}

func TestAfterIsCalledForEveryRequestThatCounts(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer answer
		get    func(u *stage) *load.Response
		want   string // what After sees
	}{
		{"answer", answer{status: 201}, nil, "201 <nil>"},
		{"failure", answer{status: 500}, nil, "500 GET /: status 500"},
		{"no answer", answer{err: refused}, nil, "0 GET /: connection refused: 127.0.0.1:1"},
		{"not sent", answer{}, func(u *stage) *load.Response { return u.Get("/", load.Query("odd")) },
			`0 GET /: request cannot be sent: Query: "odd" has no value: want names and values in turn`},
		{"cut", answer{}, func(u *stage) *load.Response { u.cut(); return u.Get("/") }, ""},
	} {
		got := ""
		u := seat(t, always(tt.answer), after(func(r *load.Response) { got += fmt.Sprint(r.Status(), " ", r.Err()) }))
		if tt.get == nil {
			u.Get("/")
		} else {
			tt.get(u)
		}
		if got != tt.want {
			t.Errorf("%s: After sees %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAfterMayJudge(t *testing.T) {
	u := seat(t, always(answer{status: 404, body: "gone"}), after(func(r *load.Response) {
		if r.Expect(404).Text() == "gone" {
			r.Rename("/gone").Failf("it is gone")
		}
	}))
	err := u.Get("/a").Err()
	if row, format := only(t, u.recorded()); format != "it is gone" || row.Name != "/gone" || err.Error() != "GET /gone: it is gone" {
		t.Errorf("recorded %s, failure %q, Err %v; want /gone, it is gone", row.Name, format, err)
	}
}

// A token that has run out is fetched anew: that request has no hooks, and ends the
// judgement of the one before.
func TestAfterMaySendRequests(t *testing.T) {
	f := &fake{reply: func(r *load.Request) answer {
		if r.Target == "/token" || r.Header.Get("Token") == "new" {
			return answer{body: "new"}
		}
		return answer{status: 401}
	}}
	var u *stage
	var befores, afters []string
	u = seat(t, f,
		before(func(r *load.Request) error { befores = append(befores, r.Target); return nil }),
		after(func(r *load.Response) {
			afters = append(afters, fmt.Sprint(r.Status()))
			if r.Status() == 401 {
				u.Header.Set("Token", u.Post("/token").Text())
			}
		}))
	first := u.Get("/a")
	if err := first.Err(); err == nil {
		t.Error("Err of the first request: nil, want status 401")
	}
	if err := u.Try(func() error { first.Expect(401); return nil }); load.Counted(err) {
		t.Errorf("Expect after another request: %v, want a panic", err)
	}
	u.Get("/a")
	if got, want := rows(u.recorded()), []string{"GET /a 2/1", "POST /token 1/0"}; !slices.Equal(got, want) {
		t.Errorf("recorded %v, want %v", got, want)
	}
	if !slices.Equal(befores, []string{"/a", "/a"}) || !slices.Equal(afters, []string{"401", "200"}) {
		t.Errorf("Before saw %v, After %v; want them for /a alone", befores, afters)
	}
}

func TestNoRequestWithinARequest(t *testing.T) {
	f := always(answer{parts: []string{"x"}})
	var u *stage
	u = seat(t, f, before(func(r *load.Request) error {
		if r.Target == "/before" {
			u.Get("/inner")
		}
		return nil
	}))
	for _, tt := range []struct {
		want string
		f    func()
	}{
		{"a request from within Before", func() { u.Get("/before") }},
		{"a request from within Each", func() { u.Get("/each", load.Each(func([]byte) error { u.Get("/inner"); return nil })) }},
	} {
		err := u.Try(func() error { tt.f(); return nil })
		if p, ok := errors.AsType[*load.Panic](err); !ok || !strings.Contains(p.Error(), tt.want) {
			t.Errorf("Try: %v, want a panic: %s", err, tt.want)
		}
		if err := u.Try(func() error { return u.Get("/next").Err() }); err != nil {
			t.Errorf("a request after %s: %v, want nil", tt.want, err)
		}
	}
}

func TestAPanicOfAfterKeepsTheRequest(t *testing.T) {
	u := seat(t, always(answer{}), after(func(*load.Response) { panic("boom") }))
	for range 2 {
		if err := u.Try(func() error { return u.Get("/").Err() }); load.Counted(err) {
			t.Errorf("Try: %v, want a panic", err)
		}
	}
	if got := rows(u.recorded()); !slices.Equal(got, []string{"GET / 2/0"}) {
		t.Errorf("recorded %v, want both requests", got)
	}
}

func TestLateRequests(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name     string
		due      time.Duration // from now
		answer   answer
		do       func(u *stage)
		service  time.Duration
		response time.Duration
	}{
		{"on time", 0, answer{took: 5 * ms}, nil, 5 * ms, 5 * ms},
		{"late", -20 * ms, answer{took: 5 * ms}, nil, 5 * ms, 25 * ms},
		{"connecting is waiting", -20 * ms, answer{wait: 100 * ms, took: 5 * ms}, nil, 5 * ms, 125 * ms},
		{"early", 20 * ms, answer{took: 5 * ms}, nil, 5 * ms, 5 * ms},
		{"failed", -20 * ms, answer{took: 5 * ms, status: 500}, nil, 5 * ms, 25 * ms},
		{"no answer", -20 * ms, answer{took: 5 * ms, err: refused}, nil, 5 * ms, 25 * ms},
		{"of one's own", -20 * ms, answer{}, func(u *stage) {
			u.Measure("TCP", "ping", func(context.Context) (int64, error) { time.Sleep(5 * ms); return 0, nil })
		}, 5 * ms, 25 * ms},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := seat(t, always(tt.answer))
				u.Due(time.Now().Add(tt.due))
				if tt.do != nil {
					tt.do(u)
				} else {
					u.Get("/")
				}
				row, _ := only(t, u.recorded())
				if all := row.All(); all.Max() != tt.service || all.Response().Max() != tt.response {
					t.Errorf("recorded %s, from its due time %s; want %s and %s", all.Max(), all.Response().Max(), tt.service, tt.response)
				}
			})
		})
	}
}

func TestOnlyTheNextRequestIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		for name, next := range map[string]func(*stage){
			"request":          func(u *stage) { u.Get("/a") },
			"measurement":      func(u *stage) { u.Measure("M", "m", nothing) },
			"not sent":         func(u *stage) { u.Get("/a", load.Query("odd")) },
			"taken back":       func(u *stage) { u.Due(time.Time{}) },
			"measure in Group": func(u *stage) { u.Group("g", func() error { return u.Measure("M", "m", nothing) }) },
		} {
			u := seat(t, f)
			u.Due(time.Now().Add(-time.Hour))
			next(u)
			u.recorded()
			u.Get("/b")
			if row, _ := only(t, u.recorded()); row.OK.Lagged() {
				t.Errorf("after a %s the next request is late by %s", name, row.OK.Response().Max())
			}
		}
		u := seat(t, f)
		u.cut()
		u.Due(time.Now().Add(-time.Hour))
		if err := u.Get("/cut").Err(); err != load.ErrStopped {
			t.Errorf("Err: %v, want ErrStopped", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		u.Rebind(ctx, nil)
		u.Get("/b")
		if row, _ := only(t, u.recorded()); row.OK.Lagged() {
			t.Error("after a request that was cut the next one is late")
		}
	})
}

func TestTheTransportsTimesAreRecorded(t *testing.T) {
	dial := &load.Dial{DNS: 1000, Connect: 2000, TLS: 3000}
	u := seat(t, always(answer{took: 5 * time.Microsecond, firstByte: 4 * time.Microsecond, dial: dial}))
	if got := u.Get("/").FirstByte(); got != 4*time.Microsecond {
		t.Errorf("FirstByte: %s, want 4µs", got)
	}
	got := map[string]time.Duration{}
	for _, row := range u.recorded().Phases {
		got[row.Method+row.Name] = row.OK.Max()
	}
	if got[stats.PhaseDNS] != 1000 || got[stats.PhaseConnect] != 2000 || got[stats.PhaseTLS] != 3000 || got[stats.PhaseFirstByte] != 4000 {
		t.Errorf("phases %v, want 1, 2, 3 and 4 µs", got)
	}
}

func TestTroubleOfThisMachineIsNoRequest(t *testing.T) {
	for _, class := range []load.Class{load.Descriptors, load.Ports} {
		u := seat(t, always(answer{err: &load.TransportError{Class: class}}))
		u.Get("/").Rename("/x")
		if d := u.recorded(); len(d.Rows) != 0 || len(d.Failures) != 1 || !d.Failures[0].Ours {
			t.Errorf("%s: rows %v, failures %+v; want one failure that is ours", class, rows(d), d.Failures)
		}
	}
}

func TestPausesRestTheTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := always(answer{parts: []string{"x"}})
		u := seat(t, f)
		for _, tt := range []struct {
			d    time.Duration
			want int
		}{{0, 0}, {9 * time.Millisecond, 0}, {10 * time.Millisecond, 1}, {time.Hour, 2}} {
			if u.Pause(tt.d); f.rests != tt.want {
				t.Errorf("after a pause of %s: rested %d times, want %d", tt.d, f.rests, tt.want)
			}
		}
		u.Get("/", load.Each(func([]byte) error { return u.Pause(time.Hour) }))
		if f.rests != 2 {
			t.Error("a pause within Each: the transport rests while it is at work")
		}
	})
}

func TestAUserWithoutHTTP(t *testing.T) {
	u := seat(t, nil, func(s *load.Seat) { s.Transport, s.Base = nil, load.Base{} })
	r := u.Get("/")
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "NoHTTP") || r.Text() != "" || r.Header("X") != "" {
		t.Errorf("Get: %v, want a word about NoHTTP", err)
	}
	u.recorded()
	if err := u.Measure("TCP", "ping", nothing); err != nil {
		t.Errorf("Measure: %v", err)
	}
	if err := u.Pause(20 * time.Millisecond); err != nil {
		t.Errorf("Pause: %v", err)
	}
	u.Close()
	only(t, u.recorded())
}

func TestQueueAsksTheRunner(t *testing.T) {
	var queued []string
	u := seat(t, &fake{}, func(s *load.Seat) {
		s.Queue = func(task string) error {
			if task == "x" {
				return errors.New("no such task")
			}
			queued = append(queued, task)
			return nil
		}
	})
	if err := errors.Join(u.Queue("a"), u.Queue("b")); err != nil || !slices.Equal(queued, []string{"a", "b"}) {
		t.Errorf("Queue: %v, queued %v; want nil, a and b", err, queued)
	}
	if err := u.Queue("x"); err == nil || load.Counted(err) {
		t.Errorf("Queue(x): %v, want an error that is an exception when returned", err)
	}
	if err := seat(t, &fake{}).Queue("a"); err == nil {
		t.Error("Queue without a set: nil, want an error")
	}
}
