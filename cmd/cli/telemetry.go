package cli

import (
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/gregaria/gregaria/engine/telemetry"
)

// addTelemetry adds the flags of who else is told of a run while it is on.
func (f *flags) addTelemetry() {
	f.group("Telemetry")
	f.toggle("metrics", "", "serve /metrics beside the page, for Prometheus")
	f.toggle("otlp", "", "tell an OpenTelemetry collector every ten seconds, by OTLP; OTEL_EXPORTER_OTLP_ENDPOINT and the like say which and how, OTEL_EXPORTER_OTLP_PROTOCOL=grpc by gRPC")
	f.value("otlp-endpoint", "", "URL", "", "with that, or instead of it: the collector to tell (default http://localhost:4318, by gRPC 4317)")
	f.toggle("otel", "", "the same as --otlp, as Locust has it")
	f.value("traceparent", "", "SHARE", "0", "give so many of all requests a traceparent, for the target's own tracing: 0.01 is one in a hundred")
}

// readTelemetry reads them.
func (f *flags) readTelemetry(o *options, env Env) {
	o.metrics = f.on("metrics")
	if o.metrics && f.on("headless") {
		f.warnings = append(f.warnings, "--metrics says nothing with --headless, which serves no page: --otlp tells a collector")
	}
	o.otlpEndpoint = strings.TrimSpace(f.last("otlp-endpoint"))
	otlp, otel := f.on("otlp"), f.on("otel")
	if o.otlp = otlp || otel || o.otlpEndpoint != ""; o.otlp {
		o.otlpGRPC = f.checkOTLP(o.otlpEndpoint, env)
	}
	share, err := strconv.ParseFloat(strings.TrimSpace(f.last("traceparent")), 64)
	if err != nil || !(share >= 0 && share <= 1) {
		f.wrong("--traceparent: %q is not a share of requests — write a number from 0 to 1, such as 0.01", f.last("traceparent"))
	}
	o.traced = share
}

// checkOTLP notes why a collector cannot be told, and returns whether it is told by gRPC.
func (f *flags) checkOTLP(endpoint string, env Env) (grpc bool) {
	if endpoint != "" && !isCollector(endpoint) {
		f.wrong("--otlp-endpoint: %q is not the URL of a collector — write for example http://localhost:4318", endpoint)
	}
	if env.Lookup == nil {
		return false
	}
	f.checkOTEL(endpoint == "", env.Lookup)
	for _, name := range []string{"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} { // the first wins
		switch protocol, _ := env.Lookup(name); protocol {
		case "":
			continue
		case "grpc":
			return true
		case "http/protobuf":
		default:
			f.wrong("--otlp: %s is %q, which is not spoken — set it to http/protobuf, which collectors take on port 4318, or to grpc, on port 4317", name, protocol)
		}
		return false
	}
	return false
}

func isCollector(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// checkOTEL notes what is wrong with OpenTelemetry's own variables, which its SDK would
// leave out in silence. Those of the endpoint count unless a flag names one.
func (f *flags) checkOTEL(endpoint bool, lookup func(string) (string, bool)) {
	check := func(ok func(string) bool, help string, names ...string) {
		for _, name := range names {
			text, _ := lookup(name)
			if text = strings.TrimSpace(text); text != "" && !ok(text) {
				f.wrong("--otlp: %s is %q, which is not %s", name, text, help)
			}
		}
	}
	both := func(what string) []string {
		return []string{"OTEL_EXPORTER_OTLP_METRICS_" + what, "OTEL_EXPORTER_OTLP_" + what}
	}
	if endpoint {
		check(isCollector, "the URL of a collector — write for example http://localhost:4318", both("ENDPOINT")...)
	}
	hasPEM := func(file string) bool {
		text, err := os.ReadFile(file)
		block, _ := pem.Decode(text)
		return err == nil && block != nil
	}
	for _, what := range []string{"CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"} {
		check(hasPEM, "a file in PEM that can be read", both(what)...)
	}
	check(func(text string) bool { return text == "gzip" || text == "none" }, "gzip or none", both("COMPRESSION")...)
	milliseconds := append(both("TIMEOUT"), "OTEL_METRIC_EXPORT_INTERVAL", "OTEL_METRIC_EXPORT_TIMEOUT")
	check(func(text string) bool { n, err := strconv.Atoi(text); return err == nil && n > 0 }, "a number of milliseconds, such as 10000", milliseconds...)
}

// metrics returns what answers Prometheus, nil unless somebody asked for that.
func (p *program) metrics() http.Handler {
	if !p.opts.metrics {
		return nil
	}
	return telemetry.Handler(p.engine, thisBuild().version)
}

// push begins to tell a collector, if somebody asked for that, and returns what tells it
// for the last time.
func (p *program) push() (end func(), err error) {
	if !p.opts.otlp {
		return func() {}, nil
	}
	pusher, err := telemetry.Push(p.engine, telemetry.PushOptions{
		Endpoint: p.opts.otlpEndpoint, GRPC: p.opts.otlpGRPC, Version: thisBuild().version, Logger: p.log.Logger,
	})
	if err != nil {
		return nil, err
	}
	return pusher.Close, nil
}
