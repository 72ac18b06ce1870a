//go:build unix

package terminal

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kindNeeded says that a terminal of no kind can draw nothing.
const kindNeeded = true

// foreground reports whether the program may draw on the terminal that f is, and read
// from it.
func foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// onContinue calls do each time that the program goes on after a stop, until done is
// closed.
func onContinue(done <-chan struct{}, do func()) {
	goOn := make(chan os.Signal, 1)
	signal.Notify(goOn, syscall.SIGCONT)
	defer signal.Stop(goOn)
	for {
		select {
		case <-goOn:
			do()
		case <-done:
			return
		}
	}
}

// suspend stops the program, and all that were started with it, until it is continued.
// Where nobody could continue it, nothing happens. SIGTSTP must never have been caught:
// Go would not let go of it.
func suspend() {
	goOn := make(chan os.Signal, 1)
	signal.Notify(goOn, syscall.SIGCONT)
	defer signal.Stop(goOn)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return
	}
	select {
	case <-goOn:
	case <-time.After(patience):
	}
}
