package terminal

import (
	"errors"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/gregaria/gregaria/engine"
)

// spawnRate is how many users per second come or go by keys, as in Locust.
const spawnRate = 100

// An order is what a key asks the engine for. It returns what there is to say about it.
type order func(Engine) string

// amounts are the keys that change the load.
var amounts = map[string]int{"w": 1, "W": 10, "s": -1, "S": -10}

// key does what a key asks for.
func (m *model) key(name string) tea.Cmd {
	switch name {
	case "ctrl+c":
		m.interrupt()
	case "ctrl+z":
		return func() tea.Msg {
			m.leave()
			return suspendMsg{}
		}
	case "?":
		m.look.help = !m.look.help
	case "q":
		m.ask(stop)
	case "p":
		m.ask(pause)
	default:
		if by, ok := amounts[name]; ok {
			m.ask(func(e Engine) string { return change(e, by) })
		}
	}
	return nil
}

// ask passes an order on. Keys that are held down on a busy machine may be lost.
func (m *model) ask(o order) {
	select {
	case m.steer <- o:
	default:
	}
}

// obey carries out orders, one after another, until done is closed.
func (m *model) obey(e Engine, p *tea.Program, done <-chan struct{}) {
	for {
		select {
		case o := <-m.steer:
			if note := o(e); note != "" {
				p.Send(noteMsg(note))
			}
		case <-done:
			return
		}
	}
}

func stop(e Engine) string {
	go e.Stop("stopped by the operator") // which waits for the end
	return ""
}

func pause(e Engine) string {
	do, note := e.Pause, "paused: users finish what they do and begin nothing new"
	if e.Status().State == engine.Paused {
		do, note = e.Resume, "resumed"
	}
	if err := do(); err != nil {
		return err.Error()
	}
	return note
}

// change gives the run more load, or less.
func change(e Engine, by int) string {
	cfg, err := changed(e.Status().Config, by)
	if err == nil {
		err = e.Change(cfg)
	}
	switch {
	case err != nil:
		return strings.ReplaceAll(err.Error(), "\n", "; ")
	case cfg.Model == engine.Open:
		return fmt.Sprintf("now %s arrivals per second", number(cfg.Rate))
	case cfg.Users == 1:
		return "now 1 user"
	}
	return fmt.Sprintf("now %s users", whole(int64(cfg.Users)))
}

// changed returns what to ask for so that a run has more load, or less.
func changed(c engine.Config, by int) (engine.Config, error) {
	switch {
	case len(c.Stages) > 0:
		return c, errors.New("the stages say how much load there is: keys cannot change it")
	case c.Shape != "":
		return c, fmt.Errorf("the shape %s says how much load there is: keys cannot change it", c.Shape)
	case c.Model == engine.Open:
		rate := min(engine.MaxRate, c.Rate+float64(by))
		if rate <= 0 {
			rate = min(1, c.Rate)
		}
		if rate == c.Rate {
			return c, fmt.Errorf("%g arrivals per second are as far as keys go", c.Rate)
		}
		return engine.Config{Model: engine.Open, Rate: rate, Poisson: c.Poisson}, nil
	}
	users := max(1, min(engine.MaxUsers, c.Users+by))
	if users == c.Users {
		if users == 1 {
			return c, errors.New("1 user is as far as keys go")
		}
		return c, fmt.Errorf("%d users are as far as keys go", c.Users)
	}
	return engine.Config{Users: users, SpawnRate: spawnRate}, nil
}
