package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// A Server is the demo listening on an address, until Close.
type Server struct {
	addr  string
	close func() error
}

// Listen starts the demo on addr, "127.0.0.1:8020" for example. An address that
// cannot be had is reported at once.
func Listen(addr string, opts Options) (*Server, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, listenError(addr, err)
	}
	server := &http.Server{
		Handler:           New(opts),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		// Longer than users think between two requests: closing a connection
		// just as a request comes in looks like a failure of the target.
		IdleTimeout:    5 * time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return &Server{
		addr:  listener.Addr().String(),
		close: sync.OnceValue(func() error { return shutDown(server, served) }),
	}, nil
}

// Addr returns the address listened on, with the port chosen if 0 was asked for.
func (s *Server) Addr() string { return s.addr }

// Close stops listening, gives the requests under way a second to finish, and
// returns when the server has ended. It may be called more than once.
func (s *Server) Close() error { return s.close() }

func shutDown(server *http.Server, served <-chan error) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(end, err)
	}
	if err != nil {
		return fmt.Errorf("close demo: %w", err)
	}
	return nil
}

// listenError says in one line which address could not be had, why, and for the
// common reason what to do.
func listenError(addr string, err error) error {
	cause := err
	if op, ok := errors.AsType[*net.OpError](err); ok {
		cause = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](cause); ok {
		cause = call.Err
	}
	const windowsAddressInUse = syscall.Errno(10048)
	if errors.Is(cause, syscall.EADDRINUSE) || errors.Is(cause, windowsAddressInUse) {
		return fmt.Errorf("listen %s: %w (another gregaria --demo? stop it, or leave out --demo to test that one)", addr, cause)
	}
	return fmt.Errorf("listen %s: %w", addr, cause)
}
