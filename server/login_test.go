package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/websocket"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/server/doors"
)

// A house is a server that lets in only who logs in: ann, who may operate, bob, who may
// look, and the programs that have a token.
type house struct {
	*Server
	engine *engine.Engine
	book   string // file
	audit  string // file
	log    *ledger
	link   string // that works once, where there are no users
	tokens map[doors.Role]string
}

// A ledger is a log that can be read while it is written.
type ledger struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *ledger) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

const passphrase = "correct horse"

var passphraseHash = sync.OnceValue(func() string { return doors.Hash(passphrase) })

func newHouse(t *testing.T, opts Options) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{book: filepath.Join(dir, "users"), audit: filepath.Join(dir, "audit.jsonl"), log: &ledger{}, tokens: map[doors.Role]string{}}
	b := doors.Book{Users: []doors.User{
		{Name: "ann", Role: doors.Operate, Password: passphraseHash()}, {Name: "bob", Role: doors.View, Password: passphraseHash()},
	}}
	for _, role := range []doors.Role{doors.View, doors.Operate} {
		text, err := b.AddToken("robot-"+string(role), role, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		h.tokens[role] = text
	}
	if err := b.Write(h.book); err != nil {
		t.Fatal(err)
	}
	return h.open(t, opts, doors.Options{File: h.book})
}

func (h *house) open(t *testing.T, opts Options, keeping doors.Options) *house {
	t.Helper()
	open, e := newServer(t, nil)
	opts.Engine, opts.Defaults, opts.Logger = e, open.defaults, slog.New(slog.NewTextHandler(h.log, nil))
	keeping.Log = opts.Logger
	k, err := doors.NewKeeper(keeping)
	if err != nil {
		t.Fatal(err)
	}
	opts.Login.Keeper, opts.Login.Form = k, true
	if h.audit != "" {
		if opts.Audit, err = NewAudit(opts.Logger, h.audit); err != nil {
			t.Fatal(err)
		}
	}
	h.Server, h.engine = New(opts), e
	t.Cleanup(func() { k.Close(); h.Server.Close() })
	return h
}

// logIn returns the session's cookie.
func (h *house) logIn(t *testing.T, name string, header ...string) *http.Cookie {
	t.Helper()
	fields := map[string]string{}
	for i := 0; i < len(header); i += 2 {
		fields[header[i]] = header[i+1]
	}
	w := call{name: "login of " + name, method: "POST", path: h.base + "/login", form: form("username", name, "password", passphrase), header: fields, status: 200,
		contain: []string{`"success":true`}}.do(t, h.Server)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("login of %s sets %d cookies, want one", name, len(cookies))
	}
	return cookies[0]
}

func asCookie(c *http.Cookie) map[string]string {
	return map[string]string{"Cookie": c.Name + "=" + c.Value}
}
func asToken(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

// open are the routes that anybody may use, and what a stranger gets there.
var open = map[string]int{
	"GET /healthz": 200, "GET /readyz": 200, "GET /favicon.ico": 302, "GET /static/*": 200, "GET /login": 200,
	"POST /login": 401, "POST /logout": 200,
}

// changing are the routes by which a program changes something by GET.
var changing = map[string]bool{"GET /stop": true, "GET /stats/reset": true}

// Every route there is, and every one there will be, is closed unless it is in the list
// above.
func TestEveryRouteIsClosedToStrangersAndChangesNothingForViewers(t *testing.T) {
	h := newHouse(t, Options{})
	ask := func(method, path string, header map[string]string, host string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "http://"+host+path, strings.NewReader("user_count=1&spawn_rate=1"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	seen := map[string]bool{}
	err := chi.Walk(h.routes().(chi.Router), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		name, path := method+" "+route, strings.ReplaceAll(route, "*", "app.js")
		seen[name] = true
		if got := ask(method, path, nil, "evil.test").Code; got != http.StatusMisdirectedRequest {
			t.Errorf("%s by a rebound name = %d, want %d", name, got, http.StatusMisdirectedRequest)
		}
		for kind, header := range map[string]map[string]string{
			"no proof": nil, "a wrong token": asToken("grg_00000000_x"), "a wrong cookie": {"Cookie": "gregaria-8089=x"}, "a name": {"X-Forwarded-User": "ann"},
		} {
			want, isOpen := open[name]
			if !isOpen {
				want = http.StatusUnauthorized
			}
			if got := ask(method, path, header, "localhost:8089"); got.Code != want {
				t.Errorf("%s with %s = %d, want %d", name, kind, got.Code, want)
			} else if want == http.StatusUnauthorized && !isOpen && (got.Header().Get("WWW-Authenticate") == "" || got.Header().Get("Content-Security-Policy") == "") {
				t.Errorf("%s with %s is turned away without the headers: %v", name, kind, got.Header())
			}
			if isOpen {
				continue
			}
			for _, other := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
				if got := ask(other, path, header, "localhost:8089").Code; got != http.StatusUnauthorized {
					t.Errorf("%s %s with %s = %d, want 401", other, path, kind, got)
				}
			}
		}
		if got := ask("GET", path, map[string]string{"Accept": "text/html"}, "localhost:8089"); open[name] == 0 && !(got.Code == http.StatusSeeOther && strings.HasPrefix(strings.TrimLeft(got.Header().Get("Location"), "./"), "login")) {
			t.Errorf("a browser that asks for %s gets %d and is sent to %q, want to the login", path, got.Code, got.Header().Get("Location"))
		}
		_, isOpen := open[name]
		changes := changing[name] || method != "GET" && !isOpen && name != "POST /check"
		got := ask(method, path, asToken(h.tokens[doors.View]), "localhost:8089").Code
		if changes != (got == http.StatusForbidden) {
			t.Errorf("%s by who may only look = %d, want %d: %v", name, got, http.StatusForbidden, changes)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range changing {
		if !seen[name] {
			t.Errorf("the list has %s, which is no route", name)
		}
	}
	if s := h.engine.Status(); s.Run != 0 {
		t.Error("somebody started a run")
	}
	if got := ask("GET", "/nowhere", nil, "localhost:8089").Code; got != http.StatusUnauthorized {
		t.Errorf("a stranger learns that there is nothing at /nowhere: %d", got)
	}
}

func TestALoginBeginsASessionThatNoScriptAndNoOtherSiteCanUse(t *testing.T) {
	for _, tt := range []struct {
		base, scheme, name, path string
		secure                   bool
	}{
		{"", "http", "gregaria-8089", "/", false}, {"", "https", "__Host-gregaria-8089", "/", true},
		{"/load", "http", "gregaria-8089", "/load/", false}, {"/load", "https", "__Secure-gregaria-8089", "/load/", true},
	} {
		h := newHouse(t, Options{BasePath: tt.base, Login: Login{Proxies: doors.Proxies{netip.MustParsePrefix("192.0.2.1/32")}}})
		c := h.logIn(t, "ann", "X-Forwarded-Proto", tt.scheme)
		if c.Name != tt.name || c.Path != tt.path || c.Secure != tt.secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.MaxAge != 12*3600 || len(c.Value) < 43 || c.Domain != "" {
			t.Errorf("by %s under %q the cookie is %s", tt.scheme, tt.base, c)
		}
		header := asCookie(c)
		header["X-Forwarded-Proto"] = tt.scheme
		call{name: "with the cookie", method: "GET", path: tt.base + "/stats/requests", header: header, status: 200}.do(t, h.Server)
		// A login never takes over a session, and ends the one before it.
		w := call{name: "again", method: "POST", path: tt.base + "/login", form: form("username", "bob", "password", passphrase), header: header, status: 200}.do(t, h.Server)
		if again := w.Result().Cookies()[0]; again.Value == c.Value {
			t.Error("two logins, one session")
		}
		call{name: "with the old cookie", method: "GET", path: tt.base + "/stats/requests", header: header, status: 401}.do(t, h.Server)
	}
}

func TestWhoIsWrongGetsTheSameAnswerAndThenHasToWait(t *testing.T) {
	h := newHouse(t, Options{})
	var bodies []string
	for _, try := range [][2]string{{"ann", "wrong"}, {"nobody", "wrong"}, {"nobody", passphrase}, {"", ""}} {
		w := call{name: "wrong", method: "POST", path: "/login", form: form("username", try[0], "password", try[1]), status: 401}.do(t, h.Server)
		bodies = append(bodies, fmt.Sprint(w.Body, w.Header()))
	}
	for _, b := range bodies {
		if b != bodies[0] {
			t.Errorf("answers differ:\n%s\n%s", bodies[0], b)
		}
	}
	if log := h.log.String(); strings.Contains(log, "nobody") {
		t.Errorf("the log has a name that is nobody's, and may be a password:\n%s", log)
	}
	page := map[string]string{"Accept": "text/html"}
	call{name: "in a browser", method: "POST", path: "/login", form: form("username", hostile, "password", "hunter2hunter2"), header: page, status: 401,
		contain: []string{"The name or the password is wrong.", "&lt;img src=x"}, absent: []string{"<img src=x", "hunter2"}}.do(t, h.Server)
	w := call{name: "the sixth", method: "POST", path: "/login", form: form("username", "ann", "password", passphrase), header: page, status: 429,
		contain: []string{"Try again in"}}.do(t, h.Server)
	if after := w.Header().Get("Retry-After"); after != "60" {
		t.Errorf("Retry-After = %q, want 60", after)
	}
	if log := h.log.String(); strings.Contains(log, "hunter2") || strings.Contains(log, passphrase) || !strings.Contains(log, "login failed\" who=ann") || strings.Contains(log, "img src") {
		t.Errorf("the log has to say which user failed and no password:\n%s", log)
	}
	call{name: "too long", method: "POST", path: "/login", form: form("username", "ann", "password", strings.Repeat("x", maxLogin)), status: 413}.do(t, h.Server)
	call{name: "no form", method: "POST", path: "/login", status: 400}.do(t, h.Server)
	call{name: "from another site", method: "POST", path: "/login", form: form("username", "ann", "password", passphrase),
		header: map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.test"}, status: 403}.do(t, h.Server)
}

func TestAfterALoginOnlyOurOwnPagesFollow(t *testing.T) {
	for next, want := range map[string]string{
		"": "/", "/": "/", "/?tab=charts": "/?tab=charts", "/stats/report?download=1": "/stats/report?download=1",
		"//evil.test": "/", "https://evil.test": "/", `/\evil.test`: "/", "javascript:alert(1)": "/", "/login": "/",
		"/login?next=/login": "/", "/../evil": "/", "/a\nb": "/",
	} {
		h := newHouse(t, Options{})
		w := call{name: next, method: "POST", path: "/login", form: form("username", "ann", "password", passphrase, "next", next), header: map[string]string{"Accept": "text/html"}, status: 303}.do(t, h.Server)
		if got := follow(t, "http://localhost:8089/login", w.Header().Get("Location")); got != "http://localhost:8089"+want {
			t.Errorf("next=%q leads to %s, want %s", next, got, want)
		}
	}
}

func follow(t *testing.T, from, location string) string {
	t.Helper()
	base, err := url.Parse(from)
	if err != nil {
		t.Fatal(err)
	}
	to, err := base.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return to.String()
}

func FuzzNextPath(f *testing.F) {
	for _, text := range []string{"//evil.test", `\\evil.test`, "/\t/evil.test", "http:evil.test", "/?x=//y", "%2f%2fevil.test"} {
		f.Add(text)
	}
	base, _ := url.Parse("http://localhost:8089/login")
	f.Fuzz(func(t *testing.T, next string) {
		to, err := base.Parse("./" + nextPath(next))
		if err != nil || to.Host != "localhost:8089" || to.Scheme != "http" {
			t.Errorf("next=%q leads to %v, %v", next, to, err)
		}
	})
}

func TestALinkBringsInOnceAndNotByGET(t *testing.T) {
	h := &house{log: &ledger{}}
	h.open(t, Options{}, doors.Options{Link: func(s string) { h.link = s }})
	first := h.link
	for range 2 {
		call{name: "follow", method: "GET", path: "/login?token=" + first, status: 200, contain: []string{`value="` + first + `"`, "Log in with this link"}}.do(t, h.Server)
	}
	w := call{name: "press", method: "POST", path: "/login", form: form("token", first), header: map[string]string{"Accept": "text/html"}, status: 303}.do(t, h.Server)
	c := w.Result().Cookies()[0]
	call{name: "in", method: "GET", path: "/", header: asCookie(c), status: 200, contain: []string{"Log out", "operator"}}.do(t, h.Server)
	call{name: "again", method: "POST", path: "/login", form: form("token", first), status: 401, contain: []string{"has been used"}}.do(t, h.Server)
	if h.link == first || strings.Contains(h.log.String(), h.link) || strings.Contains(h.log.String(), first) {
		t.Error("the next link is the same, or the log, which the page shows, has it")
	}
	call{name: "without one", method: "GET", path: "/login", status: 200, contain: []string{"has printed"}, absent: []string{`type="password"`}}.do(t, h.Server)
}

func TestWhoMayOnlyLookSeesWhy(t *testing.T) {
	h := newHouse(t, Options{})
	bob, ann := asCookie(h.logIn(t, "bob")), asCookie(h.logIn(t, "ann"))
	call{name: "bob's form", method: "GET", path: "/", header: bob, status: 200, contain: []string{"You may look", "disabled aria-describedby=\"start-locked\"", ">bob<", "Log out"}}.do(t, h.Server)
	call{name: "ann's form", method: "GET", path: "/", header: ann, status: 200, contain: []string{">ann<"}, absent: []string{"You may look"}}.do(t, h.Server)
	call{name: "bob starts", method: "POST", path: "/swarm", header: bob, form: form("user_count", "1", "spawn_rate", "1"), status: 403, contain: []string{"role operate"}}.do(t, h.Server)
	call{name: "ann starts", method: "POST", path: "/swarm", header: ann, form: form("user_count", "1", "spawn_rate", "1"), status: 200}.do(t, h.Server)
	call{name: "bob's page", method: "GET", path: "/", header: bob, status: 200, contain: []string{"View only"}, absent: []string{`action="stop"`, `action="stats/reset"`}}.do(t, h.Server)
	call{name: "ann's page", method: "GET", path: "/", header: ann, status: 200, contain: []string{`action="stop"`}, absent: []string{"View only"}}.do(t, h.Server)
	call{name: "ann's robot", method: "GET", path: "/stop", header: asToken(h.tokens[doors.Operate]), status: 200}.do(t, h.Server)
	if reason := h.engine.Status().Reason; reason != "stopped by robot-operate" {
		t.Errorf("the run ended because %q", reason)
	}
}

func TestLiveConnectionsNeedALoginAndEndWithIt(t *testing.T) {
	h := newHouse(t, Options{})
	host := serve(t, h.Server)
	_, port, _ := strings.Cut(host, ":")
	if _, resp, err := dial(t, host, nil); err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger's websocket: %v, %v", resp, err)
	}
	connect := func(name string) (*websocket.Conn, map[string]string) {
		cookie := asCookie(h.logIn(t, name, "Host", "localhost:"+port))
		c, _, err := dial(t, host, http.Header{"Cookie": {cookie["Cookie"]}, "Origin": {"http://" + host}})
		if err != nil {
			t.Fatal(err)
		}
		return c, cookie
	}
	bob, bobsCookie := connect("bob")
	readUntil(t, bob, `data-state="ready"`)
	ann, _ := connect("ann")
	if _, err := h.engine.Start(engine.Config{Users: 1, SpawnRate: 100, Scenarios: []string{"shop"}}); err != nil {
		t.Fatal(err)
	}
	if frame := readUntil(t, bob, "/missing"); !strings.Contains(frame, "View only") || strings.Contains(frame, `action="stop"`) {
		t.Errorf("who may only look is shown buttons: %.900s", frame)
	}
	if frame := readUntil(t, ann, "/missing"); strings.Contains(frame, "View only") || !strings.Contains(frame, `action="stop"`) {
		t.Errorf("who may operate is shown no buttons: %.900s", frame)
	}
	if _, _, err := dial(t, host, http.Header{"Cookie": {bobsCookie["Cookie"]}}); err == nil {
		t.Error("a cookie without an origin opens a websocket")
	}
	bobsCookie["Host"] = "localhost:" + port
	call{name: "log out", method: "POST", path: "/logout", header: bobsCookie, status: 200}.do(t, h.Server)
	bob.SetReadDeadline(time.Now().Add(patience))
	for {
		_, _, err := bob.ReadMessage()
		if websocket.IsCloseError(err, closeLoggedOut) {
			break
		}
		if err != nil {
			t.Fatalf("after the logout the connection ended by %v, want code %d", err, closeLoggedOut)
		}
	}
	call{name: "afterwards", method: "GET", path: "/", header: bobsCookie, status: 401}.do(t, h.Server)
	readUntil(t, ann, "Aggregated") // hers goes on
	c, _, err := dial(t, host, http.Header{"Authorization": {"Bearer " + h.tokens[doors.View]}})
	if err != nil {
		t.Fatal(err)
	}
	readUntil(t, c, "Aggregated")
}

func TestProxiesThatAreTrustedSayWhoComes(t *testing.T) {
	trusted := Login{Header: "X-Forwarded-User", Proxies: doors.Proxies{netip.MustParsePrefix("192.0.2.1/32")}}
	stranger := trusted
	stranger.Proxies = doors.Proxies{netip.MustParsePrefix("198.51.100.0/24")}
	for _, tt := range []struct {
		name   string
		login  Login
		header map[string]string
		status int
	}{
		{"ann", trusted, map[string]string{"X-Forwarded-User": "ann"}, 200},
		{"bob may look", trusted, map[string]string{"X-Forwarded-User": "bob"}, 403},
		{"nobody we know", trusted, map[string]string{"X-Forwarded-User": "eve"}, 401},
		{"nobody", trusted, map[string]string{"X-Forwarded-User": ""}, 401},
		{"no header", trusted, nil, 401},
		{"not by the proxy", stranger, map[string]string{"X-Forwarded-User": "ann"}, 401},
		{"a password for the proxy beside it", trusted, map[string]string{"X-Forwarded-User": "ann", "Authorization": "Basic YW5uOng="}, 200},
		{"its own name for us", trusted, map[string]string{"X-Forwarded-User": "ann", "X-Forwarded-Host": "load.test"}, 200},
		{"a rebound name that says it was forwarded", trusted, map[string]string{"Host": "evil.test:8089", "X-Forwarded-User": "ann", "X-Forwarded-Host": "load.test"}, 421},
		{"its own name for us, by which it calls us", trusted, map[string]string{"Host": "load.test", "X-Forwarded-User": "ann"}, 200},
		{"a name that is not ours", trusted, map[string]string{"X-Forwarded-User": "ann", "X-Forwarded-Host": "evil.test"}, 421},
		{"our own page by TLS", trusted, map[string]string{"X-Forwarded-User": "ann", "X-Forwarded-Host": "load.test", "X-Forwarded-Proto": "https", "Origin": "https://load.test"}, 200},
		{"a page of another site", trusted, map[string]string{"X-Forwarded-User": "ann", "X-Forwarded-Host": "load.test", "Origin": "https://evil.test"}, 403},
	} {
		h := newHouse(t, Options{Login: tt.login, Hosts: []string{"load.test"}})
		call{name: tt.name, method: "POST", path: "/stats/reset", header: tt.header, status: tt.status}.do(t, h.Server)
	}
	for origin, want := range map[string]bool{"https://load.test": true, "http://load.test": false, "https://evil.test": false, "http://localhost:8089": false} {
		r := httptest.NewRequest("GET", "http://localhost:8089/live", nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("X-Forwarded-Proto", "https")
		r.Header.Set("X-Forwarded-Host", "load.test")
		got := false
		guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = sameOrigin(r) }), []string{"load.test"}, trusted.Proxies).ServeHTTP(httptest.NewRecorder(), r)
		if got != want {
			t.Errorf("a websocket from %s behind a proxy that speaks TLS: %v, want %v", origin, got, want)
		}
	}
	twice := newHouse(t, Options{Login: trusted})
	r := httptest.NewRequest("GET", "http://localhost:8089/", nil)
	r.Header["X-Forwarded-User"] = []string{"ann", "bob"}
	w := httptest.NewRecorder()
	if twice.ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
		t.Errorf("two names at once = %d, want 401", w.Code)
	}
}

// What browsers send by themselves, a cookie or what a proxy makes of one, is no proof
// that anybody wanted to change something: pages of other ports of the same host have it
// sent, too.
func TestWhereThereAreLoginsOnlyTokensChangeAnythingByGET(t *testing.T) {
	proxied := Login{Header: "X-Forwarded-User", Proxies: doors.Proxies{netip.MustParsePrefix("192.0.2.1/32")}}
	h := newHouse(t, Options{Login: proxied})
	ann := h.logIn(t, "ann")
	for _, method := range []string{"GET", "HEAD"} {
		for _, path := range []string{"/stop", "/stats/reset"} {
			call{name: "cookie", method: method, path: path, header: asCookie(ann), status: 405}.do(t, h.Server)
			call{name: "proxy", method: method, path: path, header: map[string]string{"X-Forwarded-User": "ann"}, status: 405}.do(t, h.Server)
			call{name: "token", method: method, path: path, header: asToken(h.tokens[doors.Operate]), status: 200}.do(t, h.Server)
		}
	}
}

func TestStartsAreLimitedOnceThereAreLogins(t *testing.T) {
	h := newHouse(t, Options{})
	header := asToken(h.tokens[doors.Operate])
	for i := range beginsAMinute + 1 {
		status := 422
		if i == beginsAMinute {
			status = 429
		}
		w := call{name: fmt.Sprint("start ", i), method: "POST", path: "/swarm", form: form("user_count", "x", "spawn_rate", "1"), header: header, status: status}.do(t, h.Server)
		if status == 429 && w.Header().Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
	}
	call{name: "somebody else", method: "POST", path: "/swarm", form: form("user_count", "x", "spawn_rate", "1"), header: asCookie(h.logIn(t, "ann")), status: 422}.do(t, h.Server)
	call{name: "stop", method: "POST", path: "/stop", header: header, status: 200}.do(t, h.Server)
	open, _ := newServer(t, nil)
	for range 3 * beginsAMinute {
		call{name: "without logins", method: "POST", path: "/swarm", form: form("user_count", "x", "spawn_rate", "1"), status: 422}.do(t, open)
	}
}

func TestOneAddressHasNotAllLiveConnections(t *testing.T) {
	c := crowd{most: liveConnections}
	far, near := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")
	for range livePerAddress {
		c.add(far, 1)
	}
	if c.admits(far) || !c.admits(near) || !c.admits(netip.MustParseAddr("192.0.2.2")) {
		t.Errorf("with %d from %s: another is let in: %v", livePerAddress, far, c.admits(far))
	}
	c.add(far, -1)
	if !c.admits(far) {
		t.Error("who has left is still counted")
	}
	for range liveConnections - livePerAddress + 1 {
		c.add(near, 1)
	}
	if c.admits(near) {
		t.Errorf("more than %d connections", liveConnections)
	}
	for range liveConnections {
		c.add(near, -1)
	}
	if len(c.by) != 1 {
		t.Errorf("%d addresses are remembered, want one", len(c.by))
	}
}

// After a link on another site browsers keep a strict cookie back, but not when our own
// page asks.
func TestALinkOnAnotherSiteAsksOnceMore(t *testing.T) {
	h := newHouse(t, Options{})
	again := `http-equiv="refresh"`
	call{name: "from another site", method: "GET", path: "/login?next=/logs", header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 200, contain: []string{again}}.do(t, h.Server)
	call{name: "by itself", method: "GET", path: "/login?next=/logs", header: map[string]string{"Sec-Fetch-Site": "same-origin"}, status: 200, absent: []string{again}}.do(t, h.Server)
	header := asCookie(h.logIn(t, "ann"))
	header["Sec-Fetch-Site"] = "same-origin"
	if w := (call{name: "who is in", method: "GET", path: "/login?next=/logs", header: header, status: 303}).do(t, h.Server); w.Header().Get("Location") != "./logs" {
		t.Errorf("who is in is led to %q, want ./logs", w.Header().Get("Location"))
	}
}

func TestWithoutLoginsThereIsNothingToLogInTo(t *testing.T) {
	s, _ := newServer(t, nil)
	page := map[string]string{"Accept": "text/html"}
	call{name: "the page", method: "GET", path: "/", header: page, status: 200, absent: []string{"Log out", "reader"}}.do(t, s)
	if w := (call{name: "login", method: "GET", path: "/login", status: 303}).do(t, s); w.Header().Get("Location") != "./" {
		t.Errorf("GET /login leads to %q, want the page", w.Header().Get("Location"))
	}
	call{name: "login", method: "POST", path: "/login", form: form("username", "x"), status: 200}.do(t, s)
	call{name: "logout", method: "POST", path: "/logout", status: 200}.do(t, s)
}

// entries returns the lines of an audit file.
func entries(t *testing.T, path string) (list []entry) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in line %q", err, line)
		}
		list = append(list, e)
	}
	return list
}

func TestTheAuditSaysWhoDidWhat(t *testing.T) {
	h := newHouse(t, Options{})
	ann := asCookie(h.logIn(t, "ann"))
	evil := "ann\n2026 INFO audit: start who=root\x1b[2J\u202e"
	call{name: "failed", method: "POST", path: "/login", form: form("username", evil, "password", "secretsecret"), status: 401}.do(t, h.Server)
	call{name: "refused", method: "POST", path: "/swarm", header: asToken(h.tokens[doors.View]), status: 403}.do(t, h.Server)
	call{name: "a mistake", method: "POST", path: "/swarm", form: form("user_count", "x", "spawn_rate", "1"), header: ann, status: 422}.do(t, h.Server)
	call{name: "start", method: "POST", path: "/swarm", form: form("user_count", "2", "spawn_rate", "500", "host", "http://eve:pass@shop.test", "run_time", "1h"), header: ann, status: 200}.do(t, h.Server)
	waitFor(t, h.engine, "both users", func(s *engine.Status) bool { return s.State == engine.Running })
	call{name: "edit", method: "POST", path: "/swarm", form: form("user_count", "3", "spawn_rate", "500"), header: ann, status: 200}.do(t, h.Server)
	for _, path := range []string{"/pause", "/resume", "/stats/reset", "/stop", "/logout"} {
		call{name: path, method: "POST", path: path, header: ann, status: 200}.do(t, h.Server)
	}
	got := entries(t, h.audit)
	want := []entry{
		{Event: "login", Who: "ann", Way: "password"},
		{Event: "login failed", Way: "password", Outcome: "no user has the name that was given"},
		{Event: "refused", Who: "robot-view", Way: "token", Outcome: "POST /swarm"},
		{Event: "start", Who: "ann", Way: "password", Target: "http://shop.test", Scenarios: []string{"shop"}, Users: 2, SpawnRate: 500, RunTime: "1h0m0s"},
		{Event: "edit", Who: "ann", Way: "password", Target: "http://shop.test", Scenarios: []string{"shop"}, Users: 3, SpawnRate: 500, RunTime: "1h0m0s"},
		{Event: "pause", Who: "ann", Way: "password"}, {Event: "resume", Who: "ann", Way: "password"}, {Event: "reset", Who: "ann", Way: "password"},
		{Event: "stop", Who: "ann", Way: "password"}, {Event: "logout", Who: "ann", Way: "password"},
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d: %+v", len(got), len(want), got)
	}
	for i, e := range got {
		if age := time.Since(e.Time); age < 0 || age > time.Minute || e.Remote != "192.0.2.1" {
			t.Errorf("line %d is of %s by %q", i, e.Time, e.Remote)
		}
		e.Time, e.Remote = time.Time{}, ""
		if fmt.Sprintf("%+v", e) != fmt.Sprintf("%+v", want[i]) {
			t.Errorf("line %d = %+v, want %+v", i, e, want[i])
		}
	}
	log := h.log.String()
	for _, not := range []string{"secretsecret", "eve:pass", "\x1b", passphrase} {
		if strings.Contains(log, not) {
			t.Errorf("the log has %q:\n%s", not, log)
		}
	}
	if n := strings.Count(log, "audit: "); n < len(want) {
		t.Errorf("the log has %d lines of the audit, want %d", n, len(want))
	}
	if info, err := os.Stat(h.audit); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v, want 0600", info.Mode(), err)
	}
}

func TestNothingInALineOfTheAuditMakesAnother(t *testing.T) {
	e := entry{Who: "ann\n2026 INFO audit: start who=root\x1b[2J\u202e", Outcome: strings.Repeat("é", 1000), Scenarios: []string{"a\nb"}}.clean()
	if want := `ann\n2026 INFO audit: start who=root\x1b[2J\u202e`; e.Who != want || len(e.Outcome) > 510 || e.Scenarios[0] != `a\nb` {
		t.Errorf("clean = %+v, want %q, and a short outcome", e, want)
	}
}

func TestNobodyFillsTheAuditByWhatTheyMayNot(t *testing.T) {
	h := newHouse(t, Options{})
	for range 500 {
		call{name: "refused", method: "POST", path: "/stop", header: asToken(h.tokens[doors.View]), status: 403}.do(t, h.Server)
	}
	if n := len(entries(t, h.audit)); n == 0 || n > 100 {
		t.Errorf("500 requests that are refused make %d lines, want 100 at most", n)
	}
}

func TestAFullDiskIsSaidOnceAndStopsNothing(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	out := &ledger{}
	path := filepath.Join(t.TempDir(), "audit")
	if err := os.Symlink("/dev/full", path); err != nil {
		t.Fatal(err)
	}
	a, err := NewAudit(slog.New(slog.NewTextHandler(out, nil)), path)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		a.write(entry{Event: "stop", Who: "ann"})
	}
	if n := strings.Count(out.String(), "cannot be written"); n != 1 || !strings.Contains(out.String(), "no space left") {
		t.Errorf("it is said %d times, want once:\n%s", n, out)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	a.write(entry{Event: "stop", Who: "bob"})
	if got := entries(t, path); len(got) != 1 || got[0].Who != "bob" || !strings.Contains(out.String(), "lost=5") {
		t.Errorf("once there is room: %+v\n%s", got, out)
	}
	// Rotated away, a new file begins.
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	a.write(entry{Event: "stop", Who: "cy"})
	if got := entries(t, path); len(got) != 1 || got[0].Who != "cy" {
		t.Errorf("after a rotation: %+v", got)
	}
	if _, err := NewAudit(slog.Default(), filepath.Join(path, "below")); err == nil {
		t.Error("a file that cannot be is fine")
	}
}
