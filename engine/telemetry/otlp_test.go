package telemetry

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	collected "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// receive starts a collector. What it is told comes out of the channel.
func receive(t *testing.T, status int) (url string, told <-chan *collected.ExportMetricsServiceRequest) {
	t.Helper()
	all := make(chan *collected.ExportMetricsServiceRequest, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		request := new(collected.ExportMetricsServiceRequest)
		if r.URL.Path != "/v1/metrics" || r.Header.Get("Content-Type") != "application/x-protobuf" || err != nil || proto.Unmarshal(body, request) != nil {
			t.Errorf("told %s %s as %s, %v; want metrics in protobuf", r.Method, r.URL, r.Header.Get("Content-Type"), err)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(status)
		all <- request
	}))
	t.Cleanup(srv.Close)
	return srv.URL, all
}

// quietly keeps what the machine's environment says of OTLP out of a test.
func quietly(t *testing.T) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"} {
		t.Setenv(name, "")
	}
}

func push(t *testing.T, s *engine.Status, opts PushOptions) *Pusher {
	t.Helper()
	opts.Version = "1.2.3"
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	p, err := Push(fixed{s}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func attributes(list []*common.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range list {
		m[kv.Key] = kv.Value.GetStringValue()
	}
	return m
}

// byName returns the metrics of a message and what it says of the program.
func byName(t *testing.T, m *collected.ExportMetricsServiceRequest) (map[string]*metrics.Metric, map[string]string) {
	t.Helper()
	if len(m.ResourceMetrics) != 1 || len(m.ResourceMetrics[0].ScopeMetrics) != 1 {
		t.Fatalf("told %v, want one resource and one scope", m)
	}
	all := map[string]*metrics.Metric{}
	for _, m := range m.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		all[m.Name] = m
	}
	return all, attributes(m.ResourceMetrics[0].Resource.Attributes)
}

// A grpcCollector takes what it is told by gRPC.
type grpcCollector struct {
	collected.UnimplementedMetricsServiceServer
	told chan *collected.ExportMetricsServiceRequest
}

func (c grpcCollector) Export(_ context.Context, r *collected.ExportMetricsServiceRequest) (*collected.ExportMetricsServiceResponse, error) {
	c.told <- r
	return &collected.ExportMetricsServiceResponse{}, nil
}

// sumOf adds up the points of a counter.
func sumOf(m *metrics.Metric) (sum float64) {
	for _, p := range m.GetSum().GetDataPoints() {
		sum += p.GetAsDouble()
	}
	return sum
}

// By gRPC a collector is told what it is told by HTTP.
func TestACollectorIsToldTheSameByGRPC(t *testing.T) {
	quietly(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := grpcCollector{told: make(chan *collected.ExportMetricsServiceRequest, 100)}
	srv := grpc.NewServer()
	collected.RegisterMetricsServiceServer(srv, c)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	defer func() {
		srv.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	s := busy(t, 50)
	url, told := receive(t, http.StatusOK)
	push(t, s, PushOptions{Endpoint: url}).Close()
	endpoint := "http://" + l.Addr().String()
	push(t, s, PushOptions{Endpoint: endpoint, GRPC: true}).Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
	push(t, s, PushOptions{GRPC: true}).Close()
	want, about := byName(t, <-told)
	for _, how := range []string{"the endpoint", "the environment"} {
		got, aboutToo := byName(t, <-c.told)
		if len(got) != len(want) || !maps.Equal(about, aboutToo) {
			t.Errorf("by gRPC, to %s: told %d metrics of %v, want %d of %v", how, len(got), aboutToo, len(want), about)
		}
		for name, m := range want { // whose points are in any order
			if proto.Size(got[name]) != proto.Size(m) || sumOf(got[name]) != sumOf(m) {
				t.Errorf("by gRPC, to %s: told\n%v\nwant\n%v", how, got[name], m)
			}
		}
	}
}

func TestACollectorIsToldTheNumbersOfTheSnapshotAtTheEnd(t *testing.T) {
	quietly(t)
	s := busy(t, 50)
	url, told := receive(t, http.StatusOK)
	push(t, s, PushOptions{Endpoint: url}).Close()
	got, about := byName(t, <-told)
	if about["service.name"] != "gregaria" || about["service.version"] != "1.2.3" || about["host.name"] == "" {
		t.Errorf("the resource is %v, want name, version and host", about)
	}
	sums := func(name string, by func(map[string]string) bool) (sum float64) {
		for _, p := range got[name].GetSum().GetDataPoints() {
			if by == nil || by(attributes(p.Attributes)) {
				sum += p.GetAsDouble()
			}
			if p.StartTimeUnixNano != uint64(s.Stats.From.UnixNano()) || p.TimeUnixNano != uint64(s.At.UnixNano()) {
				t.Errorf("%s is from %d to %d, want the beginning of the numbers and now", name, p.StartTimeUnixNano, p.TimeUnixNano)
			}
		}
		if sum := got[name].GetSum(); !sum.GetIsMonotonic() || sum.GetAggregationTemporality() != metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE {
			t.Errorf("%s is %v, want a cumulative counter", name, sum)
		}
		return sum
	}
	for _, line := range s.Stats.Rows {
		if line.Method == stats.Group {
			continue
		}
		of := func(a map[string]string) bool { return a["method"] == line.Method && a["name"] == line.Name }
		if n := sums("gregaria.requests", of); n != float64(line.Requests()) {
			t.Errorf("gregaria.requests of %v = %v, want %d", line.Key, n, line.Requests())
		}
		if n := sums("gregaria.failures", of); n != float64(line.Failures()) {
			t.Errorf("gregaria.failures of %v = %v, want %d", line.Key, n, line.Failures())
		}
	}
	if n := sums("gregaria.failures", func(a map[string]string) bool { return a["error.type"] == "503" }); n == 0 {
		t.Error("no failures of error.type 503")
	}
	if n := sums("gregaria.received", nil); n != float64(s.Stats.Total.All().Bytes) || got["gregaria.received"].Unit != "By" {
		t.Errorf("gregaria.received = %v %s, want %d By", n, got["gregaria.received"].Unit, s.Stats.Total.All().Bytes)
	}
	if p := got["gregaria.users"].GetGauge().GetDataPoints(); len(p) != 1 || p[0].GetAsDouble() != 7 {
		t.Errorf("gregaria.users = %v, want 7", p)
	}

	want := tallies(s)
	for _, p := range got["gregaria.response_time"].GetExponentialHistogram().GetDataPoints() {
		a := attributes(p.Attributes)
		tally := want[[3]string{a["method"], a["name"], a["outcome"]}]
		if p.Count != uint64(tally.Count) || p.GetSum() != tally.Sum().Seconds() || p.GetMin() != tally.Min().Seconds() || p.GetMax() != tally.Max().Seconds() || p.Scale != scale {
			t.Errorf("%v: %d samples, sum %v, from %v to %v; want %d, %v, %v, %v", a, p.Count, p.GetSum(), p.GetMin(), p.GetMax(),
				tally.Count, tally.Sum().Seconds(), tally.Min().Seconds(), tally.Max().Seconds())
		}
		e := exponentialOf(tally)
		n := p.ZeroCount
		for i, count := range p.Positive.BucketCounts { // bucket i of OpenTelemetry ends where its i+1 begins
			n += count
			if index := int(p.Positive.Offset) + i + 1 - e.first; e.counts[index] != int64(count) {
				t.Errorf("%v: %d in bucket %d, want %d", a, count, e.first+index, e.counts[index])
			}
		}
		if n != uint64(tally.Count) || p.ZeroCount != uint64(e.zero) {
			t.Errorf("%v: %d in all buckets, %d zero; want %d, %d", a, n, p.ZeroCount, tally.Count, e.zero)
		}
		delete(want, [3]string{a["method"], a["name"], a["outcome"]})
	}
	for key, tally := range want {
		if tally.Count > 0 {
			t.Errorf("nothing is told of %q", key)
		}
	}
}

func TestACollectorIsToldAgainAndAgain(t *testing.T) {
	quietly(t)
	t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "5") // ms
	url, told := receive(t, http.StatusOK)
	p := push(t, busy(t, 1), PushOptions{Endpoint: url})
	for range 3 {
		<-told
	}
	p.Close()
}

func TestTheEnvironmentSaysWhomToTellAndWhoTells(t *testing.T) {
	quietly(t)
	url, told := receive(t, http.StatusOK)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
	t.Setenv("OTEL_SERVICE_NAME", "shop-load")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team=shop")
	push(t, busy(t, 1), PushOptions{}).Close()
	if _, about := byName(t, <-told); about["service.name"] != "shop-load" || about["team"] != "shop" {
		t.Errorf("the resource is %v, want what the environment says", about)
	}
}

func TestEndpointsLeadToTheMetrics(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://h:4318": "http://h:4318/v1/metrics", "http://h:4318/": "http://h:4318/v1/metrics",
		"https://h/otlp": "https://h/otlp/v1/metrics", "https://h/otlp/v1/metrics": "https://h/otlp/v1/metrics",
	} {
		if got := metricsURL(endpoint); got != want {
			t.Errorf("metricsURL(%q) = %q, want %q", endpoint, got, want)
		}
	}
}

// Whoever is down, refuses, or takes a connection and says nothing costs a log line a
// minute, and the end of the program a few seconds.
func TestACollectorThatIsNotThereDisturbsNobody(t *testing.T) {
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	busyOne, _ := receive(t, http.StatusServiceUnavailable)
	for name, url := range map[string]string{"down": gone.URL, "refusing": busyOne, "deaf": "http://" + deaf.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			quietly(t)
			t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "20")
			t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
			var log bytes.Buffer
			exports := make(chan struct{}, 1000)
			p := push(t, busy(t, 1), PushOptions{Endpoint: url, Logger: slog.New(slog.NewTextHandler(&counting{&log, exports}, nil))})
			<-exports
			p.Close() // which tells once more
			lines := slices.DeleteFunc(strings.Split(log.String(), "\n"), func(l string) bool { return l == "" })
			if len(lines) != 1 || !strings.Contains(lines[0], "the OTLP collector does not take the numbers") {
				t.Errorf("logged %q, want one line", lines)
			}
		})
	}
}

// A counting writer tells of each write.
type counting struct {
	io.Writer
	writes chan<- struct{}
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.writes <- struct{}{}
	return n, err
}

func TestTheLogSaysOnceAMinuteThatACollectorIsDown(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	p := &patient{log: logger}
	begin := time.Now()
	for second := range 150 {
		p.note(io.ErrUnexpectedEOF, begin.Add(time.Duration(second)*time.Second))
	}
	p.note(nil, begin.Add(150*time.Second))
	p.note(nil, begin.Add(151*time.Second))
	if n, back := strings.Count(log.String(), "does not take"), strings.Count(log.String(), "answers again"); n != 3 || back != 1 {
		t.Errorf("150 s down: %d lines and %d that it is back, want 3 and 1", n, back)
	}
}
