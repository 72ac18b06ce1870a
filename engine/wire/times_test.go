package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestTimeoutsFireAtTheirLimit(t *testing.T) {
	const limit = 30 * time.Second
	tests := []struct {
		name   string
		scheme string
		handle func(p pipe)
		class  load.Class
		status int
		bytes  int64
	}{
		{"TLS that never begins", "https", func(p pipe) { p.hang() }, load.ConnectTimeout, 0, 0},
		{"no answer", "http", func(p pipe) { p.request(); p.hang() }, load.HeaderTimeout, 0, 0},
		{"an answer a little too late", "http", func(p pipe) {
			p.request()
			time.Sleep(limit + time.Microsecond)
			p.say(ok)
		}, load.HeaderTimeout, 0, 0},
		{"a byte of the head per second", "http", func(p pipe) {
			p.request()
			for i := range page {
				time.Sleep(time.Second)
				if !p.say(page[i : i+1]) {
					return
				}
			}
		}, load.HeaderTimeout, 0, 0},
		{"a byte of the body per second", "http", func(p pipe) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
			for time.Sleep(time.Second / 2); p.say("x"); time.Sleep(time.Second) {
			}
		}, load.BodyTimeout, 200, 30},
		{"a chunk per second", "http", func(p pipe) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for time.Sleep(time.Second / 2); p.say("1\r\nx\r\n"); time.Sleep(time.Second) {
			}
		}, load.BodyTimeout, 200, 30},
		{"a body whose end is missing", "http", func(p pipe) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")
			p.hang()
		}, load.BodyTimeout, 200, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := Options{Limits: load.Limits{Connect: limit, Response: limit}}
			eachPiped(t, opts, tt.handle, func(t *testing.T, d *Dialer, tr load.Transport) {
				for range 2 {
					ans, err := get(tr, tt.scheme+"://192.0.2.1")
					wantClass(t, err, tt.class)
					if ans.Took != limit || ans.Status != tt.status || ans.Bytes != tt.bytes {
						t.Errorf("Send: took %v, status %d, %d bytes; want %v, %d, %d", ans.Took, ans.Status, ans.Bytes, limit, tt.status, tt.bytes)
					}
				}
				synctest.Wait()
				if open, _ := d.Open(); open != 0 {
					t.Errorf("%d sockets are open, want none", open)
				}
			})
		})
	}
	t.Run("never connected", func(t *testing.T) {
		eachPiped(t, Options{Limits: load.Limits{Connect: limit}}, nil, func(t *testing.T, d *Dialer, tr load.Transport) {
			d.dialTCP = func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			ans, err := get(tr, "http://192.0.2.1")
			wantClass(t, err, load.ConnectTimeout)
			if ans.Took != limit {
				t.Errorf("Send: took %v, want %v", ans.Took, limit)
			}
		})
	})
}

func TestAnswersAreTimedFromTheFirstByteWritten(t *testing.T) {
	slowly := func(p pipe) {
		time.Sleep(2 * time.Second)
		p.say("H")
		time.Sleep(time.Second)
		p.say("TTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
		time.Sleep(time.Second)
		p.say("o")
		time.Sleep(time.Second)
		p.say("k")
		p.hang()
	}
	tests := []struct {
		name      string
		handle    func(p pipe)
		took      time.Duration
		firstByte time.Duration
		standard  time.Duration // where net/http does not tell
	}{
		{"in pieces", func(p pipe) {
			p.request()
			slowly(p)
		}, 5 * time.Second, 2 * time.Second, 0},
		{"in one piece", func(p pipe) {
			p.request()
			time.Sleep(3 * time.Second)
			p.say(ok)
			p.hang()
		}, 3 * time.Second, 3 * time.Second, 0},
		{"after a redirect", func(p pipe) {
			p.request()
			time.Sleep(time.Second)
			p.say("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")
			p.request()
			slowly(p)
		}, 6 * time.Second, 3 * time.Second, 0},
		{"after an interim response", func(p pipe) {
			p.request()
			time.Sleep(time.Second)
			p.say("HTTP/1.1 103 Early Hints\r\n\r\n")
			slowly(p)
		}, 6 * time.Second, 3 * time.Second, 4 * time.Second},
		{"behind an interim response", func(p pipe) {
			p.request()
			time.Sleep(time.Second)
			p.say("HTTP/1.1 103 Early")
			time.Sleep(time.Second)
			p.say(" Hints\r\n\r\nHTTP/1.1")
			time.Sleep(time.Second)
			p.say(" 200 OK\r\nContent-Length: 2\r\n\r\nok")
			p.hang()
		}, 3 * time.Second, 2 * time.Second, 3 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPiped(t, Options{}, tt.handle, func(t *testing.T, d *Dialer, tr load.Transport) {
				want := tt.firstByte
				if _, std := tr.(*standard); std && tt.standard != 0 {
					want = tt.standard
				}
				ans, err := get(tr, "http://192.0.2.1")
				wantOK(t, tr, ans, err, "ok")
				if ans.FirstByte != want || ans.Took != tt.took {
					t.Errorf("Send: first byte after %v of %v, want %v of %v", ans.FirstByte, ans.Took, want, tt.took)
				}
			})
		})
	}
}

func TestFirstByteIsOfAnAnswer(t *testing.T) {
	eachPiped(t, Options{}, func(p pipe) {
		p.request()
		time.Sleep(time.Second)
		p.say("HTTP/1.1 200 OK\r\nConte")
	}, func(t *testing.T, d *Dialer, tr load.Transport) {
		ans, err := get(tr, "http://192.0.2.1")
		if err == nil || ans.FirstByte != 0 || ans.Took != time.Second {
			t.Errorf("Send: %v, first byte after %v of %v; want an error, 0 of 1s", err, ans.FirstByte, ans.Took)
		}
	})
}

func TestConnectingIsTimedInParts(t *testing.T) {
	srv := httptest.NewTLSServer(nil) // for its certificate
	srv.Close()
	const lookup, connect, shake = 200 * time.Millisecond, 300 * time.Millisecond, 70 * time.Millisecond
	tests := map[string]load.Dial{
		"http://192.0.2.1":    {Connect: connect},
		"http://target.test":  {DNS: lookup, Connect: connect},
		"https://192.0.2.1":   {Connect: connect, TLS: shake},
		"https://target.test": {DNS: lookup, Connect: connect, TLS: shake},
	}
	for origin, want := range tests {
		t.Run(origin, func(t *testing.T) {
			names := &nameserver{say: func(int) ([]string, byte) {
				time.Sleep(lookup)
				return []string{"192.0.2.1"}, 0
			}}
			handle := func(p pipe) {
				if want.TLS > 0 {
					time.Sleep(shake)
					// In TLS 1.3 both ends of a pipe would begin by writing.
					p = newPipe(tls.Server(p, &tls.Config{Certificates: srv.TLS.Certificates, MaxVersion: tls.VersionTLS12}))
				}
				for p.request() {
					time.Sleep(time.Second)
					p.say(ok)
				}
			}
			eachPiped(t, Options{Insecure: true, Resolver: names.resolver()}, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
				dial := d.dialTCP
				d.dialTCP = func(ctx context.Context, network, addr string) (net.Conn, error) {
					time.Sleep(connect)
					return dial(ctx, network, addr)
				}
				ans, err := get(tr, origin)
				wantOK(t, tr, ans, err, "ok")
				if ans.Dial == nil || *ans.Dial != want {
					t.Errorf("Send: Dial %+v, want %+v", ans.Dial, want)
				}
				if ans.Took != time.Second {
					t.Errorf("Send: took %v, want 1s without connecting", ans.Took)
				}
				first := *ans.Dial
				ans2, err := get(tr, origin)
				wantOK(t, tr, ans2, err, "ok")
				if ans2.Dial != nil || *ans.Dial != first {
					t.Errorf("Send on an open connection: Dial %+v, want none", ans2.Dial)
				}
			})
		})
	}
}

func TestHandshakesLaterArePartOfTheAnswer(t *testing.T) {
	srv := httptest.NewTLSServer(nil) // for its certificate
	srv.Close()
	const shake = 70 * time.Millisecond
	handle := func(p pipe) {
		time.Sleep(shake)
		p = newPipe(tls.Server(p, &tls.Config{Certificates: srv.TLS.Certificates, MaxVersion: tls.VersionTLS12}))
		r, err := http.ReadRequest(p.r)
		switch {
		case err != nil:
		case r.URL.Path == "/next":
			p.say(okAndClose)
		default:
			p.say("HTTP/1.1 302 Found\r\nLocation: https://192.0.2.2/next\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}
	}
	eachPiped(t, Options{Insecure: true}, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
		ans, err := get(tr, "https://192.0.2.1")
		wantOK(t, tr, ans, err, "ok")
		if want := (load.Dial{TLS: shake}); *ans.Dial != want || ans.Took != shake {
			t.Errorf("Send: Dial %+v, took %v; want %+v, %v", *ans.Dial, ans.Took, want, shake)
		}
	})
}

func TestConnectingLaterIsPartOfTheAnswer(t *testing.T) {
	const first, later, limit = time.Second, 2 * time.Second, 5 * time.Second
	moved := func(p pipe) {
		if p.request() {
			p.say("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.2/\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}
	}
	eachPiped(t, Options{Limits: load.Limits{Response: limit}}, moved, func(t *testing.T, d *Dialer, tr load.Transport) {
		dial, hangs := d.dialTCP, false
		d.dialTCP = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "192.0.2.1:80" {
				time.Sleep(first)
				return dial(ctx, network, addr)
			}
			if hangs {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			time.Sleep(later)
			here, there := net.Pipe()
			go func() {
				p := newPipe(there)
				defer p.Close()
				p.request()
				p.say(okAndClose)
			}()
			return here, nil
		}
		ans, err := get(tr, "http://192.0.2.1")
		wantOK(t, tr, ans, err, "ok")
		if ans.Dial == nil || ans.Dial.Connect != first || ans.Took != later || ans.FirstByte != later {
			t.Errorf("Send: %+v, Dial %+v; want %v to connect before, and %v in the answer", ans, ans.Dial, first, later)
		}
		hangs = true
		ans, err = get(tr, "http://192.0.2.1")
		wantClass(t, err, load.ConnectTimeout)
		if ans.Took != limit || ans.Status != 302 {
			t.Errorf("Send: took %v, status %d; want %v, 302", ans.Took, ans.Status, limit)
		}
	})
}

func TestWhatEachDoesAtTheEndIsNoPartOfTheAnswer(t *testing.T) {
	handle := func(p pipe) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none")
		time.Sleep(time.Second)
		p.say("two")
		p.hang()
	}
	eachPiped(t, Options{}, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
		ans, err := send(tr, load.Request{Method: "GET", Origin: "http://192.0.2.1", Target: "/",
			Each: func([]byte) error { time.Sleep(10 * time.Second); return nil }})
		if err != nil || ans.Took != 10*time.Second {
			t.Errorf("Send: took %v, %v; want the 10s until the last part was read", ans.Took, err)
		}
	})
}
