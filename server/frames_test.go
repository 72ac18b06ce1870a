package server

import (
	"net/url"
	"strconv"
	"testing"

	"github.com/gregaria/gregaria/web"
)

// TestFewFramesAreKept: a run that has ended has one status for as long as the program
// lives, and readers search it for ever other things.
func TestFewFramesAreKept(t *testing.T) {
	s, _ := newServer(t, nil)
	f := s.frames
	watched, err := f.latest(look{Query: searching(0)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 * maxFrames {
		if _, err := f.latest(look{Query: searching(1 + i)}); err != nil {
			t.Fatal(err)
		}
		if again, _ := f.latest(look{Query: searching(0)}); again != watched {
			t.Fatalf("after %d other frames the one that is asked for each time is rendered anew", i+1)
		}
	}
	if n := len(f.made); n != maxFrames {
		t.Errorf("%d frames are kept of %d, want %d", n, 5*maxFrames+1, maxFrames)
	}
}

// TestEveryPageHasAFrameKept: however many there are, none renders another's anew.
func TestEveryPageHasAFrameKept(t *testing.T) {
	s, _ := newServer(t, nil)
	f := s.frames
	const pages = 3 * maxFrames
	for range pages {
		defer f.join()()
	}
	for i := range pages {
		first, err := f.latest(look{Query: searching(i)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if again, _ := f.latest(look{Query: searching(i)}); again != first {
				t.Errorf("with %d pages the frame of page %d is rendered anew", pages, i)
			}
		}()
	}
}

// searching is a query that no other has.
func searching(i int) web.Query {
	return web.ParseQuery(url.Values{"q": {"x" + strconv.Itoa(i)}})
}
