//go:build !unix

package dev

import (
	"os"
	"os/exec"
)

const supported = false

func apart(*exec.Cmd) {}

func terminate(p *os.Process) { _ = p.Kill() }

func kill(p *os.Process) error { return p.Kill() }

func inherited(fd int) *os.File { return os.NewFile(uintptr(fd), "inherited") }
