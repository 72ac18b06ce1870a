package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A claim keeps other programs from writing to a file that this one writes to. It is a
// lock on a hidden file beside it, which goes with the process however that ends. Where
// no lock can be had there is none: whether the file itself can be written to is another
// question.
type claim struct{ file *os.File }

// errHeld is why a lock cannot be had.
var errHeld = errors.New("is held")

// A takenError says who writes to a file.
type takenError struct{ by string }

func (e *takenError) Error() string {
	return fmt.Sprintf("%s writes to it — give another name, or end that one first", e.by)
}

// claimed returns a claim to what is written to path, or a *takenError.
func claimed(path string) (claim, error) {
	dir, name := filepath.Split(path)
	path = filepath.Join(dir, "."+name+".lock")
	for range 100 { // who ends just now takes the file along
		f, err := openLock(path, os.O_RDONLY) // one open for writing would hold up whoever makes the disk read-only
		if err != nil {
			return claim{}, nil
		}
		err = lock(f)
		if errors.Is(err, syscall.EBADF) { // as on NFS, where only who may write can lock others out
			f.Close()
			if f, err = openLock(path, os.O_RDWR); err != nil {
				return claim{}, nil
			}
			err = lock(f)
		}
		switch {
		case errors.Is(err, errHeld):
			by := holder(f)
			f.Close()
			return claim{}, &takenError{by}
		case err != nil:
			f.Close()
			return claim{}, nil
		}
		c := claim{f}
		if !c.holds(path) {
			f.Close()
			continue
		}
		sign(path)
		return c, nil
	}
	return claim{}, nil
}

// sign writes who this program is. If that fails, nobody is told.
func sign(path string) {
	f, err := openLock(path, os.O_WRONLY|os.O_TRUNC)
	if err != nil {
		return
	}
	host, _ := os.Hostname()
	_, _ = fmt.Fprintf(f, "%d %s\n", os.Getpid(), host)
	_ = f.Close()
}

// holds reports whether the claim's file is the one that others find.
func (c claim) holds(path string) bool {
	mine, err := c.file.Stat()
	found, foundErr := os.Lstat(path)
	return err == nil && foundErr == nil && os.SameFile(mine, found)
}

// release gives the claim up, and leaves no file behind.
func (c claim) release() {
	if c.file == nil {
		return
	}
	if c.holds(c.file.Name()) {
		_ = os.Remove(c.file.Name()) // one that is left over locks nothing
	}
	c.file.Close()
}

// holder says who has locked a file.
func holder(f *os.File) string {
	text, _ := io.ReadAll(io.LimitReader(f, 300))
	words := strings.Fields(string(text))
	if len(words) == 0 {
		return "another program"
	}
	pid, err := strconv.Atoi(words[0])
	if err != nil || pid <= 0 {
		return "another program"
	}
	by := fmt.Sprintf("another program, process %d", pid)
	if host, _ := os.Hostname(); len(words) == 2 && words[1] != host {
		by += " on " + words[1]
	}
	return by
}

// claims are all of a program's.
type claims []claim

// claimFiles claims all files that the flags ask for, but those that others may add to as
// well.
func (o *options) claimFiles() (all claims, err error) {
	claimOne := func(flag, path, what string) {
		c, taken := claimed(path)
		if taken != nil {
			err = errors.Join(err, fmt.Errorf("--%s: %s: %w", flag, what, taken))
			return
		}
		all = append(all, c)
	}
	if o.csv != "" {
		claimOne("csv", o.csv+statsFile, o.csv+"_….csv")
	}
	for _, r := range o.reports {
		if !r.adds(r.planned) {
			claimOne(r.flag, r.planned, r.planned)
		}
	}
	return all, err
}

func (all claims) release() {
	for _, c := range all {
		c.release()
	}
}
