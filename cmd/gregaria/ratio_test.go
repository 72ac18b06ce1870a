package main

import "testing"

// The ratio of scenarios and tasks is what the target sees: as many of each as were begun.
func TestTheRatioIsWhatUsersDo(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "3", "-r", "100", "--host", api.URL, "--wait", "20ms", "--stop-timeout", "60s", "get")
	p := open(t, gregaria.url)
	p.click("Start swarming")
	p.until(`state() === "running" && number("Users") === 3`)
	p.click("Ratio")
	p.until(`text(one("nav [aria-current=page]")) === "Ratio" && rows().length >= 2`)
	p.until(`rows()[0][0].startsWith("get") && rows()[0][1] === "100" && rows()[0][2] === "100" && rows()[0][7] === "3 users"`)
	p.until(`rows()[1][1] === "100" && rows()[1][2] === "100" && parse(rows()[1][7]) > 20`)
	p.click("Stop")
	p.until(`state() === "stopped" && rows()[0][2] === "100" && rows()[0][7] === "3 users" && text(one("main")).includes("no users now")`)
	if begun, sent := eval[float64](p, "parse(rows()[1][7])"), float64(api.counts().requests); begun != sent {
		t.Errorf("the page says that %v tasks were begun, the target saw %v", begun, sent)
	}
}
