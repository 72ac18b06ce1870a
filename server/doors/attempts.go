package doors

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	freeTries   = 5                // from one address, before it has to wait
	firstWait   = time.Minute      // which doubles with each try that fails
	longestWait = 15 * time.Minute //
	forgetAfter = time.Hour        // without a try
	perMinute   = 60               // from all addresses together
	burst       = 10
	maxTriers   = 4096 // kept before those that can be forgotten are
)

// TooMany is the error of who tries to come in too often.
type TooMany struct{ Wait time.Duration }

// Seconds is how long to wait, in whole seconds.
func (e *TooMany) Seconds() int { return int((e.Wait + time.Second - 1) / time.Second) }

func (e *TooMany) Error() string {
	return fmt.Sprintf("too many attempts to log in: try again in %d s", e.Seconds())
}

// attempts bounds how often it is tried to come in. Each counts as failed until it has
// not, so that many at once are no way around.
type attempts struct {
	mu      sync.Mutex
	overall *rate.Limiter
	by      map[netip.Prefix]*tries
}

// tries are those from one address that have failed.
type tries struct {
	failed int
	last   time.Time
	until  time.Time // when the next is allowed
}

func newAttempts() *attempts {
	return &attempts{overall: rate.NewLimiter(rate.Every(time.Minute/perMinute), burst), by: map[netip.Prefix]*tries{}}
}

// begin counts an attempt, or says how long to wait before one.
func (a *attempts) begin(from netip.Addr) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, key := time.Now(), network(from)
	t := a.by[key]
	if t != nil && now.Sub(t.last) > forgetAfter {
		t = nil
	}
	if t != nil && now.Before(t.until) {
		return &TooMany{t.until.Sub(now)}
	}
	if !a.overall.AllowN(now, 1) {
		return &TooMany{time.Minute / perMinute}
	}
	if t == nil {
		a.sweep(now)
		t = new(tries)
		a.by[key] = t
	}
	t.failed++
	t.last = now
	if over := t.failed - freeTries; over >= 0 {
		t.until = now.Add(min(firstWait<<min(over, 10), longestWait))
	}
	return nil
}

// succeed takes back an attempt, but none before it: who has an account may not use it
// to try those of others.
func (a *attempts) succeed(from netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.by[network(from)]; t != nil && t.failed > 0 {
		t.failed--
		t.until = time.Time{}
	}
}

// sweep keeps the list short. It grows by what overall allows in an hour at most.
func (a *attempts) sweep(now time.Time) {
	if len(a.by) < maxTriers {
		return
	}
	for key, t := range a.by {
		if now.Sub(t.last) > forgetAfter {
			delete(a.by, key)
		}
	}
}

// network is what belongs to one customer: an address of IPv4, 64 bits of IPv6.
func network(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // of no address it is the zero one
	return p
}
