package stats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"
)

// The binary form of a delta, used at rest and on the wire: a version byte, then
// varints and length-prefixed strings. A histogram is its populated buckets as pairs
// (distance from the previous bucket in widths of that one, count), so a second of a
// quiet row takes a few dozen bytes. A moment is seconds and nanoseconds since 1970
// and comes back in the local time zone.
const codecVersion = 1

// AppendBinary appends the binary form of d to b.
func (d Delta) AppendBinary(b []byte) []byte {
	b = append(b, codecVersion)
	b = appendTime(b, d.From)
	b = binary.AppendUvarint(b, uint64(d.Span()))
	b = binary.AppendUvarint(b, uint64(max(0, d.Users)))
	b = binary.AppendUvarint(b, uint64(len(d.Rows)))
	for _, r := range d.Rows {
		b = appendString(b, r.Method)
		b = appendString(b, r.Name)
		b = appendTally(b, r.OK)
		b = appendTally(b, r.Failed)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Failures)))
	for _, f := range d.Failures {
		b = appendString(b, f.Method)
		b = appendString(b, f.Name)
		b = appendString(b, f.Format)
		b = binary.AppendUvarint(b, uint64(f.Count))
		b = appendString(b, f.Example)
		b = appendTime(b, f.First)
		b = appendTime(b, f.Last)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Exceptions)))
	for _, e := range d.Exceptions {
		b = appendString(b, e.Group)
		b = binary.AppendUvarint(b, uint64(e.Count))
		b = appendString(b, e.Message)
		b = appendString(b, e.Stack)
		b = appendTime(b, e.First)
		b = appendTime(b, e.Last)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, t.Unix()), uint64(t.Nanosecond()))
}

func appendTally(b []byte, t Tally) []byte {
	b = binary.AppendUvarint(b, uint64(t.Count))
	if t.Count == 0 {
		return b
	}
	for _, v := range [...]int64{t.Bytes, t.Clamped, t.sum, t.min, t.max} {
		b = binary.AppendUvarint(b, uint64(v))
	}
	b = binary.AppendUvarint(b, uint64(t.hist.Populated()))
	last := int64(0)
	for us, n := range t.hist.ForEachBucket {
		b = binary.AppendUvarint(b, uint64((us-last)/width(last)))
		b = binary.AppendUvarint(b, uint64(n))
		last = us
	}
	return b
}

var errCut = errors.New("it ends too early")

// ParseDelta reads what AppendBinary wrote. It accepts any bytes and reports what
// is wrong with them.
func ParseDelta(b []byte) (Delta, error) {
	r := reader{rest: b}
	d := r.delta()
	if r.err == nil && len(r.rest) > 0 {
		r.err = fmt.Errorf("%d bytes too many", len(r.rest))
	}
	if r.err == nil && !inOrder(d) {
		r.err = errors.New("its rows are not in order")
	}
	if r.err != nil {
		return Delta{}, fmt.Errorf("read delta: %w", r.err)
	}
	return d, nil
}

// inOrder reports whether d can be merged with others.
func inOrder(d Delta) bool {
	return ascending(d.Rows, compareRows) && ascending(d.Failures, compareFailures) &&
		ascending(d.Exceptions, compareExceptions)
}

func ascending[T any](list []T, compare func(T, T) int) bool {
	for i := 1; i < len(list); i++ {
		if compare(list[i-1], list[i]) >= 0 {
			return false
		}
	}
	return true
}

// A reader takes values from the front of rest until the first error.
type reader struct {
	rest []byte
	err  error
	hist histogram // each is read into this one and then taken
}

// fail notes an error, unless it is nil or not the first.
func (r *reader) fail(err error) {
	if r.err == nil && err != nil {
		r.err, r.rest = err, nil
	}
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail(errCut)
		return 0
	}
	v := r.rest[0]
	r.rest = r.rest[1:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail(number(n))
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// number returns what is wrong with a varint that took n bytes to read.
func number(n int) error {
	if n == 0 {
		return errCut
	}
	return errors.New("a number is too large")
}

// count reads an unsigned number that must fit an int64.
func (r *reader) count() int64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > math.MaxInt64 {
		r.fail(number(n))
		return 0
	}
	r.rest = r.rest[n:]
	return int64(v)
}

// length reads a number of things, at most most, that take at least size bytes each.
func (r *reader) length(most, size int) int {
	n := r.count()
	if n > int64(most) {
		r.fail(fmt.Errorf("list of %d, want at most %d", n, most))
		return 0
	}
	if n > int64(len(r.rest)/size) {
		r.fail(errCut)
		return 0
	}
	return int(n)
}

func (r *reader) string() string {
	n := r.length(math.MaxInt, 1)
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	if !utf8.ValidString(s) {
		r.fail(fmt.Errorf("text %.40q is not UTF-8", s))
		return ""
	}
	return s
}

// The first second of the year 1 and of the year 10000.
const firstSecond, endSecond = -62135596800, 253402300800

func (r *reader) time() time.Time {
	sec, nsec := r.int(), r.count()
	if sec < firstSecond || sec >= endSecond || nsec >= int64(time.Second) {
		r.fail(fmt.Errorf("moment %d s %d ns is out of range", sec, nsec))
	}
	return time.Unix(sec, nsec)
}

func (r *reader) delta() (d Delta) {
	if v := r.byte(); r.err == nil && v != codecVersion {
		r.fail(fmt.Errorf("version %d, want %d", v, codecVersion))
		return
	}
	d.From = r.time()
	d.To = d.From.Add(time.Duration(r.count()))
	d.Users = int(r.count())
	d.Rows = list(r, 4, (*reader).row)
	d.Failures = list(r, 9, (*reader).failure)
	d.Exceptions = list(r, 8, (*reader).exception)
	return d
}

// list reads rows, failures or exceptions, which take at least size bytes each.
func list[T any](r *reader, size int, read func(*reader) T) []T {
	n := r.length(MaxRows+1, size)
	if n == 0 {
		return nil
	}
	list := make([]T, 0, n)
	for range n {
		v := read(r)
		if r.err != nil {
			return nil
		}
		list = append(list, v)
	}
	return list
}

func (r *reader) row() (row Row) {
	row.Method, row.Name = r.string(), r.string()
	row.OK, row.Failed = r.tally(), r.tally()
	return row
}

func (r *reader) failure() (f Failure) {
	f.Method, f.Name, f.Format = r.string(), r.string(), r.string()
	f.Count, f.Example = r.count(), r.string()
	f.First, f.Last = r.time(), r.time()
	return f
}

func (r *reader) exception() (e Exception) {
	e.Group, e.Count, e.Message, e.Stack = r.string(), r.count(), r.string(), r.string()
	e.First, e.Last = r.time(), r.time()
	return e
}

func (r *reader) tally() (t Tally) {
	t.Count = r.count()
	if t.Count == 0 {
		return Tally{}
	}
	for _, v := range [...]*int64{&t.Bytes, &t.Clamped, &t.sum, &t.min, &t.max} {
		*v = r.count()
	}
	t.hist = r.histogram(t.Count)
	if r.err == nil {
		r.fail(t.check())
	}
	return t
}

// histogram reads a histogram of at most so many samples.
func (r *reader) histogram(most int64) histogram {
	if r.hist == nil {
		r.hist = newHistogram()
	}
	h, us := r.hist, int64(0)
	for k := range r.length(int(most), 2) {
		steps, n := r.count(), r.count()
		if r.err != nil {
			return nil
		}
		if steps == 0 && k > 0 || steps > (highest-us)/width(us) || n == 0 || h.RecordValues(us+steps*width(us), n) != nil {
			r.fail(fmt.Errorf("bucket %d+%d of %d samples", us, steps, n))
			return nil
		}
		us += steps * width(us)
	}
	return take(h)
}

// check reports what contradicts itself in a tally that is not empty.
func (t Tally) check() error {
	switch n := t.hist.TotalCount(); {
	case t.Clamped > t.Count:
		return fmt.Errorf("%d of %d samples clamped", t.Clamped, t.Count)
	case t.min > t.max || t.max > highest:
		return fmt.Errorf("times from %d to %d µs", t.min, t.max)
	case t.Count == math.MaxInt64: // full: the histogram may lack some
		return nil
	case n != t.Count:
		return fmt.Errorf("histogram of %d samples, want %d", n, t.Count)
	case t.min-t.min%width(t.min) != t.hist.Min() || t.max|(width(t.max)-1) != t.hist.Max():
		return fmt.Errorf("times from %d to %d µs are not those of the histogram", t.min, t.max)
	}
	return nil
}
