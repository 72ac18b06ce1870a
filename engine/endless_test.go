package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// An edit can take the run time away, and says nothing of the load by that. Where there
// is a cap, the cap is left.
func TestAnEditTakesTheRunTimeAway(t *testing.T) {
	for _, tt := range []struct {
		cap, left time.Duration
		ends      bool
	}{
		{0, 0, false},
		{time.Hour, time.Hour, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := capped(t, &target{}, Caps{RunTime: tt.cap}, load.Suite{Scenarios: []load.Planner{always("a", load.Constant(time.Second), get("/"))}})
			defer e.Close()
			mustStart(t, e, Config{Users: 3, SpawnRate: 100, RunTime: time.Minute})
			time.Sleep(30 * time.Second)
			if err := e.Change(Config{Endless: true}); err != nil {
				t.Fatalf("cap %v: Change to endless: %v", tt.cap, err)
			}
			time.Sleep(time.Minute)
			if s := e.Status(); s.State != Running || s.Config.RunTime != tt.left || s.Config.Users != 3 {
				t.Errorf("cap %v: after the old run time the run is %s with run time %v and %d users, want running, %v, 3", tt.cap, s.State, s.Config.RunTime, s.Config.Users, tt.left)
			}
			if tt.ends {
				e.Wait(context.Background())
				return
			}
			if err := e.Change(Config{RunTime: 2 * time.Minute}); err != nil {
				t.Fatalf("Change to a run time: %v", err)
			}
			begun := e.Status().Begun
			e.Wait(context.Background())
			if took := time.Since(begun); took != 2*time.Minute {
				t.Errorf("with a run time again the run took %v, want 2m", took)
			}
		})
	}
}
