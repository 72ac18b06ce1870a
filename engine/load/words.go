package load

import (
	"bytes"
	"strings"
)

// series returns words as in "a, b or c".
func series(words []string, last string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}

// excerpt returns the beginning of a body for a message.
func excerpt(body []byte) string {
	const most = 200
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return ""
	}
	if len(body) > most {
		return ": " + strings.ToValidUTF8(string(body[:most]), "�") + "…"
	}
	return ": " + strings.ToValidUTF8(string(body), "�")
}

// maxMessage is the length beyond which messages are cut: every failure of a second
// is held until the next drain.
const maxMessage = 2 << 10

// cut returns s, or a copy of its beginning that does not hold on to the rest.
func cut(s string) string {
	if len(s) <= maxMessage {
		return s
	}
	return strings.ToValidUTF8(strings.Clone(s[:maxMessage]), "") + "…"
}
