package load

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// An Option says something about one request.
type Option struct {
	kind  optionKind
	text  string
	field string // value of a header field
	pairs []string
	value any
	bytes []byte
	limit time.Duration
}

type optionKind uint8

const (
	optName optionKind = iota + 1
	optHeader
	optQuery
	optJSON
	optForm
	optBody
	optTimeout
	optEach
)

// Name sets the name of the request's row. Without it, or with "", the row is
// named by the path as the task wrote it; give a name when the path holds an id,
// so that all ids share one row.
func Name(name string) Option { return Option{kind: optName, text: name} }

// Header sets a header field of this request, replacing the user's and, for
// Content-Type, that of JSON, Form or Body.
func Header(name, value string) Option {
	return Option{kind: optHeader, text: name, field: value}
}

// Query appends query parameters: Query("page", "2", "sort", "name"). They are no
// part of the row's name.
func Query(pairs ...string) Option { return Option{kind: optQuery, pairs: pairs} }

// JSON sends v, encoded, as application/json.
func JSON(v any) Option { return Option{kind: optJSON, value: v} }

// Form sends fields as application/x-www-form-urlencoded:
// Form("username", "ann", "password", "secret").
func Form(pairs ...string) Option { return Option{kind: optForm, pairs: pairs} }

// Body sends data as contentType.
func Body(contentType string, data []byte) Option {
	return Option{kind: optBody, text: contentType, bytes: data}
}

// Timeout bounds the time to the end of the answer for this request.
func Timeout(d time.Duration) Option { return Option{kind: optTimeout, limit: d} }

// Each gives the body to f piece by piece as it arrives, for answers that are large or
// go on and on. How the pieces are cut is up to the network. The body is asked for
// without compression, may have any size, and is not kept: Body, Text and JSON find
// it empty. The part must not be kept either.
//
// An error from f ends the request and is its failure, grouped by its text with
// numbers and quoted parts left out. [Enough] ends it without being one; the ways to
// stop end it and are what [Response.Err] returns.
func Each(f func(part []byte) error) Option { return Option{kind: optEach, value: f} }

// apply completes the user's request with the options and returns the name of its
// row.
func (u *User) apply(opts []Option, name string) (string, error) {
	req := &u.request
	contentType := ""
	for i := range opts {
		switch o := &opts[i]; o.kind {
		case optName:
			name = cmp.Or(o.text, name)
		case optHeader:
			req.Extra = append(req.Extra, Field{o.text, o.field})
		case optQuery:
			query, err := encodePairs("Query", o.pairs)
			if err != nil {
				return name, err
			}
			req.Target = appendQuery(req.Target, query)
		case optForm:
			form, err := encodePairs("Form", o.pairs)
			if err != nil {
				return name, err
			}
			req.Body = append(u.body[:0], form...)
			u.body = req.Body
			contentType = "application/x-www-form-urlencoded"
		case optJSON:
			data, err := json.Marshal(o.value)
			if err != nil {
				return name, fmt.Errorf("JSON: %w", err)
			}
			req.Body = data
			contentType = "application/json"
		case optBody:
			req.Body = o.bytes
			contentType = o.text
		case optTimeout:
			req.Limit = o.limit
		case optEach:
			req.Each = o.value.(func([]byte) error)
		}
	}
	if contentType != "" && req.own("Content-Type") < 0 {
		req.Extra = append(req.Extra, Field{"Content-Type", contentType})
	}
	return name, nil
}

// appendQuery adds a query to a target.
func appendQuery(target, query string) string {
	if query == "" {
		return target
	}
	if strings.Contains(target, "?") {
		return target + "&" + query
	}
	return target + "?" + query
}

// encodePairs encodes names and values in the order given.
func encodePairs(what string, pairs []string) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("%s: %q has no value: want names and values in turn", what, pairs[len(pairs)-1])
	}
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(pairs[i]))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(pairs[i+1]))
	}
	return b.String(), nil
}
