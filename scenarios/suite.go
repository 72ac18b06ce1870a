// Package scenarios is the list of scenarios gregaria is built with. To build a
// program of your own, write a file like one of these and add it to a Suite.
//
//   - cities is a whole test of an API: sign in, write, read back, check.
//   - get fetches one path of any host.
//   - tour walks through the scenario language.
//
// Package protocols, below this one, has scenarios that speak something else than HTTP.
package scenarios

import (
	"math"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// Suite is all scenarios of this package, and the shapes that a run's load can have.
var Suite = load.Suite{
	Scenarios: []load.Planner{cities, get, tour},
	Shapes: map[string]load.Shape{
		"wave":  load.ShapeFunc(wave),
		"spike": spike,
	},
}

// wave swings between 10 and 50, once a minute, for ten minutes.
func wave(t time.Duration) (load float64, on bool) {
	swing := (1 - math.Cos(2*math.Pi*t.Minutes())) / 2 // from 0 to 1 and back
	return 10 + 40*swing, t < 10*time.Minute
}

// spike is ten times the load for half a minute, as when a link is on television.
var spike = load.Stages{
	{Duration: 30 * time.Second, Target: 10},
	{Duration: time.Minute, Target: 10},
	{Duration: 30 * time.Second, Target: 100, Step: true},
	{Duration: time.Minute, Target: 10, Step: true},
}
