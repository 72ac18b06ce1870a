//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminalWidth returns the columns of the terminal that f is, 0 if it is none.
func terminalWidth(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

// fileLimit returns how many files and connections this process may have open.
// The runtime has raised it as far as it may.
func fileLimit() (limit uint64, known bool) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, false
	}
	return uint64(r.Cur), true
}

// ignoreTerminalStops lets the program go on when it prints or reads in the background.
func ignoreTerminalStops() { signal.Ignore(syscall.SIGTTOU, syscall.SIGTTIN) }
