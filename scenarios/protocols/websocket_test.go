package protocols

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// A room is a server of WebSockets that counts what reaches it.
type room struct {
	answer func(said string) []string // nil: the server is silent
	most   int                        // messages after which it hangs up; 0 means never

	conns, messages, goodbyes atomic.Int64
	heard                     chan struct{} // a token for each message
	guests                    sync.WaitGroup
}

// open starts the server and returns its URL.
func (r *room) open(t *testing.T) (url string) {
	r.heard = make(chan struct{}, 1000)
	upgrader := websocket.Upgrader{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.guests.Add(1)
		defer r.guests.Done()
		conn, err := upgrader.Upgrade(w, req, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		r.conns.Add(1)
		for i := 0; r.most == 0 || i < r.most; i++ {
			kind, said, err := conn.ReadMessage()
			if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				r.goodbyes.Add(1)
			}
			if err != nil {
				return
			}
			r.messages.Add(1)
			r.heard <- struct{}{}
			if r.answer == nil {
				continue
			}
			for _, text := range r.answer(string(said)) {
				if conn.WriteMessage(kind, []byte(text)) != nil {
					return
				}
			}
		}
	}))
	t.Cleanup(func() {
		server.Close()
		waitForAll(t, &r.guests) // the server does not: they are no HTTP any more
	})
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func echo(said string) []string { return []string{said} }

// hasty is the chat without a wait, so that tests are quick.
func hasty() load.Scenario[chatter] {
	s := chat
	s.Wait = load.Wait{}
	return s
}

func TestWebSocketAgreesWithItsServer(t *testing.T) {
	const users, says = 5, 200
	r := &room{answer: func(said string) []string {
		return []string{`{"id": "another's", "text": "noise"}`, said}
	}}
	s := finish(t, hasty(), engine.Config{Users: users, Iterations: says, Params: map[string]string{"websocket-url": r.open(t)}})
	waitForAll(t, &r.guests) // for their goodbyes
	checkRows(t, s, map[string]count{"WS connect": {r.conns.Load(), 0}, "WS say and hear": {r.messages.Load(), 0}})
	if r.conns.Load() != users || r.messages.Load() != says || r.goodbyes.Load() != users {
		t.Errorf("server saw %d connections, %d messages and %d goodbyes, want %d, %d and %d",
			r.conns.Load(), r.messages.Load(), r.goodbyes.Load(), users, says, users)
	}
}

func TestWebSocketConnectsAgainWhenTheConnectionIsLost(t *testing.T) {
	r := &room{answer: echo, most: 2}
	s := finish(t, hasty(), engine.Config{Users: 1, Iterations: 6, Params: map[string]string{"websocket-url": r.open(t)}})
	checkRows(t, s, map[string]count{"WS connect": {2, 0}, "WS say and hear": {6, 2}}) // 2 are heard, the third is lost
	if r.conns.Load() != 2 || r.messages.Load() != 4 {
		t.Errorf("server saw %d connections and %d messages, want 2 and 4", r.conns.Load(), r.messages.Load())
	}
}

func TestWebSocketNoticesWrongAnswers(t *testing.T) {
	for _, tt := range []struct{ name, answer, format string }{
		{"another text", "hullo", `heard "…", said "…"`},
		{"no JSON", "", "message is not the JSON expected: unexpected end of JSON input"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &room{answer: func(said string) []string {
				if tt.answer == "" {
					return []string{""}
				}
				return []string{strings.Replace(said, "hello", tt.answer, 1)}
			}}
			s := finish(t, hasty(), engine.Config{Users: 1, Iterations: 1, Params: map[string]string{"websocket-url": r.open(t)}})
			checkFailures(t, s, map[string]int64{"WS say and hear: " + tt.format: 1})
		})
	}
}

func TestWebSocketSaysWhyItWasRefused(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	e := begin(t, hasty(), engine.Config{Users: 1, Params: map[string]string{"websocket-url": "ws" + strings.TrimPrefix(server.URL, "http")}})
	awaitStatus(t, e, func(s *engine.Status) bool { return len(s.Stats.Failures) > 0 })
	if got, want := e.Status().Stats.Failures[0].Example, "websocket: bad handshake: 404 Not Found"; got != want {
		t.Errorf("failure %q, want %q", got, want)
	}
}

func TestWebSocketStopsWhileItWaits(t *testing.T) {
	const users = 5
	r := &room{}
	e := begin(t, hasty(), engine.Config{Users: users, Params: map[string]string{"websocket-url": r.open(t)}})
	waitFor(t, "message heard", r.heard, users)
	checkStop(t, e, map[string]count{"WS connect": {users, 0}})
}
