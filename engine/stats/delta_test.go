package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// Unsent returns how many requests of d could not be sent.
func (d Delta) Unsent() (n int64) {
	for i := range d.Failures {
		if f := &d.Failures[i]; f.Ours {
			n = saturated(n, f.Count)
		}
	}
	return n
}

// randomDelta returns what a recorder made of random samples of a few names.
func randomDelta(chance *rand.Rand) Delta {
	r := NewRecorder(epoch)
	pick := func(prefix string) string { return fmt.Sprint(prefix, chance.IntN(6)) }
	rarely := func(n int64) int64 { return max(0, chance.Int64N(2*n)-n) }      // half the time 0
	at := func() time.Time { return epoch.Add(time.Duration(chance.IntN(5))) } // often the same
	lags := chance.IntN(2) == 0
	for range chance.IntN(60) {
		s := Sample{
			Method: pick("M"), Name: pick("/"), Bytes: chance.Int64N(100), Took: time.Duration(chance.Int64N(1e10)),
			FirstByte: time.Duration(rarely(1e9)), Streamed: chance.IntN(4) == 0,
		}
		if lags {
			s.Lag = time.Duration(rarely(1e10))
		}
		if chance.IntN(8) == 0 {
			s.Method = Group
		}
		if chance.IntN(4) == 0 {
			s.Dial = &Dial{time.Duration(rarely(1e8)), time.Duration(rarely(1e8)), time.Duration(rarely(1e8))}
		}
		if chance.IntN(2) == 0 {
			s.Problem = &Problem{Format: pick("format"), Message: pick("message"), At: at(), Ours: chance.IntN(4) == 0}
		}
		s.Status = []int{0, 200, 404, 500, -3}[chance.IntN(5)]
		r.SetUsers(chance.IntN(8))
		if chance.IntN(3) == 0 {
			e := randomExemplar(chance)
			s.Exemplar = &e
		}
		r.Shard(0).Record(s)
		if chance.IntN(4) == 0 {
			r.Shard(0).Note(Mishap{pick("group"), pick("message"), pick("stack"), at()})
		}
	}
	return r.Drain(epoch.Add(time.Second), randomGauges(chance))
}

// randomExemplar returns an exemplar without what a recorder fills in.
func randomExemplar(chance *rand.Rand) Exemplar {
	message := func() (m Message) {
		for range chance.IntN(3) {
			m.Fields = append(m.Fields, Field{fmt.Sprint("X-", chance.IntN(9)), fmt.Sprint(chance.IntN(9))})
		}
		m.Body, m.Size = fmt.Sprint("body ", chance.IntN(9)), chance.Int64N(1e6)
		return m
	}
	return Exemplar{
		Rank: chance.Uint32(), At: epoch.Add(time.Duration(chance.IntN(50))), URL: fmt.Sprint("/", chance.IntN(9)),
		User: chance.IntN(9) - 1, Scenario: "s", Task: "forum/read", Iteration: chance.Int64N(9),
		Request: message(), Response: message(),
	}
}

// randomGauges returns gauges with a few of six reasons.
func randomGauges(chance *rand.Rand) Gauges {
	g := Gauges{Users: chance.IntN(10), Target: chance.Float64() * 100}
	for _, n := range g.Arrivals.counts() {
		*n = chance.Int64N(50)
	}
	g.Health.Valid, g.Health.Degraded, g.Health.Invalid = chance.IntN(3), chance.IntN(3), chance.IntN(3)
	for range chance.IntN(4) {
		g.Health.Reasons = append(g.Health.Reasons, Reason{fmt.Sprint("reason ", chance.IntN(6)), Verdict(chance.IntN(4)), 1})
	}
	whole, shares := g.Health.Worst.numbers()
	for _, n := range whole {
		*n = chance.Int64N(1e9)
	}
	for _, x := range shares {
		*x = chance.Float64()
	}
	return g.fit()
}

func TestDeltaPlus(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		list := [3]Delta{randomDelta(chance), randomDelta(chance), randomDelta(chance)}
		for i := range list { // one after the other
			list[i].From, list[i].To = second(i), second(i+1)
		}
		a, b, c := list[0], list[1], list[2]
		var before [3]string
		for i, d := range list {
			before[i] = string(d.AppendBinary(nil))
		}
		sum := a.Plus(b)
		checkSound(t, "a.Plus(b)", sum)
		if !sum.From.Equal(a.From) || !sum.To.Equal(b.To) || sum.Users != b.Users || sum.Target != b.Target {
			t.Fatalf("a.Plus(b) is from %v to %v with %d users of %v, want from %v to %v with %d of %v",
				sum.From, sum.To, sum.Users, sum.Target, a.From, b.To, b.Users, b.Target)
		}
		checkSame(t, "a.Plus(b.Plus(c))", a.Plus(b.Plus(c)), sum.Plus(c))
		reverse := b.Plus(a)
		reverse.From, reverse.To, reverse.Users, reverse.Target = sum.From, sum.To, sum.Users, sum.Target
		checkSame(t, "b.Plus(a)", reverse, sum)
		if got, want := sum.Total().Requests(), a.Total().Requests()+b.Total().Requests(); got != want {
			t.Fatalf("a.Plus(b) has %d requests, want %d", got, want)
		}
		if got, want := sum.Unsent(), a.Unsent()+b.Unsent(); got != want {
			t.Fatalf("a.Plus(b) has %d unsent requests, want %d", got, want)
		}
		for i, d := range list {
			if string(d.AppendBinary(nil)) != before[i] {
				t.Fatalf("Plus has changed summand %d", i)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func TestTotalIsTheSumOfRowsButGroups(t *testing.T) {
	chance := rand.New(rand.NewPCG(8, 9))
	for range 50 {
		d := randomDelta(chance)
		var want Row
		var failures, unsent int64
		for _, r := range d.Rows {
			if r.Method != Group {
				want = want.Plus(r)
			}
		}
		checkSame(t, "Total", deltaOf(d.Total()), deltaOf(want))
		for _, f := range d.Failures {
			switch {
			case f.Ours:
				unsent += f.Count
			case f.Method != Group:
				failures += f.Count
			}
		}
		if want.Failures() != failures || d.Unsent() != unsent {
			t.Errorf("%d failures in rows, %d unsent, want %d, %d as there are kinds of them",
				want.Failures(), d.Unsent(), failures, unsent)
		}
	}
}

func TestPlusAdmitsRowsUntilThereAreAThousand(t *testing.T) {
	numbered := func(prefix string, n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("%s%04d", prefix, i))
		}
		return list
	}
	for _, test := range []struct {
		name  string
		a, b  []string
		rows  int
		other int64 // requests of that row
		gone  string
		stays string
	}{
		{"room for all", numbered("m", 600), numbered("z", 400), MaxRows, 0, "", "z0399"},
		{"room for some", numbered("m", 600), numbered("a", 500), MaxRows + 1, 100, "a0400", "a0399"},
		{"rows do not give way to earlier names", numbered("z", MaxRows), numbered("a", 3), MaxRows + 1, 3, "a0000", "z0999"},
		{"what is known is still counted", numbered("z", MaxRows), numbered("z", 7), MaxRows, 0, "", "z0006"},
		{"two others", numbered("a", MaxRows+2), numbered("z", MaxRows+3), MaxRows + 1, 2 + 3 + MaxRows, "z0000", "a0999"},
		{"a free place is not for the other", append(numbered("a", MaxRows-1), Other), append(numbered("z", 2), Other),
			MaxRows + 1, 1 + 1 + 1, "z0001", "z0000"},
	} {
		a, b := deltaOf(rowsOf(test.a...)...), deltaOf(rowsOf(test.b...)...)
		for i := range b.Rows { // a recorder calls it so
			if b.Rows[i].Name == Other {
				b.Rows[i].Method = ""
			}
		}
		for i := range a.Rows {
			if a.Rows[i].Name == Other {
				a.Rows[i].Method = ""
			}
		}
		sum := a.Plus(b)
		checkSound(t, test.name, sum)
		if len(sum.Rows) != test.rows {
			t.Errorf("%s: %d rows, want %d", test.name, len(sum.Rows), test.rows)
		}
		other := int64(0)
		for _, r := range sum.Rows {
			if r.Key == (Key{"", Other}) {
				other = r.Requests()
			}
		}
		if other != test.other {
			t.Errorf("%s: %d requests of %s, want %d", test.name, other, Other, test.other)
		}
		if all := names(sum.Rows); slices.Contains(all, test.gone) || !slices.Contains(all, test.stays) {
			t.Errorf("%s: want a row %s and none %s", test.name, test.stays, test.gone)
		}
		if got, want := sum.Total().Requests(), int64(len(test.a)+len(test.b)); got != want {
			t.Errorf("%s: %d requests, want %d", test.name, got, want)
		}
	}
}

func TestGroupsWithoutRoomStayApartFromRequests(t *testing.T) {
	rows := func(prefix string) Delta {
		r := NewRecorder(epoch)
		for i := range MaxRows + 40 {
			s := Sample{Method: "GET", Name: fmt.Sprintf("%s%04d", prefix, i), Took: time.Millisecond}
			if i%2 == 0 {
				s.Method = Group
			}
			r.Shard(0).Record(s)
		}
		return r.Drain(second(1), Gauges{})
	}
	a, b := rows("a"), rows("b")
	for _, test := range []struct {
		name          string
		d             Delta
		groups, other int64 // of those without room
	}{
		{"a recorder", a, 20, 20},
		{"the sum", a.Plus(b), 20 + MaxRows/2 + 20, 20 + MaxRows/2 + 20},
	} {
		checkSound(t, test.name, test.d)
		found := map[Key]int64{}
		all := int64(0)
		for _, r := range test.d.Rows {
			found[r.Key] = r.Requests()
			if r.Method != Group {
				all += r.Requests()
			}
		}
		if len(found) != MaxRows+2 || found[Key{Group, Other}] != test.groups || found[Key{"", Other}] != test.other {
			t.Errorf("%s: %d rows, %d and %d without room, want %d, %d, %d", test.name,
				len(found), found[Key{Group, Other}], found[Key{"", Other}], MaxRows+2, test.groups, test.other)
		}
		if got := test.d.Total().Requests(); got != all {
			t.Errorf("%s: %d requests, want %d", test.name, got, all)
		}
	}
}

func TestPlusBoundsFailuresAndExceptions(t *testing.T) {
	many := func(prefix string) (d Delta) {
		for i := range MaxRows {
			name := fmt.Sprintf("%s%04d", prefix, i)
			d.Failures = append(d.Failures, Failure{
				FailureKey: FailureKey{"GET", name, name, i%4 == 0}, Count: 2, Example: name, First: second(i), Last: second(i),
				Users: i, Status: 500 + i, Crowd: Counts{{CrowdOf(i), 2}},
			})
			d.Exceptions = append(d.Exceptions, Exception{name, 2, name, name, second(i), second(i)})
		}
		return d
	}
	sum := many("z").Plus(many("a"))
	checkSound(t, "Plus", sum)
	f := Failure{
		FailureKey: FailureKey{"", Other, Other, false}, Count: 2 * MaxRows * 3 / 4,
		Example: "a0999", First: second(1), Last: second(999), Users: 1, Status: 1499,
	}
	ours := Failure{
		FailureKey: FailureKey{"", Other, Other, true}, Count: 2 * MaxRows / 4,
		Example: "a0996", First: second(0), Last: second(996), Users: 0, Status: 1496,
	}
	for i := range MaxRows {
		which := &f
		if i%4 == 0 {
			which = &ours
		}
		which.Crowd = which.Crowd.Plus(Counts{{CrowdOf(i), 2}})
	}
	e := Exception{Other, 2 * MaxRows, "a0999", "a0000", second(0), second(999)}
	if len(sum.Failures) != MaxRows+2 || !reflect.DeepEqual(sum.Failures[:2], []Failure{f, ours}) {
		t.Errorf("%d failures, the first %+v, want %d, %+v, %+v", len(sum.Failures), sum.Failures[:2], MaxRows+2, f, ours)
	}
	if len(sum.Exceptions) != MaxRows+1 || sum.Exceptions[0] != e {
		t.Errorf("%d exceptions, the first %+v, want %d, %+v", len(sum.Exceptions), sum.Exceptions[0], MaxRows+1, e)
	}
}

func TestRow(t *testing.T) {
	for _, test := range []struct {
		ok, failed         int
		requests, failures int64
		ratio              float64
	}{
		{0, 0, 0, 0, 0},
		{4, 0, 4, 0, 0},
		{0, 3, 3, 3, 1},
		{3, 1, 4, 1, 0.25},
	} {
		r := Row{OK: tallyOf(make([]time.Duration, test.ok)...), Failed: tallyOf(make([]time.Duration, test.failed)...)}
		if r.Requests() != test.requests || r.Failures() != test.failures || r.FailRatio() != test.ratio || r.All().Count != test.requests {
			t.Errorf("%d ok, %d failed: requests, failures, ratio, all = %d, %d, %v, %d, want %d, %d, %v, %d", test.ok, test.failed,
				r.Requests(), r.Failures(), r.FailRatio(), r.All().Count, test.requests, test.failures, test.ratio, test.requests)
		}
	}
}

func TestRequestsSaturate(t *testing.T) {
	some := Tally{Count: math.MaxInt64 - 1}
	if got := (Row{OK: some, Failed: some}).Requests(); got != math.MaxInt64 {
		t.Errorf("Requests() = %d, want %d", got, int64(math.MaxInt64))
	}
}

func TestSumsOfGaugesSaturate(t *testing.T) {
	const most = math.MaxInt64
	d := Delta{
		From: epoch, To: second(1),
		Gauges: Gauges{
			Users: most, Target: math.MaxFloat64, Arrivals: Arrivals{most, most, most, most, most},
			Health: Health{most, most, most, []Reason{{"r", Invalid, most}}, Vitals{Suspended: most, Unsent: most}},
		},
		Failures: []Failure{
			{FailureKey: FailureKey{"GET", "/", "f", true}, Count: most, First: epoch, Last: epoch, Users: most, Crowd: Counts{{0, most}}},
			{FailureKey: FailureKey{"GET", "/", "g", true}, Count: most, First: epoch, Last: epoch, Crowd: Counts{{0, most}, {1, most}}},
		},
		Exceptions: []Exception{{"g", most, "", "", epoch, epoch}},
	}
	sum := d.Plus(d)
	checkSound(t, "Plus", sum)
	checkSame(t, "Plus", sum, d)
	if got := sum.Unsent(); got != most {
		t.Errorf("Unsent() = %d, want %d", got, int64(most))
	}
	if got := sum.Health.Verdict(); got != Invalid {
		t.Errorf("Verdict() = %v, want invalid", got)
	}
}

func TestSpanIsNeverNegative(t *testing.T) {
	for _, test := range []struct {
		from, to time.Time
		want     time.Duration
	}{
		{second(1), second(3), 2 * time.Second},
		{second(1), second(1), 0},
		{second(3), second(1), 0},
		{time.Time{}, time.Time{}, 0},
	} {
		if got := (Delta{From: test.from, To: test.to}).Span(); got != test.want {
			t.Errorf("Delta from %v to %v: Span() = %v, want %v", test.from, test.to, got, test.want)
		}
		if got := (Point{From: test.from, To: test.to, Requests: 10}); got.Span() != test.want || got.Rate() < 0 {
			t.Errorf("Point from %v to %v: Span() = %v, Rate() = %v, want %v, not negative",
				test.from, test.to, got.Span(), got.Rate(), test.want)
		}
	}
}
