package cli

import (
	"bufio"
	"context"
	"runtime"
	"sync"

	"github.com/cli/browser"
)

// besidePage does what there is to do in the terminal while the page is served, until ctx
// ends. The channel is closed when it is done.
func (p *program) besidePage(ctx context.Context, url string) (done <-chan struct{}) {
	var tasks sync.WaitGroup
	if p.opts.printStats {
		tasks.Go(func() { p.printTables(ctx) })
	}
	if p.terminal.HasKeyboard() && hasDesktop(p.Lookup) {
		p.log.Info("press Enter to open it in a browser")
		go p.openOnEnter(ctx, url) // which ends with the program: nothing interrupts its read
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tasks.Wait()
	}()
	return ended
}

// hasDesktop reports whether a browser would open in a window of its own.
func hasDesktop(lookup func(string) (string, bool)) bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return true
	}
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY"} {
		if text, _ := lookup(name); text != "" {
			return true
		}
	}
	return false
}

// openOnEnter opens the page each time that Enter is pressed. In the background there is
// nothing to read, which ends it.
func (p *program) openOnEnter(ctx context.Context, url string) {
	browser.Stdout, browser.Stderr = nil, nil
	for lines := bufio.NewScanner(p.Stdin); lines.Scan() && ctx.Err() == nil; {
		if err := browser.OpenURL(url); err != nil {
			p.log.Warn("no browser could be opened", "url", url, "error", err)
		}
	}
}
