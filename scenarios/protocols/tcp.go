package protocols

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A liner has a TCP connection and speaks a protocol of lines over it: each line
// sent is answered by one, which is the same.
type liner struct {
	conn    net.Conn // nil when there is none
	answers *bufio.Reader
}

var lines = load.Scenario[liner]{
	Name:     "tcp",
	Help:     "each user sends lines over a TCP connection and reads the echo",
	Protocol: load.NoHTTP,
	Params:   []load.Parameter{lineAddress},
	Wait:     load.Between(500*time.Millisecond, 1500*time.Millisecond),
	OnStart:  (*liner).connect,
	OnStop:   (*liner).hangUp,
	Tasks:    []load.Task[liner]{{Run: (*liner).ask}},
}

var lineAddress = load.Param[string]{Name: "tcp-address", Default: "127.0.0.1:7007", Help: "host:port of the TCP server"}

// lineTimeout is how long connecting may take, and again a line and its answer.
const lineTimeout = 10 * time.Second

// connect connects unless the user has a connection.
func (l *liner) connect(u *load.User) error {
	if l.conn != nil {
		return nil
	}
	return u.Measure("TCP", "connect", func(ctx context.Context) (int64, error) {
		dialer := net.Dialer{Timeout: lineTimeout}
		conn, err := dialer.DialContext(ctx, "tcp", lineAddress.Of(u))
		if err != nil {
			return 0, err
		}
		l.conn, l.answers = conn, bufio.NewReader(conn)
		return 0, nil
	})
}

func (l *liner) ask(u *load.User) error {
	if err := l.connect(u); err != nil { // in case the connection was lost
		return err
	}
	err := u.Measure("TCP", "line", func(ctx context.Context) (int64, error) {
		conn := l.conn
		if err := conn.SetDeadline(time.Now().Add(lineTimeout)); err != nil {
			return 0, err
		}
		// Reading knows nothing of contexts: what ends it, when the user must stop,
		// is that the connection is closed.
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		want := u.Unique("line")
		if _, err := fmt.Fprintf(conn, "%s\n", want); err != nil {
			return 0, err
		}
		line, err := l.answers.ReadSlice('\n') // no more than the reader's buffer holds, whatever comes
		if err != nil {
			return int64(len(line)), err
		}
		if got := strings.TrimSpace(string(line)); got != want {
			return int64(len(line)), fmt.Errorf("answer is %q, want %q", got, want)
		}
		return int64(len(line)), nil
	})
	if err != nil {
		l.conn.Close() // where the next answer begins is not known
		l.conn = nil
	}
	return err
}

func (l *liner) hangUp(*load.User) error {
	if l.conn != nil {
		l.conn.Close()
	}
	return nil
}
