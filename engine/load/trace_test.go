package load_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

var traceparent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`)

// traces returns the traceparent fields of a request.
func traces(r load.Request) (list []string) {
	for name, values := range r.Header {
		if strings.EqualFold(name, "traceparent") {
			list = append(list, values...)
		}
	}
	for _, f := range r.Extra {
		if strings.EqualFold(f.Name, "traceparent") {
			list = append(list, f.Value)
		}
	}
	return list
}

func traced(share float64) func(*load.Seat) { return func(s *load.Seat) { s.Traced = share } }

func TestAShareOfTheRequestsIsTraced(t *testing.T) {
	const all = 10_000
	for _, tt := range []struct{ share, least, most float64 }{
		{0, 0, 0}, {0.1, 0.05, 0.15}, {1, 1, 1}, // 0.05 off is 16 standard deviations
	} {
		f := &fake{}
		u := seat(t, f, traced(tt.share))
		seen := map[string]bool{}
		for range all {
			u.Get("/")
		}
		n := 0
		for _, r := range f.sent {
			for _, value := range traces(r) {
				n++
				if !traceparent.MatchString(value) || seen[value] || strings.Contains(value, strings.Repeat("0", 16)) {
					t.Fatalf("traceparent %q, want %s, each another", value, traceparent)
				}
				seen[value] = true
			}
		}
		if got := float64(n) / all; got < tt.least || got > tt.most {
			t.Errorf("with a share of %v, %v of the requests are traced", tt.share, got)
		}
	}
}

func TestATraceOfTheScenariosOwnWins(t *testing.T) {
	const own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
	for name, get := range map[string]func(u *load.User){
		"of one request": func(u *load.User) { u.Get("/", load.Header("traceparent", own)) },
		"of the user":    func(u *load.User) { u.Header.Set("traceparent", own); u.Get("/") },
		"as it is":       func(u *load.User) { u.Header["traceparent"] = []string{own}; u.Get("/") },
	} {
		f := &fake{}
		get(seat(t, f, traced(1)).User)
		if got := traces(f.sent[0]); len(got) != 1 || got[0] != own {
			t.Errorf("%s: traceparents %q, want %q", name, got, own)
		}
	}
	f := &fake{}
	before := func(s *load.Seat) {
		s.Before = func(r *load.Request) error { r.SetHeader("Traceparent", own); return nil }
	}
	seat(t, f, traced(1), before).Get("/")
	if got := traces(f.sent[0]); len(got) != 1 || got[0] != own {
		t.Errorf("of Before: traceparents %q, want %q", got, own)
	}
}

// What a seed decides must not depend on whether requests are traced.
func TestTracingTakesNothingOfTheUsersChance(t *testing.T) {
	a, b := seat(t, always(answer{status: http.StatusOK})), seat(t, always(answer{status: http.StatusOK}), traced(0.5))
	for range 100 {
		a.Get("/")
		b.Get("/")
	}
	if x, y := a.Rand.Uint64(), b.Rand.Uint64(); x != y {
		t.Errorf("the next number is %d without, %d with tracing", x, y)
	}
}
