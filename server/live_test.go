package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

// serve listens on a port of its own until the test ends.
func serve(t *testing.T, s *Server) (host string) {
	t.Helper()
	hs := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		hs.Close()
	})
	return hs.Listener.Addr().String()
}

func dial(t *testing.T, host string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	c, r, err := websocket.DefaultDialer.Dial("ws://"+host+"/live", header)
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, r, err
}

func mustDial(t *testing.T, host string) *websocket.Conn {
	t.Helper()
	c, _, err := dial(t, host, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// patience is how long the tests wait for what must happen, on a machine that may stand
// still for a while.
const patience = 2 * time.Minute

// readUntil reads frames until one contains want.
func readUntil(t *testing.T, c *websocket.Conn, want string) string {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patience))
	for {
		_, frame, err := c.ReadMessage()
		if err != nil {
			t.Fatalf("no frame with %q: %v", want, err)
		}
		if strings.Contains(string(frame), want) {
			return string(frame)
		}
	}
}

func TestFramesFollowTheRunAndTheReader(t *testing.T) {
	s, e := newServer(t, nil)
	host := serve(t, s)
	a, b := mustDial(t, host), mustDial(t, host)
	readUntil(t, a, `data-state="ready"`)
	readUntil(t, b, `data-state="ready"`)
	if _, err := e.Start(engine.Config{Users: 2, SpawnRate: 100, Scenarios: []string{"shop"}}); err != nil {
		t.Fatal(err)
	}
	readUntil(t, a, "/missing")
	if err := b.WriteMessage(websocket.TextMessage, []byte("tab=failures")); err != nil {
		t.Fatal(err)
	}
	if frame := readUntil(t, b, "status 404"); !strings.HasPrefix(frame, "<div id=\"live\"") {
		t.Errorf("a frame begins with %.40q, want the element #live", frame)
	}
	readUntil(t, a, "Aggregated") // the other reader still looks at the statistics
	e.Stop("enough")
	readUntil(t, a, `data-state="stopped"`)
	readUntil(t, b, `data-state="stopped"`)
}

func TestOnlyOurOwnPagesMayConnect(t *testing.T) {
	s, _ := newServer(t, nil)
	host := serve(t, s)
	for _, tt := range []struct {
		name   string
		header http.Header
		ok     bool
	}{
		{"program", nil, true},
		{"own page", http.Header{"Origin": {"http://" + host}}, true},
		{"another site", http.Header{"Origin": {"http://evil.test"}}, false},
		{"another port", http.Header{"Origin": {"http://127.0.0.1:1"}}, false},
		{"another scheme", http.Header{"Origin": {"https://" + host}}, false},
		{"sandboxed frame", http.Header{"Origin": {"null"}}, false},
		{"name that begins alike", http.Header{"Origin": {"http://" + host + ".evil.test"}}, false},
		{"browser without origin", http.Header{"Sec-Fetch-Site": {"cross-site"}}, false},
		{"rebound name", http.Header{"Host": {"evil.test"}, "Origin": {"http://evil.test"}}, false},
	} {
		c, resp, err := dial(t, host, tt.header)
		if (err == nil) != tt.ok {
			status := 0
			if resp != nil {
				status = resp.StatusCode
			}
			t.Errorf("%s: dial = %v (status %d), want success %v", tt.name, err, status, tt.ok)
		}
		if c != nil {
			c.Close()
		}
	}
}

func TestEqualQueriesShareOneFrame(t *testing.T) {
	s, e := newServer(t, nil)
	q := web.ParseQuery(map[string][]string{"tab": {"failures"}})
	first, err := s.frames.latest(look{Query: q})
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := s.frames.latest(look{Query: q}); again != first {
		t.Error("the same query of the same status was rendered twice")
	}
	if other, _ := s.frames.latest(look{Query: web.ParseQuery(nil)}); other == first {
		t.Error("another query got the same frame")
	}
	if _, err := e.Start(engine.Config{Users: 1, SpawnRate: 1, Scenarios: []string{"shop"}}); err != nil {
		t.Fatal(err)
	}
	if newer, _ := s.frames.latest(look{Query: q}); newer == first {
		t.Error("a new status got the old frame")
	}
}

// A journal is a log that a test writes.
type journal struct {
	mu    sync.Mutex
	lines []web.LogLine
	news  chan struct{}
	looks atomic.Int64 // how many pages watch it
}

func (j *journal) add(text string) {
	j.mu.Lock()
	j.lines = append(slices.Clip(j.lines), web.LogLine{Number: int64(len(j.lines) + 1), Level: "INFO", Text: text})
	j.mu.Unlock()
	select {
	case j.news <- struct{}{}:
	default:
	}
}

func (j *journal) all() []web.LogLine {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines
}

func (j *journal) watch() (<-chan struct{}, func()) {
	j.looks.Add(1)
	return j.news, func() { j.looks.Add(-1) }
}

// TestLinesReachWhoLooksAtTheLog: without a run too, and not more often than one can read.
func TestLinesReachWhoLooksAtTheLog(t *testing.T) {
	j := &journal{news: make(chan struct{}, 1)}
	_, e := newServer(t, nil)
	s := New(Options{Engine: e, Logger: slog.New(slog.DiscardHandler), Logs: j.all, LogNews: j.watch})
	host := serve(t, s)
	if _, err := e.Start(engine.Config{Users: 1, SpawnRate: 1, Scenarios: []string{"shop"}}); err != nil {
		t.Fatal(err)
	}
	c := mustDial(t, host)
	readUntil(t, c, `data-state="`)
	if n := j.looks.Load(); n != 0 {
		t.Errorf("%d pages watch the log before one looks at it, want none", n)
	}
	if err := c.WriteMessage(websocket.TextMessage, []byte("tab=logs")); err != nil {
		t.Fatal(err)
	}
	readUntil(t, c, "Nothing has been logged yet")
	e.Stop("enough")
	readUntil(t, c, `data-state="stopped"`)
	began, frames := time.Now(), 0
	for i := range 1000 {
		j.add(fmt.Sprint("line ", i))
	}
	for last := ""; !strings.Contains(last, "line 999"); frames++ {
		c.SetReadDeadline(time.Now().Add(patience))
		_, frame, err := c.ReadMessage()
		if err != nil {
			t.Fatalf("no frame with the last line: %v", err)
		}
		last = string(frame)
	}
	if most := int(time.Since(began)/logRest) + 3; frames > most {
		t.Errorf("1000 lines made %d frames, want at most %d", frames, most)
	}
	if err := c.WriteMessage(websocket.TextMessage, []byte("tab=download")); err != nil {
		t.Fatal(err)
	}
	readUntil(t, c, "Full history")
	if n := j.looks.Load(); n != 0 {
		t.Errorf("%d pages watch the log after the one looks elsewhere, want none", n)
	}
}

func TestSlowReadersMissFramesAndDelayNobody(t *testing.T) {
	s, e := newServer(t, nil)
	host := serve(t, s)
	for range 400 { // which leaves some of the 1,024 files that a process may have
		c := mustDial(t, host)
		c.NetConn().(*net.TCPConn).SetReadBuffer(1) // and it is never read from
	}
	quick := mustDial(t, host)
	if _, err := e.Start(engine.Config{Users: 1, SpawnRate: 1, Scenarios: []string{"shop"}}); err != nil {
		t.Fatal(err)
	}
	readUntil(t, quick, "/missing")
	// Many more statuses than a stuck connection holds bytes for: each reaches the
	// quick reader.
	for range 200 {
		e.Reset()
	}
	e.Stop("enough")
	readUntil(t, quick, `data-state="stopped"`)
}

func TestHostileReadersAreCutOff(t *testing.T) {
	s, _ := newServer(t, nil)
	host := serve(t, s)
	for name, message := range map[string][]byte{
		"a megabyte":     bytes.Repeat([]byte("x"), 1<<20),
		"five kilobytes": bytes.Repeat([]byte("tab=failures&"), 400),
	} {
		c := mustDial(t, host)
		_ = c.WriteMessage(websocket.TextMessage, message)
		c.SetReadDeadline(time.Now().Add(patience))
		for {
			_, _, err := c.ReadMessage()
			if err == nil {
				continue
			}
			if netErr, ok := errors.AsType[net.Error](err); ok && netErr.Timeout() {
				t.Errorf("a reader that sends %s stays connected", name)
			}
			break
		}
	}
	c := mustDial(t, host)
	for range 1000 {
		if err := c.WriteMessage(websocket.TextMessage, []byte("tab=%zz&sort=;")); err != nil {
			break
		}
	}
	_ = c.WriteMessage(websocket.BinaryMessage, []byte{0, 1})
	if err := c.WriteMessage(websocket.TextMessage, []byte("tab=charts")); err != nil {
		t.Errorf("nonsense queries cut a reader off: %v", err)
	}
}

func TestServeEndsWithItsContextAndTellsPagesToComeBack(t *testing.T) {
	s, _ := newServer(t, nil)
	listeners, err := Listen(Loopback, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listeners...) }()
	for _, l := range listeners {
		resp, err := http.Get("http://" + l.Addr().String() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	c := mustDial(t, listeners[0].Addr().String())
	readUntil(t, c, "ready")
	cancel()
	_, _, err = c.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("a page's connection ended with %v, want service restart", err)
	}
	if err := <-done; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

func TestPortTakenNamesTheWayOut(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	open, err := Listen(Loopback, port)
	if err == nil || len(open) > 0 || !strings.Contains(err.Error(), "address already in use (another gregaria? try --web-port") {
		t.Errorf("Listen on a port that is taken = %v, %v, want an error with the way out", open, err)
	}
	if _, err := Listen([]string{"192.0.2.1"}, 0); err == nil || !strings.Contains(err.Error(), "--web-host") {
		t.Errorf("Listen on an address the machine lacks = %v, want an error that names --web-host", err)
	}
}
