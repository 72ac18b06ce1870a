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

// groups returns the rows of groups in d.
func groups(d stats.Delta) (list []stats.Row) {
	for _, r := range d.Rows {
		if r.Method == stats.Group {
			list = append(list, r)
		}
	}
	return list
}

func TestAGroupTimesItsRequestsWithoutPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ms = time.Millisecond
		u := seat(t, always(answer{took: 10 * ms}))
		u.Get("/before")
		err := u.Group("outer", func() error {
			u.Get("/a")
			u.Pause(time.Hour)
			err := u.Group("inner", func() error {
				u.Get("/b")
				u.Pause(time.Minute)
				return u.Measure("M", "m", func(context.Context) (int64, error) { time.Sleep(5 * ms); return 0, nil })
			})
			u.Get("/c")
			return err
		})
		u.Pause(time.Hour)
		u.Get("/after")
		d := u.recorded()
		got := map[string]time.Duration{}
		for _, g := range groups(d) {
			got[g.Name] = g.OK.Max()
		}
		if err != nil || len(got) != 2 || got["outer"] != 35*ms || got["inner"] != 15*ms {
			t.Errorf("Group: %v, took %v; want outer 35ms, inner 15ms", err, got)
		}
		if n := d.Total().Requests(); n != 6 {
			t.Errorf("%d requests in total, want 6: groups are none", n)
		}
	})
}

func TestGroupsFail(t *testing.T) {
	f := &fake{reply: func(r *load.Request) answer {
		if strings.HasPrefix(r.Target, "/bad") {
			return answer{status: 500, body: "ouch"}
		}
		return answer{}
	}}
	odd := errors.New("order 17 is odd")
	for _, tt := range []struct {
		name    string
		do      func(u *stage) error
		format  string
		message string
		counted bool // Group's error needs no further report
	}{
		{"no failure", func(u *stage) error { return u.Get("/a").Err() }, "", "", true},
		{"a failure returned", func(u *stage) error { return u.Get("/bad").Err() }, "GET /bad failed", "GET /bad failed: status 500: ouch", true},
		{"a failure not looked at", func(u *stage) error { u.Get("/bad"); u.Get("/a"); return nil }, "GET /bad failed", "GET /bad failed: status 500: ouch", true},
		{"the first failure", func(u *stage) error { u.Get("/bad"); u.Get("/bad/2"); return nil }, "GET /bad failed", "GET /bad failed: status 500: ouch", true},
		{"a failure that was expected", func(u *stage) error { return u.Get("/bad").Expect(500).Err() }, "", "", true},
		{"a judgement", func(u *stage) error { return u.Get("/a").Failf("no %s", "way") }, "GET /a failed", "GET /a failed: no way", true},
		{"an error", func(u *stage) error { u.Get("/a"); return odd }, "order # is odd", "order 17 is odd", false},
		{"an error after a failure", func(u *stage) error { u.Get("/bad"); return odd }, "GET /bad failed", "GET /bad failed: status 500: ouch", false},
		{"a measurement", func(u *stage) error {
			return u.Measure("TCP", "ping", func(context.Context) (int64, error) { return 0, odd })
		}, "TCP ping failed", "TCP ping failed: order 17 is odd", true},
		{"a failure in a group within", func(u *stage) error {
			return u.Group("inner", func() error { u.Get("/bad"); return nil })
		}, "GET /bad failed", "GET /bad failed: status 500: ouch", true},
		{"an error of a group within, dropped", func(u *stage) error {
			u.Group("inner", func() error { return odd })
			return nil
		}, "", "", true},
	} {
		u := seat(t, f)
		var want error
		err := u.Group("g", func() error { want = tt.do(u); return want })
		d := u.recorded()
		i := slices.IndexFunc(groups(d), func(r stats.Row) bool { return r.Name == "g" })
		if err != want || load.Counted(err) != tt.counted || i < 0 || groups(d)[i].Requests() != 1 {
			t.Errorf("%s: Group: %v, groups %v; want %v and one group g", tt.name, err, rows(d), want)
			continue
		}
		format, message := "", ""
		for _, fail := range d.Failures {
			if fail.Method == stats.Group && fail.Name == "g" {
				format, message = fail.Format, fail.Example
			}
		}
		if format != tt.format || message != tt.message || groups(d)[i].Failures() == 1 != (format != "") {
			t.Errorf("%s: failure %q, %q; want %q, %q", tt.name, format, message, tt.format, tt.message)
		}
	}
}

func TestAGroupThatWasNotDoneIsNotRecorded(t *testing.T) {
	for name, do := range map[string]func(u *stage) error{
		"StopUser": func(*stage) error { return load.StopUser },
		"StopRun":  func(*stage) error { return load.StopRun("enough") },
		"Leave":    func(*stage) error { return fmt.Errorf("so: %w", load.Leave) },
		"quit":     func(u *stage) error { close(u.quit); return u.Pause(time.Hour) },
		"cut":      func(u *stage) error { u.cut(); return u.Get("/cut").Err() },
		"cut, not looked at": func(u *stage) error {
			u.cut()
			u.Get("/cut")
			return nil
		},
		"a client that is cut": func(u *stage) error { u.cut(); return context.Canceled },
		"panic":                func(*stage) error { panic("boom") },
		"within another": func(u *stage) error {
			return u.Group("inner", func() error { close(u.quit); return u.Pause(0) })
		},
	} {
		u := seat(t, &fake{})
		u.Try(func() error {
			return u.Group("g", func() error { u.Get("/a"); return do(u) })
		})
		if d := u.recorded(); len(d.Rows) != 1 || d.Rows[0].Name != "/a" {
			t.Errorf("%s: recorded %v, want GET /a alone", name, rows(d))
		}
	}
}

// A request that was answered before the cut is whole, and so is its group.
func TestAGroupThatWasDoneInTimeCounts(t *testing.T) {
	u := seat(t, &fake{})
	u.Group("g", func() error { err := u.Get("/a").Err(); u.cut(); return err })
	if got := groups(u.recorded()); len(got) != 1 {
		t.Errorf("groups %v, want one", got)
	}
}

func TestTheEndOfAGroupEndsJudgement(t *testing.T) {
	u := seat(t, &fake{})
	var inside *load.Response
	u.Group("g", func() error { inside = u.Get("/a"); return nil })
	if err := u.Try(func() error { inside.Failf("late"); return nil }); load.Counted(err) {
		t.Errorf("Failf after the group: %v, want a panic", err)
	}
}

func TestAPanicWithinAGroupLeavesNoTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := seat(t, always(answer{took: time.Second}))
		u.Try(func() error { return u.Group("dead", func() error { panic("boom") }) })
		u.Try(func() error {
			u.Get("/x").Failf("no")
			return u.Group("g", func() error {
				func() { // the scenario catches what it must not
					defer func() { recover() }()
					u.Group("lost", func() error { u.Pause(time.Hour); panic("boom") })
				}()
				u.Pause(time.Minute)
				return u.Get("/a").Err()
			})
		})
		list := groups(u.recorded())
		if len(list) != 1 || list[0].Name != "g" || list[0].Failures() != 0 {
			t.Errorf("groups %+v, want g alone, without a failure", list)
		}
	})
}

func TestTheMethodOfGroupsIsTheirs(t *testing.T) {
	u := seat(t, &fake{})
	for name, f := range map[string]func(){
		"Do":      func() { u.Do(stats.Group, "/") },
		"Measure": func() { u.Measure(stats.Group, "g", nothing) },
	} {
		err := u.Try(func() error { f(); return nil })
		if p, ok := errors.AsType[*load.Panic](err); !ok || !strings.Contains(p.Error(), "the method GROUP") {
			t.Errorf("%s: %v, want a panic", name, err)
		}
	}
	if d := u.recorded(); len(d.Rows) != 0 {
		t.Errorf("recorded %v, want nothing", rows(d))
	}
}
