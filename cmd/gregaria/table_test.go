package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gregaria/gregaria/engine/load"
)

// manyRows is how many rows the run of manySuite has, which is as many as there can be.
const manyRows = 1000

// manySuite has manyRows names, each of which some user does something for each second.
var manySuite = load.Suite{Scenarios: []load.Planner{load.Scenario[struct{}]{
	Name: "many", Protocol: load.NoHTTP,
	Wait: load.Constant(time.Second),
	Tasks: []load.Task[struct{}]{{Name: "all", Run: func(_ *struct{}, u *load.User) error {
		for i := range manyRows {
			method := []string{"GET", "GET", "POST", "DELETE"}[i%4]
			u.Measure(method, fmt.Sprintf("/api/v1/shelves/%03d/books", i), func(context.Context) (int64, error) {
				if i%100 == 7 && u.Rand.IntN(3) == 0 {
					return 0, errors.New("out of print")
				}
				return int64(u.Rand.IntN(900 + i)), nil
			})
		}
		return nil
	}}},
}}}

// All of a thousand rows are in reach. Frames change numbers and nothing else: not what
// is typed, where one has scrolled to, or what is selected.
func TestAThousandRowsAreInReachAndHoldStill(t *testing.T) {
	t.Parallel()
	gregaria := serveAs(t, "many", "-u", "2", "-r", "2", "--autostart", "many")
	gregaria.until("all rows are there", func(r report) bool { return len(r.Stats) == manyRows+1 })
	p := open(t, gregaria.url)
	name := func(i int) string { return fmt.Sprintf("/api/v1/shelves/%03d/books", i) }
	first := func(i int) string { return fmt.Sprintf("rows()[0][1] === %q", name(i)) }

	// Pages.
	p.until(`rows().length === 100 && text(one(".pager")).startsWith("1–100 of 1\u202f000 rows") && ` + first(0))
	p.clickOn(`one(".pager [aria-label='Next page']")`)
	p.until(`location.search === "?page=2" && text(one(".pager")).startsWith("101–200 of") && rows().length === 100 && ` + first(100))
	p.clickOn(`one(".pager [aria-label='500 rows on a page']")`)
	p.until(`location.search === "?size=500" && rows().length === 500 && ` + first(0))
	p.accessible("500 rows", false)
	p.logCost("500 rows")
	// Of the others a frame makes no elements, until somebody could see them.
	eval[bool](p, `(() => {
		window.made = 0;
		const parse = DOMParser.prototype.parseFromString;
		DOMParser.prototype.parseFromString = function (...of) {
			const made = parse.apply(this, of);
			window.made += made.querySelectorAll("tr").length;
			return made;
		};
		return true;
	})()`)
	p.frames(3)
	eval[bool](p, "(window.made = window.frameCount = 0, true)")
	p.until("window.frameCount >= 3")
	if each := eval[float64](p, "window.made / window.frameCount"); each == 0 || each > 100 { // none of a row that stays as it is
		t.Errorf("a frame makes elements of %.0f rows of 500, want those in sight", each)
	}
	p.goTo(gregaria.url + "/?page=99")
	p.until(`text(one(".pager")).startsWith("901–1\u202f000 of") && rows().length === 100 && ` + first(900))
	p.logCost("100 rows")

	// Order.
	p.click("# Fails")
	p.until(`location.search === "?sort=-fails" && rows().slice(0, 10).every((r) => parse(r[3]) > 0) && rows()[11][3] === "0"`)

	// A search, typed while frames come, the place in it included.
	p.until(`(field("Search and filter").focus(), true)`)
	p.press("delete 07/ fail>0")
	p.until(`rows().length === 10 && text(one("#search-said")) === "10 of 1\u202f000 rows" && text(one("#total")).includes("all 1\u202f000 rows")`)
	p.press(kb.ArrowLeft + kb.ArrowLeft)
	for range 2 {
		p.frames(1)
		p.press(kb.ArrowLeft)
	}
	p.frames(2)
	if got, want := eval[string](p, `[document.activeElement.id, document.activeElement.value, document.activeElement.selectionStart].join("|")`),
		"search-text|delete 07/ fail>0|13"; got != want {
		t.Errorf("after frames the search box is %s, want %s", got, want)
	}
	p.press("_")
	p.until(`text(one("#search-said")).startsWith("“f_ail>0”") || rows().length === 0 || text(one("#search-said.error"))`)
	p.clickOn(`one("#search .clear")`)
	p.until(`location.search === "?sort=-fails" && rows().length === 100 && field("Search and filter").value === ""`)

	// A place in the table and a selection that ends in a number which changes.
	p.click("Name")
	p.until(`location.search === "?sort=name" && ` + first(0))
	eval[bool](p, `(() => {
		all("#rows tbody tr")[25].scrollIntoView({ block: "center" });
		window.at = one("#rows").scrollTop;
		const [from, to] = [24, 27].map((i) => all("tbody tr")[i].cells);
		getSelection().setBaseAndExtent(from[1].querySelector("a:not(.pin)").firstChild, 4, to[2].firstChild, 1);
		window.held = getSelection().anchorNode;
		return true;
	})()`)
	before := eval[string](p, "all('tbody tr')[27].cells[2].textContent")
	p.frames(3)
	p.until(fmt.Sprintf("all('tbody tr')[27].cells[2].textContent !== %q", before)) // or nothing would be proved
	if got := eval[string](p, `[at > 0, one("#rows").scrollTop === at, getSelection().anchorNode === held, getSelection().anchorOffset,
		getSelection().focusNode === all("tbody tr")[27].cells[2].firstChild, getSelection().focusOffset].join()`); got != "true,true,true,4,true,1" {
		t.Errorf("after three frames scroll position and selection are %s, want true,true,true,4,true,1", got)
	}
	if got := eval[string](p, "getSelection().toString()"); !strings.Contains(got, "v1/shelves/024/books") {
		t.Errorf("after three frames %q is selected, want what was before", got)
	}

	// A row that was out of sight shows the latest numbers when it is in sight.
	eval[bool](p, `(one("#rows").scrollTop = one("#rows").scrollHeight, true)`)
	p.until(fmt.Sprintf(`parse(rows()[99][2]) > parse(%q)`, eval[string](p, "rows()[27][2]")))
}

// frames waits for as many frames as there are to come.
func (p *tab) frames(n int) {
	p.t.Helper()
	eval[bool](p, `(window.frameCount = 0, window.counting ??= (document.addEventListener("frame", () => window.frameCount++), true))`)
	p.until(fmt.Sprintf("window.frameCount >= %d", n))
}

// logCost says how much of the page's main thread a frame takes, in time of the processor.
// Tests beside this one make it slower, so it is for the reader of the log to judge.
func (p *tab) logCost(what string) {
	p.t.Helper()
	const frames = 6
	if _, err := chromedp.Call(p.ctx, performance.Enable,
		performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		p.t.Fatal(err)
	}
	p.frames(2)
	before := p.metrics()
	eval[bool](p, `(window.long = [], new PerformanceObserver((list) => window.long.push(...list.getEntries().map((e) => e.duration)))
		.observe({ type: "longtask" }), true)`)
	p.frames(frames)
	after := p.metrics()
	each := func(name string) float64 { return (after[name] - before[name]) / frames * 1000 }
	p.t.Logf("%s: a frame takes the main thread %.1f ms: script %.1f, style %.1f, layout %.1f; tasks of 50 ms and more: %v; %v elements",
		what, each("TaskDuration"), each("ScriptDuration"), each("RecalcStyleDuration"), each("LayoutDuration"),
		eval[[]float64](p, "window.long"), after["Nodes"])
}

func (p *tab) metrics() map[string]float64 {
	p.t.Helper()
	got, err := chromedp.Call(p.ctx, performance.GetMetrics, struct{}{})
	if err != nil {
		p.t.Fatal(err)
	}
	list := map[string]float64{}
	for _, m := range got.Metrics {
		list[m.Name] = m.Value
	}
	return list
}

// What the table shows is searched, switched, picked and typed by mouse and keyboard,
// is in the address, and is there again on the next visit.
func TestTheTableShowsWhatItsReaderWants(t *testing.T) {
	t.Parallel()
	api := (&target{every: 4}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	gregaria.until("there are failures", func(r report) bool { return r.total().failures > 5 })
	p := open(t, gregaria.url)
	heads := `all("#rows thead th").map(text)`
	p.until(`rows().length === 1 && rows()[0][1] === "/"`)

	// The box, by keyboard. What is wrong is said beside it and changes nothing.
	p.fill("Search and filter", "nothing-like-it")
	p.until(`location.search === "?q=nothing-like-it" && rows().length === 0 && text(one("#rows tbody")) === "No row is as the search wants it."`)
	p.fill("Search and filter", "colour>3")
	p.until(`rows().length === 1 && text(one("#search .error")).startsWith("“colour>3” is about nothing there is — filter by")`)
	p.until(`field("Search and filter").getAttribute("aria-invalid") === "true"`)
	p.fill("Search and filter", "get fail%>=10 status=500")
	p.until(`rows().length === 1 && text(one("#search-said")) === "1 of 1 row"`)
	p.reload()
	p.until(`rows().length === 1 && field("Search and filter").value === "get fail%>=10 status=500" && text(one("#search-said")) === "1 of 1 row"`)
	p.clickOn(`one("#search .clear")`)
	p.until(`location.search === "" && field("Search and filter").value === ""`)

	// Percentiles.
	p.fill("Percentiles", "97.5, 101")
	p.until(`text(one("#typed .error")).startsWith("“101” is not a percentile — write numbers from 0 to 100")`)
	if got := eval[bool](p, heads+`.some((h) => h.startsWith("97.5"))`); got {
		t.Error("a percentile of 101 changes the table")
	}
	p.fill("Percentiles", "97.5, 99.95")
	p.until(heads + `.filter((h) => /^(97.5|99.95)%ile/.test(h)).length === 2 && !one("#typed .error")`)
	p.click("97.5%ile")
	p.until(`new URLSearchParams(location.search).get("sort") === "-p97.5" && text(one("th[aria-sort=descending]")).startsWith("97.5%ile")`)

	// Columns and the switch.
	p.click("Columns")
	p.clickOn(`all("#columns label").find((l) => text(l) === "Status codes")`)
	p.until(heads + `.includes("Status codes") && one("#columns[open]") && rows()[0][4].startsWith("200 ") && text(one("#rows tbody .code.bad")) === "500"`)
	p.clickOn(`all("#columns label").find((l) => text(l) === "Min")`)
	p.until(`!` + heads + `.some((h) => h.startsWith("Min"))`)
	p.press(kb.Escape)
	p.until(`!one("#columns[open]")`)
	requests := eval[string](p, "rows()[0][2]")
	p.click("Failed")
	p.until(`new URLSearchParams(location.search).get("of") === "failed" && document.body.innerText.includes("of failed requests only")`)
	p.until(fmt.Sprintf("parse(rows()[0][2]) > parse(%q)", requests)) // counts stay those of all
	if got := eval[bool](p, `rows()[0].at(-3) === rows()[0].at(-2)`); !got {
		t.Errorf("of failed requests RPS and failures/s differ: %q", eval[[]string](p, "rows()[0]"))
	}

	// A pin, and the row's own page.
	p.clickOn(`one("#rows .pin")`)
	p.until(`one("#rows .pin[aria-pressed=true]") && /pin=row-/.test(location.search)`)
	p.clickOn(`one("#rows .pin")`)
	p.until(`one("#rows .pin[aria-pressed=false]") && !/pin=/.test(location.search)`)
	if got := eval[string](p, `one("#rows tbody a:not(.pin)").search`); !strings.Contains(got, "row=row-") {
		t.Errorf("a name leads to %q, want its own page", got)
	}

	// The next visit is as this one was, until it is taken back.
	was := eval[string](p, "location.search")
	p.goTo(gregaria.url)
	for _, want := range []string{`heads.includes("Status codes")`, `heads.some((h) => h.startsWith("99.95%ile"))`, `text(one("#tools [aria-current=true]")) === "Failed"`} {
		p.until(strings.ReplaceAll(want, "heads", heads))
	}
	for _, part := range []string{"of=failed", "sort=-p97.5", "status", "99.95"} {
		if got := eval[string](p, "location.search"); !strings.Contains(got, part) {
			t.Errorf("the next visit is at %s, want as before %s", got, was)
		}
	}
	p.click("All")
	p.until(`text(one("#tools [aria-current=true]")) === "All"`) // links follow the view by a frame
	p.click("Columns")
	p.click("As usual")
	p.until(`!` + heads + `.includes("Status codes") && !/of=|cols=/.test(location.search)`)
	p.goTo(gregaria.url)
	p.until(heads + `.some((h) => h.startsWith("99.95%ile"))`)
	if got := eval[string](p, "location.search"); strings.Contains(got, "cols") || strings.Contains(got, "of=") {
		t.Errorf("the visit after is at %s, want what was taken back forgotten", got)
	}
}
