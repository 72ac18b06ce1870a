package health

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A throttle slows a process down until end is called.
type throttle func(t *testing.T, p *os.Process) (end func())

// run runs the generator, throttled, against a target in this process and returns
// what it says each second. It is quiet when nothing was in the way of this process meanwhile.
func (g generator) run(t *testing.T, slow throttle) (list []second, quiet bool) {
	t.Helper()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
	defer target.Close()
	g.URL = target.URL
	text, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asGenerator+"="+string(text))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // stopped, it would outlive us
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	end := slow(t, cmd.Process)
	well := watch()
	io.WriteString(in, "\n")
	err = cmd.Wait()
	quiet = well()
	end()
	if err != nil {
		t.Fatalf("the generator ended with: %v", err)
	}
	list = make([]second, g.Seconds)
	for i, said := 0, json.NewDecoder(&out); i < len(list); i++ {
		if err := said.Decode(&list[i]); err != nil {
			t.Fatalf("second %d of the generator: %v", i+1, err)
		}
	}
	return list, quiet
}

// free does not slow down.
func free(*testing.T, *os.Process) (end func()) { return func() {} }

// hold lets a process run for 20 ms of each 100.
func hold(_ *testing.T, p *os.Process) (end func()) {
	over := make(chan struct{})
	var holding sync.WaitGroup
	holding.Go(func() {
		for {
			p.Signal(syscall.SIGSTOP)
			time.Sleep(80 * time.Millisecond)
			p.Signal(syscall.SIGCONT)
			select {
			case <-over:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return func() { close(over); holding.Wait() }
}

// limit puts a process into a control group that may use a fifth of a processor.
func limit(t *testing.T, p *os.Process) (end func()) {
	around := findGroups(os.DirFS("/"))
	if len(around) == 0 {
		t.Skip("this process is in no control group that can be limited")
	}
	dir := filepath.Join("/", around[0], fmt.Sprintf("gregaria-test-%d", p.Pid))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip(err)
	}
	if os.WriteFile(dir+"/cpu.max", []byte("20000 100000"), 0) != nil &&
		os.WriteFile(dir+"/cpu.cfs_quota_us", []byte("20000"), 0) != nil {
		os.Remove(dir)
		t.Skip("a group within this one cannot be limited")
	}
	if err := os.WriteFile(dir+"/cgroup.procs", fmt.Append(nil, p.Pid), 0); err != nil {
		os.Remove(dir)
		t.Skip(err)
	}
	return func() {
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	}
}

func total(list []second) stats.Health {
	var h stats.Health
	for _, s := range list {
		h = h.Plus(s.Health)
	}
	return h
}

func why(h stats.Health) string {
	var list []string
	for _, r := range h.Gravest() {
		list = append(list, fmt.Sprintf("%s (%v, %d)", r.Text, r.Worst, r.Spans))
	}
	return strings.Join(list, "; ")
}

// TestSaturationIsSeen pins a generator to a fifth of a processor, in two ways.
func TestSaturationIsSeen(t *testing.T) {
	for _, c := range []struct {
		name   string
		g      generator
		slow   throttle
		reason string
	}{
		{"stopped again and again", generator{Users: 20, Wait: 50 * time.Millisecond}, hold, lateReason},
		{"under a quota", generator{Users: 50, Wait: 10 * time.Millisecond}, limit, quotaReason},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.g.Seconds = 4
			list, quiet := c.g.run(t, c.slow)
			h := total(list)
			if got := h.Verdict(); got != stats.Invalid {
				t.Errorf("a generator that has a fifth of a processor is %v (%s), want invalid", got, why(h))
			}
			if slices.ContainsFunc(h.Reasons, func(r stats.Reason) bool { return r.Text == c.reason && r.Worst == stats.Invalid }) {
				return
			}
			if !quiet {
				t.Skip("this machine gives the generator less than that")
			}
			t.Errorf("it is not valid because: %s; want %q among it", why(h), c.reason)
		})
	}
}

// TestLightLoadIsNoSaturation leaves room for other programs on this machine: a bad
// second among good ones may be theirs, and nothing can be told while they keep this
// process from doing well, which has little to do.
func TestLightLoadIsNoSaturation(t *testing.T) {
	busy := false
	for range 3 {
		list, quiet := generator{Users: 20, Wait: 50 * time.Millisecond, Seconds: 3}.run(t, free)
		h := total(list)
		if 2*h.Invalid <= len(list) {
			return
		}
		busy = busy || !quiet
		t.Logf("a generator with little to do was invalid in %d of %d seconds: %s", h.Invalid, len(list), why(h))
	}
	if busy {
		t.Skip("this machine is too busy to tell")
	}
	t.Error("and that three times on a quiet machine")
}

// watch looks each second how this process is doing until the returned function is
// called: that tells whether neither other programs nor the host were in its way. It
// goes by limits of its own, or it would excuse rules that are too strict.
func watch() (quiet func() bool) {
	m := Start()
	over := make(chan struct{})
	seconds, bad := 0, 0
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				seconds++
				if v := m.Take(0, 0).Worst; v.Canary > 3*time.Millisecond || v.Stolen > 0.02 {
					bad++
				}
			case <-over:
				return
			}
		}
	})
	return func() bool {
		close(over)
		watching.Wait()
		m.Stop()
		return seconds > 0 && bad == 0
	}
}
