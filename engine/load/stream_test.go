package load_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

func TestEachGetsTheBodyInParts(t *testing.T) {
	u := seat(t, always(answer{parts: []string{"one ", "two"}, firstByte: 5000}))
	var got []string
	r := u.Get("/stream", load.Each(func(part []byte) error { got = append(got, string(part)); return nil }))
	if text := strings.Join(got, "|"); text != "one |two" || r.Err() != nil {
		t.Errorf("parts %q, Err %v; want one |two", text, r.Err())
	}
	d := u.recorded()
	if row, _ := only(t, d); row.OK.Bytes != 7 {
		t.Errorf("recorded %d bytes, want 7", row.OK.Bytes)
	}
	for _, p := range d.Phases {
		if p.Method == stats.PhaseFirstByte && p.Name == "GET /stream" && p.OK.Max() == 5000 {
			return
		}
	}
	t.Errorf("phases %v, want the first byte of GET /stream", d.Phases)
}

func TestEachEndsItsRequest(t *testing.T) {
	odd := fmt.Errorf("event %d is %q", 7, "odd")
	for _, tt := range []struct {
		name   string
		answer answer
		err    error // of the second part
		want   string
		format string // recorded
	}{
		{"whole", answer{}, nil, "<nil>", ""},
		{"error", answer{}, odd, `GET /: event 7 is "odd"`, `event # is "…"`},
		{"error after a status", answer{status: 500}, odd, `GET /: event 7 is "odd"`, `event # is "…"`},
		{"enough", answer{}, load.Enough, "<nil>", ""},
		{"enough, wrapped", answer{}, fmt.Errorf("ten: %w", load.Enough), "<nil>", ""},
		{"enough of a failure", answer{status: 500}, load.Enough, "GET /: status 500", "status 500"},
		{"StopUser", answer{}, load.StopUser, "stop this user", ""},
		{"StopUser after a status", answer{status: 500}, load.StopUser, "stop this user", "status 500"},
		{"Leave", answer{}, load.Leave, "leave this set of tasks", ""},
		{"no answer", answer{err: refused}, nil, "GET /: connection refused: 127.0.0.1:1", "connection refused"},
	} {
		tt.answer.parts = []string{"a", "b"}
		u := seat(t, always(tt.answer))
		n := 0
		err := u.Get("/", load.Each(func([]byte) error {
			if n++; n == 2 {
				return tt.err
			}
			return nil
		})).Err()
		if _, format := only(t, u.recorded()); fmt.Sprint(err) != tt.want || format != tt.format || n != 2 {
			t.Errorf("%s: Err %v, failure %q, %d parts; want %s, %q, 2", tt.name, err, format, n, tt.want, tt.format)
		}
	}
}

func TestExpectDoesNotForgiveEach(t *testing.T) {
	for _, stop := range []error{errors.New("odd"), load.StopUser} {
		u := seat(t, always(answer{status: 500, parts: []string{"a"}}))
		r := u.Get("/", load.Each(func([]byte) error { return stop }))
		if r.Expect(500).Err() == nil {
			t.Errorf("Expect(500) after Each returned %v: nil, want an error", stop)
		}
	}
}

func TestAStopWithinEachIsNotRecorded(t *testing.T) {
	for name, stop := range map[string]func(*stage){"cut": func(u *stage) { u.cut() }, "quit": func(u *stage) { close(u.quit) }} {
		u := seat(t, always(answer{parts: []string{"a"}}))
		r := u.Get("/", load.Each(func([]byte) error { stop(u); return u.Pause(0) }))
		if n := len(u.recorded().Rows); r.Err() != load.ErrStopped || n != 0 {
			t.Errorf("%s: Err %v, %d recorded; want ErrStopped and none", name, r.Err(), n)
		}
	}
}

func TestRename(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer answer
		judge  func(*load.Response)
		row    string
		err    string
	}{
		{"success", answer{}, func(r *load.Response) { r.Rename("/x") }, "/x", ""},
		{"twice", answer{}, func(r *load.Response) { r.Rename("/x").Rename("/y") }, "/y", ""},
		{"empty", answer{}, func(r *load.Response) { r.Rename("") }, "/a", ""},
		{"failed before", answer{status: 500}, func(r *load.Response) { r.Rename("/x") }, "/x", "GET /x: status 500"},
		{"failed after", answer{}, func(r *load.Response) { r.Rename("/x").Failf("no") }, "/x", "GET /x: no"},
		{"no answer", answer{err: refused}, func(r *load.Response) { r.Rename("/x") }, "/x", "GET /x: connection refused: 127.0.0.1:1"},
	} {
		u := seat(t, always(tt.answer))
		r := u.Get("/a")
		tt.judge(r)
		d := u.recorded()
		row, _ := only(t, d)
		if text := fmt.Sprint(r.Err()); row.Name != tt.row || text != tt.err && tt.err+text != "<nil>" {
			t.Errorf("%s: recorded %s, Err %v; want %s, %q", tt.name, row.Name, r.Err(), tt.row, tt.err)
		}
		if tt.err != "" && d.Failures[0].Name != tt.row {
			t.Errorf("%s: the failure is of %s, want %s", tt.name, d.Failures[0].Name, tt.row)
		}
	}
	u := seat(t, &fake{})
	u.cut()
	if r := u.Get("/a").Rename("/x"); r.Err() != load.ErrStopped {
		t.Errorf("Rename of a request that was cut: %v", r.Err())
	}
}
