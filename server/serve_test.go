package server

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// Browsers connect ahead of what they may ask some time. They hold up no end, but who has
// only just connected is heard.
func TestWhoHasNotAskedIsNotWaitedForLong(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before time.Duration // that they connected
		asks   time.Duration // after the end has begun; 0 means never
		want   time.Duration // until nobody is left
	}{
		{"an old one that never asks", time.Hour, 0, 0},
		{"one just too old", askWithin, 0, 0},
		{"a young one that never asks", askWithin / 2, 0, askWithin / 2},
		{"a new one that asks", 0, askWithin / 4, askWithin/4 + time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCallers()
				conn, other := net.Pipe()
				defer other.Close()
				defer conn.Close()
				c.note(conn, http.StateNew)
				time.Sleep(tt.before)
				if tt.asks > 0 {
					go func() {
						time.Sleep(tt.asks)
						c.note(conn, http.StateActive)
						time.Sleep(time.Second)
						c.note(conn, http.StateIdle)
					}()
				}
				began := time.Now()
				ctx, end := context.WithTimeout(t.Context(), farewell)
				defer end()
				c.wait(ctx)
				if d := time.Since(began); d != tt.want {
					t.Errorf("wait returns after %s, want %s", d, tt.want)
				}
				err := conn.SetDeadline(time.Time{})
				if hungUp := err != nil; hungUp != (tt.asks == 0) {
					t.Errorf("the connection has ended: %v (%v), want %v", hungUp, err, tt.asks == 0)
				}
			})
		})
	}
}

func TestWhoIsBeingAnsweredHoldsUpTheEndUntilTheFarewellIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCallers()
		conn, other := net.Pipe()
		defer other.Close()
		defer conn.Close()
		c.note(conn, http.StateNew)
		c.note(conn, http.StateActive)
		ctx, end := context.WithTimeout(t.Context(), farewell)
		defer end()
		began := time.Now()
		c.wait(ctx)
		if d := time.Since(began); d != farewell {
			t.Errorf("wait returns after %s, want %s", d, farewell)
		}
	})
}
