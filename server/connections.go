package server

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

const (
	// maxConnections is how many there may be at once: live ones and as many more.
	maxConnections = 2 * liveConnections
	ownFiles       = 64 // that the program opens beside connections
)

// Connections returns how many connections to the page there may be at once, of so many
// descriptors that the users of a load test leave to everything else. Pages and whoever
// else comes take none from the users.
func Connections(spare int64) int {
	return int(min(max(spare-ownFiles, spare/2, 2), maxConnections))
}

// Bound keeps listeners from accepting more connections at once than most: who comes later
// waits, and the log tells why. It comes before TLS, so that handshakes count.
func Bound(listeners []net.Listener, most int, log *slog.Logger) []net.Listener {
	bounded := make([]net.Listener, len(listeners))
	for i, l := range listeners {
		each := max(most/len(listeners), 1)
		bounded[i] = netutil.LimitListener(&counted{Listener: l, most: each, log: log}, each)
	}
	return bounded
}

// A counted listener says when it has as many connections as it may.
type counted struct {
	net.Listener
	most int
	log  *slog.Logger

	mu   sync.Mutex
	open int
	said time.Time
}

func (c *counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.open++
	now := time.Now()
	full := c.open >= c.most && now.Sub(c.said) >= time.Minute
	if full {
		c.said = now
	}
	c.mu.Unlock()
	if full {
		c.log.Warn(fmt.Sprintf("the page has all %d connections it may have: who comes now waits for one that ends (a higher ulimit -n allows up to %d)", c.most, maxConnections), "address", c.Addr())
	}
	return &countedConn{Conn: conn, of: c}, nil
}

// A countedConn counts until it is closed.
type countedConn struct {
	net.Conn
	of   *counted
	once sync.Once
}

func (c *countedConn) Close() error {
	c.once.Do(func() {
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		c.of.open--
	})
	return c.Conn.Close()
}
