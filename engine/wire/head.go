package wire

import (
	"bytes"
	"fmt"
)

// What the head of an answer may hold.
const (
	maxHead    = 64 << 10 // bytes, line ends included
	maxInterim = 10       // 1xx responses before the answer
)

// A head is what the status line and the fields of a response say about how to
// read the rest of it.
type head struct {
	status   int
	minor    int   // of HTTP/1.minor
	length   int64 // -1: not given
	chunked  bool
	closes   bool // Connection: close
	keeps    bool // Connection: keep-alive
	cookies  bool // there is a Set-Cookie
	location bool // there is a Location
	encoded  bool // there is a Content-Encoding
}

// bodyless reports whether no body follows, whatever the fields say.
func (h *head) bodyless(method string) bool {
	return method == "HEAD" || h.status == 204 || h.status == 304
}

// persists reports whether the connection stays open after the response.
func (h *head) persists() bool {
	if h.closes || h.chunked && h.length >= 0 {
		return false // both framings at once: somebody in between is confused
	}
	return h.minor >= 1 || h.keeps
}

// statusLine reads "HTTP/1.1 200 OK".
func (h *head) statusLine(line []byte) error {
	if len(line) < 12 || !bytes.HasPrefix(line, httpSlash1) || line[8] != ' ' || line[7] < '0' || line[7] > '9' ||
		len(line) > 12 && line[12] != ' ' {
		return protocolError(fmt.Sprintf("status line %.100q", line))
	}
	status := 0
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return protocolError(fmt.Sprintf("status line %.100q", line))
		}
		status = status*10 + int(c-'0')
	}
	if status < 100 {
		return protocolError(fmt.Sprintf("status line %.100q", line))
	}
	*h = head{status: status, minor: int(line[7] - '0'), length: -1}
	return nil
}

var httpSlash1 = []byte("HTTP/1.")

// field reads one "Name: value".
func (h *head) field(line []byte) error {
	colon := bytes.IndexByte(line, ':')
	if colon < 0 || !isToken(line[:colon]) {
		return protocolError(fmt.Sprintf("field line %.100q", line))
	}
	name, value := line[:colon], line[colon+1:]
	switch len(name) {
	case 8:
		if equalFold(name, "location") {
			h.location = true
		}
	case 10:
		if equalFold(name, "connection") {
			value = trim(value)
			h.closes = h.closes || hasToken(value, "close")
			h.keeps = h.keeps || hasToken(value, "keep-alive")
		} else if equalFold(name, "set-cookie") {
			h.cookies = true
		}
	case 14:
		if equalFold(name, "content-length") {
			return h.contentLength(trim(value))
		}
	case 16:
		if equalFold(name, "content-encoding") {
			h.encoded = true
		}
	case 17:
		if equalFold(name, "transfer-encoding") {
			if h.chunked || !equalFold(trim(value), "chunked") {
				return protocolError(fmt.Sprintf("transfer encoding %.100q", value))
			}
			h.chunked = true
		}
	}
	return nil
}

// contentLength reads the value of a Content-Length. It may come twice, but
// not with two values.
func (h *head) contentLength(value []byte) error {
	n, ok := parseUint(value)
	if !ok || h.length >= 0 && h.length != n {
		return protocolError(fmt.Sprintf("content length %.100q", value))
	}
	h.length = n
	return nil
}

// parseUint reads a decimal number that fits in an int64.
func parseUint(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// parseChunkSize reads the line before a chunk: a hexadecimal number and, after
// a semicolon, extensions that nobody uses.
func parseChunkSize(line []byte) (n int64, ok bool) {
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	line = trim(line)
	if len(line) == 0 || len(line) > 15 {
		return 0, false
	}
	for _, c := range line {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | int64(c)
	}
	return n, true
}

// eachField lists the fields of field lines, and reports whether yield wanted all.
func eachField(lines []byte, yield func(name, value string) bool) bool {
	for line := range bytes.Lines(lines) {
		name, value, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), colon)
		if !yield(string(name), string(trim(value))) {
			return false
		}
	}
	return true
}

var colon = []byte(":")

// findField returns the value of the first field called name at or after from
// in the field lines b, and where the line after it begins; -1 if there is none.
func findField(b []byte, name string, from int) (value []byte, next int) {
	for from < len(b) {
		end := bytes.IndexByte(b[from:], '\n')
		if end < 0 {
			break
		}
		line := bytes.TrimSuffix(b[from:from+end], crlf[:1])
		from += end + 1
		if len(line) > len(name) && line[len(name)] == ':' && bytes.EqualFold(line[:len(name)], []byte(name)) {
			return trim(line[len(name)+1:]), from
		}
	}
	return nil, -1
}
