package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// What Prometheus exporters written for Locust read of GET /stats/requests. Those in Go
// stop at the first value of another type, and then export nothing.
type exported struct {
	Stats []struct {
		Method        string  `json:"method"`
		Name          string  `json:"name"`
		Requests      int     `json:"num_requests"`
		Failures      int     `json:"num_failures"`
		Average       float64 `json:"avg_response_time"`
		Min           float64 `json:"min_response_time"`
		Max           float64 `json:"max_response_time"`
		Median        float64 `json:"median_response_time"`
		P95           float64 `json:"response_time_percentile_0.95"`
		P99           float64 `json:"response_time_percentile_0.99"`
		RPS           float64 `json:"current_rps"`
		FailPerSecond float64 `json:"current_fail_per_sec"`
		Bytes         float64 `json:"avg_content_length"`
	} `json:"stats"`
	Errors []struct {
		Method      string `json:"method"`
		Name        string `json:"name"`
		Error       string `json:"error"`
		Occurrences int    `json:"occurrences"`
	} `json:"errors"`
	TotalRPS  float64 `json:"total_rps"`
	FailRatio float64 `json:"fail_ratio"`
	P95       float64 `json:"current_response_time_percentile_95"` // of Locust until 2.16
	P50       float64 `json:"current_response_time_percentile_50"`
	Current   struct {
		P95 float64 `json:"response_time_percentile_0.95"`
		P50 float64 `json:"response_time_percentile_0.5"`
	} `json:"current_response_time_percentiles"`
	WorkerCount int    `json:"worker_count,omitempty"`
	State       string `json:"state"`
	Users       int    `json:"user_count"`
	Workers     []struct {
		ID    string `json:"id"`
		State string `json:"state"`
		Users int    `json:"user_count"`
	} `json:"workers"`
}

// Those in Python take a value of any type, but each field must be there.
var (
	pythonFields = []string{"user_count", "state", "fail_ratio", "total_rps", "errors", "stats",
		"current_response_time_percentile_50", "current_response_time_percentile_95"}
	pythonRowFields = []string{"method", "name", "avg_content_length", "avg_response_time", "current_rps", "max_response_time", "median_response_time",
		"min_response_time", "num_failures", "num_requests"}
	pythonErrorFields = []string{"method", "name", "error", "occurrences"}
)

// An exporter for Locust works unchanged: in every state it reads all its fields, and
// they have the engine's values.
func TestExportersForLocustReadOurNumbers(t *testing.T) {
	s, e := newServer(t, nil)
	export := func(state engine.State) (x exported) {
		t.Helper()
		body := call{name: string(state), method: "GET", path: "/stats/requests", status: 200}.do(t, s).Body.Bytes()
		if err := json.Unmarshal(body, &x); err != nil {
			t.Fatalf("%s: an exporter in Go: %v in %s", state, err, body)
		}
		var all map[string]json.RawMessage
		var lists struct{ Stats, Errors []map[string]json.RawMessage }
		if err := json.NewDecoder(bytes.NewReader(body)).Decode(&all); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(body, &lists); err != nil {
			t.Fatal(err)
		}
		has := func(what string, object map[string]json.RawMessage, fields []string) {
			for _, field := range fields {
				if _, ok := object[field]; !ok {
					t.Errorf("%s: %s lack %s, which exporters in Python read", state, what, field)
				}
			}
		}
		has("the numbers", all, pythonFields)
		for _, row := range lists.Stats {
			has("rows", row, pythonRowFields)
		}
		for _, failure := range lists.Errors {
			has("errors", failure, pythonErrorFields)
		}
		if x.State != string(state) || len(x.Workers) != 0 || x.WorkerCount != 0 {
			t.Errorf("state %q with %d workers, want %q and none", x.State, len(x.Workers), state)
		}
		return x
	}

	x := export(engine.Ready)
	if len(x.Stats) != 1 || x.Stats[0].Name != "Aggregated" || x.Stats[0].Method != "" || x.Stats[0].Requests != 0 || x.Current.P50 != 0 {
		t.Errorf("before a run exporters read %+v, want the sum alone, of nothing", x)
	}

	call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "4", "spawn_rate", "1000"), status: 200}.do(t, s)
	waitFor(t, e, "numbers", func(s *engine.Status) bool {
		return s.State == engine.Running && len(s.Stats.Failures) > 0 && s.Stats.Current.All().Count > 0
	})
	if x = export(engine.Running); x.Users != 4 || x.Stats[len(x.Stats)-1].RPS <= 0 || x.Current.P95 <= 0 || x.P95 <= 0 || x.P50 <= 0 || x.FailRatio <= 0 {
		t.Errorf("during a run exporters read %+v, want 4 users, rates and percentiles", x)
	}

	e.Stop("enough")
	snap := e.Status().Stats
	if x = export(engine.Stopped); len(x.Stats) != len(snap.Rows)+1 || len(x.Errors) != len(snap.Failures) || x.FailRatio != snap.Total.FailRatio() {
		t.Fatalf("after the run exporters read %d rows, %d errors and a fail ratio of %v, want %d, %d and %v",
			len(x.Stats)-1, len(x.Errors), x.FailRatio, len(snap.Rows), len(snap.Failures), snap.Total.FailRatio())
	}
	for i, line := range append(append([]stats.Line{}, snap.Rows...), snap.Total) {
		all, row := line.All().Response(), x.Stats[i]
		ps := all.Percentiles(50, 95, 99)
		got := fmt.Sprint(row.Method, row.Requests, row.Failures, row.Average, row.Min, row.Max, row.Median, row.P95, row.P99, row.Bytes, row.RPS, row.FailPerSecond)
		want := fmt.Sprint(line.Method, all.Count, line.Failures(), ms(all.Mean()), ms(all.Min()), ms(all.Max()), ms(ps[0]), ms(ps[1]), ms(ps[2]), all.MeanBytes(), line.Rate, line.FailRate)
		if got != want || i < len(snap.Rows) && row.Name != line.Name {
			t.Errorf("row %s: exporters read %s, want %s", line.Name, got, want)
		}
	}
	for i, f := range snap.Failures {
		if got := x.Errors[i]; got.Method != f.Method || got.Name != f.Name || got.Error != f.Format || int64(got.Occurrences) != f.Count {
			t.Errorf("error %d: exporters read %+v, want %+v", i, got, f)
		}
	}
}
