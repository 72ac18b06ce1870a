package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/gregaria/gregaria/engine"
)

// baseServer returns a server under /tools/load.
func baseServer(t *testing.T) *Server {
	t.Helper()
	s, e := newServer(t, nil)
	based := New(Options{Engine: e, Defaults: s.defaults, Logger: s.log, BasePath: "/tools/load"})
	t.Cleanup(based.Close)
	return based
}

func TestBasePathsAreReadAsLocustReadsThem(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "/": "", "/load": "/load", "/load/": "/load", "/tools/load-test_1.0~": "/tools/load-test_1.0~",
		"load": "write for example /load", "tools/load": "write for example /load", "//": "is no path", "//evil.test": "is no path",
		"/a//b": "is no path", "/../a": "is no path", "/a/.": "is no path", "/a b": "is no path", "/a%2fb": "is no path", "/a?b": "is no path",
		"/a#b": "is no path", "https://a.test/load": "does not begin with /", "/<b>": "is no path", "/a\n": "is no path",
	} {
		base, err := ParseBasePath(text)
		switch got := base; {
		case err != nil && !(strings.HasPrefix(err.Error(), "--web-base-path: ") && strings.Contains(err.Error(), want)) || err == nil && got != want:
			t.Errorf("ParseBasePath(%q) = %q, %v, want %q", text, base, err, want)
		case err != nil && want == "", err != nil && want[0] == '/':
			t.Errorf("ParseBasePath(%q) = %v, want %q", text, err, want)
		}
	}
}

func TestEveryRouteIsUnderTheBasePathAndOnlyThere(t *testing.T) {
	s := baseServer(t)
	s.metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}) // which is not there otherwise
	answer := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(method, "http://localhost:8089"+path, nil))
		return w
	}
	err := chi.Walk(s.routes().(chi.Router), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		path := strings.ReplaceAll(route, "*", "app.js")
		if got := answer(method, "/tools/load"+path).Code; got == http.StatusNotFound {
			t.Errorf("%s /tools/load%s = %d, want an answer", method, path, got)
		}
		want := http.StatusNotFound
		if slices.Contains(rootPaths, path) {
			want = http.StatusOK
		}
		if got := answer(method, path).Code; got != want {
			t.Errorf("%s %s = %d, want %d", method, path, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []call{
		{name: "elsewhere", path: "/stats/requests", contain: []string{`"success":false`, "the page is at /tools/load/", "/stats/requests", "without --web-base-path"}},
		{name: "elsewhere in a browser", path: "/stats/requests", header: map[string]string{"Accept": "text/html"},
			contain: []string{`href="./../tools/load/"`, `"./../tools/load/static/app.css?v=`}},
		{name: "a longer name", path: "/tools/loads"},
		{name: "above", path: "/tools/"},
		{name: "written otherwise", path: "/tools/%6coad/"},
		{name: "nowhere within", path: "/tools/load/a/b", header: map[string]string{"Accept": "text/html"},
			contain: []string{"nothing at /a/b", `href="./../"`, `"./../static/app.css?v=`}},
		{name: "a slash in a name", path: "/tools/load/a%2Fb/c", header: map[string]string{"Accept": "text/html"}, contain: []string{`href="./../"`}},
	} {
		c.method, c.status = "GET", 404
		c.do(t, s)
	}
}

// Where a proxy has put the site only the browser knows.
func TestRedirectsStayWhereTheSiteIs(t *testing.T) {
	page := map[string]string{"Accept": "text/html"}
	based, plain := baseServer(t), baseServer(t)
	plain.handler = guard(plain.routes(), nil)
	for _, tt := range []struct {
		call
		to string
	}{
		{call{method: "GET", path: "", status: 307}, "/"},
		{call{method: "GET", path: "?tab=charts", status: 307}, "/?tab=charts"},
		{call{method: "GET", path: "/favicon.ico", status: 302}, "/static/favicon.svg"},
		{call{method: "POST", path: "/swarm", form: form("user_count", "1", "spawn_rate", "1"), status: 303}, "/"},
		{call{method: "POST", path: "/stats/reset", form: form(), status: 303}, "/"},
		{call{method: "POST", path: "/stop", form: form(), status: 303}, "/"},
	} {
		tt.header = page
		for base, s := range map[string]*Server{"/tools/load": based, "": plain} {
			if base == "" && (tt.path == "" || tt.path[0] == '?') {
				continue
			}
			c := tt.call
			c.path = base + c.path
			location := c.do(t, s).Header().Get("Location")
			from, err := url.Parse("http://localhost:8089" + c.path)
			if err != nil {
				t.Fatal(err)
			}
			to, err := from.Parse(location)
			if err != nil || strings.HasPrefix(location, "/") || !strings.HasPrefix(to.RequestURI(), base+tt.to) {
				t.Errorf("%s %s leads to %q, which is %v (%v), want a relative address of %s", c.method, c.path, location, to, err, base+tt.to)
			}
		}
	}
}

// A link that begins with / would leave the path that a proxy has put the site under.
func TestNoLinkOfThePageIsAbsolute(t *testing.T) {
	s, e := newServer(t, nil)
	call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "2", "spawn_rate", "100"), status: 200}.do(t, s)
	waitFor(t, e, "failures", func(s *engine.Status) bool { return len(s.Stats.Failures) > 0 })
	absolute := regexp.MustCompile(`\b(href|src|action|data-connect|hx-[a-z]+|data-[a-z]+)="/[^"]*"|fetch\(["'` + "`]/" + `|url\(/`)
	for _, path := range []string{"/", "/?tab=charts", "/?tab=failures", "/?tab=exceptions", "/?tab=checks", "/?tab=ratio", "/?tab=logs", "/?tab=download",
		"/?form=new", "/?form=edit", "/plan?user_count=5", "/nowhere", "/static/app.js", "/static/forms.js", "/static/sections.js", "/static/charts.js", "/static/app.css"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "http://localhost:8089"+path, nil)
		r.Header.Set("Accept", "text/html")
		s.ServeHTTP(w, r)
		if found := absolute.FindAllString(w.Body.String(), -1); found != nil {
			t.Errorf("GET %s has %q, want only relative links", path, found)
		}
	}
}

// Whatever is taken for a base path, the site is there, and no redirect leads off it.
func FuzzParseBasePath(f *testing.F) {
	for _, text := range []string{"", "/", "/load", "/tools/load/", "load", "//evil.test", "/a/../b", "/%2e", "/a\\b", "/\x00"} {
		f.Add(text)
	}
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(r.URL.Path)) })
	f.Fuzz(func(t *testing.T, text string) {
		base, err := ParseBasePath(text)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		under(base, site).ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+base+"/stats/requests", nil))
		if w.Body.String() != "/stats/requests" {
			t.Errorf("ParseBasePath(%q) = %q, and GET %[2]s/stats/requests asks the site for %q", text, base, w.Body)
		}
		if base == "" {
			return
		}
		w = httptest.NewRecorder()
		under(base, site).ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+base, nil))
		from, _ := url.Parse("http://localhost" + base)
		if to, err := from.Parse(w.Header().Get("Location")); err != nil || to.Host != "localhost" || to.Path != base+"/" {
			t.Errorf("GET %s leads to %v, %v, want %[1]s/", base, to, err)
		}
	})
}
