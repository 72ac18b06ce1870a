package wire

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gregaria/gregaria/engine/load"
)

// A chooser returns the proxy for a request, or nil for none. A nil chooser is none
// for all.
type chooser func(*http.Request) (*url.URL, error)

// chooseProxy returns the chooser of d. Who goes by a proxy has it look up the name, so
// that name is held to the policy; the proxy's address is when it is dialled.
func (d *Dialer) chooseProxy() chooser {
	if d.proxy == nil {
		return nil
	}
	return func(r *http.Request) (*url.URL, error) {
		u, err := d.proxy(r)
		if u == nil || err != nil {
			return u, err
		}
		asked := []*url.URL{r.URL}
		if r.URL.Scheme == "http" && r.Host != "" { // then net/http names the user's Host field to the proxy
			asked = append(asked, &url.URL{Scheme: "http", Host: r.Host})
		}
		for _, to := range asked {
			o, err := originOf(to)
			if err != nil {
				return nil, err
			}
			if err := d.opts.Policy.refusalUnseen(o.target()); err != nil {
				return nil, err
			}
		}
		return u, nil
	}
}

// CheckProxy returns why text cannot be Options.Proxy, or nil.
func CheckProxy(text string) error {
	if text == "" || text == "env" {
		return nil
	}
	_, err := parseProxy(text)
	return err
}

// proxyOf returns the chooser that text asks for. Of a text that CheckProxy refuses
// it is one that fails: no request must go another way than it was told to.
func proxyOf(text string) chooser {
	switch text {
	case "":
		return nil
	case "env":
		return func(r *http.Request) (*url.URL, error) {
			u, err := http.ProxyFromEnvironment(r)
			if err != nil {
				err = fail(load.UnusableRequest, "the proxy that the environment names: "+err.Error(), err)
			}
			return u, err
		}
	}
	u, err := parseProxy(text)
	if err != nil {
		err = fail(load.UnusableRequest, err.Error(), err)
	}
	return func(*http.Request) (*url.URL, error) { return u, err }
}

// parseProxy returns the URL of a proxy. Errors do not quote it, as it may hold a
// password.
func parseProxy(text string) (*url.URL, error) {
	const want = `; want http://host:port, https://host:port, socks5://host:port, "env" or nothing`
	u, err := url.Parse(text)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok {
			err = ue.Err
		}
		return nil, fmt.Errorf("proxy: %w"+want, err)
	}
	port, err := strconv.ParseUint(cmp.Or(u.Port(), "1"), 10, 16)
	switch {
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5":
		return nil, errors.New("proxy: the scheme is none of those known" + want)
	case u.Hostname() == "":
		return nil, errors.New("proxy: there is no host" + want)
	case err != nil || port == 0:
		return nil, fmt.Errorf("proxy: port %q is not usable"+want, u.Port())
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("proxy: something follows the host" + want)
	}
	return u, nil
}
