package load_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

var refused = &load.TransportError{Class: load.Refused, Err: errors.New("127.0.0.1:1")}

func TestJudgement(t *testing.T) {
	type body struct{ A int }
	parse := func(r *load.Response) { r.JSON(new(body)) }
	for _, tt := range []struct {
		test    string
		answer  answer
		judge   func(*load.Response)
		format  string // "" is a success
		example string
	}{
		{test: "200", answer: answer{}},
		{test: "399", answer: answer{status: 399}},
		{test: "400", answer: answer{status: 400}, format: "status 400", example: "status 400"},
		{test: "body in the example", answer: answer{status: 500, body: "ouch\xff"}, format: "status 500", example: "status 500: ouch�"},
		{test: "long body in the example", answer: answer{status: 500, body: strings.Repeat("x", 201)}, format: "status 500",
			example: "status 500: " + strings.Repeat("x", 200) + "…"},
		{test: "no answer", answer: answer{err: refused}, format: "connection refused", example: "connection refused: 127.0.0.1:1"},
		{test: "some other error", answer: answer{err: errors.New("odd")}, format: "network", example: "odd"},

		{test: "expected", answer: answer{status: 201}, judge: func(r *load.Response) { r.Expect(201) }},
		{test: "one of those expected", answer: answer{status: 404}, judge: func(r *load.Response) { r.Expect(200, 404) }},
		{test: "not expected", answer: answer{status: 200, body: "x"}, judge: func(r *load.Response) { r.Expect(201) },
			format: "status 200, expected 201", example: "status 200, expected 201: x"},
		{test: "not one of those expected", answer: answer{status: 500}, judge: func(r *load.Response) { r.Expect(200, 201, 204) },
			format: "status 500, expected 200, 201 or 204", example: "status 500, expected 200, 201 or 204"},
		{test: "the last Expect counts", answer: answer{status: 404}, judge: func(r *load.Response) { r.Expect(200).Expect(404) }},
		{test: "Expect without an answer", answer: answer{status: 200, err: refused}, judge: func(r *load.Response) { r.Expect(200) },
			format: "connection refused", example: "connection refused: 127.0.0.1:1"},
		{test: "Expect does not forgive Failf", judge: func(r *load.Response) { r.Failf("bad"); r.Expect(200) }, format: "bad", example: "bad"},
		{test: "Expect does not forgive JSON", judge: func(r *load.Response) { parse(r); r.Expect(200) },
			format: "body is not the JSON expected", example: "body is not the JSON expected: unexpected end of JSON input"},

		{test: "JSON", answer: answer{body: `{"a":1}`}, judge: parse},
		{test: "not JSON", answer: answer{body: `<p>`}, judge: parse, format: "body is not the JSON expected",
			example: "body is not the JSON expected: invalid character '<' looking for beginning of value: <p>"},
		{test: "other JSON", answer: answer{body: `{"a":"b"}`}, judge: parse, format: "body is not the JSON expected",
			example: `body is not the JSON expected: json: cannot unmarshal string into Go struct field body.A of type int: {"a":"b"}`},
		{test: "JSON of a failure", answer: answer{status: 500, body: `{"a":1}`}, judge: parse, format: "status 500", example: `status 500: {"a":1}`},
		{test: "JSON of an error expected", answer: answer{status: 422, body: `{"a":1}`}, judge: func(r *load.Response) { parse(r.Expect(422)) }},
		{test: "JSON that cannot be decoded", answer: answer{broken: errors.New("gzip: bad")}, judge: parse,
			format: "body cannot be decoded", example: "body cannot be decoded: gzip: bad"},
		{test: "Text that cannot be decoded", answer: answer{broken: errors.New("gzip: bad")}, judge: func(r *load.Response) { r.Text() },
			format: "body cannot be decoded", example: "body cannot be decoded: gzip: bad"},
		{test: "JSON without an answer", answer: answer{body: `{"a":1}`, err: refused}, judge: parse,
			format: "connection refused", example: "connection refused: 127.0.0.1:1"},

		{test: "Failf", judge: func(r *load.Response) { r.Failf("%d of %s", 1, "x") }, format: "%d of %s", example: "1 of x"},
		{test: "the last Failf counts", judge: func(r *load.Response) { r.Failf("a"); r.Failf("b") }, format: "b", example: "b"},
		{test: "Failf says more than the status", answer: answer{status: 500}, judge: func(r *load.Response) { r.Failf("a") }, format: "a", example: "a"},
		{test: "Failf without an answer", answer: answer{err: refused}, judge: func(r *load.Response) { r.Failf("a") },
			format: "connection refused", example: "connection refused: 127.0.0.1:1"},
	} {
		t.Run(tt.test, func(t *testing.T) {
			u := seat(t, always(tt.answer))
			resp := u.Get("/a")
			if tt.judge != nil {
				tt.judge(resp)
			}
			err := resp.Err()
			d := u.recorded()
			row, format := only(t, d)
			if format != tt.format || row.Failures() == 1 != (tt.format != "") {
				t.Fatalf("failure %q, %d failed; want %q", format, row.Failures(), tt.format)
			}
			if tt.format == "" {
				if err != nil {
					t.Errorf("Err: %v, want nil", err)
				}
				return
			}
			if got := d.Failures[0].Example; got != tt.example {
				t.Errorf("example %q, want %q", got, tt.example)
			}
			fail, ok := errors.AsType[*load.Failure](err)
			if !ok || *fail != (load.Failure{Method: "GET", Name: "/a", Format: tt.format, Message: tt.example}) {
				t.Errorf("Err: %#v, want a Failure of GET /a with %q", err, tt.example)
			}
			if got, want := err.Error(), "GET /a: "+tt.example; got != want {
				t.Errorf("Error: %q, want %q", got, want)
			}
		})
	}
}

func TestReadingAnAnswer(t *testing.T) {
	u := seat(t, always(answer{status: 299, body: "héllo", took: 7 * time.Microsecond, header: http.Header{"X-Y": {"z"}}}))
	r := u.Get("/")
	if r.Status() != 299 || r.Took() != 7*time.Microsecond || r.Text() != "héllo" || string(r.Body()) != "héllo" || r.Header("x-y") != "z" || r.Header("No") != "" {
		t.Errorf("status %d, took %s, text %q, body %q, header %q, %q", r.Status(), r.Took(), r.Text(), r.Body(), r.Header("x-y"), r.Header("No"))
	}
	row, _ := only(t, u.recorded())
	if row.OK.Max() != 7*time.Microsecond || row.OK.Bytes != 6 {
		t.Errorf("recorded %s and %d bytes, want 7µs and 6", row.OK.Max(), row.OK.Bytes)
	}
}

func TestReadingNoAnswer(t *testing.T) {
	u := seat(t, always(answer{status: 200, body: "half", header: http.Header{"X": {"z"}}, err: refused}))
	if r := u.Get("/"); r.Status() != 0 || r.Text() != "" || r.Body() != nil || r.Header("X") != "" {
		t.Errorf("status %d, text %q, body %q, header %q; want nothing", r.Status(), r.Text(), r.Body(), r.Header("X"))
	}
}

func TestOneRequestIsOneSample(t *testing.T) {
	u := seat(t, always(answer{status: 404}))
	for range 3 {
		r := u.Get("/a")
		r.Expect(404)
		r.Failf("no")
		r.Failf("no")
		r.Err()
	}
	u.Pause(0)
	u.Pause(0)
	u.Try(func() error { return nil })
	d := u.recorded()
	if n := d.Total().Requests(); n != 3 || d.Failures[0].Count != 3 {
		t.Errorf("%d requests and %d failures, want 3 and 3", n, d.Failures[0].Count)
	}
}

func TestLateJudgementPanics(t *testing.T) {
	ends := map[string]func(*stage){
		"request": func(u *stage) { u.Get("/b") },
		"pause":   func(u *stage) { u.Pause(0) },
		"measure": func(u *stage) { u.Measure("M", "m", nothing) },
		"group":   func(u *stage) { u.Group("g", func() error { return nil }) },
		"task":    func(u *stage) { u.Try(func() error { return nil }) },
	}
	judgements := map[string]func(*load.Response){
		"Expect": func(r *load.Response) { r.Expect(200) },
		"JSON":   func(r *load.Response) { r.JSON(new(any)) },
		"Failf":  func(r *load.Response) { r.Failf("x") },
		"Text":   func(r *load.Response) { r.Text() },
		"Body":   func(r *load.Response) { r.Body() },
		"Header": func(r *load.Response) { r.Header("X") },
		"Rename": func(r *load.Response) { r.Rename("x") },
	}
	for end, f := range ends {
		for judgement, judge := range judgements {
			u := seat(t, always(answer{status: 418}))
			r := u.Get("/a")
			f(u)
			err := u.Try(func() error { judge(r); return nil })
			if p, ok := errors.AsType[*load.Panic](err); !ok || !strings.Contains(p.Error(), judgement+" on a response that is already recorded") {
				t.Errorf("%s after a %s: %v, want a panic", judgement, end, err)
			}
			if r.Status() != 418 || r.Err() == nil {
				t.Errorf("after a %s: status %d, Err %v; want them still", end, r.Status(), r.Err())
			}
		}
	}
}

func TestBodyOutlivesItsRequest(t *testing.T) {
	n := byte('0')
	f := &fake{reply: func(*load.Request) answer { n++; return answer{body: string(n)} }}
	u := seat(t, f)
	one := u.Get("/").Body()
	u.Get("/")
	if string(one) != "1" {
		t.Errorf("body of the first request is %q after the second, want 1", one)
	}
}
