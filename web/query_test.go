package web

import (
	"net/url"
	"strconv"
	"strings"
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
		"q=+fail%3E0+&of=ok&cols=p50,p97.5":  "cols=p50%2Cp97.5&of=ok&q=fail%3E0",
		"page=3&size=250&zone=utc":           "page=3&size=250&zone=utc",
		"page=0&size=7&zone=moon":            "",
		"from=1000&to=2000&row=row-1a":       "from=1000&row=row-1a&to=2000",
		"zone=utc&from=1970-01-01T00:01&to=1970-01-01T00:01:30": "from=60000&to=90000&zone=utc",
		"from=yesterday&to=2000":                                "",
		"from=2000&to=1000&row=%3Cb%3E":                         "",
		"pin=row-a,row-b,row-a&open=fail-1":                     "open=fail-1&pin=row-a%2Crow-b",
		"sort=-p99.95":                                          "sort=-p99.95",
		"sort=p101&cols=p1e1,pNaN,p-0,p050":                     "",
	} {
		q := look(t, text)
		if got := q.Encode(); got != want {
			t.Errorf("ParseQuery(%q).Encode() = %q, want %q", text, got, want)
		}
		q.Note = ""
		if again := look(t, q.Encode()); again != q {
			t.Errorf("ParseQuery(%q) = %+v, but read again %+v", text, q, again)
		}
	}
}

func TestWhatIsNotUnderstoodIsNoted(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"tab=charts&x=y":                 "",
		"tab=nope&sort=nope&cols=p50,no": "cols, sort, tab",
		"page=zero&from=9&to=8":          "from, to, page",
		"row=%3Cb%3E&open=A&pin=row-a,!": "open, pin, row",
	} {
		note := look(t, text).Note
		if want != "" {
			want = "Of the page's address, this was not understood and is as usual: " + want + "."
		}
		if note != want {
			t.Errorf("ParseQuery(%q).Note = %q, want %q", text, note, want)
		}
	}
}

// TestAPageHasAFewDozenColumnsAtMost: there is one of any percentile, and each is worked
// out for each row every second.
func TestAPageHasAFewDozenColumnsAtMost(t *testing.T) {
	var ids []string
	for i := range 500 {
		ids = append(ids, "p"+strconv.Itoa(i%100)+"."+strconv.Itoa(i/100+1))
	}
	q := look(t, "cols="+strings.Join(ids, ","))
	if got, want := q.Columns, strings.Join(ids[:maxColumns], ","); got != want {
		t.Errorf("of %d columns the page has %s, want the first %d", len(ids), got, maxColumns)
	}
	if !strings.Contains(q.Note, "cols") {
		t.Errorf("Note = %q, want a word of the columns left out", q.Note)
	}
	if all := pickableIDs(); len(all) > maxColumns {
		t.Errorf("a reader can pick %d columns, want at most %d", len(all), maxColumns)
	}
}

// pickableIDs are the columns that there is a box for.
func pickableIDs() (ids []string) {
	for _, g := range pickable {
		ids = append(ids, g.ids...)
	}
	return ids
}

// TestEqualViewsAreOneKey: the hub renders a frame once for each.
func TestEqualViewsAreOneKey(t *testing.T) {
	frames := map[Query]int{}
	for _, text := range []string{"", "tab=statistics", "page=1", "of=all&size=100", "pin=,", "form="} {
		frames[look(t, text)]++
	}
	if len(frames) != 1 {
		t.Errorf("six ways to say the default view give %d keys, want 1: %v", len(frames), frames)
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
		q.Note = ""
		if again := ParseQuery(values); again != q {
			t.Errorf("ParseQuery(%q) = %+v, but read again %+v", text, q, again)
		}
	})
}
