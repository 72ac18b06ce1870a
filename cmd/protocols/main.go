// Protocols is gregaria with scenarios that speak other protocols than plain HTTP:
// see package scenarios/protocols.
package main

import (
	"github.com/gregaria/gregaria/cmd/cli"
	"github.com/gregaria/gregaria/scenarios/protocols"
)

func main() { cli.Main(protocols.Suite) }
