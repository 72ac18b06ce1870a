package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"regexp"

	"github.com/gregaria/gregaria/engine/wire"
	"github.com/gregaria/gregaria/server"
	"github.com/gregaria/gregaria/server/doors"
)

// defaultUsers is where users and tokens are kept unless --web-users says otherwise.
const defaultUsers = "gregaria-users"

// entrance is who may reach the page, as the command line has it.
type entrance struct {
	login    bool
	users    string // file; "" for none
	insecure bool   // nobody needs to log in, wherever the page is
	header   string // by which proxies say whom they have let in
	proxies  doors.Proxies
	tlsCert  string
	tlsKey   string
	audit    string
}

// closed reports whether nobody comes in without having logged in.
func (e entrance) closed() bool { return e.login || e.header != "" }

// addDoors adds the flags of who may come in.
func (f *flags) addDoors() {
	f.toggle("web-login", "", "let in only who logs in: users of --web-users by password, otherwise whoever has the link that is printed, which works once")
	f.value("web-users", "", "FILE", "", "users and tokens, as the commands user and token write them (default "+defaultUsers+", if there is one)")
	f.value("tls-cert", "", "FILE", "", "serve the page by TLS, with the certificate and its chain in this PEM file; read anew when it changes")
	f.value("tls-key", "", "FILE", "", "its private key")
	f.value("trusted-proxy", "", "NETS", "", "believe what proxies at these addresses or networks say of who sent a request: 127.0.0.1,10.0.0.0/8")
	f.several("trusted-proxy")
	f.value("auth-proxy-header", "", "NAME", "", "let in whom such a proxy names in this header, such as X-Forwarded-User, which it must set itself")
	f.value("audit-log", "", "FILE", "", "add a line of JSON to this file for each start, change, stop and login")
	f.toggle("insecure-no-login", "", "let everybody in though others reach the page: they can start load on any host")
}

var headerForm = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// leastBits is how many bits a network must fix at least for its members to say who somebody
// is: no network of one's own is larger than 10.0.0.0/8.
const leastBits = 8

// readDoors reads who may come in.
func (f *flags) readDoors() entrance {
	e := entrance{
		login: f.on("web-login"), users: f.last("web-users"), insecure: f.on("insecure-no-login"), header: f.last("auth-proxy-header"),
		tlsCert: f.last("tls-cert"), tlsKey: f.last("tls-key"), audit: f.last("audit-log"),
	}
	var err error
	if e.proxies, err = doors.ParseProxies(words(f.given["trusted-proxy"].texts)); err != nil {
		f.wrong("--trusted-proxy: %w", err)
	}
	switch {
	case e.header == "":
	case !headerForm.MatchString(e.header):
		f.wrong("--auth-proxy-header: %q is no name of a header — write for example X-Forwarded-User", e.header)
	case !f.has("trusted-proxy"):
		f.wrong("--auth-proxy-header: needs --trusted-proxy, which says whose word to take: anybody can send a header")
	default:
		for _, n := range e.proxies {
			if n.Bits() < leastBits {
				f.wrong("--trusted-proxy: %s is nearly everybody, who could all say who they are by --auth-proxy-header — write the proxy's own address or network", n)
			}
		}
	}
	switch {
	case e.tlsCert != "" && e.tlsKey == "":
		f.wrong("--tls-cert: needs --tls-key, the certificate's private key")
	case e.tlsKey != "" && e.tlsCert == "":
		f.wrong("--tls-key: needs --tls-cert, the certificate it belongs to")
	}
	switch {
	case e.closed() && e.insecure:
		f.wrong("--insecure-no-login: contradicts --web-login and --auth-proxy-header — give one or the other")
	case e.users != "" && !e.closed():
		f.wrong("--web-users: needs --web-login, or the users are not asked for")
	case e.users == "" && e.closed():
		if _, err := os.Stat(defaultUsers); err == nil {
			e.users = defaultUsers
		}
	}
	return e
}

// certificate returns what the page speaks TLS with, nil for none.
func (e entrance) certificate(log *slog.Logger) (*server.Certificate, error) {
	if e.tlsCert == "" || e.tlsKey == "" {
		return nil, nil
	}
	c, err := server.LoadCertificate(e.tlsCert, e.tlsKey, log)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert, --tls-key: %w (PEM files are needed, the key without a passphrase)", err)
	}
	return c, nil
}

// guarded returns what is wrong with letting others reach the page.
func (p *program) guarded() error {
	if e := p.opts.doors; p.opts.headless || p.loopback() || e.closed() || e.insecure {
		return nil
	}
	return fmt.Errorf("--web-host: others reach %s, and could start load on any host — add --web-login, which prints a link to log in by; "+
		"or --web-login --web-users FILE, after %s user add NAME; or --insecure-no-login, which lets everybody in", p.opts.webHost, p.Name)
}

// An opening is what becomes of an entrance once the program serves its page.
type opening struct {
	login  server.Login
	audit  *server.Audit
	scheme string
	url    string // of the page
}

// close ends all sessions.
func (o *opening) close() {
	if o.login.Keeper != nil {
		o.login.Keeper.Close()
	}
}

// openDoors opens the files of who may come in, and makes the listeners speak TLS when
// they shall.
func (p *program) openDoors(listeners []net.Listener) (*opening, []net.Listener, error) {
	e := p.opts.doors
	o := &opening{scheme: "http"}
	listeners = server.Bound(listeners, p.connections(), p.log.Logger)
	c, err := e.certificate(p.log.Logger)
	if err != nil {
		return nil, nil, err
	}
	if c != nil {
		o.scheme, listeners = "https", c.Listen(listeners)
	}
	o.url = o.scheme + pageURL(p.opts.webHost, listeners[0])[len("http"):] + p.opts.webBase
	if o.audit, err = server.NewAudit(p.log.Logger, e.audit); err != nil {
		return nil, nil, fmt.Errorf("--audit-log: %w", err)
	}
	o.login = server.Login{Form: e.login, Header: e.header, Proxies: e.proxies}
	if !e.closed() {
		return o, listeners, nil
	}
	options := doors.Options{File: e.users, Log: p.log.Logger}
	if e.login {
		// The link never goes to the log, which everybody sees on the page.
		options.Link = func(secret string) {
			fmt.Fprintf(p.Stdout, "Log in, once, by %s/login?token=%s\n", o.url, secret)
		}
	}
	o.login.Keeper, err = doors.NewKeeper(options)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("--web-users: there is no %s — make one with: %s user add NAME --web-users %[1]s", e.users, p.Name)
	case err != nil:
		return nil, nil, fmt.Errorf("--web-users: %w", err)
	}
	return o, listeners, nil
}

// connections returns how many there may be to the page, so that those of users are not
// too few.
func (p *program) connections() int { return server.Connections(wire.Spare()) }

// warn says what is not safe about how the page can be reached.
func (p *program) warn(o *opening) {
	e := p.opts.doors
	switch {
	case !e.closed() && (len(e.proxies) > 0 || p.loopback() && len(p.opts.allowedHosts) > 0):
		p.log.Warn("the page has no login: whomever the proxy lets through can start load on any host", "url", o.url)
	case p.loopback():
	case !e.closed():
		p.log.Warn("the page has no login: whoever can reach it can start load on any host", "url", o.url)
	case o.scheme == "http" && len(e.proxies) == 0:
		p.log.Warn("passwords and sessions travel in clear: add --tls-cert and --tls-key, or a proxy that speaks TLS and --trusted-proxy")
	}
}
