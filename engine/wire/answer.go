package wire

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"
)

// tools are what a user has only while at work: its buffers and the latest answer.
type tools struct {
	out    []byte // the request's head, with a small body behind it
	sent   int    // how long the head in out is; 0 when there is none, or a redirect's
	in     []byte // what was received: in[:start] was consumed, in[start:] was not
	start  int
	fields [2]int // where in in the latest answer's field lines are
	head   head
	body   body
	first  time.Time // when the first byte of the head arrived
	heard  time.Time // when the latest bytes arrived; zero when nobody looked at the clock
}

// inSize is how large the read buffer is until a head needs more.
const inSize = 4 << 10

// forget forgets the latest answer and gives large buffers back.
func (t *tools) forget() {
	t.body.reset()
	t.sent, t.fields = 0, [2]int{}
	t.head = head{}
	if cap(t.in) > inSize {
		t.in = nil
	}
	if cap(t.out) > 2*smallOut {
		t.out = nil
	}
	t.in, t.start = t.in[:0], 0
}

// lines returns the field lines of the latest answer.
func (t *tools) lines() []byte { return t.in[t.fields[0]:t.fields[1]] }

// compact makes room in in: what was consumed of it behind the head goes.
func (t *tools) compact() {
	if base := t.fields[1] + len(crlf); t.start > base {
		t.in = t.in[:base+copy(t.in[base:], t.in[t.start:])]
		t.start = base
	}
}

// fill reads more bytes to the end of in, of which keep must stay in place.
func (t *http1) fill() error {
	if len(t.in) == cap(t.in) {
		grown := make([]byte, len(t.in), max(inSize, 2*cap(t.in)))
		copy(grown, t.in)
		t.in = grown
	}
	n, err := t.conn.read(t.in[len(t.in):cap(t.in)])
	t.in = t.in[:len(t.in)+n]
	t.heard = time.Time{}
	return err
}

// fillHead is fill for what is timed: the bytes of a head.
func (t *http1) fillHead() error {
	none := len(t.in) == 0
	err := t.fill()
	t.heard = time.Now()
	if none {
		t.first = t.heard
	}
	return err
}

// readHead reads the head of the answer, past interim responses.
func (t *http1) readHead() error {
	for interim := 0; ; interim++ {
		if err := t.readOneHead(); err != nil {
			if err == io.EOF && len(t.in) == 0 {
				return errNoAnswer
			}
			return err
		}
		switch {
		case t.head.status >= 200:
			return nil
		case t.head.status == 101:
			return protocolError("the target switched protocols, unasked")
		case interim == maxInterim:
			return protocolError("too many interim responses")
		}
		t.in = t.in[:copy(t.in, t.in[t.start:])]
		t.start, t.fields = 0, [2]int{}
		t.first = t.heard // with it came what is left in in
	}
}

var errNoAnswer = fmt.Errorf("no answer: %w", io.EOF)

// readOneHead reads one head at the beginning of in.
func (t *http1) readOneHead() error {
	begin, lines, returns := 0, 0, 0 // of the current line; line ends so far; those with a carriage return
	first := 0                       // where the field lines begin
	scanned := 0
	for {
		i := bytes.IndexByte(t.in[scanned:], '\n')
		if i < 0 {
			if !mayBeHTTP(t.in) {
				return protocolError(fmt.Sprintf("this is not HTTP/1: %.100q", t.in))
			}
			if len(t.in) >= maxHead {
				return protocolError("the header is larger than 64 KB")
			}
			scanned = len(t.in)
			if err := t.fillHead(); err != nil {
				return err
			}
			continue
		}
		line := t.in[begin : scanned+i]
		if len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
			returns++
		}
		last := begin
		begin = scanned + i + 1
		scanned = begin
		lines++
		if begin > maxHead {
			return protocolError("the header is larger than 64 KB")
		}
		if lines == 1 {
			if err := t.head.statusLine(line); err != nil {
				return err
			}
			first = begin
			continue
		}
		if len(line) > 0 {
			if err := t.head.field(line); err != nil {
				return err
			}
			continue
		}
		if bytes.Count(t.in[:begin], crlf[:1]) != returns || bytes.IndexByte(t.in[:begin], 0) >= 0 {
			return protocolError("a field holds a carriage return or NUL")
		}
		t.fields, t.start = [2]int{first, last}, begin
		return nil
	}
}

// mayBeHTTP reports whether b begins like a response.
func mayBeHTTP(b []byte) bool {
	n := min(len(b), len(httpSlash1))
	return bytes.Equal(b[:n], httpSlash1[:n])
}

// readBody reads the body that the head announces.
func (t *http1) readBody(method string) error {
	switch {
	case t.head.bodyless(method):
		return nil
	case t.head.chunked:
		return t.readChunks()
	case t.head.length >= 0:
		return t.readLength(t.head.length)
	}
	t.head.closes = true
	return t.readRest()
}

// readLength reads a body of n bytes.
func (t *http1) readLength(n int64) error {
	if n > t.body.limit() {
		return errBodyLimit // without reading what would be thrown away
	}
	// A body that fits behind its head stays there.
	if end := int64(t.start) + n; end <= int64(cap(t.in)) && t.body.each == nil {
		for int64(len(t.in)) < end {
			if err := t.fill(); err != nil {
				t.body.set(t.in[t.start:])
				return err
			}
		}
		t.body.set(t.in[t.start:end])
		t.start = int(end)
		return nil
	}
	return t.take(n)
}

// take reads n bytes of body, first those that have arrived.
func (t *http1) take(n int64) error {
	for n > 0 {
		if part := t.in[t.start:]; len(part) > 0 {
			part = part[:min(int64(len(part)), n)]
			t.start += len(part)
			n -= int64(len(part))
			if err := t.body.add(part); err != nil {
				return err
			}
			continue
		}
		got, err := t.receive(n)
		if err != nil {
			return err
		}
		n -= int64(got)
	}
	return nil
}

// receive reads some of at most n bytes of body that have not arrived yet, and
// returns how many of them went to the body. For Each they go to in first: a
// stream may take hours, in which no more memory should be held.
func (t *http1) receive(n int64) (int, error) {
	if t.body.each != nil {
		t.compact()
		t.in = slices.Grow(t.in, 1<<10)
		err := t.fill()
		t.heard = time.Now() // before Each takes its time
		return 0, err
	}
	if room := t.body.room(n); room != nil {
		got, err := t.conn.read(room)
		t.heard = time.Time{}
		t.body.received(got)
		return got, err
	}
	scratch := t.d.scratch.Get().(*[]byte)
	defer t.d.scratch.Put(scratch)
	got, err := t.conn.read((*scratch)[:min(n, scratchSize)])
	t.heard = time.Time{}
	t.body.size += int64(got)
	return got, err
}

// readRest reads a body that ends with the connection.
func (t *http1) readRest() error {
	for {
		if err := t.take(int64(len(t.in) - t.start)); err != nil {
			return err
		}
		if t.body.size > t.body.limit() {
			return errBodyLimit
		}
		_, err := t.receive(t.body.limit() - t.body.size + 1)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// maxChunkLine bounds the line before a chunk.
const maxChunkLine = 1 << 10

// readChunks reads a chunked body and the trailer behind it, which is ignored.
func (t *http1) readChunks() error {
	for {
		line, err := t.readLine(maxChunkLine)
		if err != nil {
			return err
		}
		size, ok := parseChunkSize(line)
		if !ok {
			return protocolError(fmt.Sprintf("chunk size %.100q", line))
		}
		if size == 0 {
			return t.readTrailer()
		}
		if size > t.body.limit()-t.body.size {
			return errBodyLimit
		}
		if err := t.take(size); err != nil {
			return err
		}
		if line, err = t.readLine(2); err != nil {
			return err
		}
		if len(line) > 0 {
			return protocolError(fmt.Sprintf("after a chunk: %.100q", line))
		}
	}
}

// readTrailer reads the lines after the last chunk.
func (t *http1) readTrailer() error {
	for room := maxHead; ; {
		line, err := t.readLine(min(room, inSize))
		if err != nil || len(line) == 0 {
			return err
		}
		if room -= len(line) + 1; room <= 0 {
			return protocolError("the trailer is larger than 64 KB")
		}
	}
}

// readLine reads a line of at most limit bytes and returns it without its end.
func (t *http1) readLine(limit int) ([]byte, error) {
	for scanned := t.start; ; {
		if i := bytes.IndexByte(t.in[scanned:], '\n'); i >= 0 {
			line := t.in[t.start : scanned+i]
			t.start = scanned + i + 1
			return bytes.TrimSuffix(line, crlf[:1]), nil
		}
		if len(t.in)-t.start >= limit {
			return nil, protocolError(fmt.Sprintf("in a chunked body, a line is too long: %.100q", t.in[t.start:]))
		}
		t.compact()
		scanned = len(t.in)
		if err := t.fill(); err != nil {
			return nil, err
		}
	}
}
