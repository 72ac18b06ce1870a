package doors

import (
	"time"

	"golang.org/x/time/rate"
)

// A Limit bounds how often something is done. A nil Limit bounds nothing.
type Limit struct{ l *rate.Limiter }

// NewLimit allows n times at once, and n times in each span.
func NewLimit(n int, span time.Duration) *Limit {
	return &Limit{rate.NewLimiter(rate.Every(span/time.Duration(n)), n)}
}

// Allow counts one time, if that is allowed.
func (l *Limit) Allow() bool { return l == nil || l.l.Allow() }
