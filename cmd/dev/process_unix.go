//go:build unix

package dev

import (
	"os"
	"os/exec"
	"syscall"
)

// supported reports whether a child can inherit listeners here.
const supported = true

// apart starts a command in a process group of its own: an interrupt at the terminal is
// for the parent, which ends its child in order.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// terminate asks a process to end.
func terminate(p *os.Process) { _ = p.Signal(syscall.SIGTERM) } // unless it has ended already

// kill ends a process that was started apart, with all of its group.
func kill(p *os.Process) error {
	if err := syscall.Kill(-p.Pid, syscall.SIGKILL); err == nil || err != syscall.ESRCH {
		return err
	}
	return os.ErrProcessDone
}

// inherited is a descriptor that the parent has left open, which no child of ours gets.
func inherited(fd int) *os.File {
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), "inherited")
}
