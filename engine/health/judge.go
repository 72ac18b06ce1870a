package health

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A rule says what of the vitals makes a span less than valid.
type rule struct {
	reason, advice string
	of             func(stats.Vitals) float64 // in seconds, as a share, or a number
	degraded       float64                    // above that a span is
	invalid        float64
	relative       bool // the limits are larger where responses take longer
}

// The reasons.
const (
	lagReason        = "requests start later than planned"
	lateReason       = "timers of the load generator go off late"
	waitReason       = "users wait for a processor"
	processorReason  = "processor time is used up"
	collectorReason  = "the garbage collector takes much processor time"
	quotaReason      = "a quota holds the load generator back"
	stolenReason     = "the host of this virtual machine gives its time to others"
	descriptorReason = "file descriptors run out"
	sleepReason      = "the machine slept"
	unsentReason     = "requests could not be sent"
	clockReason      = "the clock of this machine is slow to read"
)

var never = math.Inf(1)

// The rules. The package documentation tells which limits were measured.
var rules = []rule{
	// A timer of an idle process goes off 1 to 2 ms late. Below 4 ms it may be that; beyond
	// 25 ms a processor was not to be had for more than a few slices of other programs.
	{
		lagReason,
		"give the load generator more processors, or lower the load",
		func(v stats.Vitals) float64 { return v.Lag.Seconds() }, 0.004, 0.025, true,
	},
	{
		lateReason,
		"give the load generator more processors, lower the load, or move what else runs on its machine, the target above all",
		func(v stats.Vitals) float64 { return v.Canary.Seconds() }, 0.004, 0.025, true,
	},
	// Goroutines of a generator that has little to do wait for less than 1 ms.
	{
		waitReason,
		"give the load generator more processors, or lower the load",
		func(v stats.Vitals) float64 { return v.Scheduling.Seconds() }, 0.002, 0.005, true,
	},
	// Beyond 70 % what comes in bursts begins to queue; beyond 90 % everything does.
	{
		processorReason,
		"give the load generator more processors, or lower the load",
		func(v stats.Vitals) float64 { return v.Processor }, 0.70, 0.90, false,
	},
	// The collector aims at a quarter while it works: more means that users help it.
	{
		collectorReason,
		"give the load generator more memory and set GOGC=400, or keep less of each response",
		func(v stats.Vitals) float64 { return v.GC }, 0.10, 0.25, false,
	},
	// Each time it is held back all users stand still, often for tens of milliseconds.
	{
		quotaReason,
		"raise the processor limit of its container or control group",
		func(v stats.Vitals) float64 { return v.Throttled }, 0.01, 0.05, false,
	},
	// It is a hint: what it does to the load shows in the lateness of timers and users.
	// It is counted in steps of half a percent on a machine with two processors.
	{
		stolenReason,
		"use a machine with processors of its own",
		func(v stats.Vitals) float64 { return v.Stolen }, 0.20, never, false,
	},
	{
		descriptorReason,
		"raise the limit of open files: ulimit -Hn, or LimitNOFILE= of systemd",
		func(v stats.Vitals) float64 { return v.Descriptors }, 0.90, never, false,
	},
	// Of what follows, once is too often.
	{
		sleepReason,
		"keep it awake while a run is on",
		func(v stats.Vitals) float64 { return v.Suspended.Seconds() }, 0, 0, false,
	},
	{
		unsentReason,
		"raise the limit of open files, keep connections alive, or widen net.ipv4.ip_local_port_range",
		func(v stats.Vitals) float64 { return float64(v.Unsent) }, 0, 0, false,
	},
}

const clockAdvice = "choose the clock source tsc or kvm-clock if the machine has one: see /sys/devices/system/clocksource"

// Where the limits are relative, they are these shares of the median service time, if
// that is larger, and at most the most: responses that seem slow may be so because the
// generator is, and must not excuse it.
const (
	degradedShare, degradedMost = 0.05, 0.025
	invalidShare, invalidMost   = 0.20, 0.100
)

// judge returns what the rule makes of a span.
func (r *rule) judge(v stats.Vitals, median time.Duration) stats.Verdict {
	degraded, invalid := r.degraded, r.invalid
	if r.relative {
		degraded = max(degraded, min(degradedShare*median.Seconds(), degradedMost))
		invalid = max(invalid, min(invalidShare*median.Seconds(), invalidMost))
	}
	switch x := r.of(v); {
	case x > invalid:
		return stats.Invalid
	case x > degraded:
		return stats.Degraded
	}
	return stats.Valid
}

// Judge returns the health of one span with these vitals. The median is that of its
// service times, 0 when there was none. What was not measured is 0, and never a reason.
func Judge(v stats.Vitals, median time.Duration) stats.Health { return sum(v, reasons(v, median)) }

// reasons returns why a span is not valid.
func reasons(v stats.Vitals, median time.Duration) []stats.Reason {
	var found []stats.Reason
	for i := range rules {
		if verdict := rules[i].judge(v, median); verdict != stats.Valid {
			found = append(found, stats.Reason{Text: rules[i].reason, Worst: verdict, Spans: 1})
		}
	}
	return found
}

// sum returns the health of one span that is as bad as the worst reason.
func sum(v stats.Vitals, found []stats.Reason) stats.Health {
	slices.SortFunc(found, func(a, b stats.Reason) int { return strings.Compare(a.Text, b.Text) })
	h := stats.Health{Reasons: found, Worst: v}
	worst := stats.Valid
	for _, r := range found {
		worst = max(worst, r.Worst)
	}
	switch worst {
	case stats.Invalid:
		h.Invalid = 1
	case stats.Degraded:
		h.Degraded = 1
	default:
		h.Valid = 1
	}
	return h
}

// Advice returns what to do about a reason, given its text; it is empty when the text
// is none of this package's.
func Advice(reason string) string {
	if reason == clockReason {
		return clockAdvice
	}
	for _, r := range rules {
		if r.reason == reason {
			return r.advice
		}
	}
	return ""
}
