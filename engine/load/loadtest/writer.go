package loadtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/gregaria/gregaria/engine/load"
)

// A writer is the http.ResponseWriter of one hop. It belongs to the handler until
// that returns.
type writer struct {
	request *http.Request
	limit   int64
	begun   atomic.Bool // the header is written; the only field read meanwhile

	header http.Header // as the handler sees it
	status int
	sent   http.Header // as it was when the status was written
	body   []byte
	over   bool // the body is longer than limit
	flush  bool // sent in parts, so no Content-Length
}

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
	if int64(len(w.body))+int64(len(p)) > w.limit {
		w.over = true
		return len(p), nil
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

func (w *writer) Flush() {
	w.WriteHeader(http.StatusOK)
	w.flush = true
}

// response returns what the handler wrote, for the request as the client sent it.
func (w *writer) response(r *http.Request) (*http.Response, error) {
	w.WriteHeader(http.StatusOK)
	if w.over {
		return nil, tooLong(w.limit)
	}
	h := w.sent
	if h == nil {
		h = http.Header{}
	}
	if n := h.Get("Content-Length"); n != "" && r.Method != http.MethodHead && n != strconv.Itoa(len(w.body)) {
		return nil, &load.TransportError{
			Class: load.Closed, Err: fmt.Errorf("Content-Length is %s, the handler wrote %d bytes", n, len(w.body)),
		}
	}
	if !w.flush && r.Method != http.MethodHead && w.status != http.StatusNoContent && w.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(w.body)))
	}
	return &http.Response{
		Status:     strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(w.body)), ContentLength: int64(len(w.body)), Request: r,
	}, nil
}
