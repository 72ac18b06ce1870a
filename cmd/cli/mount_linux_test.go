package cli

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"
)

// mounted returns a folder with a disk of its own. It skips the test where that takes
// rights that the test has not.
func mounted(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("SKIPPED, and nothing else tests a real full or read-only disk: mount tmpfs on %s: %v (run as root)", dir, err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}

// remount makes the disk of a folder read-only or not, as soon as no file on it is open
// for writing.
func remount(t *testing.T, dir string, readOnly bool) {
	t.Helper()
	var flags uintptr = syscall.MS_REMOUNT
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	deadline := time.Now().Add(patience)
	for {
		err := syscall.Mount("none", dir, "tmpfs", flags, "")
		if err == nil {
			return
		}
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(deadline) {
			t.Fatal(os.NewSyscallError("remount "+dir, err))
		}
	}
}
