package stats

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseDeltaReadsWhatAppendBinaryWrote(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		want := randomDelta(chance)
		prefix := []byte("prefix")
		b := want.AppendBinary(prefix)
		if string(b[:len(prefix)]) != "prefix" {
			t.Fatalf("AppendBinary has changed what it appends to: %q", b[:len(prefix)])
		}
		got, err := ParseDelta(b[len(prefix):])
		if diff := difference(got, want); err != nil || diff != "" {
			t.Fatalf("ParseDelta(AppendBinary): %v, %s", err, diff)
		}
	}
}

func TestCodecOfExtremes(t *testing.T) {
	impossible := Gauges{
		Users: -3, Target: math.Inf(1), Arrivals: Arrivals{-1, -1, -1, -1, -1},
		Health: Health{Valid: -1, Degraded: -1, Invalid: -1, Worst: Vitals{Lag: -1, GC: math.NaN(), Stolen: -1, Unsent: -1}},
	}
	large := Gauges{
		Users: math.MaxInt, Target: math.MaxFloat64, Arrivals: Arrivals{Due: math.MaxInt64, Dropped: math.MaxInt64},
		Health: Health{Valid: math.MaxInt, Worst: Vitals{Suspended: math.MaxInt64, Processor: math.MaxFloat64, Unsent: math.MaxInt64}},
	}
	for _, test := range []struct {
		name     string
		in, want Delta
	}{
		{"zero times", Delta{Failures: []Failure{{Count: 1}}, Exceptions: []Exception{{Count: 1}}},
			Delta{Failures: []Failure{{Count: 1}}, Exceptions: []Exception{{Count: 1}}}},
		{"backwards", Delta{From: second(5), To: second(3)}, Delta{From: second(5), To: second(5)}},
		{"a century", Delta{From: epoch, To: epoch.AddDate(100, 0, 0)}, Delta{From: epoch, To: epoch.AddDate(100, 0, 0)}},
		{"impossible gauges", Delta{From: epoch, To: epoch, Gauges: impossible}, Delta{From: epoch, To: epoch}},
		{"a target of no number", Delta{From: epoch, To: epoch, Gauges: Gauges{Target: math.NaN()}}, Delta{From: epoch, To: epoch}},
		{"large gauges", Delta{From: epoch, To: epoch, Gauges: large}, Delta{From: epoch, To: epoch, Gauges: large}},
	} {
		got, err := ParseDelta(test.in.AppendBinary(nil))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		for i := range got.Failures { // zero, if in another time zone
			f, e := &got.Failures[i], &got.Exceptions[i]
			for _, at := range []*time.Time{&f.First, &f.Last, &e.First, &e.Last} {
				if at.IsZero() {
					*at = time.Time{}
				}
			}
		}
		checkSame(t, test.name, got, test.want)
	}
}

// A script writes the binary form by hand.
type script []byte

func (s script) n(numbers ...uint64) script {
	for _, n := range numbers {
		s = binary.AppendUvarint(s, n)
	}
	return s
}

func (s script) text(t string) script { return appendString(s, t) }

func (s script) fraction(x float64) script { return appendFraction(s, x) }

var emptyDelta = Delta{From: epoch, To: second(1)}.AppendBinary(nil)

// sized appends a body with its length before.
func (s script) sized(body script) script { return append(s.n(uint64(len(body))), body...) }

// header is a delta up to its rows.
func header() script { return slices.Clone(emptyDelta[:len(emptyDelta)-len("rpfe")]) }

// beginning is a delta up to its total.
func beginning() script { return header()[:len(header())-len("n12345")] }

// reasons is a delta up to its reasons.
func reasons() script {
	return script(appendTime([]byte{codecVersion}, epoch)).n(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
}

// rowOf is a delta of one row, which is also the total.
func rowOf(body script) script {
	return beginning().sized(body).n(1).text("GET").text("/").sized(body).n(0, 0, 0)
}

// tally is one of so many samples.
func tally(count uint64, lagged uint64, times ...uint64) script {
	return script(nil).n(count, 0, lagged).n(times...)
}

// row is a delta of one row with so many successes.
func row(count uint64, times ...uint64) script {
	return rowOf(tally(count, 0, times...).n(0, 0, 0, 0))
}

// five is a row with a sample of 5 µs, and its response times if it has some.
func five(lagged uint64, response ...uint64) script {
	return rowOf(tally(1, lagged, 0, 5, 5, 5, 1, 2*5).n(response...).n(0, 0, 0, 0))
}

// fiveAndNine is a row with samples of 5 µs and 9 µs, and their response times.
func fiveAndNine(response ...uint64) script {
	return rowOf(tally(2, 1, 0, 14, 5, 9, 2, 2*5, 2*4).n(response...).n(0, 0, 0, 0))
}

// counted is a row with a sample of 5 µs, and its statuses, crowd and exemplars.
func counted(numbers ...uint64) script {
	return rowOf(tally(1, 0, 0, 5, 5, 5, 1, 2*5).n(0).n(numbers...))
}

func TestParseDeltaReportsWhatIsWrong(t *testing.T) {
	two := deltaOf(rowsOf("a", "b")...)
	unordered := deltaOf(two.Rows[1], two.Rows[0])
	double := deltaOf(two.Rows[0], two.Rows[0])
	failure := Failure{FailureKey: FailureKey{"GET", "/", "f", true}, Count: 1, First: epoch, Last: epoch}
	exception := Exception{"g", 1, "", "", epoch, epoch}
	distant := Delta{From: time.Unix(1<<40, 0)}
	for _, test := range []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "it ends too early"},
		{"another version", []byte{99}, "version 99, want 3"},
		{"more than a delta", append(two.AppendBinary(nil), 0), "1 bytes too many"},
		{"rows out of order", unordered.AppendBinary(nil), "not in order"},
		{"a row twice", double.AppendBinary(nil), "not in order"},
		{"a failure twice", Delta{Failures: []Failure{failure, failure}}.AppendBinary(nil), "not in order"},
		{"an exception twice", Delta{Exceptions: []Exception{exception, exception}}.AppendBinary(nil), "not in order"},
		{"a far time", distant.AppendBinary(nil), "out of range"},
		{"too long a second", script{codecVersion, 0}.n(1e9), "out of range"},
		{"a number of eleven bytes", append(script{codecVersion}, strings.Repeat("\xff", 11)...), "too large"},
		{"2^63 users", script{codecVersion, 0, 0, 0}.n(1 << 63), "too large"},
		{"more rows than allowed", header().n(MaxRows + 3), "list of 1003, want at most 1002"},
		{"more rows than bytes", header().n(MaxRows), "it ends too early"},
		{"a text of a terabyte", header().n(1, 1<<40).text("too short for it"), "it ends too early"},
		{"text that is not UTF-8", header().n(1).text("a\xff").text("").n(0, 0, 0, 0), "not UTF-8"},
		{"no buckets", row(1, 0, 0, 0, 0, 0), "histogram of 0 samples, want 1"},
		{"too many samples", row(1, 0, 5, 5, 5, 1, 11, 2), "histogram of 2 samples, want 1"},
		{"an empty bucket", row(2, 0, 5, 5, 5, 2, 11, 0, 3, 1), "bucket 0+5 of 0 samples"},
		{"a bucket twice", row(2, 0, 5, 5, 5, 2, 10, 0), "bucket 5+0 of 1 samples"},
		{"a bucket beyond the last", row(1, 0, 5, 5, 5, 1, 2*uint64(highest)+2), "of 1 samples"},
		{"a bucket far beyond", row(2, 0, 5, 5, 5, 2, 10, math.MaxInt64-1), "of 1 samples"},
		{"more buckets than samples", row(1, 0, 5, 5, 5, 2), "list of 2, want at most 1"},
		{"more samples than there can be", row(2, 0, 5, 6, 5, 2, 11, math.MaxInt64, 2), "of 1 samples"},
		{"max below min", row(1, 0, 5, 6, 5, 1, 10), "times from 6 to 5"},
		{"max beyond an hour", row(1, 0, 5, 5, uint64(highest)+1, 1, 10), "times from"},
		{"min not in the first bucket", row(1, 0, 5, 4, 5, 1, 10), "not those of the histogram"},
		{"max not in the last bucket", row(1, 0, 5, 5, 6, 1, 10), "not those of the histogram"},
		{"more clamped than counted", row(1, 2, 5, 5, 5, 1, 10), "2 of 1 samples clamped"},
		{"a phase twice", Delta{Phases: double.Rows}.AppendBinary(nil), "not in order"},
		{"more reasons than allowed", reasons().n(maxReasons + 2), "list of 22, want at most 21"},
		{"a reason twice", reasons().n(2).text("r").n(0, 0).text("r").n(0, 0).n(make([]uint64, 10)...).n(5, 0, 0, 0, 0, 0).n(0, 0, 0, 0), "not in order"},
		{"a verdict that is none", reasons().n(1).text("r").n(4), "byte 4, want at most 3"},
		{"a negative target", script{codecVersion, 0, 0, 0, 0}.fraction(-1), "number -1 is out of range"},
		{"a target of no number", script{codecVersion, 0, 0, 0, 0}.fraction(math.NaN()), "number NaN is out of range"},
		{"an infinite share", reasons().n(0, 0, 0, 0, 0, 0).fraction(math.Inf(1)), "number +Inf is out of range"},
		{"neither lag nor none", five(2), "byte 2, want at most 1"},
		{"too few response times", five(1, 0, 5, 5, 5, 0), "histogram of 0 samples, want 1"},
		{"a response before the service", five(1, 0, 4, 4, 4, 1, 8), "response times are below service times"},
		{"a minimum before the service's", fiveAndNine(0, 16, 4, 12, 2, 8, 16), "response times are below service times"},
		{"a maximum before the service's", fiveAndNine(0, 15, 7, 8, 2, 14, 2), "response times are below service times"},
		{"as it should be", five(0), ""},
		{"as it should be with a lag", five(1, 0, 6, 6, 6, 1, 12), ""},
		{"as it should be with counts", counted(2, 0, 4, 201, 5, 0, 0), ""},
		{"a count twice", counted(2, 3, 4, 0, 5, 0, 0), "count 5 of 2+0"},
		{"a count of none", counted(1, 3, 0, 0, 0), "count 0 of -1+3"},
		{"a far count", counted(1, 1<<40, 1, 0, 0), "count 1 of -1+1099511627776"},
		{"too many counts", counted(append([]uint64{maxCounts + 1}, slices.Repeat([]uint64{1}, 2*maxCounts+4)...)...), "25 counts, want at most 24"},
		{"far too many counts", counted(append([]uint64{maxCounts + 2}, slices.Repeat([]uint64{1}, 2*maxCounts+6)...)...), "list of 26, want at most 25"},
		{"too many exemplars", counted(append([]uint64{0, 0, MaxSlow + 1}, make([]uint64, 200)...)...), "list of 6, want at most 5"},
		{"a row that is too long", counted(0, 0, 0, 0), "1 bytes too many in a row"},
		{"a row that is too short", beginning().n(4, 0, 0, 0, 0, 0), "it ends too early"},
		{"a total of other rows", header().n(1).text("GET").text("/").sized(tally(1, 0, 0, 5, 5, 5, 1, 2*5).n(0, 0, 0, 0)).n(0, 0, 0), "not that of its rows"},
	} {
		d, err := ParseDelta(test.in)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: ParseDelta = %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: ParseDelta fails with %v, want %q", test.name, err, test.want)
		case err != nil && !reflect.DeepEqual(d, Delta{}):
			t.Errorf("%s: ParseDelta = %+v beside an error", test.name, d)
		case err != nil && !strings.HasPrefix(err.Error(), "read delta: "):
			t.Errorf("%s: error %q does not say what was done", test.name, err)
		}
	}
}

func TestParseDeltaOfEveryBeginningFails(t *testing.T) {
	b := randomDelta(rand.New(rand.NewPCG(3, 4))).AppendBinary(nil)
	for n := range b {
		if _, err := ParseDelta(b[:n]); err == nil {
			t.Fatalf("ParseDelta of the first %d of %d bytes succeeds, want an error", n, len(b))
		}
	}
}

func TestParseDeltaAllocatesLittleForHostileBytes(t *testing.T) {
	const size = 1 << 20
	zeros := make([]byte, size)
	for _, test := range []struct {
		name string
		in   []byte
	}{
		{"many empty rows", append(header().n(MaxRows+1), zeros...)},
		{"a row with many buckets", rowOf(append(tally(size, 0, 0, 0, 0, 0, size/2), zeros...))},
		{"a row with many times", rowOf(append(tally(size, 0, 0, 0, 0, 0, size/2), bytes.Repeat([]byte{1}, size)...))},
		{"a long text", append(header().n(1, size), zeros...)},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ParseDelta(test.in)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 4*size {
			t.Errorf("%s: ParseDelta of %d bytes allocates %d, and returns %v", test.name, len(test.in), got, err)
		}
		if err == nil {
			t.Errorf("%s: ParseDelta succeeds", test.name)
		}
	}
}

func FuzzParseDelta(f *testing.F) {
	chance := rand.New(rand.NewPCG(5, 6))
	f.Add([]byte(nil))
	f.Add([]byte(emptyDelta))
	f.Add(deltaOf(rowsOf("/a", "/b")...).AppendBinary(nil))
	f.Add([]byte(five(0)))
	f.Add([]byte(five(1, 0, 6, 6, 6, 1, 12)))
	f.Add([]byte(row(2, 1, uint64(highest), 0, uint64(highest), 2, 0, 2*uint64(highest))))
	f.Add([]byte(row(math.MaxInt64, 0, 5, 5, 5, 1, 11, math.MaxInt64)))
	for range 5 {
		f.Add(randomDelta(chance).AppendBinary(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ParseDelta(b)
		if err != nil {
			if !reflect.DeepEqual(d, Delta{}) {
				t.Fatalf("ParseDelta = %+v, %v", d, err)
			}
			return
		}
		again, err := ParseDelta(d.AppendBinary(nil))
		if diff := difference(again, d); err != nil || diff != "" {
			t.Fatalf("ParseDelta(AppendBinary): %v, %s", err, diff)
		}
		checkSound(t, "the sum with itself", d.Plus(d))
		total := d.Total().All()
		for _, p := range total.Percentiles(0, 50, 99.9, 100) {
			if p < total.Min() || p > total.Max() {
				t.Fatalf("a percentile of %v, outside of %v to %v", p, total.Min(), total.Max())
			}
		}
		var table Table
		var history History
		table.Add(d)
		history.Add(d)
		if got := table.Snapshot().Total.Requests(); got != d.Total().Requests() {
			t.Fatalf("the table counts %d requests, want %d", got, d.Total().Requests())
		}
	})
}
