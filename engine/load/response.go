package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Response is what came back for a request, or why nothing did.
//
// It is read and judged before its user's next request, pause or end of task.
// After that the request is recorded: Header, Body, Text, JSON, Expect, Failf and
// Rename panic, which shows up as an exception of the task. Status, Took, FirstByte
// and Err can be read for ever, and so can what Body and Text returned.
type Response struct {
	user      *User
	took      time.Duration
	firstByte time.Duration
	err       error // *Failure, what a way to stop says, or nil
	status    int32
	sent      bool // the transport was asked to send it
	noAnswer  bool
	byStatus  bool // err is about the status alone: Expect may replace it
	settled   bool
}

// Status returns the status code, 0 without an answer.
func (r *Response) Status() int { return int(r.status) }

// Took returns the time from just before the first byte was sent to the last byte
// read.
func (r *Response) Took() time.Duration { return r.took }

// FirstByte returns the part of Took up to the first byte of the answer, 0 without an
// answer.
func (r *Response) FirstByte() time.Duration { return r.firstByte }

// Err returns why the request failed, or nil.
func (r *Response) Err() error { return r.err }

// Expect replaces the rule that a status of 400 or more fails: the request fails
// unless its status is one of codes. A failure for another reason stays.
func (r *Response) Expect(codes ...int) *Response {
	if r.closed("Expect") || r.err != nil && !r.byStatus {
		return r
	}
	if slices.Contains(codes, r.Status()) {
		r.err, r.user.sample.Problem = nil, nil
		return r
	}
	texts := make([]string, len(codes))
	for i, code := range codes {
		texts[i] = strconv.Itoa(code)
	}
	r.failStatus("status %d, expected " + series(texts, "or"))
	return r
}

// JSON decodes the body into v. A request that failed returns its failure; a body
// that is not the JSON wanted makes the request fail.
func (r *Response) JSON(v any) error {
	if r.closed("JSON") || r.err != nil {
		return r.err
	}
	body := r.read("JSON")
	if r.err != nil {
		return r.err
	}
	if err := json.Unmarshal(body, v); err != nil {
		r.fail("body is not the JSON expected", "body is not the JSON expected: "+err.Error()+excerpt(body))
	}
	return r.err
}

// Text returns the body as a string. It is empty without an answer.
func (r *Response) Text() string { return string(r.read("Text")) }

// Body returns a copy of the body. It is nil without an answer.
func (r *Response) Body() []byte { return slices.Clone(r.read("Body")) }

func (r *Response) read(method string) []byte {
	if r.closed(method) || r.noAnswer {
		return nil
	}
	body, err := r.user.transport.Body()
	if err != nil {
		r.fail("body cannot be decoded", "body cannot be decoded: "+err.Error())
	}
	return body
}

// Header returns a header field, or "".
func (r *Response) Header(name string) string {
	if r.closed("Header") || r.noAnswer {
		return ""
	}
	return r.user.transport.Header(name)
}

// Failf makes the request a failure and returns it. Failures are grouped by
// format, so put what differs from request to request into args. A request
// without an answer stays the failure it is, which says why there is none.
func (r *Response) Failf(format string, args ...any) error {
	if r.closed("Failf") || r.noAnswer {
		return r.err
	}
	r.fail(format, fmt.Sprintf(format, args...))
	return r.err
}

// Rename moves the request to another row, for names that only the answer tells.
// With "" nothing changes.
func (r *Response) Rename(name string) *Response {
	if r.closed("Rename") || name == "" {
		return r
	}
	r.user.sample.Name = name
	if f, ok := r.err.(*Failure); ok {
		renamed := *f
		renamed.Name = name
		r.err = &renamed
	}
	return r
}

// closed reports whether the request was cut by a stop, and panics when it is too
// late to judge it.
func (r *Response) closed(method string) bool {
	if r.settled {
		panic("load: " + method + " on a response that is already recorded: judge and read it before the user's next request or pause")
	}
	return r.user.latest != r
}

func (r *Response) fail(format, message string) {
	message = cut(message)
	s := &r.user.sample
	r.byStatus = false
	r.err = &Failure{Method: s.Method, Name: s.Name, Format: format, Message: message}
	s.Problem = &stats.Problem{Format: format, Message: message, At: time.Now()}
}

// broken judges a request whose answer the scenario did not want to the end: err is
// what its Each function returned.
func (r *Response) broken(err error) {
	switch {
	case errors.Is(err, Enough):
	case stops(err):
		r.err, r.byStatus = err, false
	default:
		text := cut(err.Error())
		r.fail(pattern(text), text)
	}
}

// failStatus fails a request for its status, which stands for %d in the format.
func (r *Response) failStatus(format string) {
	group := strings.Replace(format, "%d", strconv.Itoa(int(r.status)), 1)
	body, _ := r.user.transport.Body() // only for the example
	r.fail(group, group+excerpt(body))
	r.byStatus = true
}
