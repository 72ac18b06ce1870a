package main

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/heapprofiler"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Six hours of frames, one a second, may cost a browser 50 MB. Frames come as fast as the
// page takes them here, and fewer; SOAK_FRAMES=21600, as make soak sets it, are all.
func TestSixHoursOfFramesDoNotFillTheBrowser(t *testing.T) {
	t.Parallel()
	const frames, most = 21600, 50 << 20
	n := 400
	if text := os.Getenv("SOAK_FRAMES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			t.Fatalf("SOAK_FRAMES=%q: want a number of frames", text)
		}
	}
	api := (&target{every: 7}).listen(t)
	gregaria := serve(t, "-u", "5", "-r", "100", "--host", api.URL, "--wait", "20ms", "--autostart", "get")
	p := open(t, gregaria.url)
	p.until(`state() === "running" && fails() > 0`)
	links := eval[int](p, `all("nav.tabs a").length`)
	look := func(n int) {
		t.Helper()
		const batch = 100
		for done := 0; done < n; done += batch {
			ask := min(batch, n-done)
			if got := await[int](p, fmt.Sprintf(`(async () => {
				const views = [...document.querySelectorAll("nav.tabs a")].map((a) => a.search || "?");
				let frames = 0;
				for (; frames < %d; frames++) {
					const frame = new Promise((done) => document.addEventListener("frame", done, { once: true }));
					document.dispatchEvent(new CustomEvent("look", { detail: views[frames %% views.length] }));
					await frame;
				}
				return frames;
			})()`, ask)); got != ask {
				t.Fatalf("the page took %d frames, want %d", got, ask)
			}
		}
	}
	// Twice: what the first collection leaves is often garbage only then.
	heap := func() float64 {
		t.Helper()
		var usage cdpruntime.GetHeapUsageResult
		for range 2 {
			if _, err := chromedp.Call(p.ctx, heapprofiler.CollectGarbage, struct{}{}); err != nil {
				t.Fatal(err)
			}
			var err error
			if usage, err = chromedp.Call(p.ctx, cdpruntime.GetHeapUsage, struct{}{}); err != nil {
				t.Fatal(err)
			}
		}
		return usage.UsedSize
	}
	nodes := func() int { return eval[int](p, `document.getElementsByTagName("*").length`) }

	look(20 * links) // until every tab and its charts have been there some times
	before, elements := heap(), nodes()
	look(n - n%links)
	grown := heap() - before
	t.Logf("%d frames: the heap grew by %.0f KB to %.1f MB, %d elements became %d", n, grown/1e3, (before+grown)/1e6, elements, nodes())
	// A megabyte is left for what the engine keeps or gives up as it likes.
	if limit := most*float64(n)/frames + 1<<20; grown > limit {
		t.Errorf("%d frames grew the heap by %.0f bytes, want at most %.0f: 50 MB in six hours", n, grown, limit)
	}
	if got := nodes(); got > 2*elements {
		t.Errorf("%d frames made %d elements of %d", n, got, elements)
	}
}
