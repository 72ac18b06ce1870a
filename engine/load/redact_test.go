package load

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

func TestSecretsInTextsAreBlanked(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		// JSON
		{`{"user":"ann","password":"hunter2","n":1}`, `{"user":"ann","password":"[redacted]","n":1}`},
		{`{"a":{"b":[{"Access_Token" : "x.y.z"}]}}`, `{"a":{"b":[{"Access_Token" : "[redacted]"}]}}`},
		{`{"refreshToken":"a\"b\\","x":1}`, `{"refreshToken":"[redacted]","x":1}`},
		{"{\n  \"client_secret\":\n  \"s\"\n}", "{\n  \"client_secret\":\n  \"[redacted]\"\n}"},
		{`{"pin_token":1234,"x":1}`, `{"pin_token":"[redacted]","x":1}`},
		{`{"token":null,"has_password":true}`, `{"token":null,"has_password":true}`},
		{`{"tokens":["a","b]"],"x":1}`, `{"tokens":"[redacted]","x":1}`},
		{`{"token":{"v":"a}","e":{}},"x":1}`, `{"token":"[redacted]","x":1}`},
		{`{"api_key":"","x":1}`, `{"api_key":"","x":1}`},
		{`{"PASSWD":"x","ApiKey":"y","api-key":"z"}`, `{"PASSWD":"[redacted]","ApiKey":"[redacted]","api-key":"[redacted]"}`},
		{`{"Authorization":"Bearer x y","Cookie":"a=b; c=d"}`, `{"Authorization":"[redacted]","Cookie":"[redacted]"}`},
		// JSON in JSON
		{`{"log":"{\"password\":\"hun\\\"ter2\",\"x\":1}"}`, `{"log":"{\"password\":\"[redacted]\",\"x\":1}"}`},
		{`{"log":"{\"token\":12}"}`, `{"log":"{\"token\":\"[redacted]\"}"}`},
		{`{"log":"{\"token\":\"cut"}, "x"`, `{"log":"{\"token\":\"[redacted]"}, "x"`},
		// broken and cut JSON
		{`{"password":"hunt`, `{"password":"[redacted]`},
		{`{"password":"hunter\`, `{"password":"[redacted]`},
		{`ssword":"hunter2"`, `ssword":"hunter2"`}, // there is no name to go by
		{`{"password":`, `{"password":`},
		{`{"password`, `{"password`},
		{`{'token': 'x', 'b': "it's"}`, `{'token': '[redacted]', 'b': "it's"}`},
		{`{"token" => "x"}`, `{"token" => "[redacted]"}`},
		{`{"token":{"v":"a`, `{"token":"[redacted]"`},
		{`password":"x",,"secret":"y"]`, `password":"[redacted]",,"secret":"[redacted]"]`},
		// forms, addresses, prose
		{`user=ann&password=hunter2&x=1`, `user=ann&password=[redacted]&x=1`},
		{`user%5Bpassword%5D=a%20b`, `user%5Bpassword%5D=[redacted]`},
		{`see "https://ann:pw@h.test/p?access_token=x.y&z=1#top" now`, `see "https://[redacted]@h.test/p?access_token=[redacted]&z=1#top" now`},
		{`https://h.test/@ann`, `https://h.test/@ann`},
		{`GET / HTTP/1.1\r\n`, `GET / HTTP/1.1\r\n`},
		{"Authorization: Basic abc=\r\nCookie: a=b; c=d\r\nHost: h", "Authorization: [redacted]\r\nCookie: [redacted]\r\nHost: h"},
		{`invalid token: expected 3 parts`, `invalid token: expected 3 parts`},
		{`token="x y" z`, `token="[redacted]" z`},
		// HTML and XML
		{`<input type="hidden" name="csrf_token" value="abc"/>`, `<input type="hidden" name="csrf_token" value="[redacted]"/>`},
		{`<meta name=csrf-token content=abc>`, `<meta name=csrf-token content=[redacted]>`},
		{`<input type="password" name="field">`, `<input type="password" name="field">`},
		{`<a:Password Type="t">x</a:Password><b>y</b>`, `<a:Password Type="t">[redacted]</a:Password><b>y</b>`},
		{`<token><![CDATA[a<b]]></token>`, `<token><![CDATA[[redacted]]]></token>`},
		{`<token/><b>y</b>`, `<token/><b>y</b>`},
		{`<token>x`, `<token>[redacted]`},
		// a form in parts
		{
			"--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nhunter2\r\n--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b--",
			"--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n[redacted]\r\n--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b--",
		},
		{"", ""}, {"token", "token"}, {"=", "="}, {"://", "://"}, {"token=", "token="}, {`"token":`, `"token":`},
	} {
		got := Redacted(tt.text)
		if got != tt.want {
			t.Errorf("Redacted(%q)\n got %q\nwant %q", tt.text, got, tt.want)
		}
		if again := Redacted(got); again != got {
			t.Errorf("Redacted(%q) = %q, want the same", got, again)
		}
	}
}

func TestTheOrdinaryNamesOfSecretsAreKnown(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"user":"a","pass":"hunter2","author":"b","passed":3}`, `{"user":"a","pass":"[redacted]","author":"b","passed":3}`},
		{`user=a&pass=hunter2&compass=n`, `user=a&pass=[redacted]&compass=n`},
		{`user%5Bpass%5D=hunter2&userPass=x&DB_PASS=y`, `user%5Bpass%5D=[redacted]&userPass=[redacted]&DB_PASS=[redacted]`},
		{`{"session":"a","sessionId":"b","sessionid":"c","sessions":4}`, `{"session":"[redacted]","sessionId":"[redacted]","sessionid":"[redacted]","sessions":4}`},
		{`{"auth":"a","jwt":"b","otp":123456,"pin":"1","pinned":2,"spin":3}`, `{"auth":"[redacted]","jwt":"[redacted]","otp":"[redacted]","pin":"[redacted]","pinned":2,"spin":3}`},
		{`{"private_key":"a","accessKey":"b","cache_key":"c"}`, `{"private_key":"[redacted]","accessKey":"[redacted]","cache_key":"c"}`},
		{`sent Bearer eyJhbGciOi.abc, got 401`, `sent Bearer [redacted], got 401`},
		{`Bearer authentication is missing`, `Bearer authentication is missing`},
		{`Bearer authorization_uri="x"`, `Bearer authorization_uri="[redacted]"`},
		{`let password = "a b"; x`, `let password = "[redacted]"; x`},
		{"user: a\n  password: hunter2\n- pin: 'a b'\nhost: h", "user: a\n  password: [redacted]\n- pin: '[redacted]'\nhost: h"},
		{"password = hunter2\nx = 1", "password = [redacted]\nx = 1"},
		{`if token == nil {`, `if token == nil {`},
		{`the auth: no such user`, `the auth: no such user`},
		{`token: expected 3 parts`, `token: expected 3 parts`},
		{"pass", "pass"}, {"password: ", "password: "}, {"password =", "password ="}, {"Bearer ", "Bearer "},
	} {
		got := Redacted(tt.text)
		if got != tt.want {
			t.Errorf("Redacted(%q)\n got %q\nwant %q", tt.text, got, tt.want)
		}
		if again := Redacted(got); again != got {
			t.Errorf("Redacted(%q) = %q, want the same", got, again)
		}
	}
}

func TestSecretFieldsAreBlanked(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"Authorization", "Bearer abc", "[redacted]"},
		{"proxy-authorization", "Basic abc", "[redacted]"},
		{"X-Api-Key", "abc", "[redacted]"},
		{"X-CSRF-Token", "abc", "[redacted]"},
		{"My-Secret-Thing", "abc", "[redacted]"},
		{"Cookie", "a=1; b=2=3;c", "a=[redacted]; b=[redacted];[redacted]"},
		{"Set-Cookie", "sid=abc; Path=/; HttpOnly", "sid=[redacted]; Path=/; HttpOnly"},
		{"set-cookie", "broken", "[redacted]"},
		{"Authorization", "", ""},
		{"Location", "/next?token=abc&x=1", "/next?token=[redacted]&x=1"},
		{"X-Auth", "abc", "[redacted]"},
		{"X-Session", "abc", "[redacted]"},
		{"Author", "abc", "abc"},
		{"Content-Type", "text/plain", "text/plain"},
		{"WWW-Authenticate", `Basic realm="x"`, `Basic realm="x"`},
	} {
		var r redaction
		if got := r.field(tt.name, tt.value); got != tt.want {
			t.Errorf("field(%q, %q) = %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestAFormIsBlankedToTheNextField(t *testing.T) {
	e := exemplarOf("application/x-www-form-urlencoded; charset=utf-8", `user=a"b&password=a"b;c d&x=1`)
	redact(e, nil)
	if got, want := e.Request.Body, `user=a"b&password=[redacted]&x=1`; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
}

func exemplarOf(contentType, body string) *stats.Exemplar {
	return &stats.Exemplar{Request: stats.Message{
		Fields: []stats.Field{{Name: "Content-Type", Value: contentType}}, Body: body,
	}}
}

// texts returns all that an exemplar says.
func texts(e *stats.Exemplar) string { return fmt.Sprintf("%+v", *e) }

func TestASecretIsBlankedWhereverItStands(t *testing.T) {
	tests := map[string]struct {
		known   []string
		e       stats.Exemplar
		secrets []string
	}{
		"known": {
			[]string{"p&ss \"w\"", "p&ss"},
			stats.Exemplar{
				Message: `no p&ss "w" here`, URL: "http://h/p&ss%20%22w%22?k=p%26ss+%22w%22",
				Request:  stats.Message{Body: `["p&ss \"w\"", "p\u0026ss \"w\""]`, Fields: []stats.Field{{Name: "X-A", Value: `p&ss "w"`}}},
				Response: stats.Message{Body: "echo: p&ss \"w\" and p&ss"},
			},
			[]string{"p&ss", "p%26ss", "p\\u0026ss", "w\"", `w\"`, "w%22"},
		},
		"known and cut": {
			[]string{"correct horse battery"},
			stats.Exemplar{Message: "bad: correct horse…", Response: stats.Message{Body: "the end is correct hor…"}},
			[]string{"corr"},
		},
		"found in a field": {
			nil,
			stats.Exemplar{
				Request:  stats.Message{Fields: []stats.Field{{Name: "Authorization", Value: "Bearer abcdefgh"}, {Name: "Cookie", Value: "sid=ijklmnop"}}},
				Response: stats.Message{Body: "you sent abcdefgh with ijklmnop"}, Message: "abcdefgh?", URL: "http://h/ijklmnop",
			},
			[]string{"abcdefgh", "ijklmnop"},
		},
		"found in a body": {
			nil,
			stats.Exemplar{
				Request:  stats.Message{Body: "password=p%40ssw0rd!", Fields: []stats.Field{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}}},
				Response: stats.Message{Body: "p@ssw0rd! is wrong"},
			},
			[]string{"p%40ssw0rd", "p@ssw0rd"},
		},
		"found in an address": {
			nil,
			stats.Exemplar{URL: "http://ann:abcdefgh@h/?token=ijklmnop", Response: stats.Message{Body: "abcdefgh ijklmnop"}},
			[]string{"abcdefgh", "ijklmnop"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			redact(&tt.e, known(tt.known))
			for _, secret := range tt.secrets {
				if strings.Contains(texts(&tt.e), secret) {
					t.Errorf("%q is left in %s", secret, texts(&tt.e))
				}
			}
		})
	}
}

func TestShortSecretsAndPlainTextStay(t *testing.T) {
	e := stats.Exemplar{
		Message: "yes is not no", Request: stats.Message{Body: `{"token":"yes"}`},
		Response: stats.Message{Body: "<p>yes, the cat sat on the mat…"},
	}
	redact(&e, known([]string{"cat", "", "matter of fact"}))
	if want := "yes is not no"; e.Message != want {
		t.Errorf("message %q, want %q", e.Message, want)
	}
	if want := "<p>yes, the cat sat on the mat…"; e.Response.Body != want {
		t.Errorf("body %q, want %q", e.Response.Body, want)
	}
}

// Whatever a text is, redaction ends and leaves no value of a plain field.
func FuzzRedacted(f *testing.F) {
	for _, s := range []string{`{"password":"x"`, `\\\"token\\\":\\\"`, "a=1&secret=2", `<token a="`, "name=\"token\"\n\n", "cookie:", "://@", `"token":[{"a`, "\xff\"token\":\"\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		Redacted(s)
		e := exemplarOf("application/x-www-form-urlencoded", s)
		redact(e, known([]string{s}))
	})
}

// A target may answer with what takes longest.
func TestNoTextTakesLong(t *testing.T) {
	for _, part := range []string{"<token ", `"token":`, `token="`, "token", "://", `name="token" `, "Content-Disposition: name=\"token\"\n", `\`, `"token":[{`, "cookie: ", "pass: ", "pin:", "pin = ", "Bearer "} {
		text := strings.Repeat(part, 64<<10/len(part))
		began := time.Now()
		redact(&stats.Exemplar{Response: stats.Message{Body: text}}, nil)
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("64 KB of %q took %v", part, took)
		} else {
			t.Log(part, took)
		}
	}
}

func BenchmarkRedact(b *testing.B) {
	body := strings.Repeat(`{"id":17,"name":"a name","tags":["a","b"],"nested":{"x":1.5,"y":null}},`, 60)[:maxBody-40] + `{"access_token":"abcdefghijkl"}`
	b.ReportAllocs()
	for b.Loop() {
		e := exemplarOf("application/json", body)
		e.Response = stats.Message{Body: body}
		redact(e, nil)
	}
}
