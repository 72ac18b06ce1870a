package main

import (
	"net/url"
	"strconv"
	"testing"
)

// The log is there as it is written, and "!" says when there are warnings in it that one
// has not seen.
func TestTheLogIsLive(t *testing.T) {
	t.Parallel()
	api := (&target{every: 1}).listen(t) // where nobody can sign in
	gregaria := serve(t, "-u", "60", "-r", "20", "--host", api.URL, "cities")
	users := 60
	more := func() { // makes a line
		users++
		gregaria.post("/swarm", url.Values{"user_count": {strconv.Itoa(users)}})
	}
	p := open(t, gregaria.url)
	p.click("Start swarming")
	p.until(`shown(one(".tabs .alert")) && text(one(".tabs a:has(.alert)")).startsWith("Logs")`)
	p.click("Logs")
	p.until(`!shown(one(".tabs .alert"))`)

	// The newest line is in sight, and stays there.
	const lines = `all("#log li").length`
	const atEnd = `(document.getElementById("log").scrollHeight - document.getElementById("log").scrollTop - document.getElementById("log").clientHeight < 24)`
	p.until(`document.getElementById("log").scrollHeight > document.getElementById("log").clientHeight + 80 && ` + atEnd)
	eval[bool](p, "(window.seen = "+lines+", true)")
	more()
	p.until(lines + ` > window.seen && ` + atEnd)
	// Who scrolls away is left there, until they want to be back.
	// Lines that came at the very moment of scrolling lead to the end once more.
	const newer = `shown(document.getElementById("log-newest"))`
	for away := false; !away; away = eval[bool](p, newer) {
		eval[bool](p, `(document.getElementById("log").scrollTop = 40, true)`)
		more()
		p.until(newer + " || " + atEnd)
	}
	eval[bool](p, "(window.seen = "+lines+", true)")
	more()
	p.until(lines + ` > window.seen && document.getElementById("log").scrollTop === 40`)
	p.clickOn(`document.getElementById("log-newest")`)
	p.until(atEnd + ` && !shown(document.getElementById("log-newest"))`)

	p.click("Warnings")
	p.until(`location.search.includes("level=WARNING") && all("#log li").length > 0 && all("#log li").every((l) => text(l.querySelector("b")) === "warning")`)
	p.click("Errors")
	p.until(`text(one("main")).includes("No lines")`)
	p.click("All")
	p.fill("Search the log", "run started")
	p.until(`all("#log li").length === 1 && text(one("#log li")).includes("run started")`)
	p.fill("Search the log", "run is stopping")
	p.until(`text(one("main")).includes("No lines")`)
	p.click("Stop")
	p.until(`state() === "stopped" && all("#log li").length === 1`)

	// A warning that was seen is seen after a reload, and in another tab of the browser.
	p.reload()
	p.click("Statistics")
	p.until(`text(one("nav [aria-current=page]")) === "Statistics" && !shown(one(".tabs .alert"))`)
}
