package traffic

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A harFile has the fields of HAR 1.2 that are read here. The types there are in Go
// are those of a protocol or a proxy: they refuse times and sizes that exporters write
// differently, and lack Chrome's _resourceType.
type harFile struct {
	Log *struct {
		Entries []harExchange `json:"entries"`
	} `json:"log"`
}

// A harExchange is what an entry says. Each is made as it is read, because a file may have
// many and they are large.
type harExchange struct {
	made *exchange
	err  error // why it is left out
}

func (h *harExchange) UnmarshalJSON(data []byte) error {
	var entry harEntry
	if h.err = json.Unmarshal(data, &entry); h.err == nil {
		h.made, h.err = entry.exchange()
	} else if e, ok := errors.AsType[*json.UnmarshalTypeError](h.err); ok {
		h.err = fmt.Errorf("its %s is a JSON %s, where something else is expected", e.Field, e.Value)
	}
	return nil
}

type harEntry struct {
	Started string  `json:"startedDateTime"`
	Time    float64 `json:"time"` // ms
	Kind    string  `json:"_resourceType"`
	Request struct {
		Method  string     `json:"method"`
		URL     string     `json:"url"`
		Headers []harField `json:"headers"`
		Data    *struct {
			Mime   string `json:"mimeType"`
			Text   string `json:"text"`
			Params []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
				File  string `json:"fileName"`
				Mime  string `json:"contentType"`
			} `json:"params"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status   int        `json:"status"`
		Headers  []harField `json:"headers"`
		Redirect string     `json:"redirectURL"`
		Content  struct {
			Mime     string `json:"mimeType"`
			Text     string `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
	} `json:"response"`
}

type harField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// HAR makes a scenario of a browser's HTTP archive.
func HAR(data []byte, o Options) (*Result, error) {
	var n notes
	all, err := readHAR(data, &n)
	if err != nil {
		return nil, err
	}
	kept, err := keep(all, o, &n)
	if err != nil {
		return nil, err
	}
	return record(kept, o, &n, "recorded in a browser")
}

func readHAR(data []byte, n *notes) ([]*exchange, error) {
	var file harFile
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("not a HAR file: %s — in the browser's network tab choose “Save all as HAR”", where(data, err))
	}
	if file.Log == nil {
		return nil, errors.New("not a HAR file: it is JSON, but has no log — in the browser's network tab choose “Save all as HAR”")
	}
	if len(file.Log.Entries) == 0 {
		return nil, errors.New("the HAR file has no entries — open the network tab before the page, and keep the log across pages")
	}
	var all []*exchange
	for i, entry := range file.Log.Entries {
		if entry.err != nil {
			n.add("entry %d is left out: %v", i+1, entry.err)
			continue
		}
		all = append(all, entry.made)
	}
	slices.SortStableFunc(all, func(a, b *exchange) int { return a.start.Compare(b.start) })
	return all, nil
}

// where says at which line of a JSON text an error is.
func where(data []byte, err error) string {
	offset := int64(-1)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = e.Offset
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset, err = e.Offset, fmt.Errorf("a JSON %s is where something else is expected", e.Value)
	}
	if offset < 0 || offset > int64(len(data)) {
		return err.Error()
	}
	before := data[:offset]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Sprintf("line %d, column %d: %v", line, column, err)
}

func (h *harEntry) exchange() (*exchange, error) {
	u, err := parseURL(h.Request.URL)
	if err != nil {
		return nil, errors.New("its URL cannot be read")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%s: is not HTTP", cmp.Or(u.Scheme, "no scheme"))
	}
	if h.Response.Status == 101 || h.Kind == "websocket" {
		return nil, fmt.Errorf("%s is a websocket: write that part by hand, with u.Measure", u.Path)
	}
	if h.Response.Status < 200 || h.Response.Status > 599 {
		return nil, fmt.Errorf("%s %s had no answer", h.Request.Method, u.Path)
	}
	if !methodForm.MatchString(h.Request.Method) {
		return nil, fmt.Errorf("%q is no method", h.Request.Method)
	}
	e := &exchange{method: h.Request.Method, url: u, kind: h.Kind, header: fields(h.Request.Headers)}
	e.start, _ = time.Parse(time.RFC3339, h.Started)
	if h.Time > 0 && h.Time < 1e9 {
		e.took = time.Duration(h.Time * float64(time.Millisecond))
	}
	if d := h.Request.Data; d != nil {
		e.body = []byte(d.Text)
		if field(e.header, "Content-Type") == "" && d.Mime != "" {
			e.header = append(e.header, pair{"Content-Type", d.Mime})
		}
		if mime := field(e.header, "Content-Type"); len(d.Params) > 0 {
			switch {
			case strings.HasPrefix(mime, "multipart/"):
				for _, p := range d.Params {
					e.parts = append(e.parts, part{p.Name, p.Value, p.File, p.Mime})
				}
			case d.Text == "":
				var form []string
				for _, p := range d.Params {
					form = append(form, formField(p.Name)+"="+formField(p.Value))
				}
				e.body = []byte(strings.Join(form, "&"))
			}
		}
	}
	r := h.Response
	a := answer{
		method: e.method, path: u.EscapedPath(), status: r.Status, header: fields(r.Headers),
		mime: r.Content.Mime, body: []byte(r.Content.Text), location: r.Redirect,
	}
	if r.Content.Encoding == "base64" {
		a.body, _ = base64.StdEncoding.DecodeString(r.Content.Text)
	}
	if a.status == http.StatusNotModified {
		a.status = http.StatusOK // a user has no cache
	}
	if a.location == "" {
		a.location = field(a.header, "Location")
	}
	e.answers = []answer{a}
	return e, nil
}

// formField encodes a field of a form unless it already is.
func formField(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil && plain != text && strings.Contains(text, "%") {
		return text
	}
	return url.QueryEscape(text)
}

func fields(list []harField) []pair {
	var header []pair
	for _, f := range list {
		header = append(header, pair{f.Name, f.Value})
	}
	return header
}
