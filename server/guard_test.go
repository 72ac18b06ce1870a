package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestOnlyNamesThatCannotBeReboundAreAnswered(t *testing.T) {
	for _, tt := range []struct {
		host    string
		allowed string
		want    bool
	}{
		{"localhost", "", true}, {"LOCALHOST:8089", "", true}, {"LocalHost", "", true}, {"127.0.0.1:8089", "", true}, {"127.9.9.9", "", true},
		{"[::1]:8089", "", true}, {"[::1]", "", true}, {"[::1%lo]:8089", "", true}, {"[::ffff:127.0.0.1]", "", true},
		{"", "", false}, {"localhost.", "", false}, {"localhost.:8089", "", false}, {"localhost.evil.com", "", false}, {"localhost.evil.com:8089", "", false},
		{"evil.com", "", false}, {"127.0.0.1.nip.io", "", false}, {"127.0.0.1.nip.io:8089", "", false}, {"127.0.0.1.", "", false}, {"127.1", "", false},
		{"2130706433", "", false}, {"0x7f.0.0.1", "", false}, {"0127.0.0.1", "", false}, {"0.0.0.0", "", false}, {"[::]", "", false},
		{"[fe80::1%lo]", "", false}, {"localhost@evil.com", "", false}, {"localhost:80@evil.com", "", false}, {"localhost, evil.com", "", false}, {"l\u043ecalhost", "", false},
		{"box.test", "Box.Test", true}, {"BOX.test:1", "box.test", true}, {"box.test.", "box.test", false}, {"a.box.test", "box.test", false},
		{"192.0.2.1", "*", true}, {"[fe80::1%eth0]:8089", "*", true}, {"evil.com", "*", false}, {"192.0.2.1.nip.io", "*", false},
	} {
		if got := answersTo(tt.host, []string{tt.allowed}); got != tt.want && tt.allowed != "" {
			t.Errorf("answersTo(%q, %q) = %v, want %v", tt.host, tt.allowed, got, tt.want)
		}
		if got := answersTo(tt.host, nil); tt.allowed == "" && got != tt.want {
			t.Errorf("answersTo(%q) = %v, want %v", tt.host, got, tt.want)
		}
	}
}

func FuzzAnswersTo(f *testing.F) {
	for _, host := range []string{"localhost", "[::1]:1", "127.0.0.1.nip.io", "[::1%25x]", "a:b:c", "["} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if answersTo(host, nil) && strings.Contains(strings.ToLower(host), "evil") && !strings.Contains(host, "%") && !strings.Contains(host, ":") {
			t.Errorf("answersTo(%q)", host)
		}
	})
}

func TestSlowAndLargeRequestsAreEnded(t *testing.T) {
	s, _ := newServer(t, nil)
	hs := s.http()
	if hs.ReadHeaderTimeout != 5*time.Second || hs.ReadTimeout != 15*time.Second || hs.WriteTimeout != 30*time.Second || hs.IdleTimeout != time.Minute || hs.MaxHeaderBytes != 16<<10 {
		t.Errorf("timeouts are %s, %s, %s, %s and headers %d bytes", hs.ReadHeaderTimeout, hs.ReadTimeout, hs.WriteTimeout, hs.IdleTimeout, hs.MaxHeaderBytes)
	}
}

// Whatever is answered, and to whom: an error page can be framed as well as any other.
func TestEveryAnswerForbidsWhatAPageCouldAbuse(t *testing.T) {
	h := newHouse(t, Options{})
	page := map[string]string{"Accept": "text/html"}
	for _, c := range []call{
		{name: "login page", method: "GET", path: "/login", status: 200},
		{name: "wrong login", method: "POST", path: "/login", form: form("username", "x"), header: page, status: 401},
		{name: "stranger", method: "GET", path: "/", status: 401},
		{name: "stranger's browser", method: "GET", path: "/", header: page, status: 303},
		{name: "viewer", method: "POST", path: "/stop", header: asToken(h.tokens["view"]), status: 403},
		{name: "nothing there", method: "GET", path: "/nowhere", header: asToken(h.tokens["view"]), status: 404},
		{name: "wrong method", method: "PUT", path: "/stop", header: asToken(h.tokens["operate"]), status: 405},
		{name: "rebound name", method: "GET", path: "/", header: map[string]string{"Host": "evil.test"}, status: 421},
		{name: "another site", method: "POST", path: "/stop", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403},
		{name: "static", method: "GET", path: "/static/app.css", status: 200},
	} {
		header := c.do(t, h.Server).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", c.name, name, got, want)
			}
		}
	}
}

// A cookie is worth nothing to a page of another site, even where the browser sends it.
func TestASessionIsOfNoUseToOtherSites(t *testing.T) {
	h := newHouse(t, Options{})
	cookie := asCookie(h.logIn(t, "ann"))
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.test"}, {"Origin": "null"}, {"Origin": "http://localhost:1"},
	} {
		for _, path := range []string{"/swarm", "/stop", "/pause", "/stats/reset", "/logout", "/login"} {
			r := httptest.NewRequest("POST", "http://localhost:8089"+path, nil)
			r.Header.Set("Cookie", cookie["Cookie"])
			for k, v := range header {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusForbidden {
				t.Errorf("POST %s with a cookie and %v = %d, want %d", path, header, w.Code, http.StatusForbidden)
			}
		}
	}
}
