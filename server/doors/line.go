package doors

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	perMinute  = 60 // attempts of strangers
	burst      = 10
	maxWaiting = 20
	lineWait   = 10 * time.Second
)

// A line is where strangers wait for their turn to try to come in, so that however many
// they are, their attempts take no more of the processor than a load test can spare. Who
// comes from where the fewest turns have been had is next: those who keep coming from a few
// networks stand behind everybody else.
type line struct {
	mu      sync.Mutex
	pace    *rate.Limiter
	waiting []*stranger          // as they came
	turns   map[netip.Prefix]int // had since there was a crowd
	timer   *time.Timer          // of the next turn; nil while nobody waits
}

// A stranger waits for a turn.
type stranger struct {
	from netip.Prefix
	told chan bool // once: whether it is their turn, or the line is too long for them
}

func newLine() *line {
	return &line{pace: rate.NewLimiter(rate.Every(time.Minute/perMinute), burst), turns: map[netip.Prefix]int{}}
}

// wait returns when it is the turn of who comes from an address. The error is *TooMany, or
// that ctx has ended.
func (l *line) wait(ctx context.Context, from netip.Addr) error {
	s := &stranger{from: neighbourhood(from), told: make(chan bool, 1)}
	l.join(s)
	patience := time.NewTimer(lineWait)
	defer patience.Stop()
	var err error
	select {
	case turn := <-s.told:
		if turn {
			return nil
		}
		return &TooMany{lineWait}
	case <-patience.C:
		err = &TooMany{lineWait}
	case <-ctx.Done():
		err = ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = slices.DeleteFunc(l.waiting, func(other *stranger) bool { return other == s })
	return err
}

// join puts a stranger in the line, and sends away whoever would be last in one that is
// too long.
func (l *line) join(s *stranger) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 && l.pace.Tokens() >= burst {
		clear(l.turns) // there is no crowd any more
	}
	l.waiting = append(l.waiting, s)
	if len(l.waiting) > maxWaiting {
		last := 0
		for i, other := range l.waiting {
			if l.turns[other.from] >= l.turns[l.waiting[last].from] {
				last = i
			}
		}
		l.waiting[last].told <- false
		l.waiting = slices.Delete(l.waiting, last, last+1)
	}
	l.serve()
}

// serve gives as many their turn as the pace allows, and comes back for the others. The
// caller holds mu.
func (l *line) serve() {
	for len(l.waiting) > 0 && l.pace.Allow() {
		next := 0
		for i, other := range l.waiting {
			if l.turns[other.from] < l.turns[l.waiting[next].from] {
				next = i
			}
		}
		s := l.waiting[next]
		l.waiting = slices.Delete(l.waiting, next, next+1)
		l.turns[s.from]++
		s.told <- true
	}
	switch {
	case len(l.waiting) == 0 || l.timer != nil:
	default:
		l.timer = time.AfterFunc(time.Minute/perMinute, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.timer = nil
			l.serve()
		})
	}
	if len(l.turns) > maxTriers {
		clear(l.turns)
	}
}

// neighbourhood is what one stranger may well have many addresses of.
func neighbourhood(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	p, _ := ip.Prefix(bits) // of no address it is the zero one
	return p
}
