package stats

import (
	"testing"
	"time"
)

func TestTopsAgreeWithThePercentiles(t *testing.T) {
	m := newMixer()
	var p pile
	for _, took := range []time.Duration{0, 3, 3001, 3002, 1_000_001, 7_200_000_000} {
		p.add(took*time.Microsecond, 0, 0)
	}
	tally := p.take(m)
	n := int64(0)
	for largest, count := range tally.Tops {
		n += count
		if got := tally.Percentile(100 * float64(n) / float64(tally.Count)); got != largest {
			t.Errorf("%d of %d take at most %v, but that percentile is %v", n, tally.Count, largest, got)
		}
	}
	if n != tally.Count {
		t.Errorf("Tops tells of %d samples, want %d", n, tally.Count)
	}
	if got, want := tally.Sum(), 3_601_006_007*time.Microsecond; got != want {
		t.Errorf("Sum() = %v, want %v", got, want)
	}
	for largest := range (Tally{}).Tops {
		t.Errorf("the empty tally has %v", largest)
	}
}
