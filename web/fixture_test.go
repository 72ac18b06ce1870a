package web

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// hostile is text that a target or a scenario may send to harm the page's reader.
var hostile = []string{
	`</script><img src=x onerror=alert(1)>`,
	`" onmouseover="alert(1)" x="`,
	`{{7*7}}${7*7}<%= 7*7 %>`,
	"admin\u202egnp.exe",
	"line\r\nbreak\x00\x1b[31mred\u200b",
	`javascript:alert(1)`,
	`<svg/onload=alert(1)>`,
	"not utf-8: \xff\xfe",
}

var began = time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)

// offer is what an engine with two scenarios offers; the first has no host.
func offer(t *testing.T) Offer {
	t.Helper()
	task := func(*struct{}, *load.User) error { return nil }
	e, err := engine.New(load.Suite{Scenarios: []load.Planner{
		load.Scenario[struct{}]{
			Name: "cities", Help: "registers, then writes and reads back cities", Host: "http://127.0.0.1:8020", Weight: 3,
			Tasks: []load.Task[struct{}]{{Name: "write", Run: task}},
		},
		load.Scenario[struct{}]{
			Name: "get", Help: "asks for one address", Count: 2,
			Params: []load.Parameter{
				load.Param[string]{Name: "path", Default: "/", Help: "what to ask for"},
				load.Param[int]{Name: "depth", Default: 3},
			},
			Tasks: []load.Task[struct{}]{{Name: "get", Run: task}},
		},
	}}, engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return NewOffer(e)
}

func site(t *testing.T) Site {
	return Site{
		Build: "build", Asset: func(name string) string { return "/static/" + name }, Offer: offer(t),
		Default: engine.Config{Users: 1, SpawnRate: 1},
	}
}

// A traffic is what a fixture's users do in one second.
type traffic func(second int, shard *stats.Shard, at time.Time, r *rand.Rand)

// status is a run of some seconds of traffic.
func status(state engine.State, seconds int, t traffic) *engine.Status {
	s := &engine.Status{
		State: state, Run: 1, At: began.Add(time.Duration(seconds) * time.Second),
		Started: began,
		Config:  engine.Config{Users: 20, SpawnRate: 2, Scenarios: []string{"cities"}},
	}
	s.Scenarios = []engine.Headcount{{Name: "cities", Host: "http://127.0.0.1:8020", Users: 20}}
	var table stats.Table
	var history stats.History
	recorder := stats.NewRecorder(began)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range seconds {
		at := began.Add(time.Duration(i+1) * time.Second)
		t(i, recorder.Shard(0), at, r)
		s.Users = min(20, 2*(i+1))
		d := recorder.Drain(at, s.Users)
		table.Add(d)
		history.Add(d)
	}
	s.Stats, s.History = table.Snapshot(), history.Timeline()
	if state == engine.Stopped {
		s.Ended, s.Users, s.Reason = s.At, 0, "stopped by the operator"
	}
	return s
}

// crowd is the story the product begins with: one reader is fine, many are not.
func crowd(second int, shard *stats.Shard, at time.Time, r *rand.Rand) {
	users := min(20, 2*(second+1))
	ms := func(mean float64) time.Duration {
		return time.Duration((mean*0.4 + r.ExpFloat64()*mean*0.6) * float64(time.Millisecond))
	}
	if second < 10 {
		for range 2 {
			shard.Record(stats.Sample{Method: "POST", Name: "/api/v1/auth/register", Took: ms(17), Bytes: 54})
			shard.Record(stats.Sample{Method: "POST", Name: "/api/v1/auth/token", Took: ms(6), Bytes: 72})
		}
	}
	for i := range users * 4 {
		shard.Record(stats.Sample{Method: "POST", Name: "/api/v1/cities", Took: ms(8 + 0.3*float64(users)), Bytes: 118})
		s := stats.Sample{Method: "GET", Name: "/api/v1/cities/{id}", Took: ms(7 + 0.3*float64(users)), Bytes: 36}
		if users > 2 && r.IntN(20) < users-1 {
			s.Problem = &stats.Problem{
				Format:  "city is named %q, want %q",
				Message: fmt.Sprintf(`city is named "c.%d.%d", want "c.%d.%d"`, second, i, second, i+1), At: at,
			}
		}
		shard.Record(s)
	}
	if second%25 == 20 {
		shard.Record(stats.Sample{Method: "GET", Name: "/api/v1/cities/{id}", Took: 5 * time.Second,
			Problem: &stats.Problem{Format: "no answer within 5s", Message: "no answer within 5s", At: at}})
		shard.Note(stats.Mishap{Group: "index out of range", At: at,
			Message: "panic: runtime error: index out of range [3] with length 3",
			Stack: "goroutine 51 [running]:\nmain.(*citizen).writeReadCheck(0xc000182018, 0xc0001a4000)\n" +
				"\t/home/me/cities/cities.go:58 +0x2a5\ngithub.com/gregaria/gregaria/engine/load.erase[...].func1()\n" +
				"\t/home/me/gregaria/engine/load/scenario.go:168 +0x48"})
	}
}

// malice puts hostile text wherever text can be.
func malice(_ int, shard *stats.Shard, at time.Time, r *rand.Rand) {
	for _, text := range hostile {
		shard.Record(stats.Sample{Method: text, Name: text, Took: time.Duration(r.IntN(1e9)), Bytes: 10,
			Problem: &stats.Problem{Format: text, Message: text + text, At: at}})
		shard.Note(stats.Mishap{Group: text, Message: text, Stack: text + "\n" + text, At: at})
	}
	shard.Record(stats.Sample{Method: "GET", Name: "/" + strings.Repeat("long/", 400), Took: time.Millisecond})
}

// many has n rows.
func many(n int) traffic {
	return func(_ int, shard *stats.Shard, at time.Time, r *rand.Rand) {
		for i := range n {
			s := stats.Sample{Method: "GET", Name: fmt.Sprintf("/api/v1/endpoint/%04d/of/many", i), Took: time.Duration(r.IntN(int(400 * time.Millisecond))), Bytes: int64(i * 900)}
			if i%17 == 0 {
				s.Problem = &stats.Problem{Format: fmt.Sprintf("status %d, want 200", 400+i), Message: fmt.Sprintf("status %d, want 200", 400+i), At: at}
			}
			shard.Record(s)
		}
	}
}

// none is no traffic at all.
func none(int, *stats.Shard, time.Time, *rand.Rand) {}

// look parses a query string.
func look(t *testing.T, text string) Query {
	t.Helper()
	values, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	return ParseQuery(values)
}
