package main

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// A look is the circumstances in which a page is seen.
type look struct {
	scheme        string // light or dark
	width, height int64
	scale         float64 // pixels of a picture to one of the page; 0 means 1
	mobile        bool
	still         bool // the reader has asked for less motion
	paper         bool // it is printed
}

// looks are those that every page must be fit for.
var looks = []look{
	{scheme: "light", width: 1440, height: 900},
	{scheme: "dark", width: 1440, height: 900},
	{scheme: "light", width: 390, height: 844, mobile: true},
	{scheme: "dark", width: 390, height: 844, mobile: true},
}

func (l look) String() string { return fmt.Sprintf("%s-%d", l.scheme, l.width) }

// seeAs puts the tab into the circumstances of l.
func (p *tab) seeAs(l look) {
	p.t.Helper()
	media, motion := "", "no-preference"
	if l.paper {
		media = "print"
	}
	if l.still {
		motion = "reduce"
	}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: motion},
	}})
	if err == nil {
		_, err = chromedp.Call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: l.width, Height: l.height, DeviceScaleFactor: cmp.Or(l.scale, 1), Mobile: l.mobile,
		})
	}
	if err != nil {
		p.t.Fatalf("see the page as %s: %v", l, err)
	}
}

// parts are the names of the tabs that the page has.
func (p *tab) parts() []string {
	p.t.Helper()
	return eval[[]string](p, `all("nav.tabs a").map((a) => a.firstChild.textContent.trim())`)
}

// turnTo clicks a tab and waits until it is there, with its charts drawn.
func (p *tab) turnTo(part string) {
	p.t.Helper()
	p.clickOn(fmt.Sprintf(`all("nav.tabs a").find((a) => a.firstChild.textContent.trim() === %q)`, part))
	p.until(fmt.Sprintf(`one("nav.tabs [aria-current=page]")?.firstChild.textContent.trim() === %q`, part))
	p.settle()
}

// settle waits until charts are drawn and nothing fades any more.
func (p *tab) settle() {
	p.t.Helper()
	p.until(`all("[data-chart]").every((c) => c.querySelector("canvas")) &&
		document.getAnimations().every((a) => a.playState === "finished" || a.effect.getTiming().iterations === Infinity)`)
}

// tour visits every tab that the page has, and of what each of them leads to deeper
// in the page, such as an endpoint's own page or a failure's detail, the first.
func (p *tab) tour(visit func(place string)) {
	p.t.Helper()
	origin := eval[string](p, "location.origin")
	for _, part := range p.parts() {
		p.turnTo(part)
		visit(part)
		deeper := eval[[]string](p, `["row", "open"].map((key) =>
			all("main a[data-view]").map((a) => a.search).find((s) => (new URLSearchParams(s).get(key) ?? "") !== "")).filter(Boolean)`)
		for _, search := range deeper {
			p.goTo(origin + "/" + search)
			p.settle()
			visit(part + " " + search)
		}
	}
}

// A reader may choose the colours that the system does not have: from the first paint
// on, over frames and reloads.
func TestReaderChoosesTheColours(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "50ms", "--autostart", "get")
	p := open(t, gregaria.url)
	paper := func() string { return eval[string](p, "getComputedStyle(document.body).backgroundColor") }
	p.seeAs(look{scheme: "light", width: 1280, height: 900})
	light := paper()
	p.seeAs(look{scheme: "dark", width: 1280, height: 900})
	dark := paper()
	if light == dark {
		t.Fatalf("the page is %s in a light and in a dark system, want two colours", light)
	}
	eval[bool](p, `(document.addEventListener("theme", () => { window.told = (window.told ?? 0) + 1; }), true)`)
	for i, want := range []struct{ name, paper string }{{"light", light}, {"dark", dark}, {"as the system", dark}, {"light", light}} {
		p.clickOn(`one("#theme-button")`)
		if got := eval[string](p, `text(one("#theme-button"))`); got != "Colours: "+want.name {
			t.Errorf("after %d clicks the button says %q, want %q", i+1, got, "Colours: "+want.name)
		}
		if got := paper(); got != want.paper {
			t.Errorf("after %d clicks, colours %s in a dark system: the page is %s, want %s", i+1, want.name, got, want.paper)
		}
	}
	if got := eval[int](p, "window.told"); got < 4 { // the system's own change may be told late
		t.Errorf("4 clicks told %d times of new colours", got)
	}
	p.growing() // frames leave it alone
	p.reload()
	p.growing()
	if got := paper(); got != light {
		t.Errorf("after frames and a reload the page is %s, want %s as chosen", got, light)
	}
}

// Whoever asks for less motion gets none.
func TestReducedMotionIsRespected(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "20", "-r", "0.1", "--host", api.URL, "--wait", "50ms", "--autostart", "get")
	p := open(t, gregaria.url)
	p.seeAs(look{scheme: "light", width: 1280, height: 900})
	p.until(`state() === "spawning" && document.getAnimations().length > 0`)
	p.seeAs(look{scheme: "light", width: 1280, height: 900, still: true})
	for _, part := range p.parts() {
		p.turnTo(part)
		if got := eval[[]string](p, `document.getAnimations().map((a) => a.effect.target?.className ?? "?")`); len(got) > 0 {
			t.Errorf("tab %s moves %q though less motion is asked for", part, got)
		}
	}
	p.click("Edit")
	p.until(`top().id === "edit" && document.getAnimations().length === 0`)
}

// An address that is not understood shows the page as usual, says so in one line, and
// that line leads to the address that is.
func TestUnknownAddressIsSaidQuietly(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "50ms", "--autostart", "get")
	p := open(t, gregaria.url+"/?tab=nowhere&sort=-requests")
	p.until(`text(one("#aside")).includes("tab") && requests() > 0`)
	p.growing() // frames say it too
	if got := eval[string](p, `text(one("nav [aria-current=page]"))`); !strings.HasPrefix(got, "Statistics") {
		t.Errorf("an unknown tab shows %q, want Statistics", got)
	}
	p.clickOn(`one("#aside a")`)
	p.until(`!one("#aside") && location.search === "?sort=-requests"`)
}

// What changes by itself has its room: whatever the numbers do, no number, chip, tab or
// button moves.
func TestNothingMovesAsNumbersChange(t *testing.T) {
	t.Parallel()
	api := (&target{}).listen(t)
	gregaria := serve(t, "-u", "2", "-r", "100", "--host", api.URL, "--wait", "50ms", "--autostart", "get")
	p := open(t, gregaria.url)
	for _, l := range []look{{scheme: "light", width: 1440, height: 900}, {scheme: "light", width: 390, height: 844, mobile: true}} {
		p.seeAs(l)
		p.growing()
		// All in one go, between two frames: texts are changed to what they may become.
		moved := eval[[]string](p, `(() => {
			const watched = () => all(".state, .health, .target, .page-buttons, .actions .button, .number, .number dt, .number b, .tabs a, #content");
			const places = () => watched().map((e) => { const r = e.getBoundingClientRect(); return [r.x, r.y].map(Math.round).join(); });
			const put = (css, text) => document.querySelectorAll(css).forEach((e) => { e.textContent = text; });
			const before = places(), moved = [];
			for (const [number, clock, badge] of [["9", "0:01", ""], ["99.9", "9:59", "7"], ["1 234", "59:59", "42"], ["100 000", "59:59", "99"]]) {
				put(".number b", number);
				put(".clock", clock);
				for (const a of document.querySelectorAll(".tabs a")) {
					a.querySelector("em")?.remove();
					if (badge) a.append(Object.assign(document.createElement("em"), { textContent: badge }));
				}
				places().forEach((place, i) => { if (place !== before[i]) moved.push(number + ": " + watched()[i].outerHTML.slice(0, 120)); });
			}
			return moved;
		})()`)
		if len(moved) > 0 {
			t.Errorf("%s: these move: %q", l, moved)
		}
	}
}
