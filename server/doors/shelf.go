package doors

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"
)

// lookEvery is how soon a change of a book's file is seen.
const lookEvery = time.Second

// A shelf is where a book is. It follows the file as it changes; what cannot be read
// leaves the book as it was.
type shelf struct {
	path string
	log  *slog.Logger

	mu     sync.Mutex
	book   Book
	seen   stamp // of the file that was read last, or could not be
	looked time.Time
}

// A stamp tells two states of a file apart.
type stamp struct {
	size int64
	time time.Time
	info fs.FileInfo
}

func (s stamp) same(t stamp) bool {
	return s.size == t.size && s.time.Equal(t.time) && (s.info == nil) == (t.info == nil) && (s.info == nil || os.SameFile(s.info, t.info))
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.Size(), info.ModTime(), info}
}

// openShelf reads the book at path; "" is an empty book.
func openShelf(path string, log *slog.Logger) (*shelf, error) {
	s := &shelf{path: path, log: log, looked: time.Now()}
	if path == "" {
		return s, nil
	}
	s.seen = stampOf(path)
	if s.seen.info != nil && runtime.GOOS != "windows" {
		if mode := s.seen.info.Mode().Perm(); mode&0o077 != 0 {
			log.Warn(fmt.Sprintf("others may read or write %s, which holds the hashes of passwords: chmod 600 %[1]s", path), "mode", mode)
		}
	}
	var err error
	s.book, err = ReadBook(path)
	return s, err
}

// latest returns the book as it is.
func (s *shelf) latest() Book {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.path == "" || now.Sub(s.looked) < lookEvery {
		return s.book
	}
	s.looked = now
	found := stampOf(s.path)
	if found.same(s.seen) {
		return s.book
	}
	s.seen = found
	book, err := ReadBook(s.path)
	if err != nil {
		s.log.Error("the users stay as they were: "+s.path+" cannot be read", "err", err)
		return s.book
	}
	s.book = book
	s.log.Info("users read anew", "file", s.path, "users", len(book.Users), "tokens", len(book.Tokens))
	return book
}
