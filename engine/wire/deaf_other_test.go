//go:build !linux

package wire

import "testing"

// deaf skips the test: only of Linux is it known how a full backlog behaves.
func deaf(t *testing.T) string {
	t.Skip("needs Linux")
	return ""
}
