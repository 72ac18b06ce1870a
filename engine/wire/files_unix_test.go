//go:build unix

package wire

import (
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// With 256 descriptors and 1,000 users the process lives on: what is not a user's
// socket has its reserve, and users get on as soon as others leave.
func TestDescriptorsRunOut(t *testing.T) {
	origin := os.Getenv("WIRE_TEST_ORIGIN")
	if origin == "" {
		origin = serve(t, func(c *peer, n int) {
			for c.request() != nil {
				c.say(ok)
			}
		}).origin
	}
	if !alone(t, "WIRE_TEST_ORIGIN="+origin) {
		return
	}
	const users, descriptors, most, leaving = 1000, 256, 128, 50
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: descriptors, Max: descriptors}); err != nil {
		t.Fatal(err)
	}
	d := NewDialer(Options{})
	all := make([]load.Transport, users)
	for i := range all {
		all[i] = d.HTTP1()
		defer all[i].Close()
	}
	// attempt makes all users send a request and returns who got an answer.
	attempt := func(users []load.Transport) (lucky, unlucky []load.Transport) {
		var (
			mu      sync.Mutex
			running sync.WaitGroup
		)
		for _, tr := range users {
			running.Go(func() {
				ans, err := get(tr, origin)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && ans.Status == 200:
					lucky = append(lucky, tr)
				case classOf(err) == load.Descriptors && ans.Took < 30*time.Second:
					unlucky = append(unlucky, tr)
				default:
					t.Errorf("Send: %v after %v", err, ans.Took)
				}
			})
		}
		running.Wait()
		return lucky, unlucky
	}

	lucky, unlucky := attempt(all)
	if open, limit := d.Open(); len(lucky) != most || open != most || limit != most {
		t.Fatalf("%d users are connected and %d of %d sockets open, want %d", len(lucky), open, limit, most)
	}
	for range 100 { // what the page, the files and the nameservers need
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	if got, _ := attempt(lucky); len(got) != most {
		t.Errorf("%d of those connected got an answer, want %d", len(got), most)
	}
	for _, tr := range lucky[:leaving] {
		tr.Close()
	}
	if got, _ := attempt(unlucky); len(got) != leaving {
		t.Errorf("%d users connected after %d had left", len(got), leaving)
	}
}
