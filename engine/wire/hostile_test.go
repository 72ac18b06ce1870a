package wire

import (
	"bytes"
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

	"github.com/gregaria/gregaria/engine/load"
)

// Each request is one answer or one failure, and reaches the target at most once.
func TestResetsAreCountedOnceAndNothingIsSentAgain(t *testing.T) {
	const requests = 40
	tests := []struct {
		name   string
		handle func(c *peer, n int, seen func(*http.Request) bool)
		class  load.Class // one of those that may come, "" for any of them
		failed int        // of the requests; -1 when that depends on which packet is first
	}{
		{"at accept", func(c *peer, n int, seen func(*http.Request) bool) { c.reset() }, load.Reset, requests},
		{"instead of an answer", func(c *peer, n int, seen func(*http.Request) bool) {
			seen(c.request())
			c.reset()
		}, load.Reset, requests},
		{"after half a head", func(c *peer, n int, seen func(*http.Request) bool) {
			seen(c.request())
			c.say("HTTP/1.1 200 OK\r\nContent-Le")
			c.reset()
		}, "", requests},
		{"after the head", func(c *peer, n int, seen func(*http.Request) bool) {
			seen(c.request())
			c.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
			c.reset()
		}, load.Reset, requests},
		{"in the middle of a body", func(c *peer, n int, seen func(*http.Request) bool) {
			seen(c.request())
			c.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			c.reset()
		}, load.Reset, requests},
		{"in the middle of a chunk", func(c *peer, n int, seen func(*http.Request) bool) {
			seen(c.request())
			c.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf")
			c.reset()
		}, load.Reset, requests},
		{"between requests", func(c *peer, n int, seen func(*http.Request) bool) {
			if seen(c.request()) {
				c.say(ok)
			}
			c.reset()
		}, "", -1},
		{"on every other request of a connection", func(c *peer, n int, seen func(*http.Request) bool) {
			if seen(c.request()) {
				c.say(ok)
			}
			seen(c.request())
			c.reset()
		}, "", requests / 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, k := range transports {
				t.Run(k.name, func(t *testing.T) {
					var (
						mu   sync.Mutex
						ids  = map[string]int{}
						tr   = k.make(NewDialer(Options{}))
						seen = func(r *http.Request) bool {
							if r == nil {
								return false
							}
							mu.Lock()
							defer mu.Unlock()
							ids[r.Header.Get("X-Id")]++
							return true
						}
					)
					defer tr.Close()
					tg := serve(t, func(c *peer, n int) { tt.handle(c, n, seen) })
					answered, failed := 0, 0
					for i := range requests {
						ans, err := send(tr, load.Request{Method: "POST", Origin: tg.origin, Target: "/", Body: []byte("x"),
							Extra: []load.Field{{Name: "X-Id", Value: fmt.Sprint(i)}}})
						switch class := classOf(err); {
						case err == nil && ans.Status == 200:
							answered++
						case class == load.Reset, class == load.Closed && (tt.class == "" || k.name == "standard"), // which may keep the reason to itself
							class == load.Malformed && tt.class == "":
							failed++
						default:
							t.Errorf("Send %d: %d, %v; want class %q", i, ans.Status, err, tt.class)
						}
					}
					if answered+failed != requests || tt.failed >= 0 && failed != tt.failed {
						t.Errorf("%d answers and %d failures of %d requests, want %d failures", answered, failed, requests, tt.failed)
					}
					mu.Lock()
					defer mu.Unlock()
					for id, n := range ids {
						if n > 1 {
							t.Errorf("request %s came %d times", id, n)
						}
					}
					if len(ids) > requests || len(ids) < answered {
						t.Errorf("the target saw %d requests, want %d to %d", len(ids), answered, requests)
					}
				})
			}
		})
	}
}

// A target that never accepts is connected to by the kernel as long as there is room
// in its backlog; what comes then is lost, and the connect limit ends it.
func TestATargetThatNeverAccepts(t *testing.T) {
	const limit = 300 * time.Millisecond
	origin := deaf(t)
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			d := NewDialer(Options{Limits: load.Limits{Connect: limit, Response: limit}})
			const users = 12
			var (
				mu      sync.Mutex
				classes = map[load.Class]int{}
				all     sync.WaitGroup
			)
			for range users {
				all.Go(func() {
					tr := k.make(d)
					defer tr.Close()
					ans, err := get(tr, origin)
					if ans.Took < limit {
						t.Errorf("took %v, want %v at least", ans.Took, limit)
					}
					mu.Lock()
					classes[classOf(err)]++
					mu.Unlock()
				})
			}
			all.Wait()
			if classes[load.ConnectTimeout] == 0 || classes[load.ConnectTimeout]+classes[load.HeaderTimeout] != users {
				t.Errorf("%v, want connect timeouts, and header timeouts of those the kernel connected", classes)
			}
		})
	}
}

// endless is a target whose answers have no end; the path says what kind.
func endless(t *testing.T) string {
	block := bytes.Repeat([]byte("x"), 64<<10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		head, before, after := "", "", ""
		switch r.URL.Path {
		case "/10gb":
			head = "Content-Length: 10000000000\r\n"
		case "/chunked":
			head, before, after = "Transfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n", len(block)), "\r\n"
		}
		for _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n"+head+"\r\n"); err == nil; {
			_, err = (&net.Buffers{[]byte(before), block, []byte(after)}).WriteTo(c)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestEndlessBodiesAreCutAtTheLimit(t *testing.T) {
	const users, limit, memory = 20, 2 << 20, 4 << 20
	origin := endless(t)
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			d := NewDialer(Options{Limits: load.Limits{Body: limit}, Memory: memory})
			before := held()
			var all sync.WaitGroup
			for i := range users {
				all.Go(func() {
					tr := k.make(d)
					defer tr.Close()
					for _, target := range []string{"/10gb", "/chunked", "/close"} {
						ans, err := send(tr, load.Request{Method: "GET", Origin: origin, Target: target})
						if class := classOf(err); class != load.BodyLimit {
							t.Errorf("user %d: %s: %v, want class %q", i, target, err, load.BodyLimit)
						}
						if ans.Status != 200 || ans.Bytes > limit+scratchSize {
							t.Errorf("user %d: %s: status %d, %d bytes; want 200, at most %d", i, target, ans.Status, ans.Bytes, limit)
						}
						if body, _ := tr.Body(); len(body) > 0 {
							t.Errorf("user %d: %s: %d bytes are kept of a body that failed", i, target, len(body))
						}
					}
				})
			}
			all.Wait()
			// Each keeps 1 MB, half as much again while that grows, and the collector
			// lets as much garbage pile up.
			if grown, most := held()-before, int64(2*(users*share*3/2+memory)+20<<20); grown > most {
				t.Errorf("%d MB more are held, want at most %d", grown>>20, most>>20)
			}
			if left := d.memory.Load(); left != memory {
				t.Errorf("%d bytes of the memory of all are left, want all %d", left, memory)
			}
		})
	}
}

func TestEndlessStreamsTakeNoMemory(t *testing.T) {
	const users, most = 100, 512 << 10
	origin := endless(t)
	enough := errors.New("enough")
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			d := NewDialer(Options{})
			before := held()
			var all sync.WaitGroup
			for i := range users {
				all.Go(func() {
					tr := k.make(d)
					defer tr.Close()
					for _, target := range []string{"/10gb", "/chunked", "/close"} {
						got := 0
						ans, err := send(tr, load.Request{Method: "GET", Origin: origin, Target: target, Each: func(part []byte) error {
							if got += len(part); got >= most {
								return enough
							}
							return nil
						}})
						if err != enough || ans.Bytes != int64(got) {
							t.Errorf("user %d: %s: %v after %d bytes, want it to be enough after %d", i, target, err, ans.Bytes, got)
						}
					}
				})
			}
			all.Wait()
			if grown := held() - before; grown > 20<<20 {
				t.Errorf("%d MB more are held, want at most 20", grown>>20)
			}
		})
	}
}

// held returns how much memory this process has taken for its heap, which shows
// the most that was ever in use.
func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys)
}

func TestMessagesOfGarbageAreHarmless(t *testing.T) {
	for name, said := range map[string]string{
		"escapes":        "\x1b[31mHTTP/1.1 200 OK\r\n\r\n",
		"status line":    "HTTP/1.1 2\x1b[2J\u202e\r\n\r\n",
		"invalid UTF-8":  "HTTP/1.1 200 OK\r\n\xff\xfe\x80\r\n\r\n",
		"field":          "HTTP/1.1 200 OK\r\nX\x1b]0;title\x07: y\r\n\r\n",
		"length":         "HTTP/1.1 200 OK\r\nContent-Length: \x1b[31m" + strings.Repeat("9", 60000) + "\r\n\r\n",
		"encoding":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x1b[31m\xff\r\n\r\n",
		"chunk":          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\x1b[31m\xff\r\n",
		"location":       "HTTP/1.1 302 Found\r\nLocation: \x1b[31m://" + strings.Repeat("\xff", 60000) + "\r\nContent-Length: 0\r\n\r\n",
		"other location": "HTTP/1.1 302 Found\r\nLocation: http://\u202e" + strings.Repeat("x", 60000) + "/\r\nContent-Length: 0\r\n\r\n",
		"1 MB of head":   "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"1 MB of line":   strings.Repeat("x", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			tg := serve(t, func(c *peer, n int) {
				if c.request() != nil {
					c.say(said)
				}
			})
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				_, err := get(tr, tg.origin)
				wantClass(t, err, load.Malformed)
				checkMessage(t, err)
			})
		})
	}
}

func TestAHungTargetDoesNotDelayTheStop(t *testing.T) {
	tg := serve(t, func(c *peer, n int) { c.hang() })
	const users = 200
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			d := NewDialer(Options{})
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			for range users {
				all.Go(func() {
					tr := k.make(d)
					defer tr.Close()
					var ans load.Answer
					err := tr.Send(ctx, &load.Request{Method: "GET", Origin: tg.origin, Target: "/"}, &ans)
					if classOf(err) != load.Cut {
						t.Errorf("Send: %v, want it cut", err)
					}
				})
			}
			for range users {
				<-tg.dials
			}
			if open, _ := d.Open(); open > users {
				t.Errorf("%d users hold %d sockets", users, open)
			}
			cancel()
			all.Wait() // the limit would be 30 s
		})
	}
}
