package protocols

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// A wall is a TCP server of lines that counts what reaches it.
type wall struct {
	answer func(line string) string // with its line break; nil: the wall is silent

	lines      atomic.Int64
	met, heard chan struct{} // a token for each connection, and for each line
}

// open starts the server and returns its address.
func (w *wall) open(t *testing.T) (address string) {
	w.met, w.heard = make(chan struct{}, 1000), make(chan struct{}, 1000)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.met <- struct{}{}
			all.Go(func() { w.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		waitForAll(t, &all)
	})
	return listener.Addr().String()
}

func (w *wall) serve(conn net.Conn) {
	defer conn.Close()
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		w.lines.Add(1)
		w.heard <- struct{}{}
		if w.answer == nil {
			continue
		}
		if _, err := conn.Write([]byte(w.answer(lines.Text()))); err != nil {
			return
		}
	}
}

// fluent is the lines without a wait, so that tests are quick.
func fluent() load.Scenario[liner] {
	s := lines
	s.Wait = load.Wait{}
	return s
}

func TestTCPAgreesWithItsServer(t *testing.T) {
	const users, asks = 5, 500
	w := &wall{answer: func(line string) string { return line + "\r\n" }}
	s := finish(t, fluent(), engine.Config{Users: users, Iterations: asks, Params: map[string]string{"tcp-address": w.open(t)}})
	checkRows(t, s, map[string]count{"TCP connect": {users, 0}, "TCP line": {w.lines.Load(), 0}})
	waitFor(t, "connection", w.met, users) // the server may learn of one after it is open
	if n := w.lines.Load(); n != asks || len(w.met) > 0 {
		t.Errorf("server saw %d lines and %d more connections, want %d and none", n, len(w.met), asks)
	}
}

func TestTCPNoticesWrongAnswersAndConnectsAgain(t *testing.T) {
	for _, tt := range []struct{ name, answer, format string }{
		{"another line", "hullo\n", `answer is "…", want "…"`},
		{"a line without end", strings.Repeat("x", 1<<20), "bufio: buffer full"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &wall{answer: func(string) string { return tt.answer }}
			s := finish(t, fluent(), engine.Config{Users: 1, Iterations: 3, Params: map[string]string{"tcp-address": w.open(t)}})
			checkRows(t, s, map[string]count{"TCP connect": {3, 0}, "TCP line": {3, 3}})
			checkFailures(t, s, map[string]int64{"TCP line: " + tt.format: 3})
			waitFor(t, "connection", w.met, 3)
		})
	}
}

func TestTCPStopsWhileItWaits(t *testing.T) {
	const users = 5
	w := &wall{}
	e := begin(t, fluent(), engine.Config{Users: users, Params: map[string]string{"tcp-address": w.open(t)}})
	waitFor(t, "line heard", w.heard, users)
	checkStop(t, e, map[string]count{"TCP connect": {users, 0}})
}
