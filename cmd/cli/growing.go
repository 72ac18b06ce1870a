package cli

import (
	"bytes"
	"errors"
	"os"
)

// A growing is a file that is only added to. It exists from the first write on.
type growing struct {
	path    string
	pending bytes.Buffer // what comes next in it
	file    *os.File     // nil before the first write
	size    int64        // of the file up to the last whole line
	lost    bool         // whether some never made it to the file
}

// Write keeps b for the next write.
func (g *growing) Write(b []byte) (int, error) { return g.pending.Write(b) }

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
	if g.file == nil {
		file, err := os.Create(g.path)
		if err != nil {
			return err
		}
		g.file = file
	}
	n, err := g.file.WriteAt(g.pending.Bytes(), g.size)
	if err != nil {
		_ = g.file.Truncate(g.size) // no half line, if it can be helped
		return err
	}
	g.size += int64(n)
	g.pending.Reset()
	return nil
}

// close brings what was written to the disk and ends the writing.
func (g *growing) close() error {
	if g.file == nil {
		return nil
	}
	return errors.Join(g.file.Sync(), g.file.Close())
}
