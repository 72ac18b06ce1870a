package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// A Certificate is what the page proves its identity by: a pair of PEM files, which may
// change at any time.
type Certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	seen   [2]fileState
	looked time.Time
}

// A fileState tells two contents of a file apart.
type fileState struct {
	size int64
	time time.Time
}

func stateOf(path string) fileState {
	info, err := os.Stat(path)
	if err != nil {
		return fileState{}
	}
	return fileState{info.Size(), info.ModTime()}
}

// LoadCertificate reads a certificate with its chain, and its key.
func LoadCertificate(cert, key string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, log: log}
	c.seen = [2]fileState{stateOf(cert), stateOf(key)}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("load %s and %s: %w", c.cert, c.key, err)
	}
	c.pair = &pair
	return nil
}

// latest returns the pair of the files as they are, or the last one that was whole: who
// replaces them does so one after the other.
func (c *Certificate) latest(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Sub(c.looked) < time.Second {
		return c.pair, nil
	}
	c.looked = now
	found := [2]fileState{stateOf(c.cert), stateOf(c.key)}
	if found == c.seen {
		return c.pair, nil
	}
	c.seen = found
	if err := c.load(); err != nil {
		c.log.Error("the certificate stays as it was: its files cannot be read", "err", err)
	} else {
		c.log.Info("certificate read anew", "file", c.cert)
	}
	return c.pair, nil
}

// Listen makes listeners speak TLS, and HTTP/1.1 by it. HTTP/2 would bring the page nothing:
// it is one document, few files that browsers keep, and a websocket, for which they open a
// connection of HTTP/1.1 anyway. It would cost much: what bounds connections, bytes and
// seconds here bounds them for each connection, of which HTTP/2 makes hundreds of requests
// at once.
func (c *Certificate) Listen(listeners []net.Listener) []net.Listener {
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.latest, NextProtos: []string{"http/1.1"}}
	secure := make([]net.Listener, len(listeners))
	for i, l := range listeners {
		secure[i] = tls.NewListener(l, config)
	}
	return secure
}
