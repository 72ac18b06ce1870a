package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A replay is a connection on which the target says what a test gave it, step
// bytes at a time, and hears nothing.
type replay struct {
	net.Conn
	said []byte
	step int
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.said) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.said[:min(len(r.said), r.step)])
	r.said = r.said[n:]
	return n, nil
}

func (r *replay) Write(p []byte) (int, error)      { return len(p), nil }
func (r *replay) SetDeadline(time.Time) error      { return nil }
func (r *replay) SetWriteDeadline(time.Time) error { return nil }
func (r *replay) Close() error                     { return nil }

// Whatever a target says, an answer or a classified error comes of it, the same
// however the bytes are cut into packets, and also when the body is streamed.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		ok, page,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nA: b\r\n\r\n",
		"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n",
		"HTTP/1.0 200\r\n\r\nok",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
		"HTTP/1.1 101 Switch\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nSet-Cookie: a=b\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
		"HTTP/1.1 200 OK\r\nX: \x00\xff\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: gopher://x\r\n\r\n",
		"<html>", "\x16\x03\x01", "",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
		"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 5000) + "\r\n\r\n" + strings.Repeat("y", 5000),
	} {
		f.Add(s, uint16(1))
		f.Add(s, uint16(7))
		f.Add(s, uint16(60000))
	}
	f.Fuzz(func(t *testing.T, said string, step uint16) {
		whole := listen(t, said, 1<<20, nil)
		if cut := listen(t, said, int(step)+1, nil); cut != whole {
			t.Errorf("in steps of %d: %.500v; in one: %.500v", int(step)+1, cut, whole)
		}
		if whole.class == load.BodyLimit {
			return
		}
		var passed bytes.Buffer
		stream := listen(t, said, int(step)+1, func(part []byte) error { passed.Write(part); return nil })
		if stream.ans != whole.ans || stream.class != whole.class || stream.body != "" {
			t.Errorf("streamed: %.500v; else: %.500v", stream, whole)
		}
		if whole.class == "" && whole.raw != passed.String() {
			t.Errorf("streamed %.500q; else the body is %.500q", passed.String(), whole.raw)
		}
	})
}

// A heard is what came of what a target said.
type heard struct {
	ans   load.Answer
	class load.Class
	raw   string // the body before decoding
	body  string
	bad   load.Class // of Body
}

// listen sends a request to a target that says what is given.
func listen(t *testing.T, said string, step int, each func([]byte) error) (h heard) {
	const limit = 16 << 10
	tr := NewDialer(Options{Limits: load.Limits{Body: limit, Redirects: -1}}).HTTP1().(*http1)
	socket := &replay{said: []byte(said), step: step}
	to, _ := parseOrigin("http://target")
	tr.conn = &conn{origin: to, socket: socket, stream: socket}
	req := load.Request{Method: "GET", Origin: "http://target", Target: "/", Each: each}
	err := tr.Send(context.Background(), &req, &h.ans)
	if first := h.ans.FirstByte; first < 0 || first > h.ans.Took || h.ans.Status == 0 && first != 0 {
		t.Errorf("first byte after %v of %v, status %d", first, h.ans.Took, h.ans.Status)
	}
	h.ans.Took, h.ans.FirstByte = 0, 0
	if err != nil {
		checkMessage(t, err)
		if h.class = classOf(err); h.class == "" || h.class == load.UnknownProblem || h.class == load.Cut {
			t.Errorf("Send: %v (class %q)", err, h.class)
		}
		if _, ok := errors.AsType[*load.TransportError](err); !ok {
			t.Errorf("Send: a %T", err)
		}
		h.ans.Bytes = 0 // depends on what had arrived
		return h
	}
	if h.ans.Status < 200 || h.ans.Bytes > limit && each == nil {
		t.Errorf("answer %+v", h.ans)
	}
	if n := cap(tr.in) + cap(tr.body.own); n > 4*maxHead+4*limit {
		t.Errorf("%d bytes held", n)
	}
	tr.Header("Content-Type")
	h.raw = string(tr.body.kept)
	body, err := tr.Body()
	h.body, h.bad = string(body), classOf(err)
	return h
}

// Whatever a scenario asks for, what is sent is one request.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/", "X", "y", "", "body")
	f.Add("POST", "/a?b#c", "Host", "example.com", "a=b", "")
	f.Add("GET / HTTP/1.1\r\n\r\nGET", "/ \r\n", "X\r\nY", "z\r\n\r\nGET / HTTP/1.1", "a\nb", "x")
	f.Add("HEAD", "/\xff", "Transfer-Encoding", "chunked", "\x00", "")
	f.Fuzz(func(t *testing.T, method, target, name, value, cookies, body string) {
		h := hop{origin: &origin{scheme: "http", host: "target"}, method: method, target: target, body: []byte(body)}
		req := load.Request{Extra: []load.Field{{Name: name, Value: value}}}
		head, _, err := appendHead(nil, &h, &req, "agent", cookies)
		if err != nil {
			if classOf(err) != load.UnusableRequest {
				t.Errorf("appendHead: %v", err)
			}
			checkMessage(t, err)
			return
		}
		if s := string(head); strings.Count(s, "\r\n\r\n") != 1 || !strings.HasSuffix(s, "\r\n\r\n") || strings.Contains(s, "\x00") {
			t.Errorf("head %q", s)
		}
		for i, line := range strings.Split(strings.TrimSuffix(string(head), "\r\n\r\n"), "\r\n") {
			if strings.ContainsAny(line, "\r\n") {
				t.Errorf("line %q", line)
			}
			if i == 0 && strings.Count(line, " ") != 2 {
				t.Errorf("request line %q", line)
			}
			if i > 0 && strings.HasPrefix(strings.ToLower(line), "transfer-encoding") {
				t.Errorf("framing of the user's: %q", line)
			}
		}
	})
}
