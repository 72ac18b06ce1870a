package health

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestThisMachineIsTold(t *testing.T) {
	h := newHost(os.DirFS("/"))
	begin := h.read()
	for x := 0; used() == begin.used; x++ { // uses processor time
		_ = strconv.Itoa(x)
	}
	r := h.read()
	if r.used <= begin.used || r.used > time.Hour {
		t.Errorf("used = %v after %v, want more", r.used, begin.used)
	}
	if r.machine.all == 0 || r.processors < 1 || r.processors > float64(runtime.NumCPU()) {
		t.Errorf("machine = %+v, processors = %v, want ticks and from 1 to %d", r.machine, r.processors, runtime.NumCPU())
	}
	if r.open <= 0 || r.open > 1 {
		t.Errorf("share of open files = %v, want one above 0", r.open)
	}
	if a, b := begin.slept, r.slept; b < a-time.Millisecond || b-a > clockNoise {
		t.Errorf("slept %v and then %v, want no sleep between", a, b)
	}
}

func TestOpenFilesAreThoseOpen(t *testing.T) {
	root := os.DirFS("/")
	list, err := os.ReadDir("/" + openFiles)
	if err != nil {
		t.Fatal(err)
	}
	var f files
	before := f.count(root)
	if before < 3 || before > len(list)+3 {
		t.Errorf("count() = %d, want about the %d listed", before, len(list))
	}
	const more = 100
	for range more {
		file, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	f.next = time.Time{}
	if got := f.count(root); got < before+more-3 || got > before+more+3 { // others may come and go
		t.Errorf("count() = %d with %d more open than %d", got, more, before)
	}
}

func TestAffinityCounts(t *testing.T) {
	runtime.LockOSThread() // which ends with the goroutine, as does what is done to it
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	if got, want := affinity(), set.Count(); got != want {
		t.Errorf("affinity() = %d, want %d", got, want)
	}
	for cpu := 0; set.Count() > 1; cpu++ {
		set.Clear(cpu)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		t.Skip(err)
	}
	if got := affinity(); got != 1 {
		t.Errorf("affinity() = %d on a thread pinned to one processor, want 1", got)
	}
}

// TestTheFileLimitIsRaised holds the Go runtime to what the documentation of fileLimit
// says it does.
func TestTheFileLimitIsRaised(t *testing.T) {
	hard := fileLimit()
	cmd := exec.Command("sh", "-c", `ulimit -Sn 64 && exec "$0"`, os.Args[0])
	g, _ := json.Marshal(generator{FileLimit: true})
	cmd.Env = append(os.Environ(), asGenerator+"="+string(g))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := strconv.ParseUint(string(out), 10, 64); got < hard-1 {
		t.Errorf("a process that begins with a limit of 64 has one of %s, want %d", out, hard)
	}
}
