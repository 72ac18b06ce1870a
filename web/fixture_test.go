package web

import (
	"fmt"
	"hash/fnv"
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
			Tasks: []load.Task[struct{}]{
				{Name: "write", Run: task, Weight: 3},
				{Name: "read back", Steps: []load.Task[struct{}]{{Name: "read", Run: task}, {Name: "compare", Run: task}}},
				{Name: "album", Weight: 2, Tasks: []load.Task[struct{}]{{Name: "turn", Run: task, Weight: 4}, {Name: "leave", Run: task}}},
			},
		},
		load.Scenario[struct{}]{
			Name: "get", Help: "asks for one address", Count: 2,
			Params: []load.Parameter{
				load.Param[string]{Name: "path", Default: "/", Help: "what to ask for"},
				load.Param[int]{Name: "depth", Default: 3},
				load.Param[float64]{Name: "ratio", Default: 0.5, Help: "of writes"},
				load.Param[time.Duration]{Name: "pause", Default: 300 * time.Millisecond},
				load.Param[string]{Name: "size", Default: "small", Choices: []string{"small", "large"}, Help: "of the answers"},
				load.Param[bool]{Name: "follow", Help: "whether to follow links"},
				load.Param[string]{Name: "key", Default: "default-secret", Secret: true, Help: "to sign with"},
			},
			Tasks: []load.Task[struct{}]{{Name: "get", Run: task}},
		},
		load.Scenario[struct{}]{
			Name: "mail", Help: "speaks a protocol of its own", Protocol: load.NoHTTP,
			Tasks: []load.Task[struct{}]{
				{Name: "connect", Run: task, Next: map[string]int{"send": 1}},
				{Name: "send", Run: task, Next: map[string]int{"send": 3, "connect": 1}},
			},
		},
	}, Shapes: map[string]load.Shape{"waves": load.ShapeFunc(func(time.Duration) (float64, bool) { return 1, true })},
	}, engine.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return NewOffer(e)
}

func site(t *testing.T) Site {
	return Site{
		Build: "build", Asset: func(name string) string { return "static/" + name }, Offer: offer(t),
		Default: engine.Config{Users: 1, SpawnRate: 1},
	}
}

// A traffic is what a fixture's users do in one second.
type traffic func(second int, shard *stats.Shard, at time.Time, r *rand.Rand)

// status is a run of some seconds of traffic on users.
func status(state engine.State, seconds int, t traffic) *engine.Status {
	return running(state, seconds, t, func(second int, s *engine.Status) stats.Gauges {
		s.Users = min(20, 2*(second+1))
		return stats.Gauges{Users: s.Users, Target: float64(s.Users), Health: fine}
	})
}

// fine is the health of a second in which the load generator was not in the way.
var fine = stats.Health{Valid: 1, Worst: stats.Vitals{
	Lag: 210 * time.Microsecond, Canary: 90 * time.Microsecond, Scheduling: 60 * time.Microsecond,
	Processor: 0.31, GC: 0.012, Descriptors: 0.02,
}}

// busy is that of a second in which it was.
func busy(worst stats.Verdict) stats.Health {
	h := stats.Health{
		Reasons: []stats.Reason{{Text: "processor time is used up", Worst: worst, Spans: 1}},
		Worst:   stats.Vitals{Lag: 38 * time.Millisecond, Processor: 0.99, GC: 0.04, Descriptors: 0.41},
	}
	if worst == stats.Invalid {
		h.Invalid = 1
		h.Reasons = append(h.Reasons, stats.Reason{Text: "work started late", Worst: stats.Degraded, Spans: 1})
	} else {
		h.Degraded = 1
	}
	return h
}

// openStatus is a run of the open model, in stages, that is near its limits: the last
// third of its users' cap is not enough, and the load generator is busy then.
func openStatus(state engine.State, seconds int) *engine.Status {
	stages := load.Stages{{Duration: time.Minute, Target: 200}, {Duration: 2 * time.Minute, Target: 200}, {Duration: 30 * time.Second}}
	s := running(state, seconds, arrivals, func(second int, s *engine.Status) stats.Gauges {
		level, _ := stages.Level(time.Duration(second+1) * time.Second)
		due := int64(level)
		dropped := int64(0)
		g := stats.Gauges{Target: level, Health: fine}
		if second > seconds*2/3 {
			dropped = due / 8
			g.Health = busy([]stats.Verdict{stats.Degraded, stats.Invalid}[second%5/4])
		}
		s.Users, s.Idle, s.Target = min(150, 5+second*2), 3, level
		g.Users = s.Users
		g.Arrivals = stats.Arrivals{Due: due, Started: due - dropped, Completed: due - dropped, Late: due / 50, Dropped: dropped}
		return g
	})
	s.Config = engine.Config{Model: engine.Open, Stages: stages, UserCap: 150, Poisson: true, Seed: 1802, Scenarios: []string{"cities"}}
	s.Plan = s.Config.Plan(0)
	s.Begun = s.Started
	if state == engine.Stopped {
		s.Idle, s.Target = 0, 0
	}
	s.Feeds = []engine.FeedStatus{
		{FeedInfo: load.FeedInfo{Name: "accounts", Source: "accounts.csv", Policy: "unique per user", AtEnd: "stop the user"}, Rows: 120, Taken: 120, Dry: 30},
		{FeedInfo: load.FeedInfo{Name: "terms", Source: "terms.json", Policy: "shared, in turn"}, Rows: 4200, Taken: 12345},
		{FeedInfo: load.FeedInfo{Name: "ids", Source: "made by a function", Policy: "unique per iteration"}, Rows: -1, Taken: 9},
	}
	return s
}

// arrivals are requests with an intended start, of which one kind is grouped, with
// new connections and with a descriptor short at times.
func arrivals(second int, shard *stats.Shard, at time.Time, r *rand.Rand) {
	for range 20 {
		took := time.Duration((4 + r.ExpFloat64()*6) * float64(time.Millisecond))
		lag := time.Duration(r.ExpFloat64() * float64(second) * float64(time.Millisecond))
		shard.Record(stats.Sample{Method: "GET", Name: "/cart", Took: took, Lag: lag, Bytes: 900, FirstByte: took / 2,
			Dial: &stats.Dial{DNS: 300 * time.Microsecond, Connect: 700 * time.Microsecond, TLS: 4 * time.Millisecond}})
		shard.Record(stats.Sample{Method: "GET", Name: "/events", Took: 40 * took, Bytes: 12000, FirstByte: took / 3, Streamed: true})
		shard.Record(stats.Sample{Method: stats.Group, Name: "checkout", Took: 41 * took, Lag: lag})
	}
	if second%10 == 9 {
		shard.Record(stats.Sample{Method: "GET", Name: "/cart", Problem: &stats.Problem{
			Format: "too many open files on this machine", Message: "too many open files on this machine: socket: too many open files", At: at, Ours: true}})
	}
}

// running is a run of some seconds of traffic. gauge says the rest of each second and
// keeps the status up to date.
func running(state engine.State, seconds int, t traffic, gauge func(second int, s *engine.Status) stats.Gauges) *engine.Status {
	s := &engine.Status{
		State: state, Run: 1, At: began.Add(time.Duration(seconds) * time.Second),
		Started: began,
		Config:  engine.Config{Users: 20, SpawnRate: 2, Scenarios: []string{"cities"}, Seed: 7},
	}
	s.Scenarios = []engine.Headcount{{Name: "cities", Host: "http://127.0.0.1:8020", Users: 20}}
	var table stats.Table
	var history stats.History
	recorder := stats.NewRecorder(began)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range seconds {
		at := began.Add(time.Duration(i+1) * time.Second)
		g := gauge(i, s)
		recorder.SetUsers(g.Users)
		t(i, recorder.Shard(0), at, r)
		d := recorder.Drain(at, g)
		d.Health = g.Health
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
			s.Status = 200
		}
		record(shard, s, func(e *stats.Exemplar) {
			e.At, e.User, e.Iteration, e.Scenario, e.Task = at, i%users+1, int64(second*10+i), "cities", "writeReadCheck"
			e.URL = fmt.Sprintf("http://127.0.0.1:8020/api/v1/cities/c-%d-%d", second, i)
			e.Request.Fields = []stats.Field{{Name: "Host", Value: "127.0.0.1:8020"}, {Name: "Authorization", Value: "•••"}}
			e.Response = stats.Message{Fields: []stats.Field{{Name: "Content-Type", Value: "application/json"}},
				Body: fmt.Sprintf(`{"data":{"id":"c-%d-%d","name":"c.%d.%d…`, second, i, second, i), Size: 5000}
		})
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

// record records a sample in detail, whose rank is the same in every run of the tests.
func record(shard *stats.Shard, s stats.Sample, detail func(*stats.Exemplar)) {
	s.Exemplar = new(stats.Exemplar)
	if s.Problem != nil {
		h := fnv.New32a()
		h.Write([]byte(s.Problem.Message))
		s.Exemplar.Rank = h.Sum32()
	}
	detail(s.Exemplar)
	shard.Record(s)
}

// malice puts hostile text wherever text can be.
func malice(_ int, shard *stats.Shard, at time.Time, r *rand.Rand) {
	for _, text := range hostile {
		s := stats.Sample{Method: text, Name: text, Took: time.Duration(r.IntN(1e9)), Bytes: 10,
			Problem: &stats.Problem{Format: text, Message: text + text, At: at}}
		record(shard, s, func(e *stats.Exemplar) {
			m := stats.Message{Fields: []stats.Field{{Name: text, Value: text}}, Body: text + "\n" + text, Size: 9}
			e.At, e.URL, e.Scenario, e.Task, e.Request, e.Response = at, "http://"+text, text, text, m, m
		})
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
