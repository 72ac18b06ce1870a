package cli

import (
	"context"
	"math"
	"strconv"
	"strings"
	"time"
)

// autoquit reads --autoquit.
func (f *flags) autoquit(autostart bool) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(f.last("autoquit")))
	switch {
	case err != nil || n < -1 || n > math.MaxInt32:
		f.wrong("--autoquit: %q is not a number of seconds — write for example 10, or -1 for never", f.last("autoquit"))
		return -1
	case n >= 0 && !autostart:
		f.wrong("--autoquit: needs --autostart, whose run it waits for")
	}
	return time.Duration(n) * time.Second
}

// quitAfterRun calls end once no run has been on for so long, or returns when ctx ends.
// Whoever starts another run on the page meanwhile has that one first.
func (p *program) quitAfterRun(ctx context.Context, after time.Duration, end func()) {
	news, endWatch := p.engine.Watch()
	defer endWatch()
	var over <-chan time.Time // nil while a run is on
	var run int               // the one it is about
	for {
		switch s := p.engine.Status(); {
		case s.State.Active():
			over = nil
		case over == nil || s.Run != run:
			over, run = time.After(after), s.Run
		}
		select {
		case <-news:
		case <-over:
			if s := p.engine.Status(); s.State.Active() || s.Run != run {
				continue
			}
			p.log.Info("the run is over: ending, as --autoquit says")
			end()
			return
		case <-ctx.Done():
			return
		}
	}
}
