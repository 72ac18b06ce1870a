package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// HealthText says in a line how far numbers can be trusted, and why not further:
// "valid", "INVALID — processor time is used up in 12 of 15 s".
func HealthText(h stats.Health) string {
	verdict := h.Verdict().String()
	if h.Verdict() > stats.Valid {
		verdict = strings.ToUpper(verdict)
	}
	if len(h.Reasons) == 0 {
		return verdict
	}
	return verdict + " — " + reasons(h)
}

// reasons says why not all of h is valid, gravest first. Of a single span it needs no
// counts.
func reasons(h stats.Health) string {
	spans := h.Valid + h.Degraded + h.Invalid
	var parts []string
	for _, r := range h.Gravest() {
		part := r.Text
		if spans > 1 {
			part = fmt.Sprintf("%s in %d of %d s", r.Text, r.Spans, spans)
		}
		parts = append(parts, OneLine(part))
	}
	return strings.Join(parts, "; ")
}

// NewHealth returns a Log of the load generator's health and writes the header to w.
// Times are in milliseconds, but for "Suspended", which is in seconds; shares are in
// percent.
func NewHealth(w io.Writer) (*Log, error) {
	return newLog(w, []string{
		"Timestamp", "Verdict", "Reasons", "Lag", "Canary", "Scheduling",
		"Processor", "GC", "Throttled", "Stolen", "Descriptors", "Suspended", "Unsent",
	}, func(second string, d stats.Delta) []string {
		v := d.Health.Worst
		return []string{
			second, d.Health.Verdict().String(), text(reasons(d.Health)),
			millis(v.Lag), millis(v.Canary), millis(v.Scheduling),
			percent(v.Processor), percent(v.GC), percent(v.Throttled), percent(v.Stolen), percent(v.Descriptors),
			thousandths(v.Suspended.Round(time.Millisecond).Seconds()), whole(v.Unsent),
		}
	})
}

func percent(share float64) string { return thousandths(100 * share) }
