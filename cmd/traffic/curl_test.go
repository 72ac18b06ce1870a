package traffic

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatFollowsAnUnknownOptionIsNoHost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ command, want, not, note string }{
		{"curl --unknown-flag x http://h/z", `u.Get("/z")`, `"http://x/`, `--unknown-flag is not known and left out, with "x" after it`},
		{"curl --unknown-flag http://h/z", `u.Get("/z")`, `"http://x/`, `--unknown-flag is not known and left out; http://h/z after it is taken as the URL`},
		{"curl --unknown-flag api.x.test http://h/z", `u.Get("/z")`, "api.x.test", `with "api.x.test" after it`},
		{"curl --unknown-flag localhost:8080/z", `u.Get("/z")`, "flag/", `localhost:8080/z after it is taken as the URL`},
		{"curl --unknown-flag localhost/z?token=t0k3n99", `u.Get("/z"`, "t0k3n99", `localhost/z after it is taken as the URL`},
		{"curl http://h/z --unknown-flag", `u.Get("/z")`, "flag/", "--unknown-flag is not known and left out"},
		{"curl --unknown-flag -s http://h/z", `u.Get("/z")`, "flag/", "--unknown-flag is not known and left out"},
		{"curl --unknown-flag=x http://h/z", `u.Get("/z")`, "http://x/", "--unknown-flag is not known and left out, with its value"},
		{"curl --unknown-token t0k3n99 http://h/z", `u.Get("/z")`, "t0k3n99", "--unknown-token is not known and left out, with its value"},
		{"curl -W x http://h/z", `u.Get("/z")`, `"http://x/`, `-W is not known and left out, with "x" after it`},
		{"curl -Wx http://h/z", `u.Get("/z")`, `"http://x/`, "-W is not known and left out, with what stands behind it"},
		{"curl --socks5 localhost:1080 http://h/z", `u.Get("/z")`, "1080", "--socks5 is left out"},
		{"curl --digest myhost/z", `u.Get("/z")`, "digest/", "--digest is left out"},
	} {
		got, err := Curl([]byte(tt.command), Options{Name: "shop"})
		if err != nil {
			t.Errorf("of %s: %v", tt.command, err)
			continue
		}
		parses(t, got)
		_, code, _ := strings.Cut(string(got.Scenario), "package ")
		if !strings.Contains(code, tt.want) || strings.Contains(code, tt.not) || strings.Count(code, "u.Get(") != 1 {
			t.Errorf("of %s, want %s and no %s:\n%s", tt.command, tt.want, tt.not, code)
		}
		if notes := fmt.Sprint(got.Notes); !strings.Contains(notes, tt.note) || strings.Contains(notes, "t0k3n99") {
			t.Errorf("of %s: notes %s, want %s", tt.command, notes, tt.note)
		}
	}
}
