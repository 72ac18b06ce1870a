package traffic

import (
	"net"
	"slices"
	"strings"
)

// valued are curl's options that have a value, and bare those that have none.
var (
	valued = set(`
	abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to continue-at cookie cookie-jar
	create-file-mode crlfile curves data data-ascii data-binary data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr
	dns-servers doh-url dump-header ech egd-file engine etag-compare etag-save expand-url expect100-timeout form form-string ftp-account
	ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header help hostpubmd5 hostpubsha256
	hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type knownhosts krb libcurl limit-rate local-port login-options
	mail-auth mail-from mail-rcpt max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir parallel-max
	parallel-max-host pass pinnedpubkey preproxy proto proto-default proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type
	proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers
	proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate referer request request-target
	resolve retry retry-delay retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service socks5-hostname
	speed-limit speed-time ssl-sessions stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace
	trace-ascii trace-config unix-socket upload-file upload-flags url url-query user user-agent variable vlan-priority write-out`)
	bare = set(`
	anyauth append basic ca-native cert-status compressed compressed-ssh create-dirs crlf digest disable disable-eprt disable-epsv
	disallow-username-in-url doh-cert-status doh-insecure fail fail-early fail-with-body false-start follow form-escape ftp-create-dirs ftp-pasv
	ftp-pret ftp-skip-pasv-ip ftp-ssl-ccc ftp-ssl-control get globoff haproxy-protocol head http0.9 http1.0 http1.1 http2 http2-prior-knowledge
	http3 http3-only ignore-content-length include insecure ipv4 ipv6 junk-session-cookies list-only location location-trusted
	mail-rcpt-allowfails manual metalink mptcp negotiate netrc netrc-optional next no-alpn no-buffer no-clobber no-keepalive no-npn
	no-progress-meter no-sessionid ntlm ntlm-wb out-null parallel parallel-immediate path-as-is post301 post302 post303 progress-bar
	proxy-anyauth proxy-basic proxy-ca-native proxy-digest proxy-http2 proxy-insecure proxy-negotiate proxy-ntlm proxy-ssl-allow-beast
	proxy-ssl-auto-client-cert proxy-tlsv1 proxytunnel raw remote-header-name remote-name remote-name-all remote-time remove-on-error
	retry-all-errors retry-connrefused sasl-ir show-error silent skip-existing socks5-basic socks5-gssapi socks5-gssapi-nec ssl ssl-allow-beast
	ssl-auto-client-cert ssl-no-revoke ssl-reqd ssl-revoke-best-effort sslv2 sslv3 styled-output suppress-connect-headers tcp-fastopen
	tcp-nodelay tftp-no-options tls-earlydata tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 tr-encoding trace-ids trace-time use-ascii verbose version
	xattr`)
)

func set(text string) map[string]bool {
	all := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		all[word] = true
	}
	return all
}

// known reports whether curl has an option of a name.
func known(name string) bool {
	return valued[name] || bare[name] || strings.HasPrefix(name, "no-")
}

// unknown says that an option is left out, and returns the arguments that are left: what
// follows it is its value unless it is a URL.
func unknown(option string, args []string, n *notes) []string {
	switch {
	case len(args) == 0 || strings.HasPrefix(args[0], "-"):
		n.add("curl's %s is not known and left out", option)
		return args
	case isURL(args[0], args[1:]):
		n.add("curl's %s is not known and left out; %s after it is taken as the URL", option, bareURL(args[0]))
		return args
	case secretName(option):
		n.add("curl's %s is not known and left out, with its value", option)
	default:
		n.add("curl's %s is not known and left out, with %q after it", option, oneLine(args[0]))
	}
	return args[1:]
}

// isURL reports whether a word looks like the URL of a command, and not like a value
// before it.
func isURL(word string, rest []string) bool {
	if strings.Contains(word, "://") {
		return true
	}
	for _, next := range rest {
		if next == "--next" || next == "-:" {
			break
		}
		if strings.HasPrefix(next, "http://") || strings.HasPrefix(next, "https://") || strings.HasPrefix(next, "--url") {
			return false
		}
	}
	host, _, _ := strings.Cut(word, "/")
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return name == "localhost" || err == nil && name != "" && numberForm.MatchString(port) ||
		slices.ContainsFunc(strings.Split(name, ".")[1:], func(s string) bool { return s != "" })
}

// bareURL returns a URL without what may be secret in it.
func bareURL(word string) string {
	word, _, _ = strings.Cut(word, "?")
	scheme, rest, ok := strings.Cut(word, "://")
	if !ok {
		scheme, rest = "", word
	}
	host, path, more := strings.Cut(rest, "/")
	host = host[strings.LastIndex(host, "@")+1:]
	if more {
		host += "/" + path
	}
	if ok {
		host = scheme + "://" + host
	}
	return oneLine(host)
}
