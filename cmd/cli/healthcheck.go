package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gregaria/gregaria/engine/report"
)

// healthPatience is how long the program may take to say that it lives.
const healthPatience = 3 * time.Second

// healthcheckCommand asks a running program whether it lives: in a container without a
// shell nothing else can.
func (p *program) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck [URL]",
		Short: "Ask the program that runs here whether it lives",
		Long: "Exits with 0 if the program that runs on this machine answers, or whatever answers at URL, and with 1 if not.\n" +
			"It looks for address and port where the program does: in its flags, in GREGARIA_WEB_HOST and GREGARIA_WEB_PORT, and\n" +
			"in configuration files. Of a program that runs with --headless there is no page to ask: it lives as long as it runs.\n" +
			"Flags are only known on Linux, and where one program runs, as in a container.",
		Args: takes(1),
		RunE: func(c *cobra.Command, args []string) error {
			at := ""
			if len(args) > 0 {
				at = args[0]
			} else {
				flags, known := running("/proc", os.Getpid())
				var err error
				if at, err = p.healthAddress(flags, known); err != nil || at == "" {
					return err
				}
			}
			if u, err := url.Parse(at); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				return fmt.Errorf("healthcheck: %q is no address — write for example http://127.0.0.1:8089/healthz", at)
			}
			if err := healthy(c.Context(), at); err != nil {
				fmt.Fprintf(p.Stderr, "%s: %s\n", p.Name, report.OneLine(err.Error()))
				p.status = exitFailed
			}
			return nil
		},
	}
}

// healthAddress returns where to ask a program whose flags may be known; "" when it serves
// no page.
func (p *program) healthAddress(args []string, known bool) (string, error) {
	if known {
		if o, ok := p.optionsOf(args); ok && o.headless {
			return "", nil
		} else if ok {
			return healthURL(o), nil
		}
	}
	o, mistakes := p.flags.read(nil, p.Env)
	return healthURL(o), mistakes
}

// healthURL returns where a program with these options can be asked from this machine.
func healthURL(o *options) string {
	host := o.webHost
	if ip, err := netip.ParseAddr(host); host == "" || host == "*" || host == "localhost" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(o.webPort)) + "/healthz"
}

// httpsServer is what Go's servers say on a connection that should have been TLS.
const httpsServer = "HTTP request to an HTTPS server"

// healthy returns what is wrong with an answer, if anything is.
func healthy(ctx context.Context, at string) error {
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	// Whether it lives is all that is asked, and its certificate is for another name.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("healthcheck: no answer from %s within %s", at, healthPatience)
		}
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 200)) // the status is what counts
	if rest, plain := strings.CutPrefix(at, "http:"); plain && strings.Contains(string(body), httpsServer) {
		return healthy(ctx, "https:"+rest)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("healthcheck: %s answers %s: %s", at, resp.Status, strings.TrimSpace(string(body)))
	}
	return nil
}
