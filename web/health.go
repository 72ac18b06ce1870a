package web

import (
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// Health is how far the numbers can be trusted, as to the load generator.
type Health struct {
	Verdict string // a word, also a class
	Mark    string // the verdict for who cannot tell colours
	Text    string // what the verdict means
	Now     string // the verdict on the latest second; "" when it is the same or unknown
	Reasons []HealthReason
	Vitals  []Parameter // the worst that was measured
}

// A HealthReason is why some of the time was not valid.
type HealthReason struct{ Verdict, Text, Share string }

// What a verdict looks like and means.
var verdicts = map[stats.Verdict]struct{ mark, text string }{
	stats.Unknown:  {"–", "Nothing is known yet of how well the load generator keeps up."},
	stats.Valid:    {"✓", "The load generator kept up: the times are the target's."},
	stats.Degraded: {"!", "The load generator was in the way at times: the target may be a little faster than the times say."},
	stats.Invalid:  {"✕", "The load generator was the bottleneck: the times say more of it than of the target."},
}

// newHealth words the health of a run. now is that of its latest second.
func newHealth(h, now stats.Health) Health {
	v := h.Verdict()
	out := Health{Verdict: v.String(), Mark: verdicts[v].mark, Text: verdicts[v].text}
	if n := now.Verdict(); n != v && n != stats.Unknown {
		out.Now = n.String()
	}
	spans := int64(h.Valid + h.Degraded + h.Invalid)
	for _, r := range h.Gravest() {
		out.Reasons = append(out.Reasons, HealthReason{r.Worst.String(), line(r.Text), count(int64(r.Spans)) + " of " + count(spans) + " s"})
	}
	if v == stats.Unknown {
		return out
	}
	w := h.Worst
	out.Vitals = []Parameter{
		{"Start lag p99", millis(w.Lag) + " ms"}, {"Timer lag p99", millis(w.Canary) + " ms"},
		{"Scheduling p99", millis(w.Scheduling) + " ms"}, {"Processor", percent(w.Processor) + " %"},
		{"Garbage collector", percent(w.GC) + " %"}, {"Throttled", percent(w.Throttled) + " %"},
		{"Stolen", percent(w.Stolen) + " %"}, {"File descriptors", percent(w.Descriptors) + " %"},
	}
	if w.Suspended > 0 {
		out.Vitals = append(out.Vitals, Parameter{"Suspended", w.Suspended.Round(100 * time.Millisecond).String()})
	}
	if w.Unsent > 0 {
		out.Vitals = append(out.Vitals, Parameter{"Not sent", plural(w.Unsent, "request", "requests")})
	}
	return out
}
