package health

import (
	"io/fs"
	"testing"
	"testing/fstest"
	"time"
)

func TestParseTicks(t *testing.T) {
	for text, want := range map[string]ticks{
		"cpu  855487 39438 303405 1046405 2848 0 40434 4624 7 8\ncpu0 1 2 3 4 5 6 7 8 0 0\n": {all: 2292641, stolen: 4624},
		"cpu 1 1 1 1 1 1 1 3":    {all: 10, stolen: 3},
		"cpu 1 1 1 1 1 1 1":      {},
		"cpu 1 1 1 1 1 1 1 -3":   {},
		"intr 1 1 1 1 1 1 1 1 1": {},
		"":                       {},
	} {
		if got := parseTicks(text); got != want {
			t.Errorf("parseTicks(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestSlowClock(t *testing.T) {
	for text, want := range map[string]bool{
		"tsc\n": false, "kvm-clock\n": false, "arch_sys_counter\n": false, "": false,
		"hpet\n": true, "acpi_pm\n": true, "xen\n": true,
	} {
		if got := slowClock(tree(map[string]string{clockSource: text})); got != want {
			t.Errorf("slowClock(%q) = %v, want %v", text, got, want)
		}
	}
	if slowClock(tree(nil)) {
		t.Error("a machine that does not tell its clock source is said to have a slow one")
	}
}

// sized gives a directory a size, as Linux does from 6.2 on.
type sized struct{ fs.FS }

func (s sized) Stat(string) (fs.FileInfo, error) {
	return fs.Stat(fstest.MapFS{"f": {Data: make([]byte, 7)}}, "f")
}

func TestOpenFilesAreCounted(t *testing.T) {
	listed := fstest.MapFS{"proc/self/fd/0": {}, "proc/self/fd/1": {}, "proc/self/fd/2": {}}
	var f files
	if got := f.count(tree(nil)); got != 0 {
		t.Errorf("count() = %d without a directory to tell, want 0", got)
	}
	if got := f.count(sized{listed}); got != 7 {
		t.Errorf("count() = %d, want the size of the directory, 7", got)
	}
	if got := f.count(listed); got != 3 {
		t.Errorf("count() = %d, want the 3 in the directory", got)
	}
	listed["proc/self/fd/3"] = &fstest.MapFile{}
	f.next = time.Now().Add(time.Hour)
	if got := f.count(listed); got != 3 {
		t.Errorf("count() = %d before the directory may be listed again, want the last 3", got)
	}
	f.next = time.Now().Add(-time.Hour)
	if got := f.count(listed); got != 4 {
		t.Errorf("count() = %d when it may be listed again, want 4", got)
	}
}
