package web

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// anExemplar is the failed request of the story.
func anExemplar(second, user int) stats.Exemplar {
	return stats.Exemplar{
		At: began.Add(time.Duration(second) * time.Second), Method: "GET", Name: "/api/v1/cities/{id}",
		Message: "status 404, expected 200", URL: "http://127.0.0.1:8020/api/v1/cities/c-17?full=1",
		User: user, Scenario: "cities", Task: "writeReadCheck", Iteration: 12345, Users: 20,
		Status: 404, Took: 12345 * time.Microsecond, FirstByte: 11 * time.Millisecond, Bytes: 36,
		Request: stats.Message{Fields: []stats.Field{{Name: "Host", Value: "127.0.0.1:8020"}, {Name: "Authorization", Value: "•••"}}},
		Response: stats.Message{Fields: []stats.Field{{Name: "Content-Type", Value: "application/json"}, {Name: "Content-Length", Value: "36"}},
			Body: "{\n  \"detail\": \"city not found\"\n}…", Size: 5000},
	}
}

// aSlowOne was sent late, over a new connection.
func aSlowOne() stats.Exemplar {
	e := anExemplar(60, 3)
	e.Message, e.Status, e.Method = "", 201, "POST"
	e.Took, e.Lag, e.FirstByte = 100*time.Millisecond, 300*time.Millisecond, 80*time.Millisecond
	e.Dial = stats.Dial{DNS: 10 * time.Millisecond, Connect: 20 * time.Millisecond, TLS: 70 * time.Millisecond}
	e.Request = stats.Message{Fields: []stats.Field{{Name: "Content-Type", Value: "application/json"}}, Body: `{"name":"it's"}`, Size: 15}
	return e
}

func TestTimingsFollowEachOtherAndFillTheLine(t *testing.T) {
	word := func(list []Timing) string {
		var parts []string
		for _, x := range list {
			text := x.Label + " " + x.Value
			if !x.Sum {
				text += " " + x.From + "-" + x.To
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, ", ")
	}
	plain := anExemplar(1, 1)
	unknown := plain
	unknown.FirstByte = 0
	none := stats.Exemplar{}
	dialled := plain
	dialled.Dial.Connect = plain.Took
	for _, c := range []struct {
		name string
		e    stats.Exemplar
		want string
	}{
		{"open connection", plain, "to the first byte 11.0 0-891, rest of the answer 1.3 891-1000, service time 12.3"},
		{"no first byte", unknown, "service 12.3 0-1000"},
		{"new connection", dialled, "connect 12.3 0-500, to the first byte 11.0 500-945, rest of the answer 1.3 945-1000, service time, without connecting 12.3"},
		{"late", aSlowOne(), "sent late 200 0-500, DNS lookup 10.0 500-525, connect 20.0 525-575, TLS handshake 70.0 575-750, " +
			"to the first byte 80.0 750-950, rest of the answer 20.0 950-1000, service time, without connecting 100, response time 400"},
		{"nothing", none, ""},
	} {
		if got := word(timings(c.e)); got != c.want {
			t.Errorf("%s: timings = %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestASampleSaysWhatIsMissing(t *testing.T) {
	for _, c := range []struct {
		m    stats.Message
		want string
	}{
		{stats.Message{}, ""}, {stats.Message{Body: "ab", Size: 2}, ""}, {stats.Message{Body: "ab…", Size: 5000}, "the beginning of 5 000 bytes"}, {stats.Message{Body: "[redacted]", Size: 40}, ""},
		{stats.Message{Size: 1}, "the body, 1 byte, was not kept"},
	} {
		if got := plainSpaces(newText("x", c.m).Note); got != c.want {
			t.Errorf("newText(%+v) notes %q, want %q", c.m, got, c.want)
		}
	}
}

func plainSpaces(s string) string { return strings.ReplaceAll(s, thin, " ") }

func TestCopyAllIsTheWholeSample(t *testing.T) {
	got := newSample(anExemplar(74, 14), began).All
	want := `GET http://127.0.0.1:8020/api/v1/cities/c-17?full=1
failed: status 404, expected 200
2026-03-14T14:01:14Z (1:14 after the start)
user: 14
scenario: cities
task: writeReadCheck
iteration: 12345
users then: 20
to the first byte: 11.0 ms
rest of the answer: 1.3 ms
service time: 12.3 ms

GET /api/v1/cities/c-17?full=1
Host: 127.0.0.1:8020
Authorization: •••

HTTP 404
Content-Type: application/json
Content-Length: 36

{
  "detail": "city not found"
}…
(the beginning of 5000 bytes)
`
	if got != want {
		t.Errorf("all of the sample is\n%s\nwant\n%s", got, want)
	}
}

// What is copied is what the element holds, to the letter.
func TestTextsToCopyAreExact(t *testing.T) {
	e := anExemplar(1, 1)
	e.Request.Fields = append(e.Request.Fields, stats.Field{Name: "X-Evil", Value: hostile[0] + "  two  spaces"})
	s := newSample(e, began)
	html := render(t, sampleView(s))
	for name, want := range map[string]string{"curl": s.Curl, "all": s.All} {
		found := regexp.MustCompile(`(?s)data-text="` + name + `">(.*?)</pre>`).FindStringSubmatch(html)
		if found == nil || unescape(found[1]) != want {
			t.Errorf("the element of %s holds %q, want %q", name, found, want)
		}
	}
	if want := "<pre>" + strings.ReplaceAll(s.Response.Body, `"`, "&#34;") + "</pre>"; !strings.Contains(html, want) {
		t.Errorf("the response is not shown as %q", want)
	}
}

func unescape(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&amp;", "&").Replace(s)
}

func TestSlowSamplesOpenOneByOne(t *testing.T) {
	list := []stats.Exemplar{aSlowOne(), anExemplar(3, 4)}
	s := newSamples(list, look(t, "tab=charts"), "slow", began)
	if len(s.Rows) != 2 || s.Open != nil || s.Rows[0].Response != "400" || s.Rows[0].Service != "100" {
		t.Fatalf("newSamples = %+v, want two rows, the first 400 and 100 ms, none open", s)
	}
	q := look(t, strings.TrimPrefix(s.Rows[1].Href, "?"))
	again := newSamples(list, q, "slow", began)
	if again.Open == nil || again.Open.ID != sampleID(list[1]) || !again.Rows[1].Current || again.Rows[0].Current {
		t.Errorf("with %s the open sample is %+v, want the second", s.Rows[1].Href, again.Open)
	}
	if got, want := again.Rows[1].Href, "?tab=charts"; got != want {
		t.Errorf("the open row leads to %s, want %s", got, want)
	}
	if none := newSamples(nil, q, "slow", began); none.Empty == "" {
		t.Error("without samples nothing says why")
	}
}
