package load_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestWaits(t *testing.T) {
	const ms = time.Millisecond
	third := load.WaitFunc("a third", func(_ *load.User, took time.Duration) time.Duration { return took / 3 })
	for _, tt := range []struct {
		wait       load.Wait
		text       string
		took, want time.Duration
	}{
		{load.Wait{}, "none", time.Hour, 0},
		{load.Constant(0), "constant 0s", 5 * ms, 0},
		{load.Constant(5 * ms), "constant 5ms", time.Hour, 5 * ms},
		{load.Between(7*ms, 7*ms), "between 7ms and 7ms", time.Hour, 7 * ms},
		{load.Pacing(100 * ms), "pacing 100ms", 0, 100 * ms},
		{load.Pacing(100 * ms), "pacing 100ms", 30 * ms, 70 * ms},
		{load.Pacing(100 * ms), "pacing 100ms", 100 * ms, 0},
		{load.Pacing(100 * ms), "pacing 100ms", 250 * ms, 0}, // not made up for
		{load.Throughput(4), "throughput 4/s", 50 * ms, 200 * ms},
		{load.Throughput(0.1), "throughput 0.1/s", 0, 10 * time.Second},
		{load.Throughput(3), "throughput 3/s", 0, 333_333_333},
		{load.Throughput(1e6), "throughput 1e+06/s", 0, time.Microsecond},
		{third, "a third", 9 * ms, 3 * ms},
		{third, "a third", -9 * ms, 0},
	} {
		if got := tt.wait.String(); got != tt.text {
			t.Errorf("String: %q, want %q", got, tt.text)
		}
		u := seat(t, &fake{})
		if got := tt.wait.After(u.User, tt.took); got != tt.want {
			t.Errorf("%s after %s: %s, want %s", tt.text, tt.took, got, tt.want)
		}
	}
}

func TestBetweenReachesBothEnds(t *testing.T) {
	u := seat(t, &fake{})
	w := load.Between(10, 12)
	seen := map[time.Duration]int{}
	for range 3000 {
		seen[w.After(u.User, 0)]++
	}
	if len(seen) != 3 || min(seen[10], seen[11], seen[12]) < 800 {
		t.Errorf("Between(10ns, 12ns), 3000 times: %v, want about 1000 of each", seen)
	}
}

func TestPlanReportsImpossibleWaits(t *testing.T) {
	for _, tt := range []struct {
		wait load.Wait
		want string
	}{
		{load.Constant(-1), "Wait: Constant(-1ns): want 0 or more"},
		{load.Between(3*time.Second, time.Second), "Wait: Between(3s, 1s): want 0 ≤ from ≤ to"},
		{load.Between(-time.Second, time.Second), "Wait: Between(-1s, 1s): want"},
		{load.Pacing(0), "Wait: Pacing(0s): want more than 0"},
		{load.Pacing(-1), "Wait: Pacing(-1ns): want more than 0"},
		{load.Throughput(0), "Wait: Throughput(0): want"},
		{load.Throughput(-1), "Wait: Throughput(-1): want"},
		{load.Throughput(1e-12), "Wait: Throughput(1e-12): want"},
		{load.Throughput(2e6), "Wait: Throughput(2e+06): want"},
		{load.Throughput(math.NaN()), "Wait: Throughput(NaN): want"},
		{load.Throughput(math.Inf(1)), "Wait: Throughput(+Inf): want"},
		{load.WaitFunc("mine", nil), "Wait: WaitFunc: no function"},
	} {
		s := reading
		s.Wait = tt.wait
		if _, err := s.Plan(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Plan: %v, want an error with %q", err, tt.want)
		}
	}
}
