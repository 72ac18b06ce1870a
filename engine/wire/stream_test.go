package wire

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// streamed sends a GET and returns the parts of the body that Each was given.
func streamed(tr load.Transport, origin, target string) (parts []string, ans load.Answer, err error) {
	ans, err = send(tr, load.Request{Method: "GET", Origin: origin, Target: target, Each: func(part []byte) error {
		parts = append(parts, string(part))
		return nil
	}})
	return parts, ans, err
}

func TestEachGetsWhatArrives(t *testing.T) {
	tests := map[string]struct {
		answer   []string // said one after the other, each when the one before has arrived
		want     []string
		standard []string // where net/http waits for more
	}{
		"chunks": {
			[]string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n", "3;x=y\r\ntwo\r\n", "5\r\nthree\r\n", "0\r\n\r\n"},
			[]string{"one", "two", "three"}, nil,
		},
		"parts of chunks": {
			[]string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\none", "two", "\r\n5\r\nthree\r\n0\r\n\r\n"},
			[]string{"one", "two", "three"}, []string{"onetwo", "three"},
		},
		"a length": {
			[]string{"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\none", "two", "three"},
			[]string{"one", "two", "three"}, nil,
		},
		"until close": {
			[]string{"HTTP/1.1 200 OK\r\n\r\none", "two", "three"},
			[]string{"one", "two", "three"}, nil,
		},
		"an error": {
			[]string{"HTTP/1.1 500 Sorry\r\nContent-Length: 11\r\n\r\none", "two", "three"},
			[]string{"one", "two", "three"}, nil,
		},
		"nothing": {[]string{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			handle := func(p pipe) {
				if !p.request() {
					return
				}
				for _, s := range tt.answer {
					p.say(s)
					time.Sleep(time.Second)
				}
			}
			eachPiped(t, Options{}, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
				begin := time.Now()
				var got []string
				ans, err := send(tr, load.Request{Method: "GET", Origin: "http://192.0.2.1", Target: "/", Each: func(part []byte) error {
					if late := time.Since(begin) % time.Second; late != 0 {
						t.Errorf("%q came %v late", part, late)
					}
					got = append(got, string(part))
					return nil
				}})
				want := tt.want
				if _, std := tr.(*standard); std && tt.standard != nil {
					want = tt.standard
				}
				if err != nil || strings.Join(got, "|") != strings.Join(want, "|") || ans.Bytes != int64(len(strings.Join(tt.want, ""))) {
					t.Errorf("Send: %q, %d bytes, %v; want %q", got, ans.Bytes, err, want)
				}
				if body, err := tr.Body(); len(body) > 0 || err != nil {
					t.Errorf("Body: %q, %v; want none", body, err)
				}
			})
		})
	}
}

func TestEachGetsTheLastResponseOnly(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := len(r.URL.Path); n < 4 {
			w.Header().Set("Location", r.URL.Path+"x")
			w.WriteHeader(http.StatusFound)
			fmt.Fprintf(w, "redirect %d", n)
			return
		}
		io.WriteString(w, "end")
	}))
	defer srv.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		parts, ans, err := streamed(tr, srv.URL, "/")
		if got := strings.Join(parts, ""); err != nil || got != "end" || ans.Bytes != 3*int64(len("redirect 1"))+3 {
			t.Errorf("Send: %q, %d bytes, %v; want the end, and all bytes", got, ans.Bytes, err)
		}
	})
	each(t, Options{Limits: load.Limits{Redirects: -1}}, func(t *testing.T, tr load.Transport) {
		parts, _, err := streamed(tr, srv.URL, "/")
		if got := strings.Join(parts, ""); err != nil || got != "redirect 1" {
			t.Errorf("Send: %q, %v; want the redirect", got, err)
		}
	})
	each(t, Options{Limits: load.Limits{Redirects: 1}}, func(t *testing.T, tr load.Transport) {
		parts, _, err := streamed(tr, srv.URL, "/")
		wantClass(t, err, load.TooManyHops)
		if len(parts) > 0 {
			t.Errorf("Send: %q, want nothing", parts)
		}
	})
}

func TestStreamsHaveNoBodyLimitAndAreNotKept(t *testing.T) {
	const size = 3 << 20
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", fmt.Sprint(size))
		}
		block := bytes.Repeat([]byte("0123456789abcdef"), 1<<10)
		for range size / len(block) {
			w.Write(block)
		}
	}))
	defer srv.Close()
	for _, target := range []string{"/length", "/chunked"} {
		t.Run(target, func(t *testing.T) {
			each(t, Options{Limits: load.Limits{Body: 1 << 10}}, func(t *testing.T, tr load.Transport) {
				at, wrong := 0, 0
				largest := 0
				ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: target, Each: func(part []byte) error {
					for _, c := range part {
						if c != "0123456789abcdef"[at%16] {
							wrong++
						}
						at++
					}
					largest = max(largest, len(part))
					return nil
				}})
				if err != nil || ans.Bytes != size || at != size || wrong > 0 {
					t.Errorf("Send: %v, %d bytes, %d to Each, %d wrong; want %d", err, ans.Bytes, at, wrong, size)
				}
				if largest > inSize {
					t.Errorf("a part has %d bytes, want at most %d", largest, inSize)
				}
				if f, ok := tr.(*http1); ok && (cap(f.body.own) > 0 || cap(f.in) > 2*inSize) {
					t.Errorf("%d and %d bytes are held, want 0 and %d", cap(f.body.own), cap(f.in), inSize)
				}
				_, err = get(tr, srv.URL)
				wantClass(t, err, load.BodyLimit)
			})
		})
	}
}

func TestStreamsBehindLongHeads(t *testing.T) {
	body := strings.Repeat("0123456789", 2000)
	for _, size := range []int{inSize - 100, inSize - 50, inSize, 20 << 10, 60 << 10} {
		head := "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", size) + "\r\nTransfer-Encoding: chunked\r\n\r\n"
		tg := serve(t, func(c *peer, n int) {
			for c.request() != nil {
				c.say(head + fmt.Sprintf("%x\r\n", len(body)) + body + "\r\n0\r\n\r\n")
			}
		})
		each(t, Options{}, func(t *testing.T, tr load.Transport) {
			for range 2 {
				parts, _, err := streamed(tr, tg.origin, "/")
				if err != nil || strings.Join(parts, "") != body || len(tr.Header("X")) != size {
					t.Errorf("head of %d bytes: %d bytes of body, %d of the field, %v", size, len(strings.Join(parts, "")), len(tr.Header("X")), err)
				}
				if len(parts) > 50 {
					t.Errorf("head of %d bytes: the body came in %d parts", size, len(parts))
				}
			}
		})
	}
}

func TestStreamsAreLimitedInTime(t *testing.T) {
	tick := func(p pipe) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for time.Sleep(time.Second / 2); p.say("1\r\nx\r\n"); time.Sleep(time.Second) {
		}
	}
	for _, limit := range []time.Duration{0, time.Hour} {
		t.Run(limit.String(), func(t *testing.T) {
			eachPiped(t, Options{}, tick, func(t *testing.T, d *Dialer, tr load.Transport) {
				want := limit
				if want == 0 {
					want = 30 * time.Second
				}
				parts := 0
				ans, err := send(tr, load.Request{Method: "GET", Origin: "http://192.0.2.1", Target: "/", Limit: limit,
					Each: func([]byte) error { parts++; return nil }})
				wantClass(t, err, load.BodyTimeout)
				if ans.Took != want || parts != int(want/time.Second) {
					t.Errorf("Send: %d parts in %v, want %d in %v", parts, ans.Took, want/time.Second, want)
				}
			})
		})
	}
}

func TestAnErrorOfEachEndsTheRequest(t *testing.T) {
	cut := make(chan bool, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ok" {
			io.WriteString(w, "ok")
			return
		}
		for r.Context().Err() == nil {
			io.WriteString(w, "more")
			w.(http.Flusher).Flush()
		}
		cut <- true
	}))
	defer srv.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		enough := errors.New("enough")
		calls := 0
		ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/", Each: func([]byte) error {
			calls++
			return enough
		}})
		if err != enough || calls != 1 || ans.Status != 200 || ans.Took <= 0 {
			t.Errorf("Send: %v after %d calls, status %d after %v; want the error itself after one", err, calls, ans.Status, ans.Took)
		}
		<-cut // would wait for ever if the connection stayed open
		ans, err = send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/ok"})
		wantOK(t, tr, ans, err, "ok")
	})
}

func TestAPanicOfEachLeavesNothingBehind(t *testing.T) {
	tg := serve(t, func(c *peer, n int) {
		for r := c.request(); r != nil; r = c.request() {
			if r.URL.Path == "/ok" {
				c.say(ok)
				continue
			}
			c.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmore\r\n")
			c.request() // who sends one here gets the rest of the answer before
			c.say("4\r\nmore\r\n0\r\n\r\n")
		}
	})
	for _, rests := range []bool{false, true} {
		each(t, Options{}, func(t *testing.T, tr load.Transport) {
			for range 2 {
				func() {
					defer func() {
						if v := recover(); v != "enough" {
							t.Errorf("recovered %v, want the panic of Each", v)
						}
					}()
					send(tr, load.Request{Method: "GET", Origin: tg.origin, Target: "/", Each: func([]byte) error { panic("enough") }})
				}()
				if rests {
					tr.Rest()
				}
				ans, err := send(tr, load.Request{Method: "GET", Origin: tg.origin, Target: "/ok"})
				wantOK(t, tr, ans, err, "ok")
			}
		})
	}
}

func TestStreamsComeAsTheyAreOnTheWire(t *testing.T) {
	var zip bytes.Buffer
	w := gzip.NewWriter(&zip)
	io.WriteString(w, "hello")
	w.Close()
	asked := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Accept-Encoding")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zip.Bytes())
	}))
	defer srv.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		for _, tt := range []struct {
			header http.Header
			want   string
		}{{nil, "identity"}, {http.Header{"Accept-Encoding": {"br"}}, "br"}} {
			var got []byte
			_, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/", Header: tt.header,
				Each: func(part []byte) error { got = append(got, part...); return nil }})
			if encoding := <-asked; err != nil || !bytes.Equal(got, zip.Bytes()) || encoding != tt.want {
				t.Errorf("Send: asked for %q and got %q, %v; want %q and the bytes as sent", encoding, got, err, tt.want)
			}
		}
	})
}

func TestHTTP2StreamsToEach(t *testing.T) {
	next := make(chan bool)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Proto", r.Proto)
		for i := range 3 {
			fmt.Fprintf(w, "part %d", i)
			w.(http.Flusher).Flush()
			select {
			case <-next: // sent when the part has arrived
			case <-r.Context().Done():
				return
			}
		}
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	want := map[string]string{"http1": "HTTP/1.1", "standard": "HTTP/2.0"}
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			tr := k.make(NewDialer(Options{Insecure: true}))
			defer tr.Close()
			var parts []string
			ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/", Each: func(part []byte) error {
				parts = append(parts, string(part))
				next <- true
				return nil
			}})
			if got := strings.Join(parts, "|"); err != nil || got != "part 0|part 1|part 2" || tr.Header("X-Proto") != want[k.name] {
				t.Errorf("Send: %q by %s, %v; want three parts by %s", got, tr.Header("X-Proto"), err, want[k.name])
			}
			if ans.FirstByte <= 0 || ans.FirstByte > ans.Took || ans.Dial == nil || ans.Dial.TLS <= 0 {
				t.Errorf("Send: %+v, Dial %+v; want all parts of the time", ans, ans.Dial)
			}
			enough := errors.New("enough")
			if _, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/", Each: func([]byte) error { return enough }}); err != enough {
				t.Errorf("Send: %v, want the error of Each", err)
			}
		})
	}
}

func TestTheContextCutsAStream(t *testing.T) {
	tg := serve(t, func(c *peer, n int) {
		c.request()
		c.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmore\r\n")
		c.hang()
	})
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		ctx, cancel := context.WithCancel(t.Context())
		var ans load.Answer
		err := tr.Send(ctx, &load.Request{Method: "GET", Origin: tg.origin, Target: "/", Each: func([]byte) error { cancel(); return nil }}, &ans)
		wantClass(t, err, load.Cut)
	})
}
