package stats

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"
)

// steady returns second i of a run in which each row has so many requests, the last
// of which fails if failed is set.
func steady(i int, requests map[string]int, failed bool) Delta {
	r := NewRecorder(second(i))
	for name, n := range requests {
		for k := range n {
			s := Sample{Method: "GET", Name: name, Took: time.Duration(k+1) * time.Millisecond}
			if failed && k == n-1 {
				s.Problem = &Problem{Format: "odd", Message: fmt.Sprint("odd ", i), At: second(i)}
			}
			r.Shard(k).Record(s)
		}
	}
	return r.Drain(second(i+1), Gauges{Users: i})
}

func checkRate(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s = %v per second, want %v", what, got, want)
	}
}

func TestSnapshotOfAnEmptyTable(t *testing.T) {
	var table Table
	s := table.Snapshot()
	if s == nil || len(s.Rows) != 0 || s.Total.Requests() != 0 || s.Span() != 0 {
		t.Fatalf("Snapshot = %+v, want an empty one", s)
	}
	requests, failures := s.Rates(s.Total.Row)
	for _, rate := range []float64{requests, failures, s.Total.Rate, s.Total.FailRate} {
		checkRate(t, "a rate of an empty table", rate, 0)
	}
}

func TestSnapshot(t *testing.T) {
	var table Table
	for i := range 25 {
		table.Add(steady(i, map[string]int{"/b": 10 + i, "/a": 3}, i%2 == 0))
	}
	s := table.Snapshot()
	if !s.From.Equal(epoch) || !s.To.Equal(second(25)) || s.Span() != 25*time.Second {
		t.Errorf("Snapshot is from %v to %v, %v; want from %v to %v", s.From, s.To, s.Span(), epoch, second(25))
	}
	if len(s.Rows) != 2 || s.Rows[0].Name != "/a" || s.Rows[1].Name != "/b" {
		t.Fatalf("rows %+v, want /a and /b", s.Rows)
	}
	a, b := s.Rows[0], s.Rows[1]
	const requestsB = 25*10 + 24*25/2
	if a.Requests() != 75 || a.Failures() != 13 || b.Requests() != requestsB || b.Failures() != 13 {
		t.Errorf("/a: %d requests, %d failures, /b: %d, %d; want 75, 13, %d, 13",
			a.Requests(), a.Failures(), b.Requests(), b.Failures(), requestsB)
	}
	// The last ten are 15 to 24.
	checkRate(t, "requests of /a", a.Rate, 3)
	checkRate(t, "failures of /a", a.FailRate, 0.5)
	checkRate(t, "requests of /b", b.Rate, 29.5)
	checkRate(t, "failures of /b", b.FailRate, 0.5)
	checkRate(t, "all requests", s.Total.Rate, 32.5)
	checkRate(t, "all failures", s.Total.FailRate, 1)
	if s.CurrentSpan != 10*time.Second || s.Current.Requests() != 325 || s.Current.Failures() != 10 {
		t.Errorf("in the last %v %d requests and %d failures, want in 10s 325 and 10",
			s.CurrentSpan, s.Current.Requests(), s.Current.Failures())
	}
	if got, want := s.Current.All().Max(), 34*time.Millisecond; got != want {
		t.Errorf("the longest of the last 10 seconds took %v, want %v", got, want)
	}
	requests, failures := s.Rates(b.Row)
	checkRate(t, "requests of /b over the whole run", requests, requestsB/25.0)
	checkRate(t, "failures of /b over the whole run", failures, 13/25.0)
	checkSame(t, "Total", deltaOf(s.Total.Row), deltaOf(Row{}.Plus(a.Row).Plus(b.Row)))
	var trend []uint32
	for i := range 25 {
		trend = append(trend, uint32(1-i%2))
	}
	var want []FailureLine
	for _, name := range []string{"/a", "/b"} {
		want = append(want, FailureLine{Failure{
			FailureKey: FailureKey{"GET", name, "odd", false}, Count: 13,
			Example: "odd 24", First: second(0), Last: second(24), Crowd: Counts{{0, 13}},
		}, trend})
	}
	if !reflect.DeepEqual(s.Failures, want) {
		t.Errorf("failures\n%+v\nwant\n%+v", s.Failures, want)
	}
}

func TestCurrentRatesOfAYoungRun(t *testing.T) {
	var table Table
	table.Add(steady(0, map[string]int{"/": 8}, false))
	half := steady(1, map[string]int{"/": 8}, false)
	half.To = half.From.Add(500 * time.Millisecond)
	table.Add(half)
	s := table.Snapshot()
	checkRate(t, "16 requests in 1.5 s", s.Total.Rate, 16/1.5)
	checkRate(t, "16 requests in 1.5 s", s.Rows[0].Rate, 16/1.5)
}

func TestRatesWithoutTimeAreZero(t *testing.T) {
	d := steady(0, map[string]int{"/": 8}, true)
	for _, to := range []time.Time{d.From, d.From.Add(-time.Hour)} {
		var table Table
		d.To = to
		table.Add(d)
		s := table.Snapshot()
		requests, failures := s.Rates(s.Total.Row)
		for _, rate := range []float64{requests, failures, s.Total.Rate, s.Total.FailRate, s.Rows[0].Rate, s.Rows[0].FailRate} {
			checkRate(t, fmt.Sprintf("a rate over %v", s.Span()), rate, 0)
		}
		if s.Total.Requests() != 8 {
			t.Errorf("%d requests, want 8", s.Total.Requests())
		}
	}
}

func TestTableOfDeltasWithoutATime(t *testing.T) {
	var table Table
	for range 3 {
		table.Add(deltaOf(rowsOf("/")...))
	}
	if got := table.Snapshot().Total.Requests(); got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

func TestTotalIsTheSumOfTheRowsOfASnapshotButGroups(t *testing.T) {
	r := NewRecorder(epoch)
	var table Table
	traffic := newTraffic(50)
	const seconds, each = 15, 2000
	for i := range seconds {
		samples := traffic.samples(each)
		for k := range samples {
			samples[k].Lag = time.Duration(k%5*k) * time.Microsecond
			if k%4 == 0 {
				samples[k].Method = Group
			}
		}
		recordAll(r, samples)
		table.Add(r.Drain(second(i+1), Gauges{}))
	}
	s := table.Snapshot()
	var want, groups Row
	rate, failRate, groupRate := 0.0, 0.0, 0.0
	for i, l := range s.Rows {
		if l.Method == Group {
			groups = groups.Plus(l.Row)
			groupRate += l.Rate
		} else {
			want = want.Plus(l.Row)
			rate += l.Rate
			failRate += l.FailRate
		}
		if i > 0 && compareRows(s.Rows[i-1].Row, l.Row) >= 0 {
			t.Errorf("%v comes before %v", s.Rows[i-1].Key, l.Key)
		}
	}
	checkSame(t, "Total", deltaOf(s.Total.Row), deltaOf(want))
	checkRate(t, "all requests", s.Total.Rate, rate)
	checkRate(t, "all failures", s.Total.FailRate, failRate)
	checkRate(t, "all groups", groupRate, each/4)
	if !s.Total.OK.Lagged() || s.Total.Requests() != seconds*each*3/4 || groups.Requests() != seconds*each/4 {
		t.Errorf("%d requests, lagged %v, and %d groups, want %d, true, %d", s.Total.Requests(), s.Total.OK.Lagged(),
			groups.Requests(), seconds*each*3/4, seconds*each/4)
	}
	if got := s.Current.Requests(); got != 10*each*3/4 {
		t.Errorf("%d current requests, want %d", got, 10*each*3/4)
	}
	failures := int64(0)
	for _, f := range s.Failures {
		failures += f.Count
	}
	if want := s.Total.Failures() + groups.Failures(); failures != want || groups.Failures() == 0 {
		t.Errorf("%d failures by kind, want %d, some of them of groups", failures, want)
	}
}

func TestSnapshotSaysWhatWasGauged(t *testing.T) {
	r := NewRecorder(epoch)
	var table Table
	ours := &Problem{Format: "no port", Ours: true}
	for i := range 12 {
		for range i {
			r.Shard(i).Record(Sample{Method: "GET", Name: "/", Problem: ours})
		}
		r.Shard(i).Record(Sample{Method: "GET", Name: "/", FirstByte: time.Millisecond, Took: time.Second})
		h := Health{Valid: 1, Worst: Vitals{Lag: time.Duration(20 - i)}}
		if i == 11 {
			h = Health{Invalid: 1, Reasons: []Reason{{"busy", Invalid, 1}}}
		}
		table.Add(r.Drain(second(i+1), Gauges{Users: i, Arrivals: Arrivals{6, 5, 4, 3, 2}, Health: h}))
	}
	s := table.Snapshot()
	arrivals := Arrivals{72, 60, 48, 36, 24}
	health := Health{Valid: 11, Invalid: 1, Reasons: []Reason{{"busy", Invalid, 1}}, Worst: Vitals{Lag: 20}}
	now := Health{Invalid: 1, Reasons: []Reason{{"busy", Invalid, 1}}}
	if s.Arrivals != arrivals || !reflect.DeepEqual(s.Health, health) || !reflect.DeepEqual(s.Now, now) {
		t.Errorf("arrivals, health, now:\n%+v\n%+v\n%+v\nwant\n%+v\n%+v\n%+v", s.Arrivals, s.Health, s.Now, arrivals, health, now)
	}
	if s.Unsent() != 66 || s.Total.Requests() != 12 || s.Total.Failures() != 0 {
		t.Errorf("%d unsent, %d requests, %d failures, want 66, 12, 0", s.Unsent(), s.Total.Requests(), s.Total.Failures())
	}
	if len(s.Phases) != 1 || s.Phases[0].Key != (Key{PhaseFirstByte, ""}) || s.Phases[0].OK.Count != 12 {
		t.Errorf("phases %+v, want 12 first bytes", s.Phases)
	}
}

func TestASnapshotNeverChanges(t *testing.T) {
	list := deltas(newTraffic(10), 30, 200)
	var table Table
	print := func(s *Snapshot) string {
		text := fmt.Sprintf("%+v", *s)
		for _, l := range slices.Concat(s.Rows, []Line{s.Total, {Row: s.Current}}) {
			text += fmt.Sprintf("%+v", plain(l.Row))
		}
		return text
	}
	var snapshots []*Snapshot
	var printed []string
	for _, d := range list {
		table.Add(d)
		s := table.Snapshot()
		if again := table.Snapshot(); again != s {
			t.Fatal("Snapshot makes another one although nothing was added")
		}
		snapshots, printed = append(snapshots, s), append(printed, print(s))
	}
	for i, s := range snapshots {
		if print(s) != printed[i] {
			t.Errorf("snapshot %d has changed", i)
		}
		if i > 0 && s == snapshots[i-1] {
			t.Errorf("snapshot %d is the one before", i)
		}
	}
}

func TestTableOfTwoRecordersIsBounded(t *testing.T) {
	var recorders [2]*Recorder
	for i := range recorders {
		recorders[i] = NewRecorder(epoch)
	}
	var table Table
	var first []string
	for round := range 12 {
		for i, r := range recorders {
			for k := range MaxRows + 10 {
				s := Sample{Name: fmt.Sprintf("/%c%04d", 'z'-i, k)} // the second's come first
				if k%2 == 0 {
					s.Method = Group
				}
				r.Shard(k).Record(s)
			}
			table.Add(r.Drain(second(round+1), Gauges{Users: 1}))
		}
		s := table.Snapshot()
		checkSound(t, "the table", table.sum)
		all := make([]string, len(s.Rows))
		for i, l := range s.Rows {
			all[i] = l.Name
		}
		if round == 0 {
			first = all
		}
		if len(all) != MaxRows+2 || !slices.Equal(all, first) {
			t.Fatalf("round %d: %d rows, want the same %d as at first", round, len(all), MaxRows+2)
		}
		if got, want := s.Total.Requests(), int64(round+1)*(MaxRows+10); got != want {
			t.Fatalf("round %d: %d requests, want %d", round, got, want)
		}
	}
	s := table.Snapshot()
	rates := map[string]float64{}
	for _, l := range s.Rows {
		rates[l.Method] += l.Rate
	}
	checkRate(t, "all requests", rates[""], s.Total.Rate)
	checkRate(t, "all groups", rates[Group], s.Total.Rate) // there are as many
	for i, key := range []Key{{"", Other}, {Group, Other}} {
		if l := s.Rows[i]; l.Key != key || l.Rate < 1 {
			t.Errorf("row %d is %v with %v per second, want %v with what has no row", i, l.Key, l.Rate, key)
		}
	}
}
