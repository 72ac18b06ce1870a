// Package telemetry tells other programs of a run while it is on: Prometheus, which asks
// ([Handler]), and whoever speaks OTLP, which is told ([Push]).
//
// It is an observer: all it knows it reads from the latest [engine.Status], so nothing is
// recorded twice and no request costs more. Both ways tell the same metrics, see read,
// under the names that each is used to: gregaria.response_time in seconds is
// gregaria_response_time_seconds to Prometheus.
//
// # Bounds
//
// Rows, and so the methods and names in labels, are at most 1,000, see stats.MaxRows;
// kinds of error are those of package load, status codes and one more.
//
// # Beginnings
//
// Counters grow until the numbers begin anew, with a run or a reset. When that was is
// their created timestamp, their start time in OTLP, and gregaria.numbers_start_time.
//
// # Histograms
//
// They are made of the very buckets that the percentiles are made of. Exponential ones,
// which Prometheus calls native, are of scale 5: each bucket is 2.2 % wide. The exact
// 99th percentile lies in the bucket in which theirs does. Prometheus gets classic
// buckets beside them.
package telemetry
