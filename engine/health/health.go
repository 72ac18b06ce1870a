package health

import (
	"context"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Monitor measures this process while a run is on. Its methods may be called from
// many goroutines, except that one at a time calls Take.
type Monitor struct {
	lag, canary lateness

	end   context.CancelFunc
	ended sync.WaitGroup

	// Take's.
	host   *host
	prober *prober
	last   reading
	slow   bool // the clock is, and it has not been said yet
}

// Start begins to measure. Stop must follow.
func Start() *Monitor { return startOn(os.DirFS("/")) }

// startOn is Start on a machine whose files are in root.
func startOn(root fs.FS) *Monitor {
	m := &Monitor{host: newHost(root), prober: newProber(), slow: slowClock(root)}
	m.last = m.read()
	ctx, end := context.WithCancel(context.Background())
	m.end = end
	m.ended.Go(func() { sing(ctx, &m.canary) })
	return m
}

// Lag notes by how much something started later than planned. It costs a few
// nanoseconds.
func (m *Monitor) Lag(late time.Duration) { m.lag.note(late) }

// Take returns what was measured since the last Take, or since Start, judged as one
// span. The median is that of the service times in the span, 0 when there was no
// request; unsent is how many requests this machine could not send. A span shorter
// than a tenth of a second is too short to tell shares of it: they are 0, and are
// part of those of the next.
func (m *Monitor) Take(median time.Duration, unsent int64) stats.Health {
	v := stats.Vitals{Lag: m.lag.take(), Canary: m.canary.take(), Unsent: unsent}
	if now := m.read(); now.at.Sub(m.last.at) >= shortest {
		now.fill(&v, m.last)
		m.last = now
	}
	found := reasons(v, median)
	if m.slow {
		m.slow = false
		found = append(found, stats.Reason{Text: clockReason, Worst: stats.Degraded, Spans: 1})
	}
	return sum(v, found)
}

// Stop ends the measuring and returns when its goroutines have ended.
func (m *Monitor) Stop() {
	m.end()
	m.ended.Wait()
}

func (m *Monitor) read() reading {
	r := m.host.read()
	r.pulse = m.prober.read()
	return r
}

// nap is how long the canary sleeps at a time: short enough that a second has more
// than a hundred naps, so that the 99th percentile is not a single mishap.
const nap = 5 * time.Millisecond

// sing is the canary: it only sleeps, and notes by how much it wakes late, until ctx
// ends.
func sing(ctx context.Context, late *lateness) {
	due := time.Now().Add(nap)
	timer := time.NewTimer(nap)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			late.note(time.Since(due))
			due = time.Now().Add(nap)
			timer.Reset(nap)
		case <-ctx.Done():
			return
		}
	}
}
