package health

import (
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

func TestJudge(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	for _, c := range []struct {
		name    string
		vitals  stats.Vitals
		median  time.Duration
		want    stats.Verdict
		reasons []string
	}{
		{"nothing measured", stats.Vitals{}, 0, stats.Valid, nil},
		{"timers as they are", stats.Vitals{Lag: 3 * ms, Canary: 3 * ms, Scheduling: ms}, 0, stats.Valid, nil},
		{"on the limit", stats.Vitals{Lag: 4 * ms, Scheduling: 2 * ms, Processor: 0.7}, 0, stats.Valid, nil},
		{"late", stats.Vitals{Lag: 5 * ms}, ms, stats.Degraded, []string{lagReason}},
		{"on the upper limit", stats.Vitals{Lag: 25 * ms, Processor: 0.9}, 0, stats.Degraded, []string{processorReason, lagReason}},
		{"two slices of a neighbour", stats.Vitals{Lag: 11 * ms, Canary: 24 * ms}, ms, stats.Degraded, []string{lagReason, lateReason}},
		{"very late", stats.Vitals{Lag: 26 * ms}, ms, stats.Invalid, []string{lagReason}},
		{"late beside slow responses", stats.Vitals{Lag: 5 * ms, Canary: 5 * ms, Scheduling: 5 * ms}, 100 * ms, stats.Valid, nil},
		{"later than a twentieth of a response", stats.Vitals{Canary: 6 * ms}, 100 * ms, stats.Degraded, []string{lateReason}},
		{"later than a fifth of a response", stats.Vitals{Canary: 41 * ms}, 200 * ms, stats.Invalid, []string{lateReason}},
		{"later than slow responses excuse", stats.Vitals{Canary: 26 * ms}, 10 * s, stats.Degraded, []string{lateReason}},
		{"much later than slow responses excuse", stats.Vitals{Canary: 101 * ms}, 10 * s, stats.Invalid, []string{lateReason}},
		{"waiting for a processor", stats.Vitals{Scheduling: 3 * ms}, 0, stats.Degraded, []string{waitReason}},
		{"waiting long for a processor", stats.Vitals{Scheduling: 6 * ms}, 0, stats.Invalid, []string{waitReason}},
		{"busy", stats.Vitals{Processor: 0.71}, 10 * s, stats.Degraded, []string{processorReason}},
		{"very busy", stats.Vitals{Processor: 0.91}, 10 * s, stats.Invalid, []string{processorReason}},
		{"collecting", stats.Vitals{GC: 0.15}, 0, stats.Degraded, []string{collectorReason}},
		{"collecting all the time", stats.Vitals{GC: 0.3}, 0, stats.Invalid, []string{collectorReason}},
		{"a short halt", stats.Vitals{Throttled: 0.02}, 0, stats.Degraded, []string{quotaReason}},
		{"long halts", stats.Vitals{Throttled: 0.06}, 0, stats.Invalid, []string{quotaReason}},
		{"a host that is a little busy", stats.Vitals{Stolen: 0.19}, 0, stats.Valid, nil},
		{"a very busy host", stats.Vitals{Stolen: 0.3}, 0, stats.Degraded, []string{stolenReason}},
		{"nearly no descriptor left", stats.Vitals{Descriptors: 1}, 0, stats.Degraded, []string{descriptorReason}},
		{"sleep", stats.Vitals{Suspended: s}, 0, stats.Invalid, []string{sleepReason}},
		{"one request unsent", stats.Vitals{Unsent: 1}, 0, stats.Invalid, []string{unsentReason}},
		{"two reasons", stats.Vitals{Processor: 0.8, GC: 0.3}, 0, stats.Invalid, []string{processorReason, collectorReason}},
	} {
		h := Judge(c.vitals, c.median)
		if got := h.Verdict(); got != c.want || h.Valid+h.Degraded+h.Invalid != 1 {
			t.Errorf("%s: Judge() is %v of %d+%d+%d spans, want %v of one", c.name, got, h.Valid, h.Degraded, h.Invalid, c.want)
		}
		if h.Worst != c.vitals {
			t.Errorf("%s: Judge().Worst = %+v, want %+v", c.name, h.Worst, c.vitals)
		}
		got := map[string]bool{}
		for i, r := range h.Reasons {
			got[r.Text] = true
			if r.Spans != 1 || i > 0 && h.Reasons[i-1].Text >= r.Text {
				t.Errorf("%s: Judge().Reasons = %v, want one span each and sorted", c.name, h.Reasons)
			}
		}
		for _, text := range c.reasons {
			if !got[text] {
				t.Errorf("%s: Judge().Reasons = %v, want %q", c.name, h.Reasons, text)
			}
		}
		if len(h.Reasons) != len(c.reasons) {
			t.Errorf("%s: Judge().Reasons = %v, want %d", c.name, h.Reasons, len(c.reasons))
		}
	}
}

func TestEveryReasonHasAdvice(t *testing.T) {
	texts := []string{clockReason}
	for _, r := range rules {
		texts = append(texts, r.reason)
	}
	for _, text := range texts {
		if Advice(text) == "" {
			t.Errorf("Advice(%q) is empty", text)
		}
	}
	if got := Advice("it rains"); got != "" {
		t.Errorf("Advice of what is no reason = %q, want none", got)
	}
}
