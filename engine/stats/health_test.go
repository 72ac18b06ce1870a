package stats

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestVerdictOfALongerTime(t *testing.T) {
	for _, test := range []struct {
		valid, degraded, invalid int
		want                     Verdict
	}{
		{0, 0, 0, Unknown},
		{1, 0, 0, Valid},
		{0, 1, 0, Degraded},
		{0, 0, 1, Invalid},
		{19, 1, 0, Valid},
		{19, 0, 1, Valid},
		{18, 1, 0, Degraded},
		{18, 0, 2, Degraded},
		{17, 0, 2, Invalid},
		{90, 0, 10, Degraded},
		{89, 0, 11, Invalid},
		{27, 0, 3, Degraded},
		{0, 100, 0, Degraded},
		{math.MaxInt, math.MaxInt, 0, Degraded},
	} {
		h := Health{Valid: test.valid, Degraded: test.degraded, Invalid: test.invalid}
		if got := h.Verdict(); got != test.want {
			t.Errorf("Verdict() of %d valid, %d degraded, %d invalid = %v, want %v",
				test.valid, test.degraded, test.invalid, got, test.want)
		}
	}
}

// A mishap of a few seconds spoils no run, however short that is.
func TestFewBadSecondsSpoilNoRun(t *testing.T) {
	for _, test := range []struct {
		valid, invalid int
		want           bool
	}{{0, 0, false}, {0, 1, false}, {0, 4, false}, {0, 5, true}, {5, 4, false}, {5, 5, true}, {45, 5, false}, {44, 5, true}} {
		if h := (Health{Valid: test.valid, Invalid: test.invalid}); h.Spoils() != test.want {
			t.Errorf("Spoils() of %d valid, %d invalid = %v, want %v", test.valid, test.invalid, h.Spoils(), test.want)
		}
	}
}

func TestHealthPlus(t *testing.T) {
	a := Health{
		Valid: 1, Degraded: 2, Reasons: []Reason{{"busy", Degraded, 2}, {"held back", Degraded, 1}},
		Worst: Vitals{Lag: 5, Canary: 9, Processor: 0.5, GC: 0.25, Suspended: time.Second, Unsent: 3},
	}
	b := Health{
		Degraded: 1, Invalid: 4, Reasons: []Reason{{"busy", Invalid, 4}, {"asleep", Invalid, 1}}, // in no order
		Worst: Vitals{Lag: 7, Canary: 8, Processor: 0.75, Stolen: 0.125, Suspended: time.Minute, Unsent: 4},
	}
	want := Health{
		1, 3, 4, []Reason{{"asleep", Invalid, 1}, {"busy", Invalid, 6}, {"held back", Degraded, 1}},
		Vitals{Lag: 7, Canary: 9, Processor: 0.75, GC: 0.25, Stolen: 0.125, Suspended: 61 * time.Second, Unsent: 7},
	}
	for _, got := range []Health{a.Plus(b), b.Plus(a)} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Plus =\n%+v\nwant\n%+v", got, want)
		}
	}
	if got := (Health{}).Plus(want); !reflect.DeepEqual(got, want) {
		t.Errorf("nothing.Plus(%+v) = %+v", want, got)
	}
	gravest := []Reason{{"busy", Invalid, 6}, {"asleep", Invalid, 1}, {"held back", Degraded, 1}}
	if got := want.Gravest(); !slices.Equal(got, gravest) {
		t.Errorf("Gravest() = %+v, want %+v", got, gravest)
	}
}

func TestHealthIsMadeFit(t *testing.T) {
	wild := Health{
		Reasons: []Reason{{strings.Repeat("x", 2*maxText), Degraded, 1}, {"a\xff", Degraded, 1}, {"reason 0", Verdict(-1), -1}},
		Worst:   Vitals{GC: math.NaN(), Processor: math.Inf(-1), Lag: -1},
	}
	for i := range 3 * maxReasons {
		wild.Reasons = append(wild.Reasons, Reason{fmt.Sprint("reason ", -i), Verdict(i % 7), 1})
	}
	d := Delta{From: epoch, To: second(1), Gauges: Gauges{Health: wild}}
	checkSound(t, "a delta", d)
	checkSound(t, "Plus", d.Plus(d))
	var table Table
	var history History
	for i := range 20 {
		d.From, d.To = second(i), second(i+1)
		table.Add(d)
		history.Add(d)
	}
	checkSound(t, "the table", table.sum)
	checkTimeline(t, history.Timeline(), second(20), table.sum)
	s := table.Snapshot()
	if want := history.Timeline().Point(0).Health; !reflect.DeepEqual(s.Now, want) {
		t.Errorf("Now is\n%+v\nwant\n%+v", s.Now, want)
	}
	if got := len(s.Health.Reasons); got != maxReasons+1 {
		t.Errorf("%d reasons, want %d", got, maxReasons+1)
	}
	spans := 0
	for _, r := range s.Health.Reasons {
		spans += r.Spans
	}
	for _, r := range s.Health.Reasons {
		if len(r.Text) > maxText+len("…") || !utf8.ValidString(r.Text) {
			t.Errorf("a reason is %.20q… of %d bytes, want valid UTF-8 of at most %d", r.Text, len(r.Text), maxText+len("…"))
		}
	}
	if want := 20 * (3*maxReasons + 2); spans != want {
		t.Errorf("reasons held for %d spans, want %d", spans, want)
	}
}

func TestVerdictsInWords(t *testing.T) {
	for v, want := range map[Verdict]string{Unknown: "unknown", Valid: "valid", Degraded: "degraded", Invalid: "invalid"} {
		if got := v.String(); got != want {
			t.Errorf("Verdict(%d).String() = %q, want %q", v, got, want)
		}
	}
}
