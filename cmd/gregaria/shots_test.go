package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/gregaria/gregaria/scenarios/demo"
)

var (
	shots   = flag.String("shots", "", "folder to write README's pictures to")
	gallery = flag.String("gallery", "", "folder to write a picture of every tab to, light and dark, wide and narrow")
)

// A look is the circumstances in which a page is seen.
type look struct {
	scheme        string // light or dark
	width, height int64
	scale         float64 // pixels of the picture to one of the page; 0 means 1
	mobile        bool
	still         bool // the reader has asked for less motion
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
	motion := "no-preference"
	if l.still {
		motion = "reduce"
	}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
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

// shoot writes what is in sight to a PNG file.
func (p *tab) shoot(file string) {
	p.t.Helper()
	p.rest()
	shot, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err == nil {
		err = os.WriteFile(file, shot.Data, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// rest waits until the page is drawn and nothing on it fades.
func (p *tab) rest() {
	p.t.Helper()
	p.until(`document.getAnimations().every((a) => a.playState === "finished" || a.effect.getTiming().iterations === Infinity)`)
}

// tabNames are the parts of the report that the page leads to.
func (p *tab) tabNames() []string {
	return eval[[]string](p, `all("nav.tabs a").map((a) => a.firstChild.textContent.trim())`)
}

// turnTo clicks a tab and waits until it is there, with its charts drawn.
func (p *tab) turnTo(name string) {
	p.t.Helper()
	p.clickOn(fmt.Sprintf(`all("nav.tabs a").find((a) => a.firstChild.textContent.trim() === %q)`, name))
	p.until(fmt.Sprintf(`text(one("nav.tabs [aria-current=page]")).startsWith(%q)`, name))
	p.until(`all("[data-chart]").every((c) => c.querySelector("canvas"))`)
}

// TestGallery has a picture of every tab in all looks, when asked for.
func TestGallery(t *testing.T) {
	if *gallery == "" {
		t.Skip("no -gallery")
	}
	p := demoPage(t)
	for _, l := range looks {
		p.seeAs(l)
		p.reload()
		for _, name := range p.tabNames() {
			p.turnTo(name)
			p.shoot(filepath.Join(*gallery, l.String()+"-"+strings.ToLower(name)+".png"))
		}
	}
	// In between, and on a wall, the first tab is enough.
	for _, width := range []int64{768, 1024, 1180, 1920, 2560} {
		l := look{scheme: "light", width: width, height: 900}
		p.seeAs(l)
		p.turnTo(p.tabNames()[0])
		p.shoot(filepath.Join(*gallery, l.String()+".png"))
	}
}

// demoPage opens the page of the demo while 20 users run into its bug.
func demoPage(t *testing.T) *tab {
	api, err := demo.Listen("127.0.0.1:0", demo.Options{Bug: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { api.Close() })
	gregaria := serve(t, "-u", "20", "-r", "5", "--host", "http://"+api.Addr(), "--autostart", "cities")
	p := open(t, gregaria.url)
	p.until(`state() === "running" && requests() > 1000`)
	return p
}
