package cli

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
)

// A growing is a file that is only added to. It exists from the first write on, and is
// open only while it is written to: what may happen to it meanwhile is seen at the next
// write.
type growing struct {
	path    string
	disk    disk
	header  []byte        // what it begins with
	pending bytes.Buffer  // what comes next in it
	gap     func() []byte // returns what comes first after a failure; nil means nothing
	begun   bool
	size    int64 // of the file up to the last whole line

	failing bool // since the last write that went well
	gaps    int  // failures that a write that went well followed
	lost    bool // whether some never made it to the file, or went with it
}

// A disk is where files are written.
type disk struct {
	open    func(path string, flag int) (diskFile, error)
	replace func(path string, write func(io.Writer) error) error
}

// A diskFile is what a growing needs of a file.
type diskFile interface {
	io.WriterAt
	io.Closer
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
	Sync() error
}

func openFile(path string, flag int) (diskFile, error) { return os.OpenFile(path, flag, 0o666) }

// Write keeps b for the next write.
func (g *growing) Write(b []byte) (int, error) { return g.pending.Write(b) }

// begin makes what was kept so far what the file begins with.
func (g *growing) begin() {
	g.header = bytes.Clone(g.pending.Bytes())
	g.pending.Reset()
}

// mostPending is how many bytes wait for a disk with room.
const mostPending = 8 << 20

// bound gives up what is pending when it is too much.
func (g *growing) bound() {
	if g.pending.Len() > mostPending {
		g.lost = true
		g.pending.Reset()
	}
}

// write writes what is pending.
func (g *growing) write() error {
	if err := g.add(false); err != nil {
		g.failing = true
		return err
	}
	if g.failing {
		g.failing = false
		g.gaps++
	}
	g.pending.Reset()
	return nil
}

// finish writes what is pending and has it outlast a loss of power.
func (g *growing) finish() error {
	if err := g.add(true); err != nil {
		return err
	}
	if g.failing {
		g.gaps++
	}
	return nil
}

func (g *growing) add(sync bool) (err error) {
	f, err := g.open()
	if err != nil {
		return err
	}
	before := g.size
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			g.size = before // who knows what of it is there
		}
	}()
	var text []byte
	if g.size == 0 {
		text = slices.Clone(g.header)
	}
	if g.failing && g.gap != nil {
		text = append(text, g.gap()...)
	}
	text = append(text, g.pending.Bytes()...)
	if _, err := f.WriteAt(text, g.size); err != nil {
		_ = f.Truncate(g.size) // no half line, if it can be helped
		return err
	}
	g.size += int64(len(text))
	if sync {
		return f.Sync()
	}
	return nil
}

// open opens the file, and creates it the first time. One that has vanished or shrunk
// begins anew: what was in it is lost.
func (g *growing) open() (diskFile, error) {
	if g.begun {
		f, err := g.disk.open(g.path, os.O_WRONLY)
		if err == nil {
			info, statErr := f.Stat()
			switch {
			case statErr != nil:
				return nil, errors.Join(statErr, f.Close())
			case info.Size() == g.size:
				return f, nil
			case info.Size() > g.size: // a half line that could not be taken back
				if err := f.Truncate(g.size); err != nil {
					return nil, errors.Join(err, f.Close())
				}
				return f, nil
			}
			f.Close()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		g.begun, g.size, g.lost, g.failing = false, 0, true, true
	}
	f, err := g.disk.open(g.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err == nil {
		g.begun = true
	}
	return f, err
}
