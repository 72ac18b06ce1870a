package server

import (
	"net/http"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// requestsAnswer is Locust's answer to GET /stats/requests. Times are in
// milliseconds.
type requestsAnswer struct {
	Stats                []rowAnswer         `json:"stats"`
	Errors               []failureAnswer     `json:"errors"`
	CurrentRPS           float64             `json:"current_rps"`
	CurrentFailPerSecond float64             `json:"current_fail_per_sec"`
	TotalRPS             float64             `json:"total_rps"`
	TotalFailPerSecond   float64             `json:"total_fail_per_sec"`
	FailRatio            float64             `json:"fail_ratio"`
	CurrentPercentiles   map[string]*float64 `json:"current_response_time_percentiles"`
	State                engine.State        `json:"state"`
	UserCount            int                 `json:"user_count"`
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
}

type failureAnswer struct {
	Name        string `json:"name"`
	Method      string `json:"method"`
	Error       string `json:"error"`
	Occurrences int64  `json:"occurrences"`
	FirstSeen   string `json:"first_seen"`
	LastSeen    string `json:"last_seen"`
	Example     string `json:"example"` // ours: the latest message of the group
}

func (s *Server) requests(w http.ResponseWriter, _ *http.Request) {
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
	}
	for _, line := range snap.Rows {
		a.Stats = append(a.Stats, row(snap, line))
	}
	a.Stats = append(a.Stats, total)
	for _, f := range snap.Failures {
		a.Errors = append(a.Errors, failureAnswer{
			Name: f.Name, Method: f.Method, Error: f.Format, Occurrences: f.Count, Example: f.Example,
			FirstSeen: f.First.UTC().Format(time.RFC3339), LastSeen: f.Last.UTC().Format(time.RFC3339),
		})
	}
	if current := snap.Current.All(); current.Count > 0 {
		ps := current.Percentiles(50, 95)
		p50, p95 := ms(ps[0]), ms(ps[1])
		a.CurrentPercentiles["response_time_percentile_0.5"] = &p50
		a.CurrentPercentiles["response_time_percentile_0.95"] = &p95
	}
	writeJSON(w, http.StatusOK, a)
}

func row(snap *stats.Snapshot, line stats.Line) rowAnswer {
	all := line.All()
	ps := all.Percentiles(50, 95, 99)
	requests, failures := snap.Rates(line.Row)
	return rowAnswer{
		Method: line.Method, Name: line.Name, Requests: all.Count, Failures: line.Failures(),
		Min: ms(all.Min()), Max: ms(all.Max()), Average: ms(all.Mean()), AverageBytes: all.MeanBytes(),
		CurrentRPS: line.Rate, CurrentFailPerSecond: line.FailRate, TotalRPS: requests, TotalFailPerSecond: failures,
		Median: ms(ps[0]), P95: ms(ps[1]), P99: ms(ps[2]),
	}
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
	type ratio struct {
		Ratio float64           `json:"ratio"`
		Tasks map[string]*ratio `json:"tasks,omitempty"`
	}
	var shares func(tasks []load.PlannedTask, whole float64) map[string]*ratio
	shares = func(tasks []load.PlannedTask, whole float64) map[string]*ratio {
		sum := 0
		for _, t := range tasks {
			sum += t.Weight
		}
		m := map[string]*ratio{}
		for _, t := range tasks {
			share := whole * float64(t.Weight) / float64(sum)
			r := &ratio{Ratio: share}
			if len(t.Steps) > 0 {
				r.Tasks = shares(t.Steps, share)
			}
			m[t.Name] = r
		}
		return m
	}
	status := s.engine.Status()
	counts := status.Scenarios
	if status.Run == 0 { // what could run
		for _, p := range s.engine.Plans() {
			counts = append(counts, engine.Headcount{Name: p.Name, Tasks: p.Tasks})
		}
	}
	perClass, total := map[string]*ratio{}, map[string]*ratio{}
	for _, h := range counts {
		share := 0.0
		if status.Users > 0 {
			share = float64(h.Users) / float64(status.Users)
		}
		perClass[h.Name] = &ratio{share, shares(h.Tasks, 1)}
		total[h.Name] = &ratio{share, shares(h.Tasks, share)}
	}
	writeJSON(w, http.StatusOK, map[string]any{"per_class": perClass, "total": total})
}

func (s *Server) logLines(w http.ResponseWriter, _ *http.Request) {
	lines := s.logs()
	if lines == nil {
		lines = []string{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"master": lines, "workers": map[string][]string{}})
}
