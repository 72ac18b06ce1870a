package cli

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/load"
	"github.com/gregaria/gregaria/engine/wire"
)

// addConnection adds the flags of how the target is reached.
func (f *flags) addConnection() {
	standard := load.Limits{}.WithDefaults()
	f.value("timeout", "", "TIME", standard.Response.String(), "how long an answer may take: 500ms, 5s, 2m")
	f.value("connect-timeout", "", "TIME", standard.Connect.String(), "how long connecting may take, TLS included")
	f.value("max-body", "", "SIZE", fmt.Sprintf("%dMB", standard.Body>>20), "largest body of an answer: 500kB, 64MB, 1GB")
	f.value("proxy", "", "URL", "", "send requests by this proxy, http://, https:// or socks5://; env stands for what HTTP_PROXY, HTTPS_PROXY and NO_PROXY name")
	f.value("cacert", "", "FILE", "", "trust the authorities in this PEM file, instead of the system's")
	f.value("cert", "", "FILE", "", "show the certificate in this PEM file to a target that asks for one")
	f.value("key", "", "FILE", "", "its private key, where that is a file of its own")
	f.toggle("insecure", "", "accept any TLS certificate")
}

// wire reads how the target is reached, files included.
func (f *flags) wire() wire.Options {
	o := wire.Options{Proxy: f.last("proxy"), UserAgent: "gregaria/" + thisBuild().version}
	o.Limits.Response = f.timeout("timeout")
	o.Limits.Connect = f.timeout("connect-timeout")
	o.Limits.Body = read(f, "max-body", parseSize)
	o.Roots = read(f, "cacert", readRoots)
	o.Certs = f.certificates()
	if err := wire.CheckProxy(o.Proxy); err != nil {
		f.wrong("--%w", err) // which begins with "proxy: "
	}
	return o
}

// timeout reads a time span that may be shorter than a second.
func (f *flags) timeout(name string) time.Duration {
	text := strings.TrimSpace(f.last(name))
	d, err := time.ParseDuration(text)
	if seconds, notSeconds := strconv.ParseUint(text, 10, 32); notSeconds == nil {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	switch {
	case err != nil:
		f.wrong("--%s: %q is not a time — write for example 500ms, 20 or 2m", name, text)
	case d < time.Millisecond || d > 24*time.Hour:
		f.wrong("--%s: %s is out of range — from 1ms to 24h", name, text)
	}
	return d
}

var (
	sizeForm = regexp.MustCompile(`^(?i)(\d{1,12})\s*([kMG]?)B?$`)
	sizeUnit = map[string]int64{"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
)

const maxSize = 1 << 40

// parseSize reads a number of bytes: 1000, 500kB, 64MB, 1GB.
func parseSize(text string) (int64, error) {
	m := sizeForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return 0, fmt.Errorf("--max-body: %q is not a size — write for example 1000, 500kB, 64MB or 1GB", text)
	}
	n, _ := strconv.ParseInt(m[1], 10, 64) // has at most 12 digits
	unit := sizeUnit[strings.ToLower(m[2])]
	if n < 1 || n > maxSize/unit {
		return 0, fmt.Errorf("--max-body: %s is out of range — from 1 byte to 1024GB", text)
	}
	return n * unit, nil
}

// readRoots returns the authorities in a file, nil without one.
func readRoots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--cacert: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--cacert: %s holds no certificate in PEM form", path)
	}
	return pool, nil
}

// certificates returns the certificate of --cert with the key of --key, which may be
// in the same file.
func (f *flags) certificates() []tls.Certificate {
	switch {
	case !f.has("cert") && !f.has("key"):
		return nil
	case !f.has("cert"):
		f.wrong("--key: needs --cert, the certificate it belongs to")
		return nil
	}
	cert, certErr := os.ReadFile(f.last("cert"))
	if certErr != nil {
		f.wrong("--cert: %w", certErr)
	}
	key, keyErr := cert, error(nil)
	if f.has("key") {
		if key, keyErr = os.ReadFile(f.last("key")); keyErr != nil {
			f.wrong("--key: %w", keyErr)
		}
	}
	if certErr != nil || keyErr != nil {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		f.wrong("--cert, --key: %s (PEM files are needed, the key without a passphrase)", strings.TrimPrefix(err.Error(), "tls: "))
	}
	return []tls.Certificate{pair}
}
