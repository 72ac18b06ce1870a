package stats

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// A past is a run whose samples are known, and its history.
type past struct {
	history History
	table   Table
	samples [][]Sample // of each second
}

// newPast returns a run of so many seconds, in which some samples have a lag, some fail,
// and users come and go.
func newPast(seconds, perSecond int) *past {
	p := &past{}
	chance := rand.New(rand.NewPCG(3, 9))
	traffic := newTraffic(7)
	r := NewRecorder(epoch)
	for i := range seconds {
		samples := traffic.samples(perSecond)
		for k := range samples {
			s := &samples[k]
			s.Status, s.Took = 200, s.Took.Truncate(time.Microsecond)
			if s.Problem != nil {
				s.Status = 500
				s.Problem = &Problem{Format: s.Problem.Format, Message: fmt.Sprint("number ", i), At: second(i)}
			}
			if chance.IntN(40) == 0 {
				s.Method = Group
			}
			if i%5 == 0 {
				s.Lag = time.Duration(chance.Int64N(1e5)) * time.Microsecond
			}
			s.Streamed = s.Name == traffic.rows[3].Name
			s.users = (i + k) % 13
			r.SetUsers(s.users)
			r.Shard(k).Record(*s)
			if chance.IntN(200) == 0 {
				r.Shard(k).Note(Mishap{"odd", fmt.Sprint(i), "stack", second(i)})
			}
		}
		d := r.Drain(second(i+1), Gauges{Users: i % 13, Arrivals: Arrivals{Due: int64(i)}, Health: Health{Valid: 1}})
		p.history.Add(d)
		p.table.Add(d)
		p.samples = append(p.samples, samples)
	}
	return p
}

// times returns the service or response times of those samples from one second until
// another that keep says.
func (p *past) times(from, until int, response bool, keep func(*Sample) bool) (list []time.Duration) {
	for _, second := range p.samples[from:until] {
		for i := range second {
			if s := &second[i]; keep(s) {
				t := s.Took
				if response {
					t += s.Lag
				}
				list = append(list, t)
			}
		}
	}
	return list
}

// bounds returns the seconds a window is of.
func bounds(s *Snapshot) (from, until int) {
	return int(s.From.Sub(epoch) / time.Second), int(s.To.Sub(epoch) / time.Second)
}

func TestAWindowIsTheSumOfItsEntries(t *testing.T) {
	t.Parallel()
	const seconds = 2000
	p := newPast(seconds, 60)
	tl := p.history.Timeline()
	chance := rand.New(rand.NewPCG(4, 7))
	for range 12 {
		from := second(chance.IntN(seconds)).Add(time.Duration(chance.Int64N(1e9)))
		to := from.Add(time.Duration(chance.Int64N(400e9)))
		var want Delta
		n := 0
		for d := range tl.Deltas() {
			if middle := d.From.Add(d.Span() / 2); middle.Before(from) || middle.After(to) {
				continue
			}
			if n++; n == 1 {
				want = d
			} else {
				want = want.Plus(d)
			}
		}
		got := tl.Window(from, to)
		if n == 0 {
			if !reflect.DeepEqual(got, &Snapshot{}) {
				t.Fatalf("a window without entries is %+v", got)
			}
			continue
		}
		sum := Delta{From: got.From, To: got.To, Gauges: want.Gauges, Phases: got.Phases, Exceptions: got.Exceptions, total: got.Total.Row}
		for _, l := range got.Rows {
			sum.Rows = append(sum.Rows, l.Row)
		}
		for _, f := range got.Failures {
			sum.Failures = append(sum.Failures, f.Failure)
		}
		checkSame(t, fmt.Sprintf("the window of %d entries", n), sum, want)
		checkSame(t, "Current", deltaOf(got.Current), deltaOf(want.total))
		if got.Arrivals != want.Arrivals || !reflect.DeepEqual(got.Health, want.Health) || !reflect.DeepEqual(got.Now, Health{}) {
			t.Errorf("arrivals, health, now = %+v, %+v, %+v, want %+v, %+v, none", got.Arrivals, got.Health, got.Now, want.Arrivals, want.Health)
		}
		if got.CurrentSpan != want.Span() || got.Span() != want.Span() {
			t.Errorf("the window is of %v, the current part %v, want %v", got.Span(), got.CurrentSpan, want.Span())
		}
		for _, l := range append(got.Rows, got.Total) {
			requests, failures := got.Rates(l.Row)
			checkRate(t, "requests", l.Rate, requests)
			checkRate(t, "failures", l.FailRate, failures)
			checkTrend(t, l.Name, l.Trend, min(n, 60), l.Requests())
			checkTrend(t, l.Name, l.FailTrend, min(n, 60), l.Failures())
		}
		for _, f := range got.Failures {
			checkTrend(t, f.Format, f.Trend, min(n, 60), f.Count)
		}
		if t.Failed() {
			return
		}
	}
}

func checkTrend(t *testing.T, name string, trend []uint32, parts int, sum int64) {
	t.Helper()
	got := int64(0)
	for _, n := range trend {
		got += int64(n)
	}
	if len(trend) != parts || got != sum {
		t.Errorf("the trend of %s has %d parts and the sum %d, want %d and %d: %v", name, len(trend), got, parts, sum, trend)
	}
}

func TestPercentilesOfAWindowAreThoseOfItsSamples(t *testing.T) {
	t.Parallel()
	const seconds = 1500
	p := newPast(seconds, 50)
	tl := p.history.Timeline()
	for _, test := range []struct{ from, to int }{
		{1490, 1500}, {1200, 1500}, {700, 1499}, {0, 60}, {95, 205}, {0, seconds}, {600, 601}, {1499, 1500},
	} {
		s := tl.Window(second(test.from), second(test.to))
		from, until := bounds(s)
		if len(s.Rows) == 0 {
			if test.to-test.from > 10 {
				t.Errorf("from %d to %d there is nothing", test.from, test.to)
			}
			continue
		}
		if from < test.from-5 || until > test.to+5 || from > test.from+5 || until < test.to-5 {
			t.Errorf("the window from %d to %d is from %d to %d", test.from, test.to, from, until)
		}
		lines := append(slices.Clone(s.Rows), s.Total)
		for _, l := range lines {
			keep := func(s *Sample) bool { return Key{s.Method, s.Name} == l.Key }
			if l.Key == (Key{}) {
				keep = func(s *Sample) bool { return s.Method != Group }
			}
			name := fmt.Sprintf("%v from %d until %d", l.Key, from, until)
			all := l.All()
			checkPercentiles(t, name, all, p.times(from, until, false, keep))
			checkPercentiles(t, name+", response times", all.Response(), p.times(from, until, true, keep))
			if l.Failures() > 0 {
				checkPercentiles(t, name+", failed", l.Failed, p.times(from, until, false, func(s *Sample) bool {
					return keep(s) && s.Problem != nil
				}))
			}
			for of, want := range map[int]int{200: len(p.times(from, until, false, func(s *Sample) bool { return keep(s) && s.Problem == nil })),
				500: int(l.Failures())} {
				if got := l.Statuses.Of(of); got != int64(want) {
					t.Errorf("%s: %d answers of status %d, want %d", name, got, of, want)
				}
			}
			for _, c := range l.Crowd {
				want := p.times(from, until, false, func(s *Sample) bool { return keep(s) && CrowdOf(s.users) == c.Of })
				if int(c.N) != len(want) {
					t.Errorf("%s: %d requests with from %d to %d users, want %d", name, c.N, c.Of, CrowdEnd(c.Of), len(want))
				}
			}
			if l.Crowd.Sum() != l.Requests() || l.Statuses.Sum() != l.Requests() {
				t.Errorf("%s: %d by users and %d by status, want %d", name, l.Crowd.Sum(), l.Statuses.Sum(), l.Requests())
			}
		}
	}
}

func TestTrendsOfAShortWindowAreItsEntries(t *testing.T) {
	p := newPast(300, 40)
	s := p.history.Timeline().Window(second(200), second(245))
	if n := len(s.Total.Trend); n != 45 || s.Span() != 45*time.Second {
		t.Fatalf("a window of %v has a trend of %d, want 45", s.Span(), n)
	}
	for i, n := range s.Total.Trend {
		if want := len(p.times(200+i, 201+i, false, func(s *Sample) bool { return s.Method != Group })); int(n) != want {
			t.Errorf("second %d has %d requests, want %d", 200+i, n, want)
		}
	}
}

func TestAWindowOfManyRowsIsBounded(t *testing.T) {
	var h History
	for i := range 4 {
		r := NewRecorder(second(i))
		for k := range MaxRows + 10 {
			name := fmt.Sprintf("%c%04d", 'z'-i, k)
			s := Sample{Name: name, Took: time.Millisecond, Problem: &Problem{Format: name, At: second(i)}}
			if k%2 == 0 {
				s.Method = Group
			}
			r.Shard(k).Record(s)
		}
		h.Add(r.Drain(second(i+1), Gauges{}))
	}
	tl := h.Timeline()
	want := tl.Delta(0).Plus(tl.Delta(1)).Plus(tl.Delta(2)).Plus(tl.Delta(3))
	s := tl.Window(epoch, second(4))
	got := Delta{From: s.From, To: s.To, Gauges: want.Gauges, total: s.Total.Row}
	for _, l := range s.Rows {
		got.Rows = append(got.Rows, l.Row)
	}
	for _, f := range s.Failures {
		got.Failures = append(got.Failures, f.Failure)
	}
	checkSame(t, "the window", got, want)
}

func TestTheEndsOfAWindow(t *testing.T) {
	p := newPast(20, 10)
	tl := p.history.Timeline()
	half := second(5).Add(500 * time.Millisecond) // the middle of an entry
	for _, test := range []struct {
		from, to    time.Time
		first, last int
	}{
		{half, half, 5, 6},
		{half.Add(1), half.Add(time.Second), 6, 7},
		{half.Add(1), half.Add(time.Second - 1), 0, 0},
		{half, half.Add(-1), 0, 0},
		{second(-100), second(1), 0, 1},
		{second(-100), second(-1), 0, 0},
		{second(19), second(100), 19, 20},
		{second(20), second(100), 0, 0},
		{second(-1), second(100), 0, 20},
	} {
		s := tl.Window(test.from, test.to)
		if test.first == test.last {
			if !reflect.DeepEqual(s, &Snapshot{}) {
				t.Errorf("Window(%v, %v) is from %v to %v, want an empty one", test.from, test.to, s.From, s.To)
			}
			continue
		}
		if !s.From.Equal(second(test.first)) || !s.To.Equal(second(test.last)) {
			t.Errorf("Window(%v, %v) is from %v to %v, want seconds %d to %d", test.from, test.to, s.From, s.To, test.first, test.last)
		}
	}
	if s := (Timeline{}).Window(epoch, second(1)); !reflect.DeepEqual(s, &Snapshot{}) {
		t.Errorf("the window of an empty timeline is %+v", s)
	}
}

func TestARowStepByStep(t *testing.T) {
	p := newPast(1100, 5) // in many seconds some rows have no sample
	tl := p.history.Timeline()
	keys := []Key{{}, {"GET", "no such row"}, {"no such method", "/api/v1/things/3"}, {"zzz", "zzz"}}
	for _, l := range p.table.Snapshot().Rows {
		keys = append(keys, l.Key)
	}
	for _, key := range keys {
		i, empty := 0, 0
		for point, row := range tl.Row(key) {
			d := tl.Delta(i)
			want := Row{Key: key}
			if key == (Key{}) {
				want = d.Total()
			}
			for _, r := range d.Rows {
				if r.Key == key {
					want = r
				}
			}
			if !point.From.Equal(d.From) || !point.To.Equal(d.To) || !reflect.DeepEqual(plain(row), plain(want)) {
				t.Fatalf("%v: entry %d from %v is\n%+v\nwant\n%+v", key, i, point.From, plain(row), plain(want))
			}
			if row.Requests() == 0 {
				empty++
			}
			i++
		}
		if i != tl.Len() || key.Method == "GET" && empty == 0 {
			t.Errorf("%v: %d entries, %d without samples, want %d, some", key, i, empty, tl.Len())
		}
	}
	n := 0
	for range tl.Row(Key{}) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d entries are visited, want 3", n)
	}
}

func TestAWindowHasTheExemplarsThatLieInIt(t *testing.T) {
	r := seeded(2)
	var table Table
	var h History
	for i := range 60 {
		at := second(i).Add(time.Millisecond)
		s := Sample{Method: "GET", Name: "/", Took: time.Duration(i * 37 % 60), Problem: &Problem{Format: "odd", At: at}}
		ask(r.Shard(i), s, at, i)
		d := r.Drain(second(i+1), Gauges{})
		table.Add(d)
		h.Add(d)
	}
	whole := table.Snapshot()
	bare := h.Timeline().Window(second(20), second(50))
	w := bare.WithExemplars(whole)
	var slow, samples []int
	for _, e := range whole.Rows[0].Slow {
		if e.User >= 20 && e.User < 50 {
			slow = append(slow, e.User)
		}
	}
	for _, e := range whole.Failures[0].Samples {
		if e.User >= 20 && e.User < 50 {
			samples = append(samples, e.User)
		}
	}
	if len(slow) == 0 || len(samples) == 0 || !slices.Equal(users(w.Rows[0].Slow), slow) ||
		!slices.Equal(users(w.Total.Slow), slow) || !slices.Equal(users(w.Failures[0].Samples), samples) {
		t.Errorf("the window has slow samples of %v, %v in total, and failures of %v; want %v, %v",
			users(w.Rows[0].Slow), users(w.Total.Slow), users(w.Failures[0].Samples), slow, samples)
	}
	if len(bare.Rows[0].Slow)+len(bare.Total.Slow)+len(bare.Failures[0].Samples) != 0 {
		t.Error("WithExemplars has changed the window")
	}
	if !reflect.DeepEqual(w.Rows[0].Trend, bare.Rows[0].Trend) || w.Total.Requests() != 30 {
		t.Errorf("with exemplars the window has %d requests, want 30", w.Total.Requests())
	}
}
