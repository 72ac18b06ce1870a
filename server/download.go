package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/static"
	"github.com/gregaria/gregaria/web"
)

func (s *Server) requestsCSV(w http.ResponseWriter, r *http.Request) {
	s.download(w, r, "requests", func(out io.Writer, status *engine.Status) error {
		return report.RequestsCSV(out, status.Stats)
	})
}

func (s *Server) historyCSV(w http.ResponseWriter, r *http.Request) {
	s.download(w, r, "requests_full_history", func(out io.Writer, status *engine.Status) error {
		return report.HistoryCSV(out, status.History, true)
	})
}

func (s *Server) failuresCSV(w http.ResponseWriter, r *http.Request) {
	s.download(w, r, "failures", func(out io.Writer, status *engine.Status) error {
		return report.FailuresCSV(out, status.Stats.Failures)
	})
}

func (s *Server) exceptionsCSV(w http.ResponseWriter, r *http.Request) {
	s.download(w, r, "exceptions", func(out io.Writer, status *engine.Status) error {
		return report.ExceptionsCSV(out, status.Stats.Exceptions)
	})
}

// serviceCSV has the service times, of the columns of requestsCSV.
func (s *Server) serviceCSV(w http.ResponseWriter, r *http.Request) {
	s.download(w, r, "service", func(out io.Writer, status *engine.Status) error {
		return report.ServiceCSV(out, status.Stats)
	})
}

func (s *Server) phasesCSV(w http.ResponseWriter, r *http.Request) {
	s.download(w, r, "phases", func(out io.Writer, status *engine.Status) error {
		return report.PhasesCSV(out, status.Stats)
	})
}

func (s *Server) healthCSV(w http.ResponseWriter, r *http.Request) {
	s.steps(w, r, "health", report.NewHealth)
}

func (s *Server) arrivalsCSV(w http.ResponseWriter, r *http.Request) {
	s.steps(w, r, "arrivals", report.NewArrivals)
}

// steps sends a file with a line for each step of the history.
func (s *Server) steps(w http.ResponseWriter, r *http.Request, what string, begin func(io.Writer) (*report.Log, error)) {
	s.download(w, r, what, func(out io.Writer, status *engine.Status) error {
		lines, err := begin(out)
		for d := range status.History.Deltas() {
			if err != nil {
				break
			}
			err = lines.Add(d)
		}
		return err
	})
}

// report sends the run as one HTML file, to be looked at or, with download=1, kept.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	status, q, ok := s.part(w, r)
	if !ok {
		return
	}
	file, policy, err := reportFile(r.Context(), status, q)
	if err != nil {
		s.noFile(w, r, "report", err)
		return
	}
	w.Header().Set("Content-Security-Policy", policy+"; frame-ancestors 'none'")
	s.send(w, r, fileName(status, "report"+windowName(q), "html"), "text/html", r.URL.Query().Get("download") == "1", file)
}

// file sends the run in a format.
func (s *Server) file(f report.Format) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := s.engine.Status()
		var file bytes.Buffer
		if err := f.Write(&file, status); err != nil {
			s.noFile(w, r, "report"+f.Ending, err)
			return
		}
		s.send(w, r, fileName(status, "report", strings.TrimPrefix(f.Ending, ".")), f.Kind, true, file.Bytes())
	}
}

// WriteReport writes a run as one HTML file.
func WriteReport(ctx context.Context, w io.Writer, s *engine.Status) error {
	file, _, err := reportFile(ctx, s, web.Query{})
	if err != nil {
		return err
	}
	_, err = w.Write(file)
	return err
}

// reportFile returns a run as one HTML file, and its content policy.
func reportFile(ctx context.Context, s *engine.Status, q web.Query) (file []byte, policy string, err error) {
	parts, err := reportParts()
	if err != nil {
		return nil, "", err
	}
	return web.ReportFile(ctx, s, q, parts)
}

// What a report has of the page's files: the style, and the scripts in their order.
var (
	reportStyles  = []string{"vendor/uPlot.min.css", "app.css"}
	reportScripts = []string{"vendor/uPlot.iife.min.js", "time.js", "heatmap.js", "picture.js", "charts.js", "report.js"}
)

// reportParts returns what of this program goes into reports.
func reportParts() (web.ReportParts, error) {
	parts := web.ReportParts{Environment: environment()}
	for _, name := range reportStyles {
		content, err := static.FS.ReadFile(name)
		if err != nil {
			return parts, err
		}
		parts.Style += string(content) + "\n"
	}
	for _, name := range reportScripts {
		content, err := static.FS.ReadFile(name)
		if err != nil {
			return parts, err
		}
		parts.Scripts = append(parts.Scripts, string(content))
	}
	return parts, nil
}

// environment says what the program was built of and what it runs on.
func environment() []web.Parameter {
	list := []web.Parameter{
		{Label: "Go", Value: runtime.Version()}, {Label: "System", Value: runtime.GOOS + "/" + runtime.GOARCH},
		{Label: "Processors", Value: fmt.Sprintf("%d of %d in use", runtime.GOMAXPROCS(0), runtime.NumCPU())},
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return list
	}
	list = append(list, web.Parameter{Label: "Program", Value: build.Path + " " + build.Main.Version})
	var revision, modified string
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ", modified"
		}
	}
	if revision != "" {
		list = append(list, web.Parameter{Label: "Revision", Value: revision[:min(12, len(revision))] + modified})
	}
	return list
}

// part returns the status that a file is of, and the query with its time window: from and
// to, in milliseconds since 1970, or none. It has answered when they are no window.
func (s *Server) part(w http.ResponseWriter, r *http.Request) (status *engine.Status, q web.Query, ok bool) {
	given := r.URL.Query()
	q = web.ParseQuery(url.Values{"from": given["from"], "to": given["to"]})
	if !q.Windowed() && (given.Get("from") != "" || given.Get("to") != "") {
		writeProblem(w, r, http.StatusUnprocessableEntity,
			"from and to are no time window — send both, in milliseconds since 1970, the later one last, as the page's address has them")
		return nil, q, false
	}
	return web.InWindow(s.engine.Status(), q, s.site), q, true
}

// windowName is what a file's name says of its window.
func windowName(q web.Query) string {
	if !q.Windowed() {
		return ""
	}
	const clock = "15-04-05"
	from, to := q.Window()
	return "_" + from.Format(clock) + "_" + to.Format(clock)
}

// download sends a CSV file made from the latest status, or from the window of it that is
// asked for. It is written to memory first: it is bounded, and an error can still become a
// 500.
func (s *Server) download(w http.ResponseWriter, r *http.Request, what string, write func(io.Writer, *engine.Status) error) {
	status, q, ok := s.part(w, r)
	if !ok {
		return
	}
	var file bytes.Buffer
	if err := write(&file, status); err != nil {
		s.noFile(w, r, what, err)
		return
	}
	s.send(w, r, fileName(status, what+windowName(q), "csv"), "text/csv", true, file.Bytes())
}

func (s *Server) noFile(w http.ResponseWriter, r *http.Request, what string, err error) {
	s.log.Error("make file", "file", what, "err", err)
	writeProblem(w, r, http.StatusInternalServerError, "the file could not be made: "+err.Error())
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, name, kind string, keep bool, content []byte) {
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	if keep {
		attach(w, name)
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// attach has the browser keep what is answered as a file.
func attach(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// fileName names a download by the run it holds: gregaria_2026-01-02_15-04-05_cities_requests.csv.
func fileName(status *engine.Status, what, kind string) string {
	parts := []string{"gregaria"}
	if !status.Started.IsZero() {
		parts = append(parts, status.Started.Format("2006-01-02_15-04-05"))
	}
	for _, h := range status.Scenarios {
		if len(parts) < 5 {
			parts = append(parts, tame(h.Name))
		}
	}
	return strings.Join(append(parts, what), "_") + "." + kind
}

// tame returns name with what file systems and headers dislike left out.
func tame(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-':
			return r
		}
		return '-'
	}, name[:min(len(name), 40)])
}
