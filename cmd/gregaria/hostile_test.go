package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// payloads are texts that become something else wherever a text is taken for
// markup, script or an attribute.
var payloads = []string{
	`</script><img src=x onerror=alert(1)>`,
	`"><svg/onload=alert(2)>`,
	`'-alert(3)-'`,
	`</textarea></title></table><script>alert(4)</script>`,
	`<a hx-get="/stop" hx-trigger="load" hx-on:load="alert(5)">`,
	`<iframe srcdoc="<script>parent.alert(6)</script>"></iframe>`,
	`javascript:alert(7)`,
	`{{constructor.constructor('alert(8)')()}}`,
}

// hostileSuite has payloads wherever a scenario says something.
var hostileSuite = load.Suite{Scenarios: []load.Planner{load.Scenario[struct{}]{
	Name:   payloads[0],
	Help:   payloads[1],
	Wait:   load.Constant(20 * time.Millisecond),
	Params: []load.Parameter{load.Param[string]{Name: "text", Default: payloads[3], Help: payloads[1]}},
	Tasks: []load.Task[struct{}]{
		{Name: payloads[2], Run: func(_ *struct{}, u *load.User) error {
			for _, p := range payloads {
				u.Get("/", load.Name(p))
				u.Get("/fine", load.Name("fine")).Failf("%s", p)
				u.Measure(p, p, func(context.Context) (int64, error) { return 0, errors.New(p) })
			}
			return nil
		}},
		{Name: payloads[4], Run: func(_ *struct{}, u *load.User) error { return errors.New(payloads[int(u.Rand.Uint32())%len(payloads)]) }},
		{Name: payloads[5], Run: func(*struct{}, *load.User) error { panic(payloads[5]) }},
	},
}}}

// hostileTarget answers with a status line, a header and a body of payloads.
func hostileTarget(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fine" {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		body := strings.Join(payloads, "\n")
		fmt.Fprintf(conn, "HTTP/1.1 500 %s\r\nContent-Type: text/html\r\nX-Error: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
			payloads[0], payloads[1], len(body), body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What scenarios and targets say is text, on every tab: no dialog, no script, no
// report of the content policy, and no element that the page did not make itself.
func TestHostileNamesAreText(t *testing.T) {
	t.Parallel()
	gregaria := serveAs(t, "hostile", "-u", "4", "-r", "100", "--host", hostileTarget(t))
	p := open(t, gregaria.url)
	p.click("Scenarios")
	p.click("Parameters")
	for _, want := range payloads[:2] {
		p.until(fmt.Sprintf("document.body.innerText.includes(%q)", want))
	}
	p.click("Start swarming")
	p.until(`requests() > 100 && fails() > 50`)
	for tab, want := range map[string][]string{
		"Statistics": payloads, "Percentiles": payloads, "Charts": payloads[:1], "Failures": payloads,
		"Exceptions": payloads, "Download": payloads[:1],
	} {
		p.click(tab)
		p.until(fmt.Sprintf(`text(one("nav [aria-current=page]")).startsWith(%q)`, tab))
		for _, payload := range want {
			p.until(fmt.Sprintf("document.body.innerText.includes(%q)", payload))
		}
		const foreign = `#live :is(script, img, iframe, textarea, title, [onload], [onerror], [hx-get], [hx-trigger], [srcdoc], a[href^="javascript:"])`
		if got := eval[[]string](p, fmt.Sprintf("[...document.querySelectorAll(%q)].map((e) => e.outerHTML)", foreign)); len(got) > 0 {
			t.Errorf("tab %s has elements that came from outside: %q", tab, got)
		}
		p.reload() // the first paint is another way to the same place
		p.until(fmt.Sprintf("document.body.innerText.includes(%q)", want[0]))
	}
	// What can be opened outside the page is no page.
	for _, path := range []string{"/stats/requests", "/exceptions", "/tasks", "/logs"} {
		p.goTo(gregaria.url + path)
		if kind := eval[string](p, "document.contentType"); kind != "application/json" {
			t.Errorf("%s opens as %s, want application/json", path, kind)
		}
	}
	if r := gregaria.report(); r.State != "running" {
		t.Errorf("the run is %s, want running: nothing on the page may stop it", r.State)
	}
}
