package main

import (
	"net/http"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// selfCommand makes this program a Gregaria with the scenarios that are measured.
const selfCommand = "as-gregaria"

var suite = load.Suite{Scenarios: []load.Planner{writeRead, idle, asleep}}

// A writer writes an object and reads it back, as the cities scenario does.
type writer struct{}

type object struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

var writeRead = load.Scenario[writer]{
	Name: "json", Help: "writes and reads JSON, and checks it",
	Tasks: []load.Task[writer]{{Run: (*writer).writeRead}},
}

func (*writer) writeRead(u *load.User) error {
	var made, got struct{ Data object }
	if err := u.Post("/json", load.JSON(object{Name: "Oslo"})).Expect(http.StatusOK).JSON(&made); err != nil {
		return err
	}
	resp := u.Get("/json", load.Name("/json/{id}"))
	if err := resp.Expect(http.StatusOK).JSON(&got); err != nil {
		return err
	}
	if got.Data.ID != made.Data.ID {
		return resp.Failf("id is %q, want %q", got.Data.ID, made.Data.ID)
	}
	return nil
}

// idle users are connected and do nothing, asleep users are not even connected.
var (
	idle = load.Scenario[writer]{
		Name: "idle", Help: "connects and waits", Wait: load.Constant(time.Hour),
		Tasks: []load.Task[writer]{{Name: "connect", Run: func(_ *writer, u *load.User) error { return u.Get("/").Err() }}},
	}
	asleep = load.Scenario[writer]{
		Name: "asleep", Help: "waits", Wait: load.Constant(time.Hour),
		Tasks: []load.Task[writer]{{Name: "wait", Run: func(*writer, *load.User) error { return nil }}},
	}
)
