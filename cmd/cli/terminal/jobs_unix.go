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

// onStop calls do when the program is told to suspend itself, until done is closed.
func onStop(done <-chan struct{}, do func()) {
	if signal.Ignored(syscall.SIGTSTP) {
		return
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTSTP)
	defer signal.Stop(stop)
	select {
	case <-stop:
		do()
	case <-done:
	}
}

// suspend stops the program, and all that were started with it, until it is continued.
// Where nobody could continue it, nothing happens.
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
