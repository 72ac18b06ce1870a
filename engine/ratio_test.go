package engine

import (
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// flat returns counts by path.
func flat(list []TaskCount) map[string]TaskCount {
	all := map[string]TaskCount{}
	var add func(list []TaskCount, within string)
	add = func(list []TaskCount, within string) {
		for _, t := range list {
			all[within+t.Name] = t
			add(t.Within, within+t.Name+"/")
		}
	}
	add(list, "")
	return all
}

func TestTasksThatAreBegunAreCountedBesideTheirShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &target{}
		e := newEngine(t, g, wood())
		mustStart(t, e, Config{Users: 50, SpawnRate: 1000, Seed: 1})
		for _, reset := range []bool{false, true} {
			was := map[string]int{}
			if reset {
				for _, path := range []string{"/cart", "/pay", "/read", "/write", "/front", "/in"} {
					was[path] = g.count(path)
				}
				e.Reset()
			}
			time.Sleep(100*time.Second + 50*time.Millisecond)
			synctest.Wait()
			_ = e.run.ask(func() error { e.run.publish(); return nil })
			counts := flat(e.Status().Scenarios[0].Counts)
			for _, tt := range []struct {
				path, of, target string
				share            float64
			}{
				{"front", "", "/front", 3. / 6}, {"buy", "", "/cart", 1. / 6}, {"forum", "", "", 1. / 6}, {"walk", "", "", 1. / 6},
				{"buy/cart", "", "/cart", 1}, {"buy/pay", "", "/pay", 1},
				{"forum/read", "forum", "/read", 2. / 4}, {"forum/write", "forum", "/write", 1. / 4}, {"forum/leave", "forum", "", 1. / 4},
				{"walk/in", "walk", "/in", 1. / 4}, {"walk/out", "walk", "", 3. / 4},
			} {
				c := counts[tt.path]
				if math.Abs(c.Share-tt.share) > 1e-6 {
					t.Errorf("the share of %s is %v, want %v", tt.path, c.Share, tt.share)
				}
				if tt.target != "" && c.Begun != int64(g.count(tt.target)-was[tt.target]) {
					t.Errorf("%s was begun %d times by its count, %d by the target's", tt.path, c.Begun, g.count(tt.target)-was[tt.target])
				}
				all := int64(0)
				for _, sibling := range []string{"front", "buy", "forum", "walk"} {
					all += counts[sibling].Begun
				}
				if tt.of == "" && !c.Step && !within(float64(c.Begun), tt.share*float64(all), 0.1) {
					t.Errorf("%s was begun %d times of %d, want about %v of them", tt.path, c.Begun, all, tt.share)
				}
			}
			if !counts["walk/in"].Chain || counts["front"].Chain || !counts["buy/pay"].Step {
				t.Errorf("what is a chain or a step is not said: %+v", counts)
			}
		}
		e.Close()
	})
}

func TestLongRunOfChains(t *testing.T) {
	for _, tt := range []struct {
		next [][]load.Transition
		want []float64
	}{
		{[][]load.Transition{{{To: 1, Weight: 1}}, {{To: 0, Weight: 1}}}, []float64{.5, .5}},
		{[][]load.Transition{{{To: 1, Weight: 1}}, {{To: 2, Weight: 1}}, {{To: 1, Weight: 1}}}, []float64{0, .5, .5}}, // begins outside its circle
		{[][]load.Transition{{{To: 0, Weight: 9}, {To: 1, Weight: 1}}, {{To: 0, Weight: 1}}}, []float64{10. / 11, 1. / 11}},
	} {
		tasks := make([]load.PlannedTask, len(tt.next))
		for i, next := range tt.next {
			tasks[i].Next = next
		}
		for i, got := range longRun(tasks) {
			if math.Abs(got-tt.want[i]) > 1e-6 {
				t.Errorf("longRun of %v = %v at %d, want %v", tt.next, got, i, tt.want[i])
			}
		}
	}
}

// BenchmarkCountingATask compares the counter with one that all users share.
func BenchmarkCountingATask(b *testing.B) {
	begun := newTasksBegun(8)
	var users atomic.Int64
	b.Run("sharded", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			user := int(users.Add(1))
			for i := 0; pb.Next(); i++ {
				begun.add(user, i&7)
			}
		})
	})
	b.Run("shared", func(b *testing.B) {
		var n atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				n.Add(1)
			}
		})
	})
}
