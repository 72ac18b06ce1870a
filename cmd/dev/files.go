package dev

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long files must have been left alone before they are built: editors and
// version control write many at a time.
const settle = 150 * time.Millisecond

// files watches the folders of a program's files.
type files struct {
	watcher *fsnotify.Watcher
	changed chan struct{} // holds a token when a file that counts has changed
	ended   chan struct{}

	mu       sync.Mutex // guards what follows
	watched  map[string]bool
	embedded map[string]bool // folders of embedded files: there every file counts
}

func watchFiles() (*files, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	f := &files{watcher: w, changed: make(chan struct{}, 1), ended: make(chan struct{}), watched: map[string]bool{}, embedded: map[string]bool{}}
	go f.watch()
	return f, nil
}

func (f *files) close() {
	f.watcher.Close()
	<-f.ended
}

// watch turns events into tokens, one for all that happen at about the same time.
func (f *files) watch() {
	defer close(f.ended)
	quiet := time.NewTimer(settle)
	quiet.Stop()
	for {
		select {
		case e, ok := <-f.watcher.Events:
			if !ok {
				return
			}
			if f.counts(e) {
				quiet.Reset(settle)
			}
		case _, ok := <-f.watcher.Errors: // so many events that some are lost
			if !ok {
				return
			}
			quiet.Reset(settle)
		case <-quiet.C:
			select {
			case f.changed <- struct{}{}:
			default:
			}
		}
	}
}

// counts reports whether an event can change the program. New folders are watched too.
func (f *files) counts(e fsnotify.Event) bool {
	name := filepath.Base(e.Name)
	if e.Op == fsnotify.Chmod || skipped(name) {
		return false
	}
	if info, err := os.Stat(e.Name); err == nil && info.IsDir() {
		if !e.Has(fsnotify.Create) {
			return false
		}
		_ = filepath.WalkDir(e.Name, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || !d.IsDir():
				return nil
			case skipped(d.Name()):
				return filepath.SkipDir
			}
			return f.add(path)
		})
		return true
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.embedded[filepath.Dir(e.Name)] || isSource(name)
}

// isSource reports whether a file of this name is compiled, or says what is.
func isSource(name string) bool {
	switch filepath.Ext(name) {
	case ".go":
		return !strings.HasSuffix(name, "_test.go")
	case ".c", ".cc", ".cpp", ".h", ".hpp", ".s":
		return true
	}
	return slices.Contains([]string{"go.mod", "go.sum", "go.work"}, name)
}

// skipped reports whether a name is one of those that editors and tools use for files of
// their own.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || strings.HasPrefix(name, "#") ||
		strings.HasSuffix(name, "~") || name == "node_modules" || name == "4913"
}

// add watches a folder.
func (f *files) add(folder string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.watched[folder] {
		return nil
	}
	if err := f.watcher.Add(folder); err != nil {
		return fmt.Errorf("watch %s: %w", folder, err)
	}
	f.watched[folder] = true
	return nil
}

// follow watches what a program is made of, and the folders above up to its module's, in
// which new packages may appear. It returns how many folders are watched.
func (f *files) follow(packages []goPackage) (int, error) {
	for _, p := range packages {
		root, local := p.root()
		if !local || p.Dir == "" {
			continue
		}
		folders := []string{p.Dir}
		for _, file := range p.EmbedFiles {
			folder := filepath.Dir(filepath.Join(p.Dir, file))
			folders = append(folders, folder)
			f.mu.Lock()
			f.embedded[folder] = true
			f.mu.Unlock()
		}
		for dir := p.Dir; dir != root && strings.HasPrefix(dir, root); {
			dir = filepath.Dir(dir)
			folders = append(folders, dir)
		}
		for _, folder := range folders {
			if err := f.add(folder); err != nil {
				return 0, err
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.watched), nil
}
