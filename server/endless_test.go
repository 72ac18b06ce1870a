package server

import (
	"testing"
	"time"
)

// An empty run time takes it away from the run that is on; a form without one leaves it.
func TestAnEmptyRunTimeTakesItAway(t *testing.T) {
	s, e := newServer(t, nil)
	call{method: "POST", path: "/swarm", form: form("user_count", "2", "spawn_rate", "1000", "run_time", "1h"), status: 200}.do(t, s)
	for _, tt := range []struct {
		name string
		edit []string
		want time.Duration
	}{
		{"users only", []string{"user_count", "3"}, time.Hour},
		{"checks only", []string{"checks", "GET / p95 < 1s"}, time.Hour},
		{"another run time, alone", []string{"run_time", "2h"}, 2 * time.Hour},
		{"an empty one, alone", []string{"run_time", ""}, 0},
		{"one again", []string{"user_count", "4", "run_time", "30m"}, 30 * time.Minute},
		{"an empty one with stages", []string{"stages", "1m:5,1m:0", "run_time", ""}, 0},
	} {
		call{name: tt.name, method: "POST", path: "/check", form: form(tt.edit...), status: 200}.do(t, s)
		call{name: tt.name, method: "POST", path: "/swarm", form: form(tt.edit...), status: 200}.do(t, s)
		if got := e.Status().Config.RunTime; got != tt.want {
			t.Errorf("%s: the run time is %v, want %v", tt.name, got, tt.want)
		}
	}
	call{name: "no time", method: "POST", path: "/swarm", form: form("run_time", "soon"), status: 422}.do(t, s)
}
