package web

import (
	"net/url"
	"testing"
)

func TestParseQueryTurnsTheUnknownIntoDefaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "",
		"tab=statistics&span=recent&form=":   "",
		"tab=failures&sort=-rps":             "sort=-rps&tab=failures",
		"sort=name":                          "sort=name",
		"tab=charts&span=run":                "span=run&tab=charts",
		"tab=%3Cscript%3E&sort=-%3Cb%3E&x=y": "",
		"sort=-":                             "",
		"sort=--rps":                         "",
		"form=new":                           "form=new",
		"tab=charts&tab=failures":            "tab=charts",
	} {
		q := look(t, text)
		if got := q.Encode(); got != want {
			t.Errorf("ParseQuery(%q).Encode() = %q, want %q", text, got, want)
		}
		if again := look(t, q.Encode()); again != q {
			t.Errorf("ParseQuery(%q) = %+v, but read again %+v", text, q, again)
		}
	}
}

// TestEqualViewsAreOneKey: the hub renders a frame once for each.
func TestEqualViewsAreOneKey(t *testing.T) {
	frames := map[Query]int{}
	for _, text := range []string{"", "tab=statistics", "tab=nope", "sort=nope", "sort=-nope"} {
		frames[look(t, text)]++
	}
	if len(frames) != 1 {
		t.Errorf("five ways to say the default view give %d keys, want 1: %v", len(frames), frames)
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add("tab=failures&sort=-rps")
	f.Fuzz(func(t *testing.T, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		q := ParseQuery(values)
		values, err = url.ParseQuery(q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if again := ParseQuery(values); again != q {
			t.Errorf("ParseQuery(%q) = %+v, but read again %+v", text, q, again)
		}
	})
}
