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
			for _, idle := range []bool{false, true} {
				tr := NewDialer(Options{}).HTTP1()
				var ans load.Answer
				if n := testing.AllocsPerRun(200, func() {
					if err := tr.Send(ctx, &req, &ans); err != nil {
						t.Fatal(err)
					}
					if body, err := tr.Body(); err != nil || len(body) != 13 {
						t.Fatal(len(body), err)
					}
					if idle {
						tr.(*http1).used = time.Time{}
					}
				}); n != 0 {
					t.Errorf("%v allocations per request (idle before: %v), want none", n, idle)
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

func TestIdleUserIsSmall(t *testing.T) {
	origin := answering(t, page)
	const users = 500
	d := NewDialer(Options{})
	all := make([]load.Transport, 0, users)
	before := heap()
	for range users {
		tr := d.HTTP1()
		all = append(all, tr)
		if _, err := get(tr, origin); err != nil {
			t.Fatal(err)
		}
	}
	// The target's end is in the same heap: its 4 KB buffer, its answer and its socket.
	const other = 4096 + 256 + 512
	if per := int(heap()-before)/users - other; per > 8<<10 {
		t.Errorf("an idle user holds %d bytes, want at most 8 KB", per)
	} else {
		t.Logf("an idle user holds about %d bytes", per)
	}
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
