package load_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/stats"
)

// detail returns the one failed request of d in detail.
func detail(t testing.TB, d stats.Delta) stats.Exemplar {
	t.Helper()
	if len(d.Failures) != 1 || len(d.Failures[0].Samples) != 1 {
		t.Fatalf("failures %+v, want one with a sample", d.Failures)
	}
	return d.Failures[0].Samples[0]
}

// lines returns header fields, a line each.
func lines(fields []stats.Field) string {
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	return b.String()
}

func TestAFailureIsKeptInDetail(t *testing.T) {
	s := seat(t, always(answer{
		status: 503, body: `{"error":"full"}`, header: http.Header{"Retry-After": {"3"}, "Content-Type": {"application/json"}},
		took: time.Millisecond, firstByte: 500 * time.Microsecond, dial: &load.Dial{Connect: 7},
	}))
	s.Header.Set("Accept", "application/json")
	s.Header.Set("X-Kind", "user's")
	s.Iteration()
	s.Iteration()
	s.Task("forum/read")
	before := time.Now()
	s.Try(func() error {
		s.Put("/a/7", load.Name("/a/{id}"), load.Query("page", "2"), load.JSON(map[string]int{"n": 1}), load.Header("X-Kind", "own"))
		return nil
	})
	got := detail(t, s.recorded())
	if got.At.Before(before) || got.At.After(time.Now()) {
		t.Errorf("At %v, want now", got.At)
	}
	want := stats.Exemplar{
		At: got.At, Rank: got.Rank, Users: got.Users,
		Method: "PUT", Name: "/a/{id}", Message: `status 503: {"error":"full"}`, URL: "http://host.test/a/7?page=2",
		User: 1, Scenario: "play", Task: "forum/read", Iteration: 2,
		Status: 503, Took: time.Millisecond, FirstByte: 500 * time.Microsecond, Dial: load.Dial{Connect: 7}, Bytes: 16,
		Request: stats.Message{Fields: []stats.Field{
			{Name: "Host", Value: "host.test"}, {Name: "Accept", Value: "application/json"}, {Name: "X-Kind", Value: "own"},
			{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Length", Value: "7"},
		}, Body: `{"n":1}`, Size: 7},
		Response: stats.Message{
			Fields: []stats.Field{{Name: "Content-Type", Value: "application/json"}, {Name: "Retry-After", Value: "3"}}, Body: `{"error":"full"}`, Size: 16,
		},
	}
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("kept\n%s\nwant\n%s", g, w)
	}
}

// What a request was is told as it was when the next one, a pause or the end of the
// task settles it.
func TestASampleIsKeptAsItWasJudged(t *testing.T) {
	teapot := answer{status: 418, body: "tea", header: http.Header{"X-A": {"1"}}}
	for name, tt := range map[string]struct {
		answer answer
		do     func(s *stage)
		check  func(e stats.Exemplar) bool
	}{
		"judged after decoding": {answer{body: `{"a":1}`}, func(s *stage) {
			r := s.Get("/")
			var v struct{ A int }
			if err := r.JSON(&v); err == nil {
				r.Failf("a is %d", v.A)
			}
		}, func(e stats.Exemplar) bool {
			return e.Status == 200 && e.Message == "a is 1" && e.Response.Body == `{"a":1}`
		}},
		"renamed": {teapot, func(s *stage) { s.Get("/7").Rename("/{id}") }, func(e stats.Exemplar) bool {
			return e.Name == "/{id}" && e.URL == "http://host.test/7"
		}},
		"before a pause": {teapot, func(s *stage) { s.Get("/"); s.Pause(time.Second / 50) }, func(e stats.Exemplar) bool {
			return e.Response.Body == "tea" && len(e.Response.Fields) == 1
		}},
		"at the end of a task": {teapot, func(s *stage) {
			s.Task("one")
			s.Try(func() error { s.Get("/"); return nil })
			s.Task("two")
			s.Rest()
		}, func(e stats.Exemplar) bool { return e.Task == "one" && e.Response.Body == "tea" }},
		"no answer": {answer{err: &load.TransportError{Class: load.Refused}, status: 302, body: "x"}, func(s *stage) { s.Get("/a") }, func(e stats.Exemplar) bool {
			return e.Status == 0 && e.Message == "connection refused" && e.URL == "http://host.test/a" && e.Response.Body == ""
		}},
		"a body that cannot be decoded": {answer{status: 500, broken: errors.New("odd coding"), body: "x"}, func(s *stage) { s.Get("/a") }, func(e stats.Exemplar) bool {
			return e.Response.Body == "(odd coding)" && e.Response.Size == 1
		}},
		"a stream": {answer{status: 500, parts: []string{"one", "two"}, body: "x", header: http.Header{"X-A": {"1"}}}, func(s *stage) {
			s.Get("/", load.Each(func([]byte) error { return nil }))
		}, func(e stats.Exemplar) bool {
			return e.Response.Body == "" && e.Response.Size == 7 && len(e.Response.Fields) == 1
		}},
		"a stream that was not wanted": {answer{parts: []string{"one", "two"}}, func(s *stage) {
			s.Get("/", load.Each(func(part []byte) error { return fmt.Errorf("odd %s", part) }))
		}, func(e stats.Exemplar) bool { return e.Message == "odd one" && e.Status == 200 }},
		"measured": {teapot, func(s *stage) {
			s.Get("/before").Expect(418)
			s.Measure("TCP", "ping", func(context.Context) (int64, error) { return 3, errors.New("no pong") })
		}, func(e stats.Exemplar) bool {
			return e.Method == "TCP" && e.Message == "no pong" && e.Bytes == 3 && e.Status == 0 && e.URL == "" &&
				e.Request.Fields == nil && e.Response.Fields == nil
		}},
		"a form, though the next has another": {teapot, func(s *stage) {
			s.Post("/", load.Form("a", "1"))
			s.Post("/ok", load.Form("b", "2")).Expect(418)
		}, func(e stats.Exemplar) bool { return e.Request.Body == "a=1" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := seat(t, always(tt.answer))
			s.Try(func() error { tt.do(s); return nil })
			if got := detail(t, s.recorded()); !tt.check(got) {
				t.Errorf("kept %+v", got)
			}
		})
	}
}

func TestSlowSamplesAreKeptToo(t *testing.T) {
	s := seat(t, always(answer{status: 201, body: "made"}))
	s.Post("/")
	row, _ := only(t, s.recorded())
	if len(row.Slow) != 1 || row.Slow[0].Status != 201 || row.Slow[0].Response.Body != "made" || row.Slow[0].Message != "" {
		t.Errorf("kept %+v, want the one there was", row.Slow)
	}
}

func TestBodiesAreKeptInPart(t *testing.T) {
	long := strings.Repeat("é", 1<<19) + "!"
	tests := map[string]struct{ body, want string }{
		"short":           {"héllo\tyou\r\n", "héllo\tyou\r\n"},
		"none":            {"", ""},
		"just so":         {long[:4096], long[:4096]},
		"long":            {long, long[:4096] + "…"},
		"cut in a letter": {"x" + long, "x" + long[:4094] + "…"},
		"not quite UTF-8": {"caf\xe9 au lait", "caf\uFFFD au lait"},
		"binary":          {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR and more", "(binary, 25 bytes: 89 50 4e 47 0d 0a 1a 0a 00 00 00 0d 49 48 44 52…)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := seat(t, always(answer{status: 500, body: tt.body}))
			s.Post("/", load.Body("x/y", []byte(tt.body)))
			got := detail(t, s.recorded())
			for _, m := range []stats.Message{got.Request, got.Response} {
				if m.Body != tt.want || m.Size != int64(len(tt.body)) {
					t.Errorf("%d bytes %.60q, want %d bytes %.60q", m.Size, m.Body, len(tt.body), tt.want)
				}
			}
		})
	}
}

func TestFieldsAreKeptInPart(t *testing.T) {
	h := http.Header{"A-Long": {strings.Repeat("x", 10000)}}
	for i := range 1000 {
		h.Add("B", fmt.Sprint("value ", i))
	}
	s := seat(t, always(answer{status: 500, header: h}))
	s.Get("/")
	got := detail(t, s.recorded()).Response.Fields
	last := got[len(got)-1]
	if size := len(lines(got)); size > 6<<10 || len(got[0].Value) > 1100 || last.Name != "…" || last.Value != fmt.Sprintf("%d more", 1001-len(got)+1) {
		t.Errorf("%d bytes in %d fields, the first of %d, the last %v", size, len(got), len(got[0].Value), last)
	}
}

func TestNoSecretIsKept(t *testing.T) {
	const secret = "s3cr3t w0rd"
	secrets := []string{secret, "s3cr3t+w0rd", "s3cr3t%20w0rd", "abcdefghi", "tok.en.1", "sid-12345", "set-67890", "host-pass", "aG9zdC", "hunter22"}
	h := http.Header{
		"Set-Cookie": {"sid=set-67890; Path=/"}, "X-Echo": {"tok.en.1"}, "Location": {"/?access_token=hunter22"},
		"X-Auth-Token": {"hunter22"},
	}
	body := `{"password":"abcdefghi","you":"` + secret + `","auth":"Basic aG9zdC11c2VyOmhvc3QtcGFzcw==","sent":"tok.en.1 sid-12345","deep":[{"client_secret":"hunter22"}]`
	key := load.Param[string]{Name: "key", Secret: true}
	plan, err := load.Scenario[struct{}]{Name: "play", Params: []load.Parameter{key}, Tasks: []load.Task[struct{}]{{Name: "t", Run: func(*struct{}, *load.User) error { return nil }}}}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	s := seat(t, always(answer{status: 401, body: body, header: h}), func(s *load.Seat) {
		s.Base = base(t, "http://host-user:host-pass@host.test")
		s.Params = plan.Values(map[string]any{"key": secret})
		s.Secrets = plan.Secrets(s.Params)
	})
	for _, tt := range []struct {
		name string
		do   func()
	}{
		{"form", func() {
			s.Post("/login/"+strings.ReplaceAll(secret, " ", "%20"), load.Name("/login"), load.Form("user", "ann", "password", "abcdefghi", "key", key.Of(s.User)),
				load.Query("api_key", "hunter22"), load.Header("Cookie", "sid=sid-12345"), load.Header("X-Session-Token", "tok.en.1"))
		}},
		{"JSON", func() {
			s.Header.Set("Authorization", "Bearer tok.en.1")
			s.Header.Set("X-Api-Key", "hunter22")
			s.Header.Set("Cookie", "sid=sid-12345")
			s.Post("/login", load.JSON(map[string]any{"token": "tok.en.1", "nested": map[string]string{"passwd": "abcdefghi"}, "k": secret})).
				Failf("said %s", body)
		}},
		{"measured", func() {
			s.Measure("RPC", "login", func(context.Context) (int64, error) { return 0, fmt.Errorf("key %s is wrong", secret) })
		}},
	} {
		tt.do()
		d := s.recorded()
		got := detail(t, d)
		all := fmt.Sprintf("%+v %+v", got, d.Failures[0])
		for _, secret := range secrets {
			if strings.Contains(all, secret) {
				t.Errorf("%s: %s is left in %s", tt.name, secret, all)
			}
		}
		if !strings.Contains(all, "[redacted]") {
			t.Errorf("%s: nothing was blanked in %s", tt.name, all)
		}
	}
}

// Where no name is given a row has that of its path, query included.
func TestNoRowIsNamedByASecret(t *testing.T) {
	s := seat(t, always(answer{status: 500}), func(s *load.Seat) { s.Secrets = []string{"s3cr3t"} })
	for path, want := range map[string]string{
		"/a?page=2&token=hunter22&password=":      "/a?page=2&token=[redacted]&password=",
		"/a?q=s3cr3t&sort=up":                     "/a?q=[redacted]&sort=up",
		"/token?page=2":                           "/token?page=2",
		"/a?signature=abc%26def&access_token=x;y": "/a?signature=[redacted]&access_token=[redacted]",
	} {
		s.Get(path)
		d := s.recorded()
		if row, _ := only(t, d); row.Name != want || d.Failures[0].Name != want {
			t.Errorf("GET %s is in the row %q, its failure in %q, want %q", path, row.Name, d.Failures[0].Name, want)
		}
	}
}

func TestNoMessageHoldsTheSecretOfARun(t *testing.T) {
	s := seat(t, always(answer{status: 500, body: "what is s3cr3t?"}), func(s *load.Seat) { s.Secrets = []string{"s3cr3t"} })
	for range 200 { // most are not kept in detail
		s.Get("/")
		s.Measure("RPC", "call", func(context.Context) (int64, error) { return 0, errors.New("what is s3cr3t?") })
		s.Note("do", errors.New("what is s3cr3t?"))
		s.Note("do", &load.Panic{Value: "s3cr3t", Stack: "panic(s3cr3t)"})
		d := s.recorded()
		if all := fmt.Sprintf("%+v %+v", d.Failures, d.Exceptions); strings.Contains(all, "s3cr3t") || len(d.Failures) != 2 {
			t.Fatalf("failures %s, want two without the secret", all)
		}
	}
}

func TestNoKindOfFailureAndNoExceptionQuotesASecret(t *testing.T) {
	const secret = "correcthorsebattery"
	s := seat(t, always(answer{status: 200, body: "ok"}))
	s.Measure("SOAP", "login", func(context.Context) (int64, error) {
		return 0, errors.New("post http://h/login?password=" + secret + ": refused")
	})
	s.Get("/").Failf("%s", "bad token="+secret)
	s.Get("/formatted").Failf("bad token="+secret+", attempt %d", 2)
	_ = s.Group("buy", func() error { return errors.New("no cart for token=" + secret) })
	s.Note("do", errors.New("login with password="+secret+" failed"))
	s.Note("do", &load.Panic{Value: "password=" + secret, Stack: "panic(password=" + secret + ")\n\tplay.go:3"})
	d := s.recorded()
	for _, f := range d.Failures {
		if strings.Contains(f.Format, secret) {
			t.Errorf("a failure of %s %s is of the kind %q", f.Method, f.Name, f.Format)
		}
	}
	for _, e := range d.Exceptions {
		if all := fmt.Sprintf("%+v", e); strings.Contains(all, secret) {
			t.Errorf("an exception says %s", all)
		}
	}
	if len(d.Failures) != 4 || len(d.Exceptions) != 2 {
		t.Errorf("%d kinds of failure and %d exceptions, want 4 and 2", len(d.Failures), len(d.Exceptions))
	}
}

func TestSamplesSayTheStatusOfTheAnswer(t *testing.T) {
	s := seat(t, &fake{reply: func(r *load.Request) answer {
		switch r.Target {
		case "/made":
			return answer{status: 201}
		case "/cut":
			return answer{status: 200, err: &load.TransportError{Class: load.BodyTimeout}}
		}
		return answer{status: 404}
	}})
	s.Get("/made")
	s.Get("/none").Expect(404)
	s.Get("/cut")
	s.Get("ftp://")
	s.Measure("RPC", "call", func(context.Context) (int64, error) { return 0, nil })
	want := map[string]int{"/made": 201, "/none": 404, "/cut": 0, "ftp://": 0, "call": 0}
	for _, row := range s.recorded().Rows {
		if len(row.Statuses) != 1 || row.Statuses[0].Of != want[row.Name] {
			t.Errorf("%s: statuses %v, want one %d", row.Name, row.Statuses, want[row.Name])
		}
	}
}
