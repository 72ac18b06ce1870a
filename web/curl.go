package web

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gregaria/gregaria/engine/stats"
)

// curl returns the command that sends the request of a sample once more, for bash and
// zsh; "" when it was no request over HTTP. What was blanked out stays blanked out.
func curl(e stats.Exemplar) string {
	at, err := url.Parse(e.URL)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return ""
	}
	var notes []string
	first := "curl -X " + shellWord(e.Method)
	if e.Method == "HEAD" {
		first = "curl --head" // with -X it would wait for a body
	}
	if strings.ContainsAny(e.URL, "[]{}") {
		first += " --globoff"
	}
	args := []string{first + " " + shellWord(e.URL)}
	typed := false
	for _, f := range e.Request.Fields {
		switch name := strings.ToLower(f.Name); {
		case name == "content-length", name == "host" && f.Value == at.Host, strings.HasPrefix(name, ":"):
			continue // curl says so itself
		case name == "accept-encoding":
			args = append(args, "--compressed")
			continue
		case name == "content-type":
			typed = true
		}
		if f.Value == "" {
			args = append(args, "-H "+shellWord(f.Name+";")) // without the semicolon it would be left out
			continue
		}
		args = append(args, "-H "+shellWord(f.Name+": "+f.Value))
	}
	body := e.Request
	switch {
	case body.Body == "" && body.Size == 0:
	case strings.ContainsRune(body.Body, 0):
		notes = append(notes, "# the body has bytes that a command line cannot hold: put them into the file body")
		args = append(args, "--data-binary @body")
	default:
		if isCut(body) {
			notes = append(notes, fmt.Sprintf("# the body is only the beginning of %d bytes", body.Size))
			body.Body = strings.TrimSuffix(body.Body, "…")
		}
		args = append(args, "--data-raw "+shellWord(body.Body))
	}
	if !typed && body.Size > 0 {
		args = append(args, "-H 'Content-Type:'") // or curl would say that it is a form
	}
	return strings.Join(append(notes, strings.Join(args, " \\\n  ")), "\n")
}

// shellWord returns text as one word of a shell's command line. What cannot be seen is
// written as a code: who pastes the command shall see what it does.
func shellWord(text string) string {
	plain, safe := text != "", true
	for _, r := range text {
		if !unicode.In(r, unicode.Letter, unicode.Digit) && !strings.ContainsRune("-_./:=@,+", r) || r > unicode.MaxASCII {
			plain = false
		}
		if hidden(r) && r != '\n' && r != '\t' {
			safe = false
		}
	}
	switch {
	case plain:
		return text
	case safe:
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + text[:n])
		case r == '\n':
			b.WriteString(`\n`)
		case r == utf8.RuneError && n == 1, r < 0x80 && hidden(r):
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case hidden(r) && r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String() + "'"
}
