package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Without scripts the page is forms, links and tables, and does all but move.
func TestThePageWorksWithoutScripts(t *testing.T) {
	t.Parallel()
	api := (&target{every: 4}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--wait", "20ms", "--stop-timeout", "60s", "get")
	p := newTab(t)
	p.allow("status of 422") // the browser's own words for an answer that refuses
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	p.goTo(gregaria.url)
	if eval[bool](p, `"htmx" in window`) {
		t.Error("scripts ran, so this proves nothing")
	}
	p.fill("Host", "http:127.0.0.1")
	p.fill("Number of users", "3")
	p.click("Start swarming")
	p.until(`field("Host").getAttribute("aria-invalid") === "true" && field("Host").value === "http:127.0.0.1" && field("Number of users").value === "3"`)
	p.fill("Host", api.URL)
	p.click("Start swarming")
	gregaria.until("it runs", func(r report) bool { return r.State == "running" && r.Users == 3 && r.total().failures > 0 })
	p.reload()
	p.until(`state() === "running" && requests() > 0 && number("Users") === 3`)

	p.click("Failures")
	p.until(`location.search === "?tab=failures" && rows().length === 1`)
	p.click("Edit")
	p.fill("Number of users", "1")
	p.click("Update")
	gregaria.until("one user is left", func(r report) bool { return r.State == "running" && r.Users == 1 })
	p.click("Stop")
	p.until(`state() === "stopped"`)
	p.click("New")
	p.until(`field("Host").value === ` + strconv.Quote(api.URL))
	p.click("Start swarming")
	p.until(`["spawning", "running"].includes(state())`)
	p.click("Stop")
	p.until(`state() === "stopped"`)
}

// A page behind another tab may miss what happens, and shows it when it is back in
// front.
func TestAHiddenPageCatchesUp(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "20ms", "get")
	p := open(t, gregaria.url)
	p.click("Start swarming")
	p.until(`state() === "running"`)
	p.click("Percentiles")
	p.until(`text(one("nav [aria-current=page]")) === "Percentiles"`)

	front, cancel := chromedp.NewContext(p.ctx, chromedp.WithNewWindow(false))
	defer cancel()
	if err := chromedp.Do(front, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	p.until("document.hidden")
	gregaria.post("/stop", nil)
	if _, err := chromedp.Call(p.ctx, page.BringToFront, struct{}{}); err != nil {
		t.Fatal(err)
	}
	p.until(`!document.hidden && state() === "stopped" && document.title.startsWith("stopped")`)
	p.until(`location.search === "?tab=percentiles" && text(one("nav [aria-current=page]")) === "Percentiles"`)
}

// A link to a view shows that view from the first paint on, never another one in
// between.
func TestALinkToAViewShowsNothingElse(t *testing.T) {
	t.Parallel()
	api := (&target{every: 2}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	gregaria.until("there are failures", func(r report) bool { return r.total().failures > 0 })
	p := newTab(t)
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `window.views = [];
			new MutationObserver(() => {
				const current = document.querySelector("nav [aria-current=page]");
				const view = current && current.textContent.trim().split(/\s/)[0];
				if (view && views.at(-1) !== view) views.push(view);
			}).observe(document, { subtree: true, childList: true, attributes: true });`,
	}); err != nil {
		t.Fatal(err)
	}
	p.goTo(gregaria.url + "/?tab=failures")
	count := `parse(rows()[0][0])`
	for range 2 {
		p.until(fmt.Sprintf("%s > %v", count, eval[float64](p, count)))
	}
	if views := eval[[]string](p, "views"); !slices.Equal(views, []string{"Failures"}) {
		t.Errorf("a link to the failures showed %q one after the other, want only the failures", views)
	}
}

// However slowly and unevenly its scripts arrive, a page comes alive, with the view
// that its link asks for.
func TestSlowScriptsDelayThePageAndNoMore(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	behind, err := url.Parse(gregaria.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{"htmx.min.js", "hx-ws.min.js", "uPlot.iife.min.js", "app.js", "charts.js"} {
		t.Run(script, func(t *testing.T) {
			forward := httputil.NewSingleHostReverseProxy(behind)
			slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/"+script) {
					time.Sleep(700 * time.Millisecond)
				}
				forward.ServeHTTP(w, r)
			}))
			defer slow.Close()
			p := open(t, slow.URL+"/?tab=percentiles")
			p.growing()
			p.until(`location.search === "?tab=percentiles" && text(one("nav [aria-current=page]")) === "Percentiles"`)
			eval[bool](p, "(window.mark = true)")
			p.click("Statistics")
			p.until(`text(one("nav [aria-current=page]")) === "Statistics"`)
			if !eval[bool](p, "window.mark === true") {
				t.Error("a tab was loaded as a new page, want it to come through the websocket")
			}
		})
	}
}

// On a phone, however it is held, state and Stop are in reach wherever one has
// scrolled to, and the page is no wider than the screen.
func TestStopIsInReachOnAPhone(t *testing.T) {
	t.Parallel()
	// The hostile suite has many rows with long names.
	gregaria := serveAs(t, "hostile", "-u", "2", "-r", "100", "--host", hostileTarget(t))
	p := newTab(t)
	hold := func(width, height int64) {
		if _, err := chromedp.Call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: height, DeviceScaleFactor: 3, Mobile: true,
		}); err != nil {
			t.Fatal(err)
		}
	}
	hold(390, 664)
	p.goTo(gregaria.url)
	p.click("Start swarming")
	p.until(`state() === "running" && requests() > 100`)
	for _, size := range [][2]int64{{390, 664}, {750, 340}} {
		hold(size[0], size[1])
		for _, tab := range []string{"Statistics", "Percentiles", "Charts", "Failures", "Exceptions", "Download"} {
			p.click(tab)
			p.until(fmt.Sprintf(`text(one("nav [aria-current=page]")).startsWith(%q)`, tab))
			if got := eval[int64](p, "document.documentElement.scrollWidth"); got > size[0] {
				t.Errorf("%v: tab %s is %d pixels wide, want no more than the phone", size, tab, got)
			}
			scrolled := eval[int](p, `[document.documentElement, ...all("main, .panel")].reduce((sum, e) => {
				e.scrollTo(e.scrollWidth, e.scrollHeight);
				return sum + e.scrollTop;
			}, 0)`)
			if tab == "Statistics" && scrolled == 0 {
				t.Errorf("%v: the statistics fit on the phone, which proves nothing", size)
			}
			for _, what := range []string{`named("Stop")`, `one(".state")`} {
				box := eval[struct{ Left, Right, Top, Bottom float64 }](p, fmt.Sprintf(`(({ left: Left, right: Right, top: Top, bottom: Bottom }) =>
					({ Left, Right, Top, Bottom }))(%s.getBoundingClientRect())`, what))
				if box.Left < 0 || box.Right > float64(size[0]) || box.Top < 0 || box.Bottom > float64(size[1]) {
					t.Errorf("%v: tab %s, scrolled to its end: %s is at %+v, out of sight", size, tab, what, box)
				}
			}
		}
	}
	p.click("Stop")
	p.until(`state() === "stopped"`)
}

// A view that is longer than a message may be comes with a new connection instead.
func TestAViewTooLongForAMessageIsShownAllTheSame(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	p := open(t, gregaria.url)
	p.until(`state() === "running" && requests() > 0`)
	for i := range 10 {
		eval[bool](p, fmt.Sprintf(`(document.dispatchEvent(new CustomEvent("look", { detail: "?q=row%d" + "+".repeat(5000) })), true)`, i))
		p.until(fmt.Sprintf(`field("Search and filter").value.trim() === "row%d"`, i))
	}
	p.growing()
}
