package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Sample is one request in detail.
type Sample struct {
	ID              string
	Method, URL     string
	Status, Message string
	Failed          bool
	Facts           []Parameter // who sent it, and when
	When            Moment
	Timings         []Timing
	Request         Text
	Response        Text
	Curl            string // the command that sends it again, "" when there is none
	All             string // all of it as text
}

// A Timing is how long a part of a request took. From and To place it on a line of
// timeline length, both 0 when it has no place there.
type Timing struct {
	Label, Value, Kind string
	From, To           string
	Sum                bool // of parts
}

// timeline is the length of the line that timings are drawn on.
const timeline = 1000

// A Text is a request or an answer.
type Text struct {
	Start  string // its first line
	Fields []Parameter
	Body   string
	Note   string // what of the body there is not
}

// newSample words a sample of a run that began at start.
func newSample(e stats.Exemplar, start time.Time) *Sample {
	url := clip(line(e.URL), 2000)
	s := &Sample{
		ID: sampleID(e), Method: clip(line(e.Method), 24), URL: url,
		Status: statusWord(e.Status), Message: clip(lines(e.Message), 1000), Failed: e.Message != "",
		When: moment(e.At, start), Timings: timings(e),
		Request: newText(strings.TrimSpace(line(e.Method)+" "+target(e.URL)), e.Request),
		Curl:    curl(e),
	}
	answer := "no answer"
	if e.Status > 0 {
		answer = "HTTP " + statusWord(e.Status)
	}
	s.Response = newText(answer, e.Response)
	if url == "" {
		s.URL = clip(line(e.Name), 240)
	}
	s.Facts = []Parameter{
		{"User", count(int64(e.User))}, {"Scenario", clip(line(e.Scenario), 100)}, {"Task", clip(line(e.Task), 240)},
		{"Iteration", count(e.Iteration)}, {"Users then", count(int64(e.Users))},
	}
	s.All = s.text(e)
	return s
}

// sampleID tells samples apart.
func sampleID(e stats.Exemplar) string {
	return elementID("x", strconv.FormatInt(e.At.UnixNano(), 36), strconv.Itoa(e.User), strconv.FormatInt(e.Iteration, 36), e.Method, e.Name)
}

// target is the part of a URL that the first line of a request has.
func target(url string) string {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			return line(rest[i:])
		}
		return "/"
	}
	return line(url)
}

// statusWord words a status code.
func statusWord(code int) string {
	if code == 0 {
		return "–"
	}
	return strconv.Itoa(code)
}

func newText(start string, m stats.Message) Text {
	t := Text{Start: start, Body: lines(m.Body)}
	for _, f := range m.Fields {
		t.Fields = append(t.Fields, Parameter{line(f.Name), line(f.Value)})
	}
	switch kept := int64(len(m.Body)); {
	case m.Size > 0 && kept == 0:
		t.Note = "the body, " + size(m.Size) + ", was not kept"
	case isCut(m):
		t.Note = "the beginning of " + size(m.Size)
	}
	return t
}

// isCut tells whether a body is only the beginning of what was sent: it ends in dots then.
// That it is shorter says nothing, since secrets are left out of it.
func isCut(m stats.Message) bool {
	return int64(len(m.Body)) < m.Size && strings.HasSuffix(m.Body, "…")
}

// size words a number of bytes.
func size(n int64) string { return plural(n, "byte", "bytes") }

// timings are the parts of a sample, in the order in which they follow each other, and
// their sums.
func timings(e stats.Exemplar) []Timing {
	connecting := e.Dial.DNS + e.Dial.Connect + e.Dial.TLS
	whole := max(connecting+e.Took, e.Slowness())
	var list []Timing
	at := whole - connecting - e.Took
	place := func(d time.Duration) string {
		return strconv.FormatInt(int64(timeline*float64(d)/float64(max(1, whole))), 10)
	}
	part := func(label, kind string, d time.Duration) {
		if d > 0 {
			list = append(list, Timing{Label: label, Value: millis(d), Kind: kind, From: place(at), To: place(at + d)})
		}
		at += d
	}
	if late := e.Lag - connecting; late > 0 {
		at -= late
		part("sent late", "late", late)
	}
	part("DNS lookup", "dns", e.Dial.DNS)
	part("connect", "connect", e.Dial.Connect)
	part("TLS handshake", "tls", e.Dial.TLS)
	first := min(e.FirstByte, e.Took)
	if first > 0 {
		part("to the first byte", "first", first)
		part("rest of the answer", "rest", e.Took-first)
	} else {
		part("service", "first", e.Took)
	}
	if e.Lag > 0 || connecting > 0 || first > 0 && first < e.Took {
		label := "service time"
		if connecting > 0 {
			label = "service time, without connecting"
		}
		list = append(list, Timing{Label: label, Value: millis(e.Took), Sum: true})
	}
	if e.Lag > 0 {
		list = append(list, Timing{Label: "response time", Value: millis(e.Slowness()), Sum: true})
	}
	return list
}

// text is all of the sample to be pasted somewhere.
func (s *Sample) text(e stats.Exemplar) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", s.Method, s.URL)
	if s.Message != "" {
		fmt.Fprintf(&b, "failed: %s\n", s.Message)
	}
	fmt.Fprintf(&b, "%s (%s after the start)\n", e.At.Format(time.RFC3339Nano), s.When.Clock)
	for _, f := range s.Facts {
		if f.Value != "" {
			fmt.Fprintf(&b, "%s: %s\n", strings.ToLower(f.Label), plain(f.Value))
		}
	}
	for _, t := range s.Timings {
		fmt.Fprintf(&b, "%s: %s ms\n", t.Label, plain(t.Value))
	}
	for _, t := range []Text{s.Request, s.Response} {
		fmt.Fprintf(&b, "\n%s\n", t.Start)
		for _, f := range t.Fields {
			fmt.Fprintf(&b, "%s: %s\n", f.Label, f.Value)
		}
		if t.Body != "" {
			fmt.Fprintf(&b, "\n%s\n", t.Body)
		}
		if t.Note != "" {
			fmt.Fprintf(&b, "(%s)\n", plain(t.Note))
		}
	}
	return b.String()
}

// plain takes the narrow spaces out of a number, for programs to read.
func plain(number string) string { return strings.ReplaceAll(number, thin, "") }

// Samples are the slowest requests of a row.
type Samples struct {
	Rows  []SampleRow
	Empty string // why there is none
	Open  *Sample
}

// A SampleRow is one of several samples to be opened.
type SampleRow struct {
	ID, Href, Label           string
	Current                   bool
	Response, Service, Status string
	Method, Name              string
	User                      string
	Failed                    bool
	When                      Moment
}

// newSamples lists samples, of which q opens one. Opening goes by ids that begin with of.
func newSamples(list []stats.Exemplar, q Query, of string, start time.Time) *Samples {
	s := new(Samples)
	for _, e := range list {
		id := of + "-" + strings.TrimPrefix(sampleID(e), "x-")
		r := SampleRow{
			ID: "row-" + id, Href: q.withOpen(id).link(), Current: q.Open == id,
			Response: millis(e.Slowness()), Service: millis(e.Took), Status: statusWord(e.Status),
			Method: clip(line(e.Method), 24), Name: clip(line(e.Name), 240),
			User: count(int64(e.User)), Failed: e.Message != "", When: moment(e.At, start),
		}
		if r.Current {
			s.Open = newSample(e, start)
			r.Href = q.withOpen("").link()
		}
		s.Rows = append(s.Rows, r)
	}
	if len(s.Rows) == 0 {
		s.Empty = "No request is kept yet. The slowest are, a moment after they are answered."
	}
	return s
}
