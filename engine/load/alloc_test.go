//go:build !race

package load_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// A quick is a transport that costs nothing.
type quick struct{ status int }

func (q quick) Send(_ context.Context, _ *load.Request, ans *load.Answer) error {
	ans.Status, ans.Took, ans.Bytes = q.status, time.Millisecond, 100
	return nil
}
func (quick) Header(string) string                 { return "" }
func (quick) Body() ([]byte, error)                { return nil, nil }
func (quick) Fields(func(name, value string) bool) {}
func (quick) Sent(func(name, value string) bool)   {}
func (quick) Rest()                                {}
func (quick) Close()                               {}

// The numbers are what a request costs a user besides the network.
func TestRequestsAllocateLittle(t *testing.T) {
	body := []byte("hello")
	for _, tt := range []struct {
		name   string
		want   float64
		traced float64
		run    func(u *load.User)
	}{
		{"Get", 1, 0, func(u *load.User) { u.Get("/") }}, // the Response
		{"Get, Name, Expect", 1, 0, func(u *load.User) { u.Get("/a/7", load.Name("/a/{id}")).Expect(http.StatusOK) }},
		{"Post, Body", 1, 0, func(u *load.User) { u.Post("/", load.Body("text/plain", body), load.Timeout(time.Second)) }},
		{"Get, query", 1, 0, func(u *load.User) { u.Get("/a?page=2&sort=up") }},
		{"Post, Header", 1, 0, func(u *load.User) { u.Post("/", load.Header("X", "1")) }},
		{"Get, traced", 2, 1, func(u *load.User) { u.Get("/") }}, // and the field
	} {
		recorder := stats.NewRecorder(time.Now())
		u, _ := load.NewUser(t.Context(), load.Seat{Number: 1, Base: base(t, "http://h"), Transport: quick{200}, Shard: recorder.Shard(1), Traced: tt.traced})
		// The shard's memory is there before anything is counted.
		for range 2 {
			for range 2000 {
				u.Get("/")
			}
			recorder.Drain(time.Now(), stats.Gauges{Users: 1})
		}
		if got := testing.AllocsPerRun(500, func() { tt.run(u) }); got != tt.want {
			t.Errorf("%s: %v allocations, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRecordingAllocatesNothing(t *testing.T) {
	recorder := stats.NewRecorder(time.Now())
	shard := recorder.Shard(1)
	sample := stats.Sample{Method: "GET", Name: "/", Took: time.Millisecond}
	for range 2 {
		for range 2000 {
			shard.Record(sample)
		}
		recorder.Drain(time.Now(), stats.Gauges{Users: 1})
	}
	if got := testing.AllocsPerRun(500, func() { shard.Record(sample) }); got != 0 {
		t.Errorf("Record: %v allocations, want none", got)
	}
}
