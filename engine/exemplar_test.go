package engine

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestFailuresSayWhatTheUserWasDoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{status: func(string) int { return http.StatusTeapot }}
		at := func(path string) func(*nothing, *load.User) error {
			return func(_ *nothing, u *load.User) error { u.Get(path); return nil }
		}
		key := load.Param[string]{Name: "key", Secret: true}
		e := newEngine(t, g, load.Scenario[nothing]{
			Name: "shop", Host: "http://target.test", Wait: load.Constant(time.Second), Params: []load.Parameter{key},
			Setup: at("/setup"), OnStart: at("/start"), OnStop: at("/stop"),
			Tasks: []load.Task[nothing]{
				{Name: "forum", OnStart: at("/enter"), Tasks: []load.Task[nothing]{
					{Name: "read", Run: func(_ *nothing, u *load.User) error {
						u.Get("/"+key.Of(u), load.Name("/read"))
						return load.Leave
					}},
				}},
			},
		})
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, Params: map[string]string{"key": "s3cr3t"}})
		time.Sleep(5 * time.Second)
		e.Close()
		got := map[string]string{}
		for _, f := range e.Status().Stats.Failures {
			for _, s := range f.Samples {
				got[s.Name] = s.Task
				if s.Scenario != "shop" || s.Status != http.StatusTeapot || strings.Contains(s.URL, "s3cr3t") {
					t.Errorf("kept %+v", s)
				}
				if (s.Iteration > 0) != slices.Contains([]string{"/enter", "/read", "/stop"}, s.Name) {
					t.Errorf("%s: iteration %d", s.Name, s.Iteration)
				}
			}
		}
		want := map[string]string{"/setup": "Setup", "/start": "OnStart", "/enter": "forum/OnStart", "/read": "forum/read", "/stop": "OnStop"}
		if !maps.Equal(got, want) {
			t.Errorf("tasks %v, want %v", got, want)
		}
	})
}
