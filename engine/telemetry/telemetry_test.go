package telemetry

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/leaks"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// A fixed source has one status.
type fixed struct{ status *engine.Status }

func (f fixed) Status() *engine.Status { return f.status }

// busy returns the status of a run in which much has happened, to rows of so many
// names.
func busy(t testing.TB, names int) *engine.Status {
	t.Helper()
	begin := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	recorder := stats.NewRecorder(begin)
	shard := recorder.Shard(1)
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range names {
		name := "/" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()
		for range 200 {
			s := stats.Sample{Method: "GET", Name: name, Status: 200, Bytes: 100, Took: time.Duration(math.Exp(chance.Float64()*18)) * time.Microsecond}
			switch chance.IntN(6) {
			case 0:
				s.Status, s.Problem = 503, &stats.Problem{Format: "status 503", Message: "status 503: busy", At: begin}
			case 1:
				s.Status, s.Problem = 201, &stats.Problem{Format: "status 201, expected 200", Message: "x", At: begin}
			case 2:
				s.Problem = &stats.Problem{Format: string(load.Forbidden), Message: "refused by policy: x", At: begin}
			case 3:
				s.Problem = &stats.Problem{Format: "city is named %q", Message: "x", At: begin}
			case 4:
				s.Lag = time.Duration(chance.IntN(1000)) * time.Millisecond
			}
			shard.Record(s)
		}
	}
	for _, took := range []time.Duration{0, time.Microsecond, time.Millisecond, 2 * time.Second, 500 * time.Millisecond, time.Hour, 3 * time.Hour} {
		shard.Record(stats.Sample{Method: "GET", Name: "/edges", Took: took})
	}
	shard.Record(stats.Sample{Method: stats.Group, Name: "checkout", Took: time.Second})
	shard.Record(stats.Sample{Method: "GET", Name: "/", Problem: &stats.Problem{Format: string(load.Descriptors), Message: "x", Ours: true, At: begin}})
	shard.Record(stats.Sample{Method: "P\"\n\\", Name: "<b>\x00é\u202e{id=\"1\"}", Took: time.Second})
	shard.Note(stats.Mishap{Group: "a", Message: "x", At: begin})
	shard.Note(stats.Mishap{Group: "b", Message: "x", At: begin})
	d := recorder.Drain(begin.Add(time.Second), stats.Gauges{Users: 7, Target: 9, Arrivals: stats.Arrivals{Due: 10, Started: 8, Completed: 6, Late: 3, Dropped: 2}})
	d.Health = stats.Health{Valid: 1, Worst: stats.Vitals{Lag: time.Millisecond, Processor: 0.5}}
	var table stats.Table
	table.Add(d)
	check, err := checks.Parse("GET /edges p95 < 300ms")
	if err != nil {
		t.Fatal(err)
	}
	return &engine.Status{
		State: engine.Running, Run: 3, Started: begin, At: begin.Add(time.Second), Users: 7, Idle: 2, Target: 9,
		Config: engine.Config{Model: engine.Open}, Stats: table.Snapshot(),
		Scenarios: []engine.Headcount{{Name: "shop", Users: 4}, {Name: "forum", Users: 3}},
		Checks:    []engine.CheckStatus{{Check: check, Now: checks.Result{Known: true}, Run: checks.Result{Known: true, OK: true}, Breaches: 2}},
	}
}

// within returns the bucket, of those made of t, in which the p-th percentile is.
func within(t stats.Tally, p float64) int {
	e := exponentialOf(t)
	rank := int64(math.Ceil(p / 100 * float64(t.Count) * (1 - 1e-14)))
	seen := e.zero
	if seen >= rank {
		return math.MinInt
	}
	for i, n := range e.counts {
		if seen += n; seen >= rank {
			return e.first + i
		}
	}
	return math.MaxInt
}

func TestPercentilesLieInTheBucketsThatSaySo(t *testing.T) {
	for i, line := range busy(t, 20).Stats.Rows {
		all := line.All()
		for _, p := range []float64{1, 25, 50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100} {
			want, got := all.Percentile(p).Seconds(), within(all, p)
			if want == 0 && got == math.MinInt {
				continue
			}
			if want > bound(got) || want <= bound(got-1) {
				t.Errorf("row %d: the %v-th percentile is %v s, but lies in the bucket from %v to %v", i, p, want, bound(got-1), bound(got))
			}
		}
	}
}

func TestBucketsAreWhereTheirBoundsSay(t *testing.T) {
	check := func(seconds float64) {
		if i := bucketOf(seconds); seconds > bound(i) || seconds <= bound(i-1) {
			t.Errorf("%v s is in bucket %d, from %v to %v", seconds, i, bound(i-1), bound(i))
		}
	}
	for us := 1; us < 3_600_000_000; us += 1 + us/500 {
		check(float64(us) / 1e6)
	}
	for i := -700; i < 400; i++ {
		check(bound(i))
		check(math.Nextafter(bound(i), math.Inf(1)))
	}
	for seconds, want := range map[float64]int{1: 0, 2: 1 << scale, 0.5: -(1 << scale), 4: 2 << scale} {
		if got := bucketOf(seconds); got != want {
			t.Errorf("bucketOf(%v) = %d, want %d", seconds, got, want)
		}
	}
}

func TestErrorsAreOfFewKinds(t *testing.T) {
	for format, want := range map[string]string{
		"connection refused": "connection refused", "refused by policy": "refused by policy", "cut by stop": "cut by stop",
		"status 500": "500", "status 201, expected 200": "201", "status 999": "999",
		"status 5000": "assertion", "status": "assertion", "status 50": "assertion", "status abc": "assertion",
		"city is named %q, want %q": "assertion", "(other)": "assertion", "": "assertion", "status -12": "assertion",
	} {
		if got := errorType(format); got != want {
			t.Errorf("errorType(%q) = %q, want %q", format, got, want)
		}
	}
}

func TestFailuresAddUpToThoseOfTheRows(t *testing.T) {
	s := busy(t, 50)
	var failures, unsent float64
	for _, m := range read(s, "1.2.3").metrics {
		for _, p := range m.points {
			switch m.name {
			case "gregaria.failures":
				failures += p.value
			case "gregaria.unsent_requests":
				unsent += p.value
			}
		}
	}
	if want := float64(s.Stats.Total.Failures()); failures != want || unsent != 1 {
		t.Errorf("%v failures and %v unsent, want %v and 1", failures, unsent, want)
	}
}
