package doors

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

const (
	freeTries   = 5                // from one address, before it has to wait
	firstWait   = time.Minute      // which doubles with each try that fails
	longestWait = 15 * time.Minute //
	forgetAfter = time.Hour        // without a try
	maxTriers   = 4096             // kept before those that can be forgotten are
	maxKnown    = 1000
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
//
// An address has its own tries, and nothing that others do takes them away. Where nobody
// has come in from yet there is a line as well, see [line]: so strangers, however many, cost
// those nothing who have come in before from where they are.
type attempts struct {
	line *line

	mu    sync.Mutex
	by    map[netip.Prefix]*tries
	known map[netip.Prefix]time.Time // when somebody came in from there last
}

// tries are those from one address that have failed.
type tries struct {
	failed int
	last   time.Time
	until  time.Time // when the next is allowed
}

func newAttempts() *attempts {
	return &attempts{line: newLine(), by: map[netip.Prefix]*tries{}, known: map[netip.Prefix]time.Time{}}
}

// begin counts an attempt, which may have to wait for its turn. The error is *TooMany, with
// how long to wait before one, or that ctx has ended.
func (a *attempts) begin(ctx context.Context, from netip.Addr) error {
	known, err := a.count(from)
	if err != nil || known {
		return err
	}
	if err := a.line.wait(ctx, from); err != nil {
		a.takeBack(from)
		return err
	}
	return nil
}

// count counts an attempt, and reports whether somebody has come in from there before.
func (a *attempts) count(from netip.Addr) (known bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now, key := time.Now(), network(from)
	t := a.by[key]
	if t != nil && now.Sub(t.last) > forgetAfter {
		t = nil
	}
	if t != nil && now.Before(t.until) {
		return false, &TooMany{t.until.Sub(now)}
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
	_, known = a.known[key]
	return known, nil
}

// succeed takes back an attempt, but none before it: who has an account may not use it
// to try those of others.
func (a *attempts) succeed(from netip.Addr) {
	a.takeBack(from)
	a.mu.Lock()
	defer a.mu.Unlock()
	key := network(from)
	if _, ok := a.known[key]; !ok && len(a.known) >= maxKnown {
		oldest := key
		for other, at := range a.known {
			if oldest == key || at.Before(a.known[oldest]) {
				oldest = other
			}
		}
		delete(a.known, oldest)
	}
	a.known[key] = time.Now()
}

// takeBack takes back an attempt that was none, or did not fail.
func (a *attempts) takeBack(from netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := network(from)
	t := a.by[key]
	if t == nil || t.failed == 0 {
		return
	}
	t.failed--
	t.until = time.Time{}
	if t.failed == 0 {
		delete(a.by, key)
	}
}

// sweep keeps the list short. It grows by what the line lets through in an hour at most.
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
