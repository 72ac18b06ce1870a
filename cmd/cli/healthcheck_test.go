package cli

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

func TestHealthcheck(t *testing.T) {
	answer := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			w.WriteHeader(http.StatusOK)
		case "/closing":
			http.Error(w, "closing\x1b[2J", http.StatusServiceUnavailable)
		default:
			http.Redirect(w, r, "/closing", http.StatusFound)
		}
	}
	plain, secure := newTarget(t, answer), httptest.NewTLSServer(http.HandlerFunc(answer))
	t.Cleanup(secure.Close)
	port := func(at string) string {
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		return u.Port()
	}
	gone := newTarget(t, answer)
	gone.Close()
	for _, tt := range []struct {
		name   string
		port   string // as the environment has it
		args   []string
		status int
		says   string
	}{
		{"the program of this environment", port(plain.URL), nil, 0, ""},
		{"over TLS, whatever its certificate says", port(secure.URL), nil, 0, ""},
		{"another address", "", []string{plain.URL + "/healthz"}, 0, ""},
		{"an answer that says no", "", []string{plain.URL + "/closing"}, 1, `503 Service Unavailable: closing\x1b[2J`},
		{"a redirect to one", "", []string{plain.URL + "/"}, 1, "503 Service Unavailable"},
		{"nobody", port(gone.URL), nil, 1, "refused"},
		{"no address", "", []string{"localhost:8089"}, 2, "write for example http://127.0.0.1:8089/healthz"},
		{"two addresses", "", []string{plain.URL, plain.URL}, 2, "is too much"},
		{"a port that is none", "http", nil, 2, "is not a port"},
	} {
		t.Setenv("GREGARIA_WEB_PORT", tt.port)
		c := launch(t, nil, append([]string{"healthcheck"}, tt.args...)...)
		c.exits(t, tt.status)
		if said := c.err.String(); !strings.Contains(said, tt.says) || tt.says == "" && said != "" || strings.Contains(said, "\x1b") {
			t.Errorf("%s: healthcheck %q says %q, want %q", tt.name, tt.args, said, tt.says)
		}
	}
}

func TestDemoAlone(t *testing.T) {
	c := launch(t, nil, "demo", "--listen", "127.0.0.1:0", "--bug")
	at := c.err.find(t, `demo API is listening url=(http://127\.0\.0\.1:\d+) bug=true`)[1]
	if body := fetch(t, http.MethodGet, at+"/"); !regexp.MustCompile(`"bug":\s*true`).MatchString(body) {
		t.Errorf("GET / of the demo = %s, want it to own up to its bug", body)
	}
	taken := launch(t, nil, "demo", "--listen", strings.TrimPrefix(at, "http://"))
	taken.exits(t, 2)
	taken.err.find(t, "address already in use")
	c.signal(t, syscall.SIGTERM)
	c.exits(t, 0)
	wrong := launch(t, nil, "demo", "cities")
	wrong.exits(t, 2)
}
