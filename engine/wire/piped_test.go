package wire

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// eachPiped runs test with every transport in a bubble of its own, where time is
// exact. Whatever address is dialled, the other end of a pipe is given to handle.
func eachPiped(t *testing.T, opts Options, handle func(p pipe), test func(t *testing.T, d *Dialer, tr load.Transport)) {
	for _, k := range transports {
		t.Run(k.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := NewDialer(opts)
				var all sync.WaitGroup
				defer all.Wait()
				d.dialTCP = func(context.Context, string, string) (net.Conn, error) {
					here, there := net.Pipe()
					all.Go(func() {
						defer there.Close()
						handle(newPipe(there))
					})
					return here, nil
				}
				tr := k.make(d)
				defer tr.Close()
				test(t, d, tr)
			})
		})
	}
}

// A pipe is the target's end of a connection in a bubble.
type pipe struct {
	net.Conn
	r *bufio.Reader
}

func newPipe(c net.Conn) pipe { return pipe{c, bufio.NewReader(c)} }

// request reads one request and reports whether there was one.
func (p pipe) request() bool {
	r, err := http.ReadRequest(p.r)
	if err == nil {
		io.Copy(io.Discard, r.Body)
	}
	return err == nil
}

// say writes s and reports whether it could.
func (p pipe) say(s string) bool {
	_, err := io.WriteString(p, s)
	return err == nil
}

// hang waits for the other end to close.
func (p pipe) hang() { io.Copy(io.Discard, p.r) }

// refused is what dialling a port says on which nobody listens.
func refused(context.Context, string, string) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// A nameserver answers questions for the addresses of names.
type nameserver struct {
	// say returns the addresses of a name, or a response code that is not 0; nth
	// counts the questions for its IPv4 addresses from 1.
	say func(nth int) (addrs []string, code byte)

	asked atomic.Int64 // questions for the IPv4 addresses of target.test
}

// resolver returns a resolver that asks n in the same bubble.
func (n *nameserver) resolver() *net.Resolver {
	// Package net reads its configuration once, and must not do so in a bubble.
	(&net.Resolver{PreferGo: true, Dial: refused}).LookupHost(context.Background(), "target.test")
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go n.serveStream(there)
		return here, nil
	}}
}

// listen starts n on the loopback interface and returns a resolver that asks it.
func (n *nameserver) listen(t *testing.T) *net.Resolver {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	streams, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for buf := make([]byte, 1500); ; {
			size, from, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			reply := n.reply(buf[:size])
			if len(reply) > 1232 { // the rest is to be asked for over TCP
				reply = reply[:12+len("\x06target\x04test\x00")+4]
				reply[2] |= 2
				clear(reply[6:8])
			}
			packets.WriteTo(reply, from)
		}
	})
	all.Go(func() {
		for {
			c, err := streams.Accept()
			if err != nil {
				return
			}
			all.Go(func() { n.serveStream(c) })
		}
	})
	t.Cleanup(func() {
		packets.Close()
		streams.Close()
		all.Wait()
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		addr := packets.LocalAddr()
		if network == "tcp" {
			addr = streams.Addr()
		}
		return new(net.Dialer).DialContext(ctx, network, addr.String())
	}}
}

func (n *nameserver) serveStream(c net.Conn) {
	defer c.Close()
	for {
		size := make([]byte, 2)
		if _, err := io.ReadFull(c, size); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		reply := n.reply(query)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// reply answers a query of one question, see RFC 1035, 4.
func (n *nameserver) reply(query []byte) []byte {
	end := 12
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	end += 5 // the root, the type and the class
	kind := binary.BigEndian.Uint16(query[end-4:])
	reply := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end]...)
	if !strings.HasPrefix(string(query[12:]), "\x06target\x04test\x00") { // a search domain was appended
		reply[3] |= 3
		return reply
	}
	nth := int(n.asked.Load())
	if kind == 1 {
		nth = int(n.asked.Add(1))
	}
	addrs, code := n.say(nth)
	reply[3] |= code
	count := 0
	for _, s := range addrs {
		if a := netip.MustParseAddr(s); a.Is4() == (kind == 1) {
			const lifetime = 0 // seconds
			reply = append(reply, 0xc0, 12, byte(kind>>8), byte(kind), 0, 1, 0, 0, 0, lifetime, 0, byte(len(a.AsSlice())))
			reply = append(reply, a.AsSlice()...)
			count++
		}
	}
	binary.BigEndian.PutUint16(reply[6:], uint16(count))
	return reply
}

// only returns a nameserver that says the same each time.
func only(addrs ...string) *nameserver {
	return &nameserver{say: func(int) ([]string, byte) { return addrs, 0 }}
}

// alone reports whether this is a process in which the calling test runs alone,
// with env in its environment. If it is not, alone runs the test in one.
func alone(t *testing.T, env ...string) bool {
	t.Helper()
	if os.Getenv("WIRE_TEST_ALONE") == t.Name() {
		return true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=4m")
	cmd.Env = append(append(os.Environ(), "WIRE_TEST_ALONE="+t.Name()), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("in a process of its own: %v\n%s", err, out)
	}
	return false
}
