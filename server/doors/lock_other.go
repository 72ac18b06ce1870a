//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package doors

// lock does nothing where folders cannot be locked: of two edits at once one may be lost.
func lock(string) (unlock func(), err error) { return func() {}, nil }
