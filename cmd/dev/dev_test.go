//go:build unix

package dev_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gregaria/gregaria/cmd/dev"
	"github.com/gregaria/gregaria/cmd/modtest"
	"github.com/gregaria/gregaria/engine/leaks"
	"github.com/gregaria/gregaria/server"
)

// parentVariable in the environment makes this binary gregaria dev in the folder it is
// started in, with its page at the listener that it inherits.
const parentVariable = "GREGARIA_TEST_PARENT"

// patience returns until when a test waits for what must happen: a build may take long on
// a machine that has much else to do.
func patience(t *testing.T) time.Time {
	if end, ok := t.Deadline(); ok {
		return end.Add(-10 * time.Second) // to say what did not
	}
	return time.Now().Add(time.Hour)
}

func TestMain(m *testing.M) {
	if _, ok := os.LookupEnv(parentVariable); ok {
		os.Unsetenv(parentVariable)
		l, err := net.FileListener(os.NewFile(3, "listener"))
		if err == nil {
			err = dev.Run(context.Background(), options(l, os.Stderr))
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	leaks.Main(m, modtest.Home())
}

func options(l net.Listener, log io.Writer) dev.Options {
	return dev.Options{Package: ".", Listeners: []net.Listener{l}, Private: true, Environ: os.Environ(), Stdout: log, Stderr: log}
}

// A module is a program of scenarios that is being worked on.
type module struct {
	t   *testing.T
	url string
	log journal
}

// A journal is what has been written so far.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

const source = `package main

import (
	"os"

	"github.com/gregaria/gregaria/cmd/cli"
	"github.com/gregaria/gregaria/engine/load"
)

type shopper struct{}

func (s *shopper) look(u *load.User) error { return u.Get("/healthz").Err() }

var shop = load.Scenario[shopper]{Name: "shop", Tasks: []load.Task[shopper]{{Run: (*shopper).look}}}

func main() {
	_ = os.Args // PLACE
	cli.Main(load.Suite{Scenarios: []load.Planner{shop}})
}
`

// newModule makes a module in the current folder, which is a new one, that needs what this
// one does.
func newModule(t *testing.T) *module {
	t.Helper()
	dir := modtest.New(t, "shop")
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "-mod=mod -ldflags=-w")
	m := &module{t: t}
	m.save()
	modtest.Go(t, dir, "build", "-o", os.DevNull) // so that later builds take no longer than a link
	return m
}

// save writes the source with something else in some places.
func (m *module) save(replace ...string) {
	m.t.Helper()
	modtest.Write(m.t, ".", "shop.go", strings.NewReplacer(replace...).Replace(source))
}

// ask returns what the page answers at a path, to a browser.
func (m *module) ask(path string) (status int, body string, err error) {
	req, err := http.NewRequest(http.MethodGet, m.url+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Accept", "text/html")
	req.Close = true // as if it was the first
	return m.do(req)
}

func (m *module) do(req *http.Request) (status int, body string, err error) {
	tr := &http.Transport{TLSClientConfig: trusting, DisableKeepAlives: true}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// post gives a command.
func (m *module) post(path, form string) {
	m.t.Helper()
	req, err := http.NewRequest(http.MethodPost, m.url+path, strings.NewReader(form))
	if err != nil {
		m.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Close = true
	if status, body, err := m.do(req); err != nil || status != http.StatusOK {
		m.t.Fatalf("POST %s %s: %d, %v: %s", path, form, status, err, body)
	}
}

// until waits until the page answers at a path with a status and a text, or without it
// when that begins with "no ".
func (m *module) until(path string, want int, text string) {
	m.t.Helper()
	without, not := strings.CutPrefix(text, "no ")
	for deadline := patience(m.t); ; time.Sleep(50 * time.Millisecond) {
		status, body, err := m.ask(path)
		if err == nil && status == want && strings.Contains(body, without) != not {
			return
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("GET %s = %d, %v, want %d with %q:\n%s\nlog:\n%s", path, status, err, want, text, body, m.log.String())
		}
	}
}

func (m *module) requests() (n int64, state string) {
	m.t.Helper()
	var r struct {
		State string
		Stats []struct {
			Requests int64 `json:"num_requests"`
		}
	}
	_, body, err := m.ask("/stats/requests")
	if err == nil {
		err = json.Unmarshal([]byte(body), &r)
	}
	if err != nil || len(r.Stats) == 0 {
		m.t.Fatalf("GET /stats/requests: %v: %s", err, body)
	}
	return r.Stats[len(r.Stats)-1].Requests, r.State
}

func TestAProgramIsRebuiltWhileItsPageStays(t *testing.T) {
	m := newModule(t)
	m.save("u.Get", "u.Gte")
	listeners, err := server.Listen([]string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	m.url = "http://" + listeners[0].Addr().String()
	ctx, end := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- dev.Run(ctx, options(listeners[0], &m.log)) }()
	defer func() {
		end()
		if err := <-over; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if _, _, err := m.ask("/"); err == nil {
			t.Error("the page answers after the end")
		}
	}()

	// Someone connects all the time and is never turned away.
	knocking, leave := context.WithCancel(t.Context())
	knocks := make(chan string, 1)
	go func() {
		n, failed := 0, ""
		for knocking.Err() == nil {
			if _, _, err := m.ask("/healthz"); err != nil {
				failed += fmt.Sprintf("\nknock %d at %s: %v", n, time.Now().Format("15:04:05.000"), err)
			}
			n++
		}
		knocks <- failed
	}()

	m.until("/", http.StatusServiceUnavailable, "shop.go:12:55: u.Gte undefined")
	m.save()
	m.until("/tasks", http.StatusOK, "shop")
	m.post("/swarm", "user_count=7&spawn_rate=70&iterations=20&host="+url.QueryEscape(m.url))
	m.until("/stats/requests", http.StatusOK, `"state":"stopped"`)

	kept := func(when string) {
		t.Helper()
		if n, state := m.requests(); n != 20 || state != "stopped" {
			t.Errorf("%s: %d requests, %s, want the 20 of the run that is stopped", when, n, state)
		}
	}
	late := []string{"[]load.Planner{shop}", "[]load.Planner{shop, late}", "func main", "var late = load.Scenario[shopper]{Name: \"late\", Tasks: shop.Tasks}\n\nfunc main"}
	m.save(late...)
	m.until("/?form=new", http.StatusOK, `value="late"`)
	kept("with one scenario more")
	m.until("/?form=new", http.StatusOK, `name="user_count" value="7"`)

	m.save("u.Get", "u.Gte")
	m.until("/", http.StatusOK, "shop.go:12:55: u.Gte undefined")
	kept("while it does not build")
	m.save("{shop}", "{shop, shop}")
	m.until("/", http.StatusOK, "The latest change does not start")
	kept("while it does not start")
	m.save(late...)
	m.until("/", http.StatusOK, `no id="rebuild"`)

	// A run is not cut short.
	m.post("/swarm", "user_count=1&spawn_rate=1&user_classes=shop&host="+url.QueryEscape(m.url))
	m.save("\"shop\"", "\"mall\"")
	m.until("/", http.StatusOK, "restarts when the run is over")
	if _, state := m.requests(); state != "running" && state != "spawning" {
		t.Errorf("the run is %s when the program has been rebuilt, want it to go on", state)
	}
	m.post("/stop", "")
	m.until("/?form=new", http.StatusOK, `value="mall"`)
	m.until("/", http.StatusOK, "stopped by the operator")

	// What ends in spite of a good start is shown too.
	m.save("_ = os.Args", `if len(os.Args) < 2 { panic("nobody is in") }`)
	m.until("/stats/requests", http.StatusServiceUnavailable, "")
	m.until("/", http.StatusServiceUnavailable, "panic: nobody is in")
	m.save()
	m.until("/", http.StatusOK, "stopped by the operator")

	leave()
	if failed := <-knocks; failed != "" {
		t.Errorf("connections were turned away:%s\nlog:\n%s", failed, m.log.String())
	}
}

// The page is the same to a browser whether the program answers or what waits for it, by
// TLS as well, and connections that browsers have opened ahead keep neither up.
func TestTheWaitingPageSpeaksTLSAsTheProgramDoes(t *testing.T) {
	m := newModule(t)
	m.save("u.Get", "u.Gte")
	selfSigned(t)
	certificate, err := server.LoadCertificate("cert.pem", "key.pem", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	listeners, err := server.Listen([]string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	at := listeners[0].Addr().String()
	m.url = "https://" + at
	opts := options(listeners[0], &m.log)
	opts.Args = []string{"--tls-cert", "cert.pem", "--tls-key", "key.pem"}
	opts.Secure = certificate.Listen
	ctx, end := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- dev.Run(ctx, opts) }()
	defer func() {
		end()
		if err := <-over; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	}()
	ahead := func() {
		t.Helper()
		c, err := tls.Dial("tcp", at, trusting)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	m.until("/", http.StatusServiceUnavailable, "shop.go:12:55: u.Gte undefined")
	ahead()
	m.save()
	m.until("/tasks", http.StatusOK, "shop")
	ahead()
	m.save("\"shop\"", "\"mall\"")
	m.until("/tasks", http.StatusOK, "mall")
	ahead()
	m.save("_ = os.Args", `if len(os.Args) < 6 { panic("nobody is in") }`)
	m.until("/", http.StatusServiceUnavailable, "panic: nobody is in")
	if said := m.log.String(); strings.Contains(said, "TLS handshake error") {
		t.Errorf("the console is full of handshakes:\n%s", said)
	}
}

// trusting takes every certificate.
var trusting = &tls.Config{InsecureSkipVerify: true}

// selfSigned writes a certificate for this machine, and its key.
func selfSigned(t *testing.T) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	modtest.Write(t, ".", "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	modtest.Write(t, ".", "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

func TestAProgramEndsWithItsParentHoweverThatEnds(t *testing.T) {
	m := newModule(t)
	m.save()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.url = "http://" + free.Addr().String()
	listener, err := free.(*net.TCPListener).File()
	free.Close()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self)
	parent.Env = append(os.Environ(), parentVariable+"=yes", "TMPDIR="+t.TempDir())
	parent.ExtraFiles = []*os.File{listener}
	parent.Stderr, parent.WaitDelay = &m.log, time.Second
	err = parent.Start()
	listener.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer parent.Wait()
	defer parent.Process.Kill()
	m.until("/tasks", http.StatusOK, "shop")
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := patience(t); ; time.Sleep(20 * time.Millisecond) {
		if _, _, err := m.ask("/"); err != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the program still serves after its parent was killed; log:\n%s", m.log.String())
		}
	}
}
