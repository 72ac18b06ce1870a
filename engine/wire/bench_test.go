package wire

import (
	"bufio"
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/valyala/fasthttp"
)

// answering starts a target that answers every read with an answer, as fast as
// can be, and expects each request to arrive in one piece.
func answering(b testing.TB, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in, out := make([]byte, 4096), []byte(answer)
				for {
					if _, err := c.Read(in); err != nil {
						return
					}
					if _, err := c.Write(out); err != nil {
						return
					}
				}
			}()
		}
	}()
	b.Cleanup(func() {
		l.Close()
		<-done
	})
	return "http://" + l.Addr().String()
}

const page = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 15:34:57 GMT\r\nContent-Type: text/plain\r\nContent-Length: 13\r\nConnection: keep-alive\r\n\r\nHello, world!"

func BenchmarkGet(b *testing.B) {
	origin := answering(b, page)
	for _, k := range transports {
		b.Run(k.name, func(b *testing.B) {
			tr := k.make(NewDialer(Options{}))
			defer tr.Close()
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			req := load.Request{Method: "GET", Origin: origin, Target: "/"}
			var ans load.Answer
			b.ReportAllocs()
			for b.Loop() {
				if err := tr.Send(ctx, &req, &ans); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	// The codec of fasthttp over a connection of one's own: what to compare with.
	b.Run("fasthttp", func(b *testing.B) {
		c, err := net.Dial("tcp", origin[len("http://"):])
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		r, w := bufio.NewReader(c), bufio.NewWriter(c)
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.SetRequestURI(origin + "/")
		b.ReportAllocs()
		for b.Loop() {
			c.SetDeadline(time.Now().Add(30 * time.Second))
			if err := errors.Join(req.Write(w), w.Flush(), resp.ReadLimitBody(r, 64<<20)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
