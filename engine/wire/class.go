package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/gregaria/gregaria/engine/load"
)

// A phase is how far a request has come.
type phase int

const (
	preparing phase = iota
	resolving
	connecting
	handshaking
	writing
	waiting // for the end of the header
	reading // the body
)

// String returns the phase in the words of an error message.
func (p phase) String() string {
	return [...]string{"preparing a request to", "looking up", "connecting to", "agreeing on TLS with", "sending to", "waiting for headers from", "reading a body from"}[p]
}

// maxMessage bounds error messages, which may quote the target.
const maxMessage = 2 << 10

// A problem is a cause in fewer words: without local ports, which differ each
// time, and without what the class says already.
type problem struct {
	text  string
	cause error
}

func (p *problem) Error() string { return p.text }
func (p *problem) Unwrap() error { return p.cause }

// fail returns an error of class with a message that is short and printable.
func fail(class load.Class, text string, cause error) error {
	return &load.TransportError{Class: class, Err: &problem{printable(text), cause}}
}

// printable returns s with control characters escaped and its length bounded.
func printable(s string) string {
	const room = 100 // for the class, and what callers put in front
	if len(s) > maxMessage-room {
		s = s[:maxMessage-room]
	}
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	s = fmt.Sprintf("%+q", s)
	s = s[1 : len(s)-1]
	return s[:min(len(s), maxMessage-room)]
}

func unprintable(r rune) bool { return r < ' ' || r > '~' }

// A protocolError is how an answer breaks the rules of HTTP.
type protocolError string

func (e protocolError) Error() string { return string(e) }

// An eachError is what Request.Each returned.
type eachError struct{ error }

var errBodyLimit = errors.New("body limit") // the body is larger than Limits.Body

// failAt returns the error for err, which happened in phase at with host.
func failAt(at phase, host string, err error) error {
	class, detail := classify(at, err)
	text := at.String() + " " + host
	if at <= handshaking {
		text = host
	}
	if detail != "" {
		text = detail + " (" + text + ")"
	}
	return fail(class, text, err)
}

// moreDescriptors is the way out for who has too few.
const moreDescriptors = "raise the limit with ulimit -n"

// classify returns the class of err in phase at, and the part of err's message
// that says more than the class does.
func classify(at phase, err error) (load.Class, string) {
	if te, ok := errors.AsType[*load.TransportError](err); ok {
		return te.Class, te.Err.Error()
	}
	if pe, ok := errors.AsType[protocolError](err); ok {
		return load.Malformed, string(pe)
	}
	if errors.Is(err, errBodyLimit) {
		return load.BodyLimit, ""
	}
	if de, ok := errors.AsType[*net.DNSError](err); ok {
		if strings.Contains(de.Err, syscall.EMFILE.Error()) {
			return load.Descriptors, moreDescriptors
		}
		if de.IsTimeout {
			return load.DNS, "lookup " + de.Name + ": no answer in time"
		}
		return load.DNS, "lookup " + de.Name + ": " + de.Err
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		switch errno {
		case syscall.ECONNREFUSED:
			return load.Refused, ""
		case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED:
			return load.Reset, ""
		case syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EHOSTDOWN:
			return load.Unreachable, ""
		case syscall.EMFILE, syscall.ENFILE:
			return load.Descriptors, moreDescriptors
		case syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
			return load.Ports, "keep connections open, or widen net.ipv4.ip_local_port_range"
		case syscall.ETIMEDOUT:
			return timeoutAt(at)
		}
	}
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return timeoutAt(at)
	}
	if detail, ok := tlsReason(err); ok {
		return load.TLS, detail
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
		return load.Closed, ""
	}
	if at == handshaking {
		return load.TLS, strings.TrimPrefix(err.Error(), "tls: ")
	}
	return load.UnknownProblem, err.Error()
}

func timeoutAt(at phase) (load.Class, string) {
	switch {
	case at == resolving:
		return load.DNS, "no answer in time"
	case at <= handshaking:
		return load.ConnectTimeout, ""
	case at == reading:
		return load.BodyTimeout, ""
	}
	return load.HeaderTimeout, ""
}

// tlsReason returns why TLS failed, if err says that it did.
func tlsReason(err error) (string, bool) {
	if ve, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return strings.TrimPrefix(ve.Err.Error(), "x509: "), true
	}
	if re, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return re.Msg + "; does the target speak plain http?", true
	}
	if ae, ok := errors.AsType[tls.AlertError](err); ok {
		return strings.TrimPrefix(ae.Error(), "tls: "), true
	}
	if he, ok := errors.AsType[x509.HostnameError](err); ok {
		return strings.TrimPrefix(he.Error(), "x509: "), true
	}
	if oe, ok := errors.AsType[*net.OpError](err); ok && (oe.Op == "remote error" || oe.Op == "local error") {
		return strings.TrimPrefix(oe.Error(), "tls: "), true
	}
	return "", false
}
