package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// farewell is how long those who are being answered may take at the end.
	farewell = 2 * time.Second
	// askWithin is how long after they have connected others may take to ask. Browsers
	// connect ahead, and may never ask; they ask elsewhere when that ends.
	askWithin = farewell
)

// Serve answers requests on the listeners until ctx ends, which it tells ending of then,
// and answers who has connected before. It closes the listeners.
func Serve(ctx context.Context, hs *http.Server, ending func(), listeners ...net.Listener) error {
	open := newCallers()
	hs.ConnState = open.note
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- hs.Serve(l) }()
	}
	var err error
	pending := len(listeners)
	select {
	case <-ctx.Done():
	case err = <-failed:
		pending--
	}
	// Shutdown would turn away who is about to ask: another process, to which the
	// listeners were handed on, does not get to know of them.
	for _, l := range listeners {
		l.Close()
	}
	for range pending {
		<-failed
	}
	ending()
	shut, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	open.wait(shut)
	if hs.Shutdown(shut) != nil {
		hs.Close()
	}
	return err
}

// callers are the connections from which a request is awaited or being answered.
type callers struct {
	mu    sync.Mutex
	mute  map[net.Conn]time.Time // when those connected from which nothing has come yet
	busy  map[net.Conn]bool
	fewer chan struct{} // holds a token when there are fewer
}

func newCallers() *callers {
	return &callers{mute: map[net.Conn]time.Time{}, busy: map[net.Conn]bool{}, fewer: make(chan struct{}, 1)}
}

func (c *callers) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.mute[conn] = time.Now()
		return
	case http.StateActive:
		delete(c.mute, conn)
		c.busy[conn] = true
		return
	}
	delete(c.mute, conn)
	delete(c.busy, conn)
	select {
	case c.fewer <- struct{}{}:
	default:
	}
}

// wait returns when there are none, or ctx ends. It hangs up on who has not asked in time.
func (c *callers) wait(ctx context.Context) {
	for {
		n, next := c.hangUp(time.Now())
		if n == 0 {
			return
		}
		patience := time.NewTimer(next)
		select {
		case <-c.fewer:
		case <-patience.C:
		case <-ctx.Done():
		}
		patience.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// hangUp ends the connections on which nothing has come for too long, and returns how many
// others there are, and when the next of them will have been mute for too long.
func (c *callers) hangUp(now time.Time) (n int, next time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next = farewell
	for conn, at := range c.mute {
		if left := askWithin - now.Sub(at); left > 0 {
			next = min(next, left)
			continue
		}
		conn.Close()
		delete(c.mute, conn)
	}
	return len(c.mute) + len(c.busy), next
}
