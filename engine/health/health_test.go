package health

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

func TestTakeIsOfTheSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := startOn(tree(nil))
		defer m.Stop()
		for range 10 {
			m.Lag(time.Second)
		}
		time.Sleep(time.Second)
		h := m.Take(0, 3)
		if h.Invalid != 1 || h.Worst.Lag < time.Second || h.Worst.Unsent != 3 {
			t.Errorf("Take() = %+v, want an invalid span with a lag of 1s and 3 requests unsent", h)
		}
		time.Sleep(time.Second)
		if h := m.Take(0, 0); h.Worst.Lag != 0 || h.Worst.Unsent != 0 {
			t.Errorf("the next Take() = %+v, want nothing of the span before", h)
		}
	})
}

func TestTheCanarySings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := startOn(tree(nil))
		defer m.Stop()
		time.Sleep(time.Second + nap/2)
		if got, want := m.canary[0].Load(), uint32(time.Second/nap); got != want {
			t.Errorf("the canary woke in time %d times in a second, want %d", got, want)
		}
		if got := m.Take(0, 0).Worst.Canary; got != 0 {
			t.Errorf("the canary woke %v late on a perfect clock", got)
		}
	})
}

func TestSharesNeedASpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := startOn(sized{tree(nil)}) // has open files
		defer m.Stop()
		begin := m.last.at
		time.Sleep(shortest - 1)
		m.Lag(time.Second)
		if h := m.Take(0, 0); h.Worst.Lag < time.Second || h.Worst.Processor != 0 || !m.last.at.Equal(begin) {
			t.Errorf("a short Take() = %+v and reads from %v on, want the lag alone, and shares from %v on", h, m.last.at, begin)
		}
		time.Sleep(1 * time.Nanosecond)
		if m.Take(0, 0); m.last.at.Equal(begin) {
			t.Error("the shares of a span that is long enough are not taken")
		}
	})
}

func TestASlowClockIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := startOn(tree(map[string]string{clockSource: "hpet\n"}))
		defer m.Stop()
		var h stats.Health
		for range 3 {
			time.Sleep(time.Second)
			h = h.Plus(m.Take(0, 0))
		}
		for _, r := range h.Reasons {
			if r.Text == clockReason && r.Spans == 1 && r.Worst == stats.Degraded {
				return
			}
		}
		t.Errorf("reasons of three spans = %v, want %q of one", h.Reasons, clockReason)
	})
}

func TestStopMayBeRepeated(t *testing.T) {
	m := Start()
	m.Stop()
	m.Stop()
}
