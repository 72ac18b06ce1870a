package stats

import (
	"encoding/binary"
	"math/bits"
)

// A denseSum adds up many packed tallies, bucket by bucket, at a few ns each. It has a
// count for every bucket there could be, and is emptied and used again.
type denseSum struct {
	counts [allBuckets]int64
	lo, hi int // the counts that may not be 0 are from lo until hi
}

// allBuckets is how many there are. The first 2048 are 1 µs wide, and each 1024 after them
// twice as wide as those before: bucket i of width 1<<e is of times from (i-1024·e)<<e.
const allBuckets = 23 << 10

// bucketOf returns the bucket of a time and the exponent of its width.
func bucketOf(us uint64) (i, e int) {
	e = bits.Len64(us|2047) - 11
	return e<<10 + int(us>>e), e
}

// lowestOf returns the shortest time of a bucket.
func lowestOf(i int) int64 {
	e := max(0, i>>10-1)
	return int64(i-e<<10) << e
}

// add reads the buckets of a histogram, see appendTimes. They are of a delta that was
// packed here and need no checks.
func (d *denseSum) add(r *reader) {
	b := r.rest
	left, at := varint(b, 0)
	i, e := 0, 0
	for first := true; left > 0; left-- {
		// Most numbers take one byte.
		steps := uint64(b[at])
		if at++; steps >= 0x80 {
			steps, at = varint(b, at-1)
		}
		n := int64(1)
		if steps&1 == 1 {
			n = int64(b[at])
			if at++; n >= 0x80 {
				var v uint64
				v, at = varint(b, at-1)
				n = int64(v)
			}
		}
		steps >>= 1
		if to := i + int(steps); to < (e+2)<<10 {
			i = to // as wide as the one before
		} else {
			i, e = bucketOf(uint64(lowestOf(i)) + steps<<e)
		}
		if first {
			d.touch(i)
			first = false
		}
		d.counts[i] = saturated(d.counts[i], n)
	}
	d.hi = max(d.hi, i+1)
	r.rest = b[at:]
}

// varint returns the number at a position, and the position after it.
func varint(b []byte, at int) (uint64, int) {
	v, n := binary.Uvarint(b[at:])
	return v, at + n
}

// touch makes room for a bucket at the beginning.
func (d *denseSum) touch(i int) {
	if d.lo >= d.hi {
		d.lo, d.hi = i, i
	}
	d.lo = min(d.lo, i)
}

// plus adds what is in o.
func (d *denseSum) plus(o *denseSum) {
	if o.lo < o.hi {
		d.touch(o.lo)
		d.hi = max(d.hi, o.hi)
		for i := o.lo; i < o.hi; i++ {
			d.counts[i] = saturated(d.counts[i], o.counts[i])
		}
	}
}

// take returns what was added and empties d, by way of an empty histogram that is empty
// afterwards.
func (d *denseSum) take(h histogram) histogram {
	for i := d.lo; i < d.hi; i++ {
		if n := d.counts[i]; n > 0 {
			record(h, lowestOf(i), n)
		}
	}
	d.clear()
	return take(h)
}

func (d *denseSum) clear() {
	clear(d.counts[d.lo:d.hi])
	d.lo, d.hi = 0, 0
}

// A timesSum adds up packed times.
type timesSum struct {
	tally Tally // without a histogram
	hist  denseSum
}

// add reads the times of t, see appendTimes.
func (s *timesSum) add(r *reader, t Tally) {
	for _, v := range [...]*int64{&t.Clamped, &t.sum, &t.min, &t.max} {
		*v = r.count()
	}
	s.tally.count(t)
	s.hist.add(r)
}

func (s *timesSum) plus(o *timesSum) {
	s.tally.count(o.tally)
	s.hist.plus(&o.hist)
}

// take returns the tally and empties s, see denseSum.take.
func (s *timesSum) take(h histogram) Tally {
	t := s.tally
	if t.Count > 0 {
		t.hist = s.hist.take(h)
	}
	s.tally = Tally{}
	return t
}

func (s *timesSum) clear() {
	s.tally = Tally{}
	s.hist.clear()
}

// A tallySum adds up packed tallies.
type tallySum struct {
	plain    timesSum // of those without a lag
	service  timesSum // of those with one
	response timesSum
}

// add reads a tally, see appendTally, and returns its count.
func (s *tallySum) add(r *reader) int64 {
	t := Tally{Count: r.count()}
	if t.Count == 0 {
		return 0
	}
	t.Bytes = r.count()
	if r.bool() {
		s.service.add(r, t)
		s.response.add(r, t)
	} else {
		s.plain.add(r, t)
	}
	return t.Count
}

// take returns the tally and empties s, see denseSum.take.
func (s *tallySum) take(h histogram) Tally {
	if s.response.tally.Count == 0 {
		return s.plain.take(h)
	}
	s.response.plus(&s.plain)
	s.plain.plus(&s.service)
	s.service.clear()
	t, response := s.plain.take(h), s.response.take(h)
	t.response = &response
	return t
}

// A rowSum adds up packed rows.
type rowSum struct {
	ok, failed      tallySum
	statuses, crowd counter
}

// add adds what is said of a row beside its key, and returns how many requests and
// failures it counts.
func (s *rowSum) add(body []byte) (requests, failures int64) {
	r := reader{rest: body}
	ok, failed := s.ok.add(&r), s.failed.add(&r)
	s.statuses.read(&r)
	s.crowd.read(&r)
	return saturated(ok, failed), failed
}

// take returns the row and empties s, see denseSum.take.
func (s *rowSum) take(key Key, h histogram) Row {
	return Row{Key: key, OK: s.ok.take(h), Failed: s.failed.take(h), Statuses: s.statuses.take(), Crowd: s.crowd.take()}
}

// read counts packed counts.
func (c *counter) read(r *reader) {
	of := Uncounted
	for range r.count() {
		of += int(r.count())
		c.add(of, r.count())
	}
}
