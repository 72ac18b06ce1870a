package server

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/engine/stats"
)

// requestsAnswer is Locust's answer to GET /stats/requests, and what we add to it
// below. Times are in milliseconds. State has a value that Locust's has not: "paused",
// in which users do nothing new.
type requestsAnswer struct {
	Stats                []rowAnswer         `json:"stats"`
	Errors               []failureAnswer     `json:"errors"`
	CurrentRPS           float64             `json:"current_rps"`
	CurrentFailPerSecond float64             `json:"current_fail_per_sec"`
	TotalRPS             float64             `json:"total_rps"`
	TotalFailPerSecond   float64             `json:"total_fail_per_sec"`
	FailRatio            float64             `json:"fail_ratio"`
	CurrentPercentiles   map[string]*float64 `json:"current_response_time_percentiles"`
	Current50            *float64            `json:"current_response_time_percentile_50"` // as earlier Locusts had it,
	Current95            *float64            `json:"current_response_time_percentile_95"` // and exporters read it
	State                engine.State        `json:"state"`
	UserCount            int                 `json:"user_count"`

	Model    engine.Model   `json:"model"`    // "users" or "arrivals"
	Target   float64        `json:"target"`   // load planned for this moment: users, or arrivals per second
	Arrivals arrivalsAnswer `json:"arrivals"` // of the whole run; zero in the closed model
	Health   healthAnswer   `json:"health"`
	Phases   []phaseAnswer  `json:"phases"`
	Seed     string         `json:"seed"` // of all random choices; a text, since scripts round numbers as large as it
	Checks   []checkAnswer  `json:"checks"`
	Events   []eventAnswer  `json:"events"` // the start of the run, then the latest, oldest first
}

// A checkAnswer is how the run does by a check. Values are in milliseconds, percent or
// plain numbers.
type checkAnswer struct {
	Check         string       `json:"check"` // as it is written: "GET /cart p95 < 300ms"
	Bound         float64      `json:"bound"`
	Now           resultAnswer `json:"now"`     // in the last 10 s
	Run           resultAnswer `json:"run"`     // in the whole run
	Pending       bool         `json:"pending"` // a count has not yet grown as far as it must
	FirstBreach   string       `json:"first_breach,omitempty"`
	InBreach      float64      `json:"seconds_in_breach"` // now, without a break
	Breaches      int          `json:"breaches"`
	BrokenSeconds float64      `json:"seconds_broken"` // all together
}

// A resultAnswer is what a check says of some time; when it is not known, nothing.
type resultAnswer struct {
	Known  bool     `json:"known"`
	OK     *bool    `json:"ok"`
	Value  *float64 `json:"value"`
	Margin *float64 `json:"margin"` // share of the bound; negative beyond it
}

type eventAnswer struct {
	At   string `json:"at"`
	Kind string `json:"kind"`
	Text string `json:"text"`
}

func result(r checks.Result) resultAnswer {
	if !r.Known {
		return resultAnswer{}
	}
	return resultAnswer{true, &r.OK, &r.Value, &r.Margin}
}

// instant words a moment for programs.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

type arrivalsAnswer struct {
	Due       int64 `json:"due"`
	Started   int64 `json:"started"`
	Completed int64 `json:"completed"`
	Late      int64 `json:"late"`
	Dropped   int64 `json:"dropped"`
}

// A healthAnswer says how far the numbers can be trusted: "valid", "degraded",
// "invalid" or "unknown".
type healthAnswer struct {
	Verdict string         `json:"verdict"` // on the whole run
	Now     string         `json:"now"`     // on the latest second
	Reasons []reasonAnswer `json:"reasons"` // the gravest first
}

type reasonAnswer struct {
	Text    string `json:"text"`
	Verdict string `json:"verdict"`
	Seconds int    `json:"seconds"`
}

// A phaseAnswer is a part of requests' times, of all requests when it has no name.
type phaseAnswer struct {
	Phase string `json:"phase"`
	Name  string `json:"name"`
	timesAnswer
}

type timesAnswer struct {
	Count   int64   `json:"count"`
	Average float64 `json:"average"`
	Median  float64 `json:"median"`
	P95     float64 `json:"percentile_0.95"`
	P99     float64 `json:"percentile_0.99"`
	Max     float64 `json:"max"`
}

func times(t stats.Tally) timesAnswer {
	ps := t.Percentiles(50, 95, 99)
	return timesAnswer{t.Count, ms(t.Mean()), ms(ps[0]), ms(ps[1]), ms(ps[2]), ms(t.Max())}
}

type rowAnswer struct {
	Method               string  `json:"method"`
	Name                 string  `json:"name"`
	Requests             int64   `json:"num_requests"`
	Failures             int64   `json:"num_failures"`
	Min                  float64 `json:"min_response_time"`
	Max                  float64 `json:"max_response_time"`
	CurrentRPS           float64 `json:"current_rps"`
	CurrentFailPerSecond float64 `json:"current_fail_per_sec"`
	Average              float64 `json:"avg_response_time"`
	Median               float64 `json:"median_response_time"`
	TotalRPS             float64 `json:"total_rps"`
	TotalFailPerSecond   float64 `json:"total_fail_per_sec"`
	P95                  float64 `json:"response_time_percentile_0.95"`
	P99                  float64 `json:"response_time_percentile_0.99"`
	AverageBytes         float64 `json:"avg_content_length"`

	// Service has the service times, from when a request was sent to its end, where
	// they differ from the response times that all the others are.
	Service *timesAnswer `json:"service_time,omitempty"`
}

type failureAnswer struct {
	Name        string `json:"name"`
	Method      string `json:"method"`
	Error       string `json:"error"`
	Occurrences int64  `json:"occurrences"`
	FirstSeen   string `json:"first_seen"`
	LastSeen    string `json:"last_seen"`

	Example string `json:"example"` // the latest message of the group
	Ours    bool   `json:"ours"`    // this machine could not send the requests; they are in no row
}

// requests answers with everything the tables say, as a file to keep with download=1.
func (s *Server) requests(w http.ResponseWriter, r *http.Request) {
	status := s.engine.Status()
	snap := status.Stats
	total := row(snap, snap.Total)
	total.Name = "Aggregated"
	a := requestsAnswer{
		Stats: make([]rowAnswer, 0, len(snap.Rows)+1), Errors: make([]failureAnswer, 0, len(snap.Failures)),
		CurrentRPS: snap.Total.Rate, CurrentFailPerSecond: snap.Total.FailRate,
		TotalRPS: total.TotalRPS, TotalFailPerSecond: total.TotalFailPerSecond, FailRatio: snap.Total.FailRatio(),
		CurrentPercentiles: map[string]*float64{"response_time_percentile_0.5": nil, "response_time_percentile_0.95": nil},
		State:              status.State, UserCount: status.Users,
		Model: cmp.Or(status.Config.Model, engine.Closed), Target: status.Target, Arrivals: arrivalsAnswer(snap.Arrivals),
		Health: health(snap), Phases: make([]phaseAnswer, 0, len(snap.Phases)),
		Seed: strconv.FormatUint(status.Config.Seed, 10), Checks: []checkAnswer{}, Events: []eventAnswer{},
	}
	for _, c := range status.Checks {
		a.Checks = append(a.Checks, checkAnswer{
			Check: c.String(), Bound: c.Bound, Now: result(c.Now), Run: result(c.Run), Pending: c.Pending,
			FirstBreach: instant(c.FirstBreach), InBreach: c.InBreach.Seconds(), Breaches: c.Breaches, BrokenSeconds: c.Broken.Seconds(),
		})
	}
	for _, e := range status.Events {
		a.Events = append(a.Events, eventAnswer{instant(e.At), string(e.Kind), e.Text})
	}
	for _, line := range snap.Rows {
		a.Stats = append(a.Stats, row(snap, line))
	}
	a.Stats = append(a.Stats, total)
	for _, f := range snap.Failures {
		a.Errors = append(a.Errors, failureAnswer{
			Name: f.Name, Method: f.Method, Error: report.Kind(f.Failure), Occurrences: f.Count, Example: f.Example, Ours: f.Ours,
			FirstSeen: f.First.UTC().Format(time.RFC3339), LastSeen: f.Last.UTC().Format(time.RFC3339),
		})
	}
	for _, p := range snap.Phases {
		a.Phases = append(a.Phases, phaseAnswer{p.Method, p.Name, times(p.All())})
	}
	if current := snap.Current.All().Response(); current.Count > 0 {
		ps := current.Percentiles(50, 95)
		p50, p95 := ms(ps[0]), ms(ps[1])
		a.Current50, a.CurrentPercentiles["response_time_percentile_0.5"] = &p50, &p50
		a.Current95, a.CurrentPercentiles["response_time_percentile_0.95"] = &p95, &p95
	}
	if r.URL.Query().Get("download") == "1" {
		attach(w, fileName(status, "requests", "json"))
	}
	writeJSON(w, http.StatusOK, a)
}

func row(snap *stats.Snapshot, line stats.Line) rowAnswer {
	all := line.All().Response()
	ps := all.Percentiles(50, 95, 99)
	requests, failures := snap.Rates(line.Row)
	a := rowAnswer{
		Method: line.Method, Name: line.Name, Requests: all.Count, Failures: line.Failures(),
		Min: ms(all.Min()), Max: ms(all.Max()), Average: ms(all.Mean()), AverageBytes: all.MeanBytes(),
		CurrentRPS: line.Rate, CurrentFailPerSecond: line.FailRate, TotalRPS: requests, TotalFailPerSecond: failures,
		Median: ms(ps[0]), P95: ms(ps[1]), P99: ms(ps[2]),
	}
	if service := line.All(); service.Lagged() {
		t := times(service)
		a.Service = &t
	}
	return a
}

func health(snap *stats.Snapshot) healthAnswer {
	a := healthAnswer{snap.Health.Verdict().String(), snap.Now.Verdict().String(), []reasonAnswer{}}
	for _, r := range snap.Health.Gravest() {
		a.Reasons = append(a.Reasons, reasonAnswer{r.Text, r.Worst.String(), r.Spans})
	}
	return a
}

func ms(d time.Duration) float64 { return float64(d.Round(time.Microsecond).Microseconds()) / 1000 }

func (s *Server) exceptions(w http.ResponseWriter, _ *http.Request) {
	type answer struct {
		Count     int64  `json:"count"`
		Message   string `json:"msg"`
		Traceback string `json:"traceback"`
		Nodes     string `json:"nodes"`
	}
	list := []answer{}
	for _, e := range s.engine.Status().Stats.Exceptions {
		list = append(list, answer{e.Count, e.Message, e.Stack, "local"})
	}
	writeJSON(w, http.StatusOK, map[string]any{"exceptions": list})
}

// tasks answers with the share of users per scenario and of picks per task.
func (s *Server) tasks(w http.ResponseWriter, _ *http.Request) {
	status := s.engine.Status()
	counts := status.Scenarios
	if status.Run == 0 { // what could run
		for _, p := range s.engine.Plans() {
			counts = append(counts, engine.Headcount{Name: p.Name, Tasks: p.Tasks})
		}
	}
	writeJSON(w, http.StatusOK, engine.NewShares(counts))
}

// workerCount answers as Locust does without workers.
func (s *Server) workerCount(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]int{"worker_count": 0})
}

func (s *Server) logLines(w http.ResponseWriter, _ *http.Request) {
	lines := []string{}
	for _, l := range s.logs() {
		lines = append(lines, l.String())
	}
	writeJSON(w, http.StatusOK, map[string]any{"master": lines, "workers": map[string][]string{}})
}
