package server

import (
	"errors"
	"fmt"
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
	var cfg engine.Config
	if err == nil {
		cfg, err = s.config(form)
	}
	began := false
	if err == nil {
		began, err = s.engine.Start(cfg)
	}
	if err != nil {
		s.refuse(w, r, form, err)
		return
	}
	if wantsPage(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	cfg = s.engine.Status().Config
	answer := map[string]any{"success": true, "message": "Load changed", "host": cfg.Host}
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
	err := r.ParseForm()
	if err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		err = r.ParseMultipartForm(maxBody)
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

// config reads a form into a Config: what the form leaves out is as it is in the
// run that is on, or as the program was started with.
func (s *Server) config(form url.Values) (engine.Config, error) {
	status := s.engine.Status()
	cfg := s.defaults
	if status.State.Active() {
		cfg = engine.Config{Users: status.Config.Users, SpawnRate: status.Config.SpawnRate}
	}
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
	read(web.FieldHost, func(text string) error { cfg.Host = strings.TrimSpace(text); return nil })
	read(web.FieldTags, func(text string) error { cfg.Tags = words(text); return nil })
	read(web.FieldExcludeTags, func(text string) error { cfg.ExcludeTags = words(text); return nil })
	if form.Has(web.FieldScenarios) {
		cfg.Scenarios = slices.Clone(form[web.FieldScenarios])
	}
	params := map[string]string{}
	for name, value := range s.defaults.Params {
		params[name] = value
	}
	for _, plan := range s.engine.Plans() {
		for _, p := range plan.Params {
			if name := p.Spec().Name; form.Has(name) {
				params[name] = form.Get(name)
			}
		}
	}
	cfg.Params = params
	if len(errs) > 0 { // what could not be read is reported with all that could, and is wrong
		return cfg, errors.Join(append(errs, s.others(cfg, errs)...)...)
	}
	return cfg, nil
}

// others returns the mistakes of cfg in fields that errs does not speak of, so that
// a form gets all its messages at once.
func (s *Server) others(cfg engine.Config, errs []error) []error {
	var known []engine.Field
	for _, e := range errs {
		for _, fe := range engine.FieldErrors(e) {
			known = append(known, fe.Field)
		}
	}
	var more []error
	for _, fe := range engine.FieldErrors(s.engine.Check(cfg)) {
		if !slices.Contains(known, fe.Field) {
			more = append(more, fe)
		}
	}
	return more
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
