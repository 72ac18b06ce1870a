package stats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"
	"unicode/utf8"
)

// The binary form of a delta, used at rest and on the wire: a version byte, then
// varints and length-prefixed strings. A histogram is its populated buckets, each as
// twice the distance from the previous one, in widths of that one; it is one more when
// the count follows, and else that is 1. So a second of a quiet row takes a few dozen
// bytes. A fraction is written back to front, so that a round one is short. A moment is
// seconds and nanoseconds since 1970 and comes back in the local time zone. What a row
// says beside its key, and the total, has its length before it and can be skipped.
const codecVersion = 3

// AppendBinary appends the binary form of d to b.
func (d Delta) AppendBinary(b []byte) []byte { return d.appendBinary(b, true) }

// appendBinary is AppendBinary with or without exemplars.
func (d Delta) appendBinary(b []byte, exemplars bool) []byte {
	b = append(b, codecVersion)
	b = appendTime(b, d.From)
	b = binary.AppendUvarint(b, uint64(d.Span()))
	b = appendGauges(b, d.Gauges.fit())
	b = appendRow(b, &d.total, false) // its exemplars are those of rows
	b = appendRows(b, d.Rows, exemplars)
	b = appendRows(b, d.Phases, exemplars)
	b = binary.AppendUvarint(b, uint64(len(d.Failures)))
	for _, f := range d.Failures {
		b = appendString(b, f.Method)
		b = appendString(b, f.Name)
		b = appendString(b, f.Format)
		b = appendBool(b, f.Ours)
		b = binary.AppendUvarint(b, uint64(f.Count))
		b = appendString(b, f.Example)
		b = appendTime(b, f.First)
		b = appendTime(b, f.Last)
		b = binary.AppendUvarint(b, uint64(f.Users))
		b = binary.AppendVarint(b, int64(f.Status))
		b = appendCounts(b, f.Crowd)
		b = appendExemplars(b, f.Samples, exemplars)
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

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendFraction(b []byte, x float64) []byte {
	return binary.AppendUvarint(b, bits.ReverseBytes64(math.Float64bits(x)))
}

func appendGauges(b []byte, g Gauges) []byte {
	b = binary.AppendUvarint(b, uint64(g.Users))
	b = appendFraction(b, g.Target)
	for _, n := range g.Arrivals.counts() {
		b = binary.AppendUvarint(b, uint64(*n))
	}
	h := &g.Health
	for _, n := range [...]int{h.Valid, h.Degraded, h.Invalid, len(h.Reasons)} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, r := range h.Reasons {
		b = appendString(b, r.Text)
		b = append(b, byte(r.Worst))
		b = binary.AppendUvarint(b, uint64(r.Spans))
	}
	whole, shares := h.Worst.numbers()
	for _, n := range whole {
		b = binary.AppendUvarint(b, uint64(*n))
	}
	for _, x := range shares {
		b = appendFraction(b, *x)
	}
	return b
}

func appendRows(b []byte, rows []Row, exemplars bool) []byte {
	b = binary.AppendUvarint(b, uint64(len(rows)))
	for i := range rows {
		b = appendString(b, rows[i].Method)
		b = appendString(b, rows[i].Name)
		b = appendRow(b, &rows[i], exemplars)
	}
	return b
}

// appendRow appends all of a row but its key, and its length before.
func appendRow(b []byte, r *Row, exemplars bool) []byte {
	start := len(b)
	b = appendTally(b, r.OK)
	b = appendTally(b, r.Failed)
	b = appendCounts(b, r.Statuses)
	b = appendCounts(b, r.Crowd)
	b = appendExemplars(b, r.Slow, exemplars)
	size := len(b) - start
	b = binary.AppendUvarint(b, uint64(size)) // makes room, and is what is to be there
	prefix := len(b) - start - size
	var length [binary.MaxVarintLen64]byte
	copy(length[:], b[start+size:])
	copy(b[start+prefix:], b[start:start+size])
	copy(b[start:], length[:prefix])
	return b
}

func appendCounts(b []byte, c Counts) []byte {
	b = binary.AppendUvarint(b, uint64(len(c)))
	last := Uncounted
	for _, count := range c {
		b = binary.AppendUvarint(b, uint64(count.Of-last))
		b = binary.AppendUvarint(b, uint64(count.N))
		last = count.Of
	}
	return b
}

func appendExemplars(b []byte, list []Exemplar, wanted bool) []byte {
	if !wanted {
		list = nil
	}
	b = binary.AppendUvarint(b, uint64(len(list)))
	for i := range list {
		e := &list[i]
		b = appendTime(binary.AppendUvarint(b, uint64(e.Rank)), e.At)
		for _, s := range e.texts() {
			b = appendString(b, *s)
		}
		b = binary.AppendVarint(b, int64(e.User))
		b = binary.AppendVarint(b, e.Iteration)
		b = binary.AppendVarint(b, int64(e.Status))
		b = binary.AppendUvarint(b, uint64(e.Users))
		for _, n := range e.numbers() {
			b = binary.AppendUvarint(b, uint64(*n))
		}
		b = appendMessage(b, &e.Request)
		b = appendMessage(b, &e.Response)
	}
	return b
}

// texts returns the texts in e but its messages.
func (e *Exemplar) texts() [6]*string {
	return [...]*string{&e.Method, &e.Name, &e.Message, &e.URL, &e.Scenario, &e.Task}
}

// numbers returns what is measured of e and never negative.
func (e *Exemplar) numbers() [7]*int64 {
	return [...]*int64{
		(*int64)(&e.Took), (*int64)(&e.Lag), (*int64)(&e.FirstByte),
		(*int64)(&e.Dial.DNS), (*int64)(&e.Dial.Connect), (*int64)(&e.Dial.TLS), &e.Bytes,
	}
}

func appendMessage(b []byte, m *Message) []byte {
	b = binary.AppendUvarint(b, uint64(len(m.Fields)))
	for _, f := range m.Fields {
		b = appendString(b, f.Name)
		b = appendString(b, f.Value)
	}
	return binary.AppendUvarint(appendString(b, m.Body), uint64(m.Size))
}

func appendTally(b []byte, t Tally) []byte {
	b = binary.AppendUvarint(b, uint64(t.Count))
	if t.Count == 0 {
		return b
	}
	b = binary.AppendUvarint(b, uint64(t.Bytes))
	b = appendBool(b, t.Lagged())
	b = appendTimes(b, t)
	if t.Lagged() {
		b = appendTimes(b, t.Response())
	}
	return b
}

func appendTimes(b []byte, t Tally) []byte {
	for _, v := range [...]int64{t.Clamped, t.sum, t.min, t.max} {
		b = binary.AppendUvarint(b, uint64(v))
	}
	b = binary.AppendUvarint(b, uint64(t.hist.Populated()))
	last := int64(0)
	for us, n := range t.hist.ForEachBucket {
		steps := uint64((us - last) / width(last))
		if n == 1 {
			b = binary.AppendUvarint(b, steps<<1)
		} else {
			b = binary.AppendUvarint(b, steps<<1|1)
			b = binary.AppendUvarint(b, uint64(n))
		}
		last = us
	}
	return b
}

var (
	errCut   = errors.New("it ends too early")
	errLarge = errors.New("a number is too large")
)

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
	if r.err == nil && !addsUp(d) {
		r.err = errors.New("its total is not that of its rows")
	}
	if r.err != nil {
		return Delta{}, fmt.Errorf("read delta: %w", r.err)
	}
	return d, nil
}

// inOrder reports whether d can be merged with others.
func inOrder(d Delta) bool {
	return ascending(d.Rows, compareRows) && ascending(d.Phases, compareRows) &&
		ascending(d.Failures, compareFailures) && ascending(d.Exceptions, compareExceptions) &&
		ascending(d.Health.Reasons, reasonMerger.compare)
}

// addsUp reports whether the total of d counts what its rows do.
func addsUp(d Delta) bool {
	var ok, failed int64
	for i := range d.Rows {
		if r := &d.Rows[i]; r.Method != Group {
			ok, failed = saturated(ok, r.OK.Count), saturated(failed, r.Failed.Count)
		}
	}
	return ok == d.total.OK.Count && failed == d.total.Failed.Count
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
	rest  []byte
	err   error
	hist  histogram         // each is read into this one and then taken
	words map[string]string // texts that are read again and again, made once; may be nil
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
	return errLarge
}

// uint reads an unsigned number.
func (r *reader) uint() uint64 {
	if len(r.rest) > 0 && r.rest[0] < 0x80 { // as most are
		v := r.rest[0]
		r.rest = r.rest[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail(number(n))
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads an unsigned number that must fit an int64.
func (r *reader) count() int64 {
	v := r.uint()
	if v > math.MaxInt64 {
		r.fail(errLarge)
		return 0
	}
	return int64(v)
}

func (r *reader) fraction() float64 {
	x := math.Float64frombits(bits.ReverseBytes64(r.uint()))
	if x != finite(x) {
		r.fail(fmt.Errorf("number %v is out of range", x))
		return 0
	}
	return x
}

// choice reads one of the numbers from 0 to most.
func (r *reader) choice(most byte) byte {
	v := r.byte()
	if v > most {
		r.fail(fmt.Errorf("byte %d, want at most %d", v, most))
		return 0
	}
	return v
}

func (r *reader) bool() bool { return r.choice(1) == 1 }

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

// bytes reads what has its length before it.
func (r *reader) bytes() []byte {
	n := r.length(math.MaxInt, 1)
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) string() string {
	s := string(r.bytes())
	if !utf8.ValidString(s) {
		r.fail(fmt.Errorf("text %.40q is not UTF-8", s))
		return ""
	}
	return s
}

// word reads a text that is often the same.
func (r *reader) word() string {
	if r.words == nil {
		return r.string()
	}
	rest := r.rest
	s, known := r.words[string(r.bytes())]
	if !known {
		r.rest = rest
		s = r.string()
		r.words[s] = s
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

// begin reads a delta up to its total.
func (r *reader) begin() (d Delta) {
	if v := r.byte(); r.err == nil && v != codecVersion {
		r.fail(fmt.Errorf("version %d, want %d", v, codecVersion))
		return
	}
	d.From = r.time()
	d.To = d.From.Add(time.Duration(r.count()))
	d.Gauges = r.gauges()
	return d
}

func (r *reader) delta() Delta {
	d := r.begin()
	d.total = r.row(Key{})
	d.Rows = list(r, MaxRows+others, 8, (*reader).keyedRow)
	d.Phases = list(r, MaxRows+others, 8, (*reader).keyedRow)
	d.Failures = list(r, MaxRows+others, 14, (*reader).failure)
	d.Exceptions = list(r, MaxRows+others, 8, (*reader).exception)
	d.total.Slow = nil
	for i := range d.Rows {
		if row := &d.Rows[i]; row.Method != Group {
			d.total.Slow = slowest(d.total.Slow, row.Slow)
		}
	}
	return d
}

// list reads at most so many elements, which take at least size bytes each.
func list[T any](r *reader, most, size int, read func(*reader) T) []T {
	n := r.length(most, size)
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

func (r *reader) gauges() (g Gauges) {
	g.Users, g.Target = int(r.count()), r.fraction()
	for _, n := range g.Arrivals.counts() {
		*n = r.count()
	}
	h := &g.Health
	for _, n := range [...]*int{&h.Valid, &h.Degraded, &h.Invalid} {
		*n = int(r.count())
	}
	h.Reasons = list(r, maxReasons+1, 3, (*reader).reason)
	whole, shares := h.Worst.numbers()
	for _, n := range whole {
		*n = r.count()
	}
	for _, x := range shares {
		*x = r.fraction()
	}
	return g
}

func (r *reader) reason() Reason {
	return Reason{r.string(), Verdict(r.choice(byte(Invalid))), int(r.count())}
}

func (r *reader) keyedRow() Row { return r.row(Key{r.string(), r.string()}) }

// row reads what a row says beside its key.
func (r *reader) row(key Key) Row {
	row := Row{Key: key}
	body := r.bytes()
	after := r.rest
	r.rest = body
	row.OK, row.Failed = r.tally(), r.tally()
	row.Statuses, row.Crowd = r.counts(), r.counts()
	row.Slow = r.exemplars(MaxSlow, compareSlow)
	if len(r.rest) > 0 {
		r.fail(fmt.Errorf("%d bytes too many in a row", len(r.rest)))
	}
	if r.err == nil {
		r.rest = after
	}
	return row
}

func (r *reader) counts() Counts {
	last, first := Uncounted, true
	counts := list(r, maxCounts+1, 2, func(r *reader) Count {
		step, n := r.count(), r.count()
		if r.err == nil && (step > math.MaxInt32 || step == 0 && !first || n == 0) {
			r.fail(fmt.Errorf("count %d of %d+%d", n, last, step))
		}
		last, first = last+int(step), false
		return Count{last, n}
	})
	if len(counts) > maxCounts && counts[0].Of != Uncounted {
		r.fail(fmt.Errorf("%d counts, want at most %d", len(counts), maxCounts))
	}
	return counts
}

// exemplars reads exemplars that are in order.
func (r *reader) exemplars(most int, order func(a, b Exemplar) int) []Exemplar {
	list := list(r, most, 24, (*reader).exemplar)
	if !slices.IsSortedFunc(list, order) {
		r.fail(errors.New("its exemplars are not in order"))
	}
	return list
}

func (r *reader) exemplar() (e Exemplar) {
	rank := r.uint()
	if rank > math.MaxUint32 {
		r.fail(errLarge)
	}
	e.Rank, e.At = uint32(rank), r.time()
	for _, s := range e.texts() {
		*s = r.string()
	}
	e.User, e.Iteration, e.Status, e.Users = int(r.int()), r.int(), int(r.int()), int(r.count())
	for _, n := range e.numbers() {
		*n = r.count()
	}
	e.Request, e.Response = r.message(), r.message()
	return e
}

func (r *reader) message() Message {
	fields := list(r, maxHeader, 2, func(r *reader) Field { return Field{r.string(), r.string()} })
	return Message{fields, r.string(), r.count()}
}

func (r *reader) failure() (f Failure) {
	f.Method, f.Name, f.Format, f.Ours = r.word(), r.word(), r.word(), r.bool()
	f.Count, f.Example = r.count(), r.string()
	f.First, f.Last = r.time(), r.time()
	f.Users, f.Status, f.Crowd = int(r.count()), int(r.int()), r.counts()
	f.Samples = r.exemplars(MaxFailed, compareAge)
	return f
}

func (r *reader) exception() (e Exception) {
	e.Group, e.Count, e.Message, e.Stack = r.string(), r.count(), r.string(), r.string()
	e.First, e.Last = r.time(), r.time()
	return e
}

func (r *reader) tally() Tally {
	t := Tally{Count: r.count()}
	if t.Count == 0 {
		return Tally{}
	}
	t.Bytes = r.count()
	lagged := r.bool()
	t = r.times(t)
	if lagged {
		response := r.times(Tally{Count: t.Count, Bytes: t.Bytes})
		if response.Clamped < t.Clamped || response.sum < t.sum || response.min < t.min || response.max < t.max {
			r.fail(errors.New("response times are below service times"))
		}
		t.response = &response
	}
	return t
}

// times returns t with the times it was written with.
func (r *reader) times(t Tally) Tally {
	for _, v := range [...]*int64{&t.Clamped, &t.sum, &t.min, &t.max} {
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
	for k := range r.length(int(most), 1) {
		steps, n := r.count(), int64(1)
		if steps&1 == 1 {
			n = r.count()
		}
		steps >>= 1
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
