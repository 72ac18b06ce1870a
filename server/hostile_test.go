package server

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
)

// hostileRequests are what no browser sends, with the status that answers each.
var hostileRequests = []struct {
	name, bytes string
	status      int
}{
	{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
	{"no host of HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 421},
	{"two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n", 400},
	{"a host of its own in the line", "GET http://evil.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
	{"a host with a user", "GET / HTTP/1.1\r\nHost: user@localhost\r\n\r\n", 400},
	{"a host in other words", "GET / HTTP/1.1\r\nHost: 2130706433\r\n\r\n", 421},
	{"a list of hosts", "GET / HTTP/1.1\r\nHost: localhost,evil.test\r\n\r\n", 421},
	{"bytes that are nothing", "\x00\x01\xff\xfe\r\n\r\n", 400},
	{"TLS", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\r\n\r\n", 400},
	{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 421},
	{"a header too long", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", 431},
	{"many headers", "GET / HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X: a\r\n", 20_000) + "\r\n", 431},
	{"a path too long", "GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431},
	{"a header with a line feed", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\nY b\r\n\r\n", 400},
	{"a negative length", "POST /stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400},
	{"two lengths", "POST /stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
	{"a chunk that is none", "POST /swarm HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
	{"another coding", "POST /swarm HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
	{"a body too long", "POST /swarm HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9999999\r\n\r\n" + strings.Repeat("a", 2<<20), 413},
	{"endless chunks", "POST /swarm HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat("a", 1<<16)+"\r\n", 32), 413},
	{"a part that ends early", "POST /swarm HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9\r\n\r\n--x\r\nCont", 400},
	{"brackets all the way", "POST /user HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n" + strings.Repeat("[", 500_000), 400},
	{"an escape that is none", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
	{"a way out of the files", "GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
	{"a file with a zero in it", "GET /static/app.css%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
	{"a place elsewhere", "GET //evil.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
	{"a tunnel", "CONNECT evil.test:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
	{"an echo", "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
}

// serveLocal serves s as the program does and returns where.
func serveLocal(t *testing.T, s *Server) string {
	t.Helper()
	l := listenLocal(t)
	hs := s.http()
	var open sync.WaitGroup
	hs.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Done()
		}
	}
	served := make(chan error, 1)
	go func() { served <- hs.Serve(Bound([]net.Listener{l}, 100, slog.New(slog.DiscardHandler))[0]) }()
	t.Cleanup(func() {
		hs.Close()
		<-served
		open.Wait() // net/http takes its time to end what it has refused
	})
	return l.Addr().String()
}

func TestHostileRequestsAreRefusedAndChangeNothing(t *testing.T) {
	s, e := newServer(t, nil)
	addr := serveLocal(t, s)
	for _, tt := range hostileRequests {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		go io.WriteString(conn, tt.bytes) // it may be answered, and ended, before all of it is there
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v, want status %d", tt.name, err, tt.status)
		} else if resp.StatusCode != tt.status {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
			t.Errorf("%s = %d, want %d: %s", tt.name, resp.StatusCode, tt.status, body)
		}
		conn.Close()
	}
	if n := e.Status().Run; n != 0 {
		t.Errorf("%d runs have been started", n)
	}
	call{name: "the page afterwards", method: "GET", path: "/", status: 200}.do(t, s)
}

// Whatever comes, what is sent is answered and does no harm to the next.
func FuzzRequest(f *testing.F) {
	for _, tt := range hostileRequests {
		if len(tt.bytes) < 4096 {
			f.Add([]byte(tt.bytes))
		}
	}
	s, _ := newServer(f, nil)
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil || r.URL.Path == "/live" { // which takes the connection over
			return
		}
		r.RemoteAddr = "192.0.2.1:1"
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%q = %d: %s", text, w.Code, w.Body)
		}
	})
}

// A late body never comes.
type late struct{}

func (late) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Net: "tcp", Addr: &net.TCPAddr{Port: 8089}, Err: os.ErrDeadlineExceeded}
}

func TestABodyThatIsTooLongOrTooSlowIsSaidToBe(t *testing.T) {
	s, _ := newServer(t, nil)
	for _, tt := range []struct {
		path, kind string
		body       io.Reader
		status     int
		want       string
	}{
		{"/swarm", "application/x-www-form-urlencoded", late{}, 400, "has not come in time"},
		{"/user", "application/json", late{}, 400, "has not come in time"},
		{"/swarm", "application/x-www-form-urlencoded", strings.NewReader("host=" + strings.Repeat("x", maxBody)), 413, "the body is longer than 1048576 bytes"},
		{"/user", "application/json", strings.NewReader(`{"user_class_name": "` + strings.Repeat("x", maxBody) + `"}`), 413, "the body is longer than 1048576 bytes"},
	} {
		r := httptest.NewRequest("POST", "http://localhost"+tt.path, tt.body)
		r.Header.Set("Content-Type", tt.kind)
		w := httptest.NewRecorder()
		if s.ServeHTTP(w, r); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || strings.Contains(w.Body.String(), "8089") {
			t.Errorf("POST %s of %T = %d, %s, want %d and %q", tt.path, tt.body, w.Code, w.Body, tt.status, tt.want)
		}
	}
}

func TestAFieldThatIsThereTwiceIsAMistakeUnlessItSaysTheSame(t *testing.T) {
	s, e := newServer(t, nil)
	twice := form("user_count", "1", "user_count", "2", "spawn_rate", "1", "host", "http://a.test", "host", "http://b.test")
	call{name: "two that differ", method: "POST", path: "/swarm", form: twice, status: 422,
		contain: []string{`"user_count":"is there 2 times, as`, `"host":"is there 2 times`}, absent: []string{"spawn_rate"}}.do(t, s)
	if n := e.Status().Run; n != 0 {
		t.Errorf("%d runs have been started", n)
	}
	same := form("user_count", "1", "user_count", "1", "spawn_rate", "1000")
	call{name: "two that are the same", method: "POST", path: "/swarm", form: same, status: 200}.do(t, s)
}
