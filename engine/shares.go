package engine

import (
	"slices"

	"github.com/gregaria/gregaria/engine/dispatch"
	"github.com/gregaria/gregaria/engine/load"
)

// Shares say how often users do what, in the form that Locust has them: in PerClass as a
// share of what their scenario does, in Total as one of what all users do.
type Shares struct {
	PerClass map[string]*Share `json:"per_class"`
	Total    map[string]*Share `json:"total"`
}

// A Share is that of a scenario or a task, from 0 to 1. A scenario's is of the users.
type Share struct {
	Ratio float64           `json:"ratio"`
	Tasks map[string]*Share `json:"tasks,omitempty"`
}

// NewShares returns the shares of scenarios by how many users each has.
func NewShares(of []Headcount) Shares {
	users := 0
	for _, h := range of {
		users += h.Users
	}
	s := Shares{map[string]*Share{}, map[string]*Share{}}
	for _, h := range of {
		share := 0.0
		if users > 0 {
			share = float64(h.Users) / float64(users)
		}
		s.PerClass[h.Name] = &Share{share, taskShares(h.Tasks, 1)}
		s.Total[h.Name] = &Share{share, taskShares(h.Tasks, share)}
	}
	return s
}

// taskShares returns the shares of tasks beside each other in a whole.
func taskShares(tasks []load.PlannedTask, whole float64) map[string]*Share {
	m := map[string]*Share{}
	for i, n := range newTaskCounts(tasks, false) {
		share := whole * n.Share
		m[n.Name] = &Share{share, nil}
		if within := slices.Concat(tasks[i].Steps, tasks[i].Tasks); len(within) > 0 {
			m[n.Name].Tasks = taskShares(within, share)
		}
	}
	return m
}

// Intended returns the scenarios of a run and how many of its users each would have at
// the peak, or mistakes in cfg. It needs no host. Where the number of users is not known
// beforehand, it is that by which all weights come out even.
func (e *Engine) Intended(cfg Config) ([]Headcount, error) {
	cfg.Host = "http://localhost" // no request is sent
	p, err := e.prepare(cfg)
	if err != nil {
		return nil, err
	}
	users := int(cfg.Peak())
	if cfg.Model == Open || users == 0 {
		users = 0
		for _, c := range p.classes {
			if c.Count > 0 {
				users += c.Count
			} else {
				users += c.Weight
			}
		}
	}
	counts := make([]int, len(p.classes))
	for range min(users, MaxUsers, dispatch.Most(p.classes)) {
		counts[dispatch.Next(p.classes, counts)]++
	}
	list := make([]Headcount, len(p.casts))
	for i, c := range p.casts {
		list[i] = Headcount{Name: c.plan.Name, Users: counts[i], Tasks: c.tasks, Weight: p.classes[i].Weight, Count: p.classes[i].Count}
	}
	return list, nil
}
