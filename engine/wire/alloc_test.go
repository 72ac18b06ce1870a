//go:build !race

package wire

import (
	"context"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestOrdinaryRequestsDoNotAllocate(t *testing.T) {
	origin := answering(t, page)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tests := map[string]load.Request{
		"bare":    {Method: "GET", Target: "/"},
		"headers": {Method: "GET", Target: "/", Header: http.Header{"Authorization": {"Bearer abc"}, "Accept": {"*/*"}}, Extra: []load.Field{{Name: "X-Id", Value: "1"}}},
		"body":    {Method: "POST", Target: "/", Body: []byte(`{"name":"locust"}`), Extra: []load.Field{{Name: "Content-Type", Value: "application/json"}}},
	}
	for name, req := range tests {
		t.Run(name, func(t *testing.T) {
			req.Origin = origin
			for _, between := range []string{"nothing", "a long pause", "a rest"} {
				tr := NewDialer(Options{}).HTTP1()
				var ans load.Answer
				if n := testing.AllocsPerRun(200, func() {
					if err := tr.Send(ctx, &req, &ans); err != nil {
						t.Fatal(err)
					}
					if body, err := tr.Body(); err != nil || len(body) != 13 {
						t.Fatal(len(body), err)
					}
					switch between {
					case "a long pause":
						tr.(*http1).conn.used = time.Time{}
					case "a rest":
						tr.Rest()
					}
				}); n != 0 {
					t.Errorf("%v allocations per request with %s between, want none", n, between)
				}
				tr.Close()
			}
		})
	}
}

// What net/http costs is known, and does not grow unnoticed.
func TestStandardAllocatesNoMoreThanItDid(t *testing.T) {
	origin := answering(t, page)
	tr := NewDialer(Options{}).Standard()
	defer tr.Close()
	req := load.Request{Method: "GET", Origin: origin, Target: "/"}
	var ans load.Answer
	if n := testing.AllocsPerRun(200, func() { tr.Send(t.Context(), &req, &ans) }); n > 85 {
		t.Errorf("%v allocations per request, want at most 85", n)
	}
}

func TestIdleUsersHaveAllocatedLittle(t *testing.T) {
	origin := answering(t, page)
	const users = 500
	d := NewDialer(Options{})
	all := make([]load.Transport, 0, users)
	before := heap()
	check := func(kind string, other, most int) {
		t.Helper()
		if per := int(heap()-before)/users - other; per > most {
			t.Errorf("%s holds %d bytes, want at most %d", kind, per, most)
		} else {
			t.Logf("%s holds about %d bytes", kind, per)
		}
	}
	for range users {
		all = append(all, d.HTTP1())
	}
	check("a user that has sent nothing", 0, 100)
	for _, tr := range all {
		if _, err := get(tr, origin); err != nil {
			t.Fatal(err)
		}
	}
	const other = 4096 + 256 + 512 // the target's end: its buffer, its answer, its socket
	check("a user between two requests", other, 8<<10)
	for _, tr := range all {
		tr.Rest()
	}
	check("a user at rest", other, 1500)
	for _, tr := range all {
		tr.Close()
	}
}

// heap returns the live bytes of the heap.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
