package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// A page of any other origin can neither start nor stop nor change nor read
// anything, whatever name it has and by whatever name it calls us.
func TestHostilePageCanDoNothing(t *testing.T) {
	t.Parallel()
	attacker := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	defer attacker.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(attacker.URL, "http://"), ":")
	attack := func(t *testing.T, from, victim string) map[string]string {
		p := open(t, fmt.Sprintf("http://%s:%s/attack.html?victim=%s", from, port, url.QueryEscape(victim)))
		p.allow("") // an attacker's console is full of what was refused
		p.until(`document.title === "done"`)
		done := eval[map[string]string](p, "outcome")
		tree, err := chromedp.Call(p.ctx, page.GetFrameTree, struct{}{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range tree.FrameTree.ChildFrames {
			if f.Frame.Name == "frame" && f.Frame.UnreachableURL == "" {
				done["frame"] = "shown"
			}
		}
		// Last, the attacker sends the whole tab there, as a link would.
		p.clickOn(`document.querySelector("#link")`)
		p.until(fmt.Sprintf("location.origin === %q", victim))
		return done
	}

	// Were the attacks none, nothing would be proved: one who lets everybody do
	// everything must suffer all of them.
	t.Run("a careless victim", func(t *testing.T) {
		careless := &careless{}
		victim := httptest.NewServer(careless)
		defer victim.Close()
		for what, outcome := range attack(t, "localhost", victim.URL) {
			if outcome == "refused" && what != "websocket" {
				t.Errorf("%s was refused, want it to succeed with a victim that takes no care", what)
			}
		}
		for _, want := range []string{"POST /swarm by form", "POST /stop by form", "POST /stats/reset by form",
			"POST /swarm by fetch", "POST /swarm by no-cors", "POST /swarm by beacon", "GET /stop by image", "GET /stop by link"} {
			// A beacon is sent when the browser finds the time.
			eventually(t, "a careless victim sees "+want, careless.all, func() bool { return strings.Contains(careless.all(), want) })
		}
	})

	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "3", "-r", "100", "--stop-timeout", "60s", "--host", api.URL, "--wait", "100ms", "get")
	victims := []string{gregaria.url, "http://127.0.0.1:" + gregaria.port()}
	everyone := func(t *testing.T, victims ...string) {
		for _, from := range []string{"localhost", "127.0.0.1", "evil.test"} {
			for _, victim := range victims {
				for what, outcome := range attack(t, from, victim) {
					if outcome != "refused" && outcome != "sent" {
						t.Errorf("%s attacks %s: %s came to %q, want it refused", from, victim, what, outcome)
					}
				}
			}
		}
	}

	t.Run("nothing starts", func(t *testing.T) {
		everyone(t, gregaria.url)
		if r := gregaria.report(); r.State != "ready" || api.counts().requests > 0 {
			t.Errorf("state %s, %d requests to the target; want ready and none", r.State, api.counts().requests)
		}
	})

	gregaria.post("/swarm", url.Values{"user_count": {"3"}, "spawn_rate": {"100"}})
	gregaria.until("the run is on", func(r report) bool { return r.State == "running" && r.Users == 3 })

	t.Run("nothing stops or changes", func(t *testing.T) { everyone(t, victims...) })

	t.Run("a rebound name", func(t *testing.T) {
		// evil.test now resolves to this machine: for the browser, what is served
		// here is the attacker's own origin.
		p := open(t, "http://evil.test:"+gregaria.port()+"/")
		p.allow("")
		if got := p.words(); !strings.Contains(got, "answers only to localhost") {
			t.Errorf("by a name of the attacker's the page says:\n%s", got)
		}
		for _, call := range []string{
			`fetch("/stats/requests")`, `fetch("/")`, `fetch("/logs")`, `fetch("/stop")`, `fetch("/static/app.js")`,
			`fetch("/stop", { method: "POST" })`, `fetch("/stats/reset", { method: "POST" })`,
			`fetch("/swarm", { method: "POST", body: new URLSearchParams({ user_count: 9, spawn_rate: 9 }) })`,
		} {
			status := await[int](p, call+`.then((r) => r.status)`)
			if status != http.StatusMisdirectedRequest {
				t.Errorf("%s by a rebound name = %d, want %d", call, status, http.StatusMisdirectedRequest)
			}
		}
		if got := await[string](p, `new Promise((done) => {
			const socket = new WebSocket("ws://" + location.host + "/live");
			socket.onmessage = () => done("read");
			socket.onclose = () => done("refused");
		})`); got != "refused" {
			t.Errorf("a websocket by a rebound name came to %q, want it refused", got)
		}
	})

	if r := gregaria.report(); r.State != "running" || r.Users != 3 {
		t.Errorf("after all attacks: %s with %d users, %+v; want the run as it was", r.State, r.Users, r.total())
	}
	for message, want := range map[string]int{"run started": 1, "load changed": 0, "numbers reset": 0, "run is stopping": 0} {
		if got := gregaria.said(message); got != want {
			t.Errorf("the log says %q %d times, want %d:\n%s", message, got, want, gregaria.log.String())
		}
	}

	// Our own page still can.
	p := open(t, gregaria.url)
	p.click("Stop")
	p.until(`state() === "stopped"`)
	if got, want := gregaria.report().total(), api.counts(); got != want {
		t.Errorf("counted %+v, the target %+v", got, want)
	}
}

// await evaluates an expression that promises a value.
func await[T any](p *tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// A careless server lets every page do everything, and remembers it.
type careless struct {
	mu   sync.Mutex
	seen []string
}

func (c *careless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.seen = append(c.seen, r.Method+" "+r.URL.Path+" by "+r.FormValue("by"))
	c.mu.Unlock()
	w.Header().Set("Access-Control-Allow-Origin", "*")
	switch {
	case r.FormValue("by") == "image":
		w.Header().Set("Content-Type", "image/svg+xml")
		w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`))
	case r.FormValue("by") == "script":
		w.Header().Set("Content-Type", "text/javascript")
	default:
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<p>welcome</p>"))
	}
}

// all returns what the server has seen, one on a line.
func (c *careless) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.seen, "\n")
}
