package main

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// drawing is the data of the page's charts, in a script's terms.
const drawing = `JSON.parse(document.querySelector("#series").dataset.series)`

// drag presses the mouse on a chart, at a share of its width, and lets go at another.
func (p *tab) drag(chart string, from, to float64) {
	p.t.Helper()
	box := eval[struct{ X, Y, Width, Height float64 }](p, fmt.Sprintf(`((e) => {
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const r = e.getBoundingClientRect();
		return { X: r.x, Y: r.y, Width: r.width, Height: r.height };
	})(document.querySelector('[data-chart=%q] .u-over'))`, chart))
	mouse := func(kind input.DispatchMouseEventType, at float64) {
		if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{
			Type: kind, X: box.X + at*box.Width, Y: box.Y + box.Height/2, Button: "left", Buttons: 1, ClickCount: 1,
		}); err != nil {
			p.t.Fatal(err)
		}
	}
	mouse("mouseMoved", from-0.01)
	mouse("mousePressed", from)
	for i := range 5 {
		mouse("mouseMoved", from+(to-from)*float64(i+1)/5)
	}
	mouse("mouseReleased", to)
}

// The chart over time has the percentiles of the columns, as soon as they are typed.
func TestTheChartOverTimeHasThePercentilesOfTheColumns(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	p := open(t, gregaria.url)
	p.until(`state() === "running" && requests() > 0`)
	p.fill("Percentiles", "97.5, 99.95")
	p.until(`all("#rows thead th").map(text).some((h) => h.startsWith("99.95%ile"))`)
	p.click("Charts")
	lines := drawing + `.charts.time.lines.map((l) => l.label).join(" ")`
	p.until(lines + ` === "p50 p95 p97.5 p99 p99.95" && document.body.innerText.includes("p99.95")`)
	p.goTo(gregaria.url + "/?tab=charts&cols=name,p90,p99.9&p=")
	p.until(lines + ` === "p90 p99.9" && document.body.innerText.includes("p99.9")`)
}

// Who drags across a chart sees the numbers of that time on every tab, to the last
// request, while the run goes on and after it; and so does who gets the address.
func TestADraggedTimeIsWhatAllNumbersAreOf(t *testing.T) {
	t.Parallel()
	api := (&target{every: 7}).listen(t)
	gregaria := serve(t, "-u", "5", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	p := open(t, gregaria.url+"/?tab=charts")
	p.until(drawing + `.data.t.length >= 9`)
	whole := eval[string](p, `text(one("#window summary"))`)
	p.drag("rate", 0.3, 0.7)
	p.until(`/from=\d+&tab=charts&to=\d+/.test(location.search) && Boolean(` + drawing + `.window)`)
	p.click("Statistics")
	p.until(`text(one("nav [aria-current=page]")) === "Statistics" && requests() > 0`)
	seen := eval[[]string](p, "total()")
	clock := `text(one(".state .clock"))`
	for range 2 {
		p.until(fmt.Sprintf(`%s !== %q`, clock, eval[string](p, clock)))
	}
	if again := eval[[]string](p, "total()"); !slices.Equal(again, seen) {
		t.Errorf("the run went on and the numbers of a time that is over became %q, want %q", again, seen)
	}

	gregaria.post("/stop", nil)
	p.until(`state() === "stopped"`)
	query, err := url.ParseQuery(eval[string](p, "location.search.slice(1)"))
	if err != nil {
		t.Fatal(err)
	}
	// The history says how many there were until each moment of the charts.
	other := open(t, gregaria.url+"/?tab=charts")
	times := eval[[]float64](other, drawing+`.data.t`)
	var sums []map[string]string
	for _, line := range parseCSV(t, gregaria.get("/stats/requests_full_history/csv")) {
		if line["Name"] == "Aggregated" {
			sums = append(sums, line)
		}
	}
	until := func(name, column string) (sum int64) {
		ms, _ := strconv.ParseFloat(query.Get(name), 64)
		if i := slices.Index(times, ms/1000); i >= 0 {
			sum, _ = strconv.ParseInt(sums[i][column], 10, 64)
		}
		return sum
	}
	for i, column := range map[int]string{2: "Total Request Count", 3: "Total Failure Count"} {
		want := until("to", column) - until("from", column)
		if got := plain(eval[[]string](p, "total()")[i]); got != fmt.Sprint(want) || want == 0 {
			t.Errorf("%s of the window is %s, want %d as in the history", column, got, want)
		}
	}
	other.goTo(gregaria.url + "/" + eval[string](p, "location.search"))
	if got := eval[[]string](other, "total()"); !slices.Equal(got, seen) {
		t.Errorf("who got the address sees %q, want %q", got, seen)
	}
	p.click("Failures")
	p.until(fmt.Sprintf(`parse(rows()[0][0].split(" ")[0]) === %s`, plain(seen[3])))

	// Four ways back to the whole run.
	p.click("Charts")
	back := []func(){
		func() { p.clickOn(`one("#window .clear")`) },
		func() { p.press(kb.Escape) },
		func() { p.click("Whole run") },
		func() { p.clickOn(`one(".u-over")`, chromedp.ClickCount(2)) },
	}
	for i, clear := range back {
		if i > 0 {
			p.drag("users", 0.5, 0.2) // leftwards, on another chart
		}
		p.until(`location.search.includes("from=") && Boolean(one("#window .clear")) && Boolean(` + drawing + `.window)`)
		if i == 2 {
			p.clickOn(`one("#span > summary")`)
		}
		clear()
		p.until(fmt.Sprintf(`location.search === "?tab=charts" && !one("#window .clear") && text(one("#window summary")) === %q`, whole))
	}
}

// Lines can be switched off, by mouse and keyboard, and stay off; what is left is saved
// as a picture.
func TestChartsAreReadAndKept(t *testing.T) {
	t.Parallel()
	api := (&target{every: 3}).listen(t)
	gregaria := serve(t, "-u", "5", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	p := newTab(t)
	if _, err := chromedp.Call(p.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"}); err != nil {
		t.Fatal(err)
	}
	p.allow("Canvas2D: Multiple readback") // which is what this test does
	p.goTo(gregaria.url + "/?tab=charts")
	p.until(drawing + `.data.t.length >= 4 && all("#chart-time canvas").length === 1`)
	// p95 is the only line as dark as the text.
	dark := `((c) => {
		const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		let n = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i] < 50 && d[i + 1] < 50 && d[i + 2] < 50 && d[i + 3] > 200) n++;
		return n;
	})(one("#chart-time canvas"))`
	key := `all("#chart-time .key").find((k) => text(k).startsWith("p95"))`
	p.until(dark + ` > 100`)
	p.clickOn(key)
	p.until(key + `.getAttribute("aria-pressed") === "false" && ` + dark + ` === 0`)
	points := eval[int](p, drawing+`.data.t.length`)
	p.until(fmt.Sprintf(`%s.data.t.length > %d && %s === 0`, drawing, points, dark))
	p.click("Statistics")
	p.click("Charts")
	p.until(`Boolean(` + key + `) && ` + key + `.getAttribute("aria-pressed") === "false" && ` + dark + ` === 0`)

	picture, err := png.Decode(bytes.NewReader(p.saved(`one("#chart-time .save")`)))
	if err != nil {
		t.Fatalf("the picture is no PNG: %v", err)
	}
	if size := picture.Bounds().Size(); size.X < 900 || size.Y < 200 {
		t.Errorf("the picture is %v pixels large, want one that can be read", size)
	}
	if _, _, _, alpha := picture.At(0, 0).RGBA(); alpha != 0xffff {
		t.Error("the picture has no background")
	}

	eval[bool](p, `(`+key+`.focus(), true)`)
	p.press(" ")
	p.until(key + `.getAttribute("aria-pressed") === "true" && ` + dark + ` > 100`)

	// Another theme is drawn in its own colours.
	theme := func(name string) {
		eval[bool](p, fmt.Sprintf(`(document.documentElement.dataset.theme = %q, document.dispatchEvent(new Event("theme")))`, name))
	}
	bright := strings.NewReplacer("< 50", "> 225").Replace(dark)
	theme("dark")
	p.until(bright + ` > 100`)
	theme("light")
	p.until(bright + ` === 0`)
	p.until(dark + ` > 100`)

	// The start is marked, and said to who cannot see the mark.
	p.until(`text(one(".happened li a")).includes("1") && ` + drawing + `.events.length >= 1`)
	eval[bool](p, `(one(".happened li a").focus(), true)`)
	p.until(`text(one("#chart-rate .tip")) === text(one(".happened li a"))`)

	// Times are those of the reader, until they want UTC.
	at := `text(one("#chart-time .at")).slice(0, 2)`
	hour := drawing + `.data.t.at(-1) / 3600 % 24`
	p.until(fmt.Sprintf(`Math.abs(parse(%s) - Math.floor((%s + 9) %% 24)) < 1`, at, hour))
	p.clickOn(`one("#span > summary")`)
	p.click("UTC")
	p.until(fmt.Sprintf(`location.search.includes("zone=utc") && Math.abs(parse(%s) - Math.floor(%s)) < 1`, at, hour))
	p.until(fmt.Sprintf(`Math.abs(parse(text(one(".happened time")).slice(0, 2)) - Math.floor(%s)) < 1`, hour))
	gregaria.post("/stop", nil)
	p.until(`state() === "stopped"`)
}

// A report that was saved is opened where there is no server: its charts are drawn, can
// be looked at more closely, and nothing is loaded.
func TestASavedReportIsComplete(t *testing.T) {
	t.Parallel()
	api := (&target{every: 3}).listen(t)
	gregaria := serve(t, "-u", "5", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	p := open(t, gregaria.url+"/?tab=charts")
	p.until(drawing + `.data.t.length >= 5`)
	p.click("Stop")
	p.until(`state() === "stopped"`)
	requests := float64(gregaria.report().total().requests)
	p.click("Download")
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, p.download("Report"), 0o600); err != nil {
		t.Fatal(err)
	}
	gregaria.stop(syscall.SIGTERM) // there is nobody to ask any more
	p.allow("WebSocket connection to", "htmx:ws:error")

	r := newTab(t)
	r.goTo("file://" + file)
	r.until(`all(".uplot canvas").length === 3 && all(".uplot canvas").every((c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((x) => x > 0))`)
	if loaded := eval[[]string](r, `performance.getEntriesByType("resource").map((e) => e.name)`); len(loaded) > 0 {
		t.Errorf("the report loads %q, want nothing", loaded)
	}
	if got := eval[float64](r, `requests()`); got != requests {
		t.Errorf("the report tells of %v requests, want %v", got, requests)
	}
	// Its charts can be looked at more closely: the legend tells of the last moment shown.
	at := `text(one("#chart-rate .at"))`
	times := `JSON.parse(document.querySelector("#series").textContent).data.t.length`
	if n := eval[int](r, times); n < 5 {
		t.Errorf("the report's charts have %d points, want 5 at least", n)
	}
	eval[bool](r, `(window.before = one("#chart-time canvas").toDataURL(), true)`)
	r.drag("rate", 0.3, 0.7)
	r.until(`one("#chart-time canvas").toDataURL() !== window.before`)
	if at := eval[string](r, at); len(at) != len("14:00:00") {
		t.Errorf("the legend says %q, want a time of day", at)
	}
	// What is saved of it is a picture there as well.
	if _, err := png.Decode(bytes.NewReader(r.saved(`one("#chart-time .save")`))); err != nil {
		t.Errorf("the picture saved from the report is no PNG: %v", err)
	}
}

// Charts of which this page has none: a heat map, points, and axes of numbers.
func TestEveryKindOfChartIsDrawn(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	p := open(t, gregaria.url+"/?tab=charts")
	p.allow("Canvas2D: Multiple readback")
	p.until(drawing + `.data.t.length >= 4`)
	gregaria.post("/stop", nil)
	p.until(`state() === "stopped"`)
	eval[bool](p, `((source, place) => {
		const all = JSON.parse(source.dataset.series), { t } = all.data;
		Object.assign(all.data, { load: [1, 2, 3, 3, 8], took: [10, 20, 30, 35, 90], ms: [1, 10, 100, 1000], share: [0.1, 0.5, 0.3, 0.1] });
		all.charts = {
			heat: { title: "Heat", unit: "ms", heat: { t, bins: [1, 10, 100, 1000], cells: t.map(() => [7, 77, 0]) } },
			points: { title: "Points", points: true, across: { key: "load", unit: "users" }, lines: [{ label: "p95", key: "took", colour: "line-1" }] },
			log: { title: "Log", across: { key: "ms", unit: "ms", log: true }, lines: [{ label: "share", key: "share", colour: "line-10", steps: true, dash: true }] },
		};
		place.replaceChildren(...Object.keys(all.charts).map((id) => {
			const figure = document.createElement("figure"), box = document.createElement("div");
			[figure.className, box.className, box.dataset.chart] = ["panel chart", "plot", id];
			figure.append(box);
			return figure;
		}));
		source.dataset.series = JSON.stringify(all);
		return document.dispatchEvent(new Event("frame"));
	})(document.querySelector("#series"), document.querySelector("#charts"))`)
	coloured := func(chart, what string) string {
		return fmt.Sprintf(`((c) => {
			const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
			for (let i = 0; i < d.length; i += 4) { const [r, g, b, a] = d.subarray(i, i + 4); if (a > 200 && %s) return true; }
			return false;
		})(one('[data-chart=%q] canvas'))`, what, chart)
	}
	p.until(coloured("heat", "r > b + 100"))        // sand
	p.until(coloured("points", "b > r + 100"))      // blue
	p.until(coloured("log", "r > g + 30 && b > g")) // plum
	p.until(`text(one('figure:has([data-chart="log"]) .at')) === "1\u202f000 ms"`)

	// The cell at the mouse is put into words: the lower third is 1 to 10 ms.
	at := eval[struct{ X, Y float64 }](p, `(({ x, y, width, height }) => ({ X: x + width * 0.6, Y: y + height * 0.9 }))(one('[data-chart="heat"] .u-over').getBoundingClientRect())`)
	for i := range 2 {
		if _, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseMoved", X: at.X + float64(i), Y: at.Y}); err != nil {
			t.Fatal(err)
		}
	}
	p.until(`text(one('[data-chart="heat"] .tip')) === "1 – 10 ms: 7"`)
}

// Who has no mouse asks for a time by its ends, in the zone that is shown.
func TestATimeIsChosenWithoutAMouse(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	p := newTab(t)
	if _, err := chromedp.Call(p.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Tokyo"}); err != nil {
		t.Fatal(err)
	}
	p.goTo(gregaria.url + "/?tab=charts")
	p.until(drawing + `.data.t.length >= 6`)
	gregaria.post("/stop", nil)
	p.until(`state() === "stopped"`)
	p.press("t")
	p.until(`document.getElementById("span").open && document.activeElement === one("#span > summary") && Boolean(document.getElementById("moments").elements.to.value)`)

	// The end before the beginning, then three seconds from the beginning on.
	begun := eval[float64](p, `Number(document.getElementById("window").dataset.from)`)
	ask := func(ms float64) {
		eval[bool](p, fmt.Sprintf(`((field) => {
			field.value = new Date(%f + 9 * 3600 * 1000).toISOString().slice(0, 19);
			field.focus();
			return true;
		})(document.getElementById("moments").elements.to)`, ms))
		p.press(kb.Enter)
	}
	ask(begun - 5000)
	p.until(`text(one("#moments .error")) === "The end is not after the beginning." && !location.search.includes("from=")`)
	ask(begun + 3000)
	p.until(fmt.Sprintf(`new URLSearchParams(location.search).get("from") === "%.0f" && new URLSearchParams(location.search).get("to") === "%.0f"`,
		begun, math.Floor((begun+3000)/1000)*1000))
	p.until(`Boolean(` + drawing + `.window) && Boolean(one("#window .clear")) && document.activeElement === one("#span > summary") && !document.getElementById("span").open`)

	// The switch to logarithms stays with the chart.
	log := `one("#chart-time .log")`
	p.clickOn(log)
	p.until(log + `.getAttribute("aria-pressed") === "true" && document.activeElement === ` + log)
	p.press(kb.Escape)
	p.until(`!location.search.includes("from=") && ` + log + `.getAttribute("aria-pressed") === "true"`)
}
