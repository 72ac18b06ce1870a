package wire

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/gregaria/gregaria/engine/load"
)

const (
	roomy = 64 << 10 // how large a buffer may be that a user holds on to without need
	share = 1 << 20  // what each user may keep of a body; more comes out of the memory of all
)

// A body is the body of the latest answer. It is kept as far as there is memory
// for it; all of it is counted.
type body struct {
	d       *Dialer
	kept    []byte // what Body decodes; may lie in the transport's read buffer
	own     []byte // memory for kept
	taken   int64  // from the memory of all users
	size    int64
	coding  string // Content-Encoding, "" for none
	decoded []byte
	undone  bool // decoded and err are set
	err     error

	each   func(part []byte) error // gets the body instead of kept, while it arrives
	passed bool                    // Each got it
}

// limit returns how many bytes the body may have.
func (b *body) limit() int64 {
	if b.each != nil {
		return math.MaxInt64 - 1
	}
	return b.d.opts.Limits.Body
}

// reset forgets the body. Memory that the last body did not need goes as well.
func (b *body) reset() {
	if cap(b.own) > roomy && len(b.kept) < cap(b.own)/4 {
		b.own = nil
	}
	if cap(b.decoded) > roomy && len(b.decoded) < cap(b.decoded)/4 {
		b.decoded = nil
	}
	if cap(b.own) <= share {
		b.giveBack()
	}
	b.kept, b.own, b.decoded = nil, b.own[:0], b.decoded[:0]
	b.size, b.coding, b.undone, b.err = 0, "", false, nil
	b.each, b.passed = nil, false
}

// discard is reset for a body that nobody reads: more memory goes.
func (b *body) discard() {
	if cap(b.own) > roomy {
		b.own = nil
	}
	if cap(b.decoded) > roomy {
		b.decoded = nil
	}
	b.reset()
}

// giveBack returns what was taken from the memory of all users.
func (b *body) giveBack() {
	b.d.memory.Add(b.taken)
	b.taken = 0
}

// roomFor returns how many of the next n bytes may be kept.
func (b *body) roomFor(n int64) int64 {
	room := share + b.taken - int64(len(b.own))
	for room < n {
		if b.d.memory.Add(-share) < 0 {
			b.d.memory.Add(share)
			break
		}
		b.taken += share
		room += share
	}
	return min(n, room)
}

// set makes p the whole body, without copying it.
func (b *body) set(p []byte) {
	b.kept, b.size = p, int64(len(p))
}

// add counts p as received, and passes it on or keeps what is to be kept.
func (b *body) add(p []byte) error {
	whole := b.size == int64(len(b.own))
	b.size += int64(len(p))
	if b.each != nil {
		b.passed = true
		if err := b.each(p); err != nil {
			return eachError{err}
		}
		return nil
	}
	if room := b.roomFor(int64(len(p))); whole && room > 0 {
		b.own = append(b.own, p[:room]...)
		b.kept = b.own
	}
	return nil
}

// room returns memory to receive the next bytes of the body in, at most want of
// them, or nil if they need not be kept. It grows with what has arrived, not
// with what was announced.
func (b *body) room(want int64) []byte {
	if b.size > int64(len(b.own)) {
		return nil // a part is missing already
	}
	if want = b.roomFor(min(want, max(int64(len(b.own)), scratchSize))); want <= 0 {
		return nil
	}
	if free := int64(cap(b.own) - len(b.own)); free < want && free < 4<<10 {
		grown := make([]byte, len(b.own), len(b.own)+int(want))
		copy(grown, b.own)
		b.own = grown
	}
	return b.own[len(b.own):min(cap(b.own), len(b.own)+int(want))]
}

// received says that n bytes were put into what room returned.
func (b *body) received(n int) {
	b.own = b.own[:len(b.own)+n]
	b.kept = b.own
	b.size += int64(n)
}

// decode returns the body with its content encoding undone.
func (b *body) decode() ([]byte, error) {
	switch {
	case b.passed:
		return nil, nil
	case b.size > int64(len(b.kept)):
		return nil, fail(load.BodyLimit, fmt.Sprintf("the body has %d bytes, and all users together may keep %d MB of large bodies", b.size, b.d.opts.Memory>>20), nil)
	case b.coding == "" || b.size == 0:
		return b.kept, nil
	case !b.undone:
		b.undone = true
		b.err = b.undo()
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.decoded, nil
}

// undo decodes kept into decoded.
func (b *body) undo() error {
	var r io.Reader
	in := bytes.NewReader(b.kept)
	switch {
	case strings.EqualFold(b.coding, "identity"):
		r = in
	case strings.EqualFold(b.coding, "gzip"), strings.EqualFold(b.coding, "x-gzip"):
		zip, ok := b.d.zips.Get().(*gzip.Reader)
		if !ok {
			zip = new(gzip.Reader)
		}
		defer b.d.zips.Put(zip)
		if err := zip.Reset(in); err != nil {
			return fail(load.Malformed, "gzip: "+err.Error(), err)
		}
		r = zip
	case strings.EqualFold(b.coding, "deflate"):
		// The standard says zlib; some servers send what is inside it.
		if z, err := zlib.NewReader(in); err == nil {
			r = z
		} else {
			in.Reset(b.kept)
			r = flate.NewReader(in)
		}
	default:
		return fail(load.Malformed, fmt.Sprintf("content encoding %.100q is not known", b.coding), nil)
	}
	buf := bytes.NewBuffer(b.decoded[:0])
	n, err := buf.ReadFrom(io.LimitReader(r, b.limit()+1))
	b.decoded = buf.Bytes()
	if n > b.limit() {
		b.decoded = nil
		return fail(load.BodyLimit, fmt.Sprintf("the body has more than %d bytes once decoded", b.limit()), errBodyLimit)
	}
	if err != nil {
		return fail(load.Malformed, b.coding+": "+err.Error(), err)
	}
	return nil
}
