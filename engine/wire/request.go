package wire

import (
	"bytes"
	"net/http"
	"strconv"

	"github.com/gregaria/gregaria/engine/load"
)

// A headWriter appends the head of one request to a buffer and counts its
// lines, so that a line that came in by way of a value is noticed.
type headWriter struct {
	b     []byte
	lines int

	left      baggage
	cookies   string // of the jar; "" once sent
	close     bool   // the user asks to close the connection
	agent     bool   // the user named one, or none
	encodings bool   // the user named some, or none
}

// appendHead appends the head of the request that h makes of req to b. It
// reports whether the request asks to close the connection.
func appendHead(b []byte, h *hop, req *load.Request, agent, cookies string) (head []byte, closes bool, err error) {
	if !isToken(h.method) {
		return b, false, fail(load.UnusableRequest, "method "+strconv.Quote(h.method), nil)
	}
	if !isTarget(h.target) {
		return b, false, fail(load.UnusableRequest, badTarget(h.target), nil)
	}
	start := len(b)
	w := headWriter{b: b, left: h.baggage, cookies: cookies}
	w.requestLine(h.method, h.target)
	name := h.origin.host
	if alias := h.alias(req); alias != "" {
		if !isHostField(alias) {
			return b, false, fail(load.UnusableRequest, "field Host: "+strconv.Quote(alias), nil)
		}
		name = alias
	}
	w.line("Host", name)
	for name, values := range req.Header {
		if len(req.Extra) > 0 && replaced(req, name) {
			continue
		}
		if !w.fields(name, values) {
			return b, false, fail(load.UnusableRequest, "field name "+strconv.Quote(name), nil)
		}
	}
	for i := range req.Extra {
		f := &req.Extra[i]
		if !w.field(f.Name, f.Value) {
			return b, false, fail(load.UnusableRequest, "field name "+strconv.Quote(f.Name), nil)
		}
	}
	if !w.agent {
		w.line("User-Agent", agent)
	}
	if !w.encodings {
		w.line("Accept-Encoding", encodingsOf(req))
	}
	if w.cookies != "" {
		w.line("Cookie", w.cookies)
	}
	if len(h.body) > 0 || h.method == http.MethodPost || h.method == http.MethodPut || h.method == http.MethodPatch {
		w.b = append(w.b, "Content-Length: "...)
		w.b = strconv.AppendInt(w.b, int64(len(h.body)), 10)
		w.end()
	}
	w.end()
	if written := w.b[start:]; bytes.Count(written, crlf[:1]) != w.lines || bytes.Count(written, crlf[1:]) != w.lines || bytes.IndexByte(written, 0) >= 0 {
		return b, false, fail(load.UnusableRequest, "a field holds a line break or NUL", nil)
	}
	return w.b, w.close, nil
}

// encodingsOf returns the content encodings to ask for by default.
func encodingsOf(req *load.Request) string {
	if req.Each != nil {
		return "identity" // nobody undoes another
	}
	return "gzip"
}

var crlf = []byte("\r\n")

// isHostField reports whether s can be sent as a Host field.
func isHostField(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '/' || s[i] == '@' || s[i] == ',' {
			return false
		}
	}
	return true
}

func (w *headWriter) end() {
	w.b = append(w.b, '\r', '\n')
	w.lines++
}

func (w *headWriter) line(name, value string) {
	w.b = append(w.b, name...)
	w.b = append(w.b, ':', ' ')
	w.b = append(w.b, value...)
	w.end()
}

func (w *headWriter) requestLine(method, target string) {
	w.b = append(w.b, method...)
	w.b = append(w.b, ' ')
	for i := range len(target) {
		c := target[i]
		if c == '#' {
			break // a fragment is for the reader
		}
		if c >= 0x80 {
			const hex = "0123456789ABCDEF"
			w.b = append(w.b, '%', hex[c>>4], hex[c&15])
			continue
		}
		w.b = append(w.b, c)
	}
	w.b = append(w.b, " HTTP/1.1"...)
	w.end()
}

// fields sends one field with each of values. Having none still replaces a
// default.
func (w *headWriter) fields(name string, values []string) bool {
	if len(values) == 0 {
		switch kindOf(name) {
		case userAgent:
			w.agent = true
		case acceptEncoding:
			w.encodings = true
		}
	}
	for _, v := range values {
		if !w.field(name, v) {
			return false
		}
	}
	return true
}

// field sends one field, if the hop carries it. It reports false if name is not
// the name of a field.
func (w *headWriter) field(name, value string) bool {
	if !isToken(name) {
		return false
	}
	k := kindOf(name)
	if !w.left.carries(k) {
		return true
	}
	switch k {
	case connection:
		w.close = w.close || hasToken([]byte(value), "close")
	case userAgent:
		w.agent = true
		if value == "" {
			return true
		}
	case acceptEncoding:
		w.encodings = true
	case cookie:
		if w.cookies != "" {
			value += "; " + w.cookies
			w.cookies = ""
		}
	}
	w.line(name, value)
	return true
}
