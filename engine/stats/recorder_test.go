package stats

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"
)

func TestDrainReturnsWhatWasRecorded(t *testing.T) {
	const ms = time.Millisecond
	r := NewRecorder(epoch)
	refused := &Problem{Format: "refused", Message: "refused by 10.0.0.1", At: epoch.Add(2)}
	again := &Problem{Format: "refused", Message: "refused by 10.0.0.2", At: epoch.Add(9)}
	slow := &Problem{Format: "slow", Message: "3 s", At: epoch.Add(4)}
	noPort := &Problem{Format: "no port", Message: "no port is left", At: epoch.Add(3), Ours: true}
	for i, s := range []Sample{
		{Method: "GET", Name: "/b", Took: 3 * ms, Bytes: 30, FirstByte: 2 * ms},
		{Method: "GET", Name: "/a", Took: 1 * ms, Bytes: 10, FirstByte: 1 * ms, Dial: &Dial{TLS: 7 * ms, Connect: 6 * ms}},
		{Method: "POST", Name: "/a", Took: 2 * ms, Bytes: 20, FirstByte: 1 * ms, Streamed: true},
		{Method: "GET", Name: "/a", Took: 5 * ms, Bytes: 50, Problem: again},
		{Method: "GET", Name: "/a", Took: 4 * ms, Bytes: 40, Problem: refused, FirstByte: 4 * ms, Dial: &Dial{Connect: 5 * ms, DNS: 8 * ms}},
		{Method: "GET", Name: "/b", Took: 9 * ms, Lag: 100 * ms, Bytes: 90},
		{Method: "POST", Name: "/a", Took: 8 * ms, Bytes: 80, Streamed: true},
		{Method: Group, Name: "/b", Took: 20 * ms, FirstByte: 1, Streamed: true, Dial: &Dial{1, 1, 1}},
		{Method: Group, Name: "/b", Took: 30 * ms, Problem: slow},
		{Method: "GET", Name: "/b", Took: 60 * ms, FirstByte: 1, Streamed: true, Dial: &Dial{1, 1, 1}, Problem: noPort},
		{Method: "GET", Name: "/c", Took: 60 * ms, Problem: noPort},
	} {
		r.Shard(i).Record(s)
	}
	r.Shard(1).Note(Mishap{"boom", "boom 2", "stack 2", epoch.Add(7)})
	r.Shard(2).Note(Mishap{"boom", "boom 1", "stack 1", epoch.Add(5)})
	gauges := Gauges{
		Users: 3, Target: 4.5, Arrivals: Arrivals{5, 4, 3, 2, 1},
		Health: Health{Degraded: 1, Reasons: []Reason{{"held back", Degraded, 1}}, Worst: Vitals{Throttled: 0.25}},
	}
	got := r.Drain(second(1), gauges)
	phase := func(name, of string, times ...time.Duration) Row {
		tally := tallyOf(times...)
		tally.Bytes = 0
		return Row{Key: Key{name, of}, OK: tally}
	}
	row := func(method, name string, ok, failed Tally) Row {
		all := Counts{{0, ok.Count + failed.Count}}
		return Row{Key: Key{method, name}, OK: ok, Failed: failed, Statuses: all, Crowd: all}
	}
	fail := func(method, name, format string, ours bool, n int64, example string, first, last time.Duration) Failure {
		return Failure{
			FailureKey: FailureKey{method, name, format, ours}, Count: n, Example: example,
			First: epoch.Add(first), Last: epoch.Add(last), Crowd: Counts{{0, n}},
		}
	}
	want := Delta{
		From: epoch, To: second(1), Gauges: gauges,
		Rows: []Row{
			row("GET", "/a", sized(10, 1*ms), sized(90, 5*ms, 4*ms)),
			row("POST", "/a", sized(100, 2*ms, 8*ms), Tally{}),
			row("GET", "/b", lagged(sized(120, 3*ms, 9*ms), 3*ms, 109*ms), Tally{}),
			row(Group, "/b", sized(0, 20*ms), sized(0, 30*ms)),
		},
		Phases: []Row{
			phase(PhaseDNS, "", 8*ms),
			phase(PhaseTLS, "", 7*ms),
			phase(PhaseConnect, "", 6*ms, 5*ms),
			phase(PhaseFirstByte, "", 2*ms, 1*ms, 1*ms, 4*ms),
			phase(PhaseFirstByte, "POST /a", 1*ms),
		},
		Failures: []Failure{
			fail("GET", "/a", "refused", false, 2, "refused by 10.0.0.2", 2, 9),
			fail("GET", "/b", "no port", true, 1, "no port is left", 3, 3),
			fail(Group, "/b", "slow", false, 1, "3 s", 4, 4),
			fail("GET", "/c", "no port", true, 1, "no port is left", 3, 3),
		},
		Exceptions: []Exception{{"boom", 2, "boom 2", "stack 1", epoch.Add(5), epoch.Add(7)}},
	}
	want.total = total(want.Rows, newMixer())
	checkSame(t, "Drain", got, want)
	if total := got.Total(); total.Requests() != 7 || total.Failures() != 2 || got.Unsent() != 2 {
		t.Errorf("%d requests, %d failures, %d unsent, want 7, 2, 2", total.Requests(), total.Failures(), got.Unsent())
	}
	empty := Delta{From: second(1), To: second(2), Gauges: Gauges{Users: 4}}
	checkSame(t, "the second Drain", r.Drain(second(2), Gauges{Users: 4}), empty)
}

func TestADeltaNeverChanges(t *testing.T) {
	traffic := newTraffic(20)
	r := NewRecorder(epoch)
	var list []Delta
	var packed [][]byte
	for i := range 20 {
		recordAll(r, traffic.samples(500))
		d := r.Drain(second(i+1), Gauges{Users: i})
		list, packed = append(list, d), append(packed, d.AppendBinary(nil))
	}
	for i, d := range list {
		if string(d.AppendBinary(nil)) != string(packed[i]) {
			t.Errorf("delta %d has changed since it was drained", i)
		}
	}
}

func TestEightRecordersAreAsOneToTheLastBit(t *testing.T) {
	samples := newTraffic(30).samples(20_000)
	for i := range samples {
		s := &samples[i]
		if s.Name == "/api/v1/things/7" || i%3 == 0 {
			s.Lag = time.Duration(i) * time.Microsecond
		}
		s.Streamed = s.Name == "/api/v1/things/8"
		if i%50 == 0 {
			s.Method = Group
		}
		if i%70 == 0 {
			s.Problem = &Problem{Format: "no port", Message: "none is left", At: epoch, Ours: true}
		}
	}
	part := Gauges{
		Users: 5, Target: 40, Arrivals: Arrivals{16, 8, 4, 2, 1},
		Health: Health{Degraded: 1, Reasons: []Reason{{"busy", Degraded, 1}}, Worst: Vitals{Processor: 0.5, Unsent: 1}},
	}
	whole := part
	for range 7 {
		whole = whole.plus(part)
	}
	one := NewRecorder(epoch)
	recordAll(one, samples)
	want := one.Drain(second(1), whole)
	var eight [8]*Recorder
	for i := range eight {
		eight[i] = NewRecorder(epoch)
	}
	for i, s := range samples {
		eight[i%8].Shard(i / 8).Record(s)
	}
	sum := eight[0].Drain(second(1), part)
	for _, r := range eight[1:] {
		sum = sum.Plus(r.Drain(second(1), part))
	}
	checkSame(t, "the sum of eight recorders", sum, want)
	if got, want := sum.AppendBinary(nil), want.AppendBinary(nil); !slices.Equal(got, want) {
		t.Errorf("the sum of eight recorders is written in %d bytes, other than the %d of one", len(got), len(want))
	}
}

func TestShardsAreOneForEachUserInTurn(t *testing.T) {
	r := NewRecorder(epoch)
	n := len(r.shards)
	if n < runtime.GOMAXPROCS(0) || n&(n-1) != 0 {
		t.Fatalf("%d shards for %d processors, want as many, a power of two", n, runtime.GOMAXPROCS(0))
	}
	for _, user := range []int{0, 1, n - 1, n, 5*n + 3, -1, -n} {
		if got, want := r.Shard(user), &r.shards[(user%n+n)%n]; got != want {
			t.Errorf("Shard(%d) is not shard %d", user, (user%n+n)%n)
		}
	}
}

func TestShardsShareNoCacheLine(t *testing.T) {
	var s Shard
	if size := unsafe.Sizeof(s); size%128 != 0 {
		t.Errorf("a shard is %d bytes, want a multiple of 128", size)
	}
	used := unsafe.Offsetof(s.excs) + unsafe.Sizeof(s.excs)
	if free := unsafe.Sizeof(s) - used; free < 8 { // the allocator may shift an array by a word
		t.Errorf("%d bytes lie between the fields of neighbours, want 8", free)
	}
}

// Goroutines record while one drains, and one restarts in the middle: each sample is
// in exactly one delta.
func TestNothingIsLostOrDoubled(t *testing.T) {
	const users, each = 32, 5000
	r := NewRecorder(epoch)
	var recording sync.WaitGroup
	for user := range users {
		recording.Go(func() {
			shard := r.Shard(user)
			problem := &Problem{Format: "odd", At: epoch}
			for i := range each {
				s := Sample{Method: "GET", Name: "/" + string(rune('a'+user%7)), Took: time.Duration(i), Bytes: 1}
				if i%2 == 1 {
					s.Problem = problem
				}
				shard.Record(s)
				if i%10 == 0 {
					shard.Note(Mishap{Group: "tenth", At: epoch})
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		recording.Wait()
		close(done)
	}()
	var sum Delta
	var failures, exceptions, last int64
	add := func(i int) {
		d := r.Drain(second(i), Gauges{Users: users})
		checkSound(t, "Drain", d)
		if i > 1 && !d.From.Equal(second(i-1)) {
			t.Errorf("delta %d begins at %v, want %v", i, d.From, second(i-1))
		}
		sum = sum.Plus(d)
		if n := sum.Total().Requests(); n < last {
			t.Errorf("%d requests after %d", n, last)
		} else {
			last = n
		}
	}
	for i := 1; ; i++ {
		add(i)
		select {
		case <-done:
			add(i + 1)
			total := sum.Total()
			for _, f := range sum.Failures {
				failures += f.Count
			}
			for _, e := range sum.Exceptions {
				exceptions += e.Count
			}
			got := []int64{total.OK.Count, total.Failed.Count, total.All().Bytes, failures, exceptions}
			want := []int64{users * each / 2, users * each / 2, users * each, users * each / 2, users * each / 10}
			if !slices.Equal(got, want) {
				t.Errorf("ok, failed, bytes, failures, exceptions = %v, want %v", got, want)
			}
			return
		default:
		}
	}
}

func TestRestartDropsWhatWasBeforeAndNothingElse(t *testing.T) {
	r := NewRecorder(epoch)
	record := func(name string, n int) {
		for i := range n {
			r.Shard(i).Record(Sample{Name: name, Problem: &Problem{Format: name}})
			r.Shard(i).Note(Mishap{Group: name})
		}
	}
	record("before", 2*MaxRows)
	for i := range 2 * MaxRows {
		r.Shard(i).Record(Sample{Name: fmt.Sprint(i)})
	}
	r.Drain(second(1), Gauges{Users: 1})
	record("also before", 10)
	r.Restart(second(5))
	record("after", 20)
	d := r.Drain(second(6), Gauges{Users: 1})
	if !d.From.Equal(second(5)) || d.Span() != time.Second {
		t.Errorf("the delta after Restart is of %v from %v, want 1s from %v", d.Span(), d.From, second(5))
	}
	if got := names(d.Rows); !slices.Equal(got, []string{"after"}) || d.Total().Requests() != 20 {
		t.Errorf("after Restart there are %d requests of %v, want 20 of [after]", d.Total().Requests(), got)
	}
	if len(d.Failures) != 1 || d.Failures[0].Count != 20 || len(d.Exceptions) != 1 || d.Exceptions[0].Count != 20 {
		t.Errorf("after Restart: failures %+v, exceptions %+v, want 20 each of one kind", d.Failures, d.Exceptions)
	}
}

// setBack returns at as time.Now would have returned it had the machine's clock been
// set back by d just before.
func setBack(t *testing.T, at time.Time, d time.Duration) time.Time {
	t.Helper()
	set := at
	// A time from time.Now is a bit, seconds in 33 bits and nanoseconds in 30, and then
	// the monotonic clock.
	*(*uint64)(unsafe.Pointer(&set)) -= uint64(d/time.Second) << 30
	if wall, mono := at.Round(0).Sub(set.Round(0)), at.Sub(set); wall != d || mono != 0 {
		t.Fatalf("the clock is set back by %v and the monotonic one by %v, want %v, 0s: times are laid out differently", wall, mono, d)
	}
	return set
}

func TestSpansAreThoseOfTheMonotonicClock(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		start := time.Now()
		r := NewRecorder(start)
		var table Table
		var history History
		const seconds = 940 // so that the history has merged some
		at := func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) }
		for i := 1; i <= seconds; i++ {
			now := at(i)
			if i >= 5 && i < 500 { // set at once, and set right later
				now = setBack(t, now, step)
			}
			r.Shard(i).Record(Sample{Name: "/", Took: time.Millisecond})
			d := r.Drain(now, Gauges{})
			table.Add(d)
			history.Add(d)
			back, err := ParseDelta(d.AppendBinary(nil))
			if err != nil {
				t.Fatal(err)
			}
			for name, d := range map[string]Delta{"delta": d, "decoded delta": back} {
				from, to := at(i-1).Round(0), at(i).Round(0)
				if d.Span() != time.Second || !d.From.Round(0).Equal(from) || !d.To.Round(0).Equal(to) {
					t.Fatalf("%s %d is of %v from %v to %v, want 1s from %v to %v", name, i, d.Span(), d.From, d.To, from, to)
				}
			}
		}
		s := table.Snapshot()
		requests, _ := s.Rates(s.Total.Row)
		if s.Span() != seconds*time.Second || s.CurrentSpan != 10*time.Second {
			t.Errorf("the table is of %v, the current part of %v, want %v, 10s", s.Span(), s.CurrentSpan, seconds*time.Second)
		}
		checkRate(t, "all requests", requests, 1)
		checkRate(t, "current requests", s.Total.Rate, 1)
		got := spans(history.Timeline())
		if len(got) != 2 || got[time.Second]+10*got[10*time.Second] != seconds {
			t.Errorf("the history has spans %v, want %d s in steps of 1 s and 10 s", got, seconds)
		}
		for p := range history.Timeline().Points() {
			checkRate(t, fmt.Sprintf("requests in the point from %v to %v", p.From, p.To), p.Rate(), 1)
		}
	}
}

func TestFailuresAndExceptionsAreOnTheClockOfTheRecorder(t *testing.T) {
	start := time.Now()
	r := NewRecorder(start)
	at := start.Add(time.Second)
	set := setBack(t, at, time.Hour)
	r.Shard(0).Record(Sample{Name: "/", Problem: &Problem{Format: "odd", At: set}})
	r.Shard(0).Note(Mishap{Group: "odd", At: set})
	d := r.Drain(start.Add(2*time.Second), Gauges{})
	f, e := d.Failures[0], d.Exceptions[0]
	for _, got := range []time.Time{f.First, f.Last, e.First, e.Last} {
		if !got.Round(0).Equal(at.Round(0)) {
			t.Errorf("after the machine's clock was set back by 1h: failure %v to %v, exception %v to %v, want %v", f.First, f.Last, e.First, e.Last, at)
			break
		}
	}
}

func TestADrainInThePastTakesNoTime(t *testing.T) {
	r := NewRecorder(epoch)
	for i, test := range []struct{ now, from, to int }{{2, 0, 2}, {1, 2, 2}, {3, 2, 3}} {
		d := r.Drain(second(test.now), Gauges{})
		if !d.From.Equal(second(test.from)) || !d.To.Equal(second(test.to)) {
			t.Errorf("delta %d is from %v to %v, want from %v to %v", i, d.From, d.To, second(test.from), second(test.to))
		}
	}
}

func TestRestartWhileRecording(t *testing.T) {
	const users, each = 8, 10_000
	r := NewRecorder(epoch)
	var recording sync.WaitGroup
	for user := range users {
		recording.Go(func() {
			for range each {
				r.Shard(user).Record(Sample{Name: "/", Took: time.Millisecond})
			}
		})
	}
	for i := range 50 {
		r.Restart(second(i))
		if n := r.Drain(second(i+1), Gauges{Users: 1}).Total().Requests(); n < 0 || n > users*each {
			t.Errorf("%d requests between Restart and Drain", n)
		}
	}
	recording.Wait()
	r.Restart(second(100))
	if n := r.Drain(second(101), Gauges{Users: 1}).Total().Requests(); n != 0 {
		t.Errorf("%d requests after the last Restart, want 0", n)
	}
}

func TestAShardDrainedTwiceQuicklyKeepsItsSlices(t *testing.T) {
	r := NewRecorder(epoch)
	s := r.Shard(0)
	for range 3 {
		for range 100 {
			s.Record(Sample{Name: "/"})
		}
		for i, want := range []int64{100, 0, 0} {
			if got := r.Drain(epoch, Gauges{}).Total().Requests(); got != want {
				t.Fatalf("drain %d: %d requests, want %d", i, got, want)
			}
		}
	}
	for range 2 {
		s.Record(Sample{Name: "/"})
		r.Drain(epoch, Gauges{})
	}
	if cap(s.samples) < 1 || cap(s.spare) < 1 || unsafe.SliceData(s.samples[:1]) == unsafe.SliceData(s.spare[:1]) {
		t.Errorf("after drains the shard has slices of capacity %d and %d, want two different ones",
			cap(s.samples), cap(s.spare))
	}
	for _, sample := range s.spare[:cap(s.spare)] {
		if sample != (Sample{}) {
			t.Fatalf("a drained slice still holds %+v", sample)
		}
	}
}

func TestAThousandRowsThenOther(t *testing.T) {
	const extra = 50
	r := NewRecorder(epoch)
	record := func() {
		for i := range MaxRows + extra {
			name := fmt.Sprintf("/%04d", i)
			r.Shard(0).Record(Sample{Method: "GET", Name: name, Problem: &Problem{Format: name, Message: name, At: second(i)}})
			r.Shard(0).Note(Mishap{Group: name, Message: name, Stack: name, At: second(i)})
		}
	}
	for round := range 3 {
		record()
		d := r.Drain(second(round), Gauges{Users: 1})
		checkSound(t, "Drain", d)
		if len(d.Rows) != MaxRows+1 || len(d.Failures) != MaxRows+1 || len(d.Exceptions) != MaxRows+1 {
			t.Fatalf("%d rows, %d failures, %d exceptions, want %d each",
				len(d.Rows), len(d.Failures), len(d.Exceptions), MaxRows+1)
		}
		other := d.Rows[0]
		if other.Key != (Key{"", Other}) || other.Requests() != extra {
			t.Errorf("first row is %v with %d requests, want %v with %d", other.Key, other.Requests(), Key{"", Other}, extra)
		}
		if f := d.Failures[0]; f.FailureKey != (FailureKey{"", Other, Other, false}) || f.Count != extra ||
			f.Example != fmt.Sprintf("/%04d", MaxRows+extra-1) {
			t.Errorf("first failure is %+v, want %d of %s", f, extra, Other)
		}
		if e := d.Exceptions[0]; e.Group != Other || e.Count != extra || e.Stack != fmt.Sprintf("/%04d", MaxRows) {
			t.Errorf("first exception is %+v, want %d of %s", e, extra, Other)
		}
		if n := d.Total().Requests(); n != MaxRows+extra {
			t.Errorf("%d requests, want %d", n, MaxRows+extra)
		}
	}
}

func TestPhasesAreBounded(t *testing.T) {
	r := NewRecorder(epoch)
	for range 2 {
		for i := range MaxRows + 50 {
			r.Shard(0).Record(Sample{Method: "GET", Name: fmt.Sprint(i), FirstByte: time.Millisecond, Streamed: true})
		}
		r.Shard(0).Record(Sample{Method: "GET", Name: "late", FirstByte: time.Millisecond, Dial: &Dial{1, 1, 1}})
		d := r.Drain(second(1), Gauges{})
		checkSound(t, "Drain", d)
		found := map[Key]int64{}
		for _, p := range d.Phases {
			found[p.Key] = p.OK.Count
		}
		const named = MaxRows - 4 // rows with a phase of their own, beside the four of all requests
		for key, want := range map[Key]int64{
			{PhaseFirstByte, ""}: MaxRows + 51, {PhaseDNS, ""}: 1, {PhaseConnect, ""}: 1, {PhaseTLS, ""}: 1,
			{PhaseFirstByte, "GET 0"}: 1, {PhaseFirstByte, "GET 995"}: 1, {PhaseFirstByte, "GET 996"}: 0,
			{"", Other}: MaxRows + 50 - named,
		} {
			if got := found[key]; got != want {
				t.Errorf("%d samples of phase %v, want %d", got, key, want)
			}
		}
		if len(found) != MaxRows+1 {
			t.Errorf("%d phases, want %d", len(found), MaxRows+1)
		}
	}
}

func TestARowCalledOtherIsCountedThere(t *testing.T) {
	r := NewRecorder(epoch)
	r.Shard(0).Record(Sample{Name: Other})
	for i := range MaxRows + 5 {
		r.Shard(0).Record(Sample{Name: fmt.Sprint(i)})
	}
	d := r.Drain(second(1), Gauges{Users: 1})
	checkSound(t, "Drain", d)
	if len(d.Rows) != MaxRows+1 || d.Rows[0].Requests() != 6 {
		t.Errorf("%d rows, the first of %d requests; want %d, 6", len(d.Rows), d.Rows[0].Requests(), MaxRows+1)
	}
}

func TestStacksDoNotPileUp(t *testing.T) {
	r := NewRecorder(epoch)
	before := heap()
	for i := range 20_000 {
		r.Shard(i).Note(Mishap{"panic", fmt.Sprint(i), strings.Repeat("x", 10_000) + fmt.Sprint(i), second(i)})
	}
	if grown := heap() - before; grown > 4<<20 {
		t.Errorf("the heap has grown by %d bytes, want at most 4 MB", grown)
	}
	d := r.Drain(second(1), Gauges{Users: 1})
	if len(d.Exceptions) != 1 || d.Exceptions[0].Count != 20_000 || d.Exceptions[0].Message != "19999" {
		t.Errorf("exceptions %.200s, want 20000, the latest 19999", fmt.Sprint(d.Exceptions))
	}
}

// heap returns the size of what is alive.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestTextsAreCutAndValid(t *testing.T) {
	long := strings.Repeat("é", maxText)
	for _, test := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "not found: /é", "not found: /é"},
		{"as long as allowed", strings.Repeat("x", maxText), strings.Repeat("x", maxText)},
		{"longer", strings.Repeat("x", maxText+1), strings.Repeat("x", maxText) + "…"},
		{"two-byte runes", long, long[:maxText] + "…"},
		{"cut inside a rune", "x" + long, "x" + long[:maxText-2] + "…"},
		{"not UTF-8", "a\xff\xfeb", "a\uFFFDb"},
		{"only continuations", strings.Repeat("\x80", maxText+9), "\uFFFD…"},
	} {
		got := text(test.in, maxText)
		if got != test.want {
			t.Errorf("%s: text(%.20q…) = %.20q… of %d bytes, want %.20q… of %d",
				test.name, test.in, got, len(got), test.want, len(test.want))
		}
	}
}

func TestHostileTextsAreMadeFit(t *testing.T) {
	r := NewRecorder(epoch)
	chance := rand.New(rand.NewPCG(1, 9))
	for range 200 {
		noise := make([]byte, chance.IntN(4*maxText))
		for i := range noise {
			noise[i] = byte(chance.IntN(256))
		}
		s := string(noise)
		r.Shard(0).Record(Sample{Method: s, Name: s, Problem: &Problem{Format: s, Message: s, At: epoch}})
		r.Shard(0).Note(Mishap{Group: s, Message: s, Stack: strings.Repeat(s, 8), At: epoch})
	}
	d := r.Drain(second(1), Gauges{Users: 1})
	checkSound(t, "Drain", d)
	if len(d.Rows) == 0 || d.Total().Requests() != 200 {
		t.Errorf("%d rows of %d requests, want some of 200", len(d.Rows), d.Total().Requests())
	}
	check := func(what, s string, most int) {
		if !utf8.ValidString(s) || len(s) > 3*most+len("…") { // a byte may become a rune of three
			t.Errorf("%s is %.20q… of %d bytes", what, s, len(s))
		}
	}
	for _, f := range d.Failures {
		check("a method", f.Method, maxText)
		check("a name", f.Name, maxText)
		check("a format", f.Format, maxText)
		check("an example", f.Example, maxText)
	}
	for _, e := range d.Exceptions {
		check("a group", e.Group, maxText)
		check("a message", e.Message, maxText)
		check("a stack", e.Stack, 8*maxText)
	}
}
