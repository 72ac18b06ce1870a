package web

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine/stats"
)

func TestCurlSendsTheSameRequest(t *testing.T) {
	message := func(body string, fields ...string) stats.Message {
		m := stats.Message{Body: body, Size: int64(len(body))}
		for i := 0; i < len(fields); i += 2 {
			m.Fields = append(m.Fields, stats.Field{Name: fields[i], Value: fields[i+1]})
		}
		return m
	}
	cut := message("begin…", "Content-Type", "text/plain")
	cut.Size = 9000
	for _, c := range []struct {
		name string
		e    stats.Exemplar
		want string
	}{
		{"plain", stats.Exemplar{Method: "GET", URL: "http://x.test/a"}, `curl -X GET http://x.test/a`},
		{"query", stats.Exemplar{Method: "GET", URL: "https://x.test/a?b=c&d=e"}, `curl -X GET 'https://x.test/a?b=c&d=e'`},
		{"head", stats.Exemplar{Method: "HEAD", URL: "http://x.test/"}, `curl --head http://x.test/`},
		{"brackets", stats.Exemplar{Method: "GET", URL: "http://x.test/?a[]=1"}, `curl -X GET --globoff 'http://x.test/?a[]=1'`},
		{"form", stats.Exemplar{Method: "POST", URL: "http://x.test/token", Request: message("a=b&password=•••",
			"Content-Type", "application/x-www-form-urlencoded", "Content-Length", "20", "Host", "x.test", "Authorization", "•••")},
			"curl -X POST http://x.test/token \\\n  -H 'Content-Type: application/x-www-form-urlencoded' \\\n  -H 'Authorization: •••' \\\n  --data-raw 'a=b&password=•••'"},
		{"quotes", stats.Exemplar{Method: "PUT", URL: "http://x.test/'$(id)'", Request: message(`it's "$HOME"`, "Content-Type", "text/plain")},
			`curl -X PUT 'http://x.test/'\''$(id)'\''' ` + "\\\n  -H 'Content-Type: text/plain' \\\n  --data-raw 'it'\\''s \"$HOME\"'"},
		{"newlines", stats.Exemplar{Method: "POST", URL: "http://x.test/", Request: message("one\ntwo\r\nit's", "Content-Type", "t")},
			"curl -X POST http://x.test/ \\\n  -H 'Content-Type: t' \\\n  --data-raw $'one\\ntwo\\x0d\\nit\\'s'"},
		{"lines", stats.Exemplar{Method: "POST", URL: "http://x.test/", Request: message("one\n\ttwo", "Content-Type", "t")},
			"curl -X POST http://x.test/ \\\n  -H 'Content-Type: t' \\\n  --data-raw 'one\n\ttwo'"},
		{"binary", stats.Exemplar{Method: "POST", URL: "http://x.test/", Request: message("\x01\xff\\é\u202e", "Content-Type", "t")},
			"curl -X POST http://x.test/ \\\n  -H 'Content-Type: t' \\\n  --data-raw $'\\x01\\xff\\\\é\\u202e'"},
		{"zero byte", stats.Exemplar{Method: "POST", URL: "http://x.test/", Request: message("a\x00b", "Content-Type", "t")},
			"# the body has bytes that a command line cannot hold: put them into the file body\ncurl -X POST http://x.test/ \\\n  -H 'Content-Type: t' \\\n  --data-binary @body"},
		{"no type", stats.Exemplar{Method: "POST", URL: "http://x.test/", Request: message("{}")},
			"curl -X POST http://x.test/ \\\n  --data-raw '{}' \\\n  -H 'Content-Type:'"},
		{"at sign", stats.Exemplar{Method: "POST", URL: "http://x.test/", Request: message("@/etc/passwd", "Content-Type", "t")},
			"curl -X POST http://x.test/ \\\n  -H 'Content-Type: t' \\\n  --data-raw @/etc/passwd"},
		{"cut", stats.Exemplar{Method: "POST", URL: "http://x.test/", Request: cut},
			"# the body is only the beginning of 9000 bytes\ncurl -X POST http://x.test/ \\\n  -H 'Content-Type: text/plain' \\\n  --data-raw begin"},
		{"empty field", stats.Exemplar{Method: "GET", URL: "http://x.test/", Request: message("", "X-Empty", "", "Accept-Encoding", "gzip", "Host", "other.test")},
			"curl -X GET http://x.test/ \\\n  -H 'X-Empty;' \\\n  --compressed \\\n  -H 'Host: other.test'"},
		{"no request", stats.Exemplar{Method: "TCP", Name: "ping"}, ""},
		{"other scheme", stats.Exemplar{Method: "GET", URL: "javascript:alert(1)"}, ""},
		{"no method", stats.Exemplar{URL: "http://x.test/"}, `curl -X '' http://x.test/`},
	} {
		if got := curl(c.e); got != c.want {
			t.Errorf("%s: curl =\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// A shell takes apart what curl has put together: each text is one word, and nothing in
// it is run.
func TestAShellReadsEachTextAsOneWord(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash to ask")
	}
	texts := append([]string{"", "plain", "it's", `"double" \back`, "$(touch /tmp/x) `id` $HOME ${X}", "two\nlines\ttab", "!history", "*?[a]", "~", "a;b|c&d>e", "é ☃", "\x7f\x1b[0m", "-n", "#comment", "\U000e0001"}, hostile...)
	for _, text := range texts {
		if strings.ContainsRune(text, 0) {
			continue // which no argument of a program can hold
		}
		cmd := exec.Command(bash, "--norc", "-c", "printf %s "+shellWord(text))
		cmd.Env = []string{"LC_ALL=C.UTF-8"}
		out, err := cmd.Output()
		if err != nil || string(out) != text {
			want, _ := json.Marshal(text)
			t.Errorf("bash reads %s as %q (%v), want %s", shellWord(text), out, err, want)
		}
	}
}
