package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

func TestLimitsAndTelemetryByFlag(t *testing.T) {
	ok := newTarget(t, fine)
	var traced, all atomic.Int64
	tracing := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		all.Add(1)
		if regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`).MatchString(r.Header.Get("traceparent")) {
			traced.Add(1)
		}
	})
	run := func(args ...string) []string {
		return append([]string{"--headless", "-t", "1", "-s", "60", "-H", ok.URL, "hit"}, args...)
	}
	tests := map[string]struct {
		args   []string
		status int
		err    string // what stderr must match
	}{
		"a target allowed":         {run("--allow-target", "10.0.0.0/8,127.0.0.0/8"), 0, `run is over`},
		"a target not allowed":     {run("--allow-target", "shop.test", "--allow-target", "*.example.com"), 2, `^\S+: --host: refused by policy: 127\.0\.0\.1:\d+ is not among the targets allowed \(--allow-target 127\.0\.0\.1 allows it\)\n$`},
		"metadata":                 {[]string{"--headless", "-H", "http://169.254.169.254", "hit"}, 2, `--host: refused by policy: 169\.254\.169\.254:80`},
		"no target":                {run("--allow-target", "http://shop.test"), 2, `--allow-target: "http://shop\.test" is a URL: leave out what comes before shop\.test`},
		"several that are none":    {run("--allow-target", "a:x,10.0.0.0/99"), 2, `(?s)--allow-target: "a:x".*--allow-target: "10\.0\.0\.0/99"`},
		"too many users":           {run("--max-users", "2", "-u", "3"), 2, `^\S+: --users: 3 is more than the 2 this program was started with \(--max-users\)\n$`},
		"too many in stages":       {run("--max-users", "2", "--stages", "1s:3"), 2, `--stages: 3 is more than the 2`},
		"too many arrivals":        {run("--max-rate", "10", "--arrivals", "11"), 2, `--arrivals: 11 a second is more than the 10 this program was started with \(--max-rate\)`},
		"too long":                 {[]string{"--headless", "-t", "2m", "--max-run-time", "1m", "-H", ok.URL, "hit"}, 2, `--run-time: 2m is more than the 1m this program was started with \(--max-run-time\)`},
		"no end of its own":        {[]string{"--headless", "--max-run-time", "1s", "-s", "60", "-H", ok.URL, "hit"}, 0, `reason="the run time of 1s is over"`},
		"no number of users":       {run("--max-users", "many"), 2, `--max-users: "many" is not a number of users — write one from 1`},
		"no user at all":           {run("--max-users", "0"), 2, `--max-users: "0"`},
		"no rate":                  {run("--max-rate", "NaN"), 2, `--max-rate: "NaN" is not a rate`},
		"no time":                  {run("--max-run-time", "soon"), 2, `--max-run-time: `},
		"no share":                 {run("--traceparent", "1.5"), 2, `--traceparent: "1\.5" is not a share`},
		"no collector":             {run("--otlp-endpoint", "localhost:4318"), 2, `--otlp-endpoint: "localhost:4318" is not the URL of a collector — write for example http://localhost:4318`},
		"metrics without a page":   {run("--metrics"), 0, `--metrics says nothing with --headless`},
		"a collector that is gone": {run("--otlp-endpoint", "http://127.0.0.1:1"), 0, `the OTLP collector does not take the numbers`},
		"requests held back":       {run("--max-rate", "2", "-u", "5", "-r", "100"), 0, `requests were held back.*--max-rate`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := launch(t, nil, tt.args...)
			c.exits(t, tt.status)
			if text := c.err.String(); !regexp.MustCompile(tt.err).MatchString(text) {
				t.Errorf("%q: stderr\n%s\nwant a match for %s", tt.args, text, tt.err)
			}
		})
	}
	t.Run("traces", func(t *testing.T) {
		t.Parallel()
		launch(t, nil, "--headless", "-t", "1", "-s", "60", "-H", tracing.URL, "--traceparent", "1", "hit").exits(t, 0)
		if all.Load() == 0 || traced.Load() != all.Load() {
			t.Errorf("%d of %d requests had a traceparent, want all", traced.Load(), all.Load())
		}
	})
}

func TestMetricsBesideThePage(t *testing.T) {
	for _, flag := range []string{"--metrics", "--autostart"} { // the latter has none
		t.Run(flag, func(t *testing.T) {
			t.Parallel()
			tg := newTarget(t, fine)
			c := launch(t, nil, "--autostart", "-P", "0", "-H", tg.URL, flag, "hit")
			page := c.err.find(t, `page is at (http://\S+)`)[1]
			wait(t, "a request", tg.first)
			resp, err := http.Get(page + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if has := resp.StatusCode == http.StatusOK && strings.Contains(string(body), "\ngregaria_run_number 1\n"); has != (flag == "--metrics") {
				t.Errorf("%s: GET /metrics = %d %.500s", flag, resp.StatusCode, body)
			}
		})
	}
}

func TestACollectorIsToldOfTheWholeRun(t *testing.T) {
	tg := newTarget(t, fine)
	var told atomic.Int64
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); r.URL.Path == "/v1/metrics" && strings.Contains(string(body), "gregaria.response_time") {
			told.Add(1)
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("LOCUST_ENABLE_OPENTELEMETRY", "true")
	launch(t, nil, "--headless", "-t", "1", "-s", "60", "-H", tg.URL, "hit").exits(t, 0)
	if told.Load() == 0 {
		t.Error("the collector was not told before the program ended")
	}

	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
	c := launch(t, nil, "--headless", "-t", "1", "-H", tg.URL, "hit")
	c.exits(t, 2)
	c.err.find(t, `--otlp: OTEL_EXPORTER_OTLP_PROTOCOL is "http/json", which is not spoken — set it to http/protobuf, .*, or to grpc, on port 4317`)
}

// The protocol for metrics wins over that for all: gRPC begins with the preface of HTTP/2.
func TestACollectorIsToldByTheProtocolTheEnvironmentNames(t *testing.T) {
	tg := newTarget(t, fine)
	for protocol, begins := range map[string]string{"grpc": "PRI * HTTP/2.0\r\n", "http/protobuf": "POST /v1/metrics"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		heard := make(chan string, 1)
		go func() {
			conn, err := l.Accept()
			if err != nil {
				heard <- err.Error()
				return
			}
			said := make([]byte, 16)
			_, _ = io.ReadFull(conn, said)
			conn.Close()
			l.Close()
			heard <- string(said)
		}()
		t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "nonsense")
		t.Setenv("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", protocol)
		launch(t, nil, "--headless", "-t", "1", "-s", "60", "-H", tg.URL, "--otlp-endpoint", "http://"+l.Addr().String(), "hit").exits(t, 0)
		l.Close()
		if got := <-heard; got != begins {
			t.Errorf("by %s the collector hears %q, want %q", protocol, got, begins)
		}
	}
}

func TestOpenTelemetrysVariablesAreChecked(t *testing.T) {
	for name, text := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT":           "http://[::bad",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT":   "localhost:4318",
		"OTEL_EXPORTER_OTLP_CERTIFICATE":        "/nope",
		"OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY": "/nope",
		"OTEL_EXPORTER_OTLP_COMPRESSION":        "zip",
		"OTEL_EXPORTER_OTLP_TIMEOUT":            "10s",
		"OTEL_METRIC_EXPORT_INTERVAL":           "-1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, text)
			c := launch(t, nil, "--headless", "--otlp", "-t", "1", "-H", "http://127.0.0.1:1", "hit")
			c.exits(t, 2)
			c.err.find(t, regexp.QuoteMeta(fmt.Sprintf("--otlp: %s is %q, which is not", name, text)))
		})
	}
}
