//go:build !race

package load_test

import (
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// What a request costs a user besides the network, measured and recorded.
func BenchmarkRequest(b *testing.B) {
	for _, bb := range []struct {
		name   string
		status int
	}{{"ok", 200}, {"failed", 500}} {
		b.Run(bb.name, func(b *testing.B) {
			recorder := stats.NewRecorder(time.Now())
			u, _ := load.NewUser(b.Context(), load.Seat{Number: 1, Base: base(b, "http://h"), Transport: quick{bb.status}, Shard: recorder.Shard(1)})
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				u.Get("/")
				if i%10000 == 9999 {
					recorder.Drain(time.Now(), stats.Gauges{Users: 1})
				}
			}
		})
	}
}
