package cli

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"

	"github.com/gregaria/gregaria/cmd/dev"
	"github.com/gregaria/gregaria/server"
)

// listen opens the page's listeners.
func (p *program) listen() ([]net.Listener, error) {
	if p.parent != nil {
		return p.parent.Listeners, nil
	}
	hosts := server.Loopback
	switch p.opts.webHost {
	case "", "localhost":
	case "*": // as Locust has it: every address of this machine
		hosts = []string{""}
	default:
		hosts = []string{p.opts.webHost}
	}
	return server.Listen(hosts, p.opts.webPort)
}

// serveWeb serves the page until ctx ends, and then until the run is over.
func (p *program) serveWeb(ctx context.Context, doors *opening, listeners []net.Listener) error {
	page := server.New(server.Options{
		Login: doors.login, Audit: doors.audit, Connections: p.connections(),
		Engine: p.engine, Defaults: p.opts.config, BasePath: p.opts.webBase,
		Logger: p.log.Logger, Logs: p.log.Lines, LogNews: p.log.News, Alarms: p.faults.Alarms, Hosts: p.answersTo(),
		Ending: ctx, Rebuild: p.rebuilds(), Metrics: p.metrics(),
	})
	p.log.Info("page is at " + doors.url)
	p.warn(doors)
	if p.opts.autostart && p.engine.Status().Run == 0 { // once, however often gregaria dev restarts it
		if _, err := p.engine.Start(p.opts.config); err != nil {
			return unlessMistaken(err)
		}
		doors.audit.Started(p.engine.Status())
	}
	ctx, give := p.untilRebuilt(ctx)
	defer give()
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stopped := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		defer close(stopped)
		defer end()
		if cause := context.Cause(ctx); errors.Is(cause, dev.ErrRebuilt) {
			p.log.Info(cause.Error())
		} else {
			p.log.Info("closing; once more ends at once", "cause", cause)
		}
		p.engine.Close()
	})
	beside := p.besidePage(serving, doors.url)
	quitting := make(chan struct{})
	go func() {
		defer close(quitting)
		if p.opts.autoquit >= 0 {
			p.quitAfterRun(serving, p.opts.autoquit, end)
		}
	}()
	err := page.Serve(serving, listeners...)
	end()
	<-quitting
	<-beside
	if !unhook() {
		<-stopped
	}
	return unlessMistaken(err)
}

// loopback reports whether the page is only for this machine.
func (p *program) loopback() bool {
	if p.opts.webHost == "" || p.opts.webHost == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(p.opts.webHost)
	return err == nil && ip.IsLoopback()
}

// private reports whether nobody but who sits here reaches the page, nor by a proxy.
func (p *program) private() bool {
	return p.loopback() && !p.opts.doors.closed() && len(p.opts.doors.proxies) == 0 && len(p.opts.allowedHosts) == 0
}

// answersTo returns the host names to answer to besides those of loopback.
func (p *program) answersTo() []string {
	names := p.opts.allowedHosts
	switch ip, err := netip.ParseAddr(p.opts.webHost); {
	case p.opts.webHost == "*", err == nil && ip.IsUnspecified():
		names = append(names, "*")
	case p.opts.webHost != "":
		names = append(names, p.opts.webHost)
	}
	return names
}

// pageURL is what to open in a browser on this machine.
func pageURL(webHost string, l net.Listener) string {
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	ip, err := netip.ParseAddr(webHost)
	if webHost == "" || webHost == "*" || err == nil && ip.IsUnspecified() {
		webHost = "localhost"
	}
	return "http://" + net.JoinHostPort(webHost, port)
}
