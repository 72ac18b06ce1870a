package telemetry

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// How Prometheus asks.
const (
	asText       = "text/plain;version=0.0.4"
	asOpen       = "application/openmetrics-text;version=1.0.0"
	asProtobuf   = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
	asPrometheus = asProtobuf + ", " + asOpen + ";q=0.8, " + asText + ";q=0.5"
)

// scrape asks for the metrics of s and returns them by name.
func scrape(t testing.TB, s *engine.Status, accept string) map[string]*dto.MetricFamily {
	t.Helper()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	Handler(fixed{s}, "1.2.3").ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("GET /metrics: %d %s", w.Code, w.Body)
	}
	families := map[string]*dto.MetricFamily{}
	decoder := expfmt.NewDecoder(w.Body, expfmt.ResponseFormat(w.Header()))
	for {
		f := new(dto.MetricFamily)
		switch err := decoder.Decode(f); {
		case errors.Is(err, io.EOF):
			return families
		case err != nil:
			t.Fatalf("GET /metrics as %s: %v", accept, err)
		}
		families[f.GetName()] = f
	}
}

// label returns a label of m.
func label(m *dto.Metric, name string) string {
	for _, p := range m.Label {
		if p.GetName() == name {
			return p.GetValue()
		}
	}
	return ""
}

// value returns what a family has for a row, or of all its values without one.
func value(f *dto.MetricFamily, key stats.Key) (sum float64) {
	for _, m := range f.GetMetric() {
		if key == (stats.Key{}) || label(m, "method") == key.Method && label(m, "name") == key.Name {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue()
		}
	}
	return sum
}

func TestPrometheusIsToldTheNumbersOfTheSnapshot(t *testing.T) {
	s := busy(t, 50)
	for _, accept := range []string{asText, asPrometheus} {
		got := scrape(t, s, accept)
		for _, line := range s.Stats.Rows {
			if line.Method == stats.Group {
				continue
			}
			for name, want := range map[string]int64{
				"gregaria_requests_total": line.Requests(), "gregaria_failures_total": line.Failures(), "gregaria_received_bytes_total": line.All().Bytes,
			} {
				if got := value(got[name], line.Key); got != float64(want) {
					t.Errorf("%s of %v = %v, want %d", name, line.Key, got, want)
				}
			}
		}
		for name, want := range map[string]float64{
			"gregaria_requests_total": float64(s.Stats.Total.Requests()), "gregaria_failures_total": float64(s.Stats.Total.Failures()),
			"gregaria_received_bytes_total": float64(s.Stats.Total.All().Bytes), "gregaria_unsent_requests_total": 1, "gregaria_exceptions_total": 2,
			"gregaria_users": 7, "gregaria_scenario_users": 7, "gregaria_idle_users": 2, "gregaria_target_arrivals_per_second": 9,
			"gregaria_arrivals_total": 10, "gregaria_arrivals_started_total": 8, "gregaria_arrivals_completed_total": 6,
			"gregaria_arrivals_late_total": 3, "gregaria_arrivals_dropped_total": 2,
			"gregaria_check_ok": 0, "gregaria_check_run_ok": 1, "gregaria_check_breaches_total": 2,
			"gregaria_run_number": 3, "gregaria_state": 1, "gregaria_build_info": 1, "gregaria_generator_spans_total": 1,
			"gregaria_generator_verdict": 1, "gregaria_generator_lag_seconds": 0.001, "gregaria_generator_processor_ratio": 0.5,
			"gregaria_numbers_start_time_seconds": float64(s.Stats.From.Unix()), "gregaria_run_start_time_seconds": float64(s.Started.Unix()),
		} {
			if f := got[name]; f == nil || value(f, stats.Key{}) != want {
				t.Errorf("%s = %v, want %v", name, f, want)
			}
		}
		if f := got["gregaria_target_users"]; f != nil {
			t.Errorf("the open model has %v", f)
		}
	}
}

// tallies returns the response times of all rows by outcome.
func tallies(s *engine.Status) map[[3]string]stats.Tally {
	all := map[[3]string]stats.Tally{}
	for _, line := range s.Stats.Rows {
		if line.Method == stats.Group {
			continue
		}
		all[[3]string{line.Method, line.Name, "ok"}] = line.OK.Response()
		all[[3]string{line.Method, line.Name, "failed"}] = line.Failed.Response()
	}
	return all
}

func TestPrometheusIsToldTheTimesOfTheSnapshot(t *testing.T) {
	s := busy(t, 50)
	want := tallies(s)
	seen := 0
	for _, m := range scrape(t, s, asPrometheus)["gregaria_response_time_seconds"].GetMetric() {
		key := [3]string{label(m, "method"), label(m, "name"), label(m, "outcome")}
		tally, h := want[key], m.GetHistogram()
		seen++
		if h.GetSampleCount() != uint64(tally.Count) || h.GetSampleSum() != tally.Sum().Seconds() || h.GetSchema() != scale {
			t.Errorf("%q: %d samples, sum %v, schema %d; want %d, %v, %d", key, h.GetSampleCount(), h.GetSampleSum(), h.GetSchema(), tally.Count, tally.Sum().Seconds(), scale)
		}
		if at := h.GetCreatedTimestamp().AsTime(); !at.Equal(s.Stats.From) {
			t.Errorf("%q: created %v, want %v", key, at, s.Stats.From)
		}
		// The buckets as Prometheus reads them, against each percentile.
		buckets, index, n := map[int]int64{}, 0, int64(0)
		deltas := h.GetPositiveDelta()
		for _, span := range h.GetPositiveSpan() {
			index += int(span.GetOffset())
			for range span.GetLength() {
				n += deltas[0]
				deltas = deltas[1:]
				buckets[index] = n
				index++
			}
		}
		for _, p := range []float64{50, 90, 95, 99, 99.9, 100} {
			rank, at := int64(0), -1000
			for rank = int64(h.GetZeroCount()); float64(rank) < p/100*float64(tally.Count)*(1-1e-14) && at < 1000; at++ {
				rank += buckets[at+1]
			}
			if got := tally.Percentile(p).Seconds(); at > -1000 && (got > bound(at) || got <= bound(at-1)) {
				t.Errorf("%q: p%v = %v, but the native histogram has it from %v to %v", key, p, got, bound(at-1), bound(at))
			}
		}
		if len(h.GetBucket()) != len(classic) {
			t.Errorf("%q: %d classic buckets beside, want %d", key, len(h.GetBucket()), len(classic))
		}
	}
	nonEmpty := 0
	for _, tally := range want {
		if tally.Count > 0 {
			nonEmpty++
		}
	}
	if seen != nonEmpty {
		t.Errorf("%d histograms, want %d", seen, nonEmpty)
	}
}

func TestClassicBucketsAgreeWithThePercentiles(t *testing.T) {
	s := busy(t, 50)
	want := tallies(s)
	for _, accept := range []string{asText, asPrometheus} {
		for _, m := range scrape(t, s, accept)["gregaria_response_time_seconds"].GetMetric() {
			key := [3]string{label(m, "method"), label(m, "name"), label(m, "outcome")}
			tally := want[key]
			last := uint64(0)
			for _, b := range m.GetHistogram().GetBucket() {
				n, le := b.GetCumulativeCount(), b.GetUpperBound()
				if n < last || n > uint64(tally.Count) {
					t.Fatalf("%q: %d up to %v after %d", key, n, le, last)
				}
				last = n
				if share := 100 * float64(n) / float64(tally.Count); n > 0 && le < 1e9 && tally.Percentile(share).Seconds() > le {
					t.Errorf("%q: %d of %d are up to %v, but p%v is %v", key, n, tally.Count, le, share, tally.Percentile(share).Seconds())
				}
				if n < uint64(tally.Count) && tally.Percentile(100*float64(n+1)/float64(tally.Count)).Seconds() <= le {
					t.Errorf("%q: only %d of %d are up to %v, but one more is %v", key, n, tally.Count, le, tally.Percentile(100*float64(n+1)/float64(tally.Count)))
				}
			}
		}
	}
}

func TestMetricsPassPrometheusOwnLint(t *testing.T) {
	for name, s := range map[string]*engine.Status{"busy": busy(t, 3), "ready": {State: engine.Ready, Stats: &stats.Snapshot{}}} {
		registry := prometheus.NewPedanticRegistry()
		registry.MustRegister(collector{fixed{s}, "1.2.3"})
		families, err := registry.Gather()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		problems, err := promlint.NewWithMetricFamilies(families).Lint()
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: lint says %v, %v", name, problems, err)
		}
		for _, f := range families {
			if !model.LegacyValidation.IsValidMetricName(f.GetName()) {
				t.Errorf("%s is no name of old", f.GetName())
			}
		}
	}
}

// What comes from a target or a scenario cannot make a line of its own.
func TestNamesCannotForgeMetrics(t *testing.T) {
	s := busy(t, 1)
	s.Scenarios[0].Name = "a\"} 1\ngregaria_users 99\n\xff"
	for _, accept := range []string{asText, asOpen, asPrometheus} {
		if accept == asOpen {
			r := httptest.NewRequest("GET", "/metrics", nil)
			r.Header.Set("Accept", accept)
			w := httptest.NewRecorder()
			Handler(fixed{s}, "1").ServeHTTP(w, r)
			if n := strings.Count(w.Body.String(), "\ngregaria_users "); n != 1 || !strings.HasSuffix(w.Body.String(), "# EOF\n") {
				t.Errorf("%d lines of gregaria_users, want 1", n)
			}
			continue
		}
		got := scrape(t, s, accept)
		if v := value(got["gregaria_users"], stats.Key{}); v != 7 || len(got["gregaria_users"].Metric) != 1 {
			t.Errorf("as %s: gregaria_users = %v", accept, got["gregaria_users"])
		}
	}
}

func TestAProgramWithoutARunHasLittleToTell(t *testing.T) {
	got := scrape(t, &engine.Status{State: engine.Ready, At: time.Now(), Stats: &stats.Snapshot{}}, asPrometheus)
	if value(got["gregaria_build_info"], stats.Key{}) != 1 || value(got["gregaria_users"], stats.Key{}) != 0 || got["gregaria_requests_total"] != nil {
		t.Errorf("told %v", got)
	}
}

// However many names a scenario makes up, a scrape is bounded.
func TestAScrapeIsBounded(t *testing.T) {
	got := scrape(t, busy(t, 3000), asPrometheus)
	if n := len(got["gregaria_requests_total"].Metric); n > stats.MaxRows+2 {
		t.Errorf("%d rows, want at most %d", n, stats.MaxRows+2)
	}
	if n := len(got["gregaria_failures_total"].Metric); n > stats.MaxRows+2 {
		t.Errorf("%d failures, want at most %d", n, stats.MaxRows+2)
	}
}

func BenchmarkScrape(b *testing.B) {
	h := Handler(fixed{busy(b, 1000)}, "1")
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", asPrometheus)
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		b.ReportMetric(float64(w.Body.Len()), "bytes")
	}
}
