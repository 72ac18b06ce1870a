package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

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
	}
	// In between, and on a wall, the first tab is enough.
	for _, width := range []int64{768, 1024, 1180, 1920, 2560} {
		l := look{scheme: "light", width: width, height: 900}
		p.seeAs(l)
		p.turnTo(p.parts()[0])
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
