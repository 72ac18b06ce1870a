package server

import (
	"context"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/gregaria/gregaria/server/doors"
	"github.com/gregaria/gregaria/web"
)

const (
	maxQuery     = 4 << 10          // bytes of a message from a page
	writeTimeout = 5 * time.Second  // for one frame
	pongTimeout  = 30 * time.Second // without a sign of life
	pingEvery    = 20 * time.Second
	logRest      = 250 * time.Millisecond // between frames that only the log is new in
)

var upgrader = websocket.Upgrader{
	CheckOrigin:      sameOrigin,
	HandshakeTimeout: 5 * time.Second,
	ReadBufferSize:   1 << 10,
	WriteBufferPool:  nil, // prepared messages bring their own bytes
}

// serveLive keeps a page up to date: what the page looks at comes up, frames go
// down.
func (s *Server) serveLive(w http.ResponseWriter, r *http.Request) {
	leave, status := s.enter(peerOf(r).IP)
	if status != 0 {
		http.Error(w, http.StatusText(status), status)
		return
	}
	defer leave()
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	defer conn.Close()
	v := visitorOf(r)
	l := live{conn: conn, frames: s.frames, logNews: s.logNews, rebuilds: s.rebuilds, changed: make(chan struct{}, 1), ended: v.Ended(), viewer: !v.Role.May(doors.Operate)}
	l.still = func() bool { return s.login.Keeper == nil || s.login.Keeper.Still(v.Visitor) }
	defer v.Hold()()
	start := web.ParseQuery(r.URL.Query())
	l.query.Store(&start)
	l.serve(s.closing)
}

// A live is one page's connection. Its reader goroutine stores what the page looks
// at; its writer sends the newest frame whenever it is ready for one.
type live struct {
	conn     *websocket.Conn
	frames   *frames
	logNews  logNews
	rebuilds rebuilds
	query    atomic.Pointer[web.Query]
	changed  chan struct{}   // holds a token when the query is new
	ended    <-chan struct{} // closed when the reader has logged out; nil for never
	still    func() bool     // whether the reader may stay
	viewer   bool            // the reader may only look
}

// closeLoggedOut tells the page that its reader must log in again.
const closeLoggedOut = 4401

func (l *live) serve(closing context.Context) {
	defer l.frames.join()()
	read := make(chan struct{})
	go func() {
		defer close(read)
		l.read()
	}()
	defer func() {
		l.conn.Close()
		<-read
	}()
	news, end := l.frames.engine.Watch()
	defer end()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	// Who looks at the log hears of new lines. After each frame there is a rest, in which
	// news waits.
	var lines, log <-chan struct{} // log is lines but in a rest
	unwatch := func() {}
	defer func() { unwatch() }()
	rest := time.NewTimer(logRest)
	defer rest.Stop()
	_, rebuilt := l.rebuilds()
	for {
		select {
		case <-news:
		case <-rebuilt:
			_, rebuilt = l.rebuilds()
		case <-log:
		case <-l.changed:
		case <-rest.C:
			log = lines
			continue
		case <-l.ended:
			l.bye(closeLoggedOut, "logged out")
			return
		case <-ping.C:
			if !l.still() {
				l.bye(closeLoggedOut, "logged out")
				return
			}
			if l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) != nil {
				return
			}
			if !l.frames.alarmed() {
				continue
			}
		case <-read:
			return
		case <-closing.Done():
			l.bye(websocket.CloseServiceRestart, "gregaria is closing")
			return
		}
		q := *l.query.Load()
		if watched := lines != nil; watched != (q.Tab == web.TabLogs) {
			unwatch()
			lines, unwatch = nil, func() {}
			if !watched {
				lines, unwatch = l.logNews()
			}
		}
		message, err := l.frames.latest(look{q, l.viewer})
		if err != nil {
			return // the page will connect again, and its first paint shows the error
		}
		_ = l.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if l.conn.WritePreparedMessage(message) != nil {
			return
		}
		log = nil
		rest.Reset(logRest)
	}
}

func (l *live) bye(code int, why string) {
	_ = l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(time.Second))
}

// read takes queries from the page until the connection ends.
func (l *live) read() {
	l.conn.SetReadLimit(maxQuery)
	alive := func(string) error { return l.conn.SetReadDeadline(time.Now().Add(pongTimeout)) }
	l.conn.SetPongHandler(alive)
	for {
		_ = alive("")
		kind, message, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		if kind != websocket.TextMessage {
			continue
		}
		values, err := url.ParseQuery(string(message))
		if err != nil {
			continue // a page only sends what its own links hold
		}
		q := web.ParseQuery(values)
		l.query.Store(&q)
		select {
		case l.changed <- struct{}{}:
		default:
		}
	}
}
