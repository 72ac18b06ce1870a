package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A mistake is said beside its field, what was typed stays, and nothing starts.
func TestMistakesAreSaidBesideTheirFields(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "2", "--wait", "50ms", "get")
	p := open(t, gregaria.url)
	p.allow("status of 422") // the browser's own words for an answer that refuses
	typed := map[string]string{"Number of users": "many", "Spawn rate": "-1", "Host": "http:127.0.0.1", "Run time": "soon"}
	p.click("Advanced")
	for field, value := range typed {
		p.fill(field, value)
	}
	p.click("Start swarming")
	note := func(field string) string {
		return fmt.Sprintf(`text(document.getElementById(field(%q).getAttribute("aria-describedby")))`, field)
	}
	for field, value := range typed {
		p.until(fmt.Sprintf(`%s !== "" && field(%q).getAttribute("aria-invalid") === "true"`, note(field), field))
		if got := eval[string](p, fmt.Sprintf("field(%q).value", field)); got != value {
			t.Errorf("field %s holds %q after the mistake, want %q as typed", field, got, value)
		}
	}
	if got := eval[bool](p, `document.activeElement === field("Number of users")`); !got {
		t.Error("the first field with a mistake does not have the focus")
	}
	if r := gregaria.report(); r.State != "ready" {
		t.Errorf("state %s after mistakes, want ready", r.State)
	}

	p.fill("Number of users", "2")
	p.fill("Spawn rate", "2")
	p.fill("Run time", "")
	p.click("Start swarming")
	p.until(note("Number of users") + ` === ""`)
	p.until(note("Host") + ` !== ""`)
	p.fill("Host", api.URL)
	p.click("Start swarming")
	p.until(`state() === "running" && requests() > 0`)

	p.click("Edit")
	p.fill("Number of users", "0.5")
	p.click("Update")
	p.until(note("Number of users") + ` !== "" && field("Number of users").value === "0.5"`)
	p.fill("Number of users", "3")
	p.click("Update")
	p.until(`number("Users") === 3 && !document.querySelector("dialog:modal")`)
}

// Who has no mouse does the same.
func TestEverythingWorksByKeyboard(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "50ms", "get")
	p := open(t, gregaria.url)
	p.until(`document.activeElement === field("Number of users")`)
	p.press(kb.Enter)
	p.until(`state() === "running" && requests() > 0`)

	p.tabTo("Edit")
	p.press(" ")
	p.until(`top().id === "edit" && document.activeElement === field("Number of users")`)
	p.press(kb.Escape)
	p.until(`!document.querySelector("dialog:modal") && text(document.activeElement) === "Edit"`)
	p.press(kb.Enter)
	p.until(`document.activeElement === field("Number of users")`)
	p.fill("Number of users", "4")
	p.press(kb.Enter)
	p.until(`number("Users") === 4 && !document.querySelector("dialog:modal")`)

	p.tabTo("Charts")
	p.press(kb.Enter)
	p.until(`location.search === "?tab=charts" && all(".uplot").length === 3`)
	p.tabTo("Stop")
	p.press(kb.Enter)
	p.until(`state() === "stopped"`)
	p.tabTo("New")
	p.press(" ")
	p.until(`top().id === "start" && document.activeElement === field("Number of users")`)
}

// tabTo presses the tab key until a link or button has the focus, and checks that
// the eye can see it there.
func (p *tab) tabTo(name string) {
	p.t.Helper()
	for range 60 {
		if eval[bool](p, fmt.Sprintf("document.activeElement === named(%q)", name)) {
			if eval[bool](p, `getComputedStyle(document.activeElement).outlineStyle === "none"`) {
				p.t.Errorf("%s has the focus and nothing shows it", name)
			}
			return
		}
		p.press("\t")
	}
	p.t.Fatalf("the tab key never gets to %s:\n%s", name, p.words())
}
