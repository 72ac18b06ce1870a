// Gregaria is a load tester: open http://localhost:8089, or see gregaria --help.
//
// To build one with scenarios of your own, copy this file and name your suite.
package main

import (
	"github.com/gregaria/gregaria/cmd/cli"
	"github.com/gregaria/gregaria/scenarios"
)

func main() { cli.Main(scenarios.Suite) }
