package server

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
)

// Loopback are the addresses to listen on by default: localhost means either.
var Loopback = []string{"127.0.0.1", "::1"}

// Listen opens a listener on each host, all with the same port. Port 0 picks one.
// A machine without IPv6 is served on IPv4 alone, if hosts has both.
func Listen(hosts []string, port int) ([]net.Listener, error) {
	var open []net.Listener
	for _, host := range hosts {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]") // [::1] is how people write it
		l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			if len(open) > 0 && noSuchAddress(err) {
				continue
			}
			for _, l := range open {
				l.Close()
			}
			return nil, explain(host, port, err)
		}
		open = append(open, l)
		port = l.Addr().(*net.TCPAddr).Port
	}
	return open, nil
}

// noSuchAddress reports whether the machine lacks the address, or its family.
func noSuchAddress(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT)
}

// explain words a failure to listen with the way out.
func explain(host string, port int, err error) error {
	where := net.JoinHostPort(host, strconv.Itoa(port))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen %s: address already in use (another gregaria? try --web-port %d)", where, port+1)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen %s: permission denied (ports below 1024 are privileged: try --web-port 8089)", where)
	case noSuchAddress(err):
		return fmt.Errorf("listen %s: this machine has no such address (try --web-host 127.0.0.1)", where)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("listen %s: --web-host: there is no address of the name %q (try --web-host 127.0.0.1)", where, dns.Name)
	}
	return fmt.Errorf("listen %s: %w", where, err)
}
