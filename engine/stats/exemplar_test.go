package stats

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// seeded returns a recorder whose ranks are always the same ones.
func seeded(seed uint64) *Recorder {
	r := NewRecorder(epoch)
	for i := range r.shards {
		r.shards[i].floors.chance.Seed(seed, uint64(i))
	}
	return r
}

// ask records a sample as the engine does, and reports whether it was wanted.
func ask(s *Shard, sample Sample, at time.Time, user int) bool {
	rank, wanted := s.Wants(&sample)
	if wanted {
		sample.Exemplar = &Exemplar{Rank: rank, At: at, User: user}
	}
	s.Record(sample)
	return wanted
}

// users returns the numbers of users of some exemplars.
func users(list []Exemplar) (numbers []int) {
	for _, e := range list {
		numbers = append(numbers, e.User)
	}
	return numbers
}

func TestTheSlowestAreKeptExactly(t *testing.T) {
	const seconds, each = 40, 500
	r := seeded(1)
	traffic := newTraffic(5)
	slowness := func(s Sample) time.Duration { return s.Took + s.Lag }
	var table Table
	all := map[Key][]time.Duration{}
	captured := 0
	for i := range seconds {
		for k, s := range traffic.samples(each) {
			s.Took += time.Duration(i*each + k) // all different
			if k%3 == 0 {
				s.Lag = s.Took / 7
			}
			if k%50 == 0 {
				s.Method = Group
			} else {
				all[Key{s.Method, s.Name}] = append(all[Key{s.Method, s.Name}], slowness(s))
			}
			s.Problem = nil
			if ask(r.Shard(k), s, second(i), k) {
				captured++
			}
		}
		table.Add(r.Drain(second(i+1), Gauges{}))
	}
	s := table.Snapshot()
	var every []time.Duration
	check := func(l Line, times []time.Duration) {
		slices.SortFunc(times, func(a, b time.Duration) int { return cmp.Compare(b, a) })
		var got []time.Duration
		for _, e := range l.Slow {
			got = append(got, e.Slowness())
		}
		if want := times[:MaxSlow]; !slices.Equal(got, want) {
			t.Errorf("the slowest of %v took %v, want %v", l.Key, got, want)
		}
	}
	for _, l := range s.Rows {
		if l.Method == Group {
			if len(l.Slow) > 0 {
				t.Errorf("a group has exemplars: %+v", l.Slow)
			}
			continue
		}
		every = append(every, all[l.Key]...)
		check(l, all[l.Key])
	}
	check(s.Total, every)
	if most := seconds * each / 10; captured > most {
		t.Errorf("%d samples of %d were captured, want at most %d", captured, seconds*each, most)
	}
}

func TestTheFirstFailureIsKept(t *testing.T) {
	for seed := range uint64(20) {
		r := seeded(seed)
		var table Table
		for i := range 300 {
			at := second(i)
			if i == 7 {
				at = second(-1) // judged before those that were recorded before it
			}
			ask(r.Shard(i%2), Sample{Name: "/", Problem: &Problem{Format: "odd", At: at}}, at, i)
			if i%20 == 0 {
				table.Add(r.Drain(second(i), Gauges{}))
			}
		}
		table.Add(r.Drain(second(300), Gauges{}))
		f := table.Snapshot().Failures[0]
		if len(f.Samples) != MaxFailed || f.Samples[0].User != 7 || f.Count != 300 {
			t.Errorf("of %d failures those of %v are kept, want %d, the first of user 7", f.Count, users(f.Samples), MaxFailed)
		}
		if !slices.IsSortedFunc(f.Samples, compareAge) {
			t.Errorf("samples are of %v, want the oldest first", users(f.Samples))
		}
	}
}

// Each failure but the first has the same chance to be kept, whichever shard and second
// it is in. The seed is fixed: chi-square for 48 degrees of freedom exceeds 84 once in a
// thousand times.
func TestFailuresAreKeptAtRandom(t *testing.T) {
	const failures, rounds, bins = 197, 1000, 49
	var kept [bins]int
	captured := 0
	for round := range uint64(rounds) {
		r := seeded(round)
		var sum Delta
		for i := range failures {
			if ask(r.Shard(i*i), Sample{Name: "/", Problem: &Problem{Format: "odd", At: second(i)}}, second(i), i) {
				captured++
			}
			if i%30 == 29 || i == failures-1 {
				d := r.Drain(second(i), Gauges{})
				if i%60 == 29 {
					sum = d.Plus(sum) // in any order
				} else {
					sum = sum.Plus(d)
				}
			}
		}
		samples := sum.Failures[0].Samples
		if len(samples) != MaxFailed || samples[0].User != 0 {
			t.Fatalf("round %d: samples of %v, want the first and %d others", round, users(samples), MaxFailed-1)
		}
		for _, user := range users(samples[1:]) {
			kept[(user-1)/4]++
		}
	}
	chi, want := 0.0, float64(rounds*(MaxFailed-1))/bins
	for _, n := range kept {
		chi += (float64(n) - want) * (float64(n) - want) / want
	}
	if chi > 84 {
		t.Errorf("chi-square is %.1f, want at most 84: %v", chi, kept)
	}
	if most := rounds * failures / 3; captured > most {
		t.Errorf("%d of %d failures were captured, want at most %d", captured, rounds*failures, most)
	}
}

func TestChoosingDoesNotDependOnTheOrder(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		all := make([]Exemplar, 1+chance.IntN(30))
		for i := range all {
			all[i] = Exemplar{
				Rank: uint32(chance.IntN(20)), At: second(chance.IntN(9)), User: i, // often the same
				Took: time.Duration(chance.IntN(9)),
			}
		}
		add := func(merge func(a, b []Exemplar) []Exemplar) []int {
			var lists [][]Exemplar
			for _, i := range chance.Perm(len(all)) {
				lists = append(lists, []Exemplar{all[i]})
			}
			for len(lists) > 1 {
				i := chance.IntN(len(lists) - 1)
				lists[i] = merge(lists[i], lists[i+1])
				lists = slices.Delete(lists, i+1, i+2)
			}
			return users(lists[0])
		}
		for name, merge := range map[string]func(a, b []Exemplar) []Exemplar{"slowest": slowest, "chosen": chosen} {
			if a, b := add(merge), add(merge); !slices.Equal(a, b) {
				t.Fatalf("%s of %d are those of %v or those of %v", name, len(all), a, b)
			}
		}
	}
}

func TestNobodyWantsGroupsAndWhatWasNotSent(t *testing.T) {
	shard := NewRecorder(epoch).Shard(0)
	for _, s := range []Sample{
		{Method: Group, Name: "/", Took: time.Hour},
		{Method: Group, Name: "/", Problem: &Problem{Format: "odd"}},
		{Method: "GET", Name: "/", Problem: &Problem{Format: "no port", Ours: true}},
	} {
		if _, wanted := shard.Wants(&s); wanted {
			t.Errorf("%+v is wanted", s)
		}
	}
}

func TestFloorsAreBounded(t *testing.T) {
	shard := NewRecorder(epoch).Shard(0)
	const extra = 10
	var slow, failed int
	for i := range MaxRows + extra {
		name := fmt.Sprint(i)
		if _, wanted := shard.Wants(&Sample{Name: name}); wanted {
			slow++
		}
		if _, wanted := shard.Wants(&Sample{Name: name, Problem: &Problem{Format: name}}); wanted {
			failed++
		}
	}
	if f := &shard.floors; slow != MaxRows || failed != MaxRows || len(f.rows) != MaxRows || len(f.kinds) != MaxRows {
		t.Errorf("%d samples and %d failures are wanted, of %d rows and %d kinds; want %d each", slow, failed, len(f.rows), len(f.kinds), MaxRows)
	}
	long := strings.Repeat("x", 3*maxText)
	if _, wanted := shard.Wants(&Sample{Name: long}); wanted {
		t.Error("another row is wanted")
	}
}

func TestFewAreWantedWhenEachIsSlowerThanThoseBefore(t *testing.T) {
	const seconds, each, outlier = 3, 2000, 1234
	r := seeded(2)
	var table Table
	for i := range seconds {
		wanted := 0
		for k := range each {
			s := Sample{Name: "/", Took: time.Second + time.Duration(i*each+k)*time.Microsecond}
			if i == 1 && k == outlier {
				s.Took *= 2
			}
			if ask(r.Shard(0), s, second(i), i*each+k) {
				wanted++
			}
		}
		if wanted > maxCaptured+1 || wanted < MaxSlow-1 {
			t.Errorf("%d of %d samples are wanted, each slower than those before, want at most %d and one that stands out", wanted, each, maxCaptured)
		}
		table.Add(r.Drain(second(i+1), Gauges{}))
	}
	slow := table.Snapshot().Rows[0].Slow
	if got := users(slow); len(got) != MaxSlow || got[0] != each+outlier || got[1] < 2*each {
		t.Errorf("the slowest kept are the samples %v, want %d, which stands out, and some of the last second", got, each+outlier)
	}
	for name := range 2 * maxCaptured {
		if _, wanted := r.Shard(0).Wants(&Sample{Name: fmt.Sprint(name)}); !wanted {
			t.Fatalf("the first sample of row %d is not wanted", name)
		}
	}
}

func TestRestartForgetsWhatIsWanted(t *testing.T) {
	r := seeded(3)
	shard := r.Shard(0)
	for i := range 100 {
		ask(shard, Sample{Name: "/", Took: time.Hour, Problem: &Problem{Format: "odd", At: second(i)}}, second(i), i)
	}
	r.Restart(second(100))
	for i := range MaxSlow {
		ask(shard, Sample{Name: "/", Took: 1, Problem: &Problem{Format: "odd", At: second(200 + i)}}, second(200+i), 200+i)
	}
	d := r.Drain(second(300), Gauges{})
	if got := d.Failures[0].Samples; len(got) != MaxFailed || got[0].User != 200 || len(d.Rows[0].Slow) != MaxSlow {
		t.Errorf("after Restart samples of %v and %d slow ones are kept, want those from 200 on, and %d", users(got), len(d.Rows[0].Slow), MaxSlow)
	}
}

func TestAnExemplarSaysWhatItsSampleDoes(t *testing.T) {
	r := NewRecorder(epoch)
	r.SetUsers(12)
	hostile := strings.Repeat("\xff<", 5*maxBody)
	e := Exemplar{
		Rank: 7, At: second(1), URL: hostile, User: 3, Scenario: "s", Task: "forum/read", Iteration: 4, Took: 99, Users: 99,
		Request:  Message{Fields: []Field{{"A", "b"}}, Body: "body", Size: 4},
		Response: Message{Fields: slices.Repeat([]Field{{"X", strings.Repeat("y", 1000)}}, 50), Body: hostile, Size: -1},
	}
	s := Sample{
		Method: "GET", Name: "/", Took: 5, Lag: 6, Bytes: 7, FirstByte: 2, Dial: &Dial{1, 2, -3}, Status: 503,
		Problem: &Problem{Format: "odd", Message: "odd 1", At: second(1)}, Exemplar: &e,
	}
	before := fmt.Sprintf("%+v", e)
	r.Shard(0).Record(s)
	d := r.Drain(second(2), Gauges{})
	checkSound(t, "Drain", d)
	got := d.Failures[0].Samples[0]
	if !reflect.DeepEqual(got, d.Rows[0].Slow[0]) || !reflect.DeepEqual(got, d.Total().Slow[0]) {
		t.Errorf("the failure has %+v, the row %+v", got, d.Rows[0].Slow[0])
	}
	want := Exemplar{
		Rank: 7, At: second(1), Method: "GET", Name: "/", Message: "odd 1", URL: got.URL, User: 3, Scenario: "s", Task: "forum/read",
		Iteration: 4, Users: 12, Status: 503, Took: 5, Lag: 6, FirstByte: 2, Dial: Dial{1, 2, 0}, Bytes: 7,
		Request: e.Request, Response: got.Response,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the exemplar is\n%+v\nwant\n%+v", got, want)
	}
	if !utf8.ValidString(got.URL) || len(got.URL) > 3*maxText+3 || len(got.Response.Body) > 3*maxBody+3 || len(got.Response.Fields) != 4 || got.Response.Size != 0 {
		t.Errorf("a URL of %d bytes, a body of %d and %d fields are kept", len(got.URL), len(got.Response.Body), len(got.Response.Fields))
	}
	if fmt.Sprintf("%+v", e) != before {
		t.Error("the recorder has changed an exemplar")
	}
	f := d.Failures[0]
	if f.Users != 12 || f.Status != 503 || !reflect.DeepEqual(f.Crowd, Counts{{11, 1}}) || !reflect.DeepEqual(d.Rows[0].Statuses, Counts{{503, 1}}) {
		t.Errorf("the failure says %d users, status %d, crowd %v, its row statuses %v", f.Users, f.Status, f.Crowd, d.Rows[0].Statuses)
	}
	var h History
	h.Add(d)
	kept := h.Timeline().Delta(0)
	if len(kept.Rows[0].Slow)+len(kept.Total().Slow)+len(kept.Failures[0].Samples) != 0 {
		t.Errorf("the history keeps exemplars: %+v", kept)
	}
}

// Each sample is counted by how many users there were at that moment, not in that second.
func TestCrowdIsThatOfEachSample(t *testing.T) {
	r := NewRecorder(epoch)
	want := map[int]int64{}
	fails := map[int]int64{}
	first := -1
	for i := range 5000 {
		n := i * i % 2100
		r.SetUsers(n)
		s := Sample{Name: "/", Took: 1}
		want[CrowdOf(n)]++
		if i > 30 && n%7 == 0 {
			s.Problem = &Problem{Format: "odd", At: second(i)}
			s.Status = i
			fails[CrowdOf(n)]++
			if first < 0 {
				first = n
			}
		}
		r.Shard(i).Record(s)
	}
	r.SetUsers(1)
	d := r.Drain(second(1), Gauges{Users: 1})
	for _, test := range []struct {
		name string
		got  Counts
		want map[int]int64
	}{{"the row", d.Rows[0].Crowd, want}, {"the total", d.Total().Crowd, want}, {"the failure", d.Failures[0].Crowd, fails}} {
		if len(test.got) != len(test.want) {
			t.Errorf("%s has %v, want %v", test.name, test.got, test.want)
		}
		for of, n := range test.want {
			if test.got.Of(of) != n {
				t.Errorf("%s has %d with from %d users, want %d", test.name, test.got.Of(of), of, n)
			}
		}
	}
	if f := d.Failures[0]; f.Users != first || f.Status < 4900 {
		t.Errorf("the first failure was with %d users, the latest of status %d, want %d, that of the latest", f.Users, f.Status, first)
	}
}
