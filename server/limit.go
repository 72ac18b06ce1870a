package server

import (
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"github.com/gregaria/gregaria/server/doors"
)

const (
	beginsAMinute   = 10
	livePerAddress  = 100
	liveConnections = 10_000
	filesAtOnce     = 2
	filesWaiting    = 20
	fileWait        = 10 * time.Second // WriteTimeout leaves as long again, and more, to send it
)

// A limit bounds how often something is done.
type limit = doors.Limit

// limits are those of several visitors, by what tells them apart: the names in the book,
// of which there are few.
type limits struct {
	mu sync.Mutex
	by map[string]*limit
}

func (l *limits) of(who string) *limit {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = map[string]*limit{}
	}
	if l.by[who] == nil {
		if len(l.by) >= 1000 { // by a proxy that makes up names
			clear(l.by)
		}
		l.by[who] = doors.NewLimit(beginsAMinute, time.Minute)
	}
	return l.by[who]
}

// seldom keeps who has logged in from starting and changing runs faster than anybody
// can watch, as a script gone wild would.
func seldom(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if begins := visitorOf(r).begins; begins != nil && !begins.Allow() {
			w.Header().Set("Retry-After", strconv.Itoa(int(time.Minute.Seconds())/beginsAMinute))
			writeProblem(w, r, http.StatusTooManyRequests, "starts and changes are limited to "+strconv.Itoa(beginsAMinute)+" a minute: try again in a few seconds")
			return
		}
		next(w, r)
	}
}

// fewFiles bounds how many files are made of a run, and held in memory until they are
// sent, at once. Some more wait.
func fewFiles() func(http.Handler) http.Handler {
	return middleware.ThrottleWithOpts(middleware.ThrottleOpts{
		Limit: filesAtOnce, BacklogLimit: filesWaiting, BacklogTimeout: fileWait,
		RetryAfterFn: func(bool) time.Duration { return time.Second },
	})
}

// A crowd counts live connections, by the address they are from.
type crowd struct {
	most int
	all  int
	by   map[netip.Addr]int
}

// admits reports whether one more may come from ip. Those of this machine are not
// counted apart: a proxy on it may stand for many.
func (c *crowd) admits(ip netip.Addr) bool {
	return c.all < c.most && (ip.IsLoopback() || c.by[ip] < livePerAddress)
}

func (c *crowd) add(ip netip.Addr, n int) {
	if c.by == nil {
		c.by = map[netip.Addr]int{}
	}
	c.all += n
	if c.by[ip] += n; c.by[ip] <= 0 {
		delete(c.by, ip)
	}
}
