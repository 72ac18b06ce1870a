package wire

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// dialled makes d note the addresses it dials.
func dialled(d *Dialer) *[]string {
	var (
		mu   sync.Mutex
		all  []string
		dial = d.dialTCP
	)
	d.dialTCP = func(ctx context.Context, network, addr string) (net.Conn, error) {
		mu.Lock()
		all = append(all, addr)
		mu.Unlock()
		return dial(ctx, network, addr)
	}
	return &all
}

func TestNamesThatCannotBeLookedUp(t *testing.T) {
	tests := []struct {
		name string
		say  func(int) ([]string, byte)
	}{
		{"server failure", func(int) ([]string, byte) { return nil, 2 }},
		{"no such name", func(int) ([]string, byte) { return nil, 3 }},
		{"refused", func(int) ([]string, byte) { return nil, 5 }},
		{"no address", func(int) ([]string, byte) { return nil, 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names := &nameserver{say: tt.say}
			each(t, Options{Resolver: names.listen(t)}, func(t *testing.T, tr load.Transport) {
				ans, err := get(tr, "http://target.test")
				wantClass(t, err, load.DNS)
				checkMessage(t, err)
				if !strings.Contains(err.Error(), "lookup target.test: ") || ans.Took <= 0 || ans.Dial != nil {
					t.Errorf("Send: %v after %v, Dial %v; want the name", err, ans.Took, ans.Dial)
				}
			})
		})
	}
}

func TestSlowNames(t *testing.T) {
	tests := []struct {
		takes, limit, took time.Duration
		class              load.Class
	}{
		{3 * time.Second, 30 * time.Second, 0, ""},
		{10 * time.Second, time.Second, time.Second, load.DNS},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%v of %v", tt.takes, tt.limit), func(t *testing.T) {
			names := &nameserver{say: func(int) ([]string, byte) {
				time.Sleep(tt.takes)
				return []string{"192.0.2.1"}, 0
			}}
			opts := Options{Resolver: names.resolver(), Limits: load.Limits{Connect: tt.limit}}
			handle := func(p pipe) { p.request(); p.say(ok); p.hang() }
			eachPiped(t, opts, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
				ans, err := get(tr, "http://target.test")
				if got := classOf(err); got != tt.class || ans.Took != tt.took {
					t.Errorf("Send: %v (class %q) after %v, want class %q after %v", err, got, ans.Took, tt.class, tt.took)
				}
				switch {
				case err != nil && !strings.Contains(err.Error(), "target.test"):
					t.Errorf("Send: %v, want the name", err)
				case err == nil && ans.Dial.DNS != tt.takes:
					t.Errorf("Send: %v to look up, want %v", ans.Dial.DNS, tt.takes)
				}
				time.Sleep(2 * tt.takes) // until the nameserver is done
			})
		})
	}
}

// The target's answers close the connection, so that each request dials.
const okAndClose = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"

func TestAnswersAreUsedForOneSecond(t *testing.T) {
	names := &nameserver{say: func(nth int) ([]string, byte) { return []string{fmt.Sprintf("192.0.2.%d", nth)}, 0 }}
	handle := func(p pipe) { p.request(); p.say(okAndClose) }
	eachPiped(t, Options{Resolver: names.resolver()}, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
		names.asked.Store(0)
		got := dialled(d)
		begin := time.Now()
		for _, at := range []time.Duration{0, 500, 999, 1000, 1999, 2000, 60000} {
			time.Sleep(time.Until(begin.Add(at * time.Millisecond)))
			ans, err := get(tr, "http://target.test")
			wantOK(t, tr, ans, err, "ok")
		}
		want := []string{"192.0.2.1:80", "192.0.2.1:80", "192.0.2.1:80", "192.0.2.2:80", "192.0.2.2:80", "192.0.2.3:80", "192.0.2.4:80"}
		if !slices.Equal(*got, want) {
			t.Errorf("dialled %v, want %v", *got, want)
		}
	})
}

func TestAddressesAreTakenInTurn(t *testing.T) {
	for _, tt := range []struct {
		addrs []string
		pause time.Duration // 2 s: each dial asks again
	}{
		{[]string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, 0},
		{[]string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, 2 * time.Second},
		{[]string{"2001:db8::1", "2001:db8::2"}, 0},
	} {
		t.Run(fmt.Sprint(tt.addrs, tt.pause), func(t *testing.T) {
			handle := func(p pipe) { p.request(); p.say(okAndClose) }
			eachPiped(t, Options{Resolver: only(tt.addrs...).resolver()}, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
				got := dialled(d)
				counts := map[string]int{}
				const rounds = 4
				for range rounds * len(tt.addrs) {
					ans, err := get(tr, "http://target.test:8080")
					wantOK(t, tr, ans, err, "ok")
					time.Sleep(tt.pause)
				}
				for _, addr := range *got {
					counts[addr]++
				}
				for _, addr := range tt.addrs {
					if n := counts[net.JoinHostPort(addr, "8080")]; n != rounds {
						t.Errorf("%s was dialled %d times, want %d: %v", addr, n, rounds, *got)
					}
				}
			})
		})
	}
}

func TestTheNextAddressIsTried(t *testing.T) {
	refuse := func(context.Context) error { return syscall.ECONNREFUSED }
	unreachable := func(context.Context) error { return syscall.ENETUNREACH }
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	after := func(d time.Duration) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			select {
			case <-time.After(d):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	const one, two, six = "192.0.2.1", "192.0.2.2", "2001:db8::1"
	tests := []struct {
		name  string
		addrs map[string]func(context.Context) error
		class load.Class
		took  time.Duration // to connect, or to fail
	}{
		{"one refuses", map[string]func(context.Context) error{one: refuse, two: after(0)}, "", 0},
		{"both refuse", map[string]func(context.Context) error{one: refuse, two: refuse}, load.Refused, 0},
		{"one is not reachable", map[string]func(context.Context) error{one: unreachable, two: after(time.Second)}, "", time.Second},
		{"one never answers", map[string]func(context.Context) error{one: hang, two: hang}, load.ConnectTimeout, 30 * time.Second},
		{"the other family is quick", map[string]func(context.Context) error{six: hang, one: after(time.Second)}, "", time.Second + fallback},
		{"the other family refuses", map[string]func(context.Context) error{six: after(time.Second), one: refuse}, "", time.Second + fallback},
		{"neither family answers", map[string]func(context.Context) error{six: hang, one: hang}, load.ConnectTimeout, 30 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			handle := func(p pipe) { p.request(); p.say(okAndClose) }
			eachPiped(t, Options{}, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
				dial := d.dialTCP
				d.dialTCP = func(ctx context.Context, network, addr string) (net.Conn, error) {
					host, _, _ := net.SplitHostPort(addr)
					if err := tt.addrs[host](ctx); err != nil {
						return nil, err
					}
					return dial(ctx, network, addr)
				}
				// As the system would have sorted them.
				l := &listing{until: time.Now().Add(time.Hour)}
				for _, s := range []string{six, one, two} {
					if tt.addrs[s] != nil {
						l.addrs = append(l.addrs, netip.MustParseAddr(s))
					}
				}
				d.names.known["target.test"] = l
				for range 2 {
					ans, err := get(tr, "http://target.test")
					if got := classOf(err); got != tt.class {
						t.Fatalf("Send: %v, want class %q", err, tt.class)
					}
					took := ans.Took
					if err == nil {
						took = ans.Dial.Connect
					}
					if took != tt.took {
						t.Errorf("Send: %v to connect, want %v", took, tt.took)
					}
				}
			})
		})
	}
}

func TestManyUsersAskOnce(t *testing.T) {
	const users = 1000
	tg := serve(t, func(c *peer, n int) {
		for c.request() != nil {
			c.say(ok)
		}
	})
	addrs := make([]string, 200)
	for i := range addrs {
		addrs[i] = "127.0.0.1" // all alike, or the test would need 200 interfaces
	}
	names := only(addrs...)
	d := NewDialer(Options{Resolver: names.listen(t)})
	origin := strings.Replace(tg.origin, "127.0.0.1", "target.test", 1)
	var all sync.WaitGroup
	for range users {
		all.Go(func() {
			tr := d.HTTP1()
			defer tr.Close()
			if ans, err := get(tr, origin); err != nil || ans.Status != 200 {
				t.Errorf("Send: %d, %v", ans.Status, err)
			}
		})
	}
	all.Wait()
	// The first answer does not fit into a packet, and is asked for again.
	if n := names.asked.Load(); n < 2 || n > 20 {
		t.Errorf("%d users asked %d times, want 2 or little more", users, n)
	}
}

func TestAFailedLookupIsNotRepeatedAtOnce(t *testing.T) {
	names := &nameserver{say: func(int) ([]string, byte) { return nil, 3 }}
	resolver := names.resolver()
	synctest.Test(t, func(t *testing.T) {
		d := NewDialer(Options{Resolver: resolver})
		for range 1000 {
			tr := d.HTTP1()
			_, err := get(tr, "http://target.test")
			wantClass(t, err, load.DNS)
		}
		if n := names.asked.Load(); n > 2 {
			t.Errorf("asked %d times within a second, want once", n)
		}
	})
}

func TestNamesKeptAreBounded(t *testing.T) {
	failing := &net.Resolver{PreferGo: true, Dial: refused}
	d := NewDialer(Options{Resolver: failing})
	for i := range 3000 {
		d.names.lookup(t.Context(), fmt.Sprintf("n%d.test", i))
	}
	if n := len(d.names.known); n > 1000 {
		t.Errorf("%d names are kept, want at most 1000", n)
	}
	for i := range 3000 {
		d.origin(fmt.Sprintf("http://n%d.test", i))
	}
	if n := len(d.origins); n > 1000 {
		t.Errorf("%d origins are kept, want at most 1000", n)
	}
}
