package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// When the program is started anew, the page says that the run is gone, offers what it was
// asked for, and is quiet again with the next run. While nobody answers, the browser's tab
// claims no state.
func TestAProgramStartedAnewSaysThatTheRunIsGone(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	first := serve(t, "-u", "7", "-r", "5", "--host", api.URL, "--wait", "50ms", "--run-time", "9m", "--autostart", "get")
	p := open(t, first.url)
	p.allow("WebSocket connection to", "htmx:ws:error", "Failed to load resource") // while nobody answers
	p.until(`state() === "running" && requests() > 0`)
	first.stop(syscall.SIGKILL)
	p.until(`document.title === "disconnected · Gregaria" && shown(one("#offline"))`)
	p.click("Stop")
	p.until(`text(one("#trouble")).includes("does not answer") && !shown(one("#offline"))`)

	second := serve(t, "--web-port", first.port(), "get")
	p.until(`state() === "ready" && text(one("#anew")).includes("the run that was on this page is gone")`)
	p.until(`document.title === "Gregaria" && field("Number of users").value === "7" && field("Host").value === ` + "`" + api.URL + "`")
	p.click("Start swarming")
	p.until(`state() === "running" && !shown(one("#anew"))`)
	if got := second.report().State; got != "running" {
		t.Errorf("the second program is %s, want running", got)
	}
}

// Notices have one line below all else: nothing above moves when they come, and what was
// dismissed stays away.
func TestNoticesPushNothing(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	dir := filepath.Join(t.TempDir(), "csv")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "50ms", "--csv", filepath.Join(dir, "run"), "--autostart", "get")
	p := open(t, gregaria.url)
	p.until(`state() === "running" && requests() > 0 && all("#rows tbody tr").length === 1`)
	const place = `one("#rows").getBoundingClientRect().top`
	before := eval[float64](p, place)
	if err := os.Rename(dir, dir+".gone"); err != nil { // as it is written to
		t.Fatal(err)
	}
	p.until(`text(one("#notices .alarm")).includes("cannot be written")`)
	if got := eval[float64](p, place); got != before {
		t.Errorf("with a notice the table is at %v, without it was at %v", got, before)
	}
	// All in one go, between two frames.
	got := eval[[]int](p, `(() => {
		const told = one("#notices .told"), lines = () => [...told.children].filter((p) => p.clientHeight > 2).length, seen = [];
		for (const n of [1, 2]) told.append(Object.assign(document.createElement("p"), { className: "notice", textContent: "notice " + n }));
		const look = () => { document.dispatchEvent(new Event("frame")); seen.push(lines()); };
		look();
		document.querySelector("#notices [data-notices=all]").click();
		look();
		document.querySelector("#notices [data-notices=all]").click();
		look();
		return seen;
	})()`)
	if got[0] != 1 || got[1] < 3 || got[2] != 1 {
		t.Errorf("of three notices or more, folded, unfolded and folded again, %v are in sight; want 1, all and 1", got)
	}
	p.clickOn(`one("#notices [data-notices=none]")`)
	p.until(`!shown(one("#notices .alarm"))`)
	p.growing()
	if eval[bool](p, `shown(one("#notices .alarm"))`) {
		t.Error("after it was dismissed, and frames, the notice is there")
	}
}
