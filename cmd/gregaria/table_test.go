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
	p.logCost("500 rows")
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
		one("#rows").scrollTop = 700;
		const [from, to] = [30, 33].map((i) => all("tbody tr")[i].cells);
		getSelection().setBaseAndExtent(from[1].querySelector("a:not(.pin)").firstChild, 4, to[2].firstChild, 1);
		window.held = getSelection().anchorNode;
		return true;
	})()`)
	before := eval[string](p, "all('tbody tr')[33].cells[2].textContent")
	p.frames(3)
	if after := eval[string](p, "all('tbody tr')[33].cells[2].textContent"); after == before {
		t.Errorf("a row's requests stayed %s through three frames, which proves nothing", before)
	}
	if got := eval[string](p, `[one("#rows").scrollTop, getSelection().anchorNode === held, getSelection().anchorOffset,
		getSelection().focusNode === all("tbody tr")[33].cells[2].firstChild, getSelection().focusOffset].join()`); got != "700,true,4,true,1" {
		t.Errorf("after three frames scroll position and selection are %s, want 700,true,4,true,1", got)
	}
	if got := eval[string](p, "getSelection().toString()"); !strings.Contains(got, "v1/shelves/030/books") {
		t.Errorf("after three frames %q is selected, want what was before", got)
	}
}

// frames waits for as many frames as there are to come.
func (p *tab) frames(n int) {
	p.t.Helper()
	eval[bool](p, `(window.frameCount = 0, window.counting ??= (document.addEventListener("frame", () => window.frameCount++), true))`)
	p.until(fmt.Sprintf("window.frameCount >= %d", n))
}

// logCost says how much of the page's main thread a frame takes. Tests beside this one
// make it slower, so it is for the reader of the log to judge.
func (p *tab) logCost(what string) {
	p.t.Helper()
	const frames = 6
	if _, err := chromedp.Call(p.ctx, performance.Enable, performance.EnableParams{}); err != nil {
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
