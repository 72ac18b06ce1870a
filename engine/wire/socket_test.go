package wire

import (
	"context"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestAUserThatIsTurnedAwayAtOnceDialsTenTimesASecond(t *testing.T) {
	tests := map[string]struct {
		err   error
		class load.Class
	}{
		"refused":     {syscall.ECONNREFUSED, load.Refused},
		"unreachable": {syscall.EHOSTUNREACH, load.Unreachable},
		"ports":       {syscall.EADDRNOTAVAIL, load.Ports},
		"descriptors": {syscall.EMFILE, load.Descriptors},
		"dns":         {&net.DNSError{Err: "no such host", Name: "proxy"}, load.DNS},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			eachPiped(t, Options{}, nil, func(t *testing.T, d *Dialer, tr load.Transport) {
				d.dialTCP = func(context.Context, string, string) (net.Conn, error) {
					time.Sleep(time.Millisecond)
					return nil, &net.OpError{Op: "dial", Err: tt.err}
				}
				got := dialled(d)
				begin := time.Now()
				for i := range 11 {
					ans, err := get(tr, "http://192.0.2.1")
					wantClass(t, err, tt.class)
					if ans.Took != time.Millisecond {
						t.Errorf("Send %d: took %v, want 1ms without the wait before", i, ans.Took)
					}
				}
				if took := time.Since(begin); took != time.Second+time.Millisecond || len(*got) != 11 {
					t.Errorf("%d dials took %v, want 11 in 1.001s", len(*got), took)
				}
				// Another origin is another matter.
				begin = time.Now()
				get(tr, "http://192.0.2.2")
				if took := time.Since(begin); took != time.Millisecond {
					t.Errorf("Send elsewhere: took %v, want 1ms", took)
				}
			})
		})
	}
}

func TestTheWaitBeforeADialEndsWithTheContext(t *testing.T) {
	eachPiped(t, Options{}, nil, func(t *testing.T, d *Dialer, tr load.Transport) {
		d.dialTCP = refused
		_, err := get(tr, "http://192.0.2.1")
		wantClass(t, err, load.Refused)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		begin := time.Now()
		var ans load.Answer
		err = tr.Send(ctx, &load.Request{Method: "GET", Origin: "http://192.0.2.1", Target: "/"}, &ans)
		wantClass(t, err, load.Cut)
		if took := time.Since(begin); took != 10*time.Millisecond || ans.Took != 0 {
			t.Errorf("Send: took %v, and says %v; want 10ms, and 0", took, ans.Took)
		}
	})
}

func TestTheWaitBeforeARedirectIsNoPartOfTheAnswer(t *testing.T) {
	moved := func(p pipe) {
		for p.request() {
			p.say("HTTP/1.1 302 Found\r\nLocation: http://192.0.2.2/\r\nContent-Length: 0\r\n\r\n")
		}
	}
	eachPiped(t, Options{}, moved, func(t *testing.T, d *Dialer, tr load.Transport) {
		dial := d.dialTCP
		d.dialTCP = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == "192.0.2.2:80" {
				return refused(ctx, network, addr)
			}
			return dial(ctx, network, addr)
		}
		for range 3 {
			ans, err := get(tr, "http://192.0.2.1")
			wantClass(t, err, load.Refused)
			if ans.Took != 0 || ans.Status != 302 {
				t.Errorf("Send: took %v, status %d; want 0, 302", ans.Took, ans.Status)
			}
		}
	})
}

func TestAUserWhoseDialTimesOutDoesNotWait(t *testing.T) {
	eachPiped(t, Options{Limits: load.Limits{Connect: time.Millisecond}}, nil, func(t *testing.T, d *Dialer, tr load.Transport) {
		d.dialTCP = func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
		begin := time.Now()
		for range 5 {
			_, err := get(tr, "http://192.0.2.1")
			wantClass(t, err, load.ConnectTimeout)
		}
		if took := time.Since(begin); took != 5*time.Millisecond {
			t.Errorf("5 dials took %v, want 5ms", took)
		}
	})
}

func TestSocketsAreCounted(t *testing.T) {
	tg := serve(t, func(c *peer, n int) {
		for r := c.request(); r != nil; r = c.request() {
			switch r.URL.Path {
			case "/close":
				c.say(okAndClose)
				return
			case "/reset":
				c.reset()
				return
			}
			c.say(ok)
		}
	})
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			d := NewDialer(Options{Limits: load.Limits{Connect: time.Minute}})
			const users = 8
			var all sync.WaitGroup
			for i := range users {
				all.Go(func() {
					tr := k.make(d)
					defer tr.Close()
					for j := range 20 {
						ctx, cancel := context.WithCancel(t.Context())
						target := []string{"/", "/close", "/reset", "/"}[(i+j)%4]
						var ans load.Answer
						tr.Send(ctx, &load.Request{Method: "GET", Origin: tg.origin, Target: target}, &ans)
						cancel() // which closes an idle connection, at the same time as the user may
						if open, _ := d.Open(); open < 0 || open > 2*users {
							t.Errorf("%d sockets are open, want 0 to %d", open, 2*users)
						}
					}
				})
			}
			all.Wait()
			// net/http closes in goroutines of its own.
			for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Millisecond) {
				open, _ := d.Open()
				if open == 0 {
					break
				}
				if open < 0 || time.Now().After(deadline) {
					t.Fatalf("%d sockets are open, want none", open)
				}
			}
		})
	}
}

func TestAReserveOfDescriptorsIsKept(t *testing.T) {
	for descriptors, want := range map[int64]int64{20000: 18622, 1024: 832, 256: 128, 100: 50, 1: 1, 1 << 62: 1<<62 - 20128} {
		if got := mostSockets(descriptors); got != want {
			t.Errorf("mostSockets(%d) = %d, want %d", descriptors, got, want)
		}
	}
}

func TestMoreSocketsThanMayBeFailAtOnce(t *testing.T) {
	eachPiped(t, Options{}, func(p pipe) {
		for p.request() {
			p.say(ok)
		}
	}, func(t *testing.T, d *Dialer, tr load.Transport) {
		d.most = 1
		other := d.HTTP1()
		defer other.Close()
		if _, err := get(other, "http://192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		ans, err := get(tr, "http://192.0.2.1")
		wantClass(t, err, load.Descriptors)
		if ans.Took != 0 || !load.Descriptors.Ours() {
			t.Errorf("Send: took %v, want 0", ans.Took)
		}
		other.Close()
		ans, err = get(tr, "http://192.0.2.1")
		wantOK(t, tr, ans, err, "ok")
	})
}
