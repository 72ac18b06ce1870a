package wire

import (
	"context"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// Whoever waits for its turn does not wait for the target.
func TestWaitingForATurnIsPartOfNoTimeAndNoLimit(t *testing.T) {
	const held, took = 40 * time.Second, 2 * time.Second // longer than any limit
	turns := 0
	opts := Options{Turn: func(context.Context) error {
		turns++
		time.Sleep(held)
		return nil
	}}
	handle := func(p pipe) {
		for n := 1; p.request(); n++ {
			time.Sleep(took)
			if n == 1 {
				p.say("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
			} else {
				p.say(ok)
			}
		}
	}
	eachPiped(t, opts, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
		turns = 0
		ans, err := get(tr, "http://192.0.2.1")
		wantOK(t, tr, ans, err, "ok")
		if turns != 2 || ans.Took != 2*took || ans.Held != 2*held || ans.FirstByte != 2*took {
			t.Errorf("Send: %d turns, took %v, first byte after %v, held %v; want 2, %v, %v, %v",
				turns, ans.Took, ans.FirstByte, ans.Held, 2*took, 2*took, 2*held)
		}
	})
}

func TestAStopEndsTheWaitForATurn(t *testing.T) {
	opts := Options{Turn: func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	eachPiped(t, opts, func(pipe) {}, func(t *testing.T, d *Dialer, tr load.Transport) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		begin := time.Now()
		var ans load.Answer
		err := tr.Send(ctx, &load.Request{Method: "GET", Origin: "http://192.0.2.1", Target: "/"}, &ans)
		wantClass(t, err, load.Cut)
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("Send returned after %v, want %v", took, time.Minute)
		}
	})
}
