package cli

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// print prints what was asked for instead of a test, and returns the exit status. A
// reader who went away misses nothing.
func (p *program) print(text string) int {
	if _, err := io.WriteString(p.Stdout, text); err != nil && !errors.Is(err, syscall.EPIPE) {
		p.complain(fmt.Errorf("print: %w", err))
		return exitUnsaved
	}
	return exitOK
}
