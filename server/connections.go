package server

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
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

// Bound keeps listeners from accepting more connections at once, all together, than most:
// who comes later waits, and the log tells why. It comes before TLS, so that handshakes
// count.
func Bound(listeners []net.Listener, most int, log *slog.Logger) []net.Listener {
	// Each listener holds a seat for who comes next.
	h := &hall{seats: make(chan struct{}, most+len(listeners)), most: most, log: log}
	bounded := make([]net.Listener, len(listeners))
	for i, l := range listeners {
		bounded[i] = &doorway{Listener: l, hall: h, closed: make(chan struct{})}
	}
	return bounded
}

// A hall has as many seats as there may be connections.
type hall struct {
	seats chan struct{} // holds a token for each that is taken
	most  int
	log   *slog.Logger

	mu   sync.Mutex
	said time.Time
}

// full says that there is no seat left, once a minute.
func (h *hall) full() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); now.Sub(h.said) >= time.Minute {
		h.said = now
		h.log.Warn(fmt.Sprintf("the page has all %d connections it may have: who comes now waits for one that ends (with a higher ulimit -n it may have up to %d)", h.most, maxConnections))
	}
}

// A doorway lets in only who has a seat.
type doorway struct {
	net.Listener
	hall   *hall
	closed chan struct{}
	once   sync.Once
}

// Accept takes a seat before it takes a connection: others wait where the system keeps them.
func (e *doorway) Accept() (net.Conn, error) {
	select {
	case e.hall.seats <- struct{}{}:
	default:
		e.hall.full()
		select {
		case e.hall.seats <- struct{}{}:
		case <-e.closed:
			return nil, net.ErrClosed
		}
	}
	conn, err := e.Listener.Accept()
	if err != nil {
		<-e.hall.seats
		return nil, err
	}
	return &seated{Conn: conn, hall: e.hall}, nil
}

func (e *doorway) Close() error {
	e.once.Do(func() { close(e.closed) })
	return e.Listener.Close()
}

// A seated connection has a seat until it is closed.
type seated struct {
	net.Conn
	hall *hall
	once sync.Once
}

func (s *seated) Close() error {
	err := s.Conn.Close()
	s.once.Do(func() { <-s.hall.seats })
	return err
}
