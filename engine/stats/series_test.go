package stats

import (
	"reflect"
	"testing"
	"time"
)

// TestASeriesIsOneRowOfThePoints: whatever part of the history is looked at.
func TestASeriesIsOneRowOfThePoints(t *testing.T) {
	p := newPast(1000, 20)
	whole := p.history.Timeline()
	for _, key := range []Key{{}, p.table.Snapshot().Rows[3].Key, {"GET", "/nowhere"}} {
		s := NewSeries(key)
		for _, part := range []Timeline{whole.Between(second(980), second(990)), whole, {}, whole} {
			want := []Point{}
			for point, row := range part.Row(key) {
				want = append(want, point.Of(row))
			}
			if got := s.Points(part); !reflect.DeepEqual(got, want) {
				t.Errorf("%v: %d entries give %v, want %v", key, part.Len(), got, want)
			}
		}
	}
}

// TestASeriesUnpacksEachEntryOnce: frames go on, and what is over stays what it is.
func TestASeriesUnpacksEachEntryOnce(t *testing.T) {
	p := newPast(950, 5)
	key := p.table.Snapshot().Rows[0].Key
	s := NewSeries(key)
	tl := p.history.Timeline()
	want := s.Points(tl)
	for i := range tl.entries {
		tl.entries[i].packed = nil // which cannot be unpacked
	}
	if got := s.Points(tl); !reflect.DeepEqual(got, want) {
		t.Errorf("the second time a series is %v, want %v", got, want)
	}
}

// TestASeriesForgetsWhatIsMerged: it does not grow as a run does.
func TestASeriesForgetsWhatIsMerged(t *testing.T) {
	s := NewSeries(Key{})
	var h History
	for i := range 2 * fewSteps {
		h.Add(Delta{From: second(i), To: second(i + 1)})
		tl := h.Timeline()
		s.Points(tl.Between(second(i), second(i+1)))
	}
	if n := len(s.known); n > fewSteps+1 {
		t.Errorf("a series keeps %d steps of %d, want at most %d", n, 2*fewSteps, fewSteps+1)
	}
}

// TestAPartOfAHistoryIsWhatTouchesItsTime: an entry that only ends or begins there is not
// of it.
func TestAPartOfAHistoryIsWhatTouchesItsTime(t *testing.T) {
	tl := newPast(1000, 2).history.Timeline()
	for _, span := range [][2]time.Duration{{0, 3000}, {0, 1}, {40, 47}, {41, 42}, {40, 40}, {990, 995}, {990.5e9, 991.5e9}, {2000, 3000}, {-5, 0}, {995, 990}} {
		for i := range span {
			if span[i] < 1e6 {
				span[i] *= time.Second
			}
		}
		from, to := epoch.Add(span[0]), epoch.Add(span[1])
		var want []Point
		for p := range tl.Points() {
			if p.To.After(from) && p.From.Before(to) {
				want = append(want, p)
			}
		}
		part := tl.Between(from, to)
		var got []Point
		for p := range part.Points() {
			got = append(got, p)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Between(%s, %s) has %d entries, want %d", span[0], span[1], len(got), len(want))
		}
	}
}
