//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package doors

import (
	"os"
	"syscall"
)

// lock waits until nobody else edits a file in a folder, and keeps others from it until
// it is undone, or the process ends. It is the folder that is locked: the file is replaced.
func lock(folder string) (unlock func(), err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, &os.PathError{Op: "lock", Path: folder, Err: err}
	}
	return func() { f.Close() }, nil
}
