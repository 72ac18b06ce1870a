package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/gregaria/gregaria/engine"
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
	Rebuild  rebuilds             // nil when the program is not built anew as its files change
	Ending   context.Context      // over once the program is on its way out; nil means never
	BasePath string               // what the paths of all routes begin with, as ParseBasePath returns it
	Metrics  http.Handler         // answers at /metrics; nil means that nothing is there
	Hosts    []string             // host names to answer to besides those of loopback; "*" answers to any IP address
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

	adjusting sync.Mutex
	adjusted  adjustment // by requests; owned by adjusting

	ending  context.Context // ends when the program is on its way out
	closing context.Context // ends when live connections must go
	close   context.CancelFunc

	mu   sync.Mutex     // no connection is counted once closing has ended
	live sync.WaitGroup // live connections
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
	var rebuild func() web.Rebuild
	if opts.Rebuild == nil {
		opts.Rebuild = func() (web.Rebuild, <-chan struct{}) { return web.Rebuild{}, nil }
	} else {
		rebuild = func() web.Rebuild { r, _ := opts.Rebuild(); return r }
	}
	if opts.Ending == nil {
		opts.Ending = context.Background()
	}
	s := &Server{
		ending: opts.Ending,
		engine: opts.Engine, defaults: opts.Defaults, log: opts.Logger, logs: opts.Logs, logNews: opts.LogNews,
		rebuilds: opts.Rebuild, metrics: opts.Metrics,
		site: web.Site{
			Build: static.Build(), Asset: static.Path,
			Offer: web.NewOffer(opts.Engine), Default: opts.Defaults,
			Window: newWindows().of, Series: new(series).of, Logs: opts.Logs, Rebuild: rebuild,
		},
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.frames = newFrames(opts.Engine, s.site)
	s.handler = guard(under(opts.BasePath, s.routes()), opts.Hosts)
	return s
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

func (s *Server) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(bodyLimit, middleware.GetHead)
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

	r.Get("/plan", s.plan)
	r.Post("/swarm", s.swarm)
	r.Post("/check", s.check)
	r.Post("/user", s.user)
	r.Get("/worker-count", s.workerCount)
	r.Post("/pause", s.pause)
	r.Post("/resume", s.resume)
	r.Post("/stop", s.stop)
	r.Get("/stop", scriptsOnly(s.stop))
	r.Get("/exceptions", s.exceptions)
	r.Get("/exceptions/csv", s.exceptionsCSV)
	r.Get("/tasks", s.tasks)
	r.Get("/logs", s.logLines)
	r.Route("/stats", func(r chi.Router) {
		r.Post("/reset", s.reset)
		r.Get("/reset", scriptsOnly(s.reset))
		r.Get("/requests", s.requests)
		r.Get("/requests/csv", s.requestsCSV)
		r.Get("/requests_full_history/csv", s.historyCSV)
		r.Get("/failures/csv", s.failuresCSV)
		r.Get("/service/csv", s.serviceCSV)
		r.Get("/phases/csv", s.phasesCSV)
		r.Get("/health/csv", s.healthCSV)
		r.Get("/arrivals/csv", s.arrivalsCSV)
		r.Get("/report", s.report)
	})
	return r
}

// Serve answers requests on the listeners until ctx ends, then ends all
// connections and returns.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	hs := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelError),
	}
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

// enter counts a live connection, unless the server is closing.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Err() != nil {
		return false
	}
	s.live.Add(1)
	return true
}
