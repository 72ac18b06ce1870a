// Package scenarios is the list of scenarios gregaria is built with. To build a
// program of your own, write a file like one of these and add it to a Suite.
//
//   - cities is a whole test of an API: sign in, write, read back, check.
//   - get fetches one path of any host.
//   - tour walks through the scenario language.
package scenarios

import "github.com/gregaria/gregaria/engine/load"

// Suite is all scenarios of this package.
var Suite = load.Suite{Scenarios: []load.Planner{cities, get, tour}}
