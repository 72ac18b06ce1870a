package load

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gregaria/gregaria/engine/stats"
)

const (
	maxBody   = 4 << 10 // bytes kept of a body
	maxFields = 4 << 10 // of all header fields of a message
	maxField  = 1 << 10 // of one of them
)

// exemplar returns a sample in detail, as far as the sample does not tell itself. It is
// that of the latest request, whose answer the transport still has, unless r is nil.
// What is said of the failure loses its secrets, too.
func (u *User) exemplar(s *stats.Sample, r *Response) *stats.Exemplar {
	e := &stats.Exemplar{
		At: time.Now(), User: u.number, Scenario: u.scenario, Task: u.task, Iteration: u.iteration,
	}
	if r != nil {
		e.URL = cut(u.request.Origin + u.request.Target)
		e.Request = stats.Message{Fields: u.requestFields(r), Body: bodyText(u.request.Body), Size: int64(len(u.request.Body))}
		e.Response = u.responseMessage(r)
	}
	secrets := u.secrets
	if u.base.Auth != "" {
		secrets = append(known(credentials(u.base.Auth)), secrets...)
	}
	if s.Problem != nil {
		e.At, e.Message = s.Problem.At, s.Problem.Message
	}
	redact(e, secrets)
	if s.Problem != nil {
		s.Problem.Message = e.Message
	}
	e.Request.Fields, e.Response.Fields = bounded(e.Request.Fields), bounded(e.Response.Fields)
	return e
}

// requestFields returns the header fields of the latest request: as they were sent, or
// else those that the scenario asked for.
func (u *User) requestFields(r *Response) []stats.Field {
	var fields []stats.Field
	add := func(name, value string) bool {
		fields = append(fields, stats.Field{Name: name, Value: value})
		return true
	}
	if r.sent {
		u.transport.Sent(add)
	}
	if len(fields) > 0 {
		return fields
	}
	req := &u.request
	if _, host, ok := strings.Cut(req.Origin, "://"); ok {
		add("Host", host)
	}
	EachField(req.Header, func(name, value string) bool {
		return req.own(name) >= 0 || add(name, value)
	})
	for _, f := range req.Extra {
		add(f.Name, f.Value)
	}
	if len(req.Body) > 0 {
		add("Content-Length", strconv.Itoa(len(req.Body)))
	}
	return fields
}

// responseMessage returns what has come of an answer. A body that was read along or
// was not complete is not kept.
func (u *User) responseMessage(r *Response) (m stats.Message) {
	if !r.sent {
		return m
	}
	u.transport.Fields(func(name, value string) bool {
		m.Fields = append(m.Fields, stats.Field{Name: name, Value: value})
		return true
	})
	if r.noAnswer || u.request.Each != nil {
		m.Size = u.answer.Bytes
		return m
	}
	body, err := u.transport.Body()
	if err != nil {
		return stats.Message{Fields: m.Fields, Body: "(" + cut(err.Error()) + ")", Size: u.answer.Bytes}
	}
	m.Body, m.Size = bodyText(body), int64(len(body))
	return m
}

// bodyText returns the beginning of a body, or what it is like when it is no text.
func bodyText(body []byte) string {
	head, more := body, ""
	if len(body) > maxBody {
		n := maxBody
		for n > maxBody-utf8.UTFMax && !utf8.RuneStart(body[n]) {
			n--
		}
		head, more = body[:n], "…"
	}
	if slices.ContainsFunc(head, binary) {
		return fmt.Sprintf("(binary, %d bytes: % x…)", len(body), head[:min(len(head), 16)])
	}
	return strings.ToValidUTF8(string(head), "\uFFFD") + more
}

// binary reports whether c is a byte that texts do not have.
func binary(c byte) bool { return c < ' ' && strings.IndexByte("\t\n\f\r\x1b", c) < 0 }

// bounded returns header fields cut to what is kept of them.
func bounded(fields []stats.Field) []stats.Field {
	const note = 40 // room for how many there are more
	size := 0
	for i, f := range fields {
		if len(f.Value) > maxField {
			fields[i].Value = strings.ToValidUTF8(strings.Clone(f.Value[:maxField]), "") + "…"
		}
		if size += len(f.Name) + len(fields[i].Value); size > maxFields-note {
			return append(fields[:i:i], stats.Field{Name: "…", Value: fmt.Sprintf("%d more", len(fields)-i)})
		}
	}
	return fields
}
