package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"sync"
	"sync/atomic"

	"github.com/gregaria/gregaria/engine/load"
)

// Options are how the users of one run reach the target. The zero value works.
type Options struct {
	Insecure  bool                        // accept any TLS certificate
	Policy    Policy                      // what may be connected to; the address is judged that is dialled, redirects included
	Turn      func(context.Context) error // waits for the turn of each request, redirects included; what it takes is part of no time; nil means at once
	Limits    load.Limits                 // zero fields mean their defaults
	UserAgent string                      // User-Agent of requests that do not set their own; "" means "gregaria"
	Proxy     string                      // URL of a proxy for all requests, http://, https:// or socks5://; "" means none, "env" the one that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. Requests go by net/http then. See CheckProxy
	Certs     []tls.Certificate           // shown to targets that ask for one
	Roots     *x509.CertPool              // who may vouch for targets; nil means the system's
	Resolver  *net.Resolver               // nil means the system's
	Memory    int64                       // bytes for the bodies, above 1 MB each, of all users together; what does not fit is read and counted, not kept; default 256 MB
}

// A Dialer makes transports, one per user, and holds what they share. Its
// methods may be called from many goroutines.
type Dialer struct {
	opts    Options
	tls     *tls.Config
	proxy   chooser
	names   names
	dialTCP dialFunc

	open atomic.Int64 // sockets that are open or being opened
	most int64        // as many may be

	mu      sync.RWMutex       // guards origins
	origins map[string]*origin // by the text that requests name them with

	memory  atomic.Int64 // what is left of Options.Memory
	tools   sync.Pool    // *tools
	scratch sync.Pool    // *[]byte of scratchSize: where bodies that are not kept go
	pieces  sync.Pool    // *[]byte of inSize: where net/http's bodies for Each go
	zips    sync.Pool    // *gzip.Reader
}

// scratchSize is how much of a body that is not kept is read at once.
const scratchSize = 32 << 10

// NewDialer returns a Dialer for one run. With a proxy that CheckProxy refuses,
// no request can be sent.
func NewDialer(opts Options) *Dialer {
	opts.Limits = opts.Limits.WithDefaults()
	if opts.UserAgent == "" {
		opts.UserAgent = "gregaria"
	}
	if opts.Memory == 0 {
		opts.Memory = 256 << 20
	}
	if opts.Resolver == nil {
		opts.Resolver = net.DefaultResolver
	}
	d := &Dialer{
		opts: opts,
		tls: &tls.Config{
			InsecureSkipVerify: opts.Insecure,
			Certificates:       opts.Certs,
			RootCAs:            opts.Roots,
			ClientSessionCache: tls.NewLRUClientSessionCache(64),
		},
		proxy: proxyOf(opts.Proxy),
		names: names{resolver: opts.Resolver, known: map[string]*listing{}},
		// No keep-alive probes: four system calls less per connection, and no
		// answer is awaited for hours.
		dialTCP: (&net.Dialer{KeepAlive: -1}).DialContext,
		most:    mostSockets(descriptors()),
		origins: map[string]*origin{},
		scratch: sync.Pool{New: func() any { b := make([]byte, scratchSize); return &b }},
		pieces:  sync.Pool{New: func() any { b := make([]byte, inSize); return &b }},
	}
	d.tools.New = func() any { return &tools{body: body{d: d}} }
	d.memory.Store(opts.Memory)
	return d
}

// HTTP1 returns the fast transport for one user. With a proxy it is net/http's,
// which then speaks HTTP/1.1 only.
func (d *Dialer) HTTP1() load.Transport {
	if d.proxy != nil {
		return &standard{d: d, body: body{d: d}}
	}
	return &http1{d: d}
}

// Standard returns net/http's transport for one user.
func (d *Dialer) Standard() load.Transport {
	return &standard{d: d, http2: true, body: body{d: d}}
}

// Open returns how many sockets the users hold, and how many they may: the
// process's limit on open files less a reserve of 128, or of half the limit when
// that is small. A user that would need one more gets an error of class
// load.Descriptors.
func (d *Dialer) Open() (open, most int64) { return d.open.Load(), d.most }

// origin returns the origin that text, "scheme://authority", names.
func (d *Dialer) origin(text string) (*origin, error) {
	d.mu.RLock()
	o := d.origins[text]
	d.mu.RUnlock()
	if o != nil {
		return o, nil
	}
	o, err := parseOrigin(text)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if same := d.origins[text]; same != nil {
		return same, nil
	}
	const most = 1000 // a run has few
	if len(d.origins) < most {
		d.origins[text] = o
	}
	return o, nil
}

// tlsTo returns the TLS settings for connections of the fast transport to o.
func (d *Dialer) tlsTo(o *origin) *tls.Config {
	config := o.tls.Load()
	if config == nil {
		config = d.tls.Clone()
		config.ServerName = o.name
		config.NextProtos = []string{"http/1.1"}
		o.tls.Store(config)
	}
	return config
}
