package wire

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

// A proxy passes connections on and notes what it was asked for.
type proxy struct {
	target string // where connections go, whatever they ask for
	answer int    // instead of 200, unless 0

	mu    sync.Mutex
	asked []string
	conns []net.Conn
	all   sync.WaitGroup
}

// took returns what p was asked for since the last call.
func (p *proxy) took() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.asked = nil }()
	return strings.Join(p.asked, ", ")
}

func (p *proxy) note(format string, args ...any) {
	p.mu.Lock()
	p.asked = append(p.asked, fmt.Sprintf(format, args...))
	p.mu.Unlock()
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.note("%s %s %s", r.Method, r.RequestURI, r.Header.Get("Proxy-Authorization"))
	if p.answer != 0 {
		w.WriteHeader(p.answer)
		return
	}
	if r.Method != http.MethodConnect {
		io.WriteString(w, "by proxy "+r.Proto)
		return
	}
	c, buf, err := http.NewResponseController(w).Hijack()
	if err == nil {
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		p.join(c, buf.Reader)
	}
}

// join connects c, of which r is the reading end, with the target.
func (p *proxy) join(c net.Conn, r io.Reader) {
	to, err := net.Dial("tcp", p.target)
	if err != nil {
		c.Close()
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, c, to)
	p.mu.Unlock()
	p.all.Go(func() { io.Copy(to, r); to.Close() })
	p.all.Go(func() { io.Copy(c, to); c.Close() })
}

// serveSOCKS serves version 5 of SOCKS, without a password, see RFC 1928.
func (p *proxy) serveSOCKS(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		r := bufio.NewReader(c)
		head := make([]byte, 2) // the version, and how many methods
		io.ReadFull(r, head)
		r.Discard(int(head[1]))
		c.Write([]byte{5, 0})
		head = make([]byte, 5) // the version, to connect, reserved, a name or else an address, its length
		io.ReadFull(r, head)
		host := make([]byte, head[4])
		if head[3] == 1 {
			host = []byte{head[4], 0, 0, 0}
			io.ReadFull(r, host[1:])
			p.note("SOCKS %s", net.IP(host))
		} else {
			io.ReadFull(r, host)
			p.note("SOCKS %s", host)
		}
		var port uint16
		binary.Read(r, binary.BigEndian, &port)
		c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		p.join(c, r)
	}
}

// start starts p under the given scheme and returns its URL.
func (p *proxy) start(t *testing.T, scheme string) string {
	t.Helper()
	t.Cleanup(func() {
		for _, c := range p.conns {
			c.Close()
		}
		p.all.Wait()
	})
	switch scheme {
	case "socks5":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p.all.Go(func() { p.serveSOCKS(l) })
		t.Cleanup(func() { l.Close() })
		return "socks5://" + l.Addr().String()
	case "https":
		srv := httptest.NewTLSServer(p)
		t.Cleanup(srv.Close)
		return srv.URL
	}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestAllRequestsGoByTheProxy(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	defer plain.Close()
	secure := quiet(t, true)
	tests := []struct {
		proxy, origin   string
		asked           string
		http1, standard string // who answers
	}{
		{"http", "http://target.test", "GET http://target.test/ ", "by proxy HTTP/1.1", "by proxy HTTP/1.1"},
		{"http", "https://target.test", "CONNECT target.test:443 ", "HTTP/1.1", "HTTP/2.0"},
		{"https", "http://target.test:81", "GET http://target.test:81/ ", "by proxy HTTP/1.1", "by proxy HTTP/1.1"},
		{"https", "https://target.test", "CONNECT target.test:443 ", "HTTP/1.1", "HTTP/2.0"},
		{"socks5", "http://target.test", "SOCKS target.test", "HTTP/1.1", "HTTP/1.1"},
		{"socks5", "http://192.0.2.1", "SOCKS 192.0.2.1", "HTTP/1.1", "HTTP/1.1"},
		{"socks5", "https://target.test", "SOCKS target.test", "HTTP/1.1", "HTTP/2.0"},
	}
	for _, tt := range tests {
		t.Run(tt.proxy+" to "+tt.origin, func(t *testing.T) {
			for _, k := range transports {
				t.Run(k.name, func(t *testing.T) {
					p := &proxy{target: plain.Listener.Addr().String()}
					if strings.HasPrefix(tt.origin, "https") {
						p.target = secure.Listener.Addr().String()
					}
					d := NewDialer(Options{Insecure: true, Proxy: p.start(t, tt.proxy)})
					tr := k.make(d)
					defer tr.Close()
					want := tt.http1
					if k.name == "standard" {
						want = tt.standard
					}
					ans, err := get(tr, tt.origin)
					wantOK(t, tr, ans, err, want)
					if got := p.took(); got != tt.asked {
						t.Errorf("the proxy was asked %q, want %q", got, tt.asked)
					}
					if ans.Dial == nil || ans.Dial.Connect <= 0 || ans.Dial.DNS != 0 || (ans.Dial.TLS > 0) != (tt.proxy == "https" || strings.HasPrefix(tt.origin, "https")) {
						t.Errorf("Dial %+v, want what connecting to the proxy cost", ans.Dial)
					}
					if open, _ := d.Open(); open != 1 {
						t.Errorf("%d sockets are open, want one", open)
					}
				})
			}
		})
	}
}

func TestTheProxyIsTold(t *testing.T) {
	p := new(proxy)
	u := strings.Replace(p.start(t, "http"), "http://", "http://user:secret@", 1)
	each(t, Options{Proxy: u}, func(t *testing.T, tr load.Transport) {
		if _, err := get(tr, "http://target.test"); err != nil {
			t.Fatal(err)
		}
		if got, want := p.took(), "GET http://target.test/ Basic dXNlcjpzZWNyZXQ="; got != want {
			t.Errorf("the proxy was asked %q, want %q", got, want)
		}
	})
}

func TestAProxyThatWillNot(t *testing.T) {
	p := &proxy{answer: http.StatusProxyAuthRequired}
	each(t, Options{Proxy: p.start(t, "http")}, func(t *testing.T, tr load.Transport) {
		_, err := get(tr, "https://target.test")
		wantClass(t, err, load.UnknownProblem)
		if want := "network: the proxy answers 407 Proxy Authentication Required"; err.Error() != want {
			t.Errorf("Send: %v, want %s", err, want)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	each(t, Options{Proxy: "http://" + l.Addr().String()}, func(t *testing.T, tr load.Transport) {
		_, err := get(tr, "http://target.test")
		wantClass(t, err, load.Refused)
		if !strings.Contains(err.Error(), l.Addr().String()) {
			t.Errorf("Send: %v, want the proxy's address", err)
		}
	})
}

func TestProxiesAreChecked(t *testing.T) {
	tests := map[string]string{
		"":                                "",
		"env":                             "",
		"http://proxy":                    "",
		"http://proxy:3128/":              "",
		"https://user:secret@proxy:3128":  "",
		"socks5://[::1]:1080":             "",
		"proxy:3128":                      "the scheme is none of those known",
		"127.0.0.1:3128":                  "colon",
		"ftp://proxy":                     "the scheme is none of those known",
		"http://":                         "there is no host",
		"http://:3128":                    "there is no host",
		"http://user:secret@proxy:0":      `port "0" is not usable`,
		"http://user:secret@proxy:70000":  `port "70000" is not usable`,
		"http://user:secret@proxy/a?b":    "something follows the host",
		"http://user:secret@pro xy":       "invalid character",
		"http://user:secret@proxy:port":   "invalid port",
		"socks4://user:secret@proxy:3128": "the scheme is none of those known",
	}
	for text, want := range tests {
		err := CheckProxy(text)
		if (err != nil) != (want != "") || err != nil && (!strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "want http://host:port")) {
			t.Errorf("CheckProxy(%q) = %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("CheckProxy(%q) = %v, which tells the password", text, err)
		}
	}
}

func TestAProxyThatIsNoneStopsAllRequests(t *testing.T) {
	tg := serve(t, func(c *peer, n int) { c.hang() })
	each(t, Options{Proxy: "gopher://proxy"}, func(t *testing.T, tr load.Transport) {
		_, err := get(tr, tg.origin)
		wantClass(t, err, load.UnusableRequest)
		if len(tg.dials) > 0 {
			t.Error("the request was sent without a proxy")
		}
	})
}

// net/http reads the environment once in the life of a process.
func TestTheEnvironmentNamesAProxyOnlyIfAsked(t *testing.T) {
	if !alone(t) {
		return
	}
	p := new(proxy)
	t.Setenv("HTTP_PROXY", p.start(t, "http"))
	tg := serve(t, func(c *peer, n int) {
		for c.request() != nil {
			c.say(ok)
		}
	})
	origin := strings.Replace(tg.origin, "127.0.0.1", "target.test", 1)
	opts := Options{Resolver: only("127.0.0.1").listen(t)}
	each(t, opts, func(t *testing.T, tr load.Transport) {
		ans, err := get(tr, origin)
		wantOK(t, tr, ans, err, "ok")
	})
	if got := p.took(); got != "" {
		t.Errorf("the proxy was asked %q, want nothing", got)
	}
	opts.Proxy = "env"
	each(t, opts, func(t *testing.T, tr load.Transport) {
		ans, err := get(tr, origin)
		wantOK(t, tr, ans, err, "by proxy HTTP/1.1")
	})
}

func TestCertificatesAreShown(t *testing.T) {
	want := map[string]string{"http1": "1 by HTTP/1.1", "standard": "1 by HTTP/2.0"}
	for version, name := range map[uint16]string{tls.VersionTLS12: "TLS 1.2", tls.VersionTLS13: "TLS 1.3"} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%d by %s", len(r.TLS.PeerCertificates), r.Proto)
		}))
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: version}
		srv.EnableHTTP2 = true
		srv.StartTLS()
		defer srv.Close()
		roots := x509.NewCertPool()
		roots.AddCert(srv.Certificate())
		for _, k := range transports {
			t.Run(name+" "+k.name, func(t *testing.T) {
				tr := k.make(NewDialer(Options{Roots: roots, Certs: srv.TLS.Certificates}))
				defer tr.Close()
				ans, err := get(tr, srv.URL)
				wantOK(t, tr, ans, err, want[k.name])

				without := k.make(NewDialer(Options{Roots: roots}))
				defer without.Close()
				_, err = get(without, srv.URL)
				// In TLS 1.3 the target says so only after the handshake, and what it
				// says may be lost when it closes the connection upon a request.
				if class := classOf(err); class != load.TLS && (version == tls.VersionTLS12 || class != load.Reset) {
					t.Errorf("Send without one: %v (class %q), want class %q", err, class, load.TLS)
				}
				checkMessage(t, err)
			})
		}
	}
}
