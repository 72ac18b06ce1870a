package cli

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// brimful reports whether the end of a terminal that f is has all it takes unread.
func brimful(t *testing.T, f *os.File) bool {
	t.Helper()
	n, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCINQ)
	if err != nil {
		t.Fatal(err)
	}
	return n >= 4095
}
