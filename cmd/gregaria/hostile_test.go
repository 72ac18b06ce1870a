package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// payloads are texts that become something else wherever a text is taken for markup,
// script, an attribute, a style, an address, a template or a formula, and texts that
// are no texts. In each stands a call by which it is known: pwn(1042).
var payloads = unquote(payloadFile)

//go:embed testdata/payloads.txt
var payloadFile string

func unquote(file string) (list []string) {
	for literal := range strings.Lines(file) {
		text, err := strconv.Unquote(strings.TrimSpace(literal))
		if err != nil {
			panic(fmt.Sprintf("testdata/payloads.txt: %v: %s", err, literal))
		}
		list = append(list, text)
	}
	return list
}

// call is the call by which a payload is known.
func call(payload string) string {
	_, after, _ := strings.Cut(payload, "pwn(")
	number, _, _ := strings.Cut(after, ")")
	return "pwn(" + number + ")"
}

// A vandal says payloads wherever a scenario can say something.
type vandal struct{}

var (
	vandalErrors   atomic.Int64 // of all of them together
	vandalText     = load.Param[string]{Name: "text", Default: `</textarea></title><script>pwn("text")</script>`, Help: `"><svg/onload=pwn("help")>`}
	vandalPayloads = load.Param[int]{Name: "payloads", Default: len(payloads), Help: "how many of them"}
)

const vandalName = `</script><img src=x onerror=pwn("name")>`

var hostileSuite = load.Suite{Scenarios: []load.Planner{load.Scenario[vandal]{
	Name:   vandalName,
	Help:   vandalText.Help,
	Wait:   load.Constant(5 * time.Millisecond),
	Params: []load.Parameter{vandalText, vandalPayloads},
	Tasks: []load.Task[vandal]{
		{Name: `'-pwn("task")-'`, Run: (*vandal).ask},
		{Name: `<a hx-get="/stop" hx-trigger="load" hx-on:load="pwn(0)">`, Weight: 20, Run: (*vandal).fail},
		{Name: `<iframe srcdoc="<script>parent.pwn(0)</script>"></iframe>`, Run: func(*vandal, *load.User) error { panic(payloads[0]) }},
	},
}}}

func (*vandal) ask(u *load.User) error {
	for i, p := range payloads[:vandalPayloads.Of(u)] {
		u.Get("/"+strconv.Itoa(i), load.Name(p))
		u.Get("/fine", load.Name("fine")).Failf("%s", p)
		u.Measure(p, p, func(context.Context) (int64, error) { return 0, errors.New(p) })
	}
	return nil
}

func (*vandal) fail(u *load.User) error {
	return errors.New(payloads[int(vandalErrors.Add(1))%vandalPayloads.Of(u)])
}

// hostileTarget answers with a status line, headers and a body of the payload that the
// path names.
func hostileTarget(t *testing.T) string {
	header := strings.NewReplacer("\r", "", "\n", "", "\x00", "")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		body := payloads[i]
		fmt.Fprintf(conn, "HTTP/1.1 500 %s\r\nContent-Type: text/html\r\nX-Error: %[1]s\r\nSet-Cookie: x=%[1]s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
			header.Replace(body), len(body), body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// foreign are the elements and attributes on a page that load, run or send something,
// as a list that must not change whatever the page shows.
const foreign = `(() => {
	const kinds = "script, link, meta, base, style, title, img, picture, video, audio, source, object, embed, iframe, frame, portal, textarea, template";
	const ours = /^(--colour|accent-color): var\(--[a-z0-9-]+\);$/; // what charts.js sets
	const list = [...document.querySelectorAll(kinds)].map((e) => e.localName);
	for (const e of document.querySelectorAll("*")) {
		if (e.localName.includes(":") || e.localName === "foreignobject") list.push(e.localName);
		for (const { name, value } of e.attributes) {
			if (/^on|^hx-on|srcdoc|^xlink/i.test(name) || name === "style" && !e.closest(".uplot") && !ours.test(value)) list.push(name + "=" + value);
			if (/^(href|src|action|formaction|data|poster|background)$/i.test(name) && new URL(value, location).origin !== location.origin) list.push(name + "=" + value);
		}
	}
	return list.sort();
})()`

// untouched reports what payloads did to a page: elements that it did not make itself,
// a script that ran. Dialogs and breaches of the content policy are noted by the tab.
func (p *tab) untouched(place string, own []string) {
	p.t.Helper()
	if got := eval[[]string](p, foreign); !slices.Equal(got, own) {
		p.t.Errorf("%s: elements that load or run something are %q, want %q", place, got, own)
	}
	if got := eval[string](p, `typeof pwn + String(window.pwned ?? "")`); got != "undefined" {
		p.t.Errorf("%s: a payload ran: %s", place, got)
	}
}

// lacks returns those payloads whose call does not stand on the page as a text.
func (p *tab) lacks(payloads []string) (missing []string) {
	p.t.Helper()
	said := eval[string](p, `document.body.textContent`)
	for _, payload := range payloads {
		if !strings.Contains(said, call(payload)) {
			missing = append(missing, payload)
		}
	}
	return missing
}

// What scenarios and targets say is text, on every tab, in every detail, in the report
// and in forms: no dialog, no script, no report of the content policy, and no element
// that the page did not make itself.
func TestHostileTextIsText(t *testing.T) {
	t.Parallel()
	gregaria := serveAs(t, "hostile", "-u", "4", "-r", "100", "--host", hostileTarget(t))
	p := open(t, gregaria.url+"/?size=500")
	own := eval[[]string](p, foreign)
	for _, text := range []string{vandalName, vandalText.Default, vandalText.Help} {
		p.until(fmt.Sprintf("document.body.textContent.includes(%q) || [...document.querySelectorAll('input')].some((i) => i.value === %[1]q)", text))
	}
	p.untouched("ready", own)
	p.click("Start swarming")
	p.until(`state() === "running" && requests() > 1000 && fails() > 500`)

	// All of them are there, but for exceptions that differ only in what they quote.
	for part, few := range map[string]int{"Statistics": 0, "Failures": 0, "Exceptions": 20} {
		p.turnTo(part)
		if part == "Failures" { // of which a page has some, in an order that stays
			p.clickOn(`all("thead a").find((a) => text(a) === "Name")`)
			p.until(`location.search.includes("sort=name") && text(one("thead [aria-sort]")) === "Name"`)
		}
		missing := payloads
		eventually(t, "the payloads on "+part, func() string { return fmt.Sprintf("not %q", missing) }, func() bool {
			missing = p.lacks(missing)
			if len(missing) <= few {
				return true
			}
			if next := `one("a[aria-label='Next page']")`; eval[bool](p, "Boolean("+next+")") {
				p.clickOn(next)
			} else { // some may have come to a page that was left
				eval[bool](p, `(() => {
					const query = new URLSearchParams(location.search);
					query.delete("page");
					return document.dispatchEvent(new CustomEvent("look", { detail: "?" + query }));
				})()`)
			}
			p.frames(1)
			return false
		})
	}
	p.tour(func(place string) {
		p.untouched(place, own)
		p.reload() // the first paint is another way to the same place
		p.settle()
		p.untouched(place+", loaded anew", own)
	})

	// What can be opened outside the page is no page, but for the report, which is one.
	for _, path := range []string{"/stats/requests", "/exceptions", "/tasks", "/logs"} {
		p.goTo(gregaria.url + path)
		if kind := eval[string](p, "document.contentType"); kind != "application/json" {
			t.Errorf("%s opens as %s, want application/json", path, kind)
		}
	}
	benign := serve(t, "-u", "1", "--host", (&target{}).listen(t).URL, "--autostart", "get")
	eventually(t, "a report with charts", benign.log.String, func() bool { return strings.Contains(string(benign.get("/stats/report")), "<script") })
	p.goTo(benign.url + "/stats/report")
	own = eval[[]string](p, foreign)
	p.goTo(gregaria.url + "/stats/report")
	p.untouched("report", own)
	if missing := p.lacks(payloads); len(missing) > 0 {
		t.Errorf("the report lacks %d payloads, such as %q", len(missing), missing[0])
	}
	if r := gregaria.report(); r.State != "running" {
		t.Errorf("the run is %s, want running: nothing on the page may stop it", r.State)
	}
}

// What readers type, or are made to send by an address, comes back as text: beside its
// field by the script, in a page of its own without, in a frame and at first paint.
func TestHostileInputIsText(t *testing.T) {
	t.Parallel()
	gregaria := serveAs(t, "hostile", "--payloads", "1", "--host", hostileTarget(t))
	p := open(t, gregaria.url)
	p.allow("status of 422") // the browser's own words for an answer that refuses
	own := eval[[]string](p, foreign)
	const inputs = `[...document.querySelectorAll("#start input")].filter((i) => !["radio", "checkbox", "hidden", "number"].includes(i.type))`
	step := eval[int](p, inputs+".length")
	for some := range slices.Chunk(payloads, step) {
		fill := fmt.Sprintf(`for (const [i, text] of %s.entries()) %s[i].value = text;`, encoded(some), inputs)
		eval[bool](p, `(() => {`+fill+`document.querySelector("#start form").requestSubmit(); return true; })()`)
		p.until(`[...document.querySelectorAll("#start .error")].some((e) => e.textContent !== "") && !one("[aria-busy=true]")`)
		p.untouched(fmt.Sprintf("a form refused for %q", some), own)

		// What the browser sends without a script's help.
		eval[bool](p, `(() => {`+fill+`window.old = true; HTMLFormElement.prototype.submit.call(document.querySelector("#start form")); return true; })()`)
		p.until(`!window.old && document.readyState === "complete" && location.pathname === "/swarm"`)
		p.untouched(fmt.Sprintf("a page that answers %q", some), own)
		held := eval[string](p, `document.body.textContent + `+inputs+`.map((i) => i.value).join(" ")`)
		for _, payload := range some {
			if !strings.Contains(held, call(payload)) {
				t.Errorf("the page that answers %q does not say what was typed", payload)
			}
		}
	}

	p.goTo(gregaria.url)
	p.click("Start swarming")
	p.until(`state() === "running" && requests() > 0`)
	first := true
	for some := range slices.Chunk(payloads, 4) {
		search := "?q=" + url.QueryEscape(some[0]) + "&p=" + url.QueryEscape(some[1])
		for _, name := range []string{"tab", "cols", "sort", "row", "open", "pin", "from", "of"} {
			search += "&" + name + "=" + url.QueryEscape(some[2]) + url.QueryEscape(some[3])
			if len(search) > 8000 { // or it is no address any more
				break
			}
		}
		if first {
			p.goTo(gregaria.url + "/" + search)
			p.growing() // by frames
			p.untouched(fmt.Sprintf("the first paint of an address with %q", some), own)
			first = false
		}
		await[bool](p, fmt.Sprintf(`new Promise((done) => {
			document.addEventListener("frame", () => done(true), { once: true });
			document.dispatchEvent(new CustomEvent("look", { detail: %q }));
		})`, search))
		p.untouched(fmt.Sprintf("an address with %q", some), own)
	}
}

// encoded words texts for a script. What no text of a script can hold becomes a
// question mark: a browser has no way to send it.
func encoded(texts []string) string {
	b, err := json.Marshal(texts)
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(string(b), `\ufffd`, "?")
}
