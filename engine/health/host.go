package health

import (
	"io/fs"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A host is the machine, as this process sees it. What the system does not tell is 0;
// all of it is told by Linux, and only the processor time used by other Unixes.
type host struct {
	root   fs.FS // the file system that begins at /
	groups groups
	files  files
	slept  time.Duration
}

func newHost(root fs.FS) *host { return &host{root: root, groups: findGroups(root)} }

// A reading is what the host's counters say at one moment.
type reading struct {
	at        time.Time
	used      time.Duration // processor time this process has used
	throttled time.Duration // for which processors were held back from it by a quota, all together
	machine   ticks
	slept     time.Duration // for which the machine slept
	pulse

	// Not counters, but so at this moment.
	processors float64 // how many it may run on at once
	quota      float64 // how many processors' time it may use; 0 when there is no quota
	open       float64 // share of the file descriptors allowed that are in use
}

// read returns the reading now. One goroutine at a time may call it.
func (h *host) read() reading {
	r := reading{
		at: time.Now(), used: used(), throttled: h.groups.throttled(h.root),
		processors: float64(runtime.GOMAXPROCS(0)), quota: h.groups.quota(h.root),
	}
	if n := affinity(); n > 0 {
		r.processors = min(r.processors, float64(n))
	}
	text, _ := fs.ReadFile(h.root, "proc/stat")
	r.machine = parseTicks(string(text))
	if slept, ok := slept(); ok {
		h.slept = slept
	}
	r.slept = h.slept
	if limit := fileLimit(); limit > 0 {
		r.open = float64(h.files.count(h.root)) / float64(limit)
	}
	return r
}

// ticks are how long the processors of the machine have run, in units of the kernel.
type ticks struct {
	all    uint64
	stolen uint64 // those that the machine's own host gave to others
}

// parseTicks returns what the text of /proc/stat says of all processors together.
func parseTicks(text string) ticks {
	line, _, _ := strings.Cut(text, "\n")
	field := strings.Fields(line)
	if len(field) < 9 || field[0] != "cpu" {
		return ticks{}
	}
	var t ticks
	for i, s := range field[1:9] { // those behind are in the first two as well
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return ticks{}
		}
		t.all += n
		if i == 7 {
			t.stolen = n
		}
	}
	return t
}

// files count the open file descriptors of this process.
type files struct {
	last int
	next time.Time // when they may be listed again
}

const openFiles = "proc/self/fd"

// count returns how many are open, or were lately: Linux says it as the size of a
// directory from version 6.2 on. On older ones the directory must be listed, which
// with 15,000 takes tens of milliseconds and is done so seldom that it takes less than a
// thousandth of the time.
func (f *files) count(root fs.FS) int {
	if info, err := fs.Stat(root, openFiles); err != nil {
		return 0
	} else if n := info.Size(); n > 0 {
		return int(n)
	}
	if begin := time.Now(); begin.After(f.next) {
		list, _ := fs.ReadDir(root, openFiles)
		f.last = len(list)
		f.next = begin.Add(1000 * time.Since(begin))
	}
	return f.last
}

// slowClocks are the kernel's clock sources that take microseconds to read, where
// others take tens of nanoseconds.
var slowClocks = []string{"hpet", "acpi_pm", "xen", "jiffies", "refined-jiffies"}

const clockSource = "sys/devices/system/clocksource/clocksource0/current_clocksource"

// slowClock reports whether the machine's clock is slow to read.
func slowClock(root fs.FS) bool {
	text, _ := fs.ReadFile(root, clockSource)
	return slices.Contains(slowClocks, strings.TrimSpace(string(text)))
}
