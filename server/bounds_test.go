package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
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
	const most = 3
	bounded := Bound(listeners, most, slog.New(slog.NewTextHandler(&log, nil)))
	accepted := []chan net.Conn{make(chan net.Conn), make(chan net.Conn)}
	var accepting sync.WaitGroup
	for i, l := range bounded {
		accepting.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				accepted[i] <- c
			}
		})
	}
	dial := func(i int) {
		c, err := net.Dial("tcp", listeners[i].Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	var open []net.Conn
	for range most + 1 { // the other listener's seat stays its own
		dial(0)
		open = append(open, <-accepted[0])
	}
	dial(0)
	dial(1)
	open = append(open, <-accepted[1])
	select {
	case <-accepted[0]:
		t.Error("one more was accepted while there are as many as may be")
	default:
	}
	for !strings.Contains(log.String(), "ulimit -n") {
		runtime.Gosched() // until a listener finds no seat
	}
	open[0].Close()
	open[0].Close() // which is no second seat
	open = append(open[1:], <-accepted[0])
	if said := log.String(); strings.Count(said, "the page has all 3 connections it may have") != 1 {
		t.Errorf("that the page is full has to be said, once a minute:\n%s", said)
	}
	if n := len(bounded[0].(*doorway).hall.seats); n != most+len(listeners) {
		t.Errorf("%d seats are taken, want all %d", n, most+len(listeners))
	}
	for _, l := range bounded { // while they wait for a seat
		l.Close()
	}
	accepting.Wait()
	for _, c := range open {
		c.Close()
	}
	if n := len(bounded[0].(*doorway).hall.seats); n != 0 {
		t.Errorf("%d seats are taken when everybody has left", n)
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
