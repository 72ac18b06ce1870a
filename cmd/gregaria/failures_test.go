package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/gregaria/gregaria/scenarios/demo"
)

// The article's lesson, on the page: a bug that one user never meets shows as such beside
// the failure, and the failure opens to what was sent and what came back.
func TestTheLessonStandsBesideTheFailure(t *testing.T) {
	t.Parallel()
	api, err := demo.Listen("127.0.0.1:0", demo.Options{Bug: true})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	gregaria := serve(t, "-u", "1", "-r", "20", "--stop-timeout", "60s", "--host", "http://"+api.Addr(), "cities")
	p := open(t, gregaria.url)
	p.click("Start swarming")
	p.until(`state() === "running" && requests() >= 400`)
	p.click("Failures")
	p.until(`text(one("main")).includes("No failures")`)
	p.click("Edit")
	p.fill("Number of users", "20")
	p.click("Update")
	p.until(`number("Users") === 20 && all("table.failures tbody tr").length === 1`)

	const bars = `all(".lesson .bars > div").map((b) => [text(b.querySelector("dt")), parse(text(b.querySelector("dd")))])`
	p.until(bars + `.length >= 3 && ` + bars + `.at(-1)[0].endsWith("20") && ` + bars + `.at(-1)[1] > 20`)
	if got := eval[[]any](p, bars+"[0]"); got[0] != "1" || got[1] != 0.0 {
		t.Errorf("with 1 user the page says %v, want a share of 0:\n%s", got, eval[string](p, `text(one(".lesson p"))`))
	}
	// While users are added there may have been a moment with two who did not meet.
	if got := eval[string](p, `text(one("td.lesson p"))`); !regexp.MustCompile(`^Never with (1 user|up to \d+ users) \(0 of `).MatchString(got) {
		t.Errorf("the lesson is %q, want that it never happens with 1 user", got)
	}

	p.clickOn(`one("table.failures tbody .name a")`)
	p.until(`location.search.includes("open=fail-") && /^Never with (1 user|up to \d+ users) /.test(text(one(".moral")))`)
	p.until(`shown(one("article.sample")) && text(one(".sample h3")).startsWith("GET http://") && all(".exchange section").length === 2`)
	for part, want := range map[string][]string{
		".facts":                              {"Users then", "User", "Task", "Iteration", "404"},
		".timings":                            {"ms"},
		".exchange section:first-child":       {"GET /api/v1/cities/", "Authorization"},
		".exchange section:last-child":        {"HTTP 404", "city not found"},
		".sample header":                      {"status 404, expected 200"},
		".kept nav a[aria-current='true']":    {"First"},
		".tabs a[aria-current='page']":        {"Failures"},
		"table.failures [aria-expanded=true]": {"/api/v1/cities/{id}"},
	} {
		for _, w := range want {
			if got := eval[string](p, fmt.Sprintf("text(one(%q))", part)); !strings.Contains(got, w) {
				t.Errorf("%s says %q, want %q in it", part, got, w)
			}
		}
	}

	eval[bool](p, `((navigator.clipboard.writeText = async (text) => { window.copied = text; }), true)`)
	p.click("Copy as curl")
	p.until(`window.copied?.startsWith("curl -X GET http://") && Boolean(named("Copied"))`)
	command := eval[string](p, "window.copied")
	if !strings.Contains(command, "-H 'Authorization: ") || strings.Contains(command, "Bearer eyJ") {
		t.Errorf("the command is %q, want the name of the secret field and not the secret", command)
	}
	p.click("Copy all")
	p.until(`window.copied.includes("HTTP 404") && window.copied.includes("users then: ")`)

	// Another sample is another address. While requests fail, others take the place of those
	// chosen at random.
	p.click("Stop")
	p.until(`state() === "stopped"`)
	p.clickOn(`all(".kept nav a")[1]`)
	p.until(`text(one(".kept nav [aria-current]")).startsWith("Random") && /open=fail-[0-9a-z]+-[0-9a-z]+/.test(location.search)`)
	p.clickOn(`one("table.failures tbody .name a")`)
	p.until(`!location.search.includes("open=") && !shown(one(".sample"))`)

	p.fill("Search failures", "nowhere to be found")
	p.until(`text(one("main")).includes("Nothing found") && location.search.includes("q=nowhere")`)
	p.fill("Search failures", "404 CITIES")
	p.until(`all("table.failures tbody tr").length === 1`)
}

// What a target sends stays text when a failure is opened, too.
func TestHostileSamplesAreText(t *testing.T) {
	t.Parallel()
	gregaria := serveAs(t, "hostile", "-u", "4", "-r", "100", "--host", hostileTarget(t), "--autostart")
	p := open(t, gregaria.url+"/?tab=failures")
	own := eval[[]string](p, foreign)
	for _, payload := range payloads[:3] {
		p.until(fmt.Sprintf(`all("table.failures tbody .name a").some((a) => a.textContent === %q)`, payload))
		p.clickOn(fmt.Sprintf(`all("table.failures tr:has(.method) .name a").find((a) => a.textContent === %q && text(a.closest("tr")).includes("500"))`, payload))
		p.until(`shown(one("article.sample")) && document.querySelector("[data-text=all]").textContent.includes("HTTP 500")`)
		p.untouched(fmt.Sprintf("the open failure of %q", payload), own)
		p.clickOn(`one("table.failures [aria-expanded=true]")`)
		p.until(`!one("article.sample")`)
	}
}

// Away from localhost and without TLS there is no clipboard for scripts: what the buttons
// copy can be pasted all the same, line by line. A browser that copies nothing is not
// said to have done it, and the text is selected.
func TestCopiesArePasted(t *testing.T) {
	t.Parallel()
	gregaria := serveAs(t, "hostile", "-u", "2", "-r", "100", "--host", hostileTarget(t), "--autostart", "--allowed-host", "evil.test", "--insecure-no-login")
	p := open(t, "http://evil.test:"+gregaria.port()+"/?tab=failures")
	p.allow("Cross-Origin-Opener-Policy") // which the browser ignores there
	p.until(`all("table.failures tbody .name a").length > 0`)
	if eval[bool](p, "isSecureContext") {
		t.Fatal("the page is at an address that is secure, want one that is not")
	}
	p.clickOn(`one("table.failures tbody .name a")`)
	p.click("Stop")
	p.until(`state() === "stopped" && Boolean(named("Copy all"))`)
	eval[bool](p, `(document.body.append(Object.assign(document.createElement("textarea"), { id: "pasted" })), true)`)
	pasted := func() string {
		eval[bool](p, `(document.getElementById("pasted").value = "", document.getElementById("pasted").focus(), true)`)
		_, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "v", Commands: []string{"paste"}})
		if err != nil {
			t.Fatal(err)
		}
		return eval[string](p, `document.getElementById("pasted").value`)
	}
	for _, c := range []struct{ button, text string }{{"Copy as curl", "curl"}, {"Copy all", "all"}} {
		p.click(c.button)
		p.until(`Boolean(named("Copied"))`)
		want := eval[string](p, fmt.Sprintf(`document.querySelector("[data-text=%s]").textContent`, c.text))
		if got := pasted(); got != want || want == "" {
			t.Errorf("%s, then paste: %q, want %q", c.button, got, want)
		}
		p.until(`!named("Copied")`)
	}

	eval[bool](p, `((document.execCommand = () => true), true)`) // it only says so
	p.click("Copy all")
	p.until(`Boolean(named("Press Ctrl+C")) && getSelection().toString().includes("\n")`)
}
