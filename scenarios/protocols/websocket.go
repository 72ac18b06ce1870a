package protocols

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/gregaria/gregaria/engine/load"
)

// A chatter has a WebSocket. It says something and waits until it hears that back,
// among whatever others say: the server may echo, or pass on to everybody.
type chatter struct {
	conn *websocket.Conn // nil when there is none
}

var chat = load.Scenario[chatter]{
	Name:     "websocket",
	Help:     "each user says something over its WebSocket and waits to hear it back",
	Protocol: load.NoHTTP,
	Params:   []load.Parameter{chatURL},
	Wait:     load.Between(500*time.Millisecond, 1500*time.Millisecond),
	OnStart:  (*chatter).connect,
	OnStop:   (*chatter).leave,
	Tasks:    []load.Task[chatter]{{Run: (*chatter).say}},
}

var chatURL = load.Param[string]{Name: "websocket-url", Default: "ws://127.0.0.1:8080/echo", Help: "where to connect, ws:// or wss://"}

const (
	chatTimeout = 10 * time.Second // to connect, and again to hear an answer
	chatLimit   = 1 << 20          // bytes of one message
)

// A message is what users say to each other. The ID tells whose it is.
type message struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// connect opens the WebSocket unless it is open.
func (c *chatter) connect(u *load.User) error {
	if c.conn != nil {
		return nil
	}
	return u.Measure("WS", "connect", func(ctx context.Context) (int64, error) {
		dialer := websocket.Dialer{HandshakeTimeout: chatTimeout}
		conn, resp, err := dialer.DialContext(ctx, chatURL.Of(u), nil)
		if resp != nil && err != nil {
			return 0, fmt.Errorf("%w: %s", err, resp.Status)
		}
		if err != nil {
			return 0, err
		}
		conn.SetReadLimit(chatLimit)
		c.conn = conn
		return 0, nil
	})
}

func (c *chatter) say(u *load.User) error {
	if err := c.connect(u); err != nil { // in case the connection was lost
		return err
	}
	err := u.Measure("WS", "say and hear", func(ctx context.Context) (size int64, err error) {
		conn := c.conn
		// Reading knows nothing of contexts: what ends it, when the user must stop,
		// is that the connection is closed.
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		conn.SetWriteDeadline(time.Now().Add(chatTimeout))
		conn.SetReadDeadline(time.Now().Add(chatTimeout))
		said := message{ID: u.Unique("m"), Text: "hello"}
		if err := conn.WriteJSON(said); err != nil {
			return 0, err
		}
		return hear(conn, said)
	})
	if err != nil {
		c.conn.Close() // it cannot be used after an error
		c.conn = nil
	}
	return err
}

// hear reads until said comes back, and returns how many bytes that took.
func hear(conn *websocket.Conn, said message) (size int64, err error) {
	for {
		_, data, err := conn.ReadMessage()
		if err != nil {
			return size, err
		}
		size += int64(len(data))
		var heard message
		if err := json.Unmarshal(data, &heard); err != nil {
			return size, fmt.Errorf("message is not the JSON expected: %w", err)
		}
		if heard.ID != said.ID {
			continue // somebody else's
		}
		if heard.Text != said.Text {
			return size, fmt.Errorf("heard %q, said %q", heard.Text, said.Text)
		}
		return size, nil
	}
}

func (c *chatter) leave(*load.User) error {
	if c.conn == nil {
		return nil
	}
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = c.conn.WriteControl(websocket.CloseMessage, bye, time.Now().Add(time.Second))
	c.conn.Close()
	return nil
}
