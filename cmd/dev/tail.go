package dev

import (
	"strings"
	"sync"
)

const (
	keptBytes = 64 << 10
	keptLines = 30
)

// A tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func newTail() *tail { return new(tail) }

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - 2*keptBytes; over > 0 {
		t.text = append([]byte(nil), t.text[len(t.text)-keptBytes:]...)
	}
	return len(p), nil
}

// ending returns what a program said last before it ended as err says: from its panic on,
// if that is what it ended by.
func (t *tail) ending(err error) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	said := "\n" + strings.TrimSpace(string(t.text))
	for _, sign := range []string{"\npanic: ", "\nfatal error: "} {
		if at := strings.LastIndex(said, sign); at >= 0 {
			return said[at+1:] + "\n" + ended(err)
		}
	}
	lines := strings.Split(said, "\n")
	return strings.TrimSpace(strings.Join(append(lines[max(0, len(lines)-keptLines):], ended(err)), "\n"))
}

// ended words how a program ended.
func ended(err error) string {
	if err == nil {
		return "It ended by itself."
	}
	return "It ended: " + err.Error() + "."
}
