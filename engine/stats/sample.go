package stats

import (
	"strings"
	"time"
	"unicode/utf8"
)

// A Sample is one measured request, or one measured group of them.
type Sample struct {
	Method, Name string        // the row it belongs to; the method Group marks a group
	Took         time.Duration // service time: from just before the first byte was sent to the last byte read
	Lag          time.Duration // how long after its intended start it was sent; 0 when it was due at no particular time
	Bytes        int64
	FirstByte    time.Duration // the part of Took up to the first byte of the answer; 0 when unknown
	Streamed     bool          // its first byte matters of itself and is shown under its name
	Dial         *Dial         // what its connection cost; nil on one that was open
	Problem      *Problem      // nil when the request succeeded
	Status       int           // status code of the answer; 0 without an answer, or when there is no such thing
	Exemplar     *Exemplar     // the sample in detail; nil unless Shard.Wants asks for it

	users int // how many there were when it was recorded
}

// Group is the method of rows that time several requests together. They are shown
// like other rows but are no part of the total, which counts each request once.
const Group = "GROUP"

// A Dial is what a new connection cost before its first request was sent. A part
// that there was not is 0. It never changes once it is part of a sample.
type Dial struct{ DNS, Connect, TLS time.Duration }

// A Problem is why a request counts as failed.
type Problem struct {
	Format  string    // what failures are grouped by: one text for all of a kind
	Message string    // this one in full, with ids and names
	At      time.Time // when it was noticed

	// Ours says that the request could not even be sent: this machine had no file
	// descriptor or port left, or it is none that HTTP knows. Such a sample counts as a
	// failure on this side, not as a request: it is in no row, only among the failures.
	Ours bool
}

// A Mishap is an error in a scenario's own code: something it returned that is
// not a failed request, or a panic.
type Mishap struct {
	Group   string // what exceptions are grouped by
	Message string
	Stack   string // the goroutine's stack, or where it happened
	At      time.Time
}

// maxText is the length in bytes beyond which texts are cut: they come from the
// target, which may be hostile.
const maxText = 2048

// text returns s fit to be kept and shown: cut to max bytes, at a rune boundary, and
// valid UTF-8.
func text(s string, max int) string {
	if len(s) > max {
		cut := max
		for cut > max-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
