package server

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

// maxFrames is how many frames are kept beside one for each page.
const maxFrames = 64

// Frames renders what pages see: once for each distinct query of each status,
// however many pages look at it. A status can stand for long, and pages look at ever
// other things meanwhile; so those frames that were not asked for the longest go.
type frames struct {
	engine *engine.Engine
	site   web.Site

	mu     sync.Mutex
	status *engine.Status // of the frames in made
	said   web.Rebuild    // the same
	line   int64          // latest log line that those of the log are from
	alarms []string       // that they show
	made   map[look]*frame
	asked  int // how often any frame was
	pages  int // connected
}

// A look is what a page looks at, and as whom.
type look struct {
	web.Query
	viewer bool // who may only look
}

// A frame is rendered by whoever asks for it first.
type frame struct {
	asked   int // what frames.asked was the last time
	once    sync.Once
	message *websocket.PreparedMessage
	err     error
}

func newFrames(e *engine.Engine, site web.Site) *frames { return &frames{engine: e, site: site} }

// join counts a page in until it leaves.
func (f *frames) join() (leave func()) {
	count := func(n int) {
		f.mu.Lock()
		f.pages += n
		f.mu.Unlock()
	}
	count(1)
	return func() { count(-1) }
}

// latest returns the newest frame of what a page looks at.
func (f *frames) latest(at look) (*websocket.PreparedMessage, error) {
	line, alarms := f.site.LatestLine(at.Query), f.ringing()
	var said web.Rebuild
	if f.site.Rebuild != nil {
		said = f.site.Rebuild()
	}
	f.mu.Lock()
	if status := f.engine.Status(); status != f.status || line > f.line || said != f.said || !slices.Equal(alarms, f.alarms) {
		f.status, f.said, f.line, f.alarms, f.made = status, said, max(f.line, line), alarms, map[look]*frame{}
	}
	status, made := f.status, f.made[at]
	if made == nil {
		for len(f.made) >= maxFrames+f.pages {
			f.forget()
		}
		made = new(frame)
		f.made[at] = made
	}
	f.asked++
	made.asked = f.asked
	f.mu.Unlock()
	made.once.Do(func() {
		var html bytes.Buffer
		if made.err = web.Live(web.NewFrame(status, at.Query, f.site.For(web.Reader{LookOnly: at.viewer}))).Render(context.Background(), &html); made.err == nil {
			made.message, made.err = websocket.NewPreparedMessage(websocket.TextMessage, html.Bytes())
		}
	})
	return made.message, made.err
}

func (f *frames) ringing() []string {
	if f.site.Alarms == nil {
		return nil
	}
	return f.site.Alarms()
}

// alarmed reports whether there are other alarms than the frames show.
func (f *frames) alarmed() bool {
	alarms := f.ringing()
	f.mu.Lock()
	defer f.mu.Unlock()
	return !slices.Equal(alarms, f.alarms)
}

// forget removes the frame that was not asked for the longest.
func (f *frames) forget() {
	oldest, first := f.asked+1, look{}
	for at, made := range f.made {
		if made.asked < oldest {
			oldest, first = made.asked, at
		}
	}
	delete(f.made, first)
}
