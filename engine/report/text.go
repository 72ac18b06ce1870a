package report

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// OneLine returns s fit for one line of a terminal or log: control characters,
// characters that turn the direction of writing, and bytes that are no text become
// escapes such as \n and \x1b.
func OneLine(s string) string { return escape(s, "") }

// escape is OneLine, but for the characters to keep.
func escape(s, keep string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= ' ' && s[i] <= '~' || strings.IndexByte(keep, s[i]) >= 0
	}
	if plain {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x` + strconv.FormatUint(uint64(s[0]), 16))
		case strconv.IsPrint(r), strings.ContainsRune(keep, r):
			b.WriteRune(r)
		default:
			q := strconv.QuoteRune(r)
			b.WriteString(q[1 : len(q)-1])
		}
		s = s[size:]
	}
	return b.String()
}

// columns returns how many columns of a terminal s takes.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3, r >= 0xF900 && r <= 0xFAFF,
		r >= 0xFE30 && r <= 0xFE6F, r >= 0xFF00 && r <= 0xFF60, r >= 0xFFE0 && r <= 0xFFE6,
		r >= 0x1F300 && r <= 0x1F64F, r >= 0x1F680 && r <= 0x1F6FF, r >= 0x1F900 && r <= 0x1FAFF, r >= 0x20000 && r <= 0x3FFFD:
		return 2 // East Asian letters and pictures
	}
	return 1
}

// shorten cuts s to n columns.
func shorten(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	taken := 0
	for i, r := range s {
		if taken += runeColumns(r); taken > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// pad brings s to n columns.
func pad(s string, n int, left bool) string {
	space := strings.Repeat(" ", max(0, n-columns(s)))
	if left {
		return s + space
	}
	return space + s
}
