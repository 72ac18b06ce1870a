package server

import (
	"bytes"
	"context"
	"sync"

	"github.com/gorilla/websocket"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

// Frames renders what pages see: once for each distinct query of each status,
// however many pages look at it.
type frames struct {
	engine *engine.Engine
	site   web.Site

	mu     sync.Mutex
	status *engine.Status // of the frames in made
	line   int64          // latest log line that those of the log are from
	made   map[web.Query]*frame
}

// A frame is rendered by whoever asks for it first.
type frame struct {
	once    sync.Once
	message *websocket.PreparedMessage
	err     error
}

func newFrames(e *engine.Engine, site web.Site) *frames { return &frames{engine: e, site: site} }

// latest returns the newest frame for q.
func (f *frames) latest(q web.Query) (*websocket.PreparedMessage, error) {
	line := f.site.LatestLine(q)
	f.mu.Lock()
	if status := f.engine.Status(); status != f.status || line > f.line {
		f.status, f.line, f.made = status, max(f.line, line), map[web.Query]*frame{}
	}
	status, made := f.status, f.made[q]
	if made == nil {
		made = new(frame)
		f.made[q] = made
	}
	f.mu.Unlock()
	made.once.Do(func() {
		var html bytes.Buffer
		if made.err = web.Live(web.NewFrame(status, q, f.site)).Render(context.Background(), &html); made.err == nil {
			made.message, made.err = websocket.NewPreparedMessage(websocket.TextMessage, html.Bytes())
		}
	})
	return made.message, made.err
}
