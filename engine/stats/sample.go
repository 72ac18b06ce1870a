package stats

import (
	"strings"
	"time"
	"unicode/utf8"
)

// A Sample is one measured request.
type Sample struct {
	Method, Name string // the row it belongs to
	Took         time.Duration
	Bytes        int64
	Problem      *Problem // nil when the request succeeded
}

// A Problem is why a request counts as failed.
type Problem struct {
	Format  string    // what failures are grouped by: one text for all of a kind
	Message string    // this one in full, with ids and names
	At      time.Time // when it was noticed
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
