package server

import (
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

// errForm is a body that is not a form.
var errForm = errors.New("the body is not a form")

// formFields are the fields of the form, which are Locust's, by the part of a
// Config they set.
var formFields = map[engine.Field]string{
	engine.FieldUsers:       web.FieldUsers,
	engine.FieldSpawnRate:   web.FieldSpawnRate,
	engine.FieldHost:        web.FieldHost,
	engine.FieldRunTime:     web.FieldRunTime,
	engine.FieldScenarios:   web.FieldScenarios,
	engine.FieldTags:        web.FieldTags,
	engine.FieldExcludeTags: web.FieldExcludeTags,
}

// page is the first paint.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	v := web.NewView(s.engine.Status(), web.ParseQuery(r.URL.Query()), s.site)
	s.writeHTML(r.Context(), w, http.StatusOK, web.Page(v))
}

// swarm starts a run, or changes the load of the one that is on.
func (s *Server) swarm(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(r)
	began := false
	if err == nil {
		began, err = s.startOrChange(form)
	}
	if err != nil {
		s.refuse(w, r, form, err)
		return
	}
	if wantsPage(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	cfg := s.engine.Status().Config
	answer := map[string]any{"success": true, "message": "Load changed", "host": engine.WithoutUser(cfg.Host)}
	if began {
		answer["message"] = "Swarming started"
	}
	if cfg.RunTime > 0 {
		answer["run_time"] = int(cfg.RunTime.Seconds())
	}
	if len(cfg.Scenarios) > 0 {
		answer["user_classes"] = cfg.Scenarios
	}
	writeJSON(w, http.StatusOK, answer)
}

// refuse answers a start that cannot be, with each mistake by its field and what
// was typed kept.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, form url.Values, err error) {
	fields := map[string]string{}
	var messages []string
	for _, fe := range engine.FieldErrors(err) {
		name, ok := formFields[fe.Field]
		if !ok {
			name = string(fe.Field) // a scenario's parameter
		}
		if fields[name] != "" {
			fields[name] += "; "
		}
		fields[name] += fe.Message
		messages = append(messages, name+": "+fe.Message)
	}
	problem := ""
	if len(fields) == 0 {
		problem = err.Error()
		messages = []string{problem}
	}
	if wantsPage(r) {
		v := web.NewView(s.engine.Status(), web.Query{}, s.site).Answer(form, problem, fields)
		s.writeHTML(r.Context(), w, statusOf(err), web.Page(v))
		return
	}
	answer := map[string]any{"success": false, "message": strings.Join(messages, "; ")}
	if len(fields) > 0 {
		answer["errors"] = fields
	}
	writeJSON(w, statusOf(err), answer)
}

// readForm reads a form in either of the encodings that browsers use.
func readForm(r *http.Request) (url.Values, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" && kind != "multipart/form-data" {
		return nil, fmt.Errorf("%w: its Content-Type is %q — send application/x-www-form-urlencoded", errForm, kind)
	}
	err := r.ParseForm()
	if err == nil {
		if err = r.ParseMultipartForm(maxBody); errors.Is(err, http.ErrNotMultipart) {
			err = nil
		}
	}
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %v", errForm, err)
	}
	return r.PostForm, nil
}

// startOrChange does what a form asks for: while a run is on it can only change that
// one, so a form that comes as the run ends does not begin another by mistake.
func (s *Server) startOrChange(form url.Values) (began bool, err error) {
	status := s.engine.Status()
	if !form.Has(web.FieldUsers) && !form.Has(web.FieldSpawnRate) {
		return false, errors.Join(
			&engine.FieldError{Field: engine.FieldUsers, Message: "is missing — send for example user_count=20"},
			&engine.FieldError{Field: engine.FieldSpawnRate, Message: "is missing — send for example spawn_rate=20"})
	}
	if status.State.Active() {
		load := engine.Config{Users: status.Config.Users, SpawnRate: status.Config.SpawnRate}
		if err := s.fill(&load, form); err != nil {
			return false, err
		}
		return false, s.engine.Change(load)
	}
	cfg := s.defaults
	cfg.Params = maps.Clone(s.defaults.Params)
	if err := s.fill(&cfg, form); err != nil {
		return false, errors.Join(err, s.others(cfg, err))
	}
	return s.engine.Start(cfg)
}

// fill sets what a form holds in cfg, and reports all that cannot be read.
func (s *Server) fill(cfg *engine.Config, form url.Values) error {
	var errs []error
	read := func(field string, set func(text string) error) {
		if form.Has(field) {
			if err := set(form.Get(field)); err != nil {
				errs = append(errs, err)
			}
		}
	}
	read(web.FieldUsers, func(text string) (err error) { cfg.Users, err = engine.ParseUsers(text); return })
	read(web.FieldSpawnRate, func(text string) (err error) { cfg.SpawnRate, err = engine.ParseSpawnRate(text); return })
	read(web.FieldRunTime, func(text string) (err error) { cfg.RunTime, err = engine.ParseRunTime(text); return })
	read(web.FieldHost, func(text string) error { cfg.Host = s.withUser(strings.TrimSpace(text)); return nil })
	read(web.FieldTags, func(text string) error { cfg.Tags = words(text); return nil })
	read(web.FieldExcludeTags, func(text string) error { cfg.ExcludeTags = words(text); return nil })
	if form.Has(web.FieldScenarios) { // an empty one says that none is picked, which means all
		cfg.Scenarios = slices.DeleteFunc(slices.Clone(form[web.FieldScenarios]), func(name string) bool { return name == "" })
	}
	for _, plan := range s.engine.Plans() {
		for _, p := range plan.Params {
			if name := p.Spec().Name; form.Has(name) {
				if cfg.Params == nil {
					cfg.Params = map[string]string{}
				}
				cfg.Params[name] = form.Get(name)
			}
		}
	}
	return errors.Join(errs...)
}

// withUser returns host with the user and password that it was first given with:
// the form shows hosts without, and sends back what it shows.
func (s *Server) withUser(host string) string {
	for _, given := range []string{s.engine.Status().Config.Host, s.defaults.Host} {
		if given != "" && host == engine.WithoutUser(given) {
			return given
		}
	}
	return host
}

// others returns the mistakes of cfg in fields that err does not speak of, so that
// a form gets all its messages at once.
func (s *Server) others(cfg engine.Config, err error) error {
	known := map[engine.Field]bool{}
	for _, fe := range engine.FieldErrors(err) {
		known[fe.Field] = true
	}
	var more []error
	for _, fe := range engine.FieldErrors(s.engine.Check(cfg)) {
		if !known[fe.Field] {
			more = append(more, fe)
		}
	}
	return errors.Join(more...)
}

// words splits a list written with spaces or commas.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
}

// stop ends the run and answers when it is over.
func (s *Server) stop(w http.ResponseWriter, r *http.Request) {
	wait := s.engine.Status().Config.StopTimeout + 10*time.Second
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait))
	s.engine.Stop("stopped by the operator")
	if wantsPage(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"success": true, "message": "Test stopped"})
}

// reset begins the numbers anew.
func (s *Server) reset(w http.ResponseWriter, r *http.Request) {
	s.engine.Reset()
	if wantsPage(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	writeText(w, "ok")
}
