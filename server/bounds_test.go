package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A stalled recorder takes nothing of an answer until it is let go.
type stalled struct {
	*httptest.ResponseRecorder
	begin      sync.Once
	began, let chan struct{}
}

func (s *stalled) Write(p []byte) (int, error) {
	s.begin.Do(func() { s.began <- struct{}{} })
	<-s.let
	return s.ResponseRecorder.Write(p)
}

func TestTwoFilesAreMadeAtOnceAndOthersWait(t *testing.T) {
	s, _ := newServer(t, nil)
	began, let := make(chan struct{}), make(chan struct{})
	ended := make(chan int)
	ask := func(path string) {
		w := &stalled{ResponseRecorder: httptest.NewRecorder(), began: began, let: let}
		s.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+path, nil))
		ended <- w.Code
	}
	go ask("/stats/report")
	go ask("/stats/requests/csv")
	<-began
	<-began
	gone, leave := context.WithCancel(t.Context())
	leave()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(gone, "GET", "http://localhost/exceptions/csv", nil))
	if w.Code != http.StatusTooManyRequests {
		t.Errorf("a third file while two are sent = %d, want %d for who does not wait", w.Code, http.StatusTooManyRequests)
	}
	call{name: "the page meanwhile", method: "GET", path: "/", status: 200}.do(t, s)
	go ask("/stats/report.json")
	close(let)
	<-began
	for range 3 {
		if status := <-ended; status != 200 {
			t.Errorf("a file = %d, want 200", status)
		}
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	listeners := []net.Listener{listenLocal(t), listenLocal(t)}
	var log ledger
	bounded := Bound(listeners, 4, slog.New(slog.NewTextHandler(&log, nil))) // two each
	accept := func(i int) net.Conn {
		c, err := bounded[i].Accept()
		if err != nil {
			t.Error(err)
			return nil
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	for range 3 {
		call, err := net.Dial("tcp", listeners[0].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer call.Close()
	}
	first := accept(0)
	accept(0)
	third := make(chan net.Conn, 1)
	go func() { third <- accept(0) }()
	call, err := net.Dial("tcp", listeners[1].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()
	accept(1)
	select {
	case <-third:
		t.Error("a third connection was accepted while two are open")
	default:
	}
	first.Close()
	if <-third == nil {
		t.Error("a third connection was not accepted after one had ended")
	}
	if said := log.String(); strings.Count(said, "the page has all 2 connections it may have") != 1 || !strings.Contains(said, "ulimit -n") {
		t.Errorf("that the page is full has to be said, once a minute:\n%s", said)
	}
}

func TestPagesGetTheirShareOfFewDescriptors(t *testing.T) {
	for spare, want := range map[int64]int{1: 2, 32: 16, 128: 64, 192: 128, 4224: 4160, 20128: maxConnections, 1 << 40: maxConnections} {
		if got := Connections(spare); got != want {
			t.Errorf("Connections(%d) = %d, want %d", spare, got, want)
		}
	}
	s, _ := newServer(t, nil)
	if s.crowd.most != liveConnections {
		t.Errorf("%d live connections without a bound, want %d", s.crowd.most, liveConnections)
	}
}

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
