package wire

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/leaks"
	"github.com/gregaria/gregaria/engine/load"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// transports are what the conformance tests run against.
var transports = []struct {
	name string
	make func(*Dialer) load.Transport
}{
	{"http1", (*Dialer).HTTP1},
	{"standard", (*Dialer).Standard},
}

// each runs test with every transport.
func each(t *testing.T, opts Options, test func(t *testing.T, tr load.Transport)) {
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			tr := k.make(NewDialer(opts))
			defer tr.Close()
			test(t, tr)
		})
	}
}

// A target is a server that does as a test says, byte by byte.
type target struct {
	origin string
	dials  chan int // receives the number of each connection
}

// serve starts a target that calls handle with each connection and its number,
// from 1, and closes the connection afterwards.
func serve(t testing.TB, handle func(c *peer, n int)) *target {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tg := &target{origin: "http://" + l.Addr().String(), dials: make(chan int, 1<<14)}
	var (
		mu    sync.Mutex
		conns []net.Conn
		wg    sync.WaitGroup
	)
	wg.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			tg.dials <- n
			wg.Go(func() {
				defer c.Close()
				handle(&peer{TCPConn: c.(*net.TCPConn), r: bufio.NewReader(c)}, n)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return tg
}

// A peer is the target's end of a connection.
type peer struct {
	*net.TCPConn
	r *bufio.Reader
}

// request reads one request, or returns nil.
func (p *peer) request() *http.Request {
	r, err := http.ReadRequest(p.r)
	if err != nil {
		return nil
	}
	return r
}

// say writes s and reports whether it could.
func (p *peer) say(s string) bool {
	_, err := p.Write([]byte(s))
	return err == nil
}

// reset closes the connection with RST.
func (p *peer) reset() {
	p.SetLinger(0)
	p.Close()
}

// hang waits for the other end to close.
func (p *peer) hang() { io.Copy(io.Discard, p.r) }

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// get sends a GET for /.
func get(tr load.Transport, origin string) (load.Answer, error) {
	return send(tr, load.Request{Method: "GET", Origin: origin, Target: "/"})
}

func send(tr load.Transport, req load.Request) (load.Answer, error) {
	var ans load.Answer
	err := tr.Send(context.Background(), &req, &ans)
	return ans, err
}

// classOf returns the class of err, or "" without one.
func classOf(err error) load.Class {
	if te, ok := errors.AsType[*load.TransportError](err); ok {
		return te.Class
	}
	return ""
}

func wantClass(t *testing.T, err error, want load.Class) {
	t.Helper()
	if got := classOf(err); err == nil || got != want {
		t.Fatalf("Send: %v (class %q), want class %q", err, got, want)
	}
}

func wantOK(t *testing.T, tr load.Transport, ans load.Answer, err error, body string) {
	t.Helper()
	if err != nil || ans.Status != 200 {
		t.Fatalf("Send: status %d, %v; want 200", ans.Status, err)
	}
	if got, err := tr.Body(); err != nil || string(got) != body {
		t.Fatalf("Body: %.200q, %v; want %.200q", got, err, body)
	}
}

// patiently tries limits, each longer than the one before, until attempt holds with one: on
// a machine that stands still for as long as a limit, another one may be over first. How
// exact limits are is told where time is.
func patiently(t *testing.T, attempt func(limit time.Duration) error) {
	t.Helper()
	var err error
	for _, limit := range []time.Duration{100 * time.Millisecond, 2 * time.Second, 30 * time.Second} {
		if err = attempt(limit); err == nil {
			return
		}
	}
	t.Error(err)
}

// ended returns an error unless a request failed with the class and status, after the limit.
func ended(ans load.Answer, err error, limit time.Duration, class load.Class, status int) error {
	if got := classOf(err); err == nil || got != class || ans.Status != status || ans.Took < limit {
		return fmt.Errorf("Send: status %d, %v (class %q) after %v; want status %d, class %q after %v", ans.Status, err, got, ans.Took, status, class, limit)
	}
	return nil
}

func TestAnswers(t *testing.T) {
	const h = "HTTP/1.1 200 OK\r\n"
	huge := "X: " + strings.Repeat("x", 70<<10) + "\r\n"
	tests := []struct {
		name     string
		answer   string
		status   int
		body     string
		class    load.Class
		standard load.Class // where net/http sees it differently; "ok" for no error
	}{
		{name: "length", answer: ok, status: 200, body: "ok"},
		{name: "no reason", answer: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
		{name: "odd status", answer: "HTTP/1.1 799 What\r\nContent-Length: 2\r\n\r\nno", status: 799, body: "no"},
		{name: "server error", answer: "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", status: 503, body: "busy"},
		{name: "bare line feeds", answer: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", status: 200, body: "ok"},
		{name: "empty", answer: h + "Content-Length: 0\r\n\r\n", status: 200},
		{name: "same length twice", answer: h + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
		{name: "chunked", answer: h + "Transfer-Encoding: Chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n", status: 200, body: "ok"},
		{name: "chunked with trailer", answer: h + "Transfer-Encoding: chunked\r\nTrailer: A\r\n\r\n2\r\nok\r\n0\r\nA: b\r\nC: d\r\n\r\n", status: 200, body: "ok"},
		{name: "until close", answer: h + "\r\nok", status: 200, body: "ok"},
		{name: "HTTP/1.0", answer: "HTTP/1.0 200 OK\r\n\r\nok", status: 200, body: "ok"},
		{name: "no content", answer: "HTTP/1.1 204 No Content\r\n\r\n", status: 204},
		{name: "not modified", answer: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", status: 304},
		{name: "interim", answer: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + ok, status: 200, body: "ok"},
		{name: "long body", answer: h + "Content-Length: 200000\r\n\r\n" + strings.Repeat("0123456789", 20000), status: 200, body: strings.Repeat("0123456789", 20000)},
		{name: "long chunks", answer: h + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("2710\r\n"+strings.Repeat("0123456789", 1000)+"\r\n", 20) + "0\r\n\r\n", status: 200, body: strings.Repeat("0123456789", 20000)},
		{name: "many small chunks", answer: h + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("3\r\nabc\r\n", 5000) + "0\r\n\r\n", status: 200, body: strings.Repeat("abc", 5000)},
		{name: "long head", answer: h + "X: " + strings.Repeat("x", 20<<10) + "\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
		{name: "latin-1 in a field", answer: h + "X: caf\xe9\r\nContent-Length: 2\r\n\r\nok", status: 200, body: "ok"},
		{name: "missing location", answer: "HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nno", status: 302, body: "no"},

		{name: "nothing", answer: "", class: load.Closed},
		{name: "half a status line", answer: "HTTP/1.", class: load.Closed, standard: load.Malformed},
		{name: "half a head", answer: h + "Content-Le", class: load.Closed, standard: load.Malformed},
		{name: "half a body", answer: h + "Content-Length: 5\r\n\r\nok", status: 200, class: load.Closed},
		{name: "half a chunk", answer: h + "Transfer-Encoding: chunked\r\n\r\n5\r\nok", status: 200, class: load.Closed},
		{name: "no last chunk", answer: h + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", status: 200, class: load.Closed},

		{name: "random bytes", answer: "\x00\xff\x13\x37\r\n\r\n", class: load.Malformed},
		{name: "HTTP/0.9", answer: "<html>hello</html>", class: load.Malformed},
		{name: "HTTP/2 in the clear", answer: "\x00\x00\x12\x04\x00\x00\x00\x00\x00", class: load.Malformed},
		{name: "bad version", answer: "HTTP/9.1 200 OK\r\n\r\n", class: load.Malformed, standard: "ok"},
		{name: "bad status", answer: "HTTP/1.1 2x0 OK\r\n\r\n", class: load.Malformed},
		{name: "status zero", answer: "HTTP/1.1 000 OK\r\n\r\n", class: load.Malformed, standard: "ok"},
		{name: "negative status", answer: "HTTP/1.1 -20 OK\r\n\r\n", class: load.Malformed},
		{name: "four digits", answer: "HTTP/1.1 2000 OK\r\n\r\n", class: load.Malformed},
		{name: "field without colon", answer: h + "Content-Length\r\n\r\n", class: load.Malformed},
		{name: "field without name", answer: h + ": 5\r\n\r\n", class: load.Malformed},
		{name: "space before colon", answer: h + "Content-Length : 5\r\n\r\nhello", class: load.Malformed, standard: "ok"},
		{name: "folded field", answer: h + "X: a\r\n b\r\nContent-Length: 2\r\n\r\nok", class: load.Malformed, standard: "ok"},
		{name: "NUL", answer: h + "X: a\x00b\r\nContent-Length: 2\r\n\r\nok", class: load.Malformed},
		{name: "carriage return", answer: h + "X: a\rb\r\nContent-Length: 2\r\n\r\nok", class: load.Malformed},
		{name: "negative length", answer: h + "Content-Length: -1\r\n\r\n", class: load.Malformed},
		{name: "length with plus", answer: h + "Content-Length: +2\r\n\r\nok", class: load.Malformed},
		{name: "two lengths", answer: h + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nokk", class: load.Malformed},
		{name: "length too large for a number", answer: h + "Content-Length: 99999999999999999999\r\n\r\n", class: load.Malformed},
		{name: "unknown transfer encoding", answer: h + "Transfer-Encoding: gzip\r\n\r\n", class: load.Malformed},
		{name: "two transfer encodings", answer: h + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", class: load.Malformed},
		{name: "bad chunk size", answer: h + "Transfer-Encoding: chunked\r\n\r\nzz\r\nok", status: 200, class: load.Malformed},
		{name: "negative chunk size", answer: h + "Transfer-Encoding: chunked\r\n\r\n-2\r\nok", status: 200, class: load.Malformed},
		{name: "overflowing chunk size", answer: h + "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\nok", status: 200, class: load.Malformed},
		{name: "chunk longer than its size", answer: h + "Transfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n", status: 200, class: load.Malformed},
		{name: "endless chunk line", answer: h + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 8<<10), status: 200, class: load.Malformed},
		{name: "huge field", answer: h + huge + "\r\n", class: load.Malformed},
		{name: "ten thousand fields", answer: h + strings.Repeat("Field: value\r\n", 10000) + "\r\n", class: load.Malformed},
		{name: "switching protocols", answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", class: load.Malformed},
		{name: "endless interim", answer: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20000), class: load.Malformed},
		{name: "huge length", answer: h + "Content-Length: 10000000000\r\n\r\nx", status: 200, class: load.BodyLimit},
		{name: "body over the limit", answer: h + "\r\n" + strings.Repeat("x", 1<<20), status: 200, class: load.BodyLimit},
		{name: "chunk over the limit", answer: h + "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n", status: 200, class: load.BodyLimit, standard: load.Closed},
		{name: "redirect to nowhere", answer: "HTTP/1.1 302 Found\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n", status: 302, class: load.Malformed},
		{name: "redirect to garbage", answer: "HTTP/1.1 302 Found\r\nLocation: http://a b/%zz\r\nContent-Length: 0\r\n\r\n", status: 302, class: load.Malformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tg := serve(t, func(c *peer, n int) {
				if c.request() != nil {
					c.say(tt.answer)
				}
			})
			opts := Options{Limits: load.Limits{Body: 512 << 10, Connect: time.Minute, Response: time.Minute}}
			for _, k := range transports {
				t.Run(k.name, func(t *testing.T) {
					tr := k.make(NewDialer(opts))
					defer tr.Close()
					ans, err := get(tr, tg.origin)
					class := tt.class
					if k.name == "standard" && tt.standard != "" {
						class = tt.standard
					}
					if class == "ok" && err == nil {
						return
					}
					if got := classOf(err); got != class {
						t.Fatalf("Send: class %q (%v), want %q", got, err, class)
					}
					if err != nil {
						checkMessage(t, err)
					}
					if tt.standard == "" && ans.Status != tt.status {
						t.Errorf("status %d, want %d", ans.Status, tt.status)
					}
					if ans.Took <= 0 {
						t.Errorf("took %v", ans.Took)
					}
					if err != nil {
						return
					}
					if body, err := tr.Body(); err != nil || string(body) != tt.body {
						t.Errorf("Body: %.200q, %v; want %.200q", body, err, tt.body)
					}
					if ans.Bytes != int64(len(tt.body)) {
						t.Errorf("%d bytes, want %d", ans.Bytes, len(tt.body))
					}
				})
			}
		})
	}
}

// checkMessage fails if what err says is too long or unfit for a terminal.
func checkMessage(t *testing.T, err error) {
	t.Helper()
	if s := err.Error(); len(s) > maxMessage || strings.IndexFunc(s, unprintable) >= 0 {
		t.Errorf("message of %d bytes: %.200q", len(s), s)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5")
		w.Header().Set("X-Method", r.Method)
		if r.Method == "GET" {
			w.Write([]byte("hello"))
		}
	}))
	defer srv.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		for range 2 {
			ans, err := send(tr, load.Request{Method: "HEAD", Origin: srv.URL, Target: "/"})
			wantOK(t, tr, ans, err, "")
			if got := tr.Header("x-method"); got != "HEAD" {
				t.Errorf("Header(x-method) = %q, want HEAD", got)
			}
			ans, err = get(tr, srv.URL)
			wantOK(t, tr, ans, err, "hello")
		}
	})
}

func TestConnectionIsKept(t *testing.T) {
	tg := serve(t, func(c *peer, n int) {
		for c.request() != nil {
			c.say(ok)
		}
	})
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		for range 10 {
			ans, err := get(tr, tg.origin)
			wantOK(t, tr, ans, err, "ok")
		}
		if <-tg.dials; len(tg.dials) > 0 {
			t.Errorf("%d more connections, want one", len(tg.dials))
		}
	})
}

func TestConnectionThatClosesIsNotReused(t *testing.T) {
	for name, answer := range map[string]string{
		"close":        "HTTP/1.1 200 OK\r\nConnection: Keep, CLOSE\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.0":     "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"two framings": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			tg := serve(t, func(c *peer, n int) {
				for c.request() != nil {
					c.say(answer)
				}
			})
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				if _, std := tr.(*standard); std && name == "two framings" {
					t.Skip("net/http lets this pass")
				}
				for range 2 {
					ans, err := get(tr, tg.origin)
					wantOK(t, tr, ans, err, "ok")
					<-tg.dials // would wait for ever if the connection was used twice
				}
			})
		})
	}
}

func TestHTTP10KeepAliveIsReused(t *testing.T) {
	tg := serve(t, func(c *peer, n int) {
		for c.request() != nil {
			c.say("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		for range 3 {
			ans, err := get(tr, tg.origin)
			wantOK(t, tr, ans, err, "ok")
		}
		if <-tg.dials; len(tg.dials) > 0 {
			t.Errorf("%d more connections, want one", len(tg.dials))
		}
	})
}

// A stale connection is one that the target closed while it was idle.
func TestStaleConnectionIsReplaced(t *testing.T) {
	for name, end := range map[string]func(c *peer){
		"closed": func(c *peer) { c.Close() },
		"reset":  func(c *peer) { c.reset() },
		"408":    func(c *peer) { c.say("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			now, ended := make(chan bool), make(chan bool)
			tg := serve(t, func(c *peer, n int) {
				if c.request() == nil || !c.say(ok) {
					return
				}
				if n > 1 {
					c.hang()
					return
				}
				<-now
				end(c)
				ended <- true
				c.hang()
			})
			tr := NewDialer(Options{}).HTTP1()
			defer tr.Close()
			ans, err := get(tr, tg.origin)
			wantOK(t, tr, ans, err, "ok")
			now <- true
			<-ended
			for tr.(*http1).conn.look() == silent {
				runtime.Gosched() // loopback delivers at once, but nobody promises it
			}
			tr.(*http1).conn.used = time.Time{} // idle for long
			ans, err = get(tr, tg.origin)
			wantOK(t, tr, ans, err, "ok")
			if a, b := <-tg.dials, <-tg.dials; a != 1 || b != 2 {
				t.Errorf("dials %d, %d; want 1, 2", a, b)
			}
		})
	}
}

func TestFailuresAreNeverRetried(t *testing.T) {
	tests := []struct {
		name   string
		handle func(c *peer)
		class  load.Class
		status int
	}{
		{"reset instead of an answer", func(c *peer) { c.reset() }, load.Reset, 0},
		{"close instead of an answer", func(c *peer) {}, load.Closed, 0},
		{"reset after the head", func(c *peer) {
			c.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
			c.reset()
		}, load.Reset, 200},
	}
	for _, tt := range tests {
		for _, kept := range []bool{false, true} {
			name := tt.name
			if kept {
				name += " on a kept connection"
			}
			t.Run(name, func(t *testing.T) {
				requests := make(chan bool, 10)
				tg := serve(t, func(c *peer, n int) {
					if kept && (c.request() == nil || !c.say(ok)) {
						return
					}
					if c.request() == nil {
						return
					}
					requests <- true
					tt.handle(c)
				})
				each(t, Options{}, func(t *testing.T, tr load.Transport) {
					if kept {
						ans, err := get(tr, tg.origin)
						wantOK(t, tr, ans, err, "ok")
					}
					ans, err := get(tr, tg.origin)
					// A reset may overtake the head that went before it.
					if tt.status == 200 && ans.Status == 0 {
						ans.Status = 200
					}
					want := tt.class
					if _, std := tr.(*standard); std && kept && tt.status == 0 {
						want = load.Closed // net/http keeps the reason to itself
					}
					wantClass(t, err, want)
					if ans.Status != tt.status {
						t.Errorf("status %d, want %d", ans.Status, tt.status)
					}
					if <-requests; len(requests) > 0 {
						t.Errorf("the request was sent again")
					}
				})
			})
		}
	}
}

func TestResetAtAccept(t *testing.T) {
	tg := serve(t, func(c *peer, n int) { c.reset() })
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		_, err := get(tr, tg.origin)
		wantClass(t, err, load.Reset)
	})
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name   string
		handle func(c *peer)
		class  load.Class
		status int
	}{
		{"no answer", func(c *peer) { c.hang() }, load.HeaderTimeout, 0},
		{"half a head", func(c *peer) { c.say("HTTP/1.1 200 OK\r\nX"); c.hang() }, load.HeaderTimeout, 0},
		{"half a body", func(c *peer) { c.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"); c.hang() }, load.BodyTimeout, 200},
		{"endless body, slowly", func(c *peer) {
			c.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for c.say("1\r\nx\r\n") {
				c.SetReadDeadline(time.Now().Add(time.Millisecond))
				c.hang()
			}
		}, load.BodyTimeout, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tg := serve(t, func(c *peer, n int) {
				if n := c.request(); n != nil && n.URL.Path == "/ok" {
					c.say(ok)
					c.request()
				}
				tt.handle(c)
			})
			for _, kept := range []bool{false, true} {
				for _, k := range transports {
					t.Run(k.name, func(t *testing.T) {
						patiently(t, func(limit time.Duration) error {
							tr := k.make(NewDialer(Options{Limits: load.Limits{Response: limit}}))
							defer tr.Close()
							if kept {
								ans, err := send(tr, load.Request{Method: "GET", Origin: tg.origin, Target: "/ok", Limit: time.Minute})
								wantOK(t, tr, ans, err, "ok")
							}
							ans, err := get(tr, tg.origin)
							return ended(ans, err, limit, tt.class, tt.status)
						})
					})
				}
			}
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				patiently(t, func(limit time.Duration) error {
					ans, err := send(tr, load.Request{Method: "GET", Origin: tg.origin, Target: "/", Limit: limit})
					return ended(ans, err, limit, tt.class, tt.status)
				})
			})
		})
	}
}

// A deadline left over from an earlier answer must not end a later one.
func TestLimitCountsFromItsOwnRequest(t *testing.T) {
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			patiently(t, func(limit time.Duration) error {
				tg := serve(t, func(c *peer, n int) {
					for range 4 {
						if c.request() == nil {
							return
						}
						c.SetReadDeadline(time.Now().Add(limit * 2 / 5))
						c.r.Peek(1)
						c.SetReadDeadline(time.Time{})
						c.say(ok)
					}
					c.hang()
				})
				tr := k.make(NewDialer(Options{Limits: load.Limits{Response: limit}}))
				defer tr.Close()
				for range 4 {
					if ans, err := get(tr, tg.origin); err != nil || ans.Status != 200 {
						return fmt.Errorf("Send: status %d, %v after %v; want 200", ans.Status, err, ans.Took)
					}
				}
				ans, err := get(tr, tg.origin)
				return ended(ans, err, limit, load.HeaderTimeout, 0)
			})
		})
	}
}

func TestEndOfContextCuts(t *testing.T) {
	for _, phase := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"} {
		arrived := make(chan bool)
		tg := serve(t, func(c *peer, n int) {
			for r := c.request(); r != nil; r = c.request() {
				if r.URL.Path == "/ok" {
					c.say(ok)
					continue
				}
				c.say(phase)
				arrived <- true
				c.hang()
			}
		})
		each(t, Options{}, func(t *testing.T, tr load.Transport) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-arrived
				cancel()
			}()
			var ans load.Answer
			req := load.Request{Method: "GET", Origin: tg.origin, Target: "/"}
			wantClass(t, tr.Send(ctx, &req, &ans), load.Cut)
			wantClass(t, tr.Send(ctx, &req, &ans), load.Cut)
			req.Target = "/ok"
			err := tr.Send(context.Background(), &req, &ans)
			wantOK(t, tr, ans, err, "ok")
		})
	}
}

// The end of a context between two requests closes the idle connection; a
// request with another context dials again.
func TestEndOfContextBetweenRequests(t *testing.T) {
	tg := serve(t, func(c *peer, n int) {
		for c.request() != nil {
			c.say(ok)
		}
	})
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		req := load.Request{Method: "GET", Origin: tg.origin, Target: "/"}
		for range 3 {
			ctx, cancel := context.WithCancel(t.Context())
			var ans load.Answer
			err := tr.Send(ctx, &req, &ans)
			wantOK(t, tr, ans, err, "ok")
			cancel()
		}
	})
}

func TestCutWhileDialling(t *testing.T) {
	// A TLS handshake that is never answered.
	tg := serve(t, func(c *peer, n int) { c.hang() })
	origin := strings.Replace(tg.origin, "http:", "https:", 1)
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-tg.dials
			cancel()
		}()
		var ans load.Answer
		wantClass(t, tr.Send(ctx, &load.Request{Method: "GET", Origin: origin, Target: "/"}, &ans), load.Cut)
	})
}

func TestConnectLimitIncludesTLS(t *testing.T) {
	tg := serve(t, func(c *peer, n int) { c.hang() })
	origin := strings.Replace(tg.origin, "http:", "https:", 1)
	const limit = 100 * time.Millisecond
	each(t, Options{Limits: load.Limits{Connect: limit}}, func(t *testing.T, tr load.Transport) {
		ans, err := get(tr, origin)
		if err := ended(ans, err, limit, load.ConnectTimeout, 0); err != nil {
			t.Error(err)
		}
	})
}
