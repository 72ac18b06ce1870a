package wire

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s host=%s auth=%s cookie=%s type=%s body=%s", r.Method, r.RequestURI, r.Host,
		r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("Content-Type"), body)
}

// local returns the address of srv with "localhost" for its host, which makes
// it another host to cookies and credentials.
func local(srv *httptest.Server) string {
	return strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
}

func TestRedirectsAreFollowed(t *testing.T) {
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/a/b/relative", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{"../../echo?x=1#part"}
		w.WriteHeader(302)
	})
	for _, code := range []int{301, 302, 303, 307, 308} {
		mux.HandleFunc(fmt.Sprintf("/%d", code), func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/echo", code)
		})
		mux.HandleFunc(fmt.Sprintf("/away/%d", code), func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, local(srv)+"/back", code)
		})
	}
	mux.HandleFunc("/back", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, srv.URL+"/echo", http.StatusTemporaryRedirect)
	})
	host := strings.TrimPrefix(srv.URL, "http://")
	kept := "host=" + host + " auth=secret cookie=c=d"
	tests := []struct{ method, target, want string }{
		{"GET", "/a/b/relative", "GET /echo?x=1 " + kept + " type=text/plain body="},
		{"POST", "/301", "GET /echo " + kept + " type= body="},
		{"POST", "/302", "GET /echo " + kept + " type= body="},
		{"PUT", "/303", "GET /echo " + kept + " type= body="},
		{"POST", "/307", "POST /echo " + kept + " type=text/plain body=hello"},
		{"PUT", "/308", "PUT /echo " + kept + " type=text/plain body=hello"},
		// Credentials that were left behind once stay behind, also back home.
		{"POST", "/away/307", "POST /echo host=" + host + " auth= cookie= type=text/plain body=hello"},
		{"POST", "/away/302", "GET /echo host=" + host + " auth= cookie= type= body="},
	}
	for _, tt := range tests {
		t.Run(tt.method+tt.target, func(t *testing.T) {
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				req := load.Request{Method: tt.method, Origin: srv.URL, Target: tt.target,
					Header: http.Header{"Authorization": {"secret"}, "Cookie": {"c=d"}, "Content-Type": {"text/plain"}}}
				if tt.method != "GET" {
					req.Body = []byte("hello")
				}
				ans, err := send(tr, req)
				wantOK(t, tr, ans, err, tt.want)
			})
		})
	}
}

func TestEndlessRedirects(t *testing.T) {
	requests := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	defer srv.Close()
	each(t, Options{Limits: load.Limits{Redirects: 3}}, func(t *testing.T, tr load.Transport) {
		requests = 0
		ans, err := get(tr, srv.URL)
		wantClass(t, err, load.TooManyHops)
		if ans.Status != 302 || requests != 4 {
			t.Errorf("status %d after %d requests, want 302 after 4", ans.Status, requests)
		}
	})
	each(t, Options{Limits: load.Limits{Redirects: -1}}, func(t *testing.T, tr load.Transport) {
		ans, err := get(tr, srv.URL)
		if err != nil || ans.Status != 302 || tr.Header("Location") != "/again" {
			t.Errorf("Send: status %d, location %q, %v; want the redirect itself", ans.Status, tr.Header("Location"), err)
		}
	})
}

func TestRedirectBetweenPlainAndTLS(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(echo))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+"/end", http.StatusFound)
	}))
	defer secure.Close()
	begin := httptest.NewServer(http.RedirectHandler(secure.URL, http.StatusFound))
	defer begin.Close()
	each(t, Options{Insecure: true}, func(t *testing.T, tr load.Transport) {
		ans, err := send(tr, load.Request{Method: "GET", Origin: begin.URL, Target: "/", Header: http.Header{"Authorization": {"secret"}}})
		wantOK(t, tr, ans, err, "GET /end host="+strings.TrimPrefix(plain.URL, "http://")+" auth= cookie= type= body=")
	})
}

func TestCookiesAreKeptPerUser(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/set":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1", Path: "/"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2", Path: "/deep"})
			w.Header().Add("Set-Cookie", "=;;nonsense")
			http.Redirect(w, r, "/deep/x", http.StatusFound)
		case "/unset":
			http.SetCookie(w, &http.Cookie{Name: "a", Path: "/", MaxAge: -1})
		default:
			echo(w, r)
		}
	}))
	defer srv.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		want := func(target, own, cookie string) {
			t.Helper()
			req := load.Request{Method: "GET", Origin: srv.URL, Target: target}
			if own != "" {
				req.Extra = []load.Field{{Name: "Cookie", Value: own}}
			}
			ans, err := send(tr, req)
			if body, _ := tr.Body(); err != nil || !strings.Contains(string(body), "cookie="+cookie+" type") {
				t.Errorf("%s: %d, %v, %q; want cookie=%s", target, ans.Status, err, body, cookie)
			}
		}
		want("/", "", "")
		want("/set", "", "b=2; a=1")
		want("/deep?x", "", "b=2; a=1")
		want("/", "", "a=1")
		want("/", "own=0", "own=0; a=1")
		send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/unset"})
		want("/", "", "")
		send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/set"})
		tr.Close()
		want("/", "", "")
	})
}

func TestFields(t *testing.T) {
	var got *http.Request
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r }))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")
	tests := []struct {
		name   string
		header http.Header
		extra  []load.Field
		field  string
		want   []string
	}{
		{"default agent", nil, nil, "User-Agent", []string{"locusts/1"}},
		{"own agent", http.Header{"User-Agent": {"me"}}, nil, "User-Agent", []string{"me"}},
		{"agent in any case", nil, []load.Field{{Name: "user-agent", Value: "me"}}, "User-Agent", []string{"me"}},
		{"no agent", http.Header{"User-Agent": {""}}, nil, "User-Agent", nil},
		{"default encoding", nil, nil, "Accept-Encoding", []string{"gzip"}},
		{"own encoding", http.Header{"Accept-Encoding": {"br"}}, nil, "Accept-Encoding", []string{"br"}},
		{"extra replaces", http.Header{"X-A": {"1", "2"}}, []load.Field{{Name: "x-a", Value: "3"}}, "X-A", []string{"3"}},
		{"all values", http.Header{"X-A": {"1", "2"}}, []load.Field{{Name: "X-B", Value: "3"}}, "X-A", []string{"1", "2"}},
		{"host", nil, nil, "Host", []string{host}},
		{"own host", http.Header{"Host": {"example.com"}}, nil, "Host", []string{"example.com"}},
		{"extra host", http.Header{"Host": {"example.com"}}, []load.Field{{Name: "host", Value: "example.org"}}, "Host", []string{"example.org"}},
		{"length is ours", http.Header{"Content-Length": {"99"}}, nil, "Content-Length", []string{"4"}},
		{"framing is ours", http.Header{"Transfer-Encoding": {"chunked"}}, nil, "Content-Length", []string{"4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, Options{UserAgent: "locusts/1"}, func(t *testing.T, tr load.Transport) {
				ans, err := send(tr, load.Request{Method: "POST", Origin: srv.URL, Target: "/", Header: tt.header, Extra: tt.extra, Body: []byte("body")})
				if err != nil || ans.Status != 200 {
					t.Fatalf("Send: %d, %v", ans.Status, err)
				}
				have := got.Header[tt.field]
				switch tt.field {
				case "Host":
					have = []string{got.Host}
				case "Content-Length":
					have = []string{fmt.Sprint(got.ContentLength)}
				}
				if fmt.Sprint(have) != fmt.Sprint(tt.want) {
					t.Errorf("%s: %q, want %q", tt.field, have, tt.want)
				}
			})
		})
	}
}

func TestTargetsArriveAsTheyWereSent(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RequestURI) }))
	defer srv.Close()
	for target, want := range map[string]string{
		"/a%2Fb?c=%20d&e": "/a%2Fb?c=%20d&e",
		"/café":           "/caf%C3%A9",
		"/a#part":         "/a",
		"/?":              "/?",
		"//double":        "//double",
	} {
		t.Run(target, func(t *testing.T) {
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: target})
				wantOK(t, tr, ans, err, want)
			})
		})
	}
}

func TestNothingIsSmuggled(t *testing.T) {
	tg := serve(t, func(c *peer, n int) { c.hang() })
	tests := map[string]load.Request{
		"method with line break": {Method: "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", Target: "/"},
		"method with space":      {Method: "GET /", Target: "/"},
		"no method":              {Target: "/"},
		"target with line break": {Target: "/ HTTP/1.1\r\nX: y"},
		"target with space":      {Target: "/a b"},
		"target with NUL":        {Target: "/a\x00"},
		"relative target":        {Target: "a"},
		"no target":              {},
		"value with line break":  {Target: "/", Header: http.Header{"X": {"a\r\nY: z"}}},
		"value with line feed":   {Target: "/", Header: http.Header{"X": {"a\nY: z"}}},
		"value with return":      {Target: "/", Extra: []load.Field{{Name: "X", Value: "a\r"}}},
		"value with NUL":         {Target: "/", Extra: []load.Field{{Name: "X", Value: "a\x00"}}},
		"name with colon":        {Target: "/", Header: http.Header{"Transfer-Encoding: chunked\r\nX": {"a"}}},
		"name with space":        {Target: "/", Extra: []load.Field{{Name: "Transfer-Encoding ", Value: "chunked"}}},
		"no name":                {Target: "/", Extra: []load.Field{{Name: "", Value: "x"}}},
		"host with line break":   {Target: "/", Header: http.Header{"Host": {"a\r\nY: z"}}},
		"host with space":        {Target: "/", Extra: []load.Field{{Name: "Host", Value: "a b"}}},
		"cookie with line break": {Target: "/", Extra: []load.Field{{Name: "Cookie", Value: "a=b\r\nY: z"}}},
		"origin with path":       {Origin: tg.origin + "/path", Target: "/"},
		"origin with user":       {Origin: "http://a:b@127.0.0.1", Target: "/"},
		"origin with line break": {Origin: "http://127.0.0.1\r\nX: y", Target: "/"},
		"origin without scheme":  {Origin: "127.0.0.1:80", Target: "/"},
		"origin with port 0":     {Origin: "http://127.0.0.1:0", Target: "/"},
		"origin with port 99999": {Origin: "http://127.0.0.1:99999", Target: "/"},
		"unknown scheme":         {Origin: "gopher://127.0.0.1", Target: "/"},
		"empty origin":           {Origin: " ", Target: "/"},
	}
	for name, req := range tests {
		t.Run(name, func(t *testing.T) {
			if req.Origin == "" {
				req.Origin = tg.origin
			}
			if req.Method == "" && name != "no method" {
				req.Method = "GET"
			}
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				_, err := send(tr, req)
				wantClass(t, err, load.UnusableRequest)
				checkMessage(t, err)
			})
		})
	}
	if len(tg.dials) > 0 {
		t.Errorf("%d connections, want none", len(tg.dials))
	}
}

func TestContentIsDecoded(t *testing.T) {
	const text = "hello, hello, hello"
	var zip, raw, zl bytes.Buffer
	for _, w := range []io.WriteCloser{gzip.NewWriter(&zip), zlib.NewWriter(&zl), func() io.WriteCloser { w, _ := flate.NewWriter(&raw, 9); return w }()} {
		io.WriteString(w, text)
		w.Close()
	}
	tests := map[string]struct {
		coding string
		body   []byte
		class  load.Class
	}{
		"gzip":         {"gzip", zip.Bytes(), ""},
		"x-gzip":       {"X-GZIP", zip.Bytes(), ""},
		"zlib":         {"deflate", zl.Bytes(), ""},
		"deflate":      {"deflate", raw.Bytes(), ""},
		"identity":     {"identity", []byte(text), ""},
		"unknown":      {"br", []byte("?"), load.Malformed},
		"not gzip":     {"gzip", []byte("no gzip at all"), load.Malformed},
		"broken gzip":  {"gzip", zip.Bytes()[:zip.Len()-9], load.Malformed},
		"not deflated": {"deflate", []byte{0xff, 0xff, 0xff}, load.Malformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", tt.coding)
				w.Write(tt.body)
			}))
			defer srv.Close()
			each(t, Options{}, func(t *testing.T, tr load.Transport) {
				for range 2 {
					ans, err := get(tr, srv.URL)
					if err != nil || ans.Bytes != int64(len(tt.body)) {
						t.Fatalf("Send: %d bytes, %v; want %d", ans.Bytes, err, len(tt.body))
					}
					for range 2 {
						body, err := tr.Body()
						if classOf(err) != tt.class || err == nil && string(body) != text {
							t.Errorf("Body: %q, %v; want %q, class %q", body, err, text, tt.class)
						}
					}
				}
			})
		})
	}
}

func TestGzipBombIsDefused(t *testing.T) {
	var zip bytes.Buffer
	w := gzip.NewWriter(&zip)
	w.Write(make([]byte, 32<<20))
	w.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(zip.Bytes())
	}))
	defer srv.Close()
	each(t, Options{Limits: load.Limits{Body: 1 << 20}}, func(t *testing.T, tr load.Transport) {
		if _, err := get(tr, srv.URL); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := tr.Body()
			wantClass(t, err, load.BodyLimit)
		}
	})
}

func TestLargeBodyIsCountedNotKept(t *testing.T) {
	const size = 48 << 20
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/small" {
			io.WriteString(w, "small")
			return
		}
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", fmt.Sprint(size))
		}
		block := make([]byte, 1<<20)
		for range size >> 20 {
			w.Write(block)
		}
	}))
	defer srv.Close()
	each(t, Options{Memory: 2 << 20}, func(t *testing.T, tr load.Transport) {
		for _, target := range []string{"/length", "/chunked"} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: target})
			runtime.ReadMemStats(&after)
			if err != nil || ans.Bytes != size {
				t.Fatalf("Send: %d bytes, %v; want %d", ans.Bytes, err, size)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > size/2 { // the target allocates as well, and under the race detector pools forget
				t.Errorf("%s: allocated %d bytes for a body of which 3 MB are kept", target, used)
			}
			_, err = tr.Body()
			wantClass(t, err, load.BodyLimit)
		}
		// Memory of a large body is given back with the next small one but one.
		for range 2 {
			ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/small"})
			wantOK(t, tr, ans, err, "small")
		}
		if f, ok := tr.(*http1); ok && cap(f.body.own) > roomy {
			t.Errorf("%d bytes are still held", cap(f.body.own))
		}
	})
}

func TestLargeBodiesAreReadWholeWhileThereIsMemory(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(bytes.Repeat([]byte("0123456789abcdef"), 5<<20/16))
	}))
	defer srv.Close()
	d := NewDialer(Options{Memory: 6 << 20})
	for name, make := range map[string]func() load.Transport{"HTTP1": d.HTTP1, "Standard": d.Standard} {
		first, second := make(), make()
		for _, tr := range []load.Transport{first, second} {
			if ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/"}); err != nil || ans.Bytes != 5<<20 {
				t.Fatalf("%s: Send: %d bytes, %v; want 5 MB", name, ans.Bytes, err)
			}
		}
		if body, err := first.Body(); err != nil || len(body) != 5<<20 || !bytes.HasSuffix(body, []byte("def")) {
			t.Errorf("%s: Body: %d bytes, %v; want all 5 MB", name, len(body), err)
		}
		_, err := second.Body()
		wantClass(t, err, load.BodyLimit)
		first.Close()
		second.Close()
		if got := d.memory.Load(); got != 6<<20 {
			t.Errorf("%s: %d bytes of the memory of all users are left once they are gone, want all 6 MB", name, got)
		}
	}
}

func TestATargetThatClosesUnannouncedIsLookedAtEachTime(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			if _, err := c.Read(buf); err == nil {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			}
			c.Close()
		}
	}()
	d := NewDialer(Options{})
	tr := d.HTTP1()
	defer tr.Close()
	failed := 0
	for range 200 {
		if _, err := send(tr, load.Request{Method: "GET", Origin: "http://" + l.Addr().String(), Target: "/"}); err != nil {
			failed++
			runtime.Gosched()
		}
	}
	if failed > 60 { // half of them fail when nobody looks; a close still on its way cannot be seen
		t.Errorf("%d of 200 requests failed", failed)
	}
}

func TestRequestBodies(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d %d %v", r.ContentLength, n, err)
	}))
	defer srv.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		for _, size := range []int{0, 1, smallOut, smallOut + 1, 10 << 20} {
			for range 2 {
				ans, err := send(tr, load.Request{Method: "POST", Origin: srv.URL, Target: "/", Body: make([]byte, size)})
				wantOK(t, tr, ans, err, fmt.Sprintf("%d %d <nil>", size, size))
			}
		}
	})
}

// A target may refuse a body before it has read it.
func TestEarlyAnswerIsTaken(t *testing.T) {
	tg := serve(t, func(c *peer, n int) {
		http.ReadRequest(c.r)
		c.say("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
		c.CloseWrite()
		c.hang()
	})
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		ans, err := send(tr, load.Request{Method: "POST", Origin: tg.origin, Target: "/", Body: make([]byte, 1<<20)})
		if err != nil || ans.Status != 413 {
			t.Errorf("Send: %d, %v; want 413", ans.Status, err)
		}
	})
}

// quiet returns a TLS server that does not log failed handshakes.
func quiet(t *testing.T, http2 bool) *httptest.Server {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/peer" {
			io.WriteString(w, r.RemoteAddr)
			return
		}
		io.WriteString(w, r.Proto)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.EnableHTTP2 = http2
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

func TestCertificatesAreVerified(t *testing.T) {
	srv := quiet(t, false)
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		ans, err := get(tr, srv.URL)
		wantClass(t, err, load.TLS)
		checkMessage(t, err)
		if !strings.Contains(err.Error(), "unknown authority") || ans.Took <= 0 {
			t.Errorf("Send: %v after %v; want a reason", err, ans.Took)
		}
	})
	each(t, Options{Insecure: true}, func(t *testing.T, tr load.Transport) {
		for range 3 {
			ans, err := get(tr, srv.URL)
			wantOK(t, tr, ans, err, "HTTP/1.1")
		}
	})
}

func TestIdleTLSConnectionIsReused(t *testing.T) {
	srv := quiet(t, false)
	tr := NewDialer(Options{Insecure: true}).HTTP1()
	defer tr.Close()
	peer := func() string {
		t.Helper()
		ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: "/peer"})
		if err != nil || ans.Status != 200 {
			t.Fatalf("Send: %d, %v", ans.Status, err)
		}
		tr.(*http1).conn.used = time.Time{} // idle for long
		body, _ := tr.Body()
		return string(body)
	}
	first := peer()
	for range 3 {
		if again := peer(); again != first {
			t.Errorf("connected again: %s, then %s", first, again)
		}
	}
	srv.CloseClientConnections()
	for tr.(*http1).conn.look() == silent {
		runtime.Gosched()
	}
	if again := peer(); again == first {
		t.Error("used a connection that was closed")
	}
}

func TestStandardSpeaksHTTP2(t *testing.T) {
	srv := quiet(t, true)
	d := NewDialer(Options{Insecure: true})
	for _, k := range []struct {
		tr   load.Transport
		want string
	}{{d.HTTP1(), "HTTP/1.1"}, {d.Standard(), "HTTP/2.0"}, {d.HTTP1(), "HTTP/1.1"}, {d.Standard(), "HTTP/2.0"}} {
		defer k.tr.Close()
		for range 2 {
			ans, err := get(k.tr, srv.URL)
			wantOK(t, k.tr, ans, err, k.want)
		}
	}
}

func TestPlainTargetBehindHTTPS(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(echo))
	defer srv.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		_, err := get(tr, strings.Replace(srv.URL, "http:", "https:", 1))
		wantClass(t, err, load.TLS)
		checkMessage(t, err)
	})
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		ans, err := get(tr, "http://"+addr)
		wantClass(t, err, load.Refused)
		if want := "connection refused: " + addr; err.Error() != want {
			t.Errorf("Send: %v, want %s", err, want)
		}
		if ans.Took <= 0 || ans.Status != 0 {
			t.Errorf("took %v, status %d", ans.Took, ans.Status)
		}
	})
}

func TestUnknownName(t *testing.T) {
	each(t, Options{}, func(t *testing.T, tr load.Transport) {
		_, err := get(tr, "http://nobody.invalid")
		wantClass(t, err, load.DNS)
		if !strings.Contains(err.Error(), "nobody.invalid") {
			t.Errorf("Send: %v; want the name", err)
		}
	})
}

func TestClasses(t *testing.T) {
	wrap := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := []struct {
		at   phase
		err  error
		want load.Class
	}{
		{connecting, wrap(syscall.ECONNREFUSED), load.Refused},
		{connecting, wrap(syscall.EMFILE), load.Descriptors},
		{connecting, wrap(syscall.ENFILE), load.Descriptors},
		{connecting, &net.DNSError{Name: "x", Err: "dial udp: socket: too many open files"}, load.Descriptors},
		{connecting, &net.DNSError{Name: "x", Err: "i/o timeout", IsTimeout: true}, load.DNS},
		{connecting, wrap(syscall.EADDRNOTAVAIL), load.Ports},
		{connecting, wrap(syscall.ENETUNREACH), load.Unreachable},
		{connecting, wrap(syscall.EHOSTUNREACH), load.Unreachable},
		{connecting, wrap(syscall.ETIMEDOUT), load.ConnectTimeout},
		{handshaking, wrap(syscall.ECONNRESET), load.Reset},
		{handshaking, io.EOF, load.Closed},
		{handshaking, tls.AlertError(40), load.TLS},
		{handshaking, fmt.Errorf("tls: first record does not look like a TLS handshake"), load.TLS},
		{writing, wrap(syscall.EPIPE), load.Reset},
		{waiting, wrap(syscall.ETIMEDOUT), load.HeaderTimeout},
		{reading, wrap(syscall.ETIMEDOUT), load.BodyTimeout},
		{reading, io.ErrUnexpectedEOF, load.Closed},
		{reading, wrap(syscall.EIO), load.UnknownProblem},
	}
	for _, tt := range tests {
		if got, _ := classify(tt.at, tt.err); got != tt.want {
			t.Errorf("classify(%v, %v) = %q, want %q", tt.at, tt.err, got, tt.want)
		}
	}
}

func TestMessagesAreShortAndPrintable(t *testing.T) {
	for _, s := range []string{strings.Repeat("x", 1<<20), strings.Repeat("\x1b[31m\u202e\xff", 2000), "fine"} {
		checkMessage(t, fail(load.Malformed, s, nil))
	}
}

func TestOrigins(t *testing.T) {
	tests := []struct{ in, host, name, addr string }{
		{"http://Example.COM", "example.com", "example.com", "example.com:80"},
		{"https://example.com:443", "example.com", "example.com", "example.com:443"},
		{"https://example.com:80", "example.com:80", "example.com", "example.com:80"},
		{"http://[::1]:8080", "[::1]:8080", "::1", "[::1]:8080"},
		{"http://[::1]", "[::1]", "::1", "[::1]:80"},
		{"http://[fe80::1%25eth0]:81", "[fe80::1]:81", "fe80::1%eth0", "[fe80::1%eth0]:81"},
		{"http://[fe80::1%25eth0]", "[fe80::1]", "fe80::1%eth0", "[fe80::1%eth0]:80"},
	}
	for _, tt := range tests {
		o, err := parseOrigin(tt.in)
		if err != nil || o.host != tt.host || o.name != tt.name || o.addr != tt.addr {
			t.Errorf("parseOrigin(%q) = %+v, %v; want host %s, name %s, addr %s", tt.in, o, err, tt.host, tt.name, tt.addr)
		}
	}
}

func TestPlacesAreToldApart(t *testing.T) {
	tests := []struct {
		a, b string
		same bool
	}{
		{"http://target.test", "HTTP://TARGET.test:80", true},
		{"https://target.test", "https://target.test:443", true},
		{"http://target.test:443", "https://target.test", false},
		{"http://target.test", "http://target.test:81", false},
		{"http://target.test", "http://other.test", false},
	}
	for _, tt := range tests {
		a, errA := parseOrigin(tt.a)
		b, errB := parseOrigin(tt.b)
		if errA != nil || errB != nil || a.same(b) != tt.same {
			t.Errorf("%s is %s: %v (%v, %v), want %v", tt.a, tt.b, a.same(b), errA, errB, tt.same)
		}
	}
}

func TestAHostOfOnesOwnIsForTheOriginAlone(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(echo))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL+"/echo", http.StatusFound)
		case "/here":
			w.Header()["Location"] = []string{"/echo"}
			w.WriteHeader(http.StatusFound)
		default:
			echo(w, r)
		}
	}))
	defer srv.Close()
	for target, want := range map[string]string{"/here": "alias.test", "/away": strings.TrimPrefix(other.URL, "http://")} {
		each(t, Options{}, func(t *testing.T, tr load.Transport) {
			ans, err := send(tr, load.Request{Method: "GET", Origin: srv.URL, Target: target, Extra: []load.Field{{Name: "Host", Value: "alias.test"}}})
			wantOK(t, tr, ans, err, "GET /echo host="+want+" auth= cookie= type= body=")
		})
	}
}
