package wire

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// listed returns what a transport lists, a line each.
func listed(list func(func(name, value string) bool)) []string {
	var lines []string
	for name, value := range list {
		lines = append(lines, name+": "+value)
	}
	return lines
}

func TestFieldsOfAnAnswerAreListed(t *testing.T) {
	tests := map[string]struct {
		answer      string
		want        []string
		wantByOther []string // from net/http, which keeps no order
	}{
		"in order": {
			"HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a:  2 \r\nX-B: 3\r\nX-None:\r\nContent-Length: 2\r\n\r\nok",
			[]string{"X-B: 1", "x-a: 2", "X-B: 3", "X-None: ", "Content-Length: 2"},
			[]string{"Content-Length: 2", "X-A: 2", "X-B: 1", "X-B: 3", "X-None: "},
		},
		"none":                {"HTTP/1.1 200 OK\r\n\r\n", nil, nil},
		"behind interim ones": {"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\nX-A: 1\r\n\r\n", []string{"X-A: 1"}, []string{"X-A: 1"}},
		"interim ones alone":  {"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n", nil, nil},
		"half a head":         {"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-", nil, nil},
		"a broken head":       {"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-B\r\n\r\n", nil, nil},
		"half a body":         {"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 9\r\n\r\nhalf", []string{"X-A: 1", "Content-Length: 9"}, []string{"Content-Length: 9", "X-A: 1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			target := serve(t, func(c *peer, n int) {
				if c.request() != nil {
					c.say(tt.answer)
				}
			})
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				want := tt.want
				if _, other := tr.(*standard); other {
					want = tt.wantByOther
				}
				get(tr, target.origin)
				if got := listed(tr.Fields); !slices.Equal(got, want) {
					t.Errorf("Fields: %q, want %q", got, want)
				}
				for range tr.Fields {
					break // may stop at once
				}
				tr.Rest()
				if got := listed(tr.Fields); got != nil {
					t.Errorf("Fields at rest: %q, want none", got)
				}
			})
		})
	}
}

func TestFieldsThatWereSentAreListed(t *testing.T) {
	each(t, Options{UserAgent: "tester"}, func(t *testing.T, tr load.Transport) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/set":
				http.SetCookie(w, &http.Cookie{Name: "a", Value: r.URL.RawQuery})
			case "/away":
				http.Redirect(w, r, "/set?3", http.StatusSeeOther)
			}
		}))
		defer srv.Close()
		host := "Host: " + strings.TrimPrefix(srv.URL, "http://")
		check := func(req load.Request, want ...string) {
			t.Helper()
			req.Origin = srv.URL
			send(tr, req)
			got := listed(tr.Sent)
			if _, other := tr.(*standard); other {
				slices.Sort(got)
				slices.Sort(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %s: Sent: %q, want %q", req.Method, req.Target, got, want)
			}
			for range tr.Sent {
				break
			}
		}
		tr.Rest()
		if got := listed(tr.Sent); got != nil {
			t.Errorf("Sent before anything was: %q", got)
		}
		check(load.Request{Method: "GET", Target: "/set?1"}, host, "User-Agent: tester", "Accept-Encoding: gzip")
		check(load.Request{
			Method: "POST", Target: "/set?2", Body: []byte("hello"),
			Header: http.Header{"X-User": {"u"}}, Extra: []load.Field{{Name: "Host", Value: "alias"}, {Name: "X-Own", Value: "o"}},
		}, "Host: alias", "X-User: u", "X-Own: o", "User-Agent: tester", "Accept-Encoding: gzip", "Cookie: a=1", "Content-Length: 5")
		check(load.Request{Method: "GET", Target: "/away"}) // what was sent last is not what was asked for
		check(load.Request{Method: "GET", Target: "/"}, host, "User-Agent: tester", "Accept-Encoding: gzip", "Cookie: a=3")
		check(load.Request{Method: "GET", Target: "/", Extra: []load.Field{{Name: "X-A", Value: "1\r\n2"}}}) // cannot be sent
		srv.CloseClientConnections()
		srv.Listener.Close()
		check(load.Request{Method: "GET", Target: "/", Limit: time.Second}, host, "User-Agent: tester", "Accept-Encoding: gzip", "Cookie: a=3") // refused
		tr.Rest()
		if got := fmt.Sprint(listed(tr.Sent)); got != "[]" {
			t.Errorf("Sent at rest: %s, want nothing", got)
		}
	})
}
