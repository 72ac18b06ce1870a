package report

import (
	"cmp"
	_ "embed"
	"io"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/stats"
)

// Schema is the JSON Schema of what JSON writes.
//
//go:embed schema.json
var Schema []byte

// jsonVersion counts what readers of an older version would misread. What is only added
// does not raise it.
const jsonVersion = 1

// A jsonRun is a run as JSON. Times end in _ms or _seconds, moments are in UTC, and what
// is not known is null. Schema says what each part is.
type jsonRun struct {
	Format     string          `json:"format"`
	Version    int             `json:"version"`
	Program    string          `json:"program"`
	Verdict    jsonVerdict     `json:"verdict"`
	Run        jsonState       `json:"run"`
	Config     jsonConfig      `json:"config"`
	Health     jsonHealth      `json:"health"`
	Checks     []jsonCheck     `json:"checks"`
	Total      jsonRow         `json:"total"`
	Rows       []jsonRow       `json:"rows"`
	Phases     []jsonPhase     `json:"phases"`
	Failures   []jsonFailure   `json:"failures"`
	Exceptions []jsonException `json:"exceptions"`
	Arrivals   *jsonArrivals   `json:"arrivals"`
	Timeline   []jsonPoint     `json:"timeline"`
	Events     []jsonEvent     `json:"events"`
}

type jsonVerdict struct {
	Outcome Outcome `json:"outcome"`
	Text    string  `json:"text"`
}

type jsonState struct {
	Number    int            `json:"number"`
	State     engine.State   `json:"state"`
	Reason    string         `json:"reason"`
	Started   *string        `json:"started"`
	Ended     *string        `json:"ended"`
	Seconds   float64        `json:"seconds"`
	Paused    float64        `json:"paused_seconds"`
	Measured  float64        `json:"measured_seconds"`
	Seed      string         `json:"seed"`
	Scenarios []jsonScenario `json:"scenarios"`
	Notices   []string       `json:"notices"`
	Abandoned int            `json:"users_abandoned"`
}

type jsonScenario struct {
	Name   string `json:"name"`
	Host   string `json:"host"`
	AtMost int    `json:"most_users"`
}

type jsonConfig struct {
	Model       engine.Model      `json:"model"`
	Users       int               `json:"users"`
	SpawnRate   float64           `json:"spawn_rate"`
	Rate        float64           `json:"arrivals_per_second"`
	UserCap     int               `json:"user_cap"`
	Poisson     bool              `json:"poisson"`
	Stages      string            `json:"stages"`
	Shape       string            `json:"shape"`
	Host        string            `json:"host"`
	RunTime     float64           `json:"run_time_seconds"`
	Iterations  int64             `json:"iterations"`
	StopTimeout float64           `json:"stop_timeout_seconds"`
	Scenarios   []string          `json:"scenarios"`
	Weights     map[string]int    `json:"weights"`
	Tags        []string          `json:"tags"`
	ExcludeTags []string          `json:"exclude_tags"`
	Off         []string          `json:"tasks_off"`
	Insecure    bool              `json:"insecure"`
	Params      map[string]string `json:"parameters"`
	CheckStop   float64           `json:"check_stop_seconds"`
	CheckWarmup float64           `json:"check_warmup_seconds"`
	ResetStats  bool              `json:"reset_stats"`
}

type jsonHealth struct {
	Verdict  string       `json:"verdict"`
	Valid    int          `json:"valid_seconds"`
	Degraded int          `json:"degraded_seconds"`
	Invalid  int          `json:"invalid_seconds"`
	Reasons  []jsonReason `json:"reasons"`
	Worst    jsonVitals   `json:"worst"`
}

type jsonReason struct {
	Text    string `json:"text"`
	Verdict string `json:"verdict"`
	Seconds int    `json:"seconds"`
}

type jsonVitals struct {
	Lag         float64 `json:"start_lag_p99_ms"`
	Canary      float64 `json:"timer_lag_p99_ms"`
	Scheduling  float64 `json:"scheduling_p99_ms"`
	Processor   float64 `json:"processor"`
	GC          float64 `json:"garbage_collector"`
	Throttled   float64 `json:"throttled"`
	Stolen      float64 `json:"stolen"`
	Descriptors float64 `json:"descriptors"`
	Suspended   float64 `json:"suspended_seconds"`
	Unsent      int64   `json:"unsent_requests"`
}

type jsonCheck struct {
	Check       string   `json:"check"`
	Method      string   `json:"method"`
	Name        string   `json:"name"`
	Metric      string   `json:"metric"`
	Operator    string   `json:"operator"`
	Bound       float64  `json:"bound"`
	Result      Holding  `json:"result"`
	Value       *float64 `json:"value"`
	Margin      *float64 `json:"margin"`
	Breaches    int      `json:"breaches"`
	Broken      float64  `json:"broken_seconds"`
	FirstBreach *string  `json:"first_breach"`
}

type jsonRow struct {
	Method         string           `json:"method"`
	Name           string           `json:"name"`
	Requests       int64            `json:"requests"`
	Failures       int64            `json:"failures"`
	PerSecond      float64          `json:"requests_per_second"`
	FailuresPerSec float64          `json:"failures_per_second"`
	Bytes          int64            `json:"bytes"`
	Statuses       map[string]int64 `json:"statuses"`
	Response       *jsonTimes       `json:"response_time"`
	Service        *jsonTimes       `json:"service_time"`
	OK             *jsonTimes       `json:"response_time_ok"`
	Failed         *jsonTimes       `json:"response_time_failed"`
}

type jsonTimes struct {
	Count       int64              `json:"count"`
	Min         float64            `json:"min_ms"`
	Average     float64            `json:"average_ms"`
	Max         float64            `json:"max_ms"`
	Percentiles map[string]float64 `json:"percentiles_ms"`
}

type jsonPhase struct {
	Phase string     `json:"phase"`
	Name  string     `json:"name"`
	Times *jsonTimes `json:"time"`
}

type jsonFailure struct {
	Method  string       `json:"method"`
	Name    string       `json:"name"`
	Error   string       `json:"error"`
	Latest  string       `json:"latest"`
	Count   int64        `json:"count"`
	Unsent  bool         `json:"unsent"`
	Status  *int         `json:"status"`
	First   *string      `json:"first"`
	Last    *string      `json:"last"`
	Users   int          `json:"users_at_first"`
	Samples []jsonSample `json:"samples"`
}

type jsonSample struct {
	At        *string `json:"at"`
	Message   string  `json:"message"`
	URL       string  `json:"url"`
	Status    *int    `json:"status"`
	Took      float64 `json:"service_time_ms"`
	Response  float64 `json:"response_time_ms"`
	Bytes     int64   `json:"bytes"`
	Scenario  string  `json:"scenario"`
	Task      string  `json:"task"`
	User      int     `json:"user"`
	Iteration int64   `json:"iteration"`
	Users     int     `json:"users"`
}

type jsonException struct {
	Group   string  `json:"group"`
	Count   int64   `json:"count"`
	Message string  `json:"message"`
	Stack   string  `json:"stack"`
	First   *string `json:"first"`
	Last    *string `json:"last"`
}

type jsonArrivals struct {
	Due       int64 `json:"due"`
	Started   int64 `json:"started"`
	Completed int64 `json:"completed"`
	Late      int64 `json:"late"`
	Dropped   int64 `json:"dropped"`
}

type jsonPoint struct {
	From     *string  `json:"from"`
	To       *string  `json:"to"`
	Users    int      `json:"users"`
	Target   float64  `json:"target"`
	Requests int64    `json:"requests"`
	Failures int64    `json:"failures"`
	P50      *float64 `json:"p50_ms"`
	P95      *float64 `json:"p95_ms"`
	P99      *float64 `json:"p99_ms"`
	Health   string   `json:"health"`
}

type jsonEvent struct {
	At   *string          `json:"at"`
	Kind engine.EventKind `json:"kind"`
	Text string           `json:"text"`
}

// JSON writes everything there is to know about a run, see Schema.
func JSON(w io.Writer, s *engine.Status) error { return writeJSON(w, newJSONRun(s, program())) }

// program says which build of the program made the run.
func program() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return build.Path + " " + cmp.Or(build.Main.Version, "(devel)")
}

func newJSONRun(s *engine.Status, program string) jsonRun {
	r := jsonRun{
		Format: "gregaria-report", Version: jsonVersion, Program: program,
		Verdict: jsonVerdict{OutcomeOf(s), outcomeText(s)},
		Run: jsonState{
			Number: s.Run, State: s.State, Reason: s.Reason, Started: instant(s.Started), Ended: instant(s.Ended),
			Seconds: s.Elapsed().Seconds(), Paused: s.Paused.Seconds(), Measured: s.Stats.Span().Seconds(),
			Seed: strconv.FormatUint(s.Config.Seed, 10), Scenarios: []jsonScenario{}, Notices: orEmpty(s.Notices), Abandoned: s.Abandoned,
		},
		Config: newJSONConfig(s.Config), Health: newJSONHealth(s.Stats.Health), Checks: []jsonCheck{},
		Total: newJSONRow(s.Stats, s.Stats.Total.Row), Rows: []jsonRow{}, Phases: []jsonPhase{},
		Failures: []jsonFailure{}, Exceptions: []jsonException{}, Timeline: []jsonPoint{}, Events: []jsonEvent{},
	}
	for _, h := range s.Scenarios {
		r.Run.Scenarios = append(r.Run.Scenarios, jsonScenario{h.Name, engine.WithoutUser(h.Host), h.AtMost})
	}
	for _, c := range s.Checks {
		r.Checks = append(r.Checks, newJSONCheck(s, c))
	}
	for _, l := range s.Stats.Rows {
		r.Rows = append(r.Rows, newJSONRow(s.Stats, l.Row))
	}
	for _, p := range phases(s.Stats) {
		r.Phases = append(r.Phases, jsonPhase{p.Method, p.Name, newJSONTimes(p.OK)})
	}
	for _, f := range s.Stats.Failures {
		r.Failures = append(r.Failures, newJSONFailure(f))
	}
	for _, e := range s.Stats.Exceptions {
		r.Exceptions = append(r.Exceptions, jsonException{e.Group, e.Count, e.Message, e.Stack, instant(e.First), instant(e.Last)})
	}
	if s.Config.Model == engine.Open {
		a := jsonArrivals(s.Stats.Arrivals)
		r.Arrivals = &a
	}
	for p := range s.History.Points() {
		r.Timeline = append(r.Timeline, newJSONPoint(p))
	}
	for _, e := range s.Events {
		r.Events = append(r.Events, jsonEvent{instant(e.At), e.Kind, e.Text})
	}
	return r
}

func newJSONConfig(c engine.Config) jsonConfig {
	j := jsonConfig{
		Model: cmp.Or(c.Model, engine.Closed), Users: c.Users, SpawnRate: c.SpawnRate, Rate: c.Rate, UserCap: c.UserCap, Poisson: c.Poisson,
		Stages: c.Stages.String(), Shape: c.Shape, Host: engine.WithoutUser(c.Host), RunTime: c.RunTime.Seconds(), Iterations: c.Iterations,
		StopTimeout: c.StopTimeout.Seconds(), Scenarios: orEmpty(c.Scenarios), Weights: c.Weights,
		Tags: orEmpty(c.Tags), ExcludeTags: orEmpty(c.ExcludeTags), Off: orEmpty(c.Off), Insecure: c.Insecure, Params: c.Params,
		CheckStop: c.CheckStop.Seconds(), CheckWarmup: c.CheckWarmup.Seconds(), ResetStats: c.ResetStats,
	}
	if j.Weights == nil {
		j.Weights = map[string]int{}
	}
	if j.Params == nil {
		j.Params = map[string]string{}
	}
	return j
}

func newJSONHealth(h stats.Health) jsonHealth {
	v := h.Worst
	j := jsonHealth{h.Verdict().String(), h.Valid, h.Degraded, h.Invalid, []jsonReason{}, jsonVitals{
		ms(v.Lag), ms(v.Canary), ms(v.Scheduling), v.Processor, v.GC, v.Throttled, v.Stolen, v.Descriptors, v.Suspended.Seconds(), v.Unsent,
	}}
	for _, r := range h.Gravest() {
		j.Reasons = append(j.Reasons, jsonReason{r.Text, r.Worst.String(), r.Spans})
	}
	return j
}

func newJSONCheck(s *engine.Status, c engine.CheckStatus) jsonCheck {
	j := jsonCheck{
		Check: c.String(), Method: c.Method, Name: c.Name, Metric: string(c.Metric), Operator: string(c.Op), Bound: c.Bound,
		Result: HoldingOf(c), Breaches: c.Breaches, Broken: c.Broken.Seconds(), FirstBreach: instant(c.FirstBreach),
	}
	if result := c.Run; result != (checks.Result{}) {
		j.Value, j.Margin = &result.Value, &result.Margin
	}
	return j
}

func newJSONRow(s *stats.Snapshot, r stats.Row) jsonRow {
	all := r.All()
	rate, failRate := s.Rates(r)
	j := jsonRow{
		Method: r.Method, Name: r.Name, Requests: r.Requests(), Failures: r.Failures(), PerSecond: rate, FailuresPerSec: failRate,
		Bytes: all.Bytes, Statuses: map[string]int64{},
		Response: newJSONTimes(all.Response()), OK: newJSONTimes(r.OK.Response()), Failed: newJSONTimes(r.Failed.Response()),
	}
	if all.Lagged() {
		j.Service = newJSONTimes(all)
	}
	for _, c := range r.Statuses {
		switch c.Of {
		case 0:
			j.Statuses["none"] = c.N
		case stats.Uncounted:
			j.Statuses["others"] = c.N
		default:
			j.Statuses[strconv.Itoa(c.Of)] = c.N
		}
	}
	return j
}

// newJSONTimes returns nil when there were no samples.
func newJSONTimes(t stats.Tally) *jsonTimes {
	if t.Count == 0 {
		return nil
	}
	j := &jsonTimes{t.Count, ms(t.Min()), ms(t.Mean()), ms(t.Max()), map[string]float64{}}
	for i, d := range t.Percentiles(percentiles...) {
		j.Percentiles[strconv.FormatFloat(percentiles[i], 'f', -1, 64)] = ms(d)
	}
	return j
}

func newJSONFailure(f stats.FailureLine) jsonFailure {
	j := jsonFailure{
		Method: f.Method, Name: f.Name, Error: Kind(f.Failure), Latest: f.Example, Count: f.Count, Unsent: f.Ours, Status: status(f.Status),
		First: instant(f.First), Last: instant(f.Last), Users: f.Users, Samples: []jsonSample{},
	}
	for _, e := range f.Samples {
		j.Samples = append(j.Samples, jsonSample{
			At: instant(e.At), Message: e.Message, URL: e.URL, Status: status(e.Status), Took: ms(e.Took), Response: ms(e.Slowness()),
			Bytes: e.Bytes, Scenario: e.Scenario, Task: e.Task, User: e.User, Iteration: e.Iteration, Users: e.Users,
		})
	}
	return j
}

func newJSONPoint(p stats.Point) jsonPoint {
	j := jsonPoint{
		From: instant(p.From), To: instant(p.To), Users: p.Users, Target: p.Target, Requests: p.Requests, Failures: p.Failures,
		Health: p.Health.Verdict().String(),
	}
	if p.Requests > 0 {
		p50, p95, p99 := ms(p.P50), ms(p.P95), ms(p.P99)
		j.P50, j.P95, j.P99 = &p50, &p95, &p99
	}
	return j
}

// status returns a status code, nil for none.
func status(code int) *int {
	if code == 0 {
		return nil
	}
	return &code
}

// instant words a moment for programs; nil for none.
func instant(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := t.UTC().Format("2006-01-02T15:04:05.000Z")
	return &text
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
