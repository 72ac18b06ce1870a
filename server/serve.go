package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// farewell is how long those who are being answered may take at the end.
const farewell = 2 * time.Second

// Serve answers requests on the listeners until ctx ends, which it tells ending of then,
// and answers who has connected before. It closes the listeners.
func Serve(ctx context.Context, hs *http.Server, ending func(), listeners ...net.Listener) error {
	open := callers{busy: map[net.Conn]bool{}, fewer: make(chan struct{}, 1)}
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
	busy  map[net.Conn]bool
	fewer chan struct{} // holds a token when there are none
}

func (c *callers) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == http.StateNew || state == http.StateActive {
		c.busy[conn] = true
		return
	}
	delete(c.busy, conn)
	if len(c.busy) == 0 {
		select {
		case c.fewer <- struct{}{}:
		default:
		}
	}
}

// wait returns when there are none, or ctx ends.
func (c *callers) wait(ctx context.Context) {
	for {
		c.mu.Lock()
		n := len(c.busy)
		c.mu.Unlock()
		if n == 0 {
			return
		}
		select {
		case <-c.fewer:
		case <-ctx.Done():
			return
		}
	}
}
