package server

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/go-chi/chi/v5"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

// described is our description of the server, which is a valid one.
func described(t *testing.T) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(description)
	if err == nil {
		err = doc.Validate(loader.Context)
	}
	if err != nil {
		t.Fatalf("openapi.json is no valid description: %v", err)
	}
	return doc
}

// operations returns "GET /stop" and so on.
func operations(doc *openapi3.T) (list []string) {
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			list = append(list, method+" "+path)
		}
	}
	slices.Sort(list)
	return list
}

// Whoever adds a route describes it.
func TestOpenAPIDescribesEveryRouteAndNoOther(t *testing.T) {
	s, _ := newServer(t, nil)
	var routes []string
	err := chi.Walk(s.routes().(chi.Router), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes = append(routes, method+" "+strings.ReplaceAll(route, "*", "{file}"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	listed := operations(described(t))
	for _, route := range routes {
		if !slices.Contains(listed, route) {
			t.Errorf("openapi.json does not describe %s", route)
		}
	}
	for _, operation := range listed {
		if !slices.Contains(routes, operation) {
			t.Errorf("openapi.json describes %s, which there is not", operation)
		}
	}
}

// A script that is written from the description sends what we take.
func TestOpenAPIHasEveryFieldOfTheForm(t *testing.T) {
	listed := slices.Sorted(maps.Keys(described(t).Components.Schemas["SwarmForm"].Value.Properties))
	fields := append(slices.Collect(maps.Values(formFields)), web.FieldArrivals, web.FieldForce, web.FieldStart, locustShape, locustProfile)
	slices.Sort(fields)
	if !slices.Equal(listed, fields) {
		t.Errorf("openapi.json has the fields\n%q of POST /swarm, want\n%q", listed, fields)
	}
}

// A contract compares what handlers answer with what openapi.json says they do.
type contract struct {
	t      *testing.T
	router routers.Router
	seen   map[string][]int // statuses by operation
}

func newContract(t *testing.T, doc *openapi3.T) *contract {
	t.Helper()
	for _, kind := range []string{"text/html", "text/csv", "text/javascript", "text/markdown", "application/xml"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.PlainBodyDecoder)
	}
	doc.Servers = nil // which are relative to where the document was found
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{t: t, router: router, seen: map[string][]int{}}
}

// An exchange is a request and the status of its answer.
type exchange struct {
	method, path string
	kind, body   string // of what is sent
	header       map[string]string
	status       int
}

func (c *contract) do(s *Server, e exchange) {
	c.t.Helper()
	ask := func() *http.Request {
		r := httptest.NewRequest(e.method, "http://localhost:8089"+e.path, strings.NewReader(e.body))
		if e.kind != "" {
			r.Header.Set("Content-Type", e.kind)
		}
		for name, value := range e.header {
			r.Header.Set(name, value)
		}
		r.Host = r.Header.Get("Host")
		if r.Host == "" {
			r.Host = "localhost:8089"
		}
		return r
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, ask())
	what := e.method + " " + e.path
	if w.Code != e.status {
		c.t.Errorf("%s with %q = %d, want %d: %.300s", what, e.body, w.Code, e.status, w.Body)
		return
	}
	r := ask()
	r.URL.Scheme, r.URL.Host = "", ""
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		c.t.Errorf("%s: openapi.json: %v", what, err)
		return
	}
	operation := e.method + " " + route.Path
	c.seen[operation] = append(c.seen[operation], w.Code)
	options := &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options}
	if w.Code < 400 {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			c.t.Errorf("%s with %q is fine by the handler, and by openapi.json: %v", what, e.body, err)
		}
	}
	if route.Operation.Responses.Value(strconv.Itoa(w.Code)).Value.Content.Get("*/*") != nil && w.Code == 200 {
		return // of whatever kind
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: options}
	out.SetBodyBytes(w.Body.Bytes())
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		c.t.Errorf("%s = %d is not as openapi.json says: %v", what, w.Code, err)
	}
}

const formKind = "application/x-www-form-urlencoded"

func TestAnswersAreAsOpenAPISays(t *testing.T) {
	doc := described(t)
	c := newContract(t, doc)
	s, e := newServer(t, nil)
	page := map[string]string{"Accept": "text/html"}
	get := func(path string, status int) {
		t.Helper()
		c.do(s, exchange{method: "GET", path: path, status: status})
	}
	post := func(path, body string, status int) {
		t.Helper()
		c.do(s, exchange{method: "POST", path: path, kind: formKind, body: body, status: status})
	}
	user := func(body string, status int) {
		t.Helper()
		c.do(s, exchange{method: "POST", path: "/user", kind: "application/json", body: body, status: status})
	}
	reads := []string{"/", "/plan?user_count=5&spawn_rate=1", "/static/app.js", "/healthz", "/readyz", "/openapi.json", "/exceptions", "/tasks", "/logs", "/worker-count",
		"/stats/requests", "/stats/requests?download=1", "/stats/requests/csv", "/stats/requests_full_history/csv", "/stats/failures/csv", "/exceptions/csv",
		"/stats/service/csv", "/stats/phases/csv", "/stats/health/csv", "/stats/arrivals/csv", "/stats/report", "/stats/report?download=1&theme=dark",
		"/stats/report.json", "/stats/report.md", "/stats/report.xml", "/stats/report.hlog"}
	all := func() {
		t.Helper()
		for _, path := range reads {
			get(path, 200)
		}
		for _, path := range reads {
			if path == "/stats/report" || strings.HasSuffix(path, "/csv") {
				get(path+"?from=1773496800000&to=1773496805000", 200)
				get(path+"?from=2&to=1", 422)
			}
		}
	}
	all()
	get("/favicon.ico", 302)
	get("/static/none.js", 404)
	get("/metrics", 404)
	s.metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "users 1\n") })
	get("/metrics", 200)
	get("/live", 400)
	get("/login?next=/logs", 303)
	post("/login", "username=ann&password=x", 200)
	c.do(s, exchange{method: "POST", path: "/login", kind: formKind, body: "username=ann", header: page, status: 303})
	post("/logout", "", 200)
	c.do(s, exchange{method: "POST", path: "/logout", header: page, status: 303})
	closed := newHouse(t, Options{})
	ask := func(path, body string, status int) {
		t.Helper()
		c.do(closed.Server, exchange{method: "POST", path: path, kind: formKind, body: body, status: status})
	}
	c.do(closed.Server, exchange{method: "GET", path: "/login", status: 200})
	ask("/login", "username=ann&password=correct+horse", 200)
	c.do(closed.Server, exchange{method: "POST", path: "/login", kind: "application/json", body: "{}", status: 400})
	for range 5 {
		ask("/login", "username=ann&password=x", 401)
	}
	ask("/login", "username=ann&password=x", 429)
	closed.login.Form = false
	c.do(closed.Server, exchange{method: "GET", path: "/login", status: 404})
	ask("/login", "username=ann&password=x", 404)
	get("/plan?stages="+strings.Repeat("1m:1,", 1000), 414)
	post("/pause", "", 409)
	post("/resume", "", 409)
	post("/check", "user_count=1&spawn_rate=1&host=ftp://x", 200)
	post("/check", "user_count=1&spawn_rate=1", 200)
	post("/swarm", "user_count=abc&usr_count=3", 422)
	c.do(s, exchange{method: "POST", path: "/swarm", kind: formKind, body: "user_count=abc", header: page, status: 422})
	for _, path := range []string{"/swarm", "/check"} {
		c.do(s, exchange{method: "POST", path: path, kind: "application/json", body: "{}", status: 400})
		post(path, "user_count="+strings.Repeat("1", 2<<20), 413)
	}
	user(`{"user_class_name": "shop", "weight": 3, "host": null, "tasks": ["front", "odd"]}`, 201)
	user(`{"user_class_name": "shop", "weight": 0}`, 422)
	user(`{"user_class_name": "shop", "wait_time": 3}`, 400)
	user(`{"user_class_name": "`+strings.Repeat("x", 2<<20)+`"}`, 413)

	// With checks, failures, exceptions and percentiles.
	post("/swarm", "user_count=3&spawn_rate=1000&host=http://h.test&run_time=1h&user_classes=shop&user_classes=bare&checks=fail%25<1&checks=GET+/missing+p95<1us&pages=2&usr=1&profile=x", 200)
	waitFor(t, e, "all there is to tell", func(s *engine.Status) bool {
		return len(s.Stats.Failures) > 0 && len(s.Stats.Exceptions) > 0 && s.State == engine.Running && s.Stats.Current.All().Count > 0
	})
	all()
	post("/check", "user_count=5&host=http://other.test", 200)
	post("/pause", "", 200)
	get("/stats/requests", 200)
	post("/resume", "", 200)
	c.do(s, exchange{method: "POST", path: "/pause", header: page, status: 303})
	c.do(s, exchange{method: "POST", path: "/resume", header: page, status: 303})
	user(`{"user_class_name": "shop", "weight": 2}`, 201)
	user(`{"user_class_name": "shop", "tasks": ["front"]}`, 422)
	post("/stats/reset", "", 200)
	c.do(s, exchange{method: "POST", path: "/stats/reset", header: page, status: 303})
	get("/stats/reset", 200)
	browser := map[string]string{"Sec-Fetch-Site": "same-origin"}
	c.do(s, exchange{method: "GET", path: "/stats/reset", header: browser, status: 405})
	c.do(s, exchange{method: "GET", path: "/stop", header: browser, status: 405})
	get("/stop", 200)
	post("/stop", "", 200)
	c.do(s, exchange{method: "POST", path: "/stop", header: page, status: 303})
	all()
	c.do(s, exchange{method: "POST", path: "/swarm", kind: formKind, body: "arrival_rate=50&stages=1m:50&model=arrivals&user_cap=10&arrivals=poisson", header: page, status: 303})
	all()
	post("/stop", "", 200)

	for _, operation := range operations(doc) {
		method, path, _ := strings.Cut(operation, " ")
		path = strings.ReplaceAll(path, "{file}", "app.js")
		c.do(s, exchange{method: method, path: path, header: map[string]string{"Host": "evil.test"}, status: 421})
		if method == "POST" {
			c.do(s, exchange{method: method, path: path, kind: formKind, header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403})
		}
	}
	e.Close()
	post("/swarm", "user_count=1&spawn_rate=1", 503)
	s.Close()
	get("/live", 503)
	get("/readyz", 503)

	// What is described and was not seen is nothing that a test can bring about here.
	unseen := map[string][]int{
		"GET /live":   {101, 403, 405},                                                              // see the tests of the websocket
		"POST /pause": {503}, "POST /resume": {503}, "POST /user": {409, 503}, "POST /swarm": {409}, // see those of the engine
		"GET /": {500}, "GET /plan": {500}, "GET /stats/report": {500}, "GET /metrics": {500, 503},
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			operation := method + " " + path
			for status := range op.Responses.Map() {
				code, _ := strconv.Atoi(status)
				fileFailed := code == 500 && (strings.HasSuffix(path, "/csv") || strings.HasPrefix(path, "/stats/report."))
				login := code == 401 || code == 403 && method == "GET"
				if !fileFailed && !login && !slices.Contains(c.seen[operation], code) && !slices.Contains(unseen[operation], code) && !(method == "POST" && code == 413) {
					t.Errorf("openapi.json says that %s may answer %d, which was not seen", operation, code)
				}
			}
		}
	}
}

// What goes on under a path of a proxy is described for that path.
func TestOpenAPIIsServedWhereTheSiteIs(t *testing.T) {
	s := baseServer(t)
	w := call{name: "description", method: "GET", path: "/tools/load/openapi.json", status: 200}.do(t, s)
	if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("openapi.json is of type %q", kind)
	}
	from, _ := url.Parse("http://localhost:8089/tools/load/openapi.json")
	to, err := from.Parse(described(t).Servers[0].URL)
	if err != nil || to.Path != "/tools/load/" {
		t.Errorf("openapi.json at %s says that the server is at %s, %v, want /tools/load/", from, to, err)
	}
}
