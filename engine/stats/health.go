package stats

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A Verdict says how far the numbers of a time can be trusted, as to whether the load
// generator itself was in the way.
type Verdict int

// The verdicts.
const (
	Unknown  Verdict = iota // nothing was measured
	Valid                   // the load generator was not in the way
	Degraded                // it was, a little or at times
	Invalid                 // it was the bottleneck: the target may well be faster
)

func (v Verdict) String() string {
	return [...]string{"unknown", "valid", "degraded", "invalid"}[v]
}

// Health is how well the load generator itself was over some time.
type Health struct {
	Valid, Degraded, Invalid int      // how many spans, of a second as a rule, had each verdict
	Reasons                  []Reason // for verdicts other than valid, by text; few
	Worst                    Vitals   // the largest of each, but the sum of Suspended and Unsent
}

// A Reason is why spans were not valid.
type Reason struct {
	Text  string  // what, without numbers: "processor time is used up"
	Worst Verdict // the gravest verdict it led to
	Spans int     // how many spans it held for
}

// Vitals are what is measured of the load generator. Durations that are a 99th
// percentile are that of each span: for a longer time the largest of them.
type Vitals struct {
	Lag         time.Duration // by which work started later than planned, 99th percentile
	Canary      time.Duration // by which a goroutine that only sleeps woke late, 99th percentile
	Scheduling  time.Duration // for which runnable goroutines waited for a processor, 99th percentile
	Processor   float64       // share of the processor time there is for the process, from 0 to 1
	GC          float64       // share of that which the garbage collector took, from 0 to 1
	Throttled   float64       // share of the time the process was held back by its quota, from 0 to 1
	Stolen      float64       // share of the machine's time its host gave to others, from 0 to 1
	Descriptors float64       // share of the file descriptors allowed that are in use, from 0 to 1
	Suspended   time.Duration // for which the machine slept
	Unsent      int64         // requests that could not be sent for want of a descriptor or a port
}

// Limits of the verdict on a longer time: a bad second now and then, which is marked
// for itself, does not spoil a run.
const (
	invalidAbove  = 10 // one in so many spans was invalid
	degradedAbove = 20 // one in so many spans was not valid
	spoilsFrom    = 5  // spans that were invalid spoil a run, fewer are a hiccup
)

// Verdict returns the verdict on the whole time: invalid when more than a tenth of
// its spans were, degraded when more than a twentieth were not valid.
func (h Health) Verdict() Verdict {
	bad := plus(h.Invalid, h.Degraded)
	switch n := plus(h.Valid, bad); {
	case n == 0:
		return Unknown
	case h.Invalid > n/invalidAbove:
		return Invalid
	case bad > n/degradedAbove:
		return Degraded
	}
	return Valid
}

// Spoils reports whether h is so bad that a run with it says little of its target: it is
// invalid, and for five spans or more. In a run of a few seconds a single mishap of the
// machine would be more than a tenth.
func (h Health) Spoils() bool { return h.Verdict() == Invalid && h.Invalid >= spoilsFrom }

// Plus returns the health over both times.
func (h Health) Plus(g Health) Health {
	h, g = h.fit(), g.fit()
	return Health{
		plus(h.Valid, g.Valid), plus(h.Degraded, g.Degraded), plus(h.Invalid, g.Invalid),
		reasonMerger.merge(h.Reasons, g.Reasons), h.Worst.plus(g.Worst),
	}
}

// plus returns the sum of two counts.
func plus(a, b int) int { return int(saturated(int64(a), int64(b))) }

// maxReasons bounds the reasons; further ones are counted as Other.
const maxReasons = 20

var reasonMerger = merger[Reason]{
	most:    maxReasons,
	compare: func(a, b Reason) int { return strings.Compare(a.Text, b.Text) },
	plus: func(a, b Reason) Reason {
		return Reason{a.Text, max(a.Worst, b.Worst), plus(a.Spans, b.Spans)}
	},
	other: func(r Reason) Reason {
		r.Text = Other
		return r
	},
}

// fit returns h fit to be kept, whoever made it: without impossible numbers, its
// reasons in order, each once, not too many, and their texts valid.
func (h Health) fit() Health {
	h.Valid, h.Degraded, h.Invalid = max(0, h.Valid), max(0, h.Degraded), max(0, h.Invalid)
	var reasons []Reason
	for _, r := range h.Reasons {
		fit := Reason{text(r.Text, maxText), min(max(Unknown, r.Worst), Invalid), max(0, r.Spans)}
		reasons = reasonMerger.merge(reasons, []Reason{fit})
	}
	h.Reasons = reasons
	whole, shares := h.Worst.numbers()
	for _, n := range whole {
		*n = max(0, *n)
	}
	for _, x := range shares {
		*x = finite(*x)
	}
	return h
}

// Gravest returns the reasons, the gravest and then most frequent first.
func (h Health) Gravest() []Reason {
	return slices.SortedStableFunc(slices.Values(h.Reasons), func(a, b Reason) int {
		return cmp.Or(cmp.Compare(b.Worst, a.Worst), cmp.Compare(b.Spans, a.Spans))
	})
}

func (v Vitals) plus(w Vitals) Vitals {
	return Vitals{
		max(v.Lag, w.Lag), max(v.Canary, w.Canary), max(v.Scheduling, w.Scheduling),
		max(v.Processor, w.Processor), max(v.GC, w.GC), max(v.Throttled, w.Throttled), max(v.Stolen, w.Stolen),
		max(v.Descriptors, w.Descriptors), saturated(v.Suspended, w.Suspended), saturated(v.Unsent, w.Unsent),
	}
}

// numbers returns all there is in v: whole numbers and shares.
func (v *Vitals) numbers() ([5]*int64, [5]*float64) {
	return [...]*int64{(*int64)(&v.Lag), (*int64)(&v.Canary), (*int64)(&v.Scheduling), (*int64)(&v.Suspended), &v.Unsent},
		[...]*float64{&v.Processor, &v.GC, &v.Throttled, &v.Stolen, &v.Descriptors}
}
