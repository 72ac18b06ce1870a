package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// counts are how many requests there were and how many of them failed.
type counts struct{ requests, failures int64 }

// A target answers requests and keeps count itself.
type target struct {
	URL    string
	every  int64         // of so many answers one is a 500; 0 means none
	chunks bool          // whether bodies come without their length
	pause  time.Duration // before each answer

	mu    sync.Mutex
	sum   counts
	bytes int64 // of the answers' bodies
}

// listen serves the target until the test is over.
func (g *target) listen(t *testing.T) *target {
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	g.URL = server.URL
	return g
}

func (g *target) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	g.mu.Lock()
	g.sum.requests++
	n := g.sum.requests
	status := http.StatusOK
	if g.every > 0 && n%g.every == 0 {
		status = http.StatusInternalServerError
		g.sum.failures++
	}
	body := strings.Repeat("grasshopper ", int(n%300)) // none, some, and more than a buffer
	g.bytes += int64(len(body))
	g.mu.Unlock()

	time.Sleep(g.pause)
	w.WriteHeader(status)
	if g.chunks {
		w.(http.Flusher).Flush()
	}
	w.Write([]byte(body))
}

func (g *target) counts() counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sum
}

// sent returns how many bytes of bodies there were.
func (g *target) sent() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bytes
}
