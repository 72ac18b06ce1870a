package protocols

import "github.com/gregaria/gregaria/engine/load"

// Suite is all scenarios of this package.
var Suite = load.Suite{Scenarios: []load.Planner{chat, calls, notes, lines, events}}
