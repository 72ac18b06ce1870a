package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

const (
	pushEvery = 10 * time.Second // unless OTEL_METRIC_EXPORT_INTERVAL says otherwise
	lastPush  = 5 * time.Second  // how long the end of the program waits for the last one
)

// PushOptions are whom to tell, and what of the program.
type PushOptions struct {
	Endpoint string       // URL of a collector; "" means what OTEL_EXPORTER_OTLP_* say, or else this machine at the usual port
	GRPC     bool         // it speaks OTLP by gRPC, not by HTTP
	Version  string       // of the program
	Logger   *slog.Logger // nil means slog.Default()
}

// A Pusher tells a collector of the runs of a source again and again.
type Pusher struct {
	provider *sdk.MeterProvider
	log      *slog.Logger
}

// Push begins to tell a collector by OTLP what source has to tell, every ten seconds. What
// else OTEL_EXPORTER_OTLP_*, OTEL_METRIC_EXPORT_* and OTEL_RESOURCE_* say holds. A collector
// that does not answer disturbs nobody: it is told again the next time, and a log line says
// so once a minute.
func Push(source Source, opts PushOptions) (*Pusher, error) {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	exporter, err := opts.exporter(context.Background())
	if err != nil {
		return nil, fmt.Errorf("OTLP: %w", err)
	}
	about, err := resource.New(context.Background(),
		resource.WithAttributes(attribute.String("service.name", "gregaria"), attribute.String("service.version", opts.Version)),
		resource.WithHost(), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		opts.Logger.Warn("not all is known about this program for OTLP", "err", err)
	}
	reading := []sdk.PeriodicReaderOption{sdk.WithProducer(producer{source, opts.Version})}
	if os.Getenv("OTEL_METRIC_EXPORT_INTERVAL") == "" {
		reading = append(reading, sdk.WithInterval(pushEvery))
	}
	patient := &patient{Exporter: exporter, log: opts.Logger}
	return &Pusher{
		provider: sdk.NewMeterProvider(sdk.WithResource(about), sdk.WithReader(sdk.NewPeriodicReader(patient, reading...))),
		log:      opts.Logger,
	}, nil
}

// exporter returns what speaks to the collector. It sends nothing twice: what is told next
// tells all of it again.
func (o PushOptions) exporter(ctx context.Context) (sdk.Exporter, error) {
	endpoint := o.Endpoint
	if endpoint == "" && os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") == "" {
		endpoint = "http://localhost:4318" // as the specification says, and the SDK does not
		if o.GRPC {
			endpoint = "http://localhost:4317"
		}
	}
	if o.GRPC {
		options := []otlpmetricgrpc.Option{otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{Enabled: false})}
		if endpoint != "" {
			options = append(options, otlpmetricgrpc.WithEndpointURL(endpoint))
		}
		return otlpmetricgrpc.New(ctx, options...)
	}
	options := []otlpmetrichttp.Option{otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{Enabled: false})}
	if endpoint != "" {
		options = append(options, otlpmetrichttp.WithEndpointURL(metricsURL(endpoint)))
	}
	return otlpmetrichttp.New(ctx, options...)
}

// metricsURL returns where a collector wants to be told of metrics.
func metricsURL(endpoint string) string {
	const path = "/v1/metrics"
	endpoint = strings.TrimRight(endpoint, "/")
	if strings.HasSuffix(endpoint, path) {
		return endpoint
	}
	return endpoint + path
}

// Close tells the collector for the last time, for which it waits a few seconds at most.
func (p *Pusher) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), lastPush)
	defer cancel()
	if err := p.provider.Shutdown(ctx); err != nil {
		p.log.Warn("the OTLP collector may not know the last numbers", "err", err)
	}
}

// complainEvery is how often a collector that does not answer is logged.
const complainEvery = time.Minute

// A patient exporter has no errors: it logs them, now and then. It is called by one
// goroutine at a time.
type patient struct {
	sdk.Exporter
	log        *slog.Logger
	complained time.Time
	failing    bool
}

// Export sends what there is.
func (p *patient) Export(ctx context.Context, m *metricdata.ResourceMetrics) error {
	p.note(p.Exporter.Export(ctx, m), time.Now())
	return nil
}

// note logs what came of an export, if it is worth a line.
func (p *patient) note(err error, now time.Time) {
	switch {
	case err == nil && p.failing:
		p.log.Info("the OTLP collector answers again")
	case err != nil && now.Sub(p.complained) >= complainEvery:
		p.complained = now
		p.log.Warn("the OTLP collector does not take the numbers; it is told again each time", "err", err)
	}
	p.failing = err != nil
}

// A producer makes OpenTelemetry's metrics of the latest status.
type producer struct {
	source  Source
	version string
}

// Produce returns all there is at this moment.
func (p producer) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	r := read(p.source.Status(), p.version)
	scope := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: "github.com/gregaria/gregaria", Version: p.version}}
	for _, m := range r.metrics {
		if len(m.points) > 0 {
			scope.Metrics = append(scope.Metrics, metricdata.Metrics{Name: m.name, Description: m.help, Unit: m.unit, Data: m.otel(r.since, r.at)})
		}
	}
	return []metricdata.ScopeMetrics{scope}, nil
}

// otel returns the values of m as OpenTelemetry has them.
func (m *metric) otel(since, at time.Time) metricdata.Aggregation {
	if m.kind == histogram {
		h := metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality}
		for _, p := range m.points {
			h.DataPoints = append(h.DataPoints, p.exponential(m.attributes(p), since, at))
		}
		return h
	}
	var points []metricdata.DataPoint[float64]
	for _, p := range m.points {
		points = append(points, metricdata.DataPoint[float64]{Attributes: m.attributes(p), StartTime: since, Time: at, Value: p.value})
	}
	if m.kind == gauge {
		return metricdata.Gauge[float64]{DataPoints: points}
	}
	return metricdata.Sum[float64]{DataPoints: points, Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}
}

func (m *metric) attributes(p point) attribute.Set {
	var list []attribute.KeyValue
	for i, label := range p.labels {
		list = append(list, attribute.String(m.labels[i], strings.ToValidUTF8(label, "�")))
	}
	return attribute.NewSet(list...)
}

// exponential returns p as a histogram.
func (p point) exponential(attributes attribute.Set, since, at time.Time) metricdata.ExponentialHistogramDataPoint[float64] {
	t := p.times
	e := exponentialOf(t)
	h := metricdata.ExponentialHistogramDataPoint[float64]{
		Attributes: attributes, StartTime: since, Time: at,
		Count: uint64(t.Count), Sum: t.Sum().Seconds(), ZeroCount: uint64(e.zero), Scale: scale,
		Min: metricdata.NewExtrema(t.Min().Seconds()), Max: metricdata.NewExtrema(t.Max().Seconds()),
	}
	if len(e.counts) == 0 {
		return h
	}
	h.PositiveBucket.Offset = int32(e.first - 1) // there a bucket is called by its lower bound
	h.PositiveBucket.Counts = make([]uint64, len(e.counts))
	for i, n := range e.counts {
		h.PositiveBucket.Counts[i] = uint64(n)
	}
	return h
}
