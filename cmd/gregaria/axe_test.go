package main

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// axe is axe-core, which finds what keeps people from using a page.
//
//go:embed testdata/axe.min.js
var axe string

func TestAxeIsUnmodified(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("testdata/README.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(axe))
	if line := hex.EncodeToString(sum[:]) + "  axe.min.js"; !strings.Contains(string(readme), line) {
		t.Errorf("testdata/README.md lacks %q", line)
	}
}

// A violation is something on the page that keeps somebody from using it.
type violation struct{ Rule, Help, Target, HTML, Why string }

// accessible reports what axe finds: all rules that there are for WCAG 2.1 AA and what
// is held to be good practice, or only whether text can be told from what it lies on.
func (p *tab) accessible(place string, contrastAlone bool) {
	p.t.Helper()
	if !eval[bool](p, `typeof axe === "object"`) {
		if _, err := chromedp.Run(p.ctx, chromedp.Evaluate[any](axe+";null")); err != nil {
			p.t.Fatalf("load axe: %v", err)
		}
	}
	only := `{ type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }`
	if contrastAlone {
		only = `{ type: "rule", values: ["color-contrast"] }`
	}
	// Frames come while axe looks: what it found may be gone when it tells of it.
	found := await[[]violation](p, `(async () => {
		for (const e of document.querySelectorAll("details")) e.open = true;
		const { violations } = await axe.run(document, { runOnly: `+only+`, resultTypes: ["violations"] });
		for (const e of document.querySelectorAll("#health, #span")) e.open = false; // or they cover what is to be clicked next
		return violations.flatMap((v) => v.nodes.map((n) => ({
			Rule: v.id, Help: v.help, Target: n.target.join(" "), HTML: n.html.slice(0, 300), Why: n.failureSummary,
		})));
	})()`)
	for _, v := range found {
		p.t.Errorf("%s: %s: %s\n  at %s\n  %s\n  %s", place, v.Rule, v.Help, v.Target, v.HTML, v.Why)
	}
}

// Nothing on any tab or in any form keeps anybody from using it, in either colour, at a
// desk and on a phone, before a run, in one with everything that can go wrong, and after.
func TestAxeFindsNothing(t *testing.T) {
	t.Parallel()
	target := hostileTarget(t)
	for _, l := range looks {
		t.Run(l.String(), func(t *testing.T) {
			gregaria := serveAs(t, "hostile", "--payloads", "9", "-u", "4", "-r", "100", "--host", target)
			p := newTab(t)
			p.seeAs(l)
			p.goTo(gregaria.url)
			contrastAlone := l.scheme == "dark" // nothing else depends on it
			check := func(place string) { p.t.Helper(); p.accessible(l.String()+", "+place, contrastAlone) }
			check("ready")
			p.fill("Number of users", "none")
			p.allow("status of 422") // the browser's own words for an answer that refuses
			p.click("Start swarming")
			p.until(`Boolean(one("[aria-invalid=true]"))`)
			check("ready, with a mistake")
			p.fill("Number of users", "4")
			p.click("Start swarming")
			p.until(`state() === "running" && requests() > 100 && fails() > 50`)
			p.tour(func(place string) { check("running, " + place) })
			p.goTo(gregaria.url + "/?tab=nowhere")
			check("running, an address not understood")
			p.press("?")
			p.until(`top().id === "keys"`)
			check("running, keys")
			p.press(kb.Escape)
			p.until(`top() === document`)
			p.click("Edit")
			p.until(`top().id === "edit"`)
			p.settle()
			check("running, edit")
			p.clickOn(`one("dialog:modal [data-close]")`)
			p.click("Stop")
			p.until(`state() === "stopped"`)
			p.turnTo(p.parts()[0])
			check("stopped")
			p.click("New")
			p.until(`top().id === "start"`)
			p.settle()
			check("stopped, new")
			p.goTo(gregaria.url + "/stats/report")
			check("report")
		})
	}
}

// The tab key leads to everything that can be pressed, typed in or scrolled, in the
// order of the page, and the eye sees where it is.
func TestTheTabKeyReachesEverything(t *testing.T) {
	t.Parallel()
	gregaria := serveAs(t, "hostile", "--payloads", "9", "-u", "4", "-r", "100", "--host", hostileTarget(t))
	p := open(t, gregaria.url)
	everything := func(place string) {
		t.Helper()
		// What can be reached, in its order; of a group of radio buttons the chosen one can.
		controls := `all("a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex='0']", top())
			.filter((e) => e.type !== "radio" || e.checked)`
		count := eval[int](p, fmt.Sprintf(`(() => {
			window.visited = [];
			document.activeElement?.blur();
			top().querySelector("h1")?.focus();
			window.expected = %s;
			return expected.length;
		})()`, controls))
		// A notice that comes meanwhile has links of its own.
		const left = `expected.filter((e) => e.isConnected && shown(e) && !visited.includes(e))`
		for i := 0; i < 3*count+5 && (i < count || eval[int](p, left+".length") > 0); i++ {
			p.press("\t")
			eval[bool](p, `(() => {
				const e = document.activeElement;
				if (e === document.body || visited.includes(e)) return false;
				visited.push(e);
				const { outlineStyle, outlineWidth } = getComputedStyle(e);
				e.dataset.seen = outlineStyle !== "none" && parseFloat(outlineWidth) > 0 && shown(e);
				return true;
			})()`)
		}
		missed := eval[[]string](p, left+`.map((e) => e.outerHTML.slice(0, 200))`)
		if len(missed) > 0 {
			t.Errorf("%s: the tab key does not reach %q", place, missed)
		}
		if unseen := eval[[]string](p, `visited.filter((e) => e.dataset.seen === "false").map((e) => e.outerHTML.slice(0, 200))`); len(unseen) > 0 {
			t.Errorf("%s: nothing shows that these have the focus: %q", place, unseen)
		}
	}
	p.until(`document.activeElement === field("Number of users")`)
	everything("ready")
	p.tabTo("Start swarming")
	p.press("\r")
	p.until(`state() === "running" && requests() > 100`)
	for _, part := range p.parts() {
		p.tabTo(part)
		p.press("\r")
		p.until(fmt.Sprintf(`one("nav.tabs [aria-current=page]")?.firstChild.textContent.trim() === %q`, part))
		p.settle()
		everything("running, " + part)
	}
	p.tabTo(p.parts()[0])
	p.press("\r")
	p.tabTo("# Requests")
	p.press("\r")
	p.until(`Boolean(document.activeElement.closest("th[aria-sort=descending]"))`)
	p.tabTo("Stop")
	p.press("\r")
	p.until(`state() === "stopped"`)
	everything("stopped")
}
