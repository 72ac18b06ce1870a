package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// said writes settings on one line.
func said(list []setting) string {
	var parts []string
	for _, s := range list {
		mark := ""
		if s.list {
			mark = "*"
		}
		parts = append(parts, fmt.Sprintf("%d:%s%s=%q", s.line, s.key, mark, s.texts))
	}
	return strings.Join(parts, " ")
}

func TestConfigFilesAreReadWithTheirLines(t *testing.T) {
	for _, tt := range []struct{ ext, text, want string }{
		{"toml", "", ""},
		{"toml", "# mine\nusers = 20\n\nspawn_rate = 0.5 # slow\nhost = \"http://x.test\"\nheadless = true\n", `2:users=["20"] 4:spawn_rate=["0.5"] 5:host=["http://x.test"] 6:headless=["true"]`},
		{"toml", "users = 1_000\ncheck = [\n  'p95 < 3s', # so\n  \"fails < 1\",\n]\ntags=[]", `1:users=["1000"] 2:check*=["p95 < 3s" "fails < 1"] 6:tags*=[]`},
		{"toml", "\ufeffusers = 3", `1:users=["3"]`},
		{"toml", "\"users\" = '''\n3'''\na.b = 3", `1:users=["3"] 3:a.b=["3"]`},
		{"conf", "", ""},
		{"conf", "# mine\n; too\n[global]\nusers = 20\r\nspawn-rate: 0.5 # slow\nhost http://x.test/#top ; mine\nheadless\n--tags = [a, \"b c\", 'd,e'] # three\n",
			`4:users=["20"] 5:spawn-rate=["0.5"] 6:host=["http://x.test/#top"] 7:headless=["true"] 8:tags*=["a" "b c" "d,e"]`},
		{"conf", "check = GET /cart p95 < 300ms\nname = 'it is # so'\nempty =\nnone = # nothing\nlist = []\nlast = [a,]", `1:check=["GET /cart p95 < 300ms"] 2:name=["it is # so"] 3:empty=[""] 4:none=[""] 5:list*=[] 6:last*=["a"]`},
		{"conf", "check = a < 1\nusers = 3\ncheck = [b < 2, c < 3]\n", `1:check=["a < 1"] 2:users=["3"] 3:check*=["b < 2" "c < 3"]`},
		{"cfg", "users=3", `1:users=["3"]`},
	} {
		path := filepath.Join(t.TempDir(), "x."+tt.ext)
		if err := os.WriteFile(path, []byte(tt.text), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := readConfig(path, "x")
		if err != nil || said(got) != tt.want {
			t.Errorf("readConfig of .%s %q = %s, %v, want %s", tt.ext, tt.text, said(got), err, tt.want)
		}
	}
}

func TestMistakesInConfigFilesHaveALine(t *testing.T) {
	for _, tt := range []struct{ ext, text, want string }{
		{"toml", "users = 3\nhost = http://x.test", "x:2: "},
		{"toml", "users = 3\n\nusers = 4", "x:3: "},
		{"toml", "users = ", "x:1: "},
		{"toml", "users = 3\n[load]\nspawn-rate = 3", "x:2: there are no sections such as [load] — write all keys without"},
		{"toml", "[[load]]\n", "x:1: there are no sections such as [load]"},
		{"toml", "a = 1\nusers = {n = 3}", "x:2: users: a table is no value"},
		{"toml", "tags = [['a']]", "x:1: tags: a list within a list is no value"},
		{"toml", "run-time = 10:00:00\nusers = 2026-01-01", "x:1: run-time: a date is no value — write it as a text, in quotes\nx:2: users: a date is no value"},
		{"toml", "users = \"3\x00\"", "x:1: "},
		{"conf", "users = 3\n= 4\nhost = 'x", "x:2: there is no key — write for example users = 20\nx:3: host: the quotes have no end — close them with '"},
		{"conf", "tags = [a, b", "x:1: tags: the list has no end — close it with ]"},
		{"conf", "tags = [a] b", `x:1: tags: "b" is too much after the list`},
		{"conf", "tags = ['a' b]", `x:1: tags: "b]" is too much after the quotes — put a comma between values`},
		{"conf", "host = 'a' b", `x:1: host: "b" is too much after the quotes`},
		{"conf", "host = a\x00", "x:1: this is no text"},
		{"conf", "host = a\xff", "x:1: this is no text"},
		{"conf", strings.Repeat("#", mostConfig+1), "x: is no config file — it has more than 1024 kB"},
	} {
		path := filepath.Join(t.TempDir(), "x."+tt.ext)
		if err := os.WriteFile(path, []byte(tt.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readConfig(path, "x"); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("readConfig of .%s %.60q: %v, want %s", tt.ext, tt.text, err, tt.want)
		}
	}
	if _, err := readConfig(t.TempDir(), "x"); err == nil {
		t.Error("readConfig of a folder = nil, want an error")
	}
}

func FuzzConf(f *testing.F) {
	for _, text := range []string{"users = 20 # so\n[x]\nheadless", "tags=[a, 'b']", "k: [", "= 1", "--x 'y' z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseConf("x", text)
		lines := strings.Count(text, "\n") + 1
		for _, s := range list {
			if s.key == "" || s.line < 1 || s.line > lines || !s.list && len(s.texts) != 1 || strings.ContainsAny(s.key, " \t\n") {
				t.Errorf("parseConf(%q) has the setting %+v", text, s)
			}
		}
		for _, e := range each(err) {
			if e != nil && !strings.HasPrefix(e.Error(), "x:") {
				t.Errorf("parseConf(%q): %v, want the line", text, e)
			}
		}
	})
}

func FuzzTOML(f *testing.F) {
	for _, text := range []string{"users = 20 # so\n[x]\nheadless=true", "tags=[1, 'b', 2.5]", "k = {a = 1}", "a.b = 1", "= 1", "a = 1979-05-27"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseTOML("x", []byte(text))
		lines := strings.Count(text, "\n") + 1
		for _, s := range list {
			if s.line < 1 || s.line > lines || !s.list && len(s.texts) != 1 {
				t.Errorf("parseTOML(%q) has the setting %+v", text, s)
			}
		}
		for _, e := range each(err) {
			if e != nil && !strings.HasPrefix(e.Error(), "x:") {
				t.Errorf("parseTOML(%q): %v, want the line", text, e)
			}
		}
	})
}
