package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

// childVariable is set for a child: how many listeners it inherits, from descriptor 3 on
// and before the pipe, and after a comma the file of the latest run. It is no variable of a
// flag.
const childVariable = "_GREGARIA_DEV"

// firstInherited is the descriptor after standard error.
const firstInherited = 3

// A message is what the parent tells its child. The latest is all that counts.
type message struct {
	Rebuild web.Rebuild
	Restart bool // make way for a new build
}

// Why a child ends.
var (
	ErrRebuilt  = errors.New("a new build takes over")
	ErrOrphaned = errors.New("gregaria dev has ended")
)

// A Child is what the program has of its parent.
type Child struct {
	Listeners []net.Listener
	latest    string // file of the latest run

	mu      sync.Mutex // guards what follows
	told    message
	orphan  bool
	changed chan struct{} // closed, and replaced, when the message is new
}

// Inherit returns what the environment says of a parent, or nil when there is none.
func Inherit(lookup func(string) (string, bool)) (*Child, error) {
	text, ok := lookup(childVariable)
	if !ok {
		return nil, nil
	}
	count, file, _ := strings.Cut(text, ",")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > 16 {
		return nil, fmt.Errorf("inherit listeners: %s is %q, which only gregaria dev sets", childVariable, text)
	}
	c := &Child{latest: file, changed: make(chan struct{})}
	for i := range n {
		f := inherited(firstInherited + i)
		l, err := net.FileListener(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("inherit listener %d of gregaria dev: %w", i+1, err)
		}
		c.Listeners = append(c.Listeners, l)
	}
	go c.listen(inherited(firstInherited + n))
	return c, nil
}

// listen takes messages until the parent ends, and this process with it.
func (c *Child) listen(pipe *os.File) {
	defer pipe.Close()
	decoder := json.NewDecoder(pipe)
	for {
		var m message
		err := decoder.Decode(&m)
		c.mu.Lock()
		c.told, c.orphan = m, err != nil
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *Child) now() (m message, orphan bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told, c.orphan, c.changed
}

// Rebuild returns what there is to say of the newest build, and a channel that is closed
// when that changes.
func (c *Child) Rebuild() (web.Rebuild, <-chan struct{}) {
	m, _, changed := c.now()
	return m.Rebuild, changed
}

// Wait returns why the program is to end: the parent has ended, or a new build waits and
// idle has returned, which waits until no run is on.
func (c *Child) Wait(ctx context.Context, idle func(context.Context) error) error {
	for {
		m, orphan, changed := c.now()
		if orphan {
			return ErrOrphaned
		}
		waiting, end := context.WithCancel(ctx)
		ready := make(chan error, 1)
		if m.Restart {
			go func() { ready <- idle(waiting) }()
		}
		var err error
		select {
		case err = <-ready:
			if err == nil {
				err = ErrRebuilt
			}
		case <-changed:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		end()
		if err != nil {
			return err
		}
	}
}

// Restored returns the latest run of the child before, nil when it had none.
func (c *Child) Restored() (*engine.Status, error) {
	text, err := os.ReadFile(c.latest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return engine.ReadStatus(bytes.NewReader(text))
}

// Keep leaves a run that is over to the next child.
func (c *Child) Keep(s *engine.Status) error {
	if s.State != engine.Stopped {
		return nil
	}
	var text bytes.Buffer
	if err := s.Save(&text); err != nil {
		return err
	}
	partial := filepath.Join(filepath.Dir(c.latest), "partial")
	if err := os.WriteFile(partial, text.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(partial, c.latest)
}
