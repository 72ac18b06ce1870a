package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A keyPair is a certificate that signs itself, and its key, in files.
type keyPair struct {
	cert          *x509.Certificate
	certPEM       []byte
	keyPEM        []byte
	path, keyPath string // of the certificate, of the key
	both          string // of a file with both
}

func newKeyPair(t *testing.T) keyPair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tester"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var p keyPair
	if p.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	p.certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	p.path, p.keyPath = file(t, "cert.pem", p.certPEM), file(t, "key.pem", p.keyPEM)
	p.both = file(t, "both.pem", append(p.certPEM, p.keyPEM...))
	return p
}

// file writes a file in a folder of its own and returns its path.
func file(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newTLSTarget returns a target that answers only to whoever has the certificate of
// pair, and the file with its own.
func newTLSTarget(t *testing.T, pair keyPair) (tg *httptest.Server, cacert string) {
	tg = httptest.NewUnstartedServer(http.HandlerFunc(fine))
	clients := x509.NewCertPool()
	clients.AddCert(pair.cert)
	tg.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}
	tg.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // refusals are what it is for
	tg.StartTLS()
	t.Cleanup(tg.Close)
	return tg, file(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tg.Certificate().Raw}))
}

func TestCertificates(t *testing.T) {
	pair := newKeyPair(t)
	tg, cacert := newTLSTarget(t, pair)
	for name, test := range map[string]struct {
		args   []string
		status int
		out    string // a match in stdout
	}{
		"all that is needed": {[]string{"--cacert", cacert, "--cert", pair.path, "--key", pair.keyPath}, 0, `Aggregated`},
		"one file for both":  {[]string{"--cacert", cacert, "--cert", pair.both}, 0, `Aggregated`},
		"no certificate":     {[]string{"--cacert", cacert}, 1, `(?s)Error report.*tls`},
		"unknown authority":  {[]string{"--cert", pair.both}, 1, `(?s)Error report.*tls`},
		"insecure":           {[]string{"--insecure", "--cert", pair.both}, 0, `Aggregated`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := launch(t, nil, append([]string{"--headless", "-i", "3", "-H", tg.URL, "rich", "-T", "ask"}, test.args...)...)
			c.exits(t, test.status)
			c.out.find(t, test.out)
		})
	}
}

// Certificates are read before anything runs, and all mistakes are reported.
func TestConnectionMistakes(t *testing.T) {
	pair, other := newKeyPair(t), newKeyPair(t)
	gone := filepath.Join(t.TempDir(), "gone.pem")
	empty := file(t, "empty.pem", nil)
	const form = " (PEM files are needed, the key without a passphrase)"
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--cacert", gone, "--cert", gone, "--key", gone}, fmt.Sprintf(
			"--cacert: open %[1]s: no such file or directory\n--cert: open %[1]s: no such file or directory\n--key: open %[1]s: no such file or directory", gone)},
		{[]string{"--cacert", empty}, "--cacert: " + empty + " holds no certificate in PEM form"},
		{[]string{"--cacert", pair.keyPath}, "--cacert: " + pair.keyPath + " holds no certificate in PEM form"},
		{[]string{"--key", pair.keyPath}, "--key: needs --cert, the certificate it belongs to"},
		{[]string{"--cert", pair.path, "--key", other.keyPath}, "--cert, --key: private key does not match public key" + form},
		{[]string{"--cert", empty, "--key", other.keyPath}, "--cert, --key: failed to find any PEM data in certificate input" + form},
		{[]string{"--cert", pair.path, "--key", pair.path}, `--cert, --key: found a certificate rather than a key in the PEM for the private key` + form},
		{[]string{"--cert", pair.path}, `--cert, --key: found a certificate rather than a key in the PEM for the private key` + form},
		{[]string{"--proxy", "ftp://user:s3cret@x.test", "--timeout", "0", "--connect-timeout", "soon", "--max-body", "much"}, `--timeout: 0 is out of range — from 1ms to 24h
--connect-timeout: "soon" is not a time — write for example 500ms, 20 or 2m
--max-body: "much" is not a size — write for example 1000, 500kB, 64MB or 1GB
--proxy: the scheme is none of those known; want http://host:port, https://host:port, socks5://host:port, "env" or nothing`},
	} {
		var out, errs transcript
		status := Run(t.Context(), testSuite, Env{Name: "gregaria", Args: append(test.args, "-H", "http://x.test"), Stdout: &out, Stderr: &errs})
		want := "gregaria: " + strings.ReplaceAll(test.want, "\n", "\ngregaria: ") + "\n"
		if status != 2 || errs.String() != want || out.String() != "" {
			t.Errorf("%q: status %d, stdout %q, stderr\n%s\nwant 2, nothing,\n%s", test.args, status, out.String(), errs.String(), want)
		}
	}
}

func TestProxy(t *testing.T) {
	asked := make(chan string, 1)
	proxy := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.URL.String():
		default:
		}
		io.WriteString(w, "by proxy")
	})
	t.Setenv("HTTP_PROXY", proxy.URL)
	for _, value := range []string{proxy.URL, "env"} {
		c := launch(t, nil, "--headless", "-i", "2", "-H", "http://target.test", "--proxy", value, "rich", "-T", "ask")
		c.exits(t, 0)
		var got string
		select {
		case got = <-asked:
		default:
		}
		if want := "http://target.test/ask/small"; got != want {
			t.Errorf("--proxy %s: the proxy was asked for %q, want %s", value, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	slow := newTarget(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	big := newTarget(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 2<<10)) })
	for _, test := range []struct {
		args   []string
		status int
		out    string
	}{
		{[]string{"--timeout", "50ms", "-H", slow.URL}, 1, `(?s)Error report.*timeout`},
		{[]string{"--max-body", "1kB", "-H", big.URL}, 1, `(?s)Error report.*body`},
		{[]string{"--max-body", "2kB", "-H", big.URL}, 0, `Aggregated`},
	} {
		c := launch(t, nil, append(test.args, "--headless", "-i", "2", "rich", "-T", "ask")...)
		c.exits(t, test.status)
		c.out.find(t, test.out)
	}
}
