package stats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// AppendBinary appends the binary form of a snapshot to b: what it adds up to as a delta,
// and then what a delta does not have. ParseSnapshot returns the same snapshot, exactly.
func (s *Snapshot) AppendBinary(b []byte) []byte {
	b = appendPart(b, s.sum().AppendBinary(nil))
	b = appendGauges(b, Gauges{Health: s.Now})
	b = binary.AppendUvarint(b, uint64(s.CurrentSpan))
	b = appendString(appendString(b, s.Current.Method), s.Current.Name)
	b = appendRow(b, &s.Current, true)
	b = appendLine(b, &s.Total)
	for i := range s.Rows {
		b = appendLine(b, &s.Rows[i])
	}
	for i := range s.Failures {
		b = appendTrend(b, s.Failures[i].Trend)
	}
	return b
}

// sum returns what s adds up to.
func (s *Snapshot) sum() Delta {
	d := Delta{From: s.From, To: s.To, Gauges: Gauges{Arrivals: s.Arrivals, Health: s.Health}, total: s.Total.Row, Phases: s.Phases, Exceptions: s.Exceptions}
	for i := range s.Rows {
		d.Rows = append(d.Rows, s.Rows[i].Row)
	}
	for i := range s.Failures {
		d.Failures = append(d.Failures, s.Failures[i].Failure)
	}
	return d
}

// appendPart appends bytes and their length before.
func appendPart(b, part []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}

// appendLine appends what a line says beside its row.
func appendLine(b []byte, l *Line) []byte {
	b = appendFraction(appendFraction(b, l.Rate), l.FailRate)
	return appendTrend(appendTrend(b, l.Trend), l.FailTrend)
}

func appendTrend(b []byte, trend []uint32) []byte {
	b = binary.AppendUvarint(b, uint64(len(trend)))
	for _, n := range trend {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// ParseSnapshot reads what Snapshot.AppendBinary wrote. It accepts any bytes and reports
// what is wrong with them.
func ParseSnapshot(b []byte) (*Snapshot, error) {
	r := reader{rest: b}
	d, err := ParseDelta(r.bytes())
	if err == nil {
		err = r.err
	}
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	s := &Snapshot{From: d.From, To: d.To, Arrivals: d.Arrivals, Health: d.Health, Phases: d.Phases, Exceptions: d.Exceptions}
	s.Now = r.gauges().Health
	s.CurrentSpan = time.Duration(r.count())
	s.Current = r.keyedRow()
	s.Total = r.line(d.total)
	s.Rows, s.Failures = make([]Line, len(d.Rows)), make([]FailureLine, len(d.Failures))
	for i := range d.Rows {
		s.Rows[i] = r.line(d.Rows[i])
	}
	for i := range d.Failures {
		s.Failures[i] = FailureLine{d.Failures[i], r.trend()}
	}
	switch {
	case r.err == nil && len(r.rest) > 0:
		r.err = fmt.Errorf("%d bytes too many", len(r.rest))
	case r.err == nil && !ascending(s.Now.Reasons, reasonMerger.compare):
		r.err = errors.New("its reasons are not in order")
	}
	if r.err != nil {
		return nil, fmt.Errorf("read snapshot: %w", r.err)
	}
	return s, nil
}

func (r *reader) line(row Row) Line {
	return Line{row, r.fraction(), r.fraction(), r.trend(), r.trend()}
}

func (r *reader) trend() []uint32 {
	return list(r, maxTrend, 1, func(r *reader) uint32 {
		n := r.count()
		if n > math.MaxUint32 {
			r.fail(errLarge)
		}
		return uint32(n)
	})
}

// AppendBinary appends the binary form of a timeline to b.
func (t Timeline) AppendBinary(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t.entries)))
	for i := range t.entries {
		b = appendPart(b, t.entries[i].packed)
	}
	return b
}

// ParseTimeline reads what Timeline.AppendBinary wrote. It accepts any bytes and reports
// what is wrong with them.
func ParseTimeline(b []byte) (Timeline, error) {
	r := reader{rest: b}
	n := r.length(math.MaxInt32, 2)
	t := Timeline{}
	for i := range n {
		packed := slices.Clone(r.bytes())
		if r.err != nil {
			break
		}
		d, err := ParseDelta(packed)
		switch {
		case err != nil:
			return Timeline{}, fmt.Errorf("read timeline: entry %d: %w", i, err)
		case i > 0 && d.From.Before(t.entries[i-1].From):
			return Timeline{}, fmt.Errorf("read timeline: entry %d begins before the one before it", i)
		}
		t.entries = append(t.entries, Entry{Point{From: d.From, To: d.To, Gauges: d.Gauges}.Of(d.total), packed})
	}
	if r.err == nil && len(r.rest) > 0 {
		r.err = fmt.Errorf("%d bytes too many", len(r.rest))
	}
	if r.err != nil {
		return Timeline{}, fmt.Errorf("read timeline: %w", r.err)
	}
	return t, nil
}
