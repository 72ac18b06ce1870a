//go:build unix

package report

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe that somebody reads is written to, and stays.
func TestWriteFileWritesToAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe.json")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	if err := Writable(path); err != nil { // nobody reads yet
		t.Errorf("Writable of a pipe: %v", err)
	}
	read := make(chan string, 1)
	go func() {
		f, err := os.Open(path)
		if err != nil {
			read <- err.Error()
			return
		}
		defer f.Close()
		text, _ := io.ReadAll(f)
		read <- string(text)
	}()
	if err := WriteFile(path, said("hello")); err != nil {
		t.Fatalf("WriteFile of a pipe: %v", err)
	}
	if got := <-read; got != "hello" {
		t.Errorf("its reader got %q, want hello", got)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v (%v) now", info, err)
	}
}

// What a shell makes of >(command) is a link that leads to nothing that has a name.
func TestWriteFileWritesToADescriptor(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := filepath.Join("/dev/fd", descriptor(w))
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	if err := WriteFile(path, said("hello")); err != nil {
		t.Errorf("WriteFile(%s): %v", path, err)
	}
	w.Close()
	if text, err := io.ReadAll(r); string(text) != "hello" {
		t.Errorf("its reader got %q (%v), want hello", text, err)
	}
}

func descriptor(f *os.File) string { return whole(int64(f.Fd())) }
