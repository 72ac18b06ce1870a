package main

import (
	"fmt"
	"testing"
)

// A row leads to a page of its own, which says the same numbers, can be pinned to the
// charts, and is there again for whoever gets its address.
func TestARowHasAPageOfItsOwn(t *testing.T) {
	t.Parallel()
	api := (&target{every: 5}).listen(t)
	gregaria := serve(t, "-u", "3", "-r", "100", "--host", api.URL, "--wait", "20ms", "--stop-timeout", "60s", "--autostart", "get")
	p := open(t, gregaria.url)
	p.allow("willReadFrequently") // it is this test that reads what is drawn
	p.until(`state() === "running" && fails() > 5`)
	p.clickOn(`one("#rows tbody .name a:not(.pin)")`)
	p.until(`text(one("#endpoint-name")) === "GET /" && location.search.includes("row=")`)
	drawn := `all(".chart canvas").length === 7 && all(".chart canvas").every((c) => {
		const pixels = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
		return pixels.some((x) => x > 0);
	})`
	p.until(drawn)
	p.until(`text(one("main")).includes("500 Internal Server Error")`)
	// While the run is on, slower requests may take the place of the one that was clicked, and
	// the page says so. Then another one is as good.
	const opened = `text(one(".sample")).includes("User-Agent") && location.search.includes("open=")`
	for seen := false; !seen; seen = eval[bool](p, opened) {
		p.clickOn(`all("main a").find((a) => a.search.includes("open=slow"))`)
		p.until(opened + ` || text(one("main")).includes("no longer, in this run: open")`)
	}

	p.click("Pin to the charts")
	p.until(`named("Pin to the charts").getAttribute("aria-pressed") === "true"`)
	p.click("Charts")
	p.until(`all(".chart").some((c) => text(c).startsWith("Pinned: requests per second")) && text(one(".pins")).includes("GET /")`)

	gregaria.post("/stop", nil)
	p.until(`state() === "stopped"`)
	p.clickOn(`one(".pins a")`)
	p.until(`text(one("#endpoint-name")) === "GET /"`)
	p.until(drawn)
	want := gregaria.report().total()
	if got := eval[float64](p, `parse(text(one(".part tbody tr").cells[1]))`); got != float64(want.requests) {
		t.Errorf("the page counts %v requests, want %d", got, want.requests)
	}
	other := open(t, gregaria.url+"/"+eval[string](p, "location.search"))
	other.allow("willReadFrequently")
	other.until(fmt.Sprintf(`text(one("#endpoint-name")) === "GET /" && parse(text(one(".part tbody tr").cells[1])) === %d`, want.requests))
	other.click("← Charts")
	other.until(`text(one(".pins")).includes("GET /") && !location.search.includes("row=")`)
}
