package load_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestOptionsSayWhatIsSent(t *testing.T) {
	contentType := func(v string) []load.Field { return []load.Field{{Name: "Content-Type", Value: v}} }
	for _, tt := range []struct {
		test   string
		path   string
		opts   []load.Option
		name   string
		target string
		extra  []load.Field
		body   string
		limit  time.Duration
	}{
		{test: "nothing", path: "/a", name: "/a", target: "/a"},
		{test: "no slash", path: "a", name: "a", target: "/a"},
		{test: "no path", path: "", name: "/", target: "/"},
		{test: "fragment", path: "/a?b#c", name: "/a?b#c", target: "/a?b"},
		{test: "name", path: "/a/7", opts: []load.Option{load.Name("/a/{id}")}, name: "/a/{id}", target: "/a/7"},
		{test: "empty name", path: "/a", opts: []load.Option{load.Name("")}, name: "/a", target: "/a"},
		{test: "last name", path: "/a", opts: []load.Option{load.Name("x"), load.Name("y")}, name: "y", target: "/a"},
		{test: "query", path: "/a", opts: []load.Option{load.Query("b", "ü &=", "b", "2")}, name: "/a", target: "/a?b=%C3%BC+%26%3D&b=2"},
		{test: "more query", path: "/a?z=0", opts: []load.Option{load.Query("b", "1"), load.Query("c", "")}, name: "/a?z=0", target: "/a?z=0&b=1&c="},
		{test: "query and fragment", path: "/a#f", opts: []load.Option{load.Query("b", "1")}, name: "/a#f", target: "/a?b=1"},
		{test: "empty query", path: "/a", opts: []load.Option{load.Query()}, name: "/a", target: "/a"},
		{test: "header", path: "/a", opts: []load.Option{load.Header("X", "1"), load.Header("X", "2")}, name: "/a", target: "/a",
			extra: []load.Field{{Name: "X", Value: "1"}, {Name: "X", Value: "2"}}},
		{test: "json", path: "/a", opts: []load.Option{load.JSON(map[string]int{"b": 1})}, name: "/a", target: "/a",
			extra: contentType("application/json"), body: `{"b":1}`},
		{test: "json of another type", path: "/a", opts: []load.Option{load.Header("content-type", "application/problem+json"), load.JSON(1)}, name: "/a", target: "/a",
			extra: []load.Field{{Name: "content-type", Value: "application/problem+json"}}, body: `1`},
		{test: "form", path: "/a", opts: []load.Option{load.Form("z", "1", "a", "b c&")}, name: "/a", target: "/a",
			extra: contentType("application/x-www-form-urlencoded"), body: "z=1&a=b+c%26"},
		{test: "body", path: "/a", opts: []load.Option{load.Body("text/plain", []byte("hi"))}, name: "/a", target: "/a",
			extra: contentType("text/plain"), body: "hi"},
		{test: "body without a type", path: "/a", opts: []load.Option{load.Body("", []byte("hi"))}, name: "/a", target: "/a", body: "hi"},
		{test: "last body", path: "/a", opts: []load.Option{load.JSON(1), load.Body("text/plain", []byte("hi"))}, name: "/a", target: "/a",
			extra: contentType("text/plain"), body: "hi"},
		{test: "timeout", path: "/a", opts: []load.Option{load.Timeout(time.Second)}, name: "/a", target: "/a", limit: time.Second},
	} {
		t.Run(tt.test, func(t *testing.T) {
			f := &fake{}
			u := seat(t, f)
			u.Post("/before", load.Header("Left", "over"), load.Form("left", "over"), load.Timeout(time.Hour))
			u.recorded()
			u.Do("VERB", tt.path, tt.opts...)
			row, format := only(t, u.recorded())
			if row.Method != "VERB" || row.Name != tt.name || format != "" {
				t.Errorf("row %s %s, failure %q; want VERB %s and none", row.Method, row.Name, format, tt.name)
			}
			got := f.sent[1]
			if got.Method != "VERB" || got.Origin != "http://host.test" || got.Target != tt.target {
				t.Errorf("sent %s %s %s, want VERB http://host.test %s", got.Method, got.Origin, got.Target, tt.target)
			}
			if !slices.Equal(got.Extra, tt.extra) || string(got.Body) != tt.body || got.Limit != tt.limit {
				t.Errorf("sent fields %v, body %q, limit %s; want %v, %q, %s", got.Extra, got.Body, got.Limit, tt.extra, tt.body, tt.limit)
			}
		})
	}
}

func TestUnusableOptionsAreFailuresOfTheRequest(t *testing.T) {
	for _, tt := range []struct {
		opt  load.Option
		want string
	}{
		{load.Query("page"), `request cannot be sent: Query: "page" has no value: want names and values in turn`},
		{load.Form("a", "1", "b"), `request cannot be sent: Form: "b" has no value: want names and values in turn`},
		{load.JSON(math.NaN()), "request cannot be sent: JSON: json: unsupported value: NaN"},
	} {
		f := always(answer{body: "of the request before"})
		u := seat(t, f)
		u.Get("/before")
		u.recorded()
		resp := u.Get("/a", tt.opt)
		if resp.Text() != "" || resp.Status() != 0 || resp.Header("X") != "" {
			t.Errorf("%s: body %q, status %d, want none: there is no answer", tt.want, resp.Text(), resp.Status())
		}
		resp.Expect(200)
		d := u.recorded()
		if f := unsent(t, d); f.Format != string(load.UnusableRequest) || f.Example != tt.want {
			t.Errorf("failure %q, %q; want %q, %q", f.Format, f.Example, load.UnusableRequest, tt.want)
		}
		if len(f.sent) != 1 {
			t.Errorf("%s: it was sent", tt.want)
		}
	}
}

func TestMethods(t *testing.T) {
	f := &fake{}
	u := seat(t, f)
	u.Get("/")
	u.Post("/")
	u.Put("/")
	u.Patch("/")
	u.Delete("/")
	u.Head("/")
	var got []string
	for _, r := range f.sent {
		got = append(got, r.Method)
	}
	if want := "GET POST PUT PATCH DELETE HEAD"; strings.Join(got, " ") != want {
		t.Errorf("sent %v, want %s", got, want)
	}
}
