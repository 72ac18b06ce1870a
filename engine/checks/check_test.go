package checks

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

func TestParseReadsWhatPeopleWrite(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Check
		say  string // canonically; "" means as written
	}{
		{"GET /cart p95 < 300ms", Check{"GET", "/cart", "p95", Less, 300}, ""},
		{"fail% < 1", Check{"", "", FailRate, Less, 1}, "fail% < 1%"},
		{"rps > 500", Check{"", "", RPS, Greater, 500}, ""},
		{"rps>500/s", Check{"", "", RPS, Greater, 500}, "rps > 500"},
		{"/cart avg <= 50ms", Check{"", "/cart", Avg, AtMost, 50}, ""},
		{"p99.9<2s", Check{"", "", "p99.9", Less, 2000}, "p99.9 < 2s"},
		{"fails < 10", Check{"", "", Fails, Less, 10}, ""},
		{"requests >= 1000", Check{"", "", Requests, AtLeast, 1000}, ""},
		{"max<1s", Check{"", "", Max, Less, 1000}, "max < 1s"},
		{"median<20ms", Check{"", "", "p50", Less, 20}, "p50 < 20ms"},
		{"min > 100us", Check{"", "", Min, Greater, 0.1}, ""},
		{"min>100 µs", Check{"", "", Min, Greater, 0.1}, "min > 100us"},
		{"  GET   /cart   P95<300 ", Check{"GET", "/cart", "p95", Less, 300}, "GET /cart p95 < 300ms"},
		{"p95 < 1234.5", Check{"", "", "p95", Less, 1234.5}, "p95 < 1.2345s"},
		{"p100 != 0", Check{"", "", "p100", Unequal, 0}, "p100 != 0ms"},
		{"error% ≤ 0.5 %", Check{"", "", FailRate, AtMost, 0.5}, "fail% <= 0.5%"},
		{"fail % < 2", Check{"", "", FailRate, Less, 2}, "fail% < 2%"},
		{"GET /search?a=1&b<2 avg == 5", Check{"GET", "/search?a=1&b<2", Avg, Equal, 5}, "GET /search?a=1&b<2 avg == 5ms"},
		{"POST the long way home p50 < 1s", Check{"POST", "the long way home", "p50", Less, 1000}, ""},
		{"checkout and pay p50 < 1s", Check{"", "checkout and pay", "p50", Less, 1000}, ""},
		{"POST rps > 5", Check{"POST", "", RPS, Greater, 5}, ""},
		{"95% < 10", Check{"", "", "p95", Less, 10}, "p95 < 10ms"},
		{"fails/s == 0", Check{"", "", FailsPS, Equal, 0}, ""},
		{"avg < 1e3", Check{"", "", Avg, Less, 1000}, "avg < 1s"},
	} {
		got, err := Parse(tt.text)
		if err != nil || got != tt.want {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
			continue
		}
		if tt.say == "" {
			tt.say = tt.text
		}
		if got.String() != tt.say {
			t.Errorf("Parse(%q).String() = %q, want %q", tt.text, got, tt.say)
		}
		if again, err := Parse(got.String()); again != got {
			t.Errorf("Parse(%q) = %+v, %v, want what it was written from: %+v", got, again, err, got)
		}
	}
}

func TestParseNamesThePlaceTheMistakeAndTheWayOut(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", []string{"is missing", "GET /cart p95 < 300ms"}},
		{"p95<300ms, rps>1", []string{"two checks", `"p95<300ms" and "rps>1"`}},
		{"GET /cart p95 < 300ms and fail% < 1", []string{"two checks", `"fail% < 1"`}},
		{"p95<300ms; rps>1; avg<5", []string{"two checks"}},
		{"\"GET /\" p95<300ms", []string{"character 1", "no quotes", "write GET / p95"}},
		{"http_req_duration: p(95)<300", []string{"k6", "write p95 < 300ms"}},
		{"GET /cart p(99.9) <= 1s", []string{`"p(99.9)"`, "write p99.9"}},
		{"http_req_failed: rate<0.01", []string{"k6", "write fail% < 1"}},
		{"GET /cart p59x < 300ms", []string{"character 11", `"p59x"`, "write for example p95"}},
		{"GET /cart medain < 300ms", []string{"character 11", `"medain"`, "did you mean p50?"}},
		{"/cart averge < 3", []string{"character 7", "did you mean avg?"}},
		{"requets > 3", []string{"character 1", "did you mean requests?"}},
		{"/cart < 300ms", []string{"character 1", `"/cart" is no metric`, "p50, p95", "rps"}},
		{"< 300ms", []string{"character 1", "a metric is missing before <"}},
		{"GET /cart p95", []string{"character 1", "compares nothing", "GET /cart p95 < 300ms"}},
		{"p95 < 300ms && fail% < 1", []string{"joins two checks", "a check of its own"}},
		{"GET /cart", []string{"GET /cart p95 < 300ms"}},
		{"p95 = 3", []string{"character 5", "write =="}},
		{"p95 => 3", []string{"character 5", "write >="}},
		{"p95 <<< 3", []string{"character 5", `"<<<" is no operator`, "!="}},
		{"p95 <", []string{"character 6", "a bound is missing", "300ms"}},
		{"p95 < soon", []string{"character 7", `"soon" is not a number`}},
		{"p95 < 1,000", []string{"character 7", "not a number"}},
		{"p95 < 3 weeks", []string{"character 7", `"weeks" is no unit of time`, "ms, s or us"}},
		{"rps > 3ms", []string{`"ms" is no unit of rps`}},
		{"fail% < 101", []string{"from 0 to 100"}},
		{"p95 < -3", []string{"at least 0"}},
		{"p95 < NaN", []string{"character 7"}},
		{"p0 < 3", []string{"character 1", "no percentile"}},
		{"p101 < 3", []string{"no percentile"}},
		{"p95 < 1e999", []string{"out of range"}},
		{"süß p9x < 3", []string{"character 5"}},
		{"p95 < 3\x00", []string{"no text"}},
		{strings.Repeat("a", 2000), []string{"too long"}},
	} {
		c, err := Parse(tt.text)
		if err == nil {
			t.Errorf("Parse(%q) = %+v, want an error", tt.text, c)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("Parse(%q) = %q, want %q in it", tt.text, err, want)
			}
		}
	}
}

func TestParseAllReadsLinesAndReportsAllMistakes(t *testing.T) {
	list, err := ParseAll("p95 < 3\r\n\n fails == 0\n")
	if err != nil || len(list) != 2 {
		t.Errorf("ParseAll of two lines = %v, %v", list, err)
	}
	_, err = ParseAll("p95 < 3\np95\nfoo < 1")
	for _, want := range []string{"line 2: ", "line 3: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseAll with two mistakes: %v, want %q in it", err, want)
		}
	}
}

// snapshot is ten seconds of /cart in 1 to 100 ms, each tenth of which failed, and of
// a quick /front.
func snapshot() *stats.Snapshot {
	began := time.Date(2026, 3, 14, 14, 0, 0, 0, time.UTC)
	r := stats.NewRecorder(began)
	for i := range 100 {
		s := stats.Sample{Method: "GET", Name: "/cart", Took: time.Duration(i+1) * time.Millisecond}
		if i%10 == 0 {
			s.Problem = &stats.Problem{Format: "status 500", At: began}
		}
		r.Shard(i).Record(s)
		r.Shard(i).Record(stats.Sample{Method: "POST", Name: "/cart", Took: time.Millisecond})
		r.Shard(i).Record(stats.Sample{Method: "GET", Name: "/front", Took: time.Millisecond})
		r.Shard(i).Record(stats.Sample{Method: stats.Group, Name: "/front", Took: time.Second})
		r.Shard(i).Record(stats.Sample{Method: stats.Group, Name: "buy", Took: time.Second})
	}
	var table stats.Table
	table.Add(r.Drain(began.Add(10*time.Second), stats.Gauges{}))
	return table.Snapshot()
}

func TestEvaluateJudgesTheRequestsItIsAbout(t *testing.T) {
	s := snapshot()
	for _, tt := range []struct {
		text  string
		value float64
		ok    bool
	}{
		{"GET /cart p95 < 100ms", 95, true}, {"GET /cart p95 < 95ms", 95, false}, {"GET /cart p95 <= 95.1ms", 95, true},
		{"GET /cart avg > 50", 50.5, true}, {"GET /cart min == 1", 1, true}, {"GET /cart max != 100", 100, false},
		{"GET /cart fail% < 10", 10, false}, {"GET /cart fails < 11", 10, true}, {"GET /cart rps >= 10", 10, true},
		{"/cart requests == 200", 200, true}, {"/cart fail% <= 5", 5, true}, {"GET requests == 200", 200, true},
		{"requests == 300", 300, true}, {"rps < 30", 30, false}, {"fails/s <= 1", 1, true},
		{"/front max < 2", 1, true}, {"buy max < 2s", 1000, true}, {"GROUP /front max >= 1s", 1000, true},
	} {
		c, err := Parse(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		row, _ := c.Find(s)
		got := c.Evaluate(row, s.Span())
		if !got.Known || got.OK != tt.ok || math.Abs(got.Value-tt.value) > 0.1 {
			t.Errorf("%q.Evaluate = %+v, want %v, %v", tt.text, got, tt.value, tt.ok)
		}
	}
}

func TestNothingIsKnownOfRequestsThatNeverCame(t *testing.T) {
	for _, text := range []string{"GET /none p95 < 1", "/none avg < 1", "GROUP p95 < 1", "/none fail% < 1"} {
		c, _ := Parse(text)
		row, keys := c.Find(&stats.Snapshot{})
		if got := c.Evaluate(row, time.Second); got.Known || len(keys) != 0 {
			t.Errorf("%q.Evaluate of nothing = %+v, %v", text, got, keys)
		}
	}
}

func TestMarginIsTheRoomThereIs(t *testing.T) {
	for _, tt := range []struct {
		op                 Op
		value, bound, want float64
	}{
		{Less, 75, 100, 0.25}, {Less, 150, 100, -0.5}, {Greater, 150, 100, 0.5}, {AtLeast, 0, 100, -1},
		{Equal, 90, 100, -0.1}, {Equal, 100, 100, 0}, {Unequal, 90, 100, 0.1}, {Less, 5, 0, -1}, {AtMost, 0, 0, 0}, {Greater, 5, 0, 1},
	} {
		if got := tt.op.margin(tt.value, tt.bound); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("margin of %v %s %v = %v, want %v", tt.value, tt.op, tt.bound, got, tt.want)
		}
	}
}

func TestACountThatMustGrowIsPendingUntilItHas(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    float64
		want bool
	}{
		{"requests >= 1000", 10, true}, {"requests >= 1000", 1000, false}, {"requests == 10", 9, true}, {"requests == 10", 11, false},
		{"fails < 10", 5, false}, {"fails < 10", 15, false}, {"requests > 10", 10, true}, {"rps > 10", 1, false},
	} {
		c, _ := Parse(tt.text)
		if got := c.Pending(Result{Known: true, OK: c.Op.holds(tt.n, c.Bound), Value: tt.n}); got != tt.want {
			t.Errorf("%q.Pending at %v = %v, want %v", tt.text, tt.n, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"GET /cart p95 < 300ms", "fail %≤1%", "a<b p9.9!=1µs", "= < >", "p99.99 <2s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(c.String())
		if err != nil || again.String() != c.String() {
			t.Errorf("Parse(%q) = %q, which reads as %q, %v", text, c, again, err)
		}
	})
}
