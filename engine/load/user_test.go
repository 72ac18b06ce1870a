package load_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/load/loadtest"
	"github.com/gregaria/gregaria/engine/stats"
)

func nothing(context.Context) (int64, error) { return 0, nil }

func TestHeaderGoesWithEveryRequest(t *testing.T) {
	f := &fake{}
	u := seat(t, f)
	u.Header.Set("X", "1")
	u.Get("/")
	u.Header.Set("X", "2")
	u.Get("/")
	if a, b := f.sent[0].Header.Get("X"), f.sent[1].Header.Get("X"); a != "1" || b != "2" {
		t.Errorf("sent X: %s and %s, want 1 and 2", a, b)
	}
}

func TestMeasure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := seat(t, &fake{})
		u.Get("/before")
		err := u.Measure("TCP", "ping", func(ctx context.Context) (int64, error) {
			if ctx != u.Context() {
				t.Error("Measure: not the user's context")
			}
			u.Pause(250 * time.Millisecond)
			return 42, nil
		})
		d := u.recorded()
		if err != nil || len(d.Rows) != 2 {
			t.Fatalf("Measure: %v, rows %+v; want nil and two", err, d.Rows)
		}
		row := d.Rows[slices.IndexFunc(d.Rows, func(r stats.Row) bool { return r.Method == "TCP" })]
		if row.Name != "ping" || row.OK.Count != 1 || row.OK.Bytes != 42 || row.OK.Max() != 250*time.Millisecond {
			t.Errorf("recorded %s %s: %d, %d bytes, %s; want TCP ping: 1, 42 bytes, 250ms", row.Method, row.Name, row.OK.Count, row.OK.Bytes, row.OK.Max())
		}
	})
}

func TestMeasureFailsByKind(t *testing.T) {
	u := seat(t, &fake{})
	for i := range 3 {
		err := u.Measure("TCP", "ping", func(context.Context) (int64, error) {
			return 7, fmt.Errorf("read %q from 10.0.0.%d:%d", strings.Repeat("x", i), i, 1000+i)
		})
		if fail, ok := errors.AsType[*load.Failure](err); !ok || fail.Method != "TCP" || fail.Name != "ping" {
			t.Errorf("Measure: %#v, want a Failure of TCP ping", err)
		}
	}
	d := u.recorded()
	if len(d.Failures) != 1 || d.Failures[0].Count != 3 || d.Failures[0].Format != `read "…" from #.#.#.#:#` {
		t.Errorf("failures %+v, want one, three times", d.Failures)
	}
	if n := d.Rows[0].Failed.Bytes; n != 21 {
		t.Errorf("recorded %d bytes, want 21", n)
	}
}

func TestMeasureIsSilentOnceStopped(t *testing.T) {
	for name, stop := range map[string]func(*stage){
		"cut":  func(u *stage) { u.cut() },
		"quit": func(u *stage) { close(u.quit) },
	} {
		u := seat(t, &fake{})
		err := u.Measure("TCP", "ping", func(ctx context.Context) (int64, error) {
			stop(u)
			return 0, u.Pause(time.Hour)
		})
		if n := u.recorded().Total().Requests(); err != load.ErrStopped || n != 0 {
			t.Errorf("%s: Measure: %v, %d recorded; want ErrStopped and none", name, err, n)
		}
	}
}

func TestAMeasureThatPanicsIsNotRecorded(t *testing.T) {
	u := seat(t, &fake{})
	err := u.Try(func() error {
		return u.Measure("TCP", "ping", func(context.Context) (int64, error) { panic("boom") })
	})
	if n := u.recorded().Total().Requests(); load.Counted(err) || n != 0 {
		t.Errorf("Try: %v, %d recorded; want a panic and none", err, n)
	}
}

func TestARequestThatIsCutIsNotCounted(t *testing.T) {
	f := &fake{}
	u := seat(t, f)
	u.Get("/whole")
	f.reply = func(*load.Request) answer { u.cut(); return answer{status: 500, body: "x", err: refused} }
	r := u.Get("/cut")
	if r.Err() != load.ErrStopped || !load.Counted(r.Err()) {
		t.Errorf("Err: %v, want ErrStopped, which needs no report", r.Err())
	}
	if err := r.Expect(200).JSON(new(any)); err != load.ErrStopped {
		t.Errorf("JSON: %v, want ErrStopped", err)
	}
	if err := r.Failf("x"); err != load.ErrStopped {
		t.Errorf("Failf: %v, want ErrStopped", err)
	}
	if r.Status() != 0 || r.Text() != "" || r.Header("X") != "" {
		t.Errorf("status %d, text %q, header %q; want nothing", r.Status(), r.Text(), r.Header("X"))
	}
	u.Get("/after")
	if row, format := only(t, u.recorded()); row.Name != "/whole" || format != "" {
		t.Errorf("recorded %s, failure %q; want /whole alone", row.Name, format)
	}
}

// A request that was answered just before the cut is a request like any other.
func TestAnAnswerThatCameInTimeCounts(t *testing.T) {
	f := &fake{}
	u := seat(t, f)
	f.reply = func(*load.Request) answer { u.cut(); return answer{} }
	u.Get("/")
	only(t, u.recorded())
}

func TestPause(t *testing.T) {
	for _, tt := range []struct {
		name  string
		d     time.Duration
		stop  func(*stage)
		want  error
		after time.Duration
	}{
		{"whole", 3 * time.Second, func(*stage) {}, nil, 3 * time.Second},
		{"none", 0, func(*stage) {}, nil, 0},
		{"negative", -time.Second, func(*stage) {}, nil, 0},
		{"quit meanwhile", 3 * time.Second, func(u *stage) { time.AfterFunc(time.Second, func() { close(u.quit) }) }, load.ErrStopped, time.Second},
		{"cut meanwhile", 3 * time.Second, func(u *stage) { time.AfterFunc(time.Second, u.cut) }, load.ErrStopped, time.Second},
		{"quit before", 3 * time.Second, func(u *stage) { close(u.quit) }, load.ErrStopped, 0},
		{"quit before none", 0, func(u *stage) { close(u.quit) }, load.ErrStopped, 0},
		{"cut before none", 0, func(u *stage) { u.cut() }, load.ErrStopped, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u := seat(t, &fake{})
				tt.stop(u)
				began := time.Now()
				err := u.Pause(tt.d)
				if took := time.Since(began); err != tt.want || took != tt.after {
					t.Errorf("Pause(%s): %v after %s, want %v after %s", tt.d, err, took, tt.want, tt.after)
				}
			})
		})
	}
}

func TestPauseRecordsTheRequestBefore(t *testing.T) {
	u := seat(t, &fake{})
	u.Get("/")
	u.Pause(0)
	only(t, u.recorder.Drain(time.Now(), stats.Gauges{Users: 1}))
}

func TestUniqueIsUnique(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where the clock stands still
		const users, calls = 50, 200
		seen := map[string]bool{}
		var mu sync.Mutex // guards seen
		var all sync.WaitGroup
		for n := range users {
			u := seat(t, &fake{}, func(s *load.Seat) { s.Number = n + 1 })
			all.Go(func() {
				for range calls {
					text := u.Unique("c")
					mu.Lock()
					seen[text] = true
					mu.Unlock()
					if !strings.HasPrefix(text, "c.") || strings.ContainsAny(text, " /?#&@\"'<") {
						t.Errorf("Unique: %q, want c. and nothing that needs escaping", text)
					}
				}
			})
		}
		all.Wait()
		if len(seen) != users*calls {
			t.Errorf("%d users, %d calls each: %d different texts, want %d", users, calls, len(seen), users*calls)
		}
		again := seat(t, &fake{})
		first := again.Unique("c")
		again = seat(t, &fake{})
		again.Pause(1)
		if seen[again.Unique("c")] || !seen[first] {
			t.Error("the same user of a later run: want other texts")
		}
	})
}

func TestOnStopRunsOnBorrowedTime(t *testing.T) {
	u := seat(t, loadtest.NewTransport(http.NotFoundHandler(), load.Limits{}))
	u.cut()
	close(u.quit)
	if err := u.Get("/").Err(); err != load.ErrStopped {
		t.Errorf("before Rebind: %v, want ErrStopped", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	u.Rebind(ctx, ctx.Done())
	if got := u.Get("/").Status(); got != 404 {
		t.Errorf("after Rebind: status %d, want 404", got)
	}
	if err := u.Pause(0); err != nil {
		t.Errorf("after Rebind: Pause: %v, want nil", err)
	}
	cancel()
	if err := u.Pause(time.Hour); err != load.ErrStopped {
		t.Errorf("at the end of the time: Pause: %v, want ErrStopped", err)
	}
}

func TestUserKnowsItself(t *testing.T) {
	f := &fake{}
	u := seat(t, f, func(s *load.Seat) { s.Number = 17; s.Rand = rand.New(rand.NewPCG(5, 6)) })
	if u.Number() != 17 || u.Host() != "http://host.test" {
		t.Errorf("Number %d, Host %s; want 17, http://host.test", u.Number(), u.Host())
	}
	if got, want := u.Rand.Int64(), rand.New(rand.NewPCG(5, 6)).Int64(); got != want {
		t.Errorf("Rand: %d, want %d", got, want)
	}
	u.Close()
	if !f.closed {
		t.Error("Close does not close the connection")
	}
}
