package loadtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// A writer is the http.ResponseWriter of one hop. It belongs to the handler until
// that returns, except that status, sent, flush and left are settled once the head is
// sent.
type writer struct {
	request *http.Request
	limit   int64
	begun   atomic.Bool // the header is written; read at any time

	header http.Header // as the handler sees it
	status int
	sent   http.Header // as it was when the status was written
	body   []byte      // written and, when there are parts, not sent yet
	total  int64       // body bytes written
	over   bool        // the body is longer than limit
	flush  bool        // sent in parts, so no Content-Length
	left   time.Time   // when the head was sent
	parts  chan []byte // what is sent before the handler returns; nil when nobody reads along
}

// buffered is how much a handler writes before a server sends it unasked.
const buffered = 2 << 10

func newWriter(r *http.Request, limit int64) *writer {
	return &writer{request: r, limit: limit, header: http.Header{}}
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status)) // as a server would
	}
	if w.begun.Load() || status < 200 { // informational ones are not the answer
		return
	}
	w.status, w.sent = status, w.header.Clone()
	w.begun.Store(true)
}

func (w *writer) Write(p []byte) (int, error) {
	if err := w.request.Context().Err(); err != nil {
		return 0, err // nobody is listening any more
	}
	if !w.begun.Load() {
		if w.header.Get("Content-Type") == "" && w.header.Get("Content-Encoding") == "" && len(p) > 0 {
			w.header.Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	if w.request.Method == http.MethodHead || w.over {
		return len(p), nil
	}
	if w.total+int64(len(p)) > w.limit {
		w.over = true
		return len(p), nil
	}
	w.body = append(w.body, p...)
	w.total += int64(len(p))
	if len(w.body) > buffered {
		w.Flush()
	}
	return len(p), nil
}

func (w *writer) Flush() {
	w.WriteHeader(http.StatusOK)
	if w.left.IsZero() {
		w.left, w.flush = time.Now(), true
	}
	if w.parts == nil {
		return
	}
	select {
	case w.parts <- bytes.Clone(w.body):
		w.body = w.body[:0]
	case <-w.request.Context().Done():
	}
}

// finish is what a server does when the handler returns.
func (w *writer) finish() {
	w.WriteHeader(http.StatusOK)
	if w.left.IsZero() {
		w.left = time.Now()
	}
}

// fault returns what is wrong with the answer, nil when nothing is.
func (w *writer) fault(r *http.Request) error {
	if w.over {
		return tooLong(w.limit)
	}
	if n := w.sent.Get("Content-Length"); n != "" && r.Method != http.MethodHead && n != strconv.FormatInt(w.total, 10) {
		return &load.TransportError{
			Class: load.Closed, Err: fmt.Errorf("Content-Length is %s, the handler wrote %d bytes", n, w.total),
		}
	}
	return nil
}

// response returns the answer as the client gets it that sent r.
func (w *writer) response(r *http.Request, body io.ReadCloser) *http.Response {
	length := int64(-1)
	if !w.flush {
		length = w.total
		if r.Method != http.MethodHead && w.status != http.StatusNoContent && w.status != http.StatusNotModified {
			w.sent.Set("Content-Length", strconv.FormatInt(length, 10))
		}
	}
	return &http.Response{
		Status:     strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body, ContentLength: length, Request: r,
	}
}
