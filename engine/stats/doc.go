// Package stats turns samples into numbers.
//
// Users record a [Sample] for each request into a [Shard] of a [Recorder]. Once
// a second the recorder is drained into a [Delta]: what happened between two
// moments. A delta is added to a [Table], which holds the whole run and
// publishes a [Snapshot], and to a [History], which holds the run second by
// second and publishes a [Timeline]. Nothing else adds anything up, so every
// number on the page, in a file and on the wire has one origin.
//
// # Definitions
//
// Times are whole microseconds up to 1 h; longer ones are counted as one hour and
// noted. Counts, sums, minima and maxima are exact, and stay at the largest number
// rather than overflow. The percentile p of n samples is the smallest recorded time
// that at least p % of the samples do not exceed, which is the ⌈p·n/100⌉-th shortest,
// read from an HDR histogram of three significant digits: off by at most 0.1 %, never
// above the maximum; p0 is the minimum and p100 the maximum. Percentiles are never
// averaged: a percentile over several rows or seconds comes from their merged
// histograms. Failed requests have a histogram of their own.
//
// Where requests have an intended start there are two times: the service time, from
// sending to the last byte, and the response time, from the intended start, which is
// longer by the sample's lag. Both are measured, neither is estimated, and everything
// above holds for each; see [Tally.Response].
//
// A total counts each request once. Groups, which time several requests together, have
// rows and are no part of it. Nor are requests that this machine could not even send:
// those have no row, are listed among the failures and counted by [Delta.Unsent].
//
// Every request is also counted by its status code and by how many users there were when
// it was recorded, in the classes of [CrowdOf]. [Counts] tell 24 numbers apart.
//
// A few samples are kept in detail, as an [Exemplar]: of each kind of failure the first
// and three others at random, each with the same chance, and of each row the five
// slowest. [Shard.Wants] says beforehand which are worth the trouble. How they are chosen
// does not depend on how they are added up. The table keeps them; a history is packed
// without them, so that it costs the same with and without failures, and a window of
// it borrows those of the table, see [Snapshot.WithExemplars].
//
// A window of the past is the exact sum of the entries of the history in it, see
// [Timeline.Window]: its percentiles are those of all its samples.
//
// Memory is bounded: at most [MaxRows] rows, phases, failures and exceptions each, first
// come first served; further ones are counted in a row named [Other]. Texts from
// outside are cut and made valid UTF-8 before they are kept. A history that grows too
// large gets coarser sooner. An exemplar has at most about 30 KB of text, two bodies and two
// headers of 4 KB each among it, and a table at most five for each of its rows and four for
// each kind of failure: some MB for a few dozen of both, 270 MB at the very worst.
//
// Spans and rates come from the monotonic clock, and the moments between deltas from
// the clock of their [Recorder]: setting the machine's clock does not disturb them.
//
// The package knows nothing of HTTP or of how users work.
package stats
