package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/gregaria/gregaria/scenarios/demo"
)

var (
	shots   = flag.String("shots", "", "folder to write README's pictures to")
	gallery = flag.String("gallery", "", "folder to write a picture of every tab to, light and dark, wide and narrow")
)

// shoot writes what is in sight to a PNG file.
func (p *tab) shoot(file string) {
	p.t.Helper()
	p.settle()
	shot, err := chromedp.Call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err == nil {
		err = os.WriteFile(file, shot.Data, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// TestGallery has a picture of every tab in all looks, when asked for.
func TestGallery(t *testing.T) {
	if *gallery == "" {
		t.Skip("no -gallery")
	}
	p := demoPage(t)
	p.allow("status of 404")
	for _, l := range looks {
		p.seeAs(l)
		p.reload()
		p.tour(func(place string) {
			name, deeper, _ := strings.Cut(strings.ToLower(place), " ")
			for _, key := range []string{"row", "open"} {
				if strings.Contains(deeper, key+"=") {
					name += "-" + key
				}
			}
			p.shoot(filepath.Join(*gallery, l.String()+"-"+name+".png"))
		})
		p.click("Edit")
		p.shoot(filepath.Join(*gallery, l.String()+"-edit.png"))
		p.press(kb.Escape)
	}
	// In between, and on a wall, the first tab is enough.
	for _, width := range []int64{768, 1024, 1180, 1920, 2560} {
		l := look{scheme: "light", width: width, height: 900}
		p.seeAs(l)
		p.turnTo(p.parts()[0])
		p.shoot(filepath.Join(*gallery, l.String()+".png"))
	}
	for _, part := range []string{"Statistics", "Charts", "Failures"} {
		p.turnTo(part)
		p.seeAs(look{scheme: "dark", width: 760, height: 1000, paper: true})
		p.shoot(filepath.Join(*gallery, "paper-"+strings.ToLower(part)+".png"))
		p.seeAs(looks[0])
	}
	p.goTo(eval[string](p, "location.origin") + "/nowhere")
	p.shoot(filepath.Join(*gallery, "nowhere.png"))
}

// TestShots takes README's pictures, when asked for.
func TestShots(t *testing.T) {
	if *shots == "" {
		t.Skip("no -shots")
	}
	p := demoPage(t)
	shoot := func(l look, name string) {
		p.seeAs(l)
		p.settle()
		p.shoot(filepath.Join(*shots, name))
	}
	desk := func(scheme string, height int64) look {
		return look{scheme: scheme, width: 1280, height: height, scale: 1.5}
	}
	p.seeAs(desk("light", 620))
	for _, clock := range []string{"0:15", "0:30", "0:45"} { // for lines with something to say
		p.until(fmt.Sprintf(`text(one(".clock")) >= %q`, clock))
	}
	shoot(desk("light", 620), "page.png")
	shoot(desk("dark", 620), "page-dark.png")
	shoot(look{scheme: "light", width: 390, height: 780, scale: 2, mobile: true}, "phone.png")
	p.seeAs(desk("light", 860))
	p.turnTo("Charts")
	shoot(desk("light", 860), "charts.png")
	p.turnTo("Failures")
	detail := eval[string](p, `all("main a[data-view]").find((a) => new URLSearchParams(a.search).get("open")).href`)
	p.goTo(detail)
	shoot(desk("light", 860), "failure.png")
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
