//go:build !race

package load_test

import (
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

func TestFeedsAllocateLittle(t *testing.T) {
	for policy, want := range map[load.Policy]float64{
		load.UniquePerUser: 0, load.UniquePerIteration: 1, load.SharedRandom: 0, load.Circular: 0, // 1: the row that the user keeps
	} {
		f := numbers(1000, policy, load.EndRun)
		u := fed(t, 1, f, opened(t, f))
		f.Of(u.User)
		if got := testing.AllocsPerRun(500, func() { u.Iteration(); f.Of(u.User) }); got != want {
			t.Errorf("%s: %v allocations, want %v", policy, got, want)
		}
	}
}
