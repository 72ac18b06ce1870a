package wire

import (
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"

	"github.com/gregaria/gregaria/engine/load"
)

// Options are how the users of one run reach the target. The zero value works.
type Options struct {
	Insecure  bool        // accept any TLS certificate
	Limits    load.Limits // zero fields mean their defaults
	UserAgent string      // User-Agent of requests that do not set their own; "" means "gregaria"
	Memory    int64       // bytes for the bodies, above 1 MB each, of all users together; what does not fit is read and counted, not kept; default 256 MB
}

// A Dialer makes transports, one per user, and holds what they share. Its
// methods may be called from many goroutines.
type Dialer struct {
	opts    Options
	net     net.Dialer
	tls     *tls.Config
	memory  atomic.Int64 // what is left of Options.Memory
	scratch sync.Pool    // *[]byte of scratchSize: where bodies that are not kept go
	zips    sync.Pool    // *gzip.Reader
}

// scratchSize is how much of a body that is not kept is read at once.
const scratchSize = 32 << 10

// NewDialer returns a Dialer for one run.
func NewDialer(opts Options) *Dialer {
	opts.Limits = opts.Limits.WithDefaults()
	if opts.UserAgent == "" {
		opts.UserAgent = "gregaria"
	}
	if opts.Memory == 0 {
		opts.Memory = 256 << 20
	}
	d := &Dialer{
		opts: opts,
		net:  net.Dialer{KeepAlive: -1}, // four system calls less per connection; no answer is awaited for hours
		tls: &tls.Config{
			InsecureSkipVerify: opts.Insecure,
			ClientSessionCache: tls.NewLRUClientSessionCache(64),
		},
		scratch: sync.Pool{New: func() any { b := make([]byte, scratchSize); return &b }},
	}
	d.memory.Store(opts.Memory)
	return d
}
