package server

import (
	"context"
	"crypto/rand"
	"errors"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/server/doors"
	"github.com/gregaria/gregaria/static"
	"github.com/gregaria/gregaria/web"
)

// Options are what a Server works with. Engine is required.
type Options struct {
	Engine   *engine.Engine
	Defaults engine.Config        // what a start takes that its form leaves out, and what the form first shows
	Logger   *slog.Logger         // nil means slog.Default()
	Logs     func() []web.LogLine // the latest log lines, oldest first; nil means none
	LogNews  logNews              // nil means that there is never any
	Alarms   func() []string      // what the program fails to do, in words; nil means nothing
	Rebuild  rebuilds             // nil when the program is not built anew as its files change
	Ending   context.Context      // over once the program is on its way out; nil means never
	BasePath string               // what the paths of all routes begin with, as ParseBasePath returns it
	Metrics  http.Handler         // answers at /metrics; nil means that nothing is there
	Hosts    []string             // host names to answer to besides those of loopback; "*" answers to any IP address
	Login    Login                // who may come in; the zero one means everybody
	Audit    *Audit               // nil means by Logger alone

	Connections int // that there may be at once, see Connections; half of them may be live. 0 means as many as there may ever be
}

// A logNews returns a channel that holds a token when there are new log lines, and a
// function that ends the watch.
type logNews = func() (news <-chan struct{}, end func())

// A rebuilds returns what there is to say of the program's latest build, and a channel
// that is closed when that changes.
type rebuilds = func() (web.Rebuild, <-chan struct{})

// A Server serves the page and the API of one engine.
type Server struct {
	engine   *engine.Engine
	defaults engine.Config
	log      *slog.Logger
	logs     func() []web.LogLine
	logNews  logNews
	rebuilds rebuilds
	site     web.Site
	frames   *frames
	handler  http.Handler
	metrics  http.Handler // nil when nobody wants any
	base     string       // what paths begin with in the browser
	login    Login
	audit    *Audit
	begins   limits       // of starts and changes, by visitor
	failures *doors.Limit // of failed logins, and what was refused, that are written down

	adjusting sync.Mutex
	adjusted  adjustment // by requests; owned by adjusting

	ending  context.Context // ends when the program is on its way out
	closing context.Context // ends when live connections must go
	close   context.CancelFunc

	mu    sync.Mutex     // no connection is counted once closing has ended
	live  sync.WaitGroup // live connections
	crowd crowd          // likewise
}

// New returns a server. It does not listen yet.
func New(opts Options) *Server {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Logs == nil {
		opts.Logs = func() []web.LogLine { return nil }
	}
	if opts.LogNews == nil {
		opts.LogNews = func() (<-chan struct{}, func()) { return nil, func() {} }
	}
	if opts.Audit == nil {
		opts.Audit = &Audit{log: opts.Logger}
	}
	var rebuild func() web.Rebuild
	if opts.Rebuild == nil {
		opts.Rebuild = func() (web.Rebuild, <-chan struct{}) { return web.Rebuild{}, nil }
	} else {
		rebuild = func() web.Rebuild { r, _ := opts.Rebuild(); return r }
	}
	if opts.Connections == 0 {
		opts.Connections = maxConnections
	}
	if opts.Ending == nil {
		opts.Ending = context.Background()
	}
	s := &Server{
		base: opts.BasePath, login: opts.Login, audit: opts.Audit, failures: doors.NewLimit(60, time.Minute), ending: opts.Ending,
		engine: opts.Engine, defaults: opts.Defaults, log: opts.Logger, logs: opts.Logs, logNews: opts.LogNews,
		rebuilds: opts.Rebuild, metrics: opts.Metrics,
		site: web.Site{
			Build: static.Build(), Program: rand.Text(), Asset: static.Path, Doors: opts.Login.Keeper != nil,
			Offer: web.NewOffer(opts.Engine), Default: opts.Defaults,
			Window: newWindows().of, Series: new(series).of, Logs: opts.Logs, Alarms: opts.Alarms, Rebuild: rebuild,
		},
	}
	s.crowd.most = max(opts.Connections/2, 1)
	s.closing, s.close = context.WithCancel(context.Background())
	s.frames = newFrames(opts.Engine, s.site)
	s.handler = guard(under(opts.BasePath, s.routes()), opts.Hosts, opts.Login.Proxies)
	return s
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(bodyLimit, s.door, middleware.GetHead)
	r.NotFound(s.notFound)
	r.MethodNotAllowed(s.methodNotAllowed)

	r.Get("/", s.page)
	r.Get("/live", s.serveLive)
	r.Get("/static/*", serveStatic)
	r.Get("/favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		redirect(w, r, static.Path("favicon.svg"), http.StatusFound)
	})
	r.Get(healthzPath, healthz)
	r.Get(readyzPath, s.readyz)
	r.Get("/openapi.json", describe)
	r.Get("/metrics", s.serveMetrics)

	r.Get("/login", s.loginPage)
	r.Post("/login", s.logIn)
	r.Post("/logout", s.logOut)

	r.Get("/plan", s.plan)
	r.Post("/swarm", seldom(s.swarm))
	r.Post("/check", s.check)
	r.Post("/user", seldom(s.user))
	r.Get("/worker-count", s.workerCount)
	r.Post("/pause", s.pause)
	r.Post("/resume", s.resume)
	r.Post("/stop", s.stop)
	r.Get("/stop", scriptsOnly(s.stop))
	r.Get("/exceptions", s.exceptions)
	r.Get("/tasks", s.tasks)
	r.Get("/logs", s.logLines)
	r.Post("/stats/reset", s.reset)
	r.Get("/stats/reset", scriptsOnly(s.reset))
	r.Get("/stats/requests", s.requests)
	r.Group(func(r chi.Router) {
		r.Use(fewFiles())
		r.Get("/exceptions/csv", s.exceptionsCSV)
		r.Get("/stats/requests/csv", s.requestsCSV)
		r.Get("/stats/requests_full_history/csv", s.historyCSV)
		r.Get("/stats/failures/csv", s.failuresCSV)
		r.Get("/stats/service/csv", s.serviceCSV)
		r.Get("/stats/phases/csv", s.phasesCSV)
		r.Get("/stats/health/csv", s.healthCSV)
		r.Get("/stats/arrivals/csv", s.arrivalsCSV)
		r.Get("/stats/report", s.report)
		for _, f := range report.Formats {
			r.Get("/stats/report"+f.Ending, s.file(f))
		}
	})
	return r
}

// http bounds how long and how much a connection may take.
func (s *Server) http() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          stdlog.New(complaints{s.log}, "", 0),
	}
}

// complaints are what net/http says of connections. That somebody speaks no TLS, or takes
// our certificate for none, is no error of ours, and anybody could fill the log with it.
type complaints struct{ log *slog.Logger }

func (c complaints) Write(line []byte) (int, error) {
	level, text := slog.LevelError, strings.TrimSpace(string(line))
	if strings.HasPrefix(text, "http: TLS handshake error") {
		level = slog.LevelDebug
	}
	c.log.Log(context.Background(), level, text)
	return len(line), nil
}

// Serve answers requests on the listeners until ctx ends, then ends all
// connections and returns.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	hs := s.http()
	err := Serve(ctx, hs, s.Close, listeners...)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Close ends the live connections. Pages try to connect again.
func (s *Server) Close() {
	s.mu.Lock()
	s.close()
	s.mu.Unlock()
	s.live.Wait()
}

// enter counts a live connection in until it leaves. There is a status instead when the
// server is closing, or there are too many.
func (s *Server) enter(ip netip.Addr) (leave func(), status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing.Err() != nil:
		return nil, http.StatusServiceUnavailable
	case !s.crowd.admits(ip):
		return nil, http.StatusTooManyRequests
	}
	s.live.Add(1)
	s.crowd.add(ip, 1)
	return func() {
		s.mu.Lock()
		s.crowd.add(ip, -1)
		s.mu.Unlock()
		s.live.Done()
	}, 0
}
