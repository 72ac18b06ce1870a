package health

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"text/tabwriter"
	"time"
)

var (
	measure = flag.Int("measure", 0, "seconds to measure each kind of generator for")
	others  = flag.Float64("others", 1, "leave out seconds in which other processes used more than this share of the machine")
)

// TestMeasure prints what generators that do more and less say of themselves: the
// limits of the rules are chosen by it.
func TestMeasure(t *testing.T) {
	if *measure == 0 {
		t.Skip("asked for with -measure 60")
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	columns := []struct {
		name string
		of   func(second) float64
	}{
		{"requests", func(s second) float64 { return float64(s.Requests) }},
		{"median ms", func(s second) float64 { return ms(s.Median) }},
		{"others", func(s second) float64 { return s.Others }},
		{"lag ms", func(s second) float64 { return ms(s.Health.Worst.Lag) }},
		{"canary ms", func(s second) float64 { return ms(s.Health.Worst.Canary) }},
		{"scheduling ms", func(s second) float64 { return ms(s.Health.Worst.Scheduling) }},
		{"processor", func(s second) float64 { return s.Health.Worst.Processor }},
		{"gc", func(s second) float64 { return s.Health.Worst.GC }},
		{"throttled", func(s second) float64 { return s.Health.Worst.Throttled }},
		{"stolen", func(s second) float64 { return s.Health.Worst.Stolen }},
	}
	for _, c := range []struct {
		name string
		g    generator
		slow throttle
	}{
		{"idle", generator{}, free},
		{"20 users, 400 requests/s", generator{Users: 20, Wait: 50 * time.Millisecond}, free},
		{"20 users, 2,000 requests/s", generator{Users: 20, Wait: 10 * time.Millisecond}, free},
		{"400 users, as fast as they can", generator{Users: 400}, free},
		{"20 users, stopped for 80 of 100 ms", generator{Users: 20, Wait: 50 * time.Millisecond}, hold},
		{"50 users, quota of 0.2 processors", generator{Users: 50, Wait: 10 * time.Millisecond}, limit},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.g.Seconds = *measure
			list, _ := c.g.run(t, c.slow)
			list = slices.DeleteFunc(list, func(s second) bool { return s.Others > *others })
			if len(list) == 0 {
				t.Skip("others used more of the machine in every second")
			}
			h := total(list)
			fmt.Printf("%s: %d valid, %d degraded, %d invalid seconds: %s\n", c.name, h.Valid, h.Degraded, h.Invalid, why(h))
			w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
			fmt.Fprintln(w, "\tmin\tp50\tp90\tp95\tmax\t")
			for _, col := range columns {
				var xs []float64
				for _, s := range list {
					xs = append(xs, col.of(s))
				}
				slices.Sort(xs)
				fmt.Fprintf(w, "%s\t", col.name)
				for _, p := range []int{0, 50, 90, 95, 100} {
					fmt.Fprintf(w, "%.3f\t", xs[(len(xs)-1)*p/100])
				}
				fmt.Fprintln(w)
			}
			w.Flush()
		})
	}
}
