package load

import (
	"strings"
)

// pattern returns what is common to error texts that differ only in ids and
// names: runs of letters and digits that hold a digit become #, quoted parts "…".
// Errors without a format string are grouped by it.
func pattern(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"' || c == '`':
			if end := closing(text, i); end > 0 {
				b.WriteString(string(c) + "…" + string(c))
				i = end + 1
				continue
			}
			b.WriteByte(c)
			i++
		case wordByte(c):
			end, digit := i, false
			for end < len(text) && wordByte(text[end]) {
				digit = digit || '0' <= text[end] && text[end] <= '9'
				end++
			}
			if digit {
				b.WriteByte('#')
			} else {
				b.WriteString(text[i:end])
			}
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// closing returns where the quote that begins at i ends, 0 if it does not. A
// backslash hides a ".
func closing(text string, i int) int {
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == text[i]:
			return j
		case text[j] == '\\' && text[i] == '"':
			j++
		}
	}
	return 0
}

// wordByte reports whether c can be part of an id. Dashes can: UUIDs have them.
func wordByte(c byte) bool {
	return c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

// frames returns the files and lines of scenario code on a stack, from the panic
// outwards to Try, without addresses: equal wherever the code was called from.
func frames(stack string) string {
	lines := strings.Split(stack, "\n")
	for i, line := range lines { // begin below the frame of panic itself
		if strings.HasPrefix(line, "panic(") && i+2 <= len(lines) {
			lines = lines[i+2:]
			break
		}
	}
	var b strings.Builder
	for _, line := range lines {
		if strings.Contains(line, "engine/load.Control.Try(") {
			break
		}
		if !strings.HasPrefix(line, "\t") {
			continue
		}
		at, _, _ := strings.Cut(strings.TrimPrefix(line, "\t"), " +0x")
		b.WriteString(at)
		b.WriteByte('\n')
	}
	return b.String()
}
