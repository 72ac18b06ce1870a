package telemetry

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// Handler returns what answers Prometheus, for a program of some version. Histograms
// are classic ones to whoever asks for text, and native ones too for whoever takes
// protocol buffers.
func Handler(source Source, version string) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{source, version})
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorHandling:       promhttp.ContinueOnError,
		EnableOpenMetrics:   true,
		MaxRequestsInFlight: 4, // each makes all there is anew
	})
}

// A collector makes Prometheus's metrics of the latest status.
type collector struct {
	source  Source
	version string
}

// Describe describes nothing: what there is depends on the run.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends all there is at this moment.
func (c collector) Collect(metrics chan<- prometheus.Metric) {
	r := read(c.source.Status(), c.version)
	for _, m := range r.metrics {
		labels := make([]string, len(m.labels))
		for i, l := range m.labels {
			labels[i] = strings.ReplaceAll(l, ".", "_")
		}
		desc := prometheus.NewDesc(m.prometheus(), m.help, labels, nil)
		for _, p := range m.points {
			metrics <- m.constant(desc, p, r.since)
		}
	}
}

// prometheus returns the name of m as Prometheus has it.
func (m *metric) prometheus() string {
	name := strings.ReplaceAll(m.name, ".", "_")
	switch m.unit {
	case "s":
		name += "_seconds"
	case "By":
		name += "_bytes"
	case "1":
		name += "_ratio"
	case "{arrival}/s":
		name += "_per_second"
	}
	if m.kind == counter {
		name += "_total"
	}
	return name
}

// constant returns one value of m as Prometheus has it.
func (m *metric) constant(desc *prometheus.Desc, p point, since time.Time) prometheus.Metric {
	labels := make([]string, len(p.labels))
	for i, l := range p.labels {
		labels[i] = strings.ToValidUTF8(l, "�")
	}
	var made prometheus.Metric
	var err error
	switch {
	case m.kind == histogram:
		e := exponentialOf(p.times)
		buckets := make(map[int]int64, len(e.counts))
		for i, n := range e.counts {
			if n > 0 {
				buckets[e.first+i] = n
			}
		}
		made, err = prometheus.NewConstNativeHistogram(desc, uint64(p.times.Count), p.times.Sum().Seconds(),
			buckets, nil, uint64(e.zero), scale, 0, since, labels...)
		made = both{made, cumulative(p.times)}
	case m.kind == counter && !since.IsZero():
		made, err = prometheus.NewConstMetricWithCreatedTimestamp(desc, prometheus.CounterValue, p.value, since, labels...)
	case m.kind == counter:
		made, err = prometheus.NewConstMetric(desc, prometheus.CounterValue, p.value, labels...)
	default:
		made, err = prometheus.NewConstMetric(desc, prometheus.GaugeValue, p.value, labels...)
	}
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return made
}

// both is a native histogram with classic buckets beside it.
type both struct {
	prometheus.Metric
	cumulative []uint64
}

func (b both) Write(out *dto.Metric) error {
	if err := b.Metric.Write(out); err != nil {
		return err
	}
	h := out.Histogram
	h.Bucket = make([]*dto.Bucket, 0, len(classic))
	for i := range classic {
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: &classic[i], CumulativeCount: &b.cumulative[i]})
	}
	return nil
}
