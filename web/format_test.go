package web

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestCountSeparatesThousands(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1234: "1 234", 12345678: "12 345 678", -1234: "-1 234",
		math.MaxInt64: "9 223 372 036 854 775 807",
	} {
		want = strings.ReplaceAll(want, " ", thin)
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestMillisIsCoarserTheLonger(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0"},
		{time.Microsecond, "0.001"},
		{40 * time.Microsecond, "0.04"},
		{94 * time.Microsecond, "0.09"},
		{95 * time.Microsecond, "0.1"},
		{400 * time.Microsecond, "0.4"},
		{time.Millisecond, "1.0"},
		{24100 * time.Microsecond, "24.1"},
		{99949 * time.Microsecond, "99.9"},
		{99950 * time.Microsecond, "100"},
		{163400 * time.Microsecond, "163"},
		{1234 * time.Millisecond, "1" + thin + "234"},
		{time.Hour, "3" + thin + "600" + thin + "000"},
	} {
		if got := millis(c.d); got != c.want {
			t.Errorf("millis(%s) = %q, want %q", c.d, got, c.want)
		}
	}
}

func TestRatesAreNeverNaN(t *testing.T) {
	for _, c := range []struct {
		rate float64
		want string
	}{
		{0, "0"}, {0.04, "0.04"}, {0.5, "0.5"}, {896.12, "896.1"}, {1792.06, "1" + thin + "792.1"},
		{math.NaN(), "–"}, {math.Inf(1), "–"}, {math.Inf(-1), "–"},
	} {
		if got := perSecond(c.rate); got != c.want {
			t.Errorf("perSecond(%v) = %q, want %q", c.rate, got, c.want)
		}
	}
	for _, c := range []struct {
		rate float64
		want string
	}{{0, "0"}, {999.94, "999.9"}, {999.95, "1" + thin + "000"}, {12345.6, "12" + thin + "346"}, {math.NaN(), "–"}} {
		if got := briefly(c.rate); got != c.want {
			t.Errorf("briefly(%v) = %q, want %q", c.rate, got, c.want)
		}
	}
}

func TestPercentNeverRoundsToNoneOrAll(t *testing.T) {
	for _, c := range []struct {
		share float64
		want  string
	}{
		{0, "0"}, {0.0000001, "<" + thin + "0.1"}, {0.001, "0.1"}, {0.492, "49.2"},
		{0.9994, "99.9"}, {0.9999999, ">" + thin + "99.9"}, {1, "100"}, {math.NaN(), "–"},
	} {
		if got := percent(c.share); got != c.want {
			t.Errorf("percent(%v) = %q, want %q", c.share, got, c.want)
		}
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0:00", 0: "0:00", 999 * time.Millisecond: "0:00", 7 * time.Second: "0:07",
		134 * time.Second: "2:14", time.Hour - 1: "59:59", time.Hour + 2*time.Minute + 14*time.Second: "1:02:14",
		100 * time.Hour: "100:00:00",
	} {
		if got := clock(d); got != want {
			t.Errorf("clock(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestLineShowsWhatHides(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"/api/v1/cities/{id}", "/api/v1/cities/{id}"},
		{"größe 城市 🏙", "größe 城市 🏙"},
		{"a\nb\tc\x00\x7f", `a\nb\tc\x00\x7f`},
		{"\x1b[31m", `\x1b[31m`},
		{"admin\u202egnp.exe", `admin\u202egnp.exe`},
		{"zero\u200bwidth\ufeff", `zero\u200bwidth\ufeff`},
		{"c1\u0085", `c1\u0085`},
		{"\xff", `\xff`},
	} {
		if got := line(c.text); got != c.want {
			t.Errorf("line(%q) = %q, want %q", c.text, got, c.want)
		}
	}
	if got, want := lines("a\n\tb\r\u2066"), "a\n\tb"+`\r\u2066`; got != want {
		t.Errorf("lines = %q, want %q", got, want)
	}
}

func TestClipCutsBetweenCharacters(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"äöü", 3, "äöü"}, {"äöüß", 3, "äöü…"}} {
		if got := clip(c.text, c.n); got != c.want {
			t.Errorf("clip(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestPlural(t *testing.T) {
	for n, want := range map[int64]string{0: "0 users", 1: "1 user", 2000: "2" + thin + "000 users"} {
		if got := plural(n, "user", "users"); got != want {
			t.Errorf("plural(%d) = %q, want %q", n, got, want)
		}
	}
}
