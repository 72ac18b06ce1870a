package report

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// WriteFile makes a file of what write writes. Whatever happens, even a loss of
// power, there is the old file or the new one, whole. A link stays, and what it leads to
// is written. What is no file, as a pipe or a device, is written to as it is.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	path = linked(path)
	if IsStream(path) {
		return AppendFile(path, write)
	}
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("write %s: %w", path, cause(err))
		}
	}()
	if old, err := os.Stat(path); err == nil {
		_ = f.Chmod(old.Mode().Perm()) // some file systems know no permissions
	}
	b := bufio.NewWriterSize(f, 64<<10)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

// AppendFile writes what write writes at the end of a file, or of what is none.
func AppendFile(path string, write func(io.Writer) error) error {
	var text bytes.Buffer // so that what fails on the way leaves nothing behind
	if err := write(&text); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if own := output(path); own != nil {
		if _, err := own.Write(text.Bytes()); err != nil {
			return fmt.Errorf("write %s: %w", path, cause(err))
		}
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	_, writeErr := f.Write(text.Bytes())
	if err := cmp.Or(writeErr, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	return nil
}

// mostLinks is how many links may lead from one to the next.
const mostLinks = 40

// linked returns what a path leads to, which there need not be yet; the path itself
// unless its last part is a link.
func linked(path string) string {
	to := path
	for range mostLinks {
		next, err := os.Readlink(to)
		if err != nil {
			return to
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(to), next)
		}
		if _, err := os.Lstat(next); err != nil && IsStream(to) { // as /dev/fd/63, which leads to "pipe:[4711]"
			return to
		}
		to = next
	}
	return path // they go in circles, which opening it will say
}

// IsStream reports whether there is something at path that cannot be replaced by a file, as a
// pipe or a device: what is written to it comes after what was written before.
func IsStream(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && (!info.Mode().IsRegular() || output(path) != nil)
}

// output returns the program's own output if path leads to that, as /dev/stdout does: a file
// in its place would be lost to what else is printed, or the other way round.
func output(path string) *os.File {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if own, err := f.Stat(); err == nil && os.SameFile(info, own) {
			return f
		}
	}
	return nil
}

// Writable returns what will keep WriteFile from making a file, as far as that can be
// known beforehand. It leaves the file as it is.
func Writable(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("write %s: it is a folder", path)
	}
	if path = linked(path); IsStream(path) {
		return nil // trying it would be noticed: who reads a pipe would see its end
	}
	f, err := createBeside(path)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, writeErr := f.Write([]byte("\n"))
	if err := errors.Join(writeErr, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, cause(err))
	}
	return nil
}

// createBeside creates a hidden file in the folder of path, with the permissions
// that the user's files have. (os.CreateTemp makes them private.)
func createBeside(path string) (*os.File, error) {
	dir, name := filepath.Split(path)
	for range 100 {
		f, err := os.OpenFile(fmt.Sprintf("%s.%s.%08x.tmp", dir, name, rand.Uint32()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", path, cause(err))
		}
		return f, nil
	}
	return nil, fmt.Errorf("write %s: no free name for a temporary file", path)
}

// cause leaves out the name of the temporary file, which tells nobody anything.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// syncDir makes a rename in dir outlast a loss of power, where the system can.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync() // some file systems refuse; the rename stands either way
}
