package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// writePair writes a self-signed certificate for shop.test, and its key, and returns its
// serial number.
func writePair(t *testing.T, cert, key string) *big.Int {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: serial, DNSNames: []string{"shop.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return serial
}

func TestACertificateIsReadAnewAndABrokenOneIsNot(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	out := &ledger{}
	if _, err := LoadCertificate(cert, key, slog.Default()); err == nil {
		t.Error("files that are not there are fine")
	}
	first := writePair(t, cert, key)
	c, err := LoadCertificate(cert, key, slog.New(slog.NewTextHandler(out, nil)))
	if err != nil {
		t.Fatal(err)
	}
	look := func() *big.Int {
		t.Helper()
		c.mu.Lock()
		c.looked = time.Time{} // as if a second had passed
		c.mu.Unlock()
		pair, err := c.latest(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber
	}
	if got := look(); got.Cmp(first) != 0 {
		t.Errorf("serial = %v, want %v", got, first)
	}
	later := time.Now().Add(time.Minute)
	change := func(text string) {
		t.Helper()
		if text != "" {
			if err := os.WriteFile(cert, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		later = later.Add(time.Second)
		for _, path := range []string{cert, key} {
			if err := os.Chtimes(path, later, later); err != nil {
				t.Fatal(err)
			}
		}
	}
	change("broken")
	for range 3 {
		if got := look(); got.Cmp(first) != 0 {
			t.Errorf("with a broken file serial = %v, want the one before: %v", got, first)
		}
	}
	if n := strings.Count(out.String(), "stays as it was"); n != 1 {
		t.Errorf("a broken file is spoken of %d times, want once:\n%s", n, out)
	}
	second := writePair(t, cert, key)
	change("")
	if got := look(); got.Cmp(second) != 0 {
		t.Errorf("after both have changed serial = %v, want %v", got, second)
	}
}

func TestByTLSThePageHasItsOwnOriginAndKeepsBrowsersThere(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	writePair(t, cert, key)
	c, err := LoadCertificate(cert, key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, Options{Hosts: []string{"shop.test"}})
	plain, err := Listen([]string{"127.0.0.1"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	address := plain[0].Addr().String()
	hs := h.http()
	served := make(chan error, 1)
	go func() { served <- hs.Serve(c.Listen(plain)[0]) }()
	defer func() { h.Close(); hs.Close(); <-served }()

	if conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	ask := func(host, path string) *http.Response {
		t.Helper()
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
		r, _ := http.NewRequest("GET", "https://"+address+path, nil)
		r.Host = host
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	_, port, _ := net.SplitHostPort(address)
	if got := ask("shop.test:"+port, "/login").Header.Get("Strict-Transport-Security"); got == "" {
		t.Error("by TLS no Strict-Transport-Security")
	}
	if got := ask("localhost:"+port, "/login").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("Strict-Transport-Security: %s for localhost, which other programs have too", got)
	}
	w := call{name: "without TLS", method: "GET", path: "/login", header: map[string]string{"Host": "shop.test"}, status: 200}.do(t, h.Server)
	if got := w.Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without TLS Strict-Transport-Security: %s", got)
	}
	if resp, err := http.Get("http://" + address + "/login"); err == nil {
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("without TLS on the port of TLS = %d, want 400", resp.StatusCode)
		}
	}
	if log := h.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("whoever speaks no TLS is an error of ours:\n%s", log)
	}
	for origin, want := range map[string]bool{"https://" + address: true, "http://" + address: false, "https://evil.test": false} {
		dialer := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		ws, _, err := dialer.Dial("wss://"+address+"/live", http.Header{"Origin": {origin}, "Authorization": {"Bearer " + h.tokens["view"]}})
		if (err == nil) != want {
			t.Errorf("a websocket from %s: %v, want success %v", origin, err, want)
		}
		if ws != nil {
			ws.Close()
		}
	}
}
