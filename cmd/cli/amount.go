package cli

import (
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine"
)

// ways are the flags that say how much load there is to be. A run takes one.
var ways = []string{"users", "arrivals", "stages", "shape"}

// amount reads how much load there is to be. After a mistake it returns some load all
// the same, so that the engine can check the rest.
func (f *flags) amount() engine.Config {
	before := len(f.mistakes)
	given := slices.DeleteFunc(slices.Clone(ways), func(name string) bool { return !f.has(name) })
	byUsers := len(given) == 0 || given[0] == "users"

	c := engine.Config{
		Model:   read(f, "model", engine.ParseModel),
		UserCap: read(f, "user-cap", engine.ParseUserCap),
		Poisson: f.on("poisson"),
		Stages:  read(f, "stages", engine.ParseStages),
		Shape:   f.last("shape"),
	}
	users, spawnRate := read(f, "users", engine.ParseUsers), read(f, "spawn-rate", engine.ParseSpawnRate)
	if byUsers {
		c.Users, c.SpawnRate = users, spawnRate
	}
	if f.has("stages") && strings.TrimSpace(f.last("stages")) == "" {
		f.wrong("--stages: is empty — give for example 2m:100,5m:100,30s:0, or leave it out")
	}
	if f.has("arrivals") {
		c.Rate = read(f, "arrivals", engine.ParseRate)
		if f.has("model") && c.Model == engine.Closed {
			f.wrong("--arrivals: does not go with --model users — leave out one of them")
		}
		c.Model = engine.Open
	}

	open := c.Model == engine.Open
	switch {
	case len(given) > 1:
		f.wrong("--%s: each says how much load there is — give one of them", strings.Join(given, ", --"))
	case open && len(given) == 0:
		f.wrong("--model arrivals: does not say how many — give --arrivals, --stages or --shape")
	case open && byUsers:
		f.wrong("--users: does not go with --model arrivals — give --arrivals")
	}
	if f.has("spawn-rate") && (open || !byUsers) {
		f.wrong("--spawn-rate: goes with --users only — leave it out")
	}
	if !open && c.Poisson {
		f.wrong("--poisson: is about arrivals — give --arrivals or --model arrivals")
	}
	if !open && f.has("user-cap") {
		f.wrong("--user-cap: is about arrivals — give --arrivals or --model arrivals")
	}
	if len(f.mistakes) > before {
		return engine.Config{Model: engine.Closed, Users: 1, SpawnRate: 1}
	}
	return c
}
